"""How a cycle's claims stand: each decision on the ledger with what became of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from workbench.desk.views import Banner, State
from workbench.domain.claims import Claim, from_content
from workbench.domain.figures import due, typeset
from workbench.domain.records import Decision, Outcome, Role, Verdict
from workbench.measures.scoring import desk_score, is_right
from workbench.world import entries as book
from workbench.world.ledger import Ledger

EVERY: tuple[Role, ...] = ("call", "other", "shadow")
ON_RECORD: tuple[Role, ...] = ("call", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A decision on the ledger, its claim, and its settlement once there is one.

    Attributes:
        claim: As registered.
        sentence: The claim in words.
        role: What the gate made of it.
        probability: What the desk says, a fraction.
        base_rate: What history alone says, a fraction.
        gain: Expected gain over the base rate.
        verdict: ``passed``, or what stood in the way.
        why: The gate's reason.
        number: Row of the ledger that holds the decision.
        chain: Hash of that row.
        registered_at: When it was written, ISO.
        outcome: None until settled.
        how: What the settlement saw, a sentence; empty until settled.
    """

    claim: Claim
    sentence: str
    role: Role
    probability: float
    base_rate: float
    gain: float
    verdict: Verdict
    why: str
    number: int
    chain: str
    registered_at: str
    outcome: Outcome | None
    how: str

    @property
    def decision(self) -> Decision:
        """What the gate made of the claim."""
        return Decision(
            claim=self.claim.id, role=self.role, probability=self.probability,
            base_rate=self.base_rate, gain=self.gain, verdict=self.verdict, reason=self.why,
        )  # fmt: skip

    def state(self, now: dt.datetime) -> State:
        """Open until the deadline, then awaiting data until settled."""
        if self.outcome is None:
            return "open" if self.claim.window.deadline > now else "awaiting"
        if self.outcome == "void":
            return "void"
        return "right" if is_right(self.probability, self.outcome == "yes") else "wrong"

    @property
    def score(self) -> float:
        """The score W of a claim settled yes or no; the base rate earns one half."""
        return desk_score(self.probability, self.base_rate, float(self.outcome == "yes"))


_OWN = [field.name for field in fields(Standing) if field.name != "claim"]


def standings(ledger: Ledger, number: int, roles: Sequence[Role] = EVERY) -> list[Standing]:
    """The decisions of a cycle in these roles: calls first, then by falling gain."""
    return of_each(ledger, [number], roles).get(number, [])


def of_each(
    ledger: Ledger, numbers: Sequence[int], roles: Sequence[Role] = EVERY
) -> dict[int, list[Standing]]:
    """The same of several cycles, asked at once; a cycle without any is missing."""
    claims, decisions = book.claims.c, book.decisions.c
    query = (
        sa.select(claims.cycle, *columns())
        .join(book.decisions, decisions.claim == claims.id)
        .outerjoin(book.settlements, book.settlements.c.claim == claims.id)
        .where(claims.cycle.in_(numbers), in_roles(roles))
        .order_by(decisions.role, decisions.gain.desc())
    )
    found: dict[int, list[Standing]] = {}
    for row in ledger.read(query):
        found.setdefault(row["cycle"], []).append(of_row(row))
    return found


def columns() -> list[sa.ColumnElement[Any]]:
    """What ``of_row`` reads, of claims and decisions and, joined from outside, settlements."""
    claims, decisions, settled = book.claims.c, book.decisions.c, book.settlements.c
    return [
        claims.content, claims.sentence, decisions.role, decisions.probability,
        decisions.base_rate, decisions.gain, decisions.verdict, decisions.reason.label("why"),
        decisions.seq.label("number"), decisions.hash.label("chain"), decisions.registered_at,
        settled.outcome, sa.func.coalesce(settled.reason, "").label("how"),
    ]  # fmt: skip


def of_row(row: sa.RowMapping) -> Standing:
    """A row that has these columns."""
    own = {name: row[name] for name in _OWN}
    return Standing(claim=from_content(json.loads(row["content"])), **own)


def in_roles(roles: Sequence[Role]) -> sa.ColumnElement[bool]:
    """A condition on decisions by which no index is taken.

    Bare, the column tempts SQLite to look up every call that there ever was, instead of those few
    that the query's other conditions leave.
    """
    return sa.func.coalesce(book.decisions.c.role, "").in_(roles)


def called(standing: Sequence[Standing]) -> Standing | None:
    """The call among them, or None when the desk sat out."""
    return next((one for one in standing if one.role == "call"), None)


def banner(standing: Sequence[Standing], now: dt.datetime) -> Banner:
    """Where a dispatch stands at a moment: its call, and the tally of its other predictions."""
    others = [one.state(now) for one in standing if one.role == "other"]
    right, wrong = others.count("right"), others.count("wrong")
    tally = f"+{right} other right, {wrong} other wrong" if right + wrong else ""
    call = called(standing)
    if call is None:
        return Banner(state="none", text=_without_call(len(others)), others=tally)
    return Banner(state=call.state(now), text=_of_call(call, now), others=tally)


def _without_call(others: int) -> str:
    if not others:
        return "Nothing is on record."
    return f"{others} other prediction{'s are' if others > 1 else ' is'} on record."


def _of_call(call: Standing, now: dt.datetime) -> str:
    match call.state(now):
        case "right" | "wrong":
            seen = typeset(call.how)
            return f"Score {call.score:.2f}, where 0.50 is what the base rate earns. {seen}"
        case "open":
            return f"Waiting on the deadline: {deadline(call.claim)}."
        case "awaiting":
            return f"The deadline has passed; waiting for data since: {deadline(call.claim)}."
        case _:
            return call.how


def deadline(claim: Claim) -> str:
    """When a claim is decided, as text: Tue 30 Jan 2018, 21:00 UTC."""
    # A coin's session ends at midnight, on the next date.
    return due(claim.window.deadline)

"""Typed statements about the future: what a claim is, and its plain content.

Kinds and fields are those of the claim grammar in docs/claims.md. A claim is built by
``claims``, which refuses what no rule could settle.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args

from workbench.domain import windows
from workbench.domain.calendars import iso, moment
from workbench.domain.instruments import Theme
from workbench.domain.strikes import Unit
from workbench.domain.windows import Window

Kind = Literal[
    "direction", "level", "band", "magnitude", "relative", "stays", "touch", "range", "rank",
    "count",
]  # fmt: skip

Op = Literal["<", "<=", ">", ">="]

Side = Literal["up", "down", "any"]

KINDS: tuple[Kind, ...] = get_args(Kind)

PATH_KINDS: frozenset[Kind] = frozenset({"stays", "touch"})  # a strike on the path

WATCHED: frozenset[Kind] = PATH_KINDS | {"range"}  # need highs and lows


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A price that the desk froze at issue.

    Attributes:
        symbol: Instrument.
        at: Close that the price describes.
        known_at: When it could first be known; never after issue.
        value: The price, in the instrument's unit.
        series: Of a price read by the clock, the finer series that it is from; else empty.
    """

    symbol: str
    at: dt.datetime
    known_at: dt.datetime
    value: float
    series: str = ""


@dataclass(frozen=True, kw_only=True)  # no slots: the id is asked for often and kept
class Claim:
    """One statement that will be true or false.

    Attributes:
        kind: Which predicate of the grammar.
        subject: Instrument symbol.
        window: Issue, horizon and deadline.
        theme: Category for record and rules.
        versus: Second instrument of a relative claim, or of a count of them.
        op: Comparison with the strike or margin; where it is None the kind's strict one holds.
        side: Direction, which way a magnitude counts, or which end of a ranking.
        lo: Lower strike, in ``unit``.
        hi: Upper strike, in ``unit``.
        margin: Percentage points by which a relative claim must win.
        unit: ``price`` for strikes in the instrument's unit; ``pct`` for per cent of the
            reference price and ``pts`` for the instrument's unit, both away from it.
        group: The instruments of a ranking, the subject among them, in order of their symbols.
        places: How many places from that end of the ranking count.
        times: Sessions on which the counted claim must come true.
        given: The condition; the claim is void when it does not come true.
        references: Frozen prices of ``symbols``; empty until registration.
    """

    kind: Kind
    subject: str
    window: Window
    theme: Theme
    versus: str | None = None
    op: Op | None = None
    side: Side | None = None
    lo: float | None = None
    hi: float | None = None
    margin: float | None = None
    unit: Unit = "price"
    group: tuple[str, ...] = ()
    places: int | None = None
    times: int | None = None
    given: Claim | None = None
    references: tuple[Reference, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The instruments that the claim and its condition speak about, the subject first."""
        named = (self.subject, *([self.versus] if self.versus else []), *self.group)
        return tuple(dict.fromkeys((*named, *(self.given.symbols if self.given else ()))))

    @property
    def reference(self) -> float:
        """The subject's frozen price."""
        return self.references[0].value

    @property
    def comparison(self) -> Op | None:
        """The comparison that settles the claim, the kind's own where none is stated."""
        strict = {"magnitude", "relative", "range"}
        return self.op or (">" if self.kind in strict else None)

    def content(self) -> dict[str, Any]:
        """The claim as plain JSON values, without empty fields; equal claims, equal content."""
        references = [
            {"symbol": r.symbol, "at": iso(r.at), "known_at": iso(r.known_at), "value": r.value}
            | ({"series": r.series} if r.series else {})
            for r in self.references
        ]
        content = {name: getattr(self, name) for name in _PLAIN if getattr(self, name) is not None}
        content["window"] = self.window.content()
        if self.group:
            content["group"] = list(self.group)
        if self.given is not None:
            content["given"] = self.given.content()
        return content | ({"references": references} if references else {})

    @cached_property
    def id(self) -> str:
        """First 16 hex digits of the SHA-256 of the canonical content."""
        text = json.dumps(self.content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_PLAIN = (
    "kind", "subject", "versus", "op", "side", "lo", "hi", "margin", "unit", "theme", "places",
    "times",
)  # fmt: skip


def from_content(content: dict[str, Any]) -> Claim:
    """The claim whose ``content()`` this is."""
    given = content.get("given")
    return Claim(
        **{name: content[name] for name in _PLAIN if name in content},
        window=windows.from_content(content["window"]),
        group=tuple(content.get("group", ())),
        given=from_content(given) if given else None,
        references=tuple(
            Reference(
                symbol=r["symbol"],
                at=moment(r["at"]),
                known_at=moment(r["known_at"]),
                value=r["value"],
                series=r.get("series", ""),
            )
            for r in content.get("references", ())
        ),
    )


def with_references(claim: Claim, references: tuple[Reference, ...]) -> Claim:
    """The claim as registered, its prices frozen."""
    return replace(claim, references=references)

"""The paper account: what the predictions on record would have earned, once prices could be had.

One call a cycle books what has become known of earlier orders (fills, splits, closes, marks) and
then this cycle's orders. An order is on record in the cycle that decides it, its price is of a
session that opens later. Score and gate never read any of this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from workbench.domain.calendars import iso, venue
from workbench.domain.claims import Claim
from workbench.domain.sentences import render
from workbench.measures import accounts, paper, prices
from workbench.measures.accounts import Costs, Lot, Posting
from workbench.measures.joint import Joint
from workbench.steps import books, debate, pool
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.entries import canonical
from workbench.world.schema import PaperParams


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A prediction on record as the account sees it.

    Attributes:
        claim: The claim.
        kelly: Stake that the published scenarios would pay for; None where none is asked.
        reason: Why there is no position, or an empty string.
    """

    claim: Claim
    kelly: float | None
    reason: str


def trade(bench: Bench) -> list[Posting]:
    """Books what has become known of earlier orders, and the orders of this cycle's predictions.

    Returns:
        The postings of this cycle; none on a desk without a paper account.
    """
    terms = bench.desk.params.paper
    if terms is None:
        return []
    costs = costs_of(terms)
    held = books.lots(bench)
    capital = accounts.funded(bench.mode, terms.capital)
    rows = [] if held or books.is_booked(bench, capital[0].entry) else capital
    lots = []
    for lot, claim in held:
        after, posted = _brought_on(bench, lot, claim, costs)
        lots += [after] if after else []
        rows += posted
    said = books.on_record(bench, paper.SIDED)
    if any(not paper.refused(claim, terms.tradable) for claim, _, _ in said):
        changed = sum(one.amount for one in rows if _is_worth(one.account))
        equity = books.cash(bench) + sum(lot.book for lot, _ in held) + changed
        rows += _orders(bench, terms, said, lots, equity, _published(bench))
    if rows:
        bench.ledger.append(bench.number, [(book.postings, asdict(one)) for one in rows])
    return rows


def costs_of(terms: PaperParams) -> Costs:
    """Fee and slippage as shares of a side's value."""
    return Costs(fee=terms.cost_bps / 1e4, slippage=terms.slippage_bps / 1e4)


def proposals(
    bench: Bench,
    terms: PaperParams,
    said: Sequence[tuple[Claim, float, float]],
    sets: Mapping[int, Joint],
) -> list[Proposal]:
    """What the account makes of predictions on record.

    Args:
        bench: After the gate has decided.
        terms: The account's.
        said: Claims with probability and base rate, most important first.
        sets: By horizon, the published scenarios.
    """
    found = []
    for claim, probability, base_rate in said:
        stake, reason = None, paper.refused(claim, terms.tradable)
        own, calendar = bench.as_traded.get(claim.subject), venue(_venue(bench, claim.subject))
        joint = sets.get(claim.window.sessions)
        if not reason and (own is None or joint is None or claim.subject not in joint.legs):
            reason = "no price or no scenarios now"
        if not reason and own is not None and joint is not None:
            lean = paper.lean(claim, probability, base_rate)
            moves = np.expm1(joint.legs[claim.subject].close)
            stake = paper.kelly(moves, joint.weight, costs_of(terms).both)
            if not paper.can_enter(claim, own, calendar):
                reason = "no price can be had before it ends"
            elif stake == 0:
                reason = "no side earns its costs"
            elif stake * lean <= 0:
                reason = "the prediction does not point where the scenarios pay"
        found.append(Proposal(claim=claim, kelly=stake, reason=reason))
    return found


def considered(bench: Bench) -> pd.DataFrame:
    """This cycle's predictions on record as the account sees them: ``claim, kelly, position``."""
    terms = bench.desk.params.paper
    if terms is None:
        return pd.DataFrame(columns=["claim", "kelly", "position"])
    rows = [
        (render(one.claim, bench.desk.table), one.kelly, one.reason or "ordered, as far as allowed")
        for one in proposals(bench, terms, books.on_record(bench), _published(bench))
    ]
    return pd.DataFrame(rows, columns=["claim", "kelly", "position"])


def _orders(
    bench: Bench,
    terms: PaperParams,
    said: Sequence[tuple[Claim, float, float]],
    lots: Sequence[Lot],
    equity: float,
    sets: Mapping[int, Joint],
) -> list[Posting]:
    """The orders of this cycle's predictions, given what is held and ordered already."""
    if equity <= 0:
        return []
    wanted = [
        (one.claim, one.kelly)
        for one in proposals(bench, terms, said, sets)
        if one.kelly and not one.reason
    ]
    shares = paper.allotted(
        [(claim.subject, terms.kelly * stake) for claim, stake in wanted],
        [(lot.symbol, (lot.book + lot.ordered) / equity) for lot in lots],
        terms.gross,
    )
    rows = []
    for (claim, stake), share in zip(wanted, shares, strict=True):
        lot = Lot(claim=claim.id, symbol=claim.subject, ordered=round(share * equity, 2))
        why = {"equity": round(equity, 2), "kelly": round(stake, 6), "share": round(share, 6)}
        rows += accounts.ordered(lot, canonical(why)) if lot.ordered else []
    return rows


def _brought_on(
    bench: Bench, lot: Lot, claim: Claim, costs: Costs
) -> tuple[Lot | None, list[Posting]]:
    """An order or position brought to this cycle; the lot is None once it is over."""
    own, rows = bench.as_traded.get(lot.symbol), list[Posting]()
    if own is None:
        return lot, rows
    calendar, cycle = venue(_venue(bench, lot.symbol)), bench.number
    splits = prices.splits(bench.snapshot, lot.symbol)
    first = lot.units, own.dates[-1].item()
    if not lot.units:
        fill = paper.entered(claim, own, calendar)
        if fill is None and paper.is_over(claim, own):
            reason = f"no price could be had before {claim.window.date}"
            return None, accounts.lapsed(lot, canonical({"reason": reason}))
        if fill is None:
            return lot, rows
        lot, rows = accounts.opened(lot, fill.price, costs, _priced(bench, fill))
        first = lot.units, fill.date
    elif splits:
        first = books.filled(bench, lot)
    end = paper.left(claim, own, calendar)
    until = end.date if end else own.dates[-1].item()
    grown = paper.growth(splits, calendar, first[1], until)
    lot, posted = accounts.split(lot, first[0] * grown, cycle, canonical({"splits": grown}))
    rows += posted
    if end is None:
        lot, posted = accounts.marked(lot, float(own.close[-1]), cycle, _marked(own.dates[-1]))
        return lot, [*rows, *posted]
    late = f"no close on {claim.window.date}" if end.date != claim.window.date else ""
    reason = books.void(bench, claim) or late
    return None, [*rows, *accounts.closed(lot, end.price, costs, _priced(bench, end, reason))]


def _priced(bench: Bench, fill: paper.Fill, reason: str = "") -> str:
    """A fill as a memo: the row of the archive that it is of, as a settlement shows its own."""
    column = bench.snapshot.columns[fill.symbol, fill.field]
    row = int(np.searchsorted(column.at, np.datetime64(fill.at.replace(tzinfo=None))))
    known = column.known_at[row].astype("datetime64[s]").item().strftime("%Y-%m-%dT%H:%M:%SZ")
    price = [fill.symbol, fill.field, iso(fill.at), known, fill.price]
    return canonical({"price": price, "session": str(fill.date)} | _given(reason))


def _marked(date: np.datetime64) -> str:
    return canonical({"session": str(date)})


def _given(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}


def _published(bench: Bench) -> dict[int, Joint]:
    return pool.published(bench, debate.slate_on_record(bench))


def _is_worth(account: str) -> bool:
    return account == "cash" or account.startswith("position:")


def _venue(bench: Bench, symbol: str) -> str:
    return next(one.venue for one in bench.desk.table if one.symbol == symbol)

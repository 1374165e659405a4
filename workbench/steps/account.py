"""What the paper account's books say: balances, positions, trades, and the course of its equity.

Everything is added up from the postings up to the bench's cycle, of its mode alone: a live
account never continues a replayed one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.domain.calendars import moment, to_numpy
from workbench.domain.claims import from_content
from workbench.domain.records import Mode
from workbench.domain.sentences import render
from workbench.measures import accounts
from workbench.measures.prices import Array, last_known
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.ledger import Ledger

_YEAR = 365.25 * 86400


def balance(bench: Bench) -> pd.DataFrame:
    """The accounts: ``account, amount, units``, positive for a debit; amounts sum to zero."""
    posted = _postings(bench)
    sums = posted.groupby("account", sort=True)[["amount", "units"]].sum(min_count=1)
    return sums.round({"amount": 2, "units": 8}).reset_index()


def course(ledger: Ledger, until: int, mode: Mode) -> Array:
    """Cash and positions at their last mark, after each cycle that posted anything.

    Args:
        ledger: With the postings.
        until: Later cycles are left out.
        mode: Of the account; a desk's replayed one and its live one are two.

    Returns:
        Shape (n,), beginning with the capital; empty before it is paid in.
    """
    of = book.postings.c
    query = (
        sa.select(sa.func.sum(of.amount).label("sum"))
        .join(book.cycles, book.cycles.c.number == of.cycle)
        .where((of.account == "cash") | of.account.startswith("position:"))
        .where(of.cycle <= until, book.cycles.c.mode == mode)
        .group_by(of.cycle)
        .order_by(of.cycle)
    )
    return np.cumsum([row["sum"] for row in ledger.read(query)], dtype=float)


def equity(bench: Bench, mode: Mode | None = None) -> pd.DataFrame:
    """The course of the account since its capital was paid in, one row a cycle.

    Args:
        bench: The cycle's.
        mode: Of which account; None for that of the bench's own.

    Returns:
        ``as_of``, then as ``measures.accounts.curve``: ``equity drawdown exposure hold
        hold_drawdown``; shares as fractions. Exposure is what was at work since the cycle before,
        a position opened and closed between the two included.
    """
    posted, cycles = _postings(bench, mode), _cycles(bench, mode)
    if posted.empty:
        names = ["as_of", "equity", "drawdown", "exposure", "hold", "hold_drawdown"]
        return pd.DataFrame(columns=names)
    cycles = cycles[cycles["number"] >= posted["cycle"].min()].reset_index(drop=True)
    held = posted["account"].str.startswith("position:")
    opened = held & posted["entry"].str.endswith(":open")

    def by_cycle(which: pd.Series[bool]) -> Array:
        sums = posted[which].groupby("cycle")["amount"].sum()
        return sums.reindex(cycles["number"], fill_value=0.0).to_numpy(float)

    worth: Array = np.cumsum(by_cycle(held | (posted["account"] == "cash"))).round(2)
    carried = np.cumsum(by_cycle(held)).round(2)
    work = np.r_[np.nan, (carried[:-1] + by_cycle(opened)[1:]) / worth[:-1]]
    found = accounts.curve(worth, work, _lead(bench, cycles["as_of"]))
    return found.assign(as_of=cycles["as_of"])[["as_of", *found.columns]]


def positions(bench: Bench) -> pd.DataFrame:
    """Open positions: ``claim symbol units opened price value profit``, profit before costs."""
    return _trades(bench, open_=True).drop(columns=["closed", "reason", "costs"])


def trades(bench: Bench, mode: Mode | None = None) -> pd.DataFrame:
    """Positions that are closed, latest last; of the bench's own account without a mode.

    Returns:
        ``claim symbol units opened price closed value profit costs reason``: units and price
        at the opening, value what the position brought at the close, profit before costs.
    """
    return _trades(bench, open_=False, mode=mode)


def summary(bench: Bench) -> pd.DataFrame:
    """The account in one row; none before any capital.

    Returns:
        ``first last cycles trades won fees slippage profit equity return volatility drawdown
        exposure hold hold_drawdown``: profit and return after costs; volatility a year, None
        under 30 cycles; drawdowns the deepest; exposure the mean; hold the return of the lead at
        that exposure.
    """
    course, done, sums = equity(bench), trades(bench), balance(bench)
    if course.empty:
        return pd.DataFrame()
    values, amount = course["equity"].to_numpy(float), sums.set_index("account")["amount"]
    first, last = (moment(course["as_of"].iloc[end]) for end in (0, -1))
    row = {
        "first": first.date(),
        "last": last.date(),
        "cycles": len(course),
        "trades": len(done),
        "won": int((done["profit"] > done["costs"]).sum()),
        "fees": float(amount.get("fees", 0.0)),
        "slippage": float(amount.get("slippage", 0.0)),
        "profit": round(float(values[-1] - values[0]), 2),
        "equity": float(values[-1]),
        "return": float(values[-1] / values[0] - 1),
        "volatility": accounts.volatility(values, (last - first).total_seconds() / _YEAR),
        "drawdown": float(course["drawdown"].min()),
        "exposure": float(course["exposure"].mean()) if len(course) > 1 else 0.0,
        "hold": float(course["hold"].iloc[-1] / course["hold"].iloc[0] - 1),
        "hold_drawdown": float(course["hold_drawdown"].min()),
    }
    return pd.DataFrame([row])


def _lead(bench: Bench, as_of: pd.Series[str]) -> Array:
    """The lead's last close known at each moment, in today's shares; NaN without one."""
    own = bench.bars.get(bench.lead.symbol)
    moments = np.array([to_numpy(moment(text)) for text in as_of])
    if own is None:
        return np.full(len(moments), np.nan)
    rows = last_known(own.known_at, moments)
    return np.where(rows >= 0, own.close[np.maximum(rows, 0)], np.nan)


def _trades(bench: Bench, *, open_: bool, mode: Mode | None = None) -> pd.DataFrame:
    """Positions still open, or those that are closed, in the order of their opening."""
    own: dict[str, dict[str, list[Any]]] = {}
    for row in _rows(bench, mode):
        claim, what = row["entry"].split(":")[:2]
        own.setdefault(claim, {}).setdefault(what, []).append(row)
    texts, found = _sentences(bench), []
    for claim, parts in own.items():
        if "open" not in parts or open_ is ("close" in parts):
            continue
        every = [row for part in parts.values() for row in part]
        first, begun = parts["open"][0], json.loads(parts["open"][0]["memo"])
        ended = {} if open_ else json.loads(parts["close"][0]["memo"])
        profit = -_sum(every, "profit")
        found.append(
            {
                "claim": texts[claim],
                "symbol": first["account"].split(":", 1)[1],
                "units": first["units"],
                "opened": begun["session"],
                "price": begun["price"][-1],
                "closed": ended.get("session"),
                "value": round(first["amount"] + profit, 2),
                "profit": round(profit, 2) + 0.0,
                "costs": round(_sum(every, "fees") + _sum(every, "slippage"), 2),
                "reason": ended.get("reason", ""),
            }
        )
    names = "claim symbol units opened price closed value profit costs reason"
    return pd.DataFrame(found, columns=names.split())


def _sum(rows: Sequence[Any], account: str) -> float:
    return sum(float(row["amount"]) for row in rows if row["account"] == account)


def _sentences(bench: Bench) -> dict[str, str]:
    """Claim id to its sentence, of every claim that was ordered."""
    placed = sa.select(sa.func.substr(book.postings.c.entry, 1, 16))
    query = sa.select(book.claims.c.id, book.claims.c.content).where(book.claims.c.id.in_(placed))
    return {
        row["id"]: render(from_content(json.loads(row["content"])), bench.desk.table)
        for row in bench.ledger.read(query)
    }


def _rows(bench: Bench, mode: Mode | None = None) -> Sequence[Any]:
    """Every posting of a mode up to this cycle, oldest first."""
    posted = book.postings.c
    query = (
        sa.select(
            posted.cycle, posted.entry, posted.account, posted.amount, posted.units, posted.memo
        )
        .join(book.cycles, book.cycles.c.number == posted.cycle)
        .where(posted.cycle <= bench.number, book.cycles.c.mode == (mode or bench.mode))
        .order_by(posted.seq)
    )
    return bench.ledger.read(query)


def _postings(bench: Bench, mode: Mode | None = None) -> pd.DataFrame:
    names = ["cycle", "entry", "account", "amount", "units"]
    rows = [tuple(row[name] for name in names) for row in _rows(bench, mode)]
    return pd.DataFrame(rows, columns=names).astype({"amount": float, "units": float})


def _cycles(bench: Bench, mode: Mode | None = None) -> pd.DataFrame:
    query = sa.select(book.cycles.c.number, book.cycles.c.as_of)
    wanted = book.cycles.c.mode == (mode or bench.mode)
    query = query.where(book.cycles.c.number <= bench.number, wanted)
    return bench.ledger.frame(query.order_by(book.cycles.c.number))

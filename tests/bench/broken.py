"""Faults made on a clean day, one function each, and what was found of each, as codes."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tests.bench.days import (
    DESK,
    GOOD_FRIDAY,
    changed_to,
    column,
    day,
    known_until,
    looked,
    poked,
    scaled,
)  # fmt: skip
from workbench.domain.calendars import to_numpy, venue
from workbench.domain.deliveries import COLUMNS, Gap, Health
from workbench.domain.english import compile_text
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import find
from workbench.domain.snapshots import Snapshot
from workbench.measures import quality
from workbench.measures.prices import bars, known_by
from workbench.measures.quality import Examined
from workbench.measures.quality.arrivals import conforming
from workbench.world.archive import Archive

SPY, VIX, BTC = find("SPY"), find("VIX"), find("BTC")
NOW = dt.datetime(2026, 4, 2, 22, 0, tzinfo=dt.UTC)
NAN = float("nan")
Told = tuple[str, ...]  # codes and effects found, such as "NONPOSITIVE note" or "identical"
BAR = ("open", "high", "low", "close")


def told(found: Examined, series: str, *fields: str) -> Told:
    """Codes and severities of the flags of one series, and how many rows were left out."""
    flags = [f for f in found.flags if f.series == series and (not fields or f.field in fields)]
    out = [f"{f.check} {f.severity}" for f in flags]
    gone = [f for f in found.faults if f.series == series]
    gone = [f for f in gone if not fields or (f.field or "close") in fields]
    return (*out, *(f"{len(f.at)} out" for f in gone))


def withheld(found: Examined, symbol: str) -> str:
    """Whether claims may use an instrument now."""
    return "unusable" if symbol in quality.withheld(found.flags) else "usable"


def flat(symbol: str, index: int, price: float) -> Snapshot:
    seen = day()
    for field in BAR:
        seen = poked((symbol, field), index, price, seen)
    return poked((symbol, "volume"), index, 0.0, seen)


def conformed(*rows: Mapping[str, object]) -> tuple[pd.DataFrame, Told]:
    """What is left of a delivery of SPY closes, and its gaps' codes."""
    whole = {
        "series": "SPY", "field": "close", "known_at": pd.NaT, "value": 650.0, "unit": "USD",
        "source": "made", "basis": "rule", "at": pd.Timestamp("2026-04-01T20:00Z"),
    }  # fmt: skip
    frame = pd.DataFrame([{**whole, **row} for row in rows]).reindex(columns=list(COLUMNS))
    good, gaps = conforming(frame, now=NOW)
    return good, tuple(gap.code for gap in gaps)


def delivered(*rows: Mapping[str, object]) -> Told:
    good, codes = conformed(*rows)
    return (*codes, f"{len(good)} kept")


def health(code: str) -> Told:
    gap = Gap(series="SPY", code=code, reason="made")
    health = Health(
        feed="yahoo", state="degraded", reason="parts", at=NOW, since=NOW, good=NOW, rows=5,
        gaps=(gap,),
    )  # fmt: skip
    return told(looked(health=(health,)), "SPY")


def archived(*vintages: tuple[float, str], series: str = "CPIAUCSL") -> Callable[[str], float]:
    """An archive of one month's value in several vintages; its value as known at a moment."""
    at = pd.Timestamp("2026-01-01T00:00Z")
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    archive = Archive(folder)
    for value, known in vintages:
        row = {
            "series": series, "field": "value", "at": at, "known_at": pd.Timestamp(known),
            "value": value, "unit": "index", "source": "made", "basis": "stated",
        }  # fmt: skip
        archive.append(pd.DataFrame([row]), origin="made", through=NOW)

    def known(moment: str) -> float:
        seen = archive.as_of(dt.datetime.fromisoformat(moment), {series: ()})
        own = seen.get(series, "value")
        return NAN if own is None else float(own.value[-1])

    return known


def unsplit(ratio: float, *, told_of: bool) -> Told:
    """The newest bars in new shares, with or without a row that says so."""
    seen = scaled("TSLA", slice(-1, None), 1 / ratio)
    if told_of:
        opens = venue("XNYS").opens
        at = opens[opens < to_numpy(NOW)][-1:]
        seen = changed_to({("TSLA", "split"): column(at, np.array([ratio]))}, seen)
    found = looked(seen)
    own = bars(found.snapshot, find("TSLA"))
    assert own is not None
    joined = "joined" if abs(np.log(own.close[-1] / own.close[-2])) < 0.1 else "apart"
    return (*told(found, "TSLA"), withheld(found, "TSLA"), joined)


def dividend(*, adjusted: bool) -> Told:
    """A payment of 2 % on SPY, with adjusted closes that take it off or not."""
    own = day().columns["SPY", "close"]
    factor = np.ones(len(own.at))
    if adjusted:
        factor[:300] = 1 - 0.02
    paid = np.array([0.02 * own.value[299]])
    seen = changed_to(
        {
            ("SPY", "close_adj"): replace(own, value=own.value * factor),
            ("SPY", "dividend"): column(own.at[300:301] - np.timedelta64(6, "h"), paid),
        }
    )
    found = looked(seen)
    return (*told(found, "SPY"), withheld(found, "SPY"))


def duplicate() -> Told:
    good, codes = conformed({}, {})
    _, other = conformed({}, {"value": 651.0})
    return (*codes, f"{len(good)} kept", *other)


def two_vintages() -> Told:
    known = archived((300.0, "2026-02-10T13:30Z"), (301.0, "2026-03-10T13:30Z"))
    first, second = known("2026-02-20T00:00+00:00"), known("2026-03-20T00:00+00:00")
    return (f"first {first:g}", f"then {second:g}")


def late() -> Told:
    """What was known before a late row is the same after it came."""
    before = archived((300.0, "2026-02-10T13:30Z"))("2026-02-20T00:00+00:00")
    after = archived((300.0, "2026-02-10T13:30Z"), (310.0, "2026-02-21T00:00Z"))
    return ("unchanged" if after("2026-02-20T00:00+00:00") == before else "rewritten",)


def longer(symbol: str, end: str) -> Snapshot:
    """A bar more, ending at a moment."""
    seen = day()
    changes = {}
    for field in (*BAR, "volume"):
        own = seen.columns[symbol, field]
        changes[symbol, field] = replace(
            own, at=np.r_[own.at, np.datetime64(end, "us")],
            known_at=np.r_[own.known_at, own.known_at[-1]],
            value=np.r_[own.value, own.value[-1] * 1.01],
        )  # fmt: skip
    return changed_to(changes, seen)


def minutes(holes: slice = slice(0), *, silent: bool = False, stands: bool = False) -> Told:
    """Five-minute bars of bitcoin, with holes, without volumes, or standing still."""
    end = np.datetime64("2026-04-02T22:00", "us")
    at = end - np.arange(600)[::-1] * np.timedelta64(5, "m")
    price = 66_000 * np.exp(0.001 * np.cumsum(np.random.default_rng(3).standard_normal(600)))
    if stands:
        price[-20:] = price[-20]
    volume = np.where(np.arange(600) % 2 == 0, 0.0, 5.0) if silent else np.full(600, 5.0)
    kept = np.ones(600, bool)
    kept[holes] = False
    fields = {"close": price, "open": price, "high": price, "low": price, "volume": volume}
    seen = Snapshot(
        as_of=NOW,
        columns={("BTC-USD@5m", f): column(at[kept], v[kept], "USD", 0) for f, v in fields.items()},
    )
    faults, flags = quality.finer_faults(seen, BTC, "BTC-USD@5m")
    return (*(f"{f.check} {f.severity}" for f in flags), *(f"{len(f.at)} out" for f in faults))


def stands(symbol: str) -> Told:
    seen = day()
    for field in BAR:
        seen = poked((symbol, field), slice(-6, None), seen.columns[symbol, field].value[-6], seen)
    found = looked(seen)
    return (*told(found, symbol), withheld(found, symbol))


def sunday() -> Told:
    """Sunday 29 March 2026 with Friday's close."""
    moment = dt.datetime(2026, 3, 29, 16, 17, tzinfo=dt.UTC)
    found = looked(known_until(day(), moment))
    return (*told(found, "SPY"), withheld(found, "SPY"), *told(found, "BTC-USD"))


def labelled() -> Told:
    """Good Friday, 17:51 UTC: what SPY's and bitcoin's last moves are called."""
    seen = Snapshot(as_of=GOOD_FRIDAY, columns=day().columns)
    own, coin = bars(seen, SPY), bars(seen, BTC)
    assert own is not None
    assert coin is not None
    change, other = (
        quality.change(own, SPY, GOOD_FRIDAY), quality.change(coin, BTC, GOOD_FRIDAY),
    )  # fmt: skip
    assert change is not None
    assert other is not None
    alike = "comparable" if quality.comparable(change, other) else "other windows"
    return (change.label, alike)


def moved() -> Told:
    """The call of the seeds on Good Friday: a day without a session."""
    try:
        read = compile_text("SPY closes the next 24 hours below 655.85", GOOD_FRIDAY, DESK)
    except ClaimRefused as refused:
        return (refused.code.upper(),)
    return tuple(f"moved to {claim.window.date}" for claim in read.claims)


def jump(*, then: bool = False, agreed: bool = False) -> Told:
    """SPY 40 % up on the newest bar; with a bar after it, or a second source that says so too."""
    first = -2 if then else -1
    seen = scaled("SPY", slice(first, None), 1.43)
    others = {}
    if agreed:
        others = {"SPY": [replace(seen.columns["SPY", "close"], source="other")]}
    found = looked(seen, others=others)
    return (*told(found, "SPY"), withheld(found, "SPY"))


def sources(*factors: float) -> Told:
    own = day().columns["SPY", "close"]
    others = {"SPY": [replace(own, value=own.value * factor) for factor in factors]}
    found = looked(others=others)
    return (*told(found, "SPY"), withheld(found, "SPY"))


def crossed() -> Told:
    at = np.array(["2026-04-02T21:00", "2026-04-02T21:30"], "M8[us]")
    seen = changed_to(
        {
            ("BTC-USD", "bid"): column(at, np.array([65_000.0, 65_100.0])),
            ("BTC-USD", "ask"): column(at, np.array([65_010.0, 65_000.0])),
        }
    )
    return told(looked(seen), "BTC-USD", "bid", "ask")


def blank() -> Told:
    found = looked(poked(("DGS10", "value"), -1, NAN))
    own = found.snapshot.columns["DGS10", "value"]
    value = known_by(own, np.array([to_numpy(NOW)]))[0]
    same = "the value before stands" if value == day().columns["DGS10", "value"].value[-2] else "?"
    return (*told(found, "DGS10"), "blank" if np.isnan(own.value[-1]) else "number", same)


def stopped() -> Told:
    own = day().columns["DGS10", "value"]
    short = replace(own, at=own.at[:-40], known_at=own.known_at[:-40], value=own.value[:-40])
    return told(looked(changed_to({("DGS10", "value"): short})), "DGS10")


def slow(series: str, field: str, value: float, seen: Snapshot | None = None) -> Told:
    found = looked(poked((series, field), -1, value, seen))
    return told(found, series, field)


def feed(rows: int) -> Told:
    health = Health(
        feed="news", state="live", reason="", at=NOW, since=NOW, good=NOW, rows=rows
    )  # fmt: skip
    return tuple(f"{f.check} {f.severity}" for f in quality.quiet([health], {"news": (40, 55, 48)}))


def members() -> Told:
    seen = day()
    for symbol in ("TSLA", "META", "AMZN"):
        seen = scaled(symbol, -1, 0.9 * last_ratio(symbol), seen)
    seen = scaled("SPY", -1, last_ratio("SPY"), seen)
    own = {one.symbol: bars(seen, one) for one in DESK}
    flag = quality.members_apart(
        {s: b for s, b in own.items() if b is not None}, "SPY", ("TSLA", "META", "AMZN")
    )
    return () if flag is None else (f"{flag.check} {flag.severity}",)


def last_ratio(symbol: str) -> float:
    """The factor that makes the newest close equal the one before."""
    close = day().columns[symbol, "close"].value
    return float(close[-2] / close[-1])


def clock() -> Told:
    two = quality.clock_off({"a": 200.0, "b": 190.0, "c": 0.0})
    three = quality.clock_off({"a": 200.0, "b": 190.0, "c": 150.0, "d": 0.0})
    return ("trusted" if not two else "stopped", "stopped" if three else "trusted")


def elsewhere() -> Told:
    return ()


def early() -> Told:
    session = venue("XNYS").session(dt.date(2026, 11, 27))
    return (f"{session.close:%H:%M}", "early" if session.early else "full")


def dst() -> Told:
    closes = [venue("XNYS").session(dt.date(2026, 3, d)).close for d in (6, 9)]
    return (*(f"{close:%H:%M}" for close in closes), *minutes(slice(100, 112)))

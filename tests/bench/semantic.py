"""The 52 semantic faults and what becomes of each: ``python -m tests.bench.semantic``.

A fault is made on a clean day, the day is looked at, and what was found is told. Faults that an
adapter, the client or a text meets are named with where they are caught; their own tests try them.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from tests.bench.days import (
    DESK,
    GOOD_FRIDAY,
    SLOW,
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
from workbench.domain.records import Flag
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


@dataclass(frozen=True, slots=True)
class Case:
    """One fault.

    Attributes:
        fault: What is wrong, in words.
        expected: What must be found; empty where it is caught elsewhere.
        run: Makes the fault and returns what was found.
        where: What catches it.
    """

    fault: str
    expected: Told
    run: Callable[[], Told]
    where: str


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


def _flat(symbol: str, index: int, price: float) -> Snapshot:
    seen = day()
    for field in BAR:
        seen = poked((symbol, field), index, price, seen)
    return poked((symbol, "volume"), index, 0.0, seen)


def _rows(*rows: Mapping[str, object]) -> tuple[pd.DataFrame, Told]:
    """What is left of a delivery of SPY closes, and its gaps' codes."""
    whole = {
        "series": "SPY", "field": "close", "known_at": pd.NaT, "value": 650.0, "unit": "USD",
        "source": "made", "basis": "rule", "at": pd.Timestamp("2026-04-01T20:00Z"),
    }  # fmt: skip
    frame = pd.DataFrame([{**whole, **row} for row in rows]).reindex(columns=list(COLUMNS))
    good, gaps = conforming(frame, now=NOW)
    return good, tuple(gap.code for gap in gaps)


def _delivered(*rows: Mapping[str, object]) -> Told:
    good, codes = _rows(*rows)
    return (*codes, f"{len(good)} kept")


def _health(code: str) -> Told:
    gap = Gap(series="SPY", code=code, reason="made")
    health = Health(
        feed="yahoo", state="degraded", reason="parts", at=NOW, since=NOW, good=NOW, rows=5,
        gaps=(gap,),
    )  # fmt: skip
    return told(looked(health=(health,)), "SPY")


def _archived(*vintages: tuple[float, str], series: str = "CPIAUCSL") -> Callable[[str], float]:
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


def _unsplit(ratio: float, *, told_of: bool) -> Told:
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


def _dividend(*, adjusted: bool) -> Told:
    """A payment of 2 % on SPY, with adjusted closes that take it off or not."""
    own = day().columns["SPY", "close"]
    factor = np.ones(len(own.at))
    if adjusted:
        factor[:300] = 1 - 0.02
    paid = np.array([0.02 * own.value[299]])
    seen = changed_to(
        {
            ("SPY", "adj_close"): replace(own, value=own.value * factor),
            ("SPY", "dividend"): column(own.at[300:301] - np.timedelta64(6, "h"), paid),
        }
    )
    found = looked(seen)
    return (*told(found, "SPY"), withheld(found, "SPY"))


def _duplicate() -> Told:
    good, codes = _rows({}, {})
    _, other = _rows({}, {"value": 651.0})
    return (*codes, f"{len(good)} kept", *other)


def _two_vintages() -> Told:
    known = _archived((300.0, "2026-02-10T13:30Z"), (301.0, "2026-03-10T13:30Z"))
    first, second = known("2026-02-20T00:00+00:00"), known("2026-03-20T00:00+00:00")
    return (f"first {first:g}", f"then {second:g}")


def _late() -> Told:
    """What was known before a late row is the same after it came."""
    before = _archived((300.0, "2026-02-10T13:30Z"))("2026-02-20T00:00+00:00")
    after = _archived((300.0, "2026-02-10T13:30Z"), (310.0, "2026-02-21T00:00Z"))
    return ("unchanged" if after("2026-02-20T00:00+00:00") == before else "rewritten",)


def _longer(symbol: str, end: str) -> Snapshot:
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


def _minutes(holes: slice = slice(0), *, silent: bool = False, stands: bool = False) -> Told:
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


def _stands(symbol: str) -> Told:
    seen = day()
    for field in BAR:
        seen = poked((symbol, field), slice(-6, None), seen.columns[symbol, field].value[-6], seen)
    found = looked(seen)
    return (*told(found, symbol), withheld(found, symbol))


def _sunday() -> Told:
    """Sunday 29 March 2026 with Friday's close."""
    moment = dt.datetime(2026, 3, 29, 16, 17, tzinfo=dt.UTC)
    found = looked(known_until(day(), moment))
    return (*told(found, "SPY"), withheld(found, "SPY"), *told(found, "BTC-USD"))


def _labelled() -> Told:
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


def _moved() -> Told:
    """The call of the seeds on Good Friday: a day without a session."""
    try:
        read = compile_text("SPY closes the next 24 hours below 655.85", GOOD_FRIDAY, DESK)
    except ClaimRefused as refused:
        return (refused.code.upper(),)
    return tuple(f"moved to {claim.window.date}" for claim in read.claims)


def _jump(*, then: bool = False, agreed: bool = False) -> Told:
    """SPY 40 % up on the newest bar; with a bar after it, or a second source that says so too."""
    first = -2 if then else -1
    seen = scaled("SPY", slice(first, None), 1.43)
    others = {}
    if agreed:
        others = {"SPY": [replace(seen.columns["SPY", "close"], source="other")]}
    found = looked(seen, others=others)
    return (*told(found, "SPY"), withheld(found, "SPY"))


def _sources(*factors: float) -> Told:
    own = day().columns["SPY", "close"]
    others = {"SPY": [replace(own, value=own.value * factor) for factor in factors]}
    found = looked(others=others)
    return (*told(found, "SPY"), withheld(found, "SPY"))


def _crossed() -> Told:
    at = np.array(["2026-04-02T21:00", "2026-04-02T21:30"], "M8[us]")
    seen = changed_to(
        {
            ("BTC-USD", "bid"): column(at, np.array([65_000.0, 65_100.0])),
            ("BTC-USD", "ask"): column(at, np.array([65_010.0, 65_000.0])),
        }
    )
    return told(looked(seen), "BTC-USD", "bid", "ask")


def _blank() -> Told:
    found = looked(poked(("DGS10", "value"), -1, NAN))
    own = found.snapshot.columns["DGS10", "value"]
    value = known_by(own, np.array([to_numpy(NOW)]))[0]
    same = "the value before stands" if value == day().columns["DGS10", "value"].value[-2] else "?"
    return (*told(found, "DGS10"), "blank" if np.isnan(own.value[-1]) else "number", same)


def _stopped() -> Told:
    own = day().columns["DGS10", "value"]
    short = replace(own, at=own.at[:-40], known_at=own.known_at[:-40], value=own.value[:-40])
    return told(looked(changed_to({("DGS10", "value"): short})), "DGS10")


def _slow(series: str, field: str, value: float, seen: Snapshot | None = None) -> Told:
    found = looked(poked((series, field), -1, value, seen))
    return told(found, series, field)


def _feed(rows: int) -> Told:
    health = Health(
        feed="news", state="live", reason="", at=NOW, since=NOW, good=NOW, rows=rows
    )  # fmt: skip
    return tuple(f"{f.check} {f.severity}" for f in quality.quiet([health], {"news": (40, 55, 48)}))


def _members() -> Told:
    seen = day()
    for symbol in ("TSLA", "META", "AMZN"):
        seen = scaled(symbol, -1, 0.9 * _last_ratio(symbol), seen)
    seen = scaled("SPY", -1, _last_ratio("SPY"), seen)
    own = {one.symbol: bars(seen, one) for one in DESK}
    flag = quality.members_apart(
        {s: b for s, b in own.items() if b is not None}, "SPY", ("TSLA", "META", "AMZN")
    )
    return () if flag is None else (f"{flag.check} {flag.severity}",)


def _last_ratio(symbol: str) -> float:
    """The factor that makes the newest close equal the one before."""
    close = day().columns[symbol, "close"].value
    return float(close[-2] / close[-1])


def _clock() -> Told:
    two = quality.clock_off({"a": 200.0, "b": 190.0, "c": 0.0})
    three = quality.clock_off({"a": 200.0, "b": 190.0, "c": 150.0, "d": 0.0})
    return ("trusted" if not two else "stopped", "stopped" if three else "trusted")


def _elsewhere() -> Told:
    return ()


def _early() -> Told:
    session = venue("XNYS").session(dt.date(2026, 11, 27))
    return (f"{session.close:%H:%M}", "early" if session.early else "full")


def _dst() -> Told:
    closes = [venue("XNYS").session(dt.date(2026, 3, d)).close for d in (6, 9)]
    return (*(f"{close:%H:%M}" for close in closes), *_minutes(slice(100, 112)))


CASES: Mapping[str, Case] = {
    "S01": Case(
        "volume 0 with 1.8 M transactions",
        ("ZERO_VOLUME_ACTIVE withheld", "1 out"),
        lambda: _slow("ETH", "transfer_usd", 0.0),
        "quality.levels",
    ),
    "S02": Case(
        "volume 0 on 5-minute bars of a coin",
        ("ZERO_VOLUME_ACTIVE withheld", "299 out"),
        lambda: _minutes(silent=True),
        "quality.finer",
    ),
    "S03": Case(
        "volume blank",
        ("BLANK_VOLUME withheld", "ZERO_VOLUME note", "usable"),
        lambda: (
            *told(looked(poked(("SPY", "volume"), -1, NAN)), "SPY"),
            withheld(looked(poked(("SPY", "volume"), -1, NAN)), "SPY"),
        ),
        "quality.examination",
    ),
    "S04": Case(
        "price at or under 0",
        ("NONPOSITIVE note", "MISSING_SESSIONS note", "1 out"),
        lambda: told(looked(poked(("SPY", "close"), 200, -1.0)), "SPY"),
        "quality.bars; oil may be negative",
    ),
    "S05": Case(
        "flat spike without volume",
        ("PLACEHOLDER_BAR note", "MISSING_SESSIONS note", "1 out"),
        lambda: told(looked(_flat("SPY", 200, 900.0)), "SPY"),
        "quality.bars",
    ),
    "S06": Case(
        "high under low",
        ("BROKEN_BAR note", "MISSING_SESSIONS note", "1 out"),
        lambda: told(looked(poked(("SPY", "high"), 200, 100.0)), "SPY"),
        "quality.bars",
    ),
    "S07": Case(
        "a hundredfold price",
        ("UNIT_100X withheld", "STALE withheld", "1 out", "unusable"),
        lambda: (
            *told(looked(scaled("SPY", slice(-1, None), 100.0)), "SPY"),
            withheld(looked(scaled("SPY", slice(-1, None), 100.0)), "SPY"),
        ),
        "quality.breaks",
    ),
    "S08": Case(
        "a split that nothing reports",
        ("SPLIT_UNEXPLAINED withheld", "STALE withheld", "1 out", "unusable", "joined"),
        lambda: _unsplit(10.0, told_of=False),
        "quality.breaks; a row of the split lifts it",
    ),
    "S09": Case(
        "a dividend not taken off adjusted closes",
        ("ADJUSTMENT withheld", "300 out", "usable"),
        lambda: _dividend(adjusted=False),
        "quality.distributions",
    ),
    "S10": Case(
        "the same bar twice",
        ("1 kept", "revised"),
        _duplicate,
        "quality.arrivals",
    ),
    "S11": Case(
        "another value of the same moment",
        ("first 300", "then 301"),
        _two_vintages,
        "world.archive",
    ),
    "S12": Case(
        "bars out of order",
        ("unordered", "3 kept"),
        lambda: _delivered(
            {"at": pd.Timestamp("2026-03-31T20:00Z")}, {"at": pd.Timestamp("2026-04-01T20:00Z")},
            {"at": pd.Timestamp("2026-03-30T20:00Z")},
        ),
        "quality.arrivals",
    ),
    "S13": Case("a bar that came late", ("unchanged",), _late, "world.archive, steps.score"),
    "S14": Case(
        "the last bar has not ended",
        ("PARTIAL note", "1 out"),
        lambda: told(looked(_longer("BTC-USD", "2026-04-03T00:00")), "BTC-USD"),
        "quality.bars, adapters",
    ),
    "S15": Case(
        "a bar of the future",
        ("FUTURE note", "1 out"),
        lambda: told(looked(_longer("BTC-USD", "2026-05-03T00:00")), "BTC-USD"),
        "quality.bars, quality.arrivals",
    ),
    "S16": Case(
        "seconds read as milliseconds",
        ("bad_time", "1 kept"),
        lambda: _delivered({}, {"at": pd.Timestamp("1970-01-21T12:00Z"), "field": "open"}),
        "quality.arrivals",
    ),
    "S17": Case(
        "a time without zone",
        ("naive_time", "1 kept"),
        lambda: _delivered({}, {"at": pd.Timestamp("2026-04-01T20:00")}),
        "quality.arrivals",
    ),
    "S18": Case(
        "an hour that summer time takes or gives",
        ("21:00", "20:00", "MISSING_BARS note"),
        _dst,
        "domain.calendars, quality.finer",
    ),
    "S19": Case(
        "one price in six open sessions",
        ("STALE_PRICE withheld", "unusable"),
        lambda: _stands("SPY"),
        "quality.hours",
    ),
    "S20": Case(
        "one price over a weekend",
        ("MARKET_CLOSED note", "usable"),
        _sunday,
        "quality.hours",
    ),
    "S21": Case(
        "Thursday's move told on Good Friday",
        ("last session 2026-04-02", "other windows"),
        _labelled,
        "quality.hours",
    ),
    "S22": Case("a half-day", ("18:00", "early"), _early, "domain.calendars"),
    "S23": Case("24 hours without a session", ("moved to 2026-04-06",), _moved, "domain.english"),
    "S24": Case(
        "a symbol that is gone", ("GONE note",), lambda: _health("not_found"), "quality.feeds"
    ),
    "S25": Case(
        "a symbol that means another asset",
        ("OTHER_ASSET note",),
        lambda: _health("other_asset"),
        "adapters, quality.feeds",
    ),
    "S26": Case(
        "another currency",
        ("other_unit", "1 kept"),
        lambda: _delivered({}, {"unit": "EUR", "at": pd.Timestamp("2026-03-31T20:00Z")}),
        "quality.arrivals, adapters",
    ),
    "S27": Case(
        "a lone jump beyond 8 σ",
        ("JUMP withheld", "STALE withheld", "1 out", "unusable"),
        _jump,
        "quality.breaks",
    ),
    "S28": Case(
        "sources that disagree",
        ("SOURCES_DISAGREE withheld", "unusable"),
        lambda: _sources(1.02, 0.97),
        "quality.sources",
    ),
    "S29": Case(
        "a bid above its ask",
        ("CROSSED_QUOTE withheld", "CROSSED_QUOTE withheld", "1 out", "1 out"),
        _crossed,
        "quality.levels",
    ),
    "S30": Case(
        "a blank of FRED",
        ("blank", "the value before stands"),
        _blank,
        "adapters, measures.prices",
    ),
    "S31": Case(
        "a revised month",
        ("first 300", "then 301"),
        _two_vintages,
        "world.archive",
    ),
    "S32": Case("a series that stopped", ("STALE_SERIES note",), _stopped, "quality.standing"),
    "S33": Case(
        "a fraction for per cent",
        ("UNIT_100X withheld", "STALE_SERIES note", "1 out"),
        lambda: _slow("FEDFUNDS", "value", 0.0364),
        "quality.levels",
    ),
    "S34": Case(
        "basis points for per cent",
        ("OUT_OF_RANGE withheld", "1 out"),
        lambda: _slow("T10Y2Y", "value", 56.0),
        "quality.levels, quality.arrivals",
    ),
    "S35": Case(
        "VIX at 190",
        ("OUT_OF_RANGE withheld", "STALE withheld", "1 out"),
        lambda: told(looked(scaled("VIX", slice(-1, None), 8.0)), "VIX"),
        "quality.bars, quality.arrivals",
    ),
    "S36": Case(
        "fees in bitcoin for satoshi",
        ("UNITS_DISAGREE withheld", "STALE_SERIES note", "1 out"),
        lambda: _slow("BTC-mempool", "fees", 0.3),
        "quality.levels",
    ),
    "S37": Case(
        "an empty mempool",
        ("ZERO withheld", "STALE_SERIES note", "1 out"),
        lambda: _slow("BTC-mempool", "count", 0.0),
        "quality.levels",
    ),
    "S38": Case(
        "fees that came empty",
        ("FEES_EMPTY withheld", "STALE_SERIES note"),
        lambda: _slow("BTC-mempool", "fee_fastest", NAN),
        "quality.levels",
    ),
    "S39": Case(
        "stars that fell",
        ("FELL withheld", "STALE_SERIES note", "1 out"),
        lambda: _slow("langflow-ai/langflow", "stars", 0.0),
        "quality.levels",
    ),
    "S40": Case("a repository renamed", (), _elsewhere, "world.feeds.github, world.http"),
    "S41": Case("an empty list of filings", (), _elsewhere, "world.feeds.sec"),
    "S42": Case("a filing of 30 MB", (), _elsewhere, "world.http, world.feeds.sec"),
    "S43": Case("a CIK without zeros", (), _elsewhere, "world.feeds.sec"),
    "S44": Case("an item dated 2099", (), _elsewhere, "world.feeds.news"),
    "S45": Case("one story 50 times", (), _elsewhere, "measures.clusters"),
    "S46": Case("a title with script", (), _elsewhere, "world.feeds texts"),
    "S47": Case("invisible letters", (), _elsewhere, "world.feeds texts"),
    "S48": Case("a headline with instructions", (), _elsewhere, "world.claude fence"),
    "S49": Case("no items where 48 are usual", ("VOLUME_LOW note",), lambda: _feed(0),
                "quality.feeds"),
    "S50": Case("a column renamed", ("SCHEMA note",), lambda: _health("no_field"),
                "adapters, quality.feeds"),
    "S51": Case("members fall, their index does not", ("MEMBERS_DISAGREE note",), _members,
                "quality.members"),
    "S52": Case("our clock is off", ("trusted", "stopped"), _clock, "quality.feeds"),
}  # fmt: skip


def clean() -> tuple[Flag, ...]:
    """What is said of the day without any fault: nothing."""
    return looked().flags


# The harness itself is tried: a fault that nothing looks for must come out wrong.
PLANTED = Case("a price one part in a thousand off", ("CAUGHT",),
               lambda: told(looked(scaled("SPY", 200, 1.001)), "SPY"), "nothing")  # fmt: skip


def state(case: Case) -> str:
    """``ok``, ``WRONG``, or ``elsewhere`` for what is caught by others."""
    if not case.expected:
        return "elsewhere"
    return "ok" if case.run() == case.expected else "WRONG"


def main() -> None:
    """Prints fault × outcome; fails where one is not what must be."""
    states = {name: state(case) for name, case in CASES.items()}
    print(f"clean day of {len(DESK)} instruments and {len(SLOW)} series: {len(clean())} flags\n")
    for name, case in CASES.items():
        found = "; ".join(case.run())
        print(f"{name}  {states[name]:9}  {case.fault:42}  {found:58}  {case.where}")
    tried, wrong = (sum(s != "elsewhere" for s in states.values()), list(states.values()))
    print(f"\n{tried} of {len(CASES)} tried here, {wrong.count('WRONG')} wrong")
    print(f"planted: {state(PLANTED)}, as it must be")
    raise SystemExit("WRONG" in wrong or bool(clean()) or state(PLANTED) != "WRONG")


if __name__ == "__main__":
    main()

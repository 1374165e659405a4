"""The 52 semantic faults and what becomes of each: ``python -m tests.bench.semantic``.

A fault is made on a clean day, the day is looked at, and what was found is told. Faults that an
adapter, the client or a text meets are named with where they are caught; their own tests try them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from tests.bench.broken import (
    NAN,
    Told,
    blank,
    clock,
    crossed,
    delivered,
    dividend,
    dst,
    duplicate,
    early,
    elsewhere,
    feed,
    flat,
    health,
    jump,
    labelled,
    late,
    longer,
    members,
    minutes,
    moved,
    slow,
    sources,
    stands,
    stopped,
    sunday,
    told,
    two_vintages,
    unsplit,
    withheld,
)  # fmt: skip
from tests.bench.days import DESK, SLOW, looked, poked, scaled
from workbench.domain.records import Flag


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


CASES: Mapping[str, Case] = {
    "S01": Case(
        "volume 0 with 1.8 M transactions",
        ("ZERO_VOLUME_ACTIVE withheld", "1 out"),
        lambda: slow("ETH", "transfer_usd", 0.0),
        "quality.levels",
    ),
    "S02": Case(
        "volume 0 on 5-minute bars of a coin",
        ("ZERO_VOLUME_ACTIVE withheld", "299 out"),
        lambda: minutes(silent=True),
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
        lambda: told(looked(flat("SPY", 200, 900.0)), "SPY"),
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
        lambda: unsplit(10.0, told_of=False),
        "quality.breaks; a row of the split lifts it",
    ),
    "S09": Case(
        "a dividend not taken off adjusted closes",
        ("ADJUSTMENT withheld", "300 out", "usable"),
        lambda: dividend(adjusted=False),
        "quality.distributions",
    ),
    "S10": Case(
        "the same bar twice",
        ("1 kept", "revised"),
        duplicate,
        "quality.arrivals",
    ),
    "S11": Case(
        "another value of the same moment",
        ("first 300", "then 301"),
        two_vintages,
        "world.archive",
    ),
    "S12": Case(
        "bars out of order",
        ("out_of_order", "3 kept"),
        lambda: delivered(
            {"at": pd.Timestamp("2026-03-31T20:00Z")}, {"at": pd.Timestamp("2026-04-01T20:00Z")},
            {"at": pd.Timestamp("2026-03-30T20:00Z")},
        ),
        "quality.arrivals",
    ),
    "S13": Case("a bar that came late", ("unchanged",), late, "world.archive, steps.score"),
    "S14": Case(
        "the last bar has not ended",
        ("PARTIAL note", "1 out"),
        lambda: told(looked(longer("BTC-USD", "2026-04-03T00:00")), "BTC-USD"),
        "quality.bars, adapters",
    ),
    "S15": Case(
        "a bar of the future",
        ("FUTURE note", "1 out"),
        lambda: told(looked(longer("BTC-USD", "2026-05-03T00:00")), "BTC-USD"),
        "quality.bars, quality.arrivals",
    ),
    "S16": Case(
        "seconds read as milliseconds",
        ("bad_time", "1 kept"),
        lambda: delivered({}, {"at": pd.Timestamp("1970-01-21T12:00Z"), "field": "open"}),
        "quality.arrivals",
    ),
    "S17": Case(
        "a time without zone",
        ("no_zone", "1 kept"),
        lambda: delivered({}, {"at": pd.Timestamp("2026-04-01T20:00")}),
        "quality.arrivals",
    ),
    "S18": Case(
        "an hour that summer time takes or gives",
        ("21:00", "20:00", "MISSING_BARS note"),
        dst,
        "domain.calendars, quality.finer",
    ),
    "S19": Case(
        "one price in six open sessions",
        ("STALE_PRICE withheld", "unusable"),
        lambda: stands("SPY"),
        "quality.hours",
    ),
    "S20": Case(
        "one price over a weekend",
        ("MARKET_CLOSED note", "usable"),
        sunday,
        "quality.hours",
    ),
    "S21": Case(
        "Thursday's move told on Good Friday",
        ("last session 2026-04-02", "other windows"),
        labelled,
        "quality.hours, which no step calls: steps.circumstances and coins say it",
    ),
    "S22": Case("a half-day", ("18:00", "early"), early, "domain.calendars"),
    "S23": Case("24 hours without a session", ("moved to 2026-04-06",), moved, "domain.english"),
    "S24": Case(
        "a symbol that is gone", ("GONE note",), lambda: health("not_found"), "quality.feeds"
    ),
    "S25": Case(
        "a symbol that means another asset",
        ("OTHER_ASSET note",),
        lambda: health("other_asset"),
        "adapters, quality.feeds",
    ),
    "S26": Case(
        "another currency",
        ("other_unit", "1 kept"),
        lambda: delivered({}, {"unit": "EUR", "at": pd.Timestamp("2026-03-31T20:00Z")}),
        "quality.arrivals, adapters",
    ),
    "S27": Case(
        "a lone jump beyond 8 σ",
        ("JUMP withheld", "STALE withheld", "1 out", "unusable"),
        jump,
        "quality.breaks",
    ),
    "S28": Case(
        "sources that disagree",
        ("SOURCES_DISAGREE withheld", "unusable"),
        lambda: sources(1.02, 0.97),
        "quality.sources",
    ),
    "S29": Case(
        "a bid above its ask",
        ("CROSSED_QUOTE withheld", "CROSSED_QUOTE withheld", "1 out", "1 out"),
        crossed,
        "quality.levels",
    ),
    "S30": Case(
        "a blank of FRED",
        ("blank", "the value before stands"),
        blank,
        "adapters, measures.prices",
    ),
    "S31": Case(
        "a revised month",
        ("first 300", "then 301"),
        two_vintages,
        "world.archive",
    ),
    "S32": Case("a series that stopped", ("STALE_SERIES note",), stopped, "quality.standing"),
    "S33": Case(
        "a fraction for per cent",
        ("UNIT_100X withheld", "STALE_SERIES note", "1 out"),
        lambda: slow("FEDFUNDS", "value", 0.0364),
        "quality.levels",
    ),
    "S34": Case(
        "basis points for per cent",
        ("OUT_OF_RANGE withheld", "1 out"),
        lambda: slow("T10Y2Y", "value", 56.0),
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
        lambda: slow("BTC-mempool", "fees", 0.3),
        "quality.levels",
    ),
    "S37": Case(
        "an empty mempool",
        ("ZERO withheld", "STALE_SERIES note", "1 out"),
        lambda: slow("BTC-mempool", "count", 0.0),
        "quality.levels",
    ),
    "S38": Case(
        "fees that came empty",
        ("FEES_EMPTY withheld", "STALE_SERIES note"),
        lambda: slow("BTC-mempool", "fee_fastest", NAN),
        "quality.levels",
    ),
    "S39": Case(
        "stars that fell",
        ("FELL withheld", "STALE_SERIES note", "1 out"),
        lambda: slow("langflow-ai/langflow", "stars", 0.0),
        "quality.levels",
    ),
    "S40": Case("a repository renamed", (), elsewhere, "world.feeds.github, world.http"),
    "S41": Case("an empty list of filings", (), elsewhere, "world.feeds.sec"),
    "S42": Case("a filing of 30 MB", (), elsewhere, "world.http, world.feeds.sec"),
    "S43": Case("a CIK without zeros", (), elsewhere, "world.feeds.sec"),
    "S44": Case("an item dated 2099", (), elsewhere, "world.feeds.news"),
    "S45": Case("one story 50 times", (), elsewhere, "measures.clusters"),
    "S46": Case("a title with script", (), elsewhere, "world.feeds texts"),
    "S47": Case("invisible letters", (), elsewhere, "world.feeds texts"),
    "S48": Case("a headline with instructions", (), elsewhere, "world.claude fence"),
    "S49": Case("no items where 48 are usual", ("VOLUME_LOW note",), lambda: feed(0),
                "quality.feeds"),
    "S50": Case("a column renamed", ("SCHEMA note",), lambda: health("no_field"),
                "adapters, quality.feeds"),
    "S51": Case("members fall, their index does not", ("MEMBERS_DISAGREE note",), members,
                "quality.members"),
    "S52": Case("our clock is off", ("trusted", "stopped"), clock, "quality.feeds"),
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

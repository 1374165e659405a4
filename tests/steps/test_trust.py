"""What the data page shows, and the flags that rest on more than one series or one pull."""

import datetime as dt

import numpy as np
import pytest

from workbench.domain.deliveries import Gap, Health
from workbench.domain.snapshots import Column
from workbench.steps import trust
from workbench.steps.bench import Bench
from workbench.world.pulls import Pull, Pulls

DARK = ("ETH.tx_count", "ETH.transfer_usd")
MEGA = ("TSLA", "META", "AMZN", "MSFT")
PARAMS = f"""\
instruments: [SPY, {", ".join(MEGA)}, VIX]
indicators: [FEDFUNDS, DGS10]
horizons: [1]
minds: [flow]
"""


@pytest.fixture
def bench(room, world) -> Bench:
    """A day on which the large names fell by 5 % and their index did not move."""
    return room(world(params=PARAMS, last=dict.fromkeys(MEGA, (-0.05,)) | {"SPY": (0.0,)})).bench(1)


def pulled(bench: Bench, hours: float, rows: int, **other: object) -> None:
    """A pull that many hours before the bench's moment, of one feed that brought so many rows."""
    at = bench.as_of - dt.timedelta(hours=hours)
    health = Health(feed="news", state="live", reason="", at=at, since=at, good=at, rows=rows)
    told = {"backfill": False, "health": (health,), "skews": {}, "breakers": {}} | other
    Pulls(bench.archive.folder).write(Pull(began=at, ended=at, **told))  # type: ignore[arg-type]


def checks(bench: Bench) -> dict[str, str]:
    return {flag.check: flag.seen for flag in bench.flags}


def test_an_index_that_its_members_leave_is_noted(bench: Bench):
    """Members 5 % down beside a flat index is told, and withholds nothing: both can be true."""
    assert checks(bench)["MEMBERS_DISAGREE"].startswith("moved +0.0% while the middle one of 4")
    assert not bench.withheld


def test_a_feed_that_brings_far_less_than_usual_is_flagged(bench: Bench):
    """Three pulls of forty headlines, then none: the feed did not say so, its silence does."""
    for hours in (30, 20, 10):
        pulled(bench, hours, 40)
    pulled(bench, 1, 0)
    assert checks(bench)["VOLUME_LOW"] == "0 rows where 40 are usual"


def test_a_backfill_says_nothing_of_what_is_usual(bench: Bench):
    """History brings thousands of rows once; the next day's forty are not few."""
    for hours in (30, 20):
        pulled(bench, hours, 9_000, backfill=True)
    pulled(bench, 1, 40)
    assert "VOLUME_LOW" not in checks(bench)


def test_the_page_says_what_each_value_is_of(bench: Bench):
    """A session has its close, a day its date, a month its name; a feed what it could not use."""
    gap = Gap(series="", code="empty", reason="No headline of 48.")
    at = bench.as_of - dt.timedelta(hours=1)
    dark = Health(feed="news", state="dark", reason=gap.reason, at=at, since=at, good=None,
                  rows=0, gaps=(gap,))  # fmt: skip
    pulled(bench, 1, 0, health=(dark,))
    shown = trust.view(bench)
    rows = {row["series"]: row for row in shown["series"]}
    assert rows["SPY"]["last"].endswith(" 21:00")
    assert rows["SPY"]["behind"].startswith("on time")
    assert rows["FEDFUNDS"]["last"].split()[0] in {"December", "January"}
    assert len(rows["DGS10"]["last"].split()) == 3
    assert rows["SPY"]["dated"] == "a rule, 15 minutes later"
    (feed,) = shown["feeds"]
    assert (feed["state"], feed["reason"], feed["good"]) == ("dark", "No headline of 48.", "")
    assert {"MEMBERS_DISAGREE"} <= {flag["check"] for flag in shown["flags"]}


@pytest.mark.parametrize(
    ("basis", "minutes", "expected"),
    [
        ("stated", 20, "its source"),
        ("seen", 20, "our first sight of it"),
        ("rule+seen", 20, "our first sight of it or a rule"),
        ("rule", 1, "a rule, one minute later"),
        ("rule", 180, "a rule, three hours later"),
        ("rule", 2 * 1440, "a rule, two days later"),
        ("rule", 0, "a rule, at once"),
    ],
)
def test_the_page_says_who_dated_a_series(basis: str, minutes: int, expected: str):
    """Who says when a value could first be known: its source, our own pull, or a rule."""
    at = np.array(["2026-04-01T20:00", "2026-04-02T20:00"], "datetime64[us]")
    column = Column(
        at=at, known_at=at + np.timedelta64(minutes, "m"), value=np.ones(2), unit="USD",
        source="A", basis=basis,
    )  # fmt: skip
    assert trust.dated(column) == expected


def test_a_flag_names_the_very_series(room, world):
    """Of two fields of one series that are dark each flag has its own name, and no code of it."""
    params = PARAMS.replace("DGS10]", f"DGS10, ETH.gas_gwei, {', '.join(DARK)}]")
    shown = trust.view(room(world(params=params, dark=DARK)).bench(1))
    dark = {flag["name"]: flag["field"] for flag in shown["flags"] if flag["check"] == "DARK"}
    assert dark == {"Ethereum transactions": "", "value moved on Ethereum": ""}

"""The whole live desk pulled from a made-up world: what arrives, what stays, what is rebuilt."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.bench import made
from tests.bench.feeds import keyed, opened, pulled
from tests.bench.world import NAMES, World, serving
from workbench.measures import quality
from workbench.steps.bench import Bench
from workbench.steps.refresh import rebuild
from workbench.world.archive import Archive
from workbench.world.http.limits import Limits
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk
from workbench.world.pulls import Pull, Pulls

pytestmark = pytest.mark.timeout(300)
UTC = dt.UTC
FIRST = dt.datetime(2026, 3, 24, 20, 45, tzinfo=UTC)  # a Tuesday, after the close
MOMENTS = (FIRST, FIRST + dt.timedelta(days=1), FIRST + dt.timedelta(days=1, hours=1))
SPLITS = {"NVDA": (dt.date(2026, 2, 2), 10.0), "GOOGL": (dt.date(2026, 3, 25), 4.0)}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was known at the end of a pull, as told right after it."""

    pull: Pull
    hash: str
    items: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Story:
    """Three pulls of one desk."""

    world: World
    desk: Desk
    seen: tuple[Seen, ...]


def look(desk: Desk, archive: Archive, pull: Pull) -> Seen:
    bench = Bench(
        desk, archive, Ledger("sqlite://"), number=1, as_of=pull.ended, mode="live", keep=False
    )
    return Seen(pull=pull, hash=bench.snapshot.hash, items=archive.items.as_of(pull.ended))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    world = World(now=FIRST, start=dt.date(2025, 11, 3), splits=SPLITS)
    with serving(world), keyed():
        desk = opened(world, tmp_path_factory.mktemp("live"), pull={
            "seconds": 120, "history": "2025-06-01",
        })  # fmt: skip
        seen = []
        for moment in MOMENTS:
            world.now = moment
            pull = pulled(world, desk, Limits())
            seen.append(look(desk, Archive(desk.archive), pull))
        yield Story(world=world, desk=desk, seen=tuple(seen))


@pytest.fixture(scope="module")
def rows(story: Story) -> pd.DataFrame:
    archive = Archive(story.desk.archive)
    return pd.concat(archive.rows(archive.series()), ignore_index=True)


def test_every_feed_is_live(story: Story):
    """With every source well each feed is live, on its first pull and on later ones."""
    for one in story.seen:
        said = {found.feed: (found.state, found.reason) for found in one.pull.health}
        assert said == dict.fromkeys(NAMES, ("live", ""))
    first, second, third = (sum(h.rows for h in one.pull.health) for one in story.seen)
    assert first > second >= third > 1_000


def test_what_was_known_stays_known(story: Story):
    """Later pulls, a revision and a split among them, change nothing of what an earlier knew."""
    archive = Archive(story.desk.archive)
    for one in story.seen:
        again = look(story.desk, archive, one.pull)
        assert again.hash == one.hash
        pd.testing.assert_frame_equal(again.items, one.items)
    assert len({one.hash for one in story.seen}) == 3


def test_an_archive_is_rebuilt_from_its_record(story: Story, tmp_path: Path):
    """From the recorded bytes alone, with no source to ask, every moment's snapshot comes again."""
    into = Archive(tmp_path / "again")
    pulls, count = rebuild(story.desk, into)
    assert pulls == 3
    assert count == sum(h.rows for one in story.seen for h in one.pull.health)
    for one in story.seen:
        again = look(story.desk, into, one.pull)
        assert again.hash == one.hash
        pd.testing.assert_frame_equal(again.items, one.items)


def value(
    rows: pd.DataFrame, series: str, field: str, at: dt.datetime, source: str
) -> pd.DataFrame:
    own = (rows["series"] == series) & (rows["field"] == field) & (rows["source"] == source)
    return rows[own & (rows["at"] == pd.Timestamp(at))].sort_values("known_at")


def test_prices_are_as_traded(story: Story, rows: pd.DataFrame):
    """Yahoo's adjusted prices come out as they were traded, whatever splits came since, and the
    split itself at the open of its session; Cboe's are the same within a basis point.
    """
    numbers = story.world.numbers
    for symbol in ("SPY", "NVDA", "GOOGL"):
        for bar in numbers.shares(symbol, MOMENTS[-1])[-60:]:
            found = value(rows, symbol, "close", bar.end, "yahoo")["value"]
            assert found.tolist() == [bar.close]
            assert value(rows, symbol, "volume", bar.end, "yahoo")["value"].tolist() == [
                pytest.approx(bar.volume)
            ]
            other = value(rows, symbol, "close", bar.end, "cboe")["value"]
            assert other.tolist() == [pytest.approx(bar.close, rel=1e-4)]
    for symbol, (date, ratio) in SPLITS.items():
        day = next(one for one in numbers.sessions if one.date == date)
        assert value(rows, symbol, "split", day.open, "yahoo")["value"].tolist() == [ratio]
    bar = numbers.index("VIX", FIRST)[-1]
    assert value(rows, "VIX", "close", bar.end, "cboe")["value"].tolist() == [bar.close]
    assert value(rows, "VIX", "close", bar.end, "yahoo")["value"].tolist() == [bar.close]


def test_a_split_that_arrives_rebases_no_price(story: Story, rows: pd.DataFrame):
    """On the day of GOOGL's split Yahoo divides its whole history; the archive takes no new row
    for it, because what was traded has not changed.
    """
    own = (rows["series"] == "GOOGL") & (rows["source"] == "yahoo") & (rows["field"] == "close")
    assert not rows[own].duplicated("at").any()
    closes = rows[own].sort_values("at")["value"].to_numpy()
    assert closes[-2] / closes[-1] == pytest.approx(4.0, rel=0.15)


def test_coins_agree_and_hours_lie_apart(story: Story, rows: pd.DataFrame):
    """Three venues' daily closes lie within the basis points that they were made with; hourly
    bars have a series of their own.
    """
    numbers = story.world.numbers
    day = numbers.coin("BTC", FIRST, 24)[-2]
    for source, by in (("yahoo", 1.0), ("kraken", 1.0001), ("coinbase", 0.9999)):
        found = value(rows, "BTC-USD", "close", day.end, source)["value"].tolist()
        assert found == [pytest.approx(day.close * by, abs=0.01)]
    hour = numbers.coin("ETH", FIRST, 1)[-2]
    found = value(rows, "ETH-USD@1h", "close", hour.end, "kraken")["value"].tolist()
    assert found == [pytest.approx(hour.close * 1.0001, abs=0.01)]


def test_a_revision_is_a_row_of_its_own(story: Story, rows: pd.DataFrame):
    """FRED's vintages keep their days: a value that was revised between two pulls has the first
    figure until then and the revised one from the end of that day in St. Louis, or the pull.
    """
    today = MOMENTS[1].date()
    told = made.vintages("NFCI", story.world.numbers.start, today)
    new = next(one for one in told if one.first == today and one.last == made.LATEST
               and any(old.date == one.date and old is not one for old in told))  # fmt: skip
    own = rows[(rows["series"] == "NFCI") & (rows["source"] == "fred")].sort_values("known_at")
    last = own[own["at"].dt.date.between(new.date, new.date + dt.timedelta(days=1))]
    assert last["value"].tolist()[-2:] == [pytest.approx(new.value - 0.01), new.value]
    known = last["known_at"].tolist()
    assert known[-2] < pd.Timestamp(MOMENTS[0]) < known[-1] <= pd.Timestamp(MOMENTS[2])


def test_chains_builders_and_swaps_by_hand(story: Story, rows: pd.DataFrame):
    """Units come out as contracts say: dollars moved, rates of eight hours, counts, fractions."""
    numbers, when = story.world.numbers, FIRST
    at = when - dt.timedelta(minutes=2)
    draw = made.rng("chain", "ethereum", when.date())
    moved = int(draw.integers(2_000_000, 4_000_000))
    found = value(rows, "ETH", "transfer_usd", at, "blockchair")["value"].tolist()
    assert found == [pytest.approx(moved * numbers.price("ETH", when))]
    rate = made.rng("funding", "kraken", "BTC", when.date()).normal(0.00008, 0.00005)
    own = value(rows, "BTC-PERP", "funding", when, "kraken_futures")["value"].tolist()
    assert own[:1] == [pytest.approx(round(float(rate), 8))]
    stars = value(rows, "langgenius/dify", "stars", when, "github")["value"].tolist()
    days = (when.date() - numbers.start).days
    first = int(made.rng("stars", "langgenius/dify").integers(20_000, 90_000))
    assert stars == [first + 37 * days]
    held = rows[(rows["series"] == "weights:QQQ") & (rows["field"] == "TSLA")]["value"]
    assert set(held) == {0.124}


def test_texts_arrive_with_their_moments(story: Story):
    """Filings are known when EDGAR took them, items read; headlines from when we first saw them."""
    items = story.seen[0].items
    filings = items[items["kind"] == "filing"]
    assert set(filings["series"]) == {f"sec:{one}" for one in ("TSLA", "META", "AMZN", "MSFT",
                                      "NVDA", "GOOGL", "AAPL", "MSTR")}  # fmt: skip
    assert filings["detail"].str.contains("21.3 billion").any()
    assert filings["title"].str.contains("Chief Financial Officer").any()
    assert (filings["known_at"] < pd.Timestamp(FIRST)).all()
    headlines = items[items["kind"] == "headline"]
    assert len(headlines) >= 50
    assert (headlines["known_at"] >= pd.Timestamp(FIRST)).all()


def test_the_whole_desk_is_usable(story: Story):
    """Of such a world nothing is withheld and no series of the desk is dark."""
    archive = Archive(story.desk.archive)
    as_of = story.seen[-1].pull.ended
    bench = Bench(
        story.desk, archive, Ledger("sqlite://"), number=1, as_of=as_of, mode="live", keep=False
    )
    grave = [flag for flag in bench.flags if flag.severity != "note"]
    assert grave == []
    assert quality.withheld(bench.flags) == frozenset()


def test_manifests_tell_each_pull(story: Story):
    """The newest manifest up to a moment is the one that a desk at that moment reads."""
    pulls = Pulls(Archive(story.desk.archive).folder)
    assert pulls.moments() == list(MOMENTS)
    for one in story.seen:
        found = pulls.last(one.pull.ended)
        assert found is not None
        assert found == one.pull
    assert open_desk(str(story.desk.path)).hash == story.desk.hash

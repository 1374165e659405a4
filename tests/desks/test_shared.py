"""A desk on real data of 2026 that is not bundled: imported, replayed, settled."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from workbench.desk.replay import replay
from workbench.desk.verify import verify
from workbench.domain.calendars import moment, venue
from workbench.domain.records import Flag
from workbench.measures.settling import GRACE
from workbench.steps import record
from workbench.steps.bench import Bench
from workbench.steps.opening import after_close
from workbench.world import entries as book
from workbench.world import importing
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

SERIES = Path(__file__).parents[3] / "shared" / "data" / "series"
FILES = ("equity_daily_ohlcv", "vix_daily", "crypto_daily")
FIRST, LAST = dt.date(2026, 2, 12), dt.date(2026, 3, 5)  # 15 sessions, Presidents' Day among them

pytestmark = pytest.mark.skipif(
    not all((SERIES / f"{name}.parquet").is_file() for name in FILES),
    reason="no history beside the project: ../shared/data/series is not there",
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    path = Path(__file__).parent / "params" / "shared.yaml"
    return open_desk(path, tmp_path_factory.mktemp("shared") / "outputs")


@pytest.fixture(scope="module")
def archive(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder = tmp_path_factory.mktemp("series")
    for name in FILES:
        (folder / f"{name}.parquet").symlink_to(SERIES / f"{name}.parquet")
    delivery = importing.read(folder, desk.instruments)
    assert len(delivery.accepted) == len(FILES)
    archive = Archive(desk.archive)
    assert importing.append(archive, delivery) == sum(map(len, delivery.frames.values()))
    return archive


@pytest.fixture(scope="module")
def ledger(desk: Desk, archive: Archive) -> Ledger:
    """The ledger of fifteen replayed sessions."""
    ledger = Ledger(desk.ledger)
    assert replay(desk, archive, ledger, FIRST, LAST) == 15
    return ledger


def bench(desk: Desk, archive: Archive, date: dt.date = LAST) -> Bench:
    when = after_close(desk, date)
    return Bench(desk, archive, Ledger("sqlite://"), number=1, as_of=when, mode="replay",
                 keep=False)  # fmt: skip


def claims(ledger: Ledger) -> list[dict[str, Any]]:
    query = sa.select(book.claims, book.cycles.c.as_of).join(
        book.cycles, book.cycles.c.number == book.claims.c.cycle
    )
    return [dict(row) | json.loads(row["content"]) for row in ledger.read(query)]


def test_one_documented_choice_of_source(desk: Desk, archive: Archive):
    """Where several sources overlap, each instrument's own preference speaks, spliced as stated."""
    columns = bench(desk, archive).snapshot.columns
    assert columns["SPY", "close"].source == "H+S+Z"
    assert columns["QQQ", "close"].source == "H"
    assert columns["BTC-USD", "close"].source == "B-yahoo+K-yahoo"
    spy = bench(desk, archive).bars["SPY"]
    assert spy.dates[0].item() == dt.date(1993, 1, 29)
    assert spy.dates[-1].item() == LAST
    assert len(spy) == len(venue("XNYS").between(dt.date(1993, 1, 29), LAST))


def test_prices_are_raw_ones(desk: Desk, archive: Archive):
    """A level is what was quoted that day, not a price adjusted for later dividends."""
    spy = bench(desk, archive).bars["SPY"]
    closes = {str(date): round(float(value), 2) for date, value in
              zip(spy.dates, spy.close, strict=True)}  # fmt: skip
    assert closes["2020-03-16"] == 239.85  # as quoted; adjusted it is lower
    assert closes["2009-03-09"] == 68.11


def flags(desk: Desk, archive: Archive, series: str) -> dict[str, Flag]:
    return {flag.check: flag for flag in bench(desk, archive).flags if flag.series == series}


def test_what_is_wrong_with_vix_is_flagged(desk: Desk, archive: Archive):
    """VIX has rows on days without a session, sessions without a row: both are told."""
    found = flags(desk, archive, "VIX")
    assert "4 sessions" in found["MISSING_SESSIONS"].seen
    column = archive.as_of(after_close(desk, LAST), {"VIX": ()}).columns["VIX", "close"]
    own = bench(desk, archive).bars["VIX"]
    off = len(column.at) - len(own)
    assert off >= 25  # SERIES.md counts 30 to August 2026
    assert any(f"{off} " in flag.seen for flag in found.values()), "off-session rows are not told"


def test_clean_history_raises_no_flag_that_hides(desk: Desk, archive: Archive):
    """Nothing withholds the closes of these four, and bitcoin is not held to be stale by day."""
    assert bench(desk, archive).withheld == frozenset()
    assert flags(desk, archive, "QQQ").keys() <= {"PLACEHOLDER_OPEN"}
    assert set(bench(desk, archive).bars) == {"SPY", "QQQ", "VIX", "BTC-USD"}


def test_claims_settle(desk: Desk, archive: Archive, ledger: Ledger):
    """Every claim whose bars are known is settled, by rule, on all four instruments."""
    rows = ledger.read(
        sa.select(book.claims.c.subject, book.claims.c.kind, book.claims.c.deadline,
                  book.settlements.c.outcome, book.settlements.c.known_at)
        .outerjoin(book.settlements, book.settlements.c.claim == book.claims.c.id)
    )  # fmt: skip
    settled = [row for row in rows if row["outcome"]]
    assert {row["subject"] for row in settled} >= {"SPY", "QQQ", "VIX", "BTC-USD"}
    assert {row["outcome"] for row in settled} == {"yes", "no"}
    end = after_close(desk, LAST)
    for row in rows:
        if row["outcome"] is None:
            assert moment(row["deadline"]) > end - dt.timedelta(days=1), row
    assert GRACE >= 1
    assert ledger.broken() is None
    assert len(record.record(ledger)) > 10


def test_bitcoin_trades_all_day(ledger: Ledger):
    """At the desk's hour bitcoin's day is still running: no claim on its path is made, because
    part of its first daily bar would be history; its other claims end at UTC midnights.
    """
    coins = [claim for claim in claims(ledger) if claim["subject"] == "BTC-USD"]
    assert {claim["kind"] for claim in coins} >= {"direction", "level", "magnitude"}
    assert not [claim for claim in coins if claim["kind"] in {"stays", "touch"}]
    for claim in coins:
        start, deadline = (moment(claim["window"][name]) for name in ("start", "deadline"))
        assert (deadline.hour, deadline.minute) == (0, 0)
        assert dt.timedelta(0) < deadline - start <= dt.timedelta(days=claim["horizon"])
        (reference,) = claim["references"]
        assert moment(reference["known_at"]) <= start
    shares = {claim["kind"] for claim in claims(ledger) if claim["subject"] == "SPY"}
    assert shares >= {"stays", "touch"}


def test_no_claim_ends_on_a_holiday(ledger: Ledger):
    """Presidents' Day has no session: a claim of the Friday before ends on Tuesday."""
    friday = [c for c in claims(ledger) if c["as_of"] == "2026-02-13T22:00:00Z"]
    ends = {c["window"]["date"] for c in friday if c["subject"] == "SPY" and c["horizon"] == 1}
    assert ends == {"2026-02-17"}
    assert {c["window"]["date"] for c in friday if c["subject"] == "BTC-USD"} >= {"2026-02-13"}


def test_only_instruments_of_one_calendar_are_compared(ledger: Ledger):
    """A relative claim needs closes of one moment: never a share against a coin."""
    pairs = {(c["subject"], c["versus"]) for c in claims(ledger) if c["kind"] == "relative"}
    assert pairs <= {("SPY", "QQQ"), ("QQQ", "SPY")}
    assert pairs


def test_the_record_verifies(desk: Desk, ledger: Ledger):
    """All of it settles again from the archive."""
    assert verify(desk).differences == ()

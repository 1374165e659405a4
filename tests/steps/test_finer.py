"""Claims by the clock, from imported hours to a settlement on the ledger that verifies."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.desk.verify import verify
from workbench.domain import claims
from workbench.domain.calendars import iso, moment, venue
from workbench.domain.claims import Claim
from workbench.domain.deliveries import COLUMNS
from workbench.domain.instruments import find
from workbench.measures import prices
from workbench.measures.settling import references
from workbench.steps import score, slates
from workbench.steps.bench import Bench
from workbench.steps.finer import finer_bars
from workbench.world import entries as book
from workbench.world import importing
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

BTC, SPY = find("BTC"), find("SPY")
ISSUE = moment("2026-03-27T16:17:30Z")  # a Friday, while SPY trades
END = moment("2026-04-03T00:00Z")
PARAMS = "desk: hours\nfeeds: []\nfirst: 2026-03-26\nminds: []\ninstruments: [SPY, BTC-USD]\n"


@pytest.fixture(scope="module")
def project(new_project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_project(tmp_path_factory.mktemp("hours") / "project")
    (root / "params" / "hours.yaml").write_text(PARAMS, encoding="utf-8")
    return root


@pytest.fixture
def desk(project: Path, tmp_path: Path) -> Desk:
    return open_desk(project / "params" / "hours.yaml", tmp_path / "outputs", tmp_path / "archive")


def _walk(times: pd.DatetimeIndex, column: str, seed: int, **said: str) -> pd.DataFrame:
    steps = np.random.default_rng(seed).standard_normal((2, len(times)))
    close = 66_000 * np.exp(np.cumsum(0.003 * steps[0]))
    wide = np.exp(0.002 * np.abs(steps[1]))
    fields = {"close": close, "high": close * wide, "low": close / wide}
    return pd.concat(
        pd.DataFrame({column: times, "field": name, "value": values, **said})
        for name, values in fields.items()
    )


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The rows that an import makes of coins by the hour and five minutes, and of days."""
    folder = tmp_path_factory.mktemp("files")
    first, last = "2026-03-20", "2026-04-02 23:00"
    hours = pd.date_range(first, last, freq="1h", tz="UTC")
    fives = pd.date_range(first, "2026-03-28 03:00", freq="5min", tz="UTC")
    sessions = venue("XNYS").between(dt.date(2026, 3, 20), dt.date(2026, 4, 2))
    days = pd.DatetimeIndex([one.date for one in sessions])
    for name, frame in {
        "hours": _walk(hours, "ts", 1, series="BTCUSDT", source="A"),
        "fives": _walk(fives, "ts", 2, series="BTCUSDT", source="A"),
        "coin": _walk(pd.date_range(first, last, freq="D"), "date", 3, series="BTC-USD",
                      source="B-yahoo"),
        "minutes": _walk(pd.date_range("2026-03-27 13:30", periods=78, freq="5min", tz="UTC"),
                         "ts", 4, series="SPY", source="H"),
        "share": _walk(days, "date", 5, series="SPY", source="H"),
    }.items():  # fmt: skip
        frame.to_parquet(folder / f"{name}.parquet")
    return pd.concat(importing.read(folder).frames.values(), ignore_index=True)


def stored(folder: Path, rows: pd.DataFrame, through: dt.datetime = END) -> Archive:
    archive = Archive(folder)
    archive.append(rows, origin="test", through=through)
    return archive


def asked() -> list[Claim]:
    """One claim of each way in which a clock is read, and one in days."""

    def within(hours: int) -> claims.Window:
        return claims.window_to(BTC, ISSUE, ISSUE + dt.timedelta(hours=hours))

    friday = claims.window(SPY, ISSUE, 1)
    return [
        claims.direction(BTC, within(48), "up"),
        claims.touch(BTC, within(12), 65_000, None),
        claims.touch(BTC, within(9), 20_000, None),
        claims.span(BTC, within(10), 1),
        claims.relative(BTC, SPY, friday, 0),
        claims.conditional(
            claims.level(BTC, within(30), ">", 50), claims.direction(SPY, friday, "up")
        ),
        claims.direction(BTC, claims.window(BTC, ISSUE, 1), "up"),
    ]


def registered(desk: Desk, archive: Archive) -> list[Claim]:
    """The claims with the prices that were known at issue."""
    table = {one.symbol: one for one in desk.table}
    finer = finer_bars(archive, asked(), table, ISSUE)
    seen = archive.as_of(ISSUE, {s: table[s].sources for s in ("BTC-USD", "SPY")})
    daily = {s: prices.bars(seen, table[s]) for s in ("BTC-USD", "SPY")}
    found = []
    for claim in asked():
        frozen = references(claim, daily, table, finer)
        assert frozen is not None
        found.append(claims.with_references(claim, frozen))
    return found


def begin(desk: Desk, ledger: Ledger, number: int, as_of: dt.datetime) -> None:
    cycle = {"number": number, "desk": "hours", "mode": "replay", "as_of": iso(as_of),
             "params": desk.hash, "code": "test", "snapshot": "none"}  # fmt: skip
    ledger.append(number, [(book.cycles, cycle)])


def settled(desk: Desk, archive: Archive, moments: Sequence[dt.datetime]) -> Ledger:
    """A ledger whose first cycle registers the claims and whose later ones settle what is due."""
    ledger = Ledger(desk.ledger)
    begin(desk, ledger, 1, ISSUE)
    made = registered(desk, archive)
    ledger.append(1, [(book.claims, slates.row(claim, desk.table)) for claim in made])
    for number, when in enumerate(moments, 2):
        begin(desk, ledger, number, when)
        score.settle_due(Bench(desk, archive, ledger, number=number, as_of=when, mode="replay",
                               keep=False))  # fmt: skip
        done = {"of": number, "slug": "s", "title": "t", "call": None, "plan": "{}"}
        ledger.append(number, [(book.dispatches, done)])
    return ledger


def rows_of(ledger: Ledger, table: sa.Table) -> list[dict[str, object]]:
    found = ledger.read(sa.select(table).order_by(table.c.seq))
    return [{k: v for k, v in row.items() if k != "registered_at"} for row in found]


EVENINGS = [moment(f"2026-03-{day}T21:00Z") for day in (27, 28, 29, 30)]


def test_claims_by_the_clock_settle_from_the_archive(desk: Desk, history: pd.DataFrame):
    """Each settles in the first cycle after its deadline, on bars whose series it names."""
    ledger = settled(desk, stored(desk.archive, history), EVENINGS)
    found = {row["claim"]: row for row in rows_of(ledger, book.settlements)}
    series = {}
    for claim in registered(desk, Archive(desk.archive)):
        row = found[claim.id]
        assert row["outcome"] in {"yes", "no"} or "condition" in str(row["reason"])
        due = next(n for n, when in enumerate(EVENINGS, 2) if when > claim.window.deadline)
        assert row["cycle"] == due
        series[claim.kind, claim.window.sessions] = str(row["observations"])
    assert len(found) == len(asked())
    assert all("BTCUSDT@5m" in series[kind, 1] for kind in ("touch", "range", "relative"))
    assert '"SPY"' in series["relative", 1]
    assert "BTCUSDT@1h" in series["direction", 2]  # the minutes end before its deadline
    assert '"BTC-USD"' in series["direction", 1]  # in sessions: the day's close
    assert "SPY@5m" not in str(series)


def test_the_record_of_clock_claims_verifies(desk: Desk, history: pd.DataFrame):
    """Settled again, all at once, they come out alike; a changed outcome is found."""
    ledger = settled(desk, stored(desk.archive, history), EVENINGS)
    verdict = verify(desk)
    assert (verdict.claims, verdict.differences) == (len(asked()), ())
    ledger = settled_none(desk, history)
    assert len(verify(desk).differences) == len(asked())
    assert ledger.broken() is None


def settled_none(desk: Desk, history: pd.DataFrame) -> Ledger:
    """The same desk on a fresh ledger, one of whose cycles settles nothing although it could."""
    Path(desk.outputs / "ledger.db").unlink()
    ledger = settled(desk, Archive(desk.archive), [])
    begin(desk, ledger, 2, EVENINGS[-1])
    done = {"of": 2, "slug": "s", "title": "t", "call": None, "plan": "{}"}
    ledger.append(2, [(book.dispatches, done)])
    return ledger


def absurd(rows: pd.DataFrame, as_of: dt.datetime, seed: int) -> pd.DataFrame:
    """The past as it was, a scrambled future, and a wild revision of all of it a second later."""
    chance = np.random.default_rng(seed)
    past, future = rows[rows["known_at"] <= as_of], rows[rows["known_at"] > as_of].copy()
    future["value"] = chance.permutation(future["value"]) * chance.choice([1e6, -1, 0.1])
    soon = pd.Timestamp(as_of) + pd.Timedelta(seconds=1)
    revised = past.tail(20_000).assign(known_at=soon)
    revised["value"] *= 3
    finer = past[past["series"] == "BTCUSDT@1h"].assign(known_at=soon, series="BTC-USD@1m")
    return pd.concat([past, future.sample(frac=0.8, random_state=seed), revised, finer])[
        list(COLUMNS)
    ]


@pytest.mark.parametrize("ago", [0, 1, 2, 3])
def test_no_future_changes_a_claim_by_the_clock(
    project: Path, history: pd.DataFrame, tmp_path: Path, ago: int
):
    """Registered at issue and settled at a moment, from an archive that ends there, one that goes
    on, and one whose future is absurd: the same references, the same settlements.
    """
    when = EVENINGS[ago]
    futures = {
        "real": lambda _at: history,
        "missing": lambda at: history[history["known_at"] <= at],
        "absurd": lambda at: absurd(history, at, ago),
    }
    found = {}
    for name, rows in futures.items():
        own = open_desk(project / "params" / "hours.yaml", tmp_path / name)
        made = registered(own, stored(tmp_path / f"{name} issue", rows(ISSUE)))
        again = score.settlements(own, stored(tmp_path / f"{name} end", rows(when)), made, when)
        found[name] = [one.content() for one in made], again
    assert found["real"] == found["missing"] == found["absurd"]
    assert len(found["real"][1]) == sum(one.window.deadline < when for one in asked())


def test_other_claims_change_no_outcome(desk: Desk, history: pd.DataFrame):
    """Settled alone or with the rest, a claim reads the same bars."""
    archive = stored(desk.archive, history)
    made = registered(desk, archive)
    early = claims.window_to(BTC, ISSUE - dt.timedelta(days=5), ISSUE)
    more = claims.with_references(claims.level(BTC, early, ">", 1), made[0].references)
    together = score.settlements(desk, archive, [*made, more], END)
    alone = [one for claim in made for one in score.settlements(desk, archive, [claim], END)]
    assert together[: len(made)] == alone


def test_days_read_no_hours(desk: Desk, tmp_path: Path):
    """Claims in sessions ask nothing of the archive: an empty one refuses no one."""
    days = [claim for claim in asked() if claim.kind == "direction" and claim.window.sessions == 1]
    table = {one.symbol: one for one in desk.table}
    assert finer_bars(Archive(tmp_path / "empty"), days, table, END) == {}

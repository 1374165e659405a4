"""Append any future to archive or ledger, and nothing computed as of the past changes."""

import datetime as dt
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.desk import replay
from workbench.domain.calendars import iso, moment, venue
from workbench.domain.deliveries import COLUMNS
from workbench.domain.snapshots import Snapshot
from workbench.measures import regimes
from workbench.measures.blocks import Category
from workbench.measures.prices import Array, bars, log_returns
from workbench.measures.rules import Rule
from workbench.measures.scenarios import Episodes
from workbench.measures.tallies import evidence, tally
from workbench.steps import (
    abstention,
    account,
    debate,
    memory,
    pool,
    predict,
    record,
    regime,
    rulebook,
    rules,
    score,
    stories,
    write,
)
from workbench.steps.bench import Bench
from workbench.steps.opening import after_close
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.feeds import bundled
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

SHORT = pd.Timestamp("2008-01-01", tz="UTC")  # the bundle from here on: enough history, less work
# Each is the first of three consecutive cycles: the year's end, with VIX dark and then there; a
# half-day after Thanksgiving, over a month's end; the crash of August 2015; February 2018.
STARTS = ("2013-12-30", "2015-11-25", "2015-08-21", "2018-02-02")
WHOLE = moment("2018-12-31T22:00Z")
History = Callable[[dt.datetime], Archive]
Rows = pd.DataFrame


@pytest.fixture(scope="module")
def desk(new_project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = new_project(tmp_path_factory.mktemp("lookahead") / "project")
    path = root / "params" / "small.yaml"
    path.write_text(path.read_text("utf-8").replace("[1]", "[1, 3]"), encoding="utf-8")
    return open_desk(path)


@pytest.fixture(scope="module")
def history() -> Rows:
    rows = bundled.observations()
    return rows[rows["at"] >= SHORT].reset_index(drop=True)


def stored(folder: Path, rows: Rows, through: dt.datetime) -> Archive:
    archive = Archive(folder)
    archive.append(rows, origin="test", through=through)
    return archive


def truncated(rows: Rows, as_of: dt.datetime) -> Rows:
    """What existed at a moment, and not a row more."""
    return rows[rows["known_at"] <= as_of]


def absurd(rows: Rows, as_of: dt.datetime, seed: int) -> Rows:
    """The past as it was, and a future that makes no sense.

    What was to come is shuffled, blown up, negative, blank or gone; revisions of old values,
    other fields, another source and another unit all become known one second after the moment.
    """
    chance = np.random.default_rng(seed)
    past, future = truncated(rows, as_of), rows[rows["known_at"] > as_of].copy()
    n = len(future)
    wild = future["value"].to_numpy()[chance.permutation(n)] * chance.choice([1e6, -1.0, 1e-9], n)
    future["value"] = np.where(chance.random(n) < 0.2, np.nan, wild)
    future = future[chance.random(n) < 0.8]
    soon = pd.Timestamp(as_of) + pd.Timedelta(seconds=1)
    revised = past.sample(2000, random_state=seed).assign(known_at=soon)
    revised["value"] = -1e4 * revised["value"]
    doubled = past.sample(500, random_state=seed + 1).assign(known_at=soon, unit="furlongs")
    doubled["source"] = "elsewhere"
    invented = past.tail(300).assign(known_at=soon, field="high")
    made = pd.concat([past, future, revised, doubled, invented])
    return made.drop_duplicates([*COLUMNS[:4], "source"])[list(COLUMNS)]


def cycles(
    desk: Desk, start: str, archive_at: History, bench: type[Bench] = Bench, count: int = 3
) -> Ledger:
    """The ledger that consecutive cycles write, each on the archive of its own moment."""
    ledger = Ledger("sqlite://")
    first = dt.date.fromisoformat(start)
    sessions = venue("XNYS").between(first, first + dt.timedelta(days=count + 10))[:count]
    for number, session in enumerate(sessions, 1):
        when = after_close(desk, session.date)
        made = bench(desk, archive_at(when), ledger, number=number, as_of=when, mode="replay",
                     keep=False)  # fmt: skip
        replay.cycle(made)
    return ledger


def rows_of(ledger: Ledger) -> dict[str, list[dict[str, object]]]:
    """All rows but their times of registration, so that a difference shows where it is."""
    return {
        table.name: [
            {k: v for k, v in row.items() if k != "registered_at"}
            for row in ledger.read(sa.select(table).order_by(table.c.seq))
        ]
        for table in book.TABLES
    }


@pytest.fixture(scope="module")
def full(history: Rows, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return stored(tmp_path_factory.mktemp("full"), history, WHOLE)


@pytest.mark.parametrize("start", STARTS)
def test_no_future_changes_the_past(
    start: str, desk: Desk, history: Rows, full: Archive, tmp_path: Path
):
    """Three cycles write the same rows whether the future is missing, real or absurd."""
    real = cycles(desk, start, lambda _when: full)
    missing = cycles(
        desk, start, lambda when: stored(tmp_path / iso(when), truncated(history, when), when)
    )
    seed = STARTS.index(start)
    mad = cycles(
        desk, start,
        lambda when: stored(tmp_path / f"x{iso(when)}", absurd(history, when, seed), WHOLE),
    )  # fmt: skip
    assert rows_of(missing) == rows_of(real) == rows_of(mad)
    assert missing.head() == real.head() == mad.head()
    written = rows_of(real)
    assert len(written["cycles"]) == len(written["dispatches"]) == 3
    assert {row["outcome"] for row in written["settlements"]} >= {"yes", "no"}


Reading = Callable[[Bench], object]
READINGS: dict[str, Reading] = {
    "gates": pool.gates,
    "rules": rules.table,
    "rules in force": rules.bound,
    "stories": stories.standing,
    "evidence of stories": stories.weighed,
    "record": record.of_cycle,
    "help": record.help_of_cycle,
    "predictions on record": score.headline,
    "settled": score.settled_now,
    "silence": lambda bench: abstention.decided(bench.ledger, bench.number, bench.mode),
    "balance": account.balance,
    "equity": account.equity,
    "positions": account.positions,
    "trades": account.trades,
    "worth": lambda bench: list(account.course(bench.ledger, bench.number, bench.mode)),
    "calls": predict.recent_calls,
    "memory": lambda bench: memory.recollection(
        bench,
        bench.desk.minds[0].params,
        debate.slate_on_record(bench),
        debate.forecasts_on_record(bench)["scenario"],
    ),
    "facts": lambda bench: write.gathered(bench).findings,
}


def read(bench: Bench) -> dict[str, str]:
    """All that a cycle reads from the ledger of what was learned and earned."""
    found = {name: of(bench) for name, of in READINGS.items()}
    return {
        name: one.to_json() if isinstance(one, pd.DataFrame) else repr(one)
        for name, one in found.items()
    }


def absurd_cycle(ledger: Ledger, number: int, when: dt.datetime) -> None:
    """A cycle to come that makes no sense: it settles all, teaches, forbids and pays at will."""
    nothing = {"reason": "absurd", "evidence": "{}"}
    spent = evidence(tally(1, 0))
    rule = Rule(id="absurd", category=Category("index", "range", 1), state="in_force",
                of=number, changed=when.date(), until=None, factor=9.0, evidence=spent,
                reason="absurd")  # fmt: skip
    told: list[tuple[sa.Table, dict[str, object]]] = [
        (book.cycles, {"number": number, "desk": "small", "mode": "replay", "as_of": iso(when),
                       "params": "", "code": "", "snapshot": ""}),
        (book.rules, rulebook.row(rule)),
        (book.stories, {"story": "technology-leads", "of": number, "status": "falsified",
                        **nothing}),
        (book.rulings, {"of": number, "mind": "Macro", "category": "index range 1",
                        "state": "open", "evidence": "{}"}),
        (book.dispatches, {"of": number, "slug": "x", "title": "x", "call": None, "plan": "{}"}),
        (book.postings, {"entry": "absurd:gift", "line": 0, "account": "cash", "amount": 1e6,
                         "units": None, "memo": "{}"}),
    ]  # fmt: skip
    settled = {row["claim"] for row in ledger.read(sa.select(book.settlements.c.claim))}
    for row in ledger.read(sa.select(book.claims.c.id)):
        if row["id"] not in settled:
            end = {"claim": row["id"], "outcome": "yes", "reason": "", "value": None,
                   "observations": "[]", "known_at": iso(when)}  # fmt: skip
            told += [(book.settlements, end), (book.lessons, {"claim": row["id"], "text": "x"})]
    ledger.append(number, told)


def test_no_later_cycle_changes_what_an_earlier_one_reads(desk: Desk, full: Archive):
    """Rules, stories, lessons, rulings, books, record and memory as of a cycle are of its past.

    Five cycles over the end of a year, in which all reviews fall due; each is read when it is
    done, and again, by another process, when all are and an absurd one followed. A cycle that is
    run twice adds nothing.
    """
    ledger, then = Ledger("sqlite://"), {}
    sessions = venue("XNYS").between(dt.date(2013, 12, 27), dt.date(2014, 1, 6))[:5]

    def bench(own: Ledger, number: int) -> Bench:
        when = after_close(desk, sessions[number - 1].date)
        return Bench(desk, full, own, number=number, as_of=when, mode="replay", keep=False)

    for number in range(1, 6):
        replay.cycle(bench(ledger, number))
        then[number] = read(bench(ledger, number))
        head = ledger.head()
        for own in (ledger, ledger.copy()):
            replay.cycle(bench(own, number))
            assert own.head() == head
    written = rows_of(ledger)
    assert all(written[name] for name in ("lessons", "stories", "postings", "settlements"))
    assert "memory_lesson" in then[5]["memory"]
    later = ledger.copy()
    absurd_cycle(later, 6, after_close(desk, dt.date(2014, 2, 3)))
    for number in range(5, 0, -1):
        assert read(bench(later, number)) == then[number]


class Tomorrow(Bench):
    """A planted leak: the snapshot is the next session's."""

    @cached_property
    def snapshot(self) -> Snapshot:
        wanted = {one.symbol: one.sources for one in self.instruments}
        slow = {one.symbol: () for one in self.indicators}
        return self.archive.as_of(self.as_of + dt.timedelta(days=4), wanted | slow)


class LastVintage(Bench):
    """A planted leak: old values are read as they were revised later."""

    @cached_property
    def snapshot(self) -> Snapshot:
        true, latest = super().snapshot, self.archive.as_of(WHOLE, {"SPX": ()})
        past = latest.columns["SPX", "close"]
        n = len(true.columns["SPX", "close"].at)
        cut = type(past)(at=past.at[:n], known_at=past.known_at[:n], value=past.value[:n],
                         unit=past.unit, source=past.source)  # fmt: skip
        return Snapshot(as_of=true.as_of, columns={**true.columns, ("SPX", "close"): cut})


class FullSample(Bench):
    """A planted leak: scenarios are normed by the deviation of all returns, those to come too."""

    @cached_property
    def scenarios(self) -> dict[tuple[str, int], Episodes]:
        latest = self.archive.as_of(WHOLE, {one.symbol: one.sources for one in self.instruments})
        found = {}
        for (symbol, horizon), own in super().scenarios.items():
            whole = bars(latest, next(i for i in self.instruments if i.symbol == symbol))
            assert whole is not None
            norm = np.nanstd(log_returns(whole.close)) / np.nanstd(
                log_returns(self.bars[symbol].close)
            )
            found[symbol, horizon] = own.scaled(np.full(len(own), norm))
        return found


def planted(leak: type[Bench], archives: Iterable[Archive], desk: Desk) -> bool:
    """True when two futures make a difference to a bench that leaks."""
    one, other = (cycles(desk, STARTS[-1], lambda _when, a=a: a, leak, 1) for a in archives)
    return one.head() != other.head()


@pytest.mark.parametrize("leak", [Tomorrow, LastVintage, FullSample])
def test_a_planted_leak_is_caught(
    leak: type[Bench], desk: Desk, history: Rows, full: Archive, tmp_path: Path
):
    """The comparison above fails for a bench that looks ahead, and only for that one."""
    when = after_close(desk, dt.date.fromisoformat(STARTS[-1]))
    future = history.copy()
    late = (future["known_at"] > when) & (future["series"] == "SPX")
    future.loc[late, "value"] *= 1.01
    close = (history["series"] == "SPX") & (history["field"] == "close")
    revised = history[close & (history["known_at"] <= when)].tail(50)
    revised = revised.assign(known_at=pd.Timestamp(when) + pd.Timedelta(days=30))
    revised["value"] *= 1.01
    other = stored(tmp_path, pd.concat([future, revised]), WHOLE)
    assert planted(leak, (full, other), desk)
    assert not planted(Bench, (full, other), desk)


def ribbon(desk: Desk, archive: Archive, date: str) -> pd.DataFrame:
    when = after_close(desk, dt.date.fromisoformat(date))
    bench = Bench(desk, archive, Ledger("sqlite://"), number=1, as_of=when, mode="replay",
                  keep=False)  # fmt: skip
    return regime.history(bench, 250)


@pytest.mark.parametrize("late", ["2018-02-14", "2018-05-31"])  # a week on, and a refit later
def test_what_a_day_was_called_stays(late: str, desk: Desk, full: Archive):
    """Filtered, with the parameters of its own day: what follows changes no day's name."""
    then, now = ribbon(desk, full, "2018-02-05"), ribbon(desk, full, late)
    common = then.index.intersection(now.index)
    assert len(common) > 100
    pd.testing.assert_frame_equal(then.loc[common], now.loc[common])


def test_a_smoothed_probability_would_not_stay(
    desk: Desk, full: Archive, monkeypatch: pytest.MonkeyPatch
):
    """The comparison above fails when a day's probability uses the days after it."""
    honest = regimes.turbulent

    def smoothed(close: Array, *args: int) -> tuple[Array, int]:
        probability, fitted = honest(close, *args)
        return pd.Series(probability[::-1]).ewm(span=5).mean().to_numpy()[::-1], fitted

    monkeypatch.setattr(regimes, "turbulent", smoothed)
    then, now = ribbon(desk, full, "2018-02-05"), ribbon(desk, full, "2018-02-14")
    common = then.index.intersection(now.index)
    assert not np.allclose(then.loc[common, "turbulent"], now.loc[common, "turbulent"])

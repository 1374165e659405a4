"""Replay: forward only, resumable, and the same whatever interrupts it."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from workbench.desk.replay import cycle, replay
from workbench.domain.calendars import iso
from workbench.domain.errors import BeyondArchive, ReplayMiss, UserMistake
from workbench.domain.snapshots import Snapshot
from workbench.steps import debate, predict, pull, regime, score, write
from workbench.steps.bench import Bench
from workbench.steps.opening import after_close
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

FIRST, LAST = dt.date(2018, 1, 25), dt.date(2018, 2, 5)  # eight sessions
Open = Callable[[str], tuple[Desk, Ledger]]


@pytest.fixture
def opened(new_project: Callable[..., Path], tmp_path: Path) -> Open:
    """Opens the small desk on outputs of this name."""
    root = new_project(tmp_path / "project")

    def open_one(outputs: str) -> tuple[Desk, Ledger]:
        desk = open_desk(root / "params" / "small.yaml", root / outputs)
        return desk, Ledger(desk.ledger)

    return open_one


@pytest.fixture
def straight(opened: Open, bundle: Archive) -> tuple[int, str]:
    """Number of rows and head of the replay that nothing interrupted."""
    desk, ledger = opened("straight")
    assert replay(desk, bundle, ledger, FIRST, LAST) == 8
    assert ledger.broken() is None
    return ledger.head()


class Cut(Exception):
    """The replay was cut short."""


def after(cycles: int) -> Callable[[int, int, str], None]:
    """A progress that cuts the replay after so many cycles."""

    def told(done: int, _of: int, _session: str) -> None:
        if done == cycles:
            raise Cut

    return told


class Torn(Archive):
    """An archive that fails when it is asked about a third moment."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: set[dt.datetime] = set()

    def as_of(self, at: dt.datetime, wanted: Mapping[str, Sequence[str]]) -> Snapshot:
        self.asked.add(at)
        if len(self.asked) == 3:
            raise Cut
        return super().as_of(at, wanted)


@pytest.mark.parametrize("cuts", [(1,), (3, 2), (7,), (1, 1, 1)])
def test_interrupted_and_resumed(
    cuts: tuple[int, ...], opened: Open, bundle: Archive, straight: tuple[int, str]
):
    """However often it is cut between cycles, the same command ends with the same ledger."""
    for n in cuts:
        desk, ledger = opened("cut")
        with pytest.raises(Cut):
            replay(desk, bundle, ledger, FIRST, LAST, progress=after(n))
        ledger.close()
    desk, ledger = opened("cut")
    assert replay(desk, bundle, ledger, FIRST, LAST) == 8 - sum(cuts)
    assert ledger.head() == straight
    assert not (desk.outputs / "replay.json").exists()


def test_a_replay_that_misses_a_reply_is_over(
    opened: Open, bundle: Archive, monkeypatch: pytest.MonkeyPatch
):
    """What no model was ever asked cannot be gone on with, so no note holds up the next cycle."""
    desk, ledger = opened("missed")
    hold = debate.hold

    def missing(bench: Bench) -> object:
        if bench.number == 3:
            raise ReplayMiss("No reply is kept.")
        return hold(bench)

    monkeypatch.setattr(debate, "hold", missing)
    with pytest.raises(ReplayMiss):
        replay(desk, bundle, ledger, FIRST, LAST)
    assert [row["number"] for row in ledger.read(sa.select(book.cycles))] == [1, 2]
    assert not (desk.outputs / "replay.json").exists()


def test_cut_within_a_cycle(opened: Open, bundle: Archive, straight: tuple[int, str]):
    """A cycle that does not end leaves nothing, and the next run makes it whole."""
    desk, ledger = opened("torn")
    with pytest.raises(Cut):
        replay(desk, Torn(bundle.folder), ledger, FIRST, LAST)
    assert [row["number"] for row in ledger.read(sa.select(book.cycles))] == [1, 2]
    assert replay(desk, bundle, ledger, FIRST, LAST) == 6
    assert ledger.head() == straight


@pytest.mark.parametrize("steps", [1, 3, 5])
def test_an_unfinished_notebook_cycle_comes_first(steps: int, opened: Open, bundle: Archive):
    """After a cycle of which only some notebooks ran, a replay is refused until it is finished."""
    desk, ledger = opened("half")
    bench = Bench(desk, bundle, ledger, number=1, as_of=after_close(desk, FIRST), mode="replay",
                  keep=False)  # fmt: skip
    for step in (pull.observe, score.settle_due, regime.read, debate.hold, predict.decide)[:steps]:
        step(bench)
    head = ledger.head()
    with pytest.raises(UserMistake):
        replay(desk, bundle, ledger, dt.date(2018, 1, 26), LAST)
    assert ledger.head() == head


def test_a_replay_goes_on_where_another_ended(
    opened: Open, bundle: Archive, straight: tuple[int, str]
):
    """Two replays, one after the other, write what one over both spans writes."""
    desk, ledger = opened("two")
    middle = dt.date(2018, 1, 29)
    assert replay(desk, bundle, ledger, FIRST, middle) == 3
    assert replay(desk, bundle, ledger, dt.date(2018, 1, 30), LAST) == 5
    assert ledger.head() == straight


@pytest.mark.parametrize(
    ("first", "last"),
    [(FIRST, LAST), (FIRST, FIRST), (dt.date(2018, 1, 26), dt.date(2018, 3, 1)),
     (dt.date(2017, 1, 3), dt.date(2017, 1, 9))],
)  # fmt: skip
def test_dates_gone_by_are_refused(first: dt.date, last: dt.date, opened: Open, bundle: Archive):
    """A replay of sessions at or before the last cycle is refused, and leaves all as it was."""
    desk, ledger = opened("gone")
    replay(desk, bundle, ledger, FIRST, dt.date(2018, 1, 26))
    head, files = ledger.head(), sorted(desk.outputs.rglob("*"))
    with pytest.raises(UserMistake) as refused:
        replay(desk, bundle, ledger, first, last)
    said = str(refused.value)
    assert iso(after_close(desk, dt.date(2018, 1, 26))) in said
    assert "--outputs" in said
    assert "\n" not in said
    assert ledger.head() == head
    assert sorted(desk.outputs.rglob("*")) == files


def test_an_interrupted_replay_takes_no_other_dates(opened: Open, bundle: Archive):
    """While one is unfinished, another that starts in its past is refused."""
    desk, ledger = opened("other")
    with pytest.raises(Cut):
        replay(desk, bundle, ledger, FIRST, LAST, progress=after(3))
    with pytest.raises(UserMistake):
        replay(desk, bundle, ledger, FIRST, dt.date(2018, 2, 6))
    assert replay(desk, bundle, ledger, FIRST, LAST) == 5


@pytest.mark.parametrize("last", [dt.date(2019, 1, 2), dt.date(2030, 1, 2)])
def test_beyond_the_archive(last: dt.date, opened: Open, bundle: Archive):
    """A span that the archive does not reach is refused whole: no cycle of it is made."""
    desk, ledger = opened("beyond")
    with pytest.raises(BeyondArchive) as refused:
        replay(desk, bundle, ledger, dt.date(2018, 12, 27), last)
    assert "2018-12-31T22:00:00Z" in str(refused.value)
    assert ledger.head()[0] == 0
    assert not (desk.outputs / "replay.json").exists()


def test_a_refused_replay_leaves_no_note(opened: Open, bundle: Archive):
    """Sessions too early for a slate are refused before anything is begun."""
    desk, ledger = opened("early")
    with pytest.raises(BeyondArchive, match="needs 250"):
        replay(desk, bundle, ledger, dt.date(1999, 1, 5), dt.date(1999, 1, 6))
    assert not (desk.outputs / "replay.json").exists()
    assert ledger.head()[0] == 0


def test_before_the_archive(opened: Open, bundle: Archive):
    """Before there is any data the lead is dark: refused, and no row of that cycle stays."""
    desk, ledger = opened("before")
    with pytest.raises(BeyondArchive, match="SPX"):
        replay(desk, bundle, ledger, dt.date(1998, 1, 5), dt.date(1998, 1, 6))
    assert ledger.head()[0] == 0


def test_days_without_a_session(opened: Open, bundle: Archive):
    """A weekend, or a span that ends before it begins, holds no session and says so."""
    desk, ledger = opened("empty")
    for first, last in ((dt.date(2018, 1, 27), dt.date(2018, 1, 28)), (LAST, FIRST)):
        with pytest.raises(UserMistake, match="no session"):
            replay(desk, bundle, ledger, first, last)


def test_every_so_many_sessions(opened: Open, bundle: Archive):
    """With every=3 each third session from the first has a cycle, also when it was cut."""
    desk, ledger = opened("every")
    with pytest.raises(Cut):
        replay(desk, bundle, ledger, FIRST, LAST, every=3, progress=after(1))
    assert replay(desk, bundle, ledger, FIRST, LAST, every=3) == 2
    seen = [row["as_of"][:10] for row in ledger.read(sa.select(book.cycles))]
    assert seen == ["2018-01-25", "2018-01-30", "2018-02-02"]


def test_each_step_twice_adds_nothing(opened: Open, bundle: Archive):
    """Any step can be run again: what it put on record stays, and nothing is added."""
    desk, ledger = opened("twice")
    replay(desk, bundle, ledger, FIRST, dt.date(2018, 1, 26))
    when = after_close(desk, dt.date(2018, 1, 29))

    def bench() -> Bench:
        return Bench(desk, bundle, ledger, number=3, as_of=when, mode="replay", keep=True)

    shared = bench()
    for step in (pull.observe, score.settle_due, regime.read, debate.hold, predict.decide,
                 write.compose):  # fmt: skip
        before = ledger.head()[0]
        step(shared)
        head = ledger.head()
        assert head[0] > before
        step(shared)
        step(bench())  # as another process would
        assert ledger.head() == head
    cycle(bench())
    assert ledger.head() == head


def test_settlements_are_of_what_was_due(opened: Open, bundle: Archive):
    """Every claim whose deadline has come is settled in the first cycle that can know it."""
    desk, ledger = opened("settled")
    replay(desk, bundle, ledger, FIRST, LAST)
    query = sa.select(
        book.claims.c.deadline, book.cycles.c.as_of, book.settlements.c.known_at,
        book.settlements.c.cycle, book.claims.c.cycle.label("made"),
    ).join(book.settlements, book.settlements.c.claim == book.claims.c.id).join(
        book.cycles, book.cycles.c.number == book.settlements.c.cycle
    )  # fmt: skip
    rows = ledger.read(query)
    assert len(rows) > 50
    for row in rows:
        assert row["deadline"] <= row["known_at"] <= row["as_of"]
        assert row["cycle"] == row["made"] + 1  # horizons of one session
    unsettled = sa.select(book.claims.c.cycle).where(
        ~sa.exists().where(book.settlements.c.claim == book.claims.c.id)
    )
    assert {row["cycle"] for row in ledger.read(unsettled)} == {8}

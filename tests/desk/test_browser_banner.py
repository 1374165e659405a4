"""A dispatch's banner from open to its end, in a real Chromium, settled by the real rule."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from nbformat import NotebookNode

from tests.bench.published import keep, quiet
from tests.bench.visits import Visits
from tests.bench.weeks import Said, Turn, claim, enter
from workbench.desk import site
from workbench.domain.calendars import venue
from workbench.domain.instruments import find
from workbench.measures.scoring import desk_score
from workbench.measures.settling import GRACE
from workbench.steps import score
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

pytestmark = pytest.mark.browser
SESSIONS = venue("XNYS").between(dt.date(2018, 1, 2), dt.date(2018, 1, 31))
CALL = Said(strike=2810, p=0.7, base=0.55)
OTHER = Said(strike=2790, p=0.6, role="other")


@dataclass
class Running:
    """A desk that publishes one cycle after another, and what each publication wrote."""

    desk: Desk
    ledger: Ledger
    archive: Archive
    notebook: NotebookNode
    written: set[str]

    @property
    def folder(self) -> Path:
        return self.desk.outputs / "site"

    def cycle(self, ago: int, *said: Said, close: float | None = None) -> None:
        """The cycle after a session, which first settles what its close settles, if it is known."""
        session = SESSIONS[ago]
        when = session.close + dt.timedelta(hours=1)
        known = {"VIX": 11.0} | ({} if close is None else {"SPX": close})
        bars = [
            {"series": name, "field": "close", "at": session.close, "value": value,
             "known_at": session.close + dt.timedelta(minutes=find(name).lag_minutes),
             "unit": find(name).unit, "source": "made"}
            for name, value in known.items()
        ]  # fmt: skip
        self.archive.append(pd.DataFrame(bars), origin="made", through=when)
        found = score.settlements(self.desk, self.archive, self.ledger.due(when), when)
        rows = tuple((book.settlements, score.row(one)) for one in found)
        turn = Turn(at=f"{when:%Y-%m-%dT%H:%M:%S}", said=said, mode="live", more=rows)
        enter(self.ledger, [turn])
        number = self.ledger.last_cycle()["number"]  # type: ignore[index]  # just appended
        keep(self.desk, self.ledger, number, self.notebook, lambda channel: f"The {channel}.")
        before = self.tree()
        site.publish(self.desk, self.ledger, number)
        after = self.tree()
        self.written = {name for name, one in after.items() if before.get(name) != one}

    def tree(self) -> dict[str, tuple[int, bytes]]:
        """Every file of the site: when it was written, and its bytes."""
        return {
            path.relative_to(self.folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
            for path in self.folder.rglob("*")
            if path.is_file()
        }

    def page(self, number: int) -> Path:
        return self.folder / "read" / str(number) / f"day-{number}" / "index.html"


@pytest.fixture
def running(new_project: Callable[..., Path], tmp_path: Path) -> Running:
    """A desk without a cycle."""
    project = new_project(tmp_path / "project")
    desk = open_desk(project / "params" / "small.yaml", tmp_path / "outputs", tmp_path / "archive")
    return Running(desk=desk, ledger=Ledger("sqlite://"), archive=Archive(desk.archive),
                   notebook=quiet(), written=set())  # fmt: skip


def banner(visit: Visits, page: Path) -> tuple[str, str]:
    """The chip's word and the sentence beside it."""
    state = visit(page).locator(".call .state")
    return state.locator(".chip").inner_text(), state.locator("> span").last.inner_text()


@pytest.mark.parametrize(
    ("closes", "states"),
    [
        ([2795.0], ["Right"]),
        ([2815.0], ["Wrong"]),
        ([None, 2795.0], ["Awaiting data", "Awaiting data"]),
        ([None] * (GRACE + 2), ["Awaiting data"] * (GRACE + 1) + ["Void"]),
    ],
    ids=["right", "wrong", "awaiting", "void"],
)
def test_a_banner_follows_the_ledger(
    closes: list[float | None], states: list[str], running: Running, visit: Visits
):
    """Open with its deadline in UTC and its venue's session, then what the close makes of it; the
    notebook that was run stays as it was to the byte.
    """
    running.cycle(3, CALL, OTHER, close=2800.0)
    page = running.page(1)
    ran = running.desk.outputs / "cycles" / "1" / "notebooks" / "6_dispatch.ipynb"
    notebook, download = ran.read_bytes(), page.parents[1] / "trail" / "6_dispatch.ipynb"
    published = download.read_bytes()
    own = claim(Turn(at="2018-01-05T22:00:00"), CALL)
    assert own.window.date == SESSIONS[4].date
    word, said = banner(visit, page)
    assert word == "Open"
    due = f"{SESSIONS[4].close:%H:%M} UTC"
    assert due in said
    assert "8 Jan 2018" in said.replace("\u00a0", " ")
    facts = visit(page).locator(".call .facts").inner_text().replace("\u00a0", " ")
    assert "8 Jan 2018" in facts
    assert f"{due}, the New York close" in facts
    for ago, (close, state) in enumerate(zip(closes, states, strict=True), 4):
        running.cycle(ago, close=close)
        word, said = banner(visit, page)
        assert word == state, f"after {ago - 3} sessions: {said}"
        assert ran.read_bytes() == notebook
        assert download.read_bytes() == published
    odds = visit(page).locator(".odds").inner_text()
    assert "70" in odds
    assert "Base rate 55" in odds
    if word == "Awaiting data":
        assert due in said
    elif word == "Void":
        assert "SPX has no complete bars to 2018-01-08" in said
    else:
        assert f"Score {desk_score(0.7, 0.55, float(word == 'Right')):.2f}" in said
        assert "+0 other right, 1 other wrong." in said, "the index closed above 2790"


def test_sitting_out(running: Running, visit: Visits):
    """Without a call the banner says so, with what is on record beside it and how that did."""
    running.cycle(3, OTHER, close=2800.0)
    assert banner(visit, running.page(1)) == (
        "Sitting this one out", "1 other prediction is on record. See the trail →"
    )  # fmt: skip
    assert visit(running.page(1)).locator(".odds").count() == 0
    running.cycle(4, close=2780.0)
    word, said = banner(visit, running.page(1))
    assert word == "Sitting this one out"
    assert "+1 other right, 0 other wrong." in said
    running.cycle(5, close=2780.0)
    assert banner(visit, running.page(3))[1].startswith("Nothing is on record.")


def test_only_what_moved_is_written(running: Running):
    """A settlement rewrites the page, twin and trail's front of its dispatch, the one before gets
    its link, and no other file of any dispatch is touched, by its clock or by its bytes.
    """
    later = Said(strike=2805, p=0.65, sessions=5)
    running.cycle(3, later, close=2800.0)
    running.cycle(4, CALL, close=2801.0)
    running.cycle(5, close=2802.0)
    moved = ["day-{0}/index.html", "day-{0}/index.md", "trail/index.html"]

    def of(number: int) -> set[str]:
        place = f"read/{number}/"
        return {name.removeprefix(place) for name in running.written if name.startswith(place)}

    assert of(1) == set()
    assert of(2) == {name.format(2) for name in moved}
    assert {"trail/6_dispatch.html", "trail/6_dispatch.ipynb"} < of(3)
    running.cycle(6, close=2803.0)
    assert (of(1), of(2)) == (set(), set())
    assert of(3) == {"day-3/index.html", "day-3/index.md"}
    running.cycle(7, close=2804.0)
    running.cycle(8, close=2804.0)
    assert of(1) == {name.format(1) for name in moved}
    assert of(2) == of(3) == set()

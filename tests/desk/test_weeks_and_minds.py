"""The weekly pages and the mind page, of small ledgers: what they show, link and rewrite."""

import datetime as dt
import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.bench.weeks import Said, Turn, enter
from workbench.desk import bulk, guard, mindpage, weeklypage
from workbench.desk.editions import Edition, edition
from workbench.world import entries as book
from workbench.world.ledger import Ledger
from workbench.world.params import open_desk

CALL = Said(strike=2810, p=0.8, happened="yes")
LATE = Said(strike=2820, p=0.7, sessions=5, happened="no", after=3)
OPEN = Said(strike=2830, p=0.6)


@pytest.fixture
def published(new_project: Callable[..., Path], tmp_path: Path) -> Callable[..., Edition]:
    """Puts cycles on a ledger as if each had been published; gives the edition of the last."""
    project = new_project(tmp_path / "project")

    def make(*turns: Turn, ledger: Ledger | None = None) -> Edition:
        desk = open_desk(project / "params" / "small.yaml", tmp_path / "outputs")
        ledger = Ledger("sqlite://") if ledger is None else ledger
        enter(ledger, turns)
        last = len(turns)
        for number in range(1, last):
            (desk.outputs / "site" / "read" / str(number)).mkdir(parents=True, exist_ok=True)
            kept = desk.outputs / "cycles" / str(number) / "notebooks"
            kept.mkdir(parents=True, exist_ok=True)
        return edition(desk, ledger, last)

    return make


class Counting(Ledger):
    """A ledger that notes how many rows each reading gave."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.seen: list[int] = []

    def read(self, query: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        rows = super().read(query)
        self.seen.append(len(rows))
        return rows


def text(page: str) -> str:
    """A page as a reader takes it."""
    body = re.sub(r"<[^>]+>", " ", page[page.index("<main") :])
    return " ".join(html.unescape(body).split())


def test_a_later_settlement_rewrites_its_week_and_no_other(published: Callable[..., Edition]):
    """A call of the first week that settles in the fourth changes the first week's page and that
    of the edition; the second's, whose calls stand as they stood, is not written.
    """
    weeks = [
        Turn(at="2018-01-02T22:00:00", said=(LATE,)),
        Turn(at="2018-01-08T22:00:00", said=(replace(OPEN, happened="yes", after=1),)),
        Turn(at="2018-01-16T22:00:00", said=(OPEN,)),
        Turn(at="2018-01-22T22:00:00"),
        Turn(at="2018-01-23T22:00:00"),
    ]
    third = weeklypage.files(published(*weeks[:3]))
    assert "Awaiting data" in text(third["weekly/2018-W01/index.html"])
    fourth = weeklypage.files(published(*weeks[:4]))
    names = {name for name in fourth if re.search(r"-W", name)}
    assert names == {f"weekly/2018-W0{n}/index.html" for n in (1, 3, 4)}
    first = text(fourth["weekly/2018-W01/index.html"])
    assert "Wrong" in first
    assert "Awaiting data" not in first
    assert "2,820" in text(fourth["weekly/2018-W04/index.html"]).partition("What I learned")[0]
    assert "2,820" not in text(fourth["weekly/2018-W03/index.html"])
    last = weeklypage.files(published(*weeks))
    assert {name for name in last if re.search(r"-W", name)} == {"weekly/2018-W04/index.html"}


def test_only_the_calls_of_an_ended_week_change(published: Callable[..., Edition]):
    """When its call settles later, an ended week keeps title, dek and what settled in it."""
    weeks = [Turn(at="2018-01-02T22:00:00", said=(CALL, replace(LATE, role="other"))),
             Turn(at="2018-01-04T22:00:00"), Turn(at="2018-01-08T22:00:00"),
             Turn(at="2018-01-16T22:00:00")]  # fmt: skip
    before, after = (
        text(weeklypage.files(published(*weeks[:n]))["weekly/2018-W01/index.html"]) for n in (3, 4)
    )
    ends = "The week’s dispatches"
    assert before != after
    assert before.partition(ends)[0] == after.partition(ends)[0]


def test_a_running_week_says_so_and_ends(published: Callable[..., Edition]):
    """Until a later week has begun the page says as of when it was written."""
    turns = [Turn(at="2018-01-02T22:00:00", said=(CALL,)), Turn(at="2018-01-03T22:00:00"),
             Turn(at="2018-01-09T22:00:00")]  # fmt: skip
    running = text(weeklypage.files(published(*turns[:2]))["weekly/2018-W01/index.html"])
    ended = weeklypage.files(published(*turns))
    assert "written as of Wed 3 Jan 2018, 22:00" in running
    assert "Running" not in text(ended["weekly/2018-W01/index.html"])
    assert 'href="../../weekly/2018-W02/index.html"' in ended["weekly/2018-W01/index.html"]
    assert 'href="../../weekly/2018-W01/index.html"' in ended["weekly/2018-W02/index.html"]


def test_weeks_are_listed_by_their_iso_year(published: Callable[..., Edition]):
    """The last days of December may be of the next year's first week; years link to each other,
    and a year has every week with a dispatch, each with its tally and n.
    """
    turns = [Turn(at="2018-12-20T22:00:00", said=(CALL,)), Turn(at="2018-12-28T22:00:00"),
             Turn(at="2018-12-31T22:00:00", said=(CALL,)),
             Turn(at="2019-01-02T22:00:00")]  # fmt: skip
    found = weeklypage.files(published(*turns[:3]))
    assert set(found) >= {"weekly/2018/index.html", "weekly/2019/index.html"}
    old = text(found["weekly/2018/index.html"])
    assert old.index("2018-W52") < old.index("2018-W51")
    assert "2019-W01" not in old
    assert "1 right; mean score" in old
    assert "n = 1" in old
    assert 'href="../../weekly/2019/index.html"' in found["weekly/2018/index.html"]
    assert "2019-W01" in text(found["weekly/index.html"])
    assert set(weeklypage.files(published(*turns))) == {
        "weekly/2019-W01/index.html", "weekly/2019/index.html", "weekly/index.html",
    }  # fmt: skip


def test_unpublished_cycles_are_counted_and_not_linked(published: Callable[..., Edition]):
    """A replay that warmed the desk up has no pages: its dispatches are no dead links."""
    warm = [Turn(at=f"2018-01-{n:02d}T22:00:00", said=(CALL,)) for n in (2, 3, 4)]
    made = published(*warm)
    alone = replace(made, numbers=[3], changed=(3,))
    page = weeklypage.files(alone)["weekly/2018-W01/index.html"]
    assert set(re.findall(r"read/(\d+)/", page)) == {"3"}
    assert "2 more of the week are on the ledger" in text(page)
    assert "Other years" not in weeklypage.files(alone)["weekly/2018/index.html"]


def _rule(name: str, state: str, dates: int = 40) -> dict[str, Any]:
    rests = {"theme": "index", "kind": "level", "horizon": 1, "regime": "choppy", "n": 2 * dates,
             "dates": dates, "n_eff": 35.0, "skill": -0.03, "low": -0.05, "high": -0.01,
             "below": 0.99, "worse": 3.5, "better": 0.0, "first": "2017-06-01",
             "last": "2017-12-29", "factor": 3.5, "changed": "2018-01-02",
             "until": None if state in {"retired", "dropped"} else "2019-01-02"}  # fmt: skip
    return {"rule": name, "state": state, "category": "index level", "evidence": json.dumps(rests),
            "reason": f"Its trial: skill −3.0% [−5.0, −1.0] on {dates} dates."}  # fmt: skip


def _gate(mind: str, state: str, category: str = "index level 1") -> dict[str, Any]:
    trial = {"claims": 300, "blocks": 150, "factor": 4.0, "skill": 0.012, "sure": 0.97,
             "against": 0.0, "harm": 0.1}  # fmt: skip
    return {"mind": mind, "category": category, "state": state, "evidence": json.dumps(trial)}


def _story(status: str) -> dict[str, Any]:
    told = {"supports": 1.5, "opposes": 22.25, "sessions": 70, "claims": 9}
    rests = {} if status == "developing" else told
    return {"story": "fear-moves-first", "status": status, "evidence": json.dumps(rests),
            "reason": f"It is {status} by the bets."}  # fmt: skip


def test_the_mind_page_shows_rules_stories_and_power(published: Callable[..., Edition]):
    """Each rule with its state, course, reason and n under its anchor, stories with every change
    in order, minds with what they may see and move.
    """
    turns = [
        Turn(at="2018-01-02T22:00:00", more=(
            (book.rules, _rule("one", "trial")), (book.rules, _rule("two", "trial")),
            (book.stories, _story("developing")))),
        Turn(at="2018-02-01T22:00:00", more=(
            (book.rules, _rule("one", "in_force")), (book.stories, _story("falsified")),
            (book.rulings, _gate("Flow", "open")), (book.rulings, _gate("Macro", "shut")))),
        Turn(at="2018-03-01T22:00:00", more=((book.rules, _rule("two", "dropped")),)),
    ]  # fmt: skip
    made = published(*turns)
    page = mindpage.page(made)
    assert page.title == "One rule in force, none on trial; of two gates one is open"
    force, trial, ended = page.rules
    assert [(one.anchor, one.word) for one in force[3]] == [("r-one", "In force")]
    assert trial[3] == ()
    assert [(one.anchor, one.word) for one in ended[3]] == [("r-two", "Dropped")]
    assert "must be renewed by 2\u00a0Jan 2019" in force[3][0].course
    assert "n = 80 claims" in force[3][0].evidence
    assert "e-value 33" in force[3][0].evidence
    (story,) = page.stories
    assert [turn.word for turn in story.turns] == ["Developing", "Falsified"]
    assert "For 1.5, against 22.2 times the stake" in story.turns[1].weighed
    assert "n = 70 sessions and 9 claims" in story.turns[1].weighed
    assert story.turns[1].trail.href == "read/2/trail/index.html"
    power = {one.name: (len(one.open), len(one.rest)) for one in page.minds}
    assert power == {"Macro": (0, 1), "Flow": (1, 0), "Contrarian": (0, 0)}
    flow = next(one for one in page.minds if one.name == "Flow")
    assert "300 claims on 150 dates" in flow.open[0].why
    shown = mindpage.files(made)["mind/index.html"]
    for anchor in ("r-one", "r-two", "story-fear-moves-first", "mind-Flow"):
        assert shown.count(f'id="{anchor}"') == 1


def test_a_desk_that_has_learned_nothing_says_so(published: Callable[..., Edition]):
    """No rules, stories or rulings: a page without empty tables or zeros."""
    page = mindpage.page(published(Turn(at="2018-01-02T22:00:00")))
    assert page.title == "No rule in force, none on trial; no mind has been judged yet"
    shown = text(mindpage.files(published(Turn(at="2018-01-02T22:00:00")))["mind/index.html"])
    for said in ("No rule is in force.", "No rule has ended yet.", "Not judged yet"):
        assert said in shown


def test_ended_rules_beyond_fifty_are_counted(published: Callable[..., Edition]):
    """The page is bounded: the oldest ended rules are a number and the trails that ended them."""
    ends = mindpage.ENDED
    first = Turn(at="2018-01-02T22:00:00", more=tuple(
        (book.rules, _rule(f"old-{n}", "dropped")) for n in range(3)))  # fmt: skip
    then = Turn(at="2018-02-01T22:00:00", more=tuple(
        (book.rules, _rule(f"new-{n}", "retired")) for n in range(ends)))  # fmt: skip
    made = published(first, then)
    page = mindpage.page(made)
    listed = [one.anchor for one in page.rules[2][3]]
    assert len(listed) == ends
    assert not any("old" in anchor for anchor in listed)
    assert page.beyond_n == 3
    assert [link.href for link in page.beyond] == ["read/1/trail/index.html"]


def test_rules_and_stories_of_the_other_mode_are_not_shown(published: Callable[..., Edition]):
    """A live desk is not bound by what its replay learned to keep silent on."""
    turns = [Turn(at="2018-01-02T22:00:00", more=((book.rules, _rule("one", "in_force")),
                                                  (book.stories, _story("developing")))),
             Turn(at="2018-01-03T22:00:00", mode="live")]  # fmt: skip
    page = mindpage.page(published(*turns))
    assert not any(rules for *_, rules in page.rules)
    assert page.stories == ()
    assert page.mode == "live"


def test_every_page_may_be_published(published: Callable[..., Edition]):
    """The last look at their bytes finds nothing, and stacked tables name every cell."""
    turns = [
        Turn(at="2018-01-02T22:00:00", said=(CALL, replace(LATE, role="other")), more=(
            (book.rules, _rule("one", "trial")), (book.stories, _story("developing")),
            (book.rulings, _gate("Flow", "open")),
            (book.absences, {"mind": "Macro", "scope": "", "reason": "no <b>data</b>"}))),
        Turn(at="2018-01-03T22:00:00", regime="crisis"), Turn(at="2018-01-12T22:00:00"),
        Turn(at="2018-01-16T22:00:00"),
    ]  # fmt: skip
    found: dict[str, str] = {}
    for n in (2, 4):
        made = published(*turns[:n])
        found |= weeklypage.files(made) | mindpage.files(made)
    assert len(found) >= 6
    for name, page in found.items():
        assert guard.scan(page) == [], name
        assert bulk.bulk(page) == [], name
        for cell in re.findall(r"<td [^>]*>", page):
            assert "data-l=" in cell, name
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids)), name
    assert "no &lt;b&gt;data" in found["weekly/2018-W01/index.html"].casefold()


def test_reading_a_week_costs_the_same_after_many(published: Callable[..., Edition]):
    """The rows that a publish reads do not grow with the weeks before it."""
    start = dt.date(2016, 1, 4)
    days = [start + dt.timedelta(days=7 * n) for n in range(104)]
    turns = [Turn(at=f"{day}T22:00:00", said=(CALL,)) for day in days]
    reads = []
    for n in (60, 104):
        ledger = Counting("sqlite://")
        made = published(*turns[:n], ledger=ledger)
        ledger.seen.clear()
        weeklypage.files(made)
        reads.append((len(ledger.seen), sum(ledger.seen)))
    (few, rows), (many, later) = reads
    assert many <= few + 12  # one more halving for each of the moments looked for
    assert later <= rows + 260  # a year's list holds up to 53 weeks, in five readings

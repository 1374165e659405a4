"""A whole small site: every type of page, live and replayed, of a ledger and folders made by hand.

Four cycles of two weeks, two of them replays; claims right, wrong, void, open and awaiting data;
rules, stories, rulings, absences and models. Every text that reaches a page from outside comes
from one function of its channel's name, so that a test can put there what it likes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import sqlalchemy as sa
from nbformat import NotebookNode, v4

from tests.bench.weeks import Said, Turn, enter
from workbench.desk import site
from workbench.desk.editions import on_ledger
from workbench.desk.notebooks import NAMES
from workbench.world import entries as book
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk
from workbench.world.schema import SiteParams

Words = Callable[[str], str]
"""Name of a channel to the text that comes through it."""
ADDRESS = "https://desk.example/"
LAST = 7
FIRST = 3  # the first cycle with a page; those before it warmed the desk up
# A text column of the ledger that holds words from outside, by its channel.
COLUMNS: Mapping[str, tuple[str, str]] = {
    "call sentence": ("claims", "sentence"),
    "gate reason": ("decisions", "reason"),
    "settlement reason": ("settlements", "reason"),
    "lesson": ("lessons", "text"),
    "title": ("dispatches", "title"),
    "absence": ("absences", "reason"),
    "rule": ("rules", "reason"),
    "rule category": ("rules", "category"),
    "story": ("stories", "reason"),
    "model": ("voices", "model"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A site, with what it was made of.

    Attributes:
        folder: The site's root.
        desk: Whose.
        ledger: Open.
        number: The last cycle.
    """

    folder: Path
    desk: Desk
    ledger: Ledger
    number: int

    @property
    def numbers(self) -> range:
        """Its dispatches that have pages."""
        return range(FIRST, self.number + 1)

    def mode(self, number: int) -> str:
        """Whether a cycle was live or a replay."""
        return str(on_ledger(self.ledger, number)["mode"])


class Told(Ledger):
    """A ledger in memory whose words from outside come from a function."""

    def __init__(self, words: Words) -> None:
        super().__init__("sqlite://")
        self._words = words

    def append(self, cycle: int, rows: Any) -> int:
        """Appends the rows with their words in place, and with what minds said of each claim."""
        return super().append(cycle, list(self._spoken(rows)))

    def _spoken(self, rows: Any) -> Iterator[tuple[sa.Table, Mapping[str, Any]]]:
        for table, row in rows:
            said = {
                column: self._words(channel)
                for channel, (name, column) in COLUMNS.items()
                if name == table.name
            }
            yield table, {**row, **said}
            if table is book.claims:
                who = {"climatology": 0.5, "scenario": 0.55, self._words("mind name"): 0.7,
                       "synthesis": 0.6}  # fmt: skip
                for name, p in who.items():
                    yield book.forecasts, {
                        "claim": row["id"], "forecaster": name, "probability": p,
                    }  # fmt: skip


def plainly(channel: str) -> str:
    """Harmless words of a channel."""
    return f"Words of the {channel} end."


def quiet() -> NotebookNode:
    """A notebook that asks a question and draws nothing."""
    return v4.new_notebook(cells=[v4.new_markdown_cell("# What is asked?\n\nIts answer.")])


def published(folder: Path, project: Path, notebook: NotebookNode, words: Words, *,
              boards: Sequence[Mapping[str, Any]] = (),
              books: Mapping[str, Any] | None = None, first: int = LAST) -> Published:  # fmt: skip
    """Publishes the small desk.

    Args:
        folder: For its outputs.
        project: One with minds and stories, see ``new_project``.
        notebook: The dispatch's of each of its cycles; the others have two lines.
        words: Channel to text.
        boards: The record of each mode, as ``steps.scoreboard.board`` makes it.
        books: The paper accounts, as ``steps.accounted.keep`` keeps them; None for idle ones.
        first: The first cycle that is published, and all after it; those before it have a
            folder on the site and no pages, but for the one before the last.
    """
    desk = open_desk(project / "params" / "small.yaml", folder)
    desk.params = desk.params.model_copy(update={"site": SiteParams(address=ADDRESS)})
    ledger = Told(words)
    enter(ledger, turns(words))
    number = ledger.last_cycle()["number"]  # type: ignore[index]  # it has cycles
    for one in range(FIRST, number + 1):
        (folder / "site" / "read" / str(one)).mkdir(parents=True)
        keep(desk, ledger, one, notebook, words, boards, books)
    for one in range(first, number + 1):
        site.publish(desk, ledger, one)
    return Published(folder=folder / "site", desk=desk, ledger=ledger, number=number)


def turns(words: Words) -> list[Turn]:
    """The cycles: two replays that warmed the desk up, two replayed and two live ones."""
    call = Said(strike=2810, p=0.7, happened="yes")
    beside = [Said(strike=2820 + k, p=0.6, role="other", happened=end)
              for k, end in enumerate(("no", "void", "yes"))]  # fmt: skip
    waits, opened = Said(strike=2830, p=0.6), Said(strike=2840, p=0.62, sessions=5)
    shadow = Said(strike=2850, p=0.52, role="shadow")
    taught = (
        (book.rules, rule("one", "in_force")), (book.rules, rule("two", "trial")),
        (book.rules, rule("three", "dropped")),
        (book.stories, story("fear-moves-first", "developing")),
        (book.stories, story("fear-of-the-unfollowed", "falsified")),
        (book.rulings, gate("Flow", "open", "index level 1")),
        (book.rulings, gate(words("mind name"), "shut", "index level 1")),
        (book.absences, {"mind": "Macro", "scope": "", "reason": ""}),
        (book.voices, {"mind": "Flow", "model": "", "in_sample": 0, "usd": "0.01",
                       "seconds": 3.0, "replies": "[]", "note": words("note of a voice")}),
    )  # fmt: skip
    return [
        Turn(at="2018-01-02T22:00:00", said=(call, *beside)),
        Turn(at="2018-01-03T22:00:00"),
        Turn(at="2018-01-08T22:00:00", said=(replace(call, happened="no"), *beside, shadow)),
        Turn(at="2018-01-09T22:00:00"),
        Turn(at="2018-01-10T22:00:00", said=(call, *beside, shadow), mode="live", more=taught),
        Turn(at="2018-01-11T22:00:00", said=(waits, *beside), mode="live", more=taught[3:4]),
        Turn(at="2018-01-16T22:00:00", said=(opened, replace(opened, role="other", strike=2860),
                                             shadow), mode="live",
             regime="crisis", more=taught[2:]),
    ]  # fmt: skip


def rule(name: str, state: str) -> dict[str, Any]:
    """A row of a rule."""
    rests = {"theme": "index", "kind": "level", "horizon": 1, "regime": "choppy", "n": 80,
             "dates": 40, "n_eff": 35.0, "skill": -0.03, "low": -0.05, "high": -0.01,
             "below": 0.99, "worse": 3.5, "better": 0.0, "first": "2017-06-01",
             "last": "2017-12-29", "factor": 3.5, "changed": "2018-01-02",
             "until": None if state == "dropped" else "2019-01-02"}  # fmt: skip
    return {"rule": name, "state": state, "category": "", "evidence": json.dumps(rests),
            "reason": ""}  # fmt: skip


def gate(mind: str, state: str, category: str) -> dict[str, Any]:
    """A row of a ruling."""
    trial = {"claims": 300, "blocks": 150, "factor": 4.0, "skill": 0.012, "sure": 0.97,
             "against": 0.0, "harm": 0.1}  # fmt: skip
    return {"mind": mind, "category": category, "state": state, "evidence": json.dumps(trial)}


def story(name: str, status: str) -> dict[str, Any]:
    """A row of a story."""
    told = {"supports": 1.5, "opposes": 22.25, "sessions": 70, "claims": 9}
    rests = {} if status == "developing" else told
    return {"story": name, "status": status, "evidence": json.dumps(rests), "reason": ""}


def keep(desk: Desk, ledger: Ledger, number: int, notebook: NotebookNode, words: Words,
         boards: Sequence[Mapping[str, Any]] = (),
         books: Mapping[str, Any] | None = None) -> None:  # fmt: skip
    """Gives a cycle the folder that running it would have left."""
    folder = desk.outputs / "cycles" / str(number)
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    short = quiet()
    for name in NAMES:
        ran = notebook if name == "6_dispatch" else short
        text = nbformat.writes(ran)  # type: ignore[no-untyped-call]  # nbformat is untyped
        (folder / "notebooks" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    row = on_ledger(ledger, number)
    idle = {"lead": "S&P 500", "accounts": {mode: {"cycles": 0, "trades": 0}
                                            for mode in ("live", "replay")}}  # fmt: skip
    parts: dict[str, Any] = {
        "dispatch": {
            "dek": words("dek"), "wrong_if": words("wrong if"), "label": words("debate's label"),
            "conviction": 0.62, "sources": [words("source")], "notices": [words("notice")],
            "written_by": words("writer"), "in_sample": False, "by_rules": [], "cuts": [],
            "usd": "0.1", "seconds": 3.0,
        },
        "data": seen(words),
        "record": {"as_of": row["as_of"], "boards": list(boards)},
        "account": books or idle,
        "opinions": [opinion(words)],
    }  # fmt: skip
    stamp = {name: row[name] for name in ("snapshot", "params", "code")}
    for name, part in parts.items():
        kept = json.dumps({**stamp, "part": part})
        (folder / f"{name}.json").write_text(kept, encoding="utf-8")
    done = dict.fromkeys(NAMES, 1.5)
    (folder / "status.json").write_text(json.dumps({"state": "done", "done": done}), "utf-8")


def seen(words: Words) -> dict[str, Any]:
    """What a cycle keeps for the data page and the trail's inputs."""
    series = [
        {"series": f"S{k}", "name": words("series name"), "source": words("series source"),
         "state": state, "last": words("series period"), "behind": words("series behind"),
         "dated": words("series dating"), "known": words("series known at")}
        for k, state in enumerate(("live", "late", "withheld", "dark"))
    ]  # fmt: skip
    return {
        "series": series,
        "feeds": [{"feed": words("feed name"), "state": "degraded", "at": "2018-01-16T21:30:00Z",
                   "rows": "12", "reason": words("feed reason")}],
        "flags": [{"series": "S1, S2", "name": words("flag name"), "field": words("flag field"),
                   "seen": words("flag seen"), "severity": "withheld", "check": "STALE_CLOSE",
                   "since": "2018-01-09", "lifted": words("flag lifted")}],
        "notices": [words("notice of the data")],
    }  # fmt: skip


def opinion(words: Words) -> dict[str, Any]:
    """What a mind said, as a cycle keeps it."""
    cited = {"name": "vix", "value": 17.2, "text": "17.2", "meaning": words("finding meaning"),
             "source": words("finding source"), "as_of": "2018-01-16T21:00:00Z"}  # fmt: skip
    return {
        "mind": words("mind name"), "argument": words("opinion"), "evidence": [cited],
        "probabilities": {"a": 0.5}, "points": [], "rebuttal": words("rebuttal"),
        "before": {"a": 0.6}, "cuts": [[words("sentence cut"), words("reason of a cut")]],
    }  # fmt: skip

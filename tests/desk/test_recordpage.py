"""The record page: findings that its figures bear, modes apart, and no number of its own."""

import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from workbench.desk import front, guard, layout, recordpage, recordwords
from workbench.desk.bulk import bulk
from workbench.domain.figures import difference, share

Board = dict[str, Any]
Made = Callable[..., Board]
FIGURE = r"[+−<>]?\d[\d,]*(?:\.\d+)?"
# Of the method, not of the record: 95 % intervals, 30 dates, a one and a zero, a half.
CONSTANTS = {"95", "30", "1", "0", "0.0", "50", "500"}


def text_of(page: recordpage.RecordPage) -> str:
    """The main part's words, of tables behind charts too, without addresses and drawings."""
    whole = layout.html(page, "../")
    main = re.search(r"<main.*?</main>", whole, re.DOTALL)
    assert main is not None
    bare = re.sub(r"<svg.*?</svg>|<time[^>]*>.*?</time>", " ", main[0], flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).replace("\xa0", " ").split())


def page_of(boards: list[Board], books: Mapping[str, Any], mode: Any) -> recordpage.RecordPage:
    kept = {"as_of": "2026-04-02T22:00:00Z", "boards": boards}
    return recordpage.made(kept, books, 126, mode)


@pytest.mark.parametrize(
    ("figures", "title"),
    [
        ({"skill": 0.018, "low": -0.021, "high": 0.056},
         "A little better than the base rate, and not yet sure of it"),
        ({"skill": 0.09, "low": -0.02, "high": 0.2},
         "Better than the base rate, and not yet sure of it"),
        ({"skill": 0.03, "low": 0.01, "high": 0.05},
         "A little better than the base rate, and the interval leaves zero out"),
        ({"skill": 0.28, "low": 0.2, "high": 0.36},
         "Better than the base rate, and the interval leaves zero out"),
        ({"skill": -0.018, "low": -0.056, "high": 0.021},
         "A little worse than the base rate, and not yet sure of it"),
        ({"skill": -0.2, "low": -0.3, "high": -0.1},
         "Worse than the base rate, and the interval leaves zero out"),
        ({"skill": 0.0003, "low": -0.1, "high": 0.1},
         "No better and no worse than the base rate so far"),
        ({"skill": None, "dates": 12},
         "Too few dates to say whether I know more than the base rate"),
        ({"skill": None, "dates": 40},
         "The base rate has not missed once, so there is no skill to measure"),
        ({"n": 0}, "Nothing that was said aloud has settled yet"),
    ],
)  # fmt: skip
def test_the_title_is_what_the_figures_bear(board: Made, figures: dict[str, Any], title: str):
    """Better, worse, level, too few: chosen by side, size and interval, in replay said so."""
    own = board("live", **figures)
    assert recordwords.title(own) == title
    alone = recordwords.title(own | {"mode": "replay"}, alone="replay")
    assert alone == f"In replay, {title[0].lower()}{title[1:]}"


def test_what_may_be_claimed(board: Made):
    """An interval with zero claims nothing and says how much longer; one without says which way."""
    unsure = board("live", skill=0.018, low=-0.021, high=0.056, times=4.7)
    assert recordwords.meaning(unsure) == (
        "The interval includes zero, so I claim nothing. Were the skill to stay as it is, the "
        "record would have to be about 4.7 times as long to tell it from luck."
    )
    worse = board("live", skill=-0.2, low=-0.3, high=-0.1)
    assert "the base rate alone would have served" in recordwords.meaning(worse)
    better = board("live", skill=0.2, low=0.1, high=0.3)
    assert "lies above zero" in recordwords.meaning(better)
    assert "scenario model" not in recordwords.meaning(better)
    better["debate"]["rows"][0]["verdict"] = "identical"
    assert "the debate has not moved a number" in recordwords.meaning(better)
    young = board("live", skill=None, low=None, high=None, dates=1)
    assert "30 dates on and there is 1, so" in recordwords.meaning(young)


@pytest.mark.parametrize(
    ("factor", "said"),
    [(1.04, "about 1.0 times"), (4.66, "about 4.7 times"), (41.2, "some 41 times"),
     (1000.0, "over a thousand times")],
)  # fmt: skip
def test_how_much_longer_in_words(factor: float, said: str):
    """A factor is told no finer than it is known."""
    assert recordwords.times(factor) == said


def figures_of(value: object) -> set[str]:
    """Every way in which the page may write the numbers of what was kept."""
    if isinstance(value, Mapping):
        return set().union(*(figures_of(one) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(figures_of(one) for one in value))
    if isinstance(value, str):
        return set(re.findall(FIGURE, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return set()
    per_cent = 100 * value
    made = {difference(value), difference(per_cent), f"{value:.3f}", f"{value:.4f}",
            f"{value:,.0f}", f"{per_cent:.1f}", f"{per_cent:.0f}", f"{value:.1f}"}  # fmt: skip
    made |= {difference(value).lstrip("+−"), difference(per_cent).lstrip("+−")}
    if 0 <= value <= 1:
        made |= {share(value).rstrip("%")}
    return made


def test_every_number_is_of_what_was_kept(board: Made, books: dict[str, Any]):
    """No figure on the page is worked out by it, but for what it counts of what it shows."""
    live, replay = board("live"), board("replay", skill=0.12, low=0.05, high=0.19, n=900)
    said = text_of(page_of([live, replay], books, "live"))
    prose = re.sub(r"½|\(.? − y\)²|S&P 500|\w+ \d{1,2} \w{3} \d{4}", " ", said)
    shown = set(re.findall(FIGURE, prose))
    known = figures_of([live, replay, books]) | CONSTANTS
    gap = 100 * (books["accounts"]["live"]["return"] - books["accounts"]["live"]["hold"])
    calibrated = f"{sum(one['n'] for one in live['calibration']):,}"
    assert len(shown) > 60
    assert shown - known - {f"{abs(gap):.1f}", calibrated} == set()


def test_live_and_replay_are_apart(board: Made, books: dict[str, Any]):
    """Live comes first, replay in a section of its own with its chip, and each has its figures."""
    live = board("live", n=395, n_eff=61.0)
    replay = board("replay", n=1616, n_eff=900.0, skill=0.28, low=0.2, high=0.36)
    page = page_of([live, replay], books, "live")
    assert [one.mode for one in page.records] == ["live", "replay"]
    assert page.title == "A little better than the base rate, and not yet sure of it"
    whole = layout.html(page, "../")
    before, _, after = whole.partition('<h2 class="lead" id="replay">')
    assert after.startswith("In replay, better than the base rate")
    assert before.count('data-s="live"') == before.count('data-s="replay"') == 1
    assert before.rindex('data-s="replay"') > before.rindex("</section>")  # the new part's own
    assert ("395" in before, "1,616" in before) == (True, False)
    assert ("395" in after, "1,616" in after) == (False, True)
    assert "2,011" not in whole  # what both would be together
    alone = layout.html(page_of([live], books, "live"), "../")
    assert "Replay" not in alone


def test_a_live_desk_whose_warm_up_alone_has_settled(board: Made, books: dict[str, Any]):
    """What was replayed is no record of a live desk: the title says that nothing live settled."""
    page = page_of([board("replay")], books, "live")
    assert page.title == "Nothing said live has settled yet"
    said = text_of(page)
    assert "counts for nothing live" in said
    assert "In replay, a little better" in said
    assert front.key_figures({"boards": [board("replay")]}, books, "live")[0][1] == "0"


@pytest.mark.parametrize("mode", ["live", "replay"])
def test_nothing_settled_is_one_sentence(mode: str, books: dict[str, Any]):
    """Before anything settles the page says so, and shows no table, chart or empty heading."""
    page = page_of([], books, mode)
    whole = layout.html(page, "../")
    assert page.title == "Nothing has settled yet, so there is no record"
    assert not re.search(r"<(table|figure|h2|dl)", whole)
    assert "plotly" not in whole


def test_only_voids(board: Made, books: dict[str, Any]):
    """Voids are counted with their reasons, nothing is scored, and no other table stands empty."""
    own = board("live", empty=True)
    page = page_of([own], books, "live")
    whole = layout.html(page, "../")
    assert page.title == "Everything that came due was void, so nothing has been scored"
    said = text_of(page)
    assert "17 claims have been void, 4 of them on record." in said
    assert "A bar was still missing after the days of grace 4 17" in said
    assert whole.count('<table role="table"') == 1
    assert "Controls" not in said


def test_an_absent_mind_has_no_figure(board: Made, books: dict[str, Any]):
    """Who said nothing in a regime has a dash there; under thirty dates no skill, and no rank."""
    page = page_of([board("live")], books, "live")
    rows = {row.name: [cell.shown for cell in row.cells] for row in page.records[0].minds}
    assert page.records[0].regimes == ("risk on", "crisis", "all")
    assert list(rows) == ["Macro", "What I publish", "Contrarian", "Flow"]
    assert rows["Macro"] == ["+2.4%", "–", "+3.0%"]
    assert rows["Flow"] == ["too few", "too few", "too few"]
    without = board("live")
    for name in ("forecasters", "regimes"):
        without[name] = [one for one in without[name] if one["forecaster"] != "Flow"]
    assert "Flow" not in text_of(page_of([without], books, "live"))


def test_the_front_has_the_same_figures(board: Made, books: dict[str, Any]):
    """The rail of the front page says what the record page says, of its own mode alone."""
    live, replay = board("live"), board("replay", n=1616, skill=0.28, low=0.2, high=0.36)
    rail = dict(front.key_figures({"boards": [live, replay]}, books, "live"))
    assert rail == {
        "Settled predictions": "395", "Effective n": "61", "Skill over the base rate": "+1.8%",
        "Interval, 95%": "−2.1 to +5.6%", "Paper account, after costs": "+3.0%",
        "Its deepest drawdown": "−2.0%",
    }  # fmt: skip
    young = board("live", skill=None, low=None, high=None, dates=3)
    assert dict(front.key_figures({"boards": [young]}, books, "live"))["Skill"] == "too few"


@pytest.mark.parametrize("kind", ["both", "empty", "voids", "young"])
def test_the_page_may_be_published(kind: str, board: Made, books: dict[str, Any]):
    """Whatever the record, the page passes the last look and nests as it should."""
    young = board("live", skill=None, low=None, high=None, dates=3, course=[], times=None)
    boards = {"both": [board("live"), board("replay")], "empty": [], "young": [young],
              "voids": [board("live", empty=True)]}[kind]  # fmt: skip
    whole = layout.html(page_of(boards, books, "live"), "../")
    assert guard.scan(whole) + bulk(whole) == []
    ids = re.findall(r' id="([^"]+)"', whole)
    assert len(ids) == len(set(ids))
    landmarks = re.findall(r'<section[^>]* aria-label="([^"]+)"', whole)
    assert len(landmarks) == len(set(landmarks))
    if kind == "young":  # a skill that is not there has no chart and no zero
        assert "Skill ends" not in whole
    assert not re.search(r"\b(nan|None)\b", text_of(page_of(boards, books, "live")))
    assert len(whole) < 200_000
    json.dumps(boards, allow_nan=False)

"""The same story many times counts once; other stories of the same company stay apart."""

import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.measures.clusters import Story, stories

HEADLINES = Path(__file__).parents[2].parent / "shared/data/series/news_headlines.parquet"
START = np.datetime64("2026-03-08T10:00", "us")


def told(*titles: str, hours: float = 1.0) -> tuple[Story, ...]:
    at = START + (np.arange(len(titles)) * hours * 3_600_000_000).astype("timedelta64[us]")
    return stories(titles, at, [f"paper {one}" for one in range(len(titles))])


SAME = [
    ("Oil surges above $100 a barrel", "Oil Surges Above $100 A Barrel - Reuters"),
    ("Tesla recalls 1,200 cars in Europe", "Tesla recalls 1200 cars in Europe"),
    ("Fed holds rates steady as inflation cools",
     "UPDATE: Fed holds rates steady as inflation cools"),
    ("US stocks slump as Iran war drives oil and inflation fears",
     "US stocks slump as Iran war drives oil, inflation fears | WMUR"),
    ("Oil surges above $100 a barrel for first time in four years",
     "Oil surges above $100 a barrel for first time in four years; Trump says small price to pay"),
]  # fmt: skip
APART = [
    ("Tesla recalls 1,200 cars in Europe", "Tesla opens a plant in Texas"),
    ("Tesla deliveries fall 5% in first quarter", "Tesla deliveries rise 6% in first quarter"),
    ("Tesla shares rise after deliveries report", "Tesla shares fall after deliveries report"),
    ("Bitcoin slips below 65,000 dollars on Sunday",
     "Bitcoin slips below 60,000 dollars on Sunday"),
    ("Moderna, Inc. (MRNA) presents at Barclays 28th healthcare conference",
     "Zoetis Inc. (ZTS) presents at Barclays 28th healthcare conference"),
    ("Nvidia unveils a chip", "Nvidia unveils a dividend"),
]  # fmt: skip


@pytest.mark.parametrize("pair", SAME)
def test_one_story_in_two_wordings_is_one(pair: tuple[str, str]):
    """A publisher's name, case, a prefix or a tail make no second story (S45)."""
    assert len(told(*pair)) == 1


@pytest.mark.parametrize("pair", APART)
def test_two_stories_of_one_company_are_two(pair: tuple[str, str]):
    """Other figures, the other way, another ticker or another matter are another story."""
    assert len(told(*pair)) == 2


def test_fifty_copies_count_once():
    """One story in fifty papers, each with a small edit, is one story of fifty sources (S45)."""
    base = "Oil surges above $100 a barrel as Gulf producers cut output"
    edits = [
        base, f"{base} - Paper", base.upper(), f"BREAKING: {base}", base.replace("as", "after"),
        base.replace("Gulf ", ""), base.replace("producers", "states"), f"{base}, sources say",
        base.replace("surges", "jumps"), base.replace("a barrel", "per barrel"),
    ]  # fmt: skip
    found = told(*(edits[one % 10] for one in range(50)), hours=0.5)
    assert [(len(one.members), one.sources) for one in found] == [(50, 50)]
    assert found[0].first == START
    assert found[0].last == START + np.timedelta64(24 * 60 + 30, "m")
    assert found[0].representative == 0


def test_a_story_told_again_much_later_is_another():
    """The same words a week on are about another day."""
    assert len(told("Fed holds rates steady again", "Fed holds rates steady again", hours=168)) == 2


def test_one_paper_that_repeats_itself_is_one_source():
    """Sources are counted by name, not by headline."""
    at = START + np.arange(3).astype("timedelta64[h]")
    (one,) = stories(["Gold hits a record high"] * 3, at, ["CNBC", "cnbc", "CNBC"])
    assert (len(one.members), one.sources) == (3, 1)


def test_order_changes_nothing():
    """Stories depend on what was told and when, not on the order in which it came."""
    titles = [title for pair in SAME + APART for title in pair]
    at = START + np.arange(len(titles)).astype("timedelta64[m]")
    plain = stories(titles, at, titles)
    for seed in range(5):
        order = random.Random(seed).sample(range(len(titles)), len(titles))
        mixed = stories([titles[one] for one in order], at[order], [titles[one] for one in order])
        named = {one.id: {order[member] for member in one.members} for one in mixed}
        assert named == {one.id: set(one.members) for one in plain}


def test_nothing_and_wordless_titles():
    """No headlines are no stories; one without a word stands alone."""
    assert stories([], np.array([], "datetime64[us]"), []) == ()
    assert len(told("", "!!!", "The")) == 3


def test_lengths_must_agree():
    """Titles, times and sources that do not belong together are refused."""
    with pytest.raises(ValueError, match="2 titles stand beside 1 times"):
        stories(["a", "b"], np.array([START]), ["x", "y"])


def test_five_thousand_take_seconds():
    """A week of every wire is grouped while a reader waits."""
    words = "oil gold fed rates tesla nvidia war trade tariff chip bank yields jobs growth".split()  # noqa: SIM905  # a list of words reads better so
    maker = random.Random(7)
    titles = [
        " ".join(maker.choices(words, k=8)) + f" {maker.randrange(900)}" for _ in range(5_000)
    ]
    at = START + np.sort(np.array([maker.randrange(7 * 86_400) for _ in titles])).astype(
        "timedelta64[s]"
    )
    began = time.perf_counter()
    assert sum(len(one.members) for one in stories(titles, at, titles)) == 5_000
    assert time.perf_counter() - began < 20


def test_recorded_headlines():
    """On recorded news the great stories of a day are found, and most headlines stand alone."""
    if not HEADLINES.exists():
        pytest.skip("the recorded headlines are not here")
    rows = pd.read_parquet(HEADLINES)
    at = rows["ts"].dt.tz_convert(None).to_numpy().astype("datetime64[us]")
    titles = rows["headline"].tolist()
    found = stories(titles, at, rows["publisher"].astype(str).tolist())
    assert 2_300 < len(found) < 2_600 < len(titles)
    slump = max(found, key=lambda one: len(one.members))
    assert all("stocks slump as Iran war" in titles[one] for one in slump.members)
    assert slump.sources >= 20
    talks = [one for one in found if "Presents at Barclays" in titles[one.representative]]
    assert len(talks) >= 8

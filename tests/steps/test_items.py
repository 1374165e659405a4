"""Headlines, filings and events on the bench: known by the moment, each story once."""

import datetime as dt
import json
from typing import Any

import pandas as pd
import pytest

from workbench.domain.deliveries import ITEM_COLUMNS
from workbench.steps import items, prompting, pull

PARAMS = "instruments: [SPX, VIX]\nindicators: []\nhorizons: [1]\nminds: [macro]\n"
_FED = "Fed holds rates steady in March"


def item(series: str, key: str, kind: str, at: dt.datetime, title: str, **detail: Any) -> tuple:
    known = min(at, detail.pop("known", at))
    link = f"https://example.org/{key}"
    return (series, key, kind, at, known, title, link, series, json.dumps(detail), "stated")


@pytest.fixture
def bench(room, world):
    """A cycle on whose wire one story came three times, one filing, one event, and old news."""
    made = room(world(params=PARAMS)).bench(1)
    now, hour = made.as_of, dt.timedelta(hours=1)
    rows = [
        item("news:a", "1", "headline", now - 5 * hour, _FED, source="A"),
        item("news:b", "2", "headline", now - 4 * hour, _FED, source="B"),
        item("news:b", "3", "headline", now - 3 * hour, f"{_FED}!", source="B"),
        item("news:a", "4", "headline", now - 2 * hour, "Oil slides after tankers pass strait"),
        item("news:a", "5", "headline", now - 200 * hour, "A story of the week before last"),
        item("sec:TSLA", "0001", "filing", now - 20 * hour, "8-K: Tesla reports results",
             items=["2.02"], texts={"2.02": "Deliveries were 358,023."}),
        item("TSLA", "e1", "event", now + 48 * hour, "Tesla reports earnings", known=now - hour),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(ITEM_COLUMNS))
    made.archive.items.append(frame, origin="made", through=now)
    return made


def test_a_story_counts_once_with_its_sources(bench):
    """Three headlines of one story are one row, told by two sources; what is old is no news."""
    shown = pull.wire(bench)
    assert shown["title"].tolist() == [
        "Oil slides after tankers pass strait", "Fed holds rates steady in March",
        "8-K: Tesla reports results",
    ]  # fmt: skip
    assert shown["told"].tolist() == [1, 2, 1]
    assert shown["source"].tolist() == ["a", "A", "sec:TSLA"]
    assert all(link.startswith("https://example.org/") for link in shown["link"])


def test_nothing_is_read_before_it_was_known(bench, room):
    """A headline that came an hour ago is not there two hours ago."""
    early = type(bench)(
        bench.desk, bench.archive, bench.ledger, number=1, mode="replay", keep=False,
        as_of=bench.as_of - dt.timedelta(hours=3, minutes=30),
    )  # fmt: skip
    assert "Oil slides after tankers pass strait" not in items.known(early)["title"].tolist()
    assert items.wire(early)["told"].tolist() == [2, 1]
    assert not len(items.known(early).query("kind == 'event'"))


def test_a_mind_reads_what_it_is_allowed_to(bench):
    """Series of items are allowed by name; a filing comes with what its items say."""
    assert items.texts(bench, ()) == ()
    ((name, said),) = items.texts(bench, ["sec:*"])
    assert name == "filings"
    assert "8-K: Tesla reports results" in said
    assert "2.02: Deliveries were 358,023." in said
    both = dict(items.texts(bench, ["news:*", "TSLA"]))
    assert set(both) == {"headlines", "announced events"}
    assert both["headlines"].count("Fed holds rates") == 1
    assert "told by 2 sources" in both["headlines"]


def test_words_of_strangers_stand_in_a_fence(bench):
    """What came over the wire reaches a prompt as data, between marks that it cannot write."""
    mind = bench.desk.minds[0]
    allowed = mind.model_copy(
        update={"params": mind.params.model_copy(update={"items": ("news:*",)})}
    )
    asked = prompting.slate(bench, [], {})
    brief = prompting.brief(bench, allowed, asked)
    told = prompting.opening(bench, brief, asked)
    start = told.index("<<<DATA", told.index("What you remember"))
    assert start < told.index("Oil slides after tankers") < told.index("<<<END DATA", start)


def test_without_items_nothing_is_shown(room, world):
    """A desk that has no such feed has an empty wire, and its prompts do not change."""
    made = room(world(params=PARAMS)).bench(1)
    assert items.wire(made).empty
    assert items.texts(made, ["news:*"]) == ()

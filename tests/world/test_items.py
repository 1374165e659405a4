"""Items: texts with a moment, kept as they were known."""

import datetime as dt
import json
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.calendars import moment
from workbench.domain.deliveries import ITEM_COLUMNS, none_delivered
from workbench.domain.errors import ImportRefused
from workbench.world import importing
from workbench.world.archive import Archive
from workbench.world.item_texts import CUT, LINK, TITLE
from workbench.world.items import Items

BEGIN = moment("2026-01-01T00:00Z")


def hour(number: float) -> dt.datetime:
    return BEGIN + dt.timedelta(hours=number)


def item(key: str, at: float, known: float | None, title: str = "A title", **more: str) -> dict:
    row = {
        "series": "TSLA", "key": key, "kind": "headline", "at": hour(at), "title": title,
        "known_at": None if known is None else hour(known), "link": f"https://x/{key}",
        "source": "wire", "detail": "{}", "basis": "stated",
    }  # fmt: skip
    return row | more


def frame(*rows: dict) -> pd.DataFrame:
    made = pd.DataFrame(list(rows), columns=list(ITEM_COLUMNS))
    for name in ("at", "known_at"):
        made[name] = pd.to_datetime(made[name], utc=True).astype("datetime64[us, UTC]")
    return made


def shown(items: Items, at: float, **options: object) -> list[tuple[str, str, str]]:
    found = items.as_of(hour(at), **options)
    assert list(found) == list(ITEM_COLUMNS)
    return list(zip(found["key"], found["title"], found["basis"], strict=True))


def test_a_headline_that_changes(tmp_path: Path):
    """The same again adds nothing; another title is a vintage of when we saw it."""
    items = Items(tmp_path)
    assert items.arrive(frame(item("1", 1, 1, "Up")), origin="rss", now=hour(10)) == 1
    assert items.arrive(frame(item("1", 1, 1, "Up")), origin="rss", now=hour(11)) == 0
    assert items.arrive(frame(item("1", 1, 1, "Down")), origin="rss", now=hour(12)) == 1
    assert shown(items, 0.5) == []
    assert shown(items, 11.5) == [("1", "Up", "stated")]
    assert shown(items, 12) == [("1", "Down", "seen")]


def test_what_states_no_time_is_known_when_seen(tmp_path: Path):
    """An item without a time of its own, or with one to come, is known from the pull on."""
    items = Items(tmp_path)
    items.arrive(frame(item("1", 1, None), item("2", 50, 50)), origin="rss", now=hour(10))
    assert shown(items, 9.9) == []
    assert shown(items, 10) == [("1", "A title", "seen"), ("2", "A title", "seen")]


def test_what_an_earlier_pull_did_not_see(tmp_path: Path):
    """A headline that is dated before a pull which missed it was not known there."""
    items = Items(tmp_path)
    items.arrive(frame(item("1", 1, 1)), origin="rss", now=hour(10))
    items.arrive(none_delivered().items, origin="rss", now=hour(20))
    items.arrive(frame(item("2", 15, 15), item("3", 25, 25)), origin="rss", now=hour(30))
    assert [key for key, *_ in shown(items, 29)] == ["1", "3"]
    assert [key for key, *_ in shown(items, 30)] == ["1", "2", "3"]
    with pytest.raises(ImportRefused, match="comes after one as of"):
        items.arrive(frame(item("4", 15, 15)), origin="rss", now=hour(29))


def test_which_items(tmp_path: Path):
    """By series, kind and moment described, in the order of these."""
    items = Items(tmp_path)
    rows = [
        item("1", 3, 3), item("2", 2, 2, kind="filing"), item("3", 1, 1, series="NVDA"),
        item("4", 40, 4, kind="event"),
    ]  # fmt: skip
    items.arrive(frame(*rows), origin="all", now=hour(10))
    assert [key for key, *_ in shown(items, 10)] == ["3", "2", "1", "4"]
    assert [key for key, *_ in shown(items, 10, series=["TSLA"])] == ["2", "1", "4"]
    assert [key for key, *_ in shown(items, 10, kinds=["filing", "event"])] == ["2", "4"]
    assert [key for key, *_ in shown(items, 10, since=hour(3))] == ["1", "4"]
    assert len(items) == 4


def test_texts_that_are_too_long_are_cut(tmp_path: Path):
    """A title of a megabyte keeps its beginning and says so; half a link is none."""
    items = Items(tmp_path)
    huge = {"title": "x" * 1_000_000, "link": "https://x/" + "y" * LINK}
    long = json.dumps({"a": "z" * 99_999})
    row = item("k" * 9_999, 1, 1, **huge, detail=long)
    items.arrive(frame(row), origin="rss", now=hour(2))
    found = items.as_of(hour(2)).iloc[0]
    assert len(found["title"]) == TITLE
    assert found["title"].endswith(CUT)
    assert found["link"] == ""
    assert len(found["key"]) < 300
    assert json.loads(found["detail"])["cut"].startswith('{"a": "zzz')
    assert items.arrive(frame(row), origin="rss", now=hour(3)) == 0


def test_texts_are_kept_as_they_came(tmp_path: Path):
    """Markup is the reader's to make harmless."""
    items = Items(tmp_path)
    items.arrive(frame(item("1", 1, 1, "<b>x</b> é 🚀")), origin="rss", now=hour(2))
    assert items.as_of(hour(2))["title"].tolist() == ["<b>x</b> é 🚀"]


def test_an_item_without_a_moment(tmp_path: Path):
    """What does not say when it was is refused, with its beginning."""
    with pytest.raises(ImportRefused, match="item of TSLA from wire names no moment: 'A title'"):
        Items(tmp_path).arrive(frame(item("1", 1, 1) | {"at": None}), origin="rss", now=hour(2))


ITEMS = st.tuples(
    st.sampled_from("12"), st.integers(0, 9), st.none() | st.integers(0, 20),
    st.sampled_from(["Up", "Down"]), st.sampled_from(["TSLA", "NVDA"]),
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 6), st.lists(ITEMS, max_size=5), st.booleans()), max_size=5)
)
def test_no_pull_changes_what_was_known_at_an_earlier_one(drawn: list[tuple]):
    """For any sequence of pulls, merged at any time: as of each earlier one all stays as it was."""
    with tempfile.TemporaryDirectory() as folder:
        items, now, pulled = Items(Path(folder)), 0, set()
        seen: list[tuple[int, set[str], str]] = []
        for step, rows, merged in drawn:
            now += step
            made = [
                item(key, at, known, title, series=name) for key, at, known, title, name in rows
            ]
            items.arrive(frame(*made), origin="rss", now=hour(now))
            pulled = pulled | {name for *_, name in rows}
            if merged:
                items.compact()
            for at, series, text in seen:
                if at < now:
                    assert items.as_of(hour(at), series).to_json(date_format="iso") == text
            seen += [
                (at, pulled, items.as_of(hour(at), pulled).to_json(date_format="iso"))
                for at in {now, now - step, now // 2}
            ]
            latest = items.as_of(hour(now)).set_index(["series", "key"])["title"].to_dict()
            last = {(name, key): title for key, _, _, title, name in rows}
            assert {one: latest[one] for one in last} == last


def test_of_an_item_told_twice_at_once_the_last_counts(tmp_path: Path):
    """A delivery that ends with what is held already does not leave what it said before that."""
    items = Items(tmp_path)
    items.arrive(frame(item("1", 2, 2, "Down")), origin="rss", now=hour(6))
    twice = frame(item("1", 5, 5, "Up"), item("1", 2, 2, "Down"))
    assert items.arrive(twice, origin="rss", now=hour(8)) == 0
    assert shown(items, 8) == [("1", "Down", "stated")]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 6), st.lists(ITEMS, max_size=5), st.booleans()), max_size=4)
)
def test_a_store_that_was_read_shows_what_a_fresh_one_does(drawn: list[tuple]):
    """What stays in memory is no other than what lies on disk, and views of the past stay."""
    with tempfile.TemporaryDirectory() as folder:
        kept, now, seen = Items(Path(folder)), 0, dict[int, str]()
        for step, rows, merged in drawn:
            now += step
            made = [
                item(key, at, min(known or now, now), title, series=name)
                for key, at, known, title, name in rows
            ]
            if now not in seen:
                Items(Path(folder)).arrive(
                    frame(*made, item("all", now, now, series="TSLA"),
                          item("all", now, now, series="NVDA")), origin="rss", now=hour(now)
                )  # fmt: skip
            if merged:
                Items(Path(folder)).compact()
            for at in range(now + 1):
                view = kept.as_of(hour(at)).to_json(date_format="iso")
                assert view == Items(Path(folder)).as_of(hour(at)).to_json(date_format="iso")
                assert seen.setdefault(at, view) == view
                late = kept.as_of(hour(at), ["TSLA"], since=hour(2), kinds=["headline"])
                every = kept.as_of(hour(at)).query("series == 'TSLA' and at >= @hour(2)")
                assert late["key"].tolist() == every["key"].tolist()


def test_a_replay_reads_the_store_once(tmp_path: Path):
    """A hundred moments are views of one reading, until something is added."""
    items = Items(tmp_path)
    items.arrive(frame(item("1", 1, 1), item("2", 5, 5)), origin="rss", now=hour(10))
    first = items.as_of(hour(10))
    for part in items.parts():
        part.unlink()
        part.write_bytes(b"")
    shown_again = [len(items.as_of(hour(at))) for at in range(10)]
    assert shown_again == [0, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    assert items.as_of(hour(10)).equals(first)


def test_items_from_a_file(tmp_path: Path):
    """A CSV of headlines is imported beside long files, and twice adds nothing."""
    (tmp_path / "news.csv").write_text(
        "series,title,source,published,kind,link,known_at\n"
        "TSLA,First,wire,2026-01-01T10:00Z,,https://x/1,\n"
        "TSLA,Second,wire,2026-01-01T11:00Z,filing,,2026-01-01T12:00Z\n"
    )
    (tmp_path / "spx.csv").write_text(
        "series,field,date,value,source\nSPX,close,2018-02-05,2648.94,x\n"
    )
    archive = Archive(tmp_path / "archive")
    delivery = importing.read(tmp_path)
    assert delivery.accepted == ("news.csv", "spx.csv")
    assert importing.append(archive, delivery) == 3
    assert importing.append(archive, importing.read(tmp_path)) == 0
    found = archive.items.as_of(hour(12))
    assert found["title"].tolist() == ["First", "Second"]
    assert found["kind"].tolist() == ["headline", "filing"]
    assert found["key"].tolist() == ["https://x/1", "Second"]
    assert archive.items.as_of(hour(11.5))["title"].tolist() == ["First"]
    assert set(found["basis"]) == {"stated"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("series,title\nTSLA,x\n", "not items: no column 'source'"),
        ("series,title,source\nTSLA,x,w\n", "not items: no column 'at' or 'published'"),
        ("series,title,source,at\nTSLA,,w,2026-01-01T00:00Z\n", "column 'title': got nothing"),
        ("series,title,source,at\nTSLA,x,w,2026-01-01\n", "column 'at'.*names no time zone"),
        (
            "series,title,source,at,kind\nTSLA,x,w,2026-01-01T00:00Z,rumour\n",
            "row 1, column 'kind': got 'rumour'. Write one of headline, filing, event",
        ),
        ("series,title,source,at,published\n", "got the columns 'at', 'published'"),
    ],
)  # fmt: skip
def test_a_file_of_items_that_is_refused(tmp_path: Path, content: str, said: str):
    """A file that is neither long nor of items, or has a bad row, says why."""
    path = tmp_path / "news.csv"
    path.write_text(content)
    with pytest.raises(ImportRefused, match=said):
        importing.read(path)

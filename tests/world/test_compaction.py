"""Merging parts: their number stays bounded, and nothing that was known ever changes."""

import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.calendars import moment
from workbench.domain.deliveries import COLUMNS
from workbench.domain.errors import WorkbenchError
from workbench.world import blocks, compaction
from workbench.world.archive import Archive
from workbench.world.observations import table

BEGIN = moment("2020-01-01T00:00Z")
END = moment("2020-03-01T00:00Z")


def day(number: int) -> dt.datetime:
    return BEGIN + dt.timedelta(number)


def rows(*drawn: tuple) -> pd.DataFrame:
    """Observations from (series, field, source, day described, day known, value, unit, basis)."""
    names = ["series", "field", "source", "at", "known_at", "value", "unit", "basis"]
    frame = pd.DataFrame(drawn, columns=names)
    for name in ("at", "known_at"):
        frame[name] = pd.Timestamp(BEGIN) + pd.to_timedelta(frame[name], unit="D")
        frame[name] = frame[name].astype("datetime64[us, UTC]")
    return frame.loc[:, list(COLUMNS)]


def plain(*days: int, series: str = "GDP") -> pd.DataFrame:
    return rows(*((series, "value", "a", one, one + 1, float(one), "%", "rule") for one in days))


def append(archive: Archive, frame: pd.DataFrame, origin: str = "test") -> int:
    return archive.append(frame, origin=origin, through=END)


def values(archive: Archive, series: str = "GDP") -> list[float]:
    column = archive.as_of(END, {series: ()}).get(series, "value")
    return [] if column is None else column.value.tolist()


def everything(archive: Archive) -> list[tuple]:
    """All rows as texts, so that blanks compare, in one order."""
    frames = archive.rows(archive.series())
    return sorted(
        tuple(map(str, row)) for one in frames for row in one.itertuples(index=False, name=None)
    )


DRAWN = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["GDP", "CPI", "Ω"]), st.sampled_from(["value", "other"]),
            st.sampled_from(["a", "b"]), st.integers(0, 5), st.integers(0, 9),
            st.sampled_from([1.0, 2.0, np.nan]), st.sampled_from(["%", "index"]),
            st.sampled_from(["stated", "seen", "rule"]),
        ),
        max_size=8,
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(DRAWN, st.integers(0, 5), st.sampled_from([("a", "b"), ("b", "a"), ("b",)]))
def test_merging_changes_nothing_that_was_known(drawn: list, early: int, order: tuple[str, ...]):
    """Whatever the parts and when they are merged: the same rows, and the same as of any moment."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        loose, merged = Archive(Path(one)), Archive(Path(other))
        for number, part in enumerate(drawn):
            for archive in (loose, merged):
                append(archive, rows(*part), f"file {number}")
            if number == early:
                merged.compact()
        merged.compact()
        assert len(merged.parts()) <= 1
        assert everything(merged) == everything(loose)
        assert merged.series() == loose.series()
        assert merged.end() == loose.end()
        wanted = dict.fromkeys(("GDP", "CPI", "Ω"), order)
        for number in range(10):
            then, now = (a.as_of(day(number), wanted) for a in (loose, merged))
            assert then.hash == now.hash
            assert {k: c.basis for k, c in then.columns.items()} == {
                k: c.basis for k, c in now.columns.items()
            }


def test_the_number_of_parts_is_bounded(tmp_path: Path):
    """A hundred pulls, half of them without news, leave a few files, and every row once."""
    archive, most = Archive(tmp_path), 0
    for number in range(100):
        now = day(number) + dt.timedelta(hours=2)
        frame = plain(number - number % 2)
        frame["known_at"] = pd.Series(pd.NaT, frame.index, dtype="datetime64[us, UTC]")
        archive.arrive(frame, origin="feed", now=now)
        most = max(most, sum(1 for one in tmp_path.rglob("*") if one.is_file()))
    assert most <= 64
    assert len(values_at(archive, day(99) + dt.timedelta(hours=2))) == 50
    assert archive.coverage()["rows"].tolist() == [50]


def values_at(archive: Archive, at: dt.datetime) -> list[float]:
    column = archive.as_of(at, {"GDP": ()}).get("GDP", "value")
    return [] if column is None else column.value.tolist()


def test_notes_outlive_their_parts(tmp_path: Path):
    """Who delivered what is still known, and a delivery that was merged is not added again."""
    archive = Archive(tmp_path)
    append(archive, plain(1), "first")
    append(archive, plain(2), "second")
    assert archive.compact()
    assert not archive.compact()
    assert archive.has("first", END)
    assert not archive.has("first", END - dt.timedelta(1))
    assert append(Archive(tmp_path), plain(1), "first") == 0
    assert values(archive) == [1.0, 2.0]


def test_a_reader_goes_on_over_a_merge(tmp_path: Path):
    """A reader with parts in mind that were merged and deleted finds the same rows elsewhere."""
    for number in range(3):
        append(Archive(tmp_path), plain(number))
    reader = Archive(tmp_path)
    assert reader.series() == {"GDP"}  # it has listed the parts, and read no value yet
    listed = reader.parts()
    Archive(tmp_path).compact()
    assert not any(path.exists() for path in listed)
    assert values(reader) == [0.0, 1.0, 2.0]


def test_a_part_that_goes_while_it_is_read(tmp_path: Path):
    """Reading begins again when a part is gone, and says so when a merged part stays away."""
    archive = Archive(tmp_path)
    append(archive, plain(1))
    merged, tries = Archive(tmp_path), []

    def read(listing: object) -> list[str]:
        paths = archive._parts.paths(listing)
        if not tries:
            merged.compact()  # between the listing and the reading
        tries.append(1)
        return [path.read_bytes()[:4].decode() for path in paths]

    assert archive._parts.again(read) == ["PAR1"]
    assert len(tries) == 2
    for path in archive.parts():
        path.unlink()
    with pytest.raises(WorkbenchError, match="lacks a part that its manifest names"):
        values(Archive(tmp_path))


def test_a_crash_before_the_manifest_doubles_nothing(tmp_path: Path):
    """A merged part that no manifest names does not count, and is swept when it is old."""
    archive = Archive(tmp_path)
    append(archive, plain(1))
    append(archive, plain(2))
    orphan = tmp_path / "compacted" / "orphan.parquet"
    orphan.parent.mkdir()
    shutil.copy(archive.parts()[0], orphan)
    assert values(Archive(tmp_path)) == [1.0, 2.0]
    archive.compact()
    assert orphan.exists()  # another writer may be at work on it
    os.utime(orphan, (0, 0))
    append(archive, plain(3))
    archive.compact()
    assert not orphan.exists()
    assert values(Archive(tmp_path)) == [1.0, 2.0, 3.0]


def test_a_crash_after_the_manifest_doubles_nothing(tmp_path: Path):
    """Loose parts that were taken in but not deleted yet do not count twice."""
    archive = Archive(tmp_path / "archive")
    append(archive, plain(1))
    append(archive, plain(2))
    shutil.copytree(tmp_path / "archive", tmp_path / "copy")
    archive.compact()
    for path in (tmp_path / "copy").glob("*.parquet"):
        shutil.copy(path, tmp_path / "archive" / path.name)
    left = Archive(tmp_path / "archive")
    assert left.coverage()["rows"].tolist() == [2]
    append(left, plain(3))
    left.compact()
    assert list((tmp_path / "archive").glob("*.parquet")) == []
    assert left.coverage()["rows"].tolist() == [3]


def test_of_two_writers_one_merges(tmp_path: Path):
    """The slower of two changes nothing, deletes nothing but its own, and loses no row."""
    one, other = Archive(tmp_path), Archive(tmp_path)
    append(one, plain(1))
    append(one, plain(2))
    stale = other._parts.listed()
    append(one, plain(3))
    shutil.copytree(tmp_path, tmp_path.with_name("kept"))
    assert one.compact()
    assert not compaction.merge(other._parts, stale, ())  # its parts are gone
    for path in tmp_path.with_name("kept").glob("*.parquet"):
        shutil.copy(path, tmp_path / path.name)  # as if they had not been deleted yet
    assert not compaction.merge(Archive(tmp_path)._parts, stale, ())
    assert values(Archive(tmp_path)) == [1.0, 2.0, 3.0]
    files = sorted(path.suffix for path in (tmp_path / "compacted").iterdir())
    assert files == [".json", ".manifest", ".parquet"]


def test_small_merges_leave_large_parts_alone(tmp_path: Path):
    """A large part is not rewritten for every few small ones."""
    archive = Archive(tmp_path)
    append(archive, plain(*range(500)))
    archive.compact()
    large = archive.parts()[0]
    for number in range(compaction.LOOSE + 1):
        append(archive, plain(600 + number))
    assert archive.parts()[0] == large
    assert len(archive.parts()) == 2


def test_a_desks_series_lie_together(tmp_path: Path):
    """Row groups end with a series, and one series is read without the others."""
    count = blocks.LEAST
    days = pd.Timestamp(BEGIN) + pd.to_timedelta(np.arange(count), unit="min")
    one = plain(1).loc[[0] * count].assign(at=days, known_at=days)
    archive = Archive(tmp_path)
    for name in ("C", "A", "B"):
        append(archive, one.assign(series=name))
    archive.compact()
    footer = pq.read_metadata(archive.parts()[0])
    assert footer.num_row_groups == 3
    assert archive._parts.groups(archive.parts()[0], {"B"}) == [1]
    assert archive._parts.groups(archive.parts()[0], {"BB"}) == []
    assert archive._parts.groups(archive.parts()[0], {"B"}, 2**62) == []


def test_a_part_from_before_the_basis(tmp_path: Path):
    """A part without the column is read as dated by the rule, alone and merged."""
    archive = Archive(tmp_path / "new")
    append(archive, plain(1, 2))
    old = pq.read_table(archive.parts()[0]).drop_columns(["basis"])
    (tmp_path / "old").mkdir()
    pq.write_table(old, tmp_path / "old" / archive.parts()[0].name)
    before = Archive(tmp_path / "old")
    for number in range(2):
        column = before.as_of(END, {"GDP": ()}).columns["GDP", "value"]
        assert (column.basis, column.value.tolist()) == ("rule", [1.0, 2.0])
        assert set(pd.concat(before.rows(["GDP"]))["basis"]) == {"rule"}
        assert set(before.coverage()["basis"]) == {"rule"}
        append(before, plain(3, series=f"X{number}"))
        assert before.compact()


def test_a_torn_part_is_told_in_one_line(tmp_path: Path):
    """A part that a disk has spoilt names itself and the remedy."""
    archive = Archive(tmp_path)
    append(archive, plain(1))
    archive.parts()[0].write_bytes(b"PAR1 and nothing more")
    with pytest.raises(WorkbenchError, match=r"The part \w+\.parquet .* Restore it from a copy"):
        values(Archive(tmp_path))


def test_a_basis_that_there_is_not():
    """What dated a row is one of three words."""
    with pytest.raises(ValueError, match="got \\['guess'\\]"):
        table(plain(1).assign(basis="guess"))

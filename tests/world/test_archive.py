"""The archive: bitemporal, append-only, and blind to the future."""

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.calendars import moment
from workbench.domain.deliveries import COLUMNS
from workbench.domain.errors import BeyondArchive, ParamsError
from workbench.world.archive import Archive

END = moment("2020-02-01T00:00Z")
BEGIN = moment("2020-01-01T00:00Z")


def rows(*values: tuple[int, int, float], source: str = "a", **changes: object) -> pd.DataFrame:
    """Observations of GDP from (day described, day known, value), in days of January 2020."""
    frame = pd.DataFrame(
        [(BEGIN + dt.timedelta(a - 1), BEGIN + dt.timedelta(k - 1), v) for a, k, v in values],
        columns=["at", "known_at", "value"],
    )
    named = frame.assign(series="GDP", field="value", unit="%", source=source, basis="rule")
    return named.assign(**changes).loc[:, list(COLUMNS)]


def day(number: int) -> dt.datetime:
    return BEGIN + dt.timedelta(number - 1)


def filled(folder: Path, *frames: pd.DataFrame) -> Archive:
    archive = Archive(folder)
    for frame in frames:
        archive.append(frame, origin="test", through=END)
    return archive


def values(archive: Archive, at: dt.datetime, *sources: str) -> list[float]:
    column = archive.as_of(at, {"GDP": sources}).get("GDP", "value")
    return [] if column is None else column.value.tolist()


def test_revisions_are_seen_from_their_day_on(tmp_path: Path):
    """As of a moment each value is the latest vintage known by then, and no later one."""
    archive = filled(tmp_path, rows((1, 5, 2.0), (2, 6, 3.0), (1, 10, 2.5), (1, 20, 1.9)))
    assert values(archive, day(4)) == []
    assert values(archive, day(5)) == [2.0]  # known at this very moment
    assert values(archive, day(9)) == [2.0, 3.0]
    assert values(archive, day(10)) == [2.5, 3.0]
    assert values(archive, day(31)) == [1.9, 3.0]


def test_a_revision_in_a_later_delivery(tmp_path: Path):
    """A revision delivered later leaves the past alone and shows from its known_at on."""
    archive = filled(tmp_path, rows((1, 5, 2.0)))
    assert values(archive, day(12)) == [2.0]
    archive.append(rows((1, 10, 2.5)), origin="test", through=END)
    assert values(archive, day(9)) == [2.0]
    assert values(archive, day(12)) == [2.5]


def test_known_at_out_of_order(tmp_path: Path):
    """A late value of an early moment does not hide or reveal its neighbours."""
    archive = filled(tmp_path, rows((1, 9, 1.0), (2, 3, 2.0), (3, 12, 3.0), (4, 5, 4.0)))
    assert values(archive, day(4)) == [2.0]
    assert values(archive, day(5)) == [2.0, 4.0]
    assert values(archive, day(9)) == [1.0, 2.0, 4.0]
    assert values(archive, day(12)) == [1.0, 2.0, 3.0, 4.0]


def test_source_preference(tmp_path: Path):
    """Of two sources the preferred one speaks where it was known; the other fills the rest."""
    archive = filled(
        tmp_path,
        rows((1, 2, 10.0), (2, 3, 20.0), source="a"),
        rows((2, 5, 21.0), (3, 5, 31.0), source="b"),
    )
    assert values(archive, day(31), "b", "a") == [10.0, 21.0, 31.0]
    assert values(archive, day(4), "b", "a") == [10.0, 20.0]  # b is not known yet
    assert values(archive, day(31), "a", "b") == [10.0, 20.0, 31.0]  # asked anew: not from cache
    assert values(archive, day(31), "a") == [10.0, 20.0]
    assert values(archive, day(31), "c") == []


def test_column_names_the_sources_it_took(tmp_path: Path):
    """A column names those sources whose values it holds, best first, and no others."""
    archive = filled(tmp_path, rows((1, 2, 1.0)), rows((1, 4, 1.1), (2, 5, 2.0), source="b"))
    for at, source in ((3, "a"), (4, "b"), (5, "b")):
        column = archive.as_of(day(at), {"GDP": ("b", "a")}).get("GDP", "value")
        assert column is not None
        assert column.source == source
    column = archive.as_of(day(5), {"GDP": ("a", "b")}).get("GDP", "value")
    assert column is not None
    assert column.source == "a+b"


def test_several_sources_without_preference(tmp_path: Path):
    """The desk chooses between sources; but one that comes later cannot spoil the past."""
    archive = filled(tmp_path, rows((1, 2, 1.0)), rows((1, 4, 1.1), source="b"))
    assert values(archive, day(3)) == [1.0]
    with pytest.raises(ParamsError, match=r"GDP has 2 sources .* \(a, b\) and the desk prefers"):
        values(archive, day(4))


def test_blank_is_a_value(tmp_path: Path):
    """A published blank is kept as NaN, and a revision may fill it."""
    archive = filled(tmp_path, rows((1, 2, np.nan), (2, 3, 2.0), (1, 9, 1.0)))
    assert np.isnan(values(archive, day(4))[0])
    assert values(archive, day(9)) == [1.0, 2.0]
    assert archive.coverage()["blanks"].tolist() == [1]


def test_beyond_the_last_pull(tmp_path: Path):
    """After the last delivery nothing is known, which is an error and not the latest value."""
    archive = filled(tmp_path, rows((1, 2, 1.0)))
    assert values(archive, END) == [1.0]
    with pytest.raises(BeyondArchive, match="the last pull reached 2020-02-01T00:00:00Z"):
        values(archive, END + dt.timedelta(seconds=1))


def test_empty_archive(tmp_path: Path):
    """An archive without deliveries says what to run."""
    archive = Archive(tmp_path / "none")
    assert archive.end() is None
    assert archive.coverage().empty
    with pytest.raises(BeyondArchive, match=r"is empty, .* 'workbench archive import PATH'"):
        values(archive, day(1))


def test_append_is_idempotent(tmp_path: Path):
    """The same delivery twice, even in another order of rows, adds nothing."""
    archive = Archive(tmp_path)
    frame = rows((1, 5, 2.0), (2, 6, np.nan), (1, 10, 2.5))
    assert archive.append(frame, origin="test", through=END) == 3
    assert archive.append(frame[::-1], origin="test", through=END) == 0
    assert archive.append(frame.astype({"series": "category"}), origin="x", through=END) == 0
    assert len(archive.parts()) == 1
    assert values(archive, day(10))[0] == 2.5


def test_another_reader_sees_a_new_part(tmp_path: Path):
    """A reader that has data in memory notices what another process delivered."""
    reader = filled(tmp_path, rows((1, 2, 1.0)))
    assert values(reader, day(5)) == [1.0]
    filled(tmp_path, rows((2, 3, 2.0)))
    assert values(reader, day(5)) == [1.0, 2.0]


def test_columns_cannot_be_written(tmp_path: Path):
    """What was read from the archive is read-only, revised or not."""
    archive = filled(tmp_path, rows((1, 5, 2.0), (2, 6, 3.0), (1, 10, 2.5)))
    column = archive.as_of(day(10), {"GDP": ()}).get("GDP", "value")
    assert column is not None
    for array in (column.at, column.known_at, column.value):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_coverage(tmp_path: Path):
    """The status table counts each series, field and source over all parts."""
    archive = filled(tmp_path, rows((1, 5, 2.0), (2, 6, 3.0)), rows((3, 9, 1.0), (1, 10, 2.5)))
    table = archive.coverage()
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["series"], row["field"], row["source"], row["unit"]) == ("GDP", "value", "a", "%")
    assert (row["rows"], row["blanks"]) == (4, 0)
    assert (row["first"], row["last"], row["known"]) == (day(1), day(3), day(10))


def key(row: tuple) -> tuple:
    return (*row[:2], row[3], *row[5:])


VINTAGES = st.lists(
    st.tuples(
        st.integers(1, 12),  # day described
        st.integers(1, 24),  # day known
        st.floats(allow_infinity=False, width=32),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["%", "index"]),
        st.sampled_from(["GDP", "CPI"]),
        st.sampled_from(["value", "volume"]),
    ),
    min_size=1,
    max_size=25,
    unique_by=key,
)


@settings(max_examples=60, deadline=None)
@given(VINTAGES, st.integers(1, 24), st.sampled_from([("a", "b"), ("c",), ("b", "c", "a")]))
def test_no_future_changes_the_past(drawn: list[tuple], cut: int, preferred: tuple[str, ...]):
    """Append any future to the archive, and what was seen as of the past stays the same."""
    frame = pd.concat(
        rows((at, known, value), source=source, unit=unit, series=series, field=field)
        for at, known, value, source, unit, series, field in drawn
    )
    past, future = frame[frame["known_at"] <= day(cut)], frame[frame["known_at"] > day(cut)]
    with tempfile.TemporaryDirectory() as folder:
        archive = filled(Path(folder), past)
        wanted = {"GDP": preferred, "CPI": preferred}
        before = archive.as_of(day(cut), wanted)
        archive.append(future, origin="test", through=END)
        after, fresh = archive.as_of(day(cut), wanted), Archive(Path(folder))
        assert after.hash == before.hash == fresh.as_of(day(cut), wanted).hash
        assert all((c.known_at <= np.datetime64(day(cut).replace(tzinfo=None))).all()
                   for c in after.columns.values())  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(VINTAGES, st.integers(1, 24))
def test_agrees_with_the_definition(drawn: list[tuple], cut: int):
    """The fast reading equals the sentence: latest known vintage of the best source known."""
    order = ("b", "c", "a")
    frame = pd.concat(
        rows((at, known, value), source=source) for at, known, value, source, *_ in drawn
    ).drop_duplicates(["at", "known_at", "source"])
    known = frame[frame["known_at"] <= day(cut)]
    expected = []
    for _, group in known.groupby("at"):
        best = min(group["source"], key=order.index)
        expected.append(group[group["source"] == best].sort_values("known_at")["value"].iloc[-1])
    with tempfile.TemporaryDirectory() as folder:
        found = values(filled(Path(folder), frame), day(cut), *order)
    np.testing.assert_array_equal(found, np.array(expected, float))


def test_what_lies_before_a_moment_can_be_left_out(tmp_path: Path):
    """Of a long series only the end is read, by the moment described, and later all of it."""
    archive = filled(tmp_path, rows((1, 2, 1.0), (5, 6, 5.0), (9, 10, 9.0), (5, 12, 5.5)))
    for at, since, seen in (
        (day(31), day(5), [5.5, 9.0]),  # the moment itself is in
        (day(11), day(5), [5.0, 9.0]),  # of a vintage that was known
        (day(7), day(6), []),
        (day(31), day(20), []),
    ):
        column = archive.as_of(at, {"GDP": ()}, since).get("GDP", "value")
        assert ([] if column is None else column.value.tolist()) == seen
    assert values(archive, day(31)) == [1.0, 5.5, 9.0]


def test_which_series_there_are(tmp_path: Path):
    """All ids of all parts, those of a part that came a moment ago too."""
    archive = filled(tmp_path)
    assert archive.series() == frozenset()
    for name in ("GDP", "CPI", "CPI@1h"):
        archive.append(rows((1, 2, 1.0), series=name), origin="test", through=END)
        assert name in archive.series()
    assert archive.series() == {"GDP", "CPI", "CPI@1h"}


def test_two_sources_of_finer_bars_are_not_mixed(tmp_path: Path):
    """Without a preference they are refused, with the key of the params that prefers one."""
    two = [rows((1, 2, 1.0), series="GDP@1h", source=name) for name in ("a", "b")]
    with pytest.raises(ParamsError, match=r"GDP@1h has 2 sources .*'instruments: ... intraday:'"):
        filled(tmp_path, *two).as_of(day(31), {"GDP@1h": ()})

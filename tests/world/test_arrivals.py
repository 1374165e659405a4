"""Arrivals: what a pull adds, and that none changes what was known at an earlier one."""

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.calendars import moment
from workbench.domain.deliveries import COLUMNS, none_delivered
from workbench.domain.errors import ImportRefused
from workbench.domain.instruments import Instrument
from workbench.world.archive import Archive
from workbench.world.feeds.endpoints import Row, delivered

BEGIN = moment("2026-01-01T00:00Z")


def hour(number: float) -> dt.datetime:
    return BEGIN + dt.timedelta(hours=number)


def frame(*rows: tuple[float, float | None, float], **names: str) -> pd.DataFrame:
    """Of the crypto mood, with a lag of an hour: (hour described, hour stated, value)."""
    called = {"series": "CRYPTO_FNG", "field": "value", "unit": "points of 100"} | names
    source = called.pop("source", "a")
    return delivered(source, [
        Row(at=hour(at), value=value, known_at=None if known is None else hour(known),
            basis="rule" if known is None else "stated", **called)
        for at, known, value in rows
    ]).observations  # fmt: skip


def pull(archive: Archive, now: float, *frames: pd.DataFrame, **options: object) -> int:
    return sum(archive.arrive(one, origin="feed", now=hour(now), **options)[0] for one in frames)


def held(archive: Archive) -> list[tuple[float, float, float, str]]:
    """Hour described, hour known, value and basis of every row."""
    rows = pd.concat(archive.rows(archive.series()))
    since = [
        (rows[name] - pd.Timestamp(BEGIN)) / pd.Timedelta(hours=1) for name in ("at", "known_at")
    ]
    return sorted(zip(*since, rows["value"], rows["basis"].astype(str), strict=True))


def test_a_first_pull_is_dated_by_the_contract(tmp_path: Path):
    """History of a series that was never pulled is known its contract's lag after its moment."""
    archive = Archive(tmp_path)
    assert pull(archive, 100, frame((24, None, 1.0), (48, None, np.nan), (72, 73.5, 3.0))) == 3
    first, blank, stated = held(archive)
    assert first == (24, 25, 1.0, "rule")
    assert (blank[:2], np.isnan(blank[2]), blank[3]) == ((48, 49), True, "rule")
    assert stated == (72, 73.5, 3.0, "stated")


def test_what_is_held_is_not_added_again(tmp_path: Path):
    """A source that repeats its history adds its new day; a blank equals a blank."""
    archive = Archive(tmp_path)
    rows = [(24, None, 1.0), (48, None, np.nan)]
    assert pull(archive, 60, frame(*rows)) == 2
    assert pull(archive, 61, frame(*rows)) == 0
    assert pull(archive, 74, frame(*rows, (72, None, 3.0))) == 1
    assert held(archive)[-1] == (72, 73, 3.0, "rule")
    assert archive.end() == hour(74)


def test_a_revision_is_known_when_we_see_it(tmp_path: Path):
    """Another value of a moment is a new row as of the pull, whatever the rule says of it."""
    archive = Archive(tmp_path)
    pull(archive, 30, frame((24, None, 1.0)))
    assert pull(archive, 50, frame((24, None, 2.0))) == 1
    assert pull(archive, 60, frame((24, None, 1.0))) == 1  # and back
    assert held(archive) == [(24, 25, 1.0, "rule"), (24, 50, 2.0, "seen"), (24, 60, 1.0, "seen")]
    column = archive.as_of(hour(59), {"CRYPTO_FNG": ()}).get("CRYPTO_FNG", "value")
    assert column is not None
    assert (column.value.tolist(), column.basis) == ([2.0], "seen")


def test_another_unit_is_a_revision(tmp_path: Path):
    """The same number in another unit is another value."""
    archive = Archive(tmp_path)
    pull(archive, 30, frame((24, None, 1.0)))
    assert pull(archive, 50, frame((24, None, 1.0), unit="%")) == 1
    assert archive.as_of(hour(50), {"CRYPTO_FNG": ()}).columns["CRYPTO_FNG", "value"].unit == "%"


@pytest.mark.parametrize("stated", [None, 26.0])
def test_what_an_earlier_pull_did_not_see_is_known_now(tmp_path: Path, stated: float | None):
    """A value that dates from before a pull that missed it was not known there."""
    archive = Archive(tmp_path)
    pull(archive, 20, frame((1, None, 0.0)))
    pull(archive, 30, none_delivered().observations)  # the feed was dark, or had nothing
    assert pull(archive, 40, frame((24, stated, 1.0))) == 1
    assert held(archive)[-1] == (24, 40, 1.0, "seen")


def test_a_stated_time_after_the_last_pull_is_kept(tmp_path: Path):
    """What the source says of the time since we last asked cannot change what was known then."""
    archive = Archive(tmp_path)
    pull(archive, 20, frame((1, None, 0.0)))
    pull(archive, 40, frame((24, 30, 1.0)))
    assert held(archive)[-1] == (24, 30, 1.0, "stated")


def test_nothing_is_known_after_the_pull_that_brought_it(tmp_path: Path):
    """A rule or a source that says later than now is wrong: here it is."""
    archive = Archive(tmp_path)
    pull(archive, 24.5, frame((24, None, 1.0), (20, 99, 2.0)))
    assert held(archive) == [(20, 24.5, 2.0, "seen"), (24, 24.5, 1.0, "seen")]
    assert archive.as_of(hour(24.5), {"CRYPTO_FNG": ()}).columns


def test_nothing_is_known_before_it_happened(tmp_path: Path):
    """A stated time before the moment described is impossible for a day's value: the rule holds."""
    archive = Archive(tmp_path)
    pull(archive, 90, frame((24, 3, 1.0)))
    pull(archive, 90, frame((72, 60, 1.0), series="UNRATE", unit="%"))  # of a month there may be
    assert held(archive) == [(24, 25, 1.0, "rule"), (72, 60, 1.0, "stated")]


def test_a_later_moment_than_the_pull_is_refused(tmp_path: Path):
    """A row about the future is an unfinished bar or a wrong clock; nothing of it is stored."""
    archive = Archive(tmp_path)
    with pytest.raises(
        ImportRefused, match=r"feed brought CRYPTO_FNG value at 2026-01-02T01:00.*1 such"
    ):
        pull(archive, 24, frame((24, None, 1.0), (25, None, 1.0)))
    assert archive.end() is None


def test_pulls_come_in_order(tmp_path: Path):
    """A pull as of an earlier moment than the last would change what was known since."""
    archive = Archive(tmp_path)
    pull(archive, 30, frame((24, None, 1.0)))
    with pytest.raises(ImportRefused, match=r"as of 2026-01-02T04:00:00Z comes after one as of"):
        pull(archive, 28, frame((24, None, 2.0)))
    assert len(held(archive)) == 1


def test_microseconds_of_a_pull_are_kept(tmp_path: Path):
    """What was seen now is known as of now, not a fraction of a second after the archive ends."""
    archive, now = Archive(tmp_path), hour(30) + dt.timedelta(microseconds=7)
    archive.arrive(frame((29.9, None, 1.0)), origin="feed", now=now)
    assert archive.end() == now
    assert archive.as_of(now, {"CRYPTO_FNG": ()}).get("CRYPTO_FNG", "value") is not None


def test_all_vintages_that_a_source_states(tmp_path: Path):
    """A first pull of a source with vintages keeps each; a later one adds those that followed."""
    archive = Archive(tmp_path)
    named = {"series": "UNRATE", "unit": "%"}
    first = [(24, 30, 4.0), (24, 40, 4.1), (24, 45, 4.1), (24, 50, 4.0)]
    assert pull(archive, 60, frame(*first, **named)) == 3  # one vintage repeats the one before
    assert pull(archive, 61, frame(*first, **named)) == 0
    assert pull(archive, 80, frame(*first, (24, 70, 4.3), **named)) == 1
    # What it says of the time before we asked last is not news; its present value is.
    assert pull(archive, 90, frame(*first, (24, 75, 9.0), (24, 70, 4.3), **named)) == 1
    assert [(known, value, basis) for _, known, value, basis in held(archive)] == [
        (30, 4.0, "stated"), (40, 4.1, "stated"), (50, 4.0, "stated"), (70, 4.3, "stated"),
        (90, 9.0, "seen"),
    ]  # fmt: skip


def test_a_blank_hides_no_number(tmp_path: Path):
    """Null where a value was given is a gap, and the value stands; a blank of its own is kept."""
    archive = Archive(tmp_path)
    pull(archive, 30, frame((24, None, 1.0), (25, 25, 2.0)))
    came = frame((24, None, np.nan), (25, 25, np.nan), (26, None, np.nan), (27, None, 4.0))
    added, gaps = archive.arrive(came, origin="feed", now=hour(40))
    assert added == 2
    assert [(one.series, one.code) for one in gaps] == [("CRYPTO_FNG", "null_for_known")]
    assert gaps[0].reason.startswith("value is blank at 2 moment(s)")
    latest = archive.as_of(hour(40), {"CRYPTO_FNG": ()}).columns["CRYPTO_FNG", "value"]
    np.testing.assert_array_equal(latest.value, [1.0, 2.0, np.nan, 4.0])
    assert pull(archive, 50, frame((26, None, 3.0))) == 1  # a number says more than a blank
    both = frame((28, None, 5.0), (28, None, np.nan))
    assert [one.code for one in archive.arrive(both, origin="feed", now=hour(51))[1]] == [
        "null_for_known"
    ]
    assert held(archive)[-1][2] == 5.0


def test_a_source_may_withdraw_by_a_later_vintage(tmp_path: Path):
    """What ALFRED states as blank from a day on is no longer known from that day on (S30, S31)."""
    archive, named = Archive(tmp_path), {"series": "UNRATE", "unit": "%"}
    pull(archive, 60, frame((24, 30, np.nan), (24, 40, 4.1), **named))
    assert pull(archive, 80, frame((24, 40, 4.1), (24, 70, np.nan), **named)) == 1
    assert [(known, str(value)) for _, known, value, _ in held(archive)] == [
        (30, "nan"), (40, "4.1"), (70, "nan"),
    ]  # fmt: skip


def test_a_backfill_adds_what_is_older(tmp_path: Path):
    """Moments before all that is held date from their own time, but only when that is asked for."""
    archive = Archive(tmp_path)
    pull(archive, 100, frame((72, None, 3.0), (96, None, 4.0)))
    pull(archive, 120, frame((24, None, 1.0)))
    assert held(archive)[0] == (24, 120, 1.0, "seen")
    pull(archive, 130, frame((12, None, 0.5), (48, None, 2.0)), backfill=True)
    assert held(archive)[0] == (12, 13, 0.5, "rule")
    assert (48, 130, 2.0, "seen") in held(archive)  # a gap that earlier pulls did not see
    pull(archive, 140, frame((24, None, 7.0)), backfill=True)
    assert (24, 140, 7.0, "seen") in held(archive)
    pull(archive, 150, frame((24, None, 7.0), field="other"), backfill=True)
    assert sum(row[1] < 120 for row in held(archive)) == 4


def test_an_import_is_no_pull(tmp_path: Path):
    """History from a file does not date a first pull, and what a file holds is not added again."""
    archive = Archive(tmp_path)
    rows = frame((24, None, 1.0)).assign(known_at=pd.Timestamp(hour(25)))
    archive.append(rows, origin="file", through=hour(200))
    assert pull(archive, 100, frame((24, None, 1.0), (48, None, 2.0))) == 1
    assert held(archive)[-1] == (48, 49, 2.0, "rule")


def test_the_desks_own_instrument_says_its_lag(tmp_path: Path):
    """Bars of an instrument of the params wait for its lag, finer bars too."""
    own = Instrument(symbol="DOGE", name="dogecoin", venue="24/7", lag_minutes=30)
    rows = [frame((24, None, 1.0), series=name, field="close") for name in ("DOGE", "DOGE@1h")]
    archive = Archive(tmp_path)
    assert pull(archive, 48, *rows, instruments=[own]) == 2
    assert [known for _, known, _, _ in held(archive)] == [24.5, 24.5]


ROWS = st.tuples(
    st.sampled_from(["CRYPTO_FNG", "UNRATE"]),
    st.sampled_from(["value", "other"]),
    st.sampled_from(["a", "b"]),
    st.integers(1, 30),  # hour described
    st.none() | st.integers(0, 45),  # hour stated
    st.sampled_from([1.0, 2.0, np.nan]),
)
PULLS = st.lists(
    st.tuples(st.integers(1, 8), st.lists(ROWS, max_size=6), st.booleans()), min_size=2, max_size=5
)


@settings(max_examples=40, deadline=None)
@given(PULLS)
def test_no_pull_changes_what_was_known_at_an_earlier_one(drawn: list[tuple]):
    """For any sequence of pulls, merged at any time: as of each earlier one all stays as it was."""
    with tempfile.TemporaryDirectory() as folder:
        archive, now, pulled = Archive(Path(folder)), 0, set()
        seen: list[tuple[dt.datetime, dict[str, tuple[str, ...]], str]] = []
        for step, rows, merged in drawn:
            now += step
            past = [row for row in rows if row[3] <= now]
            for name in ("a", "b"):  # two feeds of one pull
                made = [
                    frame((at, known, value), series=series, field=field, source=source)
                    for series, field, source, at, known, value in past
                    if source == name
                ]
                archive.arrive(
                    pd.concat(made, ignore_index=True) if made else none_delivered().observations,
                    origin=name, now=hour(now),
                )  # fmt: skip
            pulled |= {row[0] for row in past}
            if merged:
                archive.compact()
            fresh = Archive(Path(folder))
            for at, wanted, digest in seen:
                if at < hour(now):  # the same moment is the same pull
                    assert archive.as_of(at, wanted).hash == digest
                    assert fresh.as_of(at, wanted).hash == digest
            wanted = dict.fromkeys(pulled, ("a", "b"))
            moments = {hour(one) for one in (now, now - 0.5, now - step, now / 2)}
            seen += [(at, wanted, archive.as_of(at, wanted).hash) for at in moments]
            rows_now = pd.concat([*archive.rows(pulled), pd.DataFrame(columns=list(COLUMNS))])
            assert (pd.to_datetime(rows_now["known_at"], utc=True) <= pd.Timestamp(hour(now))).all()
            latest = archive.as_of(hour(now), wanted)
            for series, field, source, at, known, value in past:
                said = [one for one in past if one[:4] == (series, field, source, at)]
                # The preferred one's only, and no blank: that may stand behind a number.
                if len(said) == 1 and source == "a" and known is None and value > 0:
                    column = latest.columns[series, field]
                    own = np.flatnonzero(column.at == np.datetime64(hour(at).replace(tzinfo=None)))
                    np.testing.assert_array_equal(column.value[own], [value])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.integers(1, 6), st.sampled_from([1.0, 2.0, np.nan]), min_size=1),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_a_number_is_followed_by_numbers_alone(drawn: list[dict[int, float]]):
    """For any pulls of a source that states no vintages, the last number that came of a moment is
    what is known of it, whatever blanks came after, and each of these is a gap.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive, known = Archive(Path(folder)), dict[int, float]()
        for place, rows in enumerate(drawn):
            came = frame(*((at, None, value) for at, value in rows.items()))
            _, gaps = archive.arrive(came, origin="feed", now=hour(10 + place))
            empty = {at for at, value in rows.items() if np.isnan(value)}
            assert bool(gaps) == any(known.get(at, np.nan) == known.get(at) for at in empty)
            known |= {at: value for at, value in rows.items() if at not in known or value > 0}
            latest = archive.as_of(hour(10 + place), {"CRYPTO_FNG": ()})
            column = latest.columns["CRYPTO_FNG", "value"]
            np.testing.assert_array_equal(column.value, [known[at] for at in sorted(known)])

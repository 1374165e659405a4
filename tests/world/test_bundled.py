"""The bundled history: real, complete, and never known early."""

import datetime as dt

import numpy as np
import pytest

from workbench.domain.calendars import moment, venue
from workbench.domain.errors import BeyondArchive
from workbench.world.archive import Archive
from workbench.world.feeds import bundled

EVERYTHING = dict.fromkeys(("SPX", "COMP", "VIX", "WTI", "AAA", "BAA", "CPILFESL"), ())


def test_index_has_each_session_once(bundle: Archive):
    """The S&P 500's 5,031 closes are the official closes of the XNYS sessions, none amiss."""
    sessions = venue("XNYS").between(dt.date(1999, 1, 1), dt.date(2018, 12, 31))
    for series in ("SPX", "COMP"):
        column = bundle.as_of(bundled.THROUGH, EVERYTHING).get(series)
        assert column is not None
        closes = [s.close.replace(tzinfo=None) for s in sessions]
        assert len(column.at) == 5031
        assert list(column.at.astype(object)) == closes
        assert not np.isnan(column.value).any()


def test_vix_blanks_are_holidays(bundle: Archive):
    """Every blank that the VIX file holds lies on a day without a session: none is a lost close."""
    rows = bundled.observations().query("series == 'VIX'")
    blanks = rows[rows["value"].isna()]
    closed = [not venue("XNYS").is_session(day) for day in blanks["at"].dt.date]
    assert len(blanks) == 46
    assert all(closed)


def test_vix_is_dark_before_its_file_begins(bundle: Archive):
    """Before 2014 the bundle has no VIX, and says so by its absence."""
    assert bundle.as_of(moment("2014-01-02T12:00Z"), EVERYTHING).get("VIX") is None
    assert bundle.as_of(moment("2014-02-01T12:00Z"), EVERYTHING).get("VIX") is not None


def test_nothing_is_known_before_its_publication(bundle: Archive):
    """The fall of 2018-02-05 is known 15 minutes after the close, and the VIX' leap after 30."""
    close = np.datetime64("2018-02-05T21:00")
    before = bundle.as_of(moment("2018-02-05T21:14:59Z"), EVERYTHING)
    assert all(column.at[-1] < close for column in before.columns.values())
    index = bundle.as_of(moment("2018-02-05T21:15Z"), EVERYTHING)
    spx, vix = index.get("SPX"), index.get("VIX")
    assert spx is not None
    assert vix is not None
    assert (spx.at[-1], round(float(spx.value[-1]), 2)) == (close, 2648.94)
    assert vix.at[-1] < close
    later = bundle.as_of(moment("2018-02-05T21:30Z"), EVERYTHING).get("VIX")
    assert later is not None
    assert (later.at[-1], float(later.value[-1])) == (close, 37.32)


def test_no_row_is_known_before_the_moment_it_describes():
    """Publication never precedes what is published."""
    rows = bundled.observations()
    assert (rows["known_at"] > rows["at"]).all()


def test_the_bundle_ends_with_2018(bundle: Archive):
    """Beyond the bundle's last evening the archive refuses to guess."""
    assert bundle.end() == bundled.THROUGH
    with pytest.raises(BeyondArchive, match="the last pull reached 2018-12-31T22:00:00Z"):
        bundle.as_of(moment("2019-01-02T00:00Z"), EVERYTHING)


def test_units_and_sources(bundle: Archive):
    """Each column states its unit and the file it comes from."""
    seen = bundle.as_of(bundled.THROUGH, EVERYTHING)
    said = {key: (column.unit, column.source) for key, column in seen.columns.items()}
    assert said["SPX", "close"] == ("points", "arch.sp500")
    assert said["SPX", "volume"] == ("shares", "arch.sp500")
    assert said["WTI", "value"] == ("USD a barrel", "arch.wti")
    assert said["AAA", "value"] == ("%", "arch.default")

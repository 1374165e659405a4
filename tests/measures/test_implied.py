"""The term structure: closes by span, aligned by session, and its slope."""

from collections.abc import Callable

import numpy as np
import pytest

from workbench.measures.implied import curve, slope
from workbench.measures.prices import Bars

BarsOf = Callable[..., Bars]


def test_spans_stand_from_near_to_far_on_the_sessions_asked_for(bars_of: BarsOf):
    """Columns go from the shortest span on; a session without a close is a gap in its own."""
    vix = bars_of([15.0, 16.0, 17.0, 18.0], symbol="VIX")
    far = bars_of([18.0, 18.0, 18.0, 18.0], symbol="VIX3M").picked(np.array([0, 1, 3]))
    near = bars_of([14.0, 14.0, 14.0, 14.0], symbol="VIX9D")
    other = bars_of([1.0], symbol="SPX")
    found = curve({"SPX": other, "VIX3M": far, "VIX": vix, "VIX9D": near}, vix.dates)
    assert list(found) == ["VIX9D", "VIX", "VIX3M"]
    assert list(found.index.to_numpy().astype("datetime64[D]")) == list(vix.dates)
    assert list(found["VIX"]) == [15, 16, 17, 18]
    assert list(np.isnan(found["VIX3M"])) == [False, False, True, False]


def test_the_slope_is_near_over_far(bars_of: BarsOf):
    """Below one where far insurance costs more; NaN, never one, where either is missing."""
    vix = bars_of([15.0, 36.0, 17.0], symbol="VIX")
    far = bars_of([20.0, 24.0, 18.0], symbol="VIX3M").until(2)
    found = slope(curve({"VIX": vix, "VIX3M": far}, vix.dates))
    assert list(found.iloc[:2]) == pytest.approx([0.75, 1.5])
    assert np.isnan(found.iloc[2])


def test_without_a_far_span_there_is_no_slope(bars_of: BarsOf):
    """A desk with the VIX alone has no term structure, and no number stands in for one."""
    vix = bars_of([15.0, 16.0], symbol="VIX")
    assert slope(curve({"VIX": vix}, vix.dates)).isna().all()

"""House minds: what each needs, what it says without it, and what it may not see."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.domain.instruments import find
from workbench.domain.records import Absence
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures import house, prices
from workbench.measures.house import MINDS, View
from workbench.measures.prices import Bars

SPX = find("SPX")
MANDATES = Path(__file__).parents[2] / "params" / "minds"


def slice_of(name: str) -> tuple[list[str], list[str]]:
    """Series and fields that a mind's own file lets it see."""
    head = (MANDATES / f"{name.lower()}.md").read_text("utf-8").split("---")[1]
    said = yaml.safe_load(head)
    desk = ["SPX", "COMP", "VIX"]  # what "instruments" stands for on the default desk
    series = [s for named in said["series"] for s in (desk if named == "instruments" else [named])]
    return series, said["fields"]


def lead(seen: Snapshot) -> Bars:
    own = prices.bars(seen, SPX)
    assert own is not None
    return own


def think(name: str, seen: Snapshot) -> View:
    found = MINDS[name](seen, lead(seen))
    assert isinstance(found, View), found
    return found


def absent(name: str, seen: Snapshot, own: Bars | None = None) -> str:
    found = MINDS[name](seen, lead(seen) if own is None else own)
    assert isinstance(found, Absence)
    assert (found.mind, found.scope) == (name, "")
    return found.reason


def cut(own: Bars, n: int) -> Bars:
    """The last n bars."""
    return own.picked(slice(-n, None))


def only_last(column: Column, n: int) -> Column:
    return replace(
        column, at=column.at[-n:], known_at=column.known_at[-n:], value=column.value[-n:]
    )


# Present


@pytest.mark.parametrize("name", MINDS)
def test_a_present_mind_speaks(market: Callable[..., Snapshot], name: str):
    """With its slice there, a mind has a plausible width, weights for every session, findings."""
    seen = market()
    own, view = lead(seen), think(name, seen)
    assert 0.2 < view.volatility / prices.ewma_volatility(own.close)[-1] < 5
    assert view.weights.shape == (len(own),)
    assert ((view.weights > 0) & (view.weights <= 1)).all()
    assert view.weights[-1] == 1  # nothing resembles today like today
    assert view.weights.sum() ** 2 / (view.weights**2).sum() >= 400


@pytest.mark.parametrize("name", MINDS)
def test_every_number_of_an_argument_is_a_finding(market: Callable[..., Snapshot], name: str):
    """With its findings taken out, an argument holds no figure but the names of its windows."""
    view = think(name, market())
    text = view.argument
    for finding in sorted(view.findings, key=lambda f: -len(f.text)):
        assert finding.name.startswith(f"{name.lower()}_")
        text = text.replace(finding.text, "")
    assert not any(c.isdigit() for c in text.replace("22-session", ""))


@pytest.mark.parametrize("name", MINDS)
def test_a_mind_sees_its_slice_and_nothing_else(
    market: Callable[..., Snapshot], changed: Callable[..., Snapshot], name: str
):
    """Whatever stands in the series outside its slice, a mind says the same, to the last digit."""
    seen = market()
    series, fields = slice_of(name)
    shown = seen.only(series, fields)
    assert SPX.symbol in series
    outside = {key: None for key in seen.columns if key not in shown.columns}
    assert outside  # else this test could not fail
    noise = {
        key: replace(seen.columns[key], value=seen.columns[key].value[::-1] * 2) for key in outside
    }
    for other in (changed(seen, outside), changed(seen, noise)):
        one, same = think(name, seen.only(series, fields)), think(name, other.only(series, fields))
        assert (one.volatility, one.argument, one.findings) == (
            same.volatility, same.argument, same.findings,
        )  # fmt: skip
        assert (one.weights == same.weights).all()


@pytest.mark.parametrize("name", MINDS)
def test_a_mandate_lists_all_that_is_read(market: Callable[..., Snapshot], name: str):
    """Shown everything, a mind says what it says of its slice: it reads no more than it states."""
    seen = market()
    narrow, wide = think(name, seen.only(*slice_of(name))), think(name, seen)
    assert narrow.volatility == wide.volatility
    assert (narrow.weights == wide.weights).all()


@pytest.mark.parametrize("name", MINDS)
def test_no_mind_knows_the_future(
    market: Callable[..., Snapshot], shown_until: Callable[..., Snapshot], name: str
):
    """What a mind says as of a moment is the same after thirty more sessions have come."""
    whole = market(n=930)
    then = shown_until(whole, whole.as_of - dt.timedelta(days=43))
    shaken = Snapshot(
        as_of=whole.as_of,
        columns={
            key: replace(
                one, value=np.where(one.known_at > np.datetime64(then.as_of.replace(tzinfo=None)),
                                    one.value * 3, one.value),
            )
            for key, one in whole.columns.items()
        },
    )  # fmt: skip
    before, after = think(name, then), think(name, shown_until(shaken, then.as_of))
    assert before.volatility == after.volatility
    assert before.argument == after.argument


def slow(column: Column, at: np.datetime64) -> float:
    """The latest value published by a moment, found by looking at each."""
    known = [v for v, k in zip(column.value, column.known_at, strict=True) if k <= at]
    return float(known[-1]) if known else float("nan")


def test_macro_remembers_only_what_was_published(market: Callable[..., Snapshot]):
    """Each past session resembles today by the spread and oil that were known at its close."""
    seen = market()
    at = lead(seen).at
    aaa, baa, oil = (seen.columns[name, "value"] for name in ("AAA", "BAA", "WTI"))
    spread = np.array([slow(baa, t) - slow(aaa, t) for t in at])
    barrel = np.array([slow(oil, t) for t in at])
    change = np.r_[np.full(22, np.nan), np.log(barrel[22:] / barrel[:-22])]
    expected = house.similarity(np.column_stack([spread, change]))
    assert think("Macro", seen).weights == pytest.approx(expected)


# Absent


def test_macro_without_vix(market: Callable[..., Snapshot], changed: Callable[..., Snapshot]):
    """Macro is absent while VIX is dark, and says as of when."""
    seen = changed(market(), {("VIX", "close"): None})
    assert absent("Macro", seen) == "VIX is dark as of 2018-01-26T22:00:00Z"


def test_macro_with_too_little_vix(
    market: Callable[..., Snapshot], changed: Callable[..., Snapshot]
):
    """Macro needs 250 closes of VIX and says how many there are; blanks are none."""
    seen = market()
    short = only_last(seen.columns["VIX", "close"], 249)
    assert "VIX has 249 closes of the 250" in absent(
        "Macro", changed(seen, {("VIX", "close"): short})
    )
    value = seen.columns["VIX", "close"].value.copy()
    value[:-200] = np.nan
    blank = replace(seen.columns["VIX", "close"], value=value)
    assert "VIX has 200 closes" in absent("Macro", changed(seen, {("VIX", "close"): blank}))


@pytest.mark.parametrize("series", ["AAA", "BAA", "WTI"])
def test_macro_without_credit_or_oil(
    market: Callable[..., Snapshot], changed: Callable[..., Snapshot], series: str
):
    """Macro is absent without either yield or without oil."""
    seen = changed(market(), {(series, "value"): None})
    assert absent("Macro", seen) == "credit yields or oil are dark"


def test_macro_with_too_few_common_sessions(
    market: Callable[..., Snapshot], changed: Callable[..., Snapshot]
):
    """Two yields that only now begin leave too few sessions to learn from."""
    seen = market()
    short = {(s, "value"): only_last(seen.columns[s, "value"], 3) for s in ("AAA", "BAA")}
    assert absent("Macro", changed(seen, short)) == "too few sessions with VIX and credit"


def test_flow_without_ranges_or_volume(market: Callable[..., Snapshot]):
    """Flow is absent without highs and lows, and without a usable last volume."""
    seen = market()
    own = lead(seen)
    assert "no highs and lows" in absent("Flow", seen, replace(own, high=own.high * np.nan))
    assert "no highs and lows" in absent("Flow", seen, cut(own, 200))
    last = own.volume.copy()
    last[-1] = np.nan
    reason = absent("Flow", seen, replace(own, volume=last))
    assert reason == "SPX has no usable volume on 2018-01-26"


def test_flow_survives_an_older_hole(market: Callable[..., Snapshot]):
    """A volume missing some days ago, or ranges that begin late, do not silence Flow."""
    seen = market()
    own = lead(seen)
    volume, high = own.volume.copy(), own.high.copy()
    volume[-10] = np.nan
    high[:300] = np.nan
    for holed in (replace(own, volume=volume), replace(own, high=high)):
        assert isinstance(MINDS["Flow"](seen, holed), View)


def test_contrarian_needs_two_years(market: Callable[..., Snapshot]):
    """Contrarian is absent under 500 closes and says how many there are."""
    seen = market()
    own = lead(seen)
    assert absent("Contrarian", seen, cut(own, 499)) == "SPX has 499 closes of 500"
    assert isinstance(MINDS["Contrarian"](seen, cut(own, 500)), View)


def test_contrarian_expects_a_quarter_of_the_way_back(market: Callable[..., Snapshot]):
    """In logs three parts of its width are today's and one is all history's."""
    seen = market()
    sigma = prices.ewma_volatility(lead(seen).close)
    usual = np.exp(np.mean(np.log(sigma[60:])))
    assert think("Contrarian", seen).volatility == pytest.approx(
        np.exp(0.75 * np.log(sigma[-1]) + 0.25 * np.log(usual))
    )


# Similarity

features = arrays(
    float, st.tuples(st.integers(2, 60), st.integers(1, 3)),
    elements=st.floats(-10, 10) | st.just(float("nan")),
)  # fmt: skip


@given(features)
def test_similarity_is_bounded(rows: np.ndarray):
    """Weights lie in (0, 1], today's is 1, and none falls under the floor of 0.02."""
    found = house.similarity(rows)
    assert found.shape == (len(rows),)
    assert ((found >= 0.02 - 1e-12) & (found <= 1)).all()
    assert found[-1] == 1
    if np.isnan(rows[-1]).any():
        assert (found == 1).all()  # nothing to resemble
    else:
        assert found[np.isnan(rows).any(axis=1)] == pytest.approx(0.02)


def test_similarity_orders_by_nearness():
    """A nearer day weighs more, whatever the unit of a column."""
    rows = np.array([[5.0, 1], [3, 1], [1, 1], [0, 1]])
    found = house.similarity(rows)
    assert list(np.argsort(found)) == [0, 1, 2, 3]
    assert house.similarity(rows * [1000, 7]) == pytest.approx(found)


def test_similarity_leaves_enough_days():
    """However extreme today is, what is left is worth at least 400 of 2,000 days, if it can be."""
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((2000, 2))
    rows[-1] = [2.5, -2.5]
    found = house.similarity(rows)
    assert found.sum() ** 2 / (found**2).sum() >= 400

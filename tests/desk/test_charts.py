"""Figures: words that the data prove, strikes where the claim has them, and never a "nan"."""

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from workbench.desk import charts, figures
from workbench.domain import claims
from workbench.domain.calendars import to_datetime, to_numpy, venue
from workbench.domain.claims import Claim, Reference, Window, with_references
from workbench.domain.instruments import Instrument
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures.answers import outcomes
from workbench.measures.bins import binned
from workbench.measures.prices import Bars
from workbench.measures.regimes import MIN_SESSIONS
from workbench.measures.scenarios import Episodes, ewma_scaled
from workbench.steps import accounted
from workbench.steps.bench import Bench

ONE = Instrument(symbol="ONE", name="First", unit="points")
TWO = Instrument(symbol="TWO", name="Second", unit="points")
AS_OF = dt.datetime(2018, 1, 26, 22, tzinfo=dt.UTC)
FROM = "Source: made, as of 26 Jan 2018 22:00 UTC."


def bars(one: Instrument, price: float, seed: int) -> Bars:
    """Four hundred sessions that end at a price."""
    calendar, n = venue(one.venue), 400
    last = int(np.searchsorted(calendar.closes, to_numpy(AS_OF)))
    at = calendar.closes[last - n : last]
    walk = np.cumsum(np.random.default_rng(seed).normal(0, 0.01, n))
    close = price * np.exp(walk - walk[-1])
    return Bars(
        symbol=one.symbol, dates=calendar.dates[last - n : last], at=at,
        known_at=at + np.timedelta64(15, "m"), open=close, close=close, high=1.004 * close,
        low=0.996 * close, volume=np.ones(n),
    )  # fmt: skip


def bench(*prices: tuple[Instrument, float], horizon: int = 5) -> Bench:
    """What a fan reads of a bench: instruments with bars and scenarios."""
    own = {one.symbol: bars(one, price, seed) for seed, (one, price) in enumerate(prices, 1)}
    scenarios = {(symbol, horizon): ewma_scaled(each, horizon) for symbol, each in own.items()}
    table = tuple(one for one, _ in prices)
    desk = SimpleNamespace(table=table)
    return cast(
        Bench,
        SimpleNamespace(desk=desk, bars=own, scenarios=scenarios, as_of=AS_OF, seen=seen(own)),
    )


def seen(own: dict[str, Bars]) -> Snapshot:
    """The closes of these bars as a snapshot has them."""
    columns = {
        (symbol, "close"): Column(
            at=each.at, known_at=each.known_at, value=each.close, unit="points", source="made"
        )
        for symbol, each in own.items()
    }
    return Snapshot(as_of=AS_OF, columns=columns)


def registered(claim: Claim, on: Bench) -> Claim:
    """The claim with the last closes as its references."""
    found = (on.bars[symbol] for symbol in claim.symbols)
    return with_references(
        claim,
        tuple(
            Reference(
                symbol=own.symbol, at=to_datetime(own.at[-1]),
                known_at=to_datetime(own.known_at[-1]), value=float(own.close[-1]),
            )
            for own in found
        ),
    )  # fmt: skip


def window(one: Instrument = ONE, horizon: int = 5) -> Window:
    return claims.window(one, AS_OF, horizon)


def words(figure: go.Figure) -> dict[str, Any]:
    """Title, subtitle, caption, alt and table of a figure that the site draws whole.

    What is drawn says what and in which unit, its source and n, and has its numbers behind it.
    """
    html = figures.html(json.loads(figure.to_json()))
    assert "undrawn" not in html
    assert not re.search(r"\bnan\b", html, re.IGNORECASE)
    found: dict[str, Any] = dict(figure.layout.meta)
    assert all(found[name] for name in ("title", "caption", "alt"))
    if not found["caption"].endswith("n = 0."):
        assert "Source: " in found["caption"]
        assert "n = " in found["caption"]
        assert found["subtitle"]
        assert found["table"]["rows"]
    return found


def dashed(figure: go.Figure) -> list[float]:
    """Heights of the strikes drawn."""
    return [trace.y[0] for trace in figure.data if trace.line.dash == "dash"]


def labels(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def column(figure: go.Figure) -> list[str]:
    """The second column of the table behind a figure."""
    return [row[1] for row in words(figure)["table"]["rows"]]


def history(n: int, regime: str = "choppy", turbulent: float = 0.2) -> pd.DataFrame:
    own = bars(ONE, 100.0, 1)
    frame = pd.DataFrame({"close": own.close}, index=pd.DatetimeIndex(own.dates, name="session"))
    frame["volatility"], frame["drawdown"] = 0.01, 0.0
    frame["turbulent"], frame["regime"] = turbulent, regime
    return frame.iloc[-n:]


CLAIMS: list[tuple[Callable[[Window], Claim], list[float], list[str]]] = [
    (lambda w: claims.direction(ONE, w, "up"), [2000.0], ["2,000"]),
    (lambda w: claims.level(ONE, w, ">", 2010.5), [2010.5], ["2,010.50"]),
    (lambda w: claims.band(ONE, w, -1.0, 2.0, "pct"), [1980.0, 2040.0], ["1,980", "2,040"]),
    (lambda w: claims.band(ONE, w, 1990.0, 2005.0, "price"), [1990.0, 2005.0], ["1,990", "2,005"]),
    (lambda w: claims.magnitude(ONE, w, 1.5, "any"), [1970.0, 2030.0], ["1,970", "2,030"]),
    (lambda w: claims.magnitude(ONE, w, 1.5, "down"), [1970.0], ["1,970"]),
    (lambda w: claims.stays(ONE, w, 1950.0, 2060.0), [1950.0, 2060.0], ["1,950", "2,060"]),
    (lambda w: claims.touch(ONE, w, None, 2060.0), [2060.0], ["2,060"]),
    (lambda w: claims.level(ONE, w, "<", -1.0, "pct"), [1980.0], ["1,980"]),
    (lambda w: claims.magnitude(ONE, w, 12, "up", unit="pts"), [2012.0], ["2,012"]),
]


@pytest.mark.parametrize(("claimed", "strikes", "texts"), CLAIMS)
def test_a_fan_draws_the_strikes(
    claimed: Callable[[Window], Claim], strikes: list[float], texts: list[str]
) -> None:
    """Of each kind the strikes stand at their prices, labelled as the sentence has them."""
    on = bench((ONE, 2000.0))
    figure = charts.fan(on, registered(claimed(window()), on))
    assert dashed(figure) == pytest.approx(strikes)
    assert labels(figure) == texts
    named = "Dashed: the strikes of" if len(strikes) > 1 else "Dashed: the strike of"
    assert named in words(figure)["caption"]


@pytest.mark.parametrize(
    ("unit", "size", "label"), [("pct", 1.8, "1.8%"), ("pts", 40.0, "40 points")]
)
def test_a_range_has_a_fan_of_its_own(unit: Any, size: float, label: str) -> None:
    """Not where it ends but how far high and low lie apart, past and ahead, with the size drawn."""
    on = bench((ONE, 2000.0), horizon=2)
    claim = registered(claims.span(ONE, window(horizon=2), size, ">", unit), on)
    figure = charts.fan(on, claim)
    assert dashed(figure) == [size]
    assert labels(figure) == [label]
    own, per = on.bars["ONE"], 100 / 2000 if unit == "pct" else 1.0
    wide = (max(own.high[-2:]) - min(own.low[-2:])) * (100 / own.close[-3] if unit == "pct" else 1)
    drawn = next(trace for trace in figure.data if trace.name == "First, high to low")
    assert drawn.y[-1] == pytest.approx(wide)
    low, _, _, _, high = (float(text.split("%")[0].split(" ")[0]) for text in column(figure))
    ahead = per * 2000 * (np.exp(on.scenarios["ONE", 2].high) - np.exp(on.scenarios["ONE", 2].low))
    assert np.mean(ahead < low) == pytest.approx(0.05, abs=0.01)
    assert np.mean(ahead > high) == pytest.approx(0.05, abs=0.01)


def test_nine_scenarios_in_ten_are_in_the_band() -> None:
    """The fan's ends are the scenarios' own: five in a hundred closes below the lower one."""
    on = bench((ONE, 2000.0))
    figure = charts.fan(on, registered(claims.direction(ONE, window(), "up"), on))
    low, _, _, _, high = (float(text.replace(",", "")) for text in column(figure))
    close = 2000 * np.exp(on.scenarios["ONE", 5].close)
    assert np.mean(close < low) == pytest.approx(0.05, abs=0.005)
    assert np.mean(close > high) == pytest.approx(0.05, abs=0.005)
    assert words(figure)["title"] == f"Nine scenarios in ten end between {low:,.0f} and {high:,.0f}"


@pytest.mark.parametrize(
    ("price", "tick", "shown"),
    [
        (0.00001234, 1e-8, "0.00001234"),
        (0.4321, 0.0001, "0.4321"),
        (23.87, 0.01, "23.87"),
        (655.83, 0.01, "655.83"),
        (2822.43, 0.01, "2,822.43"),
        (115598.37, 0.01, "115,598.37"),
        (115598.0, 1.0, "115,598"),
    ],
)
def test_prices_of_any_size_are_labelled(price: float, tick: float, shown: str) -> None:
    """A strike is labelled to its tick, and the title to four digits."""
    one = replace(ONE, tick=tick)
    on = bench((one, price))
    figure = charts.fan(on, registered(claims.direction(one, window(), "up"), on))
    assert labels(figure) == [shown]
    low = words(figure)["title"].split()[6]
    digits = low.replace(",", "").replace(".", "").lstrip("0")
    assert 3 <= len(digits) <= max(4, len(str(int(price))))
    assert "e-" not in json.dumps(words(figure))


def test_a_relative_claim_has_a_fan_of_the_difference() -> None:
    """Points ahead since the last close: zero now, the margin as strike, both outcomes as shares.

    The scenarios above the strike are those in which the measure says that the claim comes true.
    """
    on = bench((ONE, 2000.0), (TWO, 50.0))
    claim = registered(claims.relative(ONE, TWO, window(), 0.35), on)
    figure = charts.fan(on, claim)
    past = next(trace for trace in figure.data if trace.name == "First minus Second")
    assert past.y[-1] == 0
    own, other = (on.bars[symbol].close for symbol in ("ONE", "TWO"))
    assert past.y[-6] == pytest.approx(100 * (own[-6] / own[-1] - other[-6] / other[-1]))
    assert dashed(figure) == [0.35]
    assert labels(figure) == ["0.35"]
    said = words(figure)
    assert "points ahead of Second" in said["title"]
    assert "percentage points" in said["subtitle"]
    assert "the margin of “First beats Second by more than 0.35 points" in said["caption"]
    low, _, middle, _, high = (float(text.replace("−", "-")) for text in column(figure))
    assert low < middle < high
    for margin, share in ((low, 0.95), (middle, 0.5), (high, 0.05)):
        hits, _ = outcomes(
            replace(claim, margin=margin), on.scenarios["ONE", 5], on.scenarios["TWO", 5]
        )
        assert np.mean(hits) == pytest.approx(share, abs=0.01)


def test_a_relative_fan_takes_common_sessions() -> None:
    """Only sessions and episodes that both have are compared."""
    on = bench((ONE, 2000.0), (TWO, 50.0))
    two = on.bars["TWO"]
    kept = np.r_[0:380, 385:400]
    holed = replace(
        two, dates=two.dates[kept], at=two.at[kept], known_at=two.known_at[kept],
        open=two.open[kept], close=two.close[kept], high=two.high[kept], low=two.low[kept],
        volume=two.volume[kept],
    )  # fmt: skip
    on.bars["TWO"], on.scenarios["TWO", 5] = holed, ewma_scaled(holed, 5)
    figure = charts.fan(on, registered(claims.relative(ONE, TWO, window(), 0.0), on))
    past = next(trace for trace in figure.data if trace.name == "First minus Second")
    assert not set(past.x) & {str(date) for date in two.dates[380:385]}
    both: Episodes = on.scenarios["TWO", 5]
    assert f"n = {len(both):,} pairs" in words(figure)["caption"]


def test_a_ribbon_names_no_unit_that_it_does_not_know() -> None:
    """The lead may be a share or a coin as well as an index."""
    figure = charts.regime_ribbon(history(300), "bitcoin", FROM)
    assert "ndex points" not in words(figure)["caption"]
    assert words(figure)["title"] == "bitcoin is choppy, for 300 sessions now"


def test_a_regime_of_one_session_is_its_first() -> None:
    """The day on which a regime changes is told in words that fit it."""
    frame = history(300)
    frame.loc[frame.index[-1], "regime"] = "crisis"
    figure = charts.regime_ribbon(frame, "First", FROM)
    assert words(figure)["title"] == "First is in crisis, for its first session"
    assert "1 shaded spell." in words(figure)["alt"]


def test_a_young_lead_has_no_made_up_regime() -> None:
    """With too little history, regime and turbulence say so, and volatility starts where it can."""
    young = history(300, "unknown", np.nan)
    assert str(MIN_SESSIONS) in words(charts.regime_ribbon(young, "First", FROM))["title"]
    assert str(MIN_SESSIONS) in words(charts.turbulence(young, FROM))["title"]
    young.iloc[:60, young.columns.get_loc("volatility")] = np.nan
    assert "n = 240" in words(charts.volatility(young, "First", FROM))["caption"]
    young["volatility"] = np.nan
    assert "too young" in words(charts.volatility(young, "First", FROM))["title"]


def test_correlations_without_another_instrument_say_so() -> None:
    """A desk of one instrument gets a sentence in the chart's place, not empty axes."""
    figure = charts.correlations(pd.DataFrame(), {"ONE": "First"}, 63, FROM)
    assert words(figure)["title"] == "The lead has no other instrument to move with"
    assert figure.layout.yaxis.visible is False


def test_correlations_tell_the_last_known_value() -> None:
    """An instrument without today's session is told as it last stood, with a true minus."""
    index = pd.date_range("2018-01-01", periods=4)
    frame = pd.DataFrame({"A": [np.nan, 0.5, 0.6, 0.7], "B": [-0.2, -0.3, -0.4, np.nan]}, index)
    said = words(charts.correlations(frame, {"A": "Alpha", "B": "Beta"}, 63, FROM))
    assert said["title"] == "Moving with the lead: Alpha +0.70, Beta −0.40"
    assert said["table"]["rows"] == [
        ["Alpha", "+0.70", "+0.50", "+0.70"],
        ["Beta", "−0.40", "−0.40", "−0.20"],
    ]


def test_labels_of_lines_that_end_together_stand_apart() -> None:
    """Lines of alike instruments end at one height; their labels do not cover each other."""
    ends = {"A": 0.95, "B": 0.949, "C": 0.951, "D": -0.8}
    frame = pd.DataFrame(ends, pd.date_range("2018-01-01", periods=3))
    figure = charts.correlations(frame, {name: name for name in ends}, 63, FROM)
    heights = {note.text: note.y for note in figure.layout.annotations}
    assert heights["D"] == -0.8
    assert sorted(heights, key=lambda name: heights[name]) == ["D", "B", "A", "C"]
    assert np.diff(sorted(heights.values())).min() > 0.1


def test_many_instruments_are_context_for_two() -> None:
    """Of a long list the most and the least alike are told and labelled; the table has them all."""
    ends = {f"S{k}": k / 10 for k in range(-3, 8)}
    frame = pd.DataFrame(ends, pd.date_range("2018-01-01", periods=3))
    figure = charts.correlations(frame, {name: f"Name {name}" for name in ends}, 63, FROM)
    said = words(figure)
    assert said["title"] == (
        "Of 11 instruments, moving most with the lead: Name S7 +0.70; least: Name S-3 −0.30"
    )
    assert sorted(labels(figure)) == ["S-3", "S7"]
    assert len(said["table"]["rows"]) == len(figure.data) == 11
    assert [trace.line.width for trace in figure.data[:9]] == [0.75] * 9


def test_calibration_stays_on_its_scale() -> None:
    """Bars end at 0 and 100 per cent, where a share must."""
    p, y = np.r_[np.full(5, 0.31), np.full(4, 0.05)], np.r_[np.ones(5), np.zeros(4)]
    bins = [asdict(one) for one in binned(p, y, np.arange(9), 1)]
    figure = charts.calibration(bins, "replay", FROM, 7.0)
    dots, bars = figure.data[1:]
    assert list(dots.y) == list(bars.y) == [0, 100]
    assert bars.error_y.array[1] == 0
    assert bars.error_y.arrayminus[0] == 0
    assert dots.marker.size[1] > dots.marker.size[0]  # five claims beside four
    assert "n = 9 replay claims, effective n = 7." in words(figure)["caption"]
    assert words(charts.calibration([], "live", FROM))["caption"].endswith("n = 0.")


def one_bin(said: float, low: float, high: float) -> dict[str, float]:
    return {"said": said, "happened": (low + high) / 2, "low": low, "high": high, "n": 40,
            "n_eff": 30.0}  # fmt: skip


CROSSES, TIMID = one_bin(0.55, 0.5, 0.6), one_bin(0.75, 0.8, 0.9)
SURE, UNSURE = one_bin(0.85, 0.5, 0.6), one_bin(0.15, 0.3, 0.4)


@pytest.mark.parametrize(
    ("bins", "expected"),
    [
        ([CROSSES], "The one bar crosses the diagonal: nothing here contradicts what I said"),
        ([CROSSES] * 3, "All three bars cross the diagonal: nothing here contradicts what I said"),
        ([SURE], "The one bar misses the diagonal: there I was too sure"),
        ([UNSURE, CROSSES], "One of two bars misses the diagonal: there I was too sure"),
        ([UNSURE, CROSSES, SURE], "Two of three bars miss the diagonal: there I was too sure"),
        ([CROSSES, TIMID], "One of two bars misses the diagonal: there I was not sure enough"),
        ([SURE, TIMID], "Two of two bars miss the diagonal"),
        ([SURE | {"n_eff": 29.0}], "Too few independent claims to judge what I said"),
    ],
)
def test_calibration_says_where_it_fails(bins: list[dict[str, float]], expected: str) -> None:
    """The title counts the bars that miss the diagonal, and tells a side only if all share it."""
    assert words(charts.calibration(bins, "live", FROM))["title"] == expected


def point(date: str, skill: float, half: float, n: int = 80) -> dict[str, Any]:
    return {"cycle": 1, "date": date, "n": n, "n_eff": n / 2, "skill": skill,
            "low": skill - half, "high": skill + half}  # fmt: skip


@pytest.mark.parametrize(
    ("skill", "half", "title"),
    [
        (0.08, 0.05, "Skill ends above zero, and so does its whole interval"),
        (0.02, 0.05, "Skill ends above zero; its interval reaches across"),
        (-0.02, 0.05, "Skill ends below zero; its interval reaches across"),
        (-0.08, 0.05, "Skill ends below zero, and so does its whole interval"),
        (-0.0004, 0.05, "Skill ends at zero, to the decimal that is shown"),
    ],
)
def test_the_course_of_skill_ends_where_its_title_says(skill: float, half: float, title: str):
    """Side and interval of the last point are the title; band, n and effective n are in words."""
    points = [point("2018-01-03", 0.3, 2.0), point("2018-02-02", skill, half, 90)]
    figure = charts.skill_course(points, "live", FROM)
    told = words(figure)
    assert told["title"] == title
    assert "n = 90 live predictions, effective n = 45." in told["caption"]
    assert "cut at the frame" in told["caption"]
    low, high = figure.layout.yaxis.range
    assert low < 0 < high
    assert low <= min(figure.data[0].y)
    assert max(figure.data[0].y) <= high < 200
    assert [row[0] for row in told["table"]["rows"]] == ["Wed 3 Jan 2018", "Fri 2 Feb 2018"]
    assert "cut" not in words(charts.skill_course(points[1:], "live", FROM))["caption"]


def test_skill_is_told_with_its_interval() -> None:
    """The bar's ends stand in the table, and without thirty dates there is no bar."""
    row = {"forecaster": "synthesis", "family": "all", "horizon": 0, "n": 395, "mode": "replay"}
    skill = {"skill": 0.018, "skill_low": -0.021, "skill_high": 0.056}
    figure = charts.skill_bars(pd.DataFrame([row | skill]), ["synthesis", "Flow"], FROM)
    assert words(figure)["title"].startswith("Synthesis has the highest skill")
    assert words(figure)["table"]["rows"] == [["synthesis", "+1.8%", "−2.1 to +5.6%", "395"]]
    none = pd.DataFrame([row | dict.fromkeys(skill, None)])
    assert "Too few" in words(charts.skill_bars(none, ["synthesis"], FROM))["title"]


def record(*rows: tuple[str, str, int, float | None]) -> pd.DataFrame:
    """A record of (forecaster, mode, n, skill) over everything."""
    found = [
        {"forecaster": who, "family": "all", "horizon": 0, "n": n, "mode": mode, "skill": skill,
         "skill_low": skill and skill - 0.01, "skill_high": skill and skill + 0.01}
        for who, mode, n, skill in rows
    ]  # fmt: skip
    return pd.DataFrame(found)


def test_a_live_record_goes_before_a_replayed_one() -> None:
    """Live and replay are never mixed, the live one is shown, and the figure says which it is."""
    replayed = [("synthesis", "replay", 900, 0.5), ("Flow", "replay", 400, 0.1)]
    both = record(("synthesis", "live", 60, 0.02), *replayed)
    said = words(charts.skill_bars(both, ["synthesis", "Flow"], FROM))
    assert said["table"]["rows"] == [["synthesis", "+2.0%", "+1.0 to +3.0%", "60"]]
    assert "live" in said["subtitle"]
    assert "live" in said["caption"]
    young = record(("synthesis", "live", 5, None), *replayed)
    assert "Too few live" in words(charts.skill_bars(young, ["synthesis"], FROM))["title"]
    assert "replay" in words(charts.skill_bars(record(*replayed), ["synthesis"], FROM))["subtitle"]


def test_each_forecaster_has_its_own_n() -> None:
    """A mind that was absent answered fewer claims, and its n is not given as everybody's."""
    frame = record(("synthesis", "replay", 900, 0.5), ("Flow", "replay", 400, 0.1))
    said = words(charts.skill_bars(frame, ["synthesis", "Flow"], FROM))
    assert [row[-1] for row in said["table"]["rows"]] == ["900", "400"]
    assert "n = 400 to 900" in said["caption"]


def test_a_coin_s_year_has_all_its_days() -> None:
    """A volatility a year counts the sessions that the venue has: 365 when it never closes."""
    frame = history(300)
    assert "16%" in words(charts.volatility(frame, "First", FROM))["title"]  # 1% a day, 252 days
    frame.index = pd.date_range("2018-01-01", periods=300, name="session")
    assert "19%" in words(charts.volatility(frame, "First", FROM))["title"]


def test_a_regime_that_could_not_be_fitted_is_not_called_young() -> None:
    """With history enough and no fit, the figures say that no fit converged."""
    frame = pd.concat([history(400, "unknown", np.nan), history(200, "unknown", np.nan)])
    frame.index = pd.bdate_range("2016-01-01", periods=600, name="session")
    for figure in (charts.regime_ribbon(frame, "First", FROM), charts.turbulence(frame, FROM)):
        title = words(figure)["title"]
        assert "no fit to these 600 sessions has converged" in title
        assert "needs" not in title
    part = words(charts.turbulence(frame.iloc[-250:], FROM))["title"]  # may be a window on more
    assert "young" not in part
    assert "a fit that converges" in part


def course(end: float, hold: float, n: int = 40) -> pd.DataFrame:
    """An account and a lead that go straight to their ends from 100."""
    both = pd.DataFrame({"equity": np.linspace(100.0, end, n), "hold": np.linspace(100.0, hold, n)})
    both["drawdown"], both["hold_drawdown"] = (
        both[name] / both[name].cummax() - 1 for name in ("equity", "hold")
    )
    both["exposure"] = 0.25
    days_ = venue("XNYS").dates[-n:].astype(str)
    return both.assign(as_of=[f"{day}T22:00:00Z" for day in days_])


@pytest.mark.parametrize(
    ("end", "hold", "said"),
    [
        (90.0, 102.0, "−10.0%, 12.0 points behind the First"),
        (103.0, 101.5, "+3.0%, 1.5 points ahead of the First"),
        (101.0, 101.04, "+1.0%, level with the First"),
    ],
)
def test_the_account_says_whether_it_beat_the_lead(end: float, hold: float, said: str):
    """The title compares it with the lead at its own exposure; n and both ends are in words."""
    figure = charts.account(accounted.told(course(end, hold), 7), ONE.name)
    told = words(figure)
    assert told["title"] == f"The paper account stands at {said} at the same exposure"
    assert "n = 7 closed positions in 40 cycles" in told["caption"]
    assert "25.0%" in told["caption"]
    assert sorted(labels(figure)) == ["held", "the account"]
    assert len(figure.data) == 4
    assert [row[0] for row in told["table"]["rows"]] == ["The account", "First, held"]


def test_an_account_without_a_course_says_so():
    """Before the second cycle there is nothing to draw."""
    told = words(charts.account(accounted.told(course(100.0, 100.0, 1), 0), ONE.name))
    assert told["title"] == "The paper account has no course yet"


def test_an_account_that_never_held_anything_draws_no_line():
    """Two lines at zero over each other, with their labels, say less than a sentence."""
    never = accounted.told(course(100.0, 101.0).assign(exposure=0.0), 0)
    told = words(charts.account(never, ONE.name))
    assert told["title"] == "The paper account has held nothing yet"


def test_what_is_not_said_is_drawn_with_its_interval() -> None:
    """The curve begins where thirty dates allow it, and its words are its ends."""
    curve = pd.DataFrame({
        "coverage": [0.25, 0.5, 1.0], "n": [100, 200, 400], "n_eff": [50.0, 60.0, 70.0],
        "brier": [0.2, 0.21, 0.22],
        "skill": [np.nan, 0.2, 0.05], "low": [np.nan, 0.1, -0.01], "high": [np.nan, 0.3, 0.11],
        "spoken": [0.125] * 3,
    })  # fmt: skip
    figure = charts.risk_coverage(curve, "replay", FROM)
    said = words(figure)
    assert said["title"] == (
        "The 50% that promised most had +20.0% skill, all claims together +5.0%"
    )
    assert said["table"]["rows"] == [
        ["50%", "+20.0%", "+10.0 to +30.0%", "0.2100", "200", "60"],
        ["100%", "+5.0%", "−1.0 to +11.0%", "0.2200", "400", "70"],
    ]
    assert "n = 400 replay claims, effective n = 70." in said["caption"]
    assert [note.text for note in figure.layout.annotations] == ["said in fact, 12%"]
    assert "Too few live" in words(charts.risk_coverage(curve[:1], "live", FROM))["title"]
    assert "Too few" in words(charts.risk_coverage(curve[:0], "live", FROM))["title"]

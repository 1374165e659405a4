"""Odds of any one claim: the slate's own where it is on one, and a reason where there are none."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.claims import Window
from workbench.domain.english import compile_text
from workbench.domain.errors import BeyondArchive, ClaimRefused
from workbench.domain.instruments import find
from workbench.steps import debate, slates
from workbench.steps.bench import Bench
from workbench.steps.odds import odds
from workbench.steps.opening import after_close
from workbench.world import importing
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

DAY = dt.date(2018, 1, 31)
NOW = moment("2018-01-31T22:00Z")


@pytest.fixture(scope="module")
def desk(new_project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = new_project(tmp_path_factory.mktemp("odds") / "project")
    return open_desk(root / "params" / "small.yaml")


def test_a_claim_of_the_slate_has_the_slates_odds(desk: Desk, bundle: Archive):
    """Asked alone, a claim gets from every control what it gets among the others."""
    bench = Bench(desk, bundle, Ledger("sqlite://"), number=1, as_of=after_close(desk, DAY),
                  mode="replay", keep=False)  # fmt: skip
    slate = slates.build(bench)
    said = debate.standing(bench, slate)
    for claim in slate:
        found = odds(desk, bundle, claim)
        assert found == {who: pytest.approx(p[claim.id]) for who, p in said.items()
                         if claim.id in p}, claim  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "S&P 500 closes higher than the session before on at least 3 sessions to Wed 7 Feb 2018",
        "If VIX closes above 15 in 2 sessions, then S&P 500 closes lower in 2 sessions",
        "S&P 500 moves more than 1.5% in 3 sessions",
        "VIX closes above 14 in 7 sessions",
    ],
)
def test_any_claim_has_odds(text: str, desk: Desk, bundle: Archive):
    """Kinds and horizons that no slate asks are shares of the same scenarios."""
    (claim,) = compile_text(text, NOW, desk.table).claims
    found = odds(desk, bundle, claim)
    assert next(iter(found)) == "scenario"
    assert {"climatology", *(() if claim.given else ("climatology_1y", "persistence"))} <= set(
        found
    )
    assert all(0 < p < 1 for p in found.values())


def test_what_cannot_be_known_has_none(desk: Desk, bundle: Archive):
    """Dark, young, without a path, or beyond the archive: a reason and never a number."""
    spx, vix, nvda = (find(symbol, desk.table) for symbol in ("SPX", "VIX", "NVDA"))
    early, late = (moment(f"{year}-06-02T22:00Z") for year in (2014, 2026))
    for claim, error, why in (
        (claims.direction(nvda, claims.window(nvda, NOW, 1), "up"), ClaimRefused, "NVDA"),
        (claims.direction(vix, claims.window(vix, early, 1), "up"), ClaimRefused, "VIX"),
        (claims.touch(vix, claims.window(vix, NOW, 1), None, 20.0), ClaimRefused, "highs and lows"),
        (claims.direction(spx, claims.window(spx, late, 1), "up"), BeyondArchive, "2026"),
    ):
        with pytest.raises(error, match=why):
            odds(desk, bundle, claim)


# By the clock


@pytest.fixture(scope="module")
def coin(new_project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk on a made-up coin: five hundred days, and the hours of the last two."""
    root = new_project(tmp_path_factory.mktemp("coin") / "project")
    path = root / "params" / "coin.yaml"
    path.write_text("desk: coin\nfeeds: []\nfirst: 2018-01-29\nminds: []\ninstruments: [BTC-USD]\n")
    desk = open_desk(path)
    folder = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(5)
    days = pd.date_range("2016-09-18", periods=500, freq="D")  # to 30 January 2018
    close = 10_000 * np.exp(np.cumsum(0.03 * rng.standard_normal(500)))
    wide = np.exp(0.02 * np.abs(rng.standard_normal(500)) + 0.03)
    hours = pd.date_range("2018-01-30", "2018-01-31 21:00", freq="h", tz="UTC")
    for name, frame in {
        "days": _long("date", days, close, wide, "BTC-USD", "B-yahoo"),
        "hours": _long("ts", hours, np.full(len(hours), 9_000.0), 1.001, "BTCUSDT", "A"),
    }.items():
        frame.to_parquet(folder / f"{name}.parquet")
    importing.append(Archive(desk.archive), importing.read(folder, desk.instruments))
    return desk


def _long(
    column: str, times: pd.DatetimeIndex, close: np.ndarray, wide: object, series: str, source: str
) -> pd.DataFrame:
    fields = {"close": close, "high": close * wide, "low": close / wide}
    return pd.concat(
        pd.DataFrame({column: times, "field": name, "value": values, "series": series,
                      "source": source}) for name, values in fields.items()
    )  # fmt: skip


def _within(hours: int, start: dt.datetime) -> Window:
    return claims.window_to(find("BTC"), start, start + dt.timedelta(hours=hours))


def test_hours_are_a_part_of_days_from_the_last_price(coin: Desk):
    """A coin's claim counts from the last hour's price, and half a day is a day times root 1/2."""
    archive, btc = Archive(coin.archive), find("BTC")
    start = moment("2018-01-31T21:30Z")
    day, half = _within(24, start), _within(12, start)
    wide = odds(coin, archive, claims.magnitude(btc, day, 3.0, "any"))
    assert set(wide) == {"scenario", "climatology", "climatology_1y", "persistence"}
    size = 100 * np.expm1(
        np.log1p(0.03) * 0.5**0.5
    )  # above; below it is another distance in per cent
    up = [odds(coin, archive, claims.magnitude(btc, when, s, "up"))["scenario"]
          for when, s in ((day, 3.0), (half, float(size)))]  # fmt: skip
    assert up[0] == pytest.approx(up[1], abs=1e-3)
    above = odds(coin, archive, claims.level(btc, day, ">", 9_000.0))["scenario"]
    assert above == pytest.approx(
        odds(coin, archive, claims.direction(btc, day, "up"))["scenario"], abs=1e-9
    )


def test_without_a_fresh_price_there_are_none(coin: Desk):
    """Hours after the last price known, a claim by the clock has nothing to count from."""
    claim = claims.direction(find("BTC"), _within(24, moment("2018-01-29T05:00Z")), "up")
    with pytest.raises(ClaimRefused, match="import hourly bars"):
        odds(coin, Archive(coin.archive), claim)


def test_a_few_windows_are_no_history(coin: Desk):
    """Five hundred days hold one window of four hundred: no share is made of it."""
    btc = find("BTC")
    long = claims.direction(btc, claims.window(btc, moment("2018-01-31T21:30Z"), 40), "up")
    with pytest.raises(ClaimRefused, match="do not overlap"):
        odds(coin, Archive(coin.archive), long)


def test_a_condition_leaves_the_last_year_to_what_it_holds(desk: Desk, bundle: Archive):
    """Base rates of the year count the year's dates only, and persistence has no last time."""
    often, rarely = (
        f"If S&P 500 closes higher on at least {n} of the next 3 sessions, then VIX closes "
        "lower in 3 sessions"
        for n in (2, 3)
    )
    for text, lately in ((often, True), (rarely, True)):
        (claim,) = compile_text(text, NOW, desk.table).claims
        found = odds(desk, bundle, claim)
        assert ("climatology_1y" in found) == lately
        assert "persistence" not in found
    (claim,) = compile_text(
        "If VIX closes above 15 in 2 sessions, then S&P 500 closes lower in 2 sessions", NOW,
        desk.table,
    ).claims  # fmt: skip
    found = odds(desk, bundle, claim)
    assert "climatology_1y" not in found  # 2017 had hardly such a day
    never = claims.level(find("VIX"), claim.window, ">", 400.0)
    with pytest.raises(ClaimRefused, match="effective scenarios") as refused:
        odds(desk, bundle, claims.conditional(dataclasses.replace(claim, given=None), never))
    assert refused.value.code == "too_rare"

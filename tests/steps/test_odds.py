"""Odds of any one claim: the slate's own where it is on one, and a reason where there are none."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.english import compile_text
from workbench.domain.errors import BeyondArchive, ClaimRefused
from workbench.domain.instruments import find
from workbench.steps import debate
from workbench.steps.bench import Bench, after_close
from workbench.steps.odds import odds
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
    slate = debate.build_slate(bench)
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
    assert {"climatology", "climatology_1y", "persistence"} <= set(found)
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

"""The table: same claims for all, pools that leave direction out, and no forecast lost."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.measures import judging, scoring
from workbench.measures.verdicts import Answers, verdicts

N = 300
FAMILY = ("direction", "level", "level", "range")


@pytest.fixture
def answers() -> Answers:
    """Three forecasters on four claims a day: one knows, one half knows, one does not."""
    rng = np.random.default_rng(1)
    truth = 0.1 + 0.8 * rng.random((N, 4))
    y = (rng.random((N, 4)) < truth).astype(float)
    return Answers(
        horizon=1,
        family=FAMILY,
        dates=np.datetime64("2016-11-01") + np.arange(N),
        y=y,
        said={"climatology": np.full((N, 4), 0.5), "gjr_fhs": (truth + 0.5) / 2, "knows": truth},
    )


def table(answers: Answers) -> dict[tuple[str, str], dict[str, object]]:
    return {(str(row["family"]), str(row["forecaster"])): row for row in verdicts(answers)}


def test_one_row_each(answers: Answers):
    """Every family and forecaster has one row, and the two pools have theirs."""
    rows = list(verdicts(answers))
    assert len(rows) == len(table(answers)) == 5 * 3
    assert {row["family"] for row in rows} == {"direction", "level", "range", "all", "headline"}


def test_numbers_are_those_of_their_measures(answers: Answers):
    """A row's figures are the measures' own on the claims of its family."""
    row = table(answers)["level", "knows"]
    y, p = answers.y[:, 1:3].ravel(), answers.said["knows"][:, 1:3].ravel()
    date = np.repeat(np.arange(N), 2)
    found = scoring.skill(scoring.brier(p, y), np.full(2 * N, 0.25), date)
    assert (row["n"], row["n_eff"]) == (2 * N, round(found.n_eff))
    assert row["skill"] == pytest.approx(found.skill)
    assert (row["skill_low"], row["skill_high"]) == pytest.approx((found.low, found.high))
    assert row["brier"] == pytest.approx(((p - y) ** 2).mean())
    assert row["log"] == pytest.approx(-np.log(np.where(y > 0, p, 1 - p)).mean())
    calibrated = judging.calibration(p, y)
    assert (row["ece"], row["ece_null"]) == pytest.approx((calibrated.ece, calibrated.null))
    assert row["slope"] == pytest.approx(calibrated.slope)
    assert row["auc"] == pytest.approx(judging.discrimination(p, y, np.tile([1, 2], N)))
    assert (row["years"], row["over"]) == (2, "climatology")


def test_pools(answers: Answers):
    """``all`` leaves direction out; ``headline`` is the same over the rival, who has none."""
    found = table(answers)
    assert found["all", "knows"]["n"] == 3 * N
    whole, headline = found["all", "knows"], found["headline", "knows"]
    assert {k for k in whole if whole[k] != headline[k]} <= {
        "family", "skill", "skill_low", "skill_high", "years_positive", "over"}  # fmt: skip
    rival = 1 - whole["brier"] / found["all", "gjr_fhs"]["brier"]
    assert headline["skill"] == pytest.approx(rival)
    assert headline["over"] == "gjr_fhs"
    assert found["headline", "gjr_fhs"]["skill"] == found["all", "climatology"]["skill"] == 0
    without = replace(answers, said={k: v for k, v in answers.said.items() if k != "gjr_fhs"})
    assert ("headline", "knows") not in table(without)


def test_a_late_forecaster_counts_its_own_dates(answers: Answers):
    """Who joins later is compared on the dates it has, with its own n."""
    late = answers.said["knows"].copy()
    late[:100] = np.nan
    found = table(replace(answers, said=answers.said | {"late": late}))
    cut = table(answers.after(100))
    for family in ("level", "all", "headline"):
        mine, theirs = found[family, "late"], cut[family, "knows"]
        assert mine == theirs | {"forecaster": "late"}
    assert found["level", "knows"] == table(answers)["level", "knows"]


def test_a_forecast_lost_later_is_an_error(answers: Answers):
    """One NaN after the first answer raises and names forecaster and date."""
    holed = answers.said["knows"].copy()
    holed[200, 3] = np.nan
    with pytest.raises(ValueError, match=f"knows has no answer on 1 of 300.*{answers.dates[200]}"):
        list(verdicts(replace(answers, said=answers.said | {"knows": holed})))


def test_claims_without_an_outcome_are_left_out_for_all(answers: Answers):
    """An unknown outcome is no claim for anybody, and n says so."""
    y = answers.y.copy()
    y[:50, 3] = np.nan
    found = table(replace(answers, y=y))
    assert {found["range", who]["n"] for who in answers.said} == {N - 50}
    assert {found["level", who]["n"] for who in answers.said} == {2 * N}


def test_shuffled_outcomes_show_no_skill(answers: Answers):
    """Against outcomes of other days, who knows has nothing to show."""
    order = np.random.default_rng(9).permutation(N)
    found = table(replace(answers, y=answers.y[order]))
    assert found["all", "knows"]["skill"] < 0
    assert table(answers)["all", "knows"]["skill_low"] > 0

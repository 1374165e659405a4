"""The record: every forecaster on the same terms, and a plain answer on the debate."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.measures.scoring import brier, skill
from workbench.steps import record
from workbench.steps.settled import settled
from workbench.world.ledger import Ledger

Enter = Callable[..., list[str]]
BOTH = {"climatology": 0.5, "scenario": 0.6}


@pytest.fixture
def ledger() -> Ledger:
    """An empty ledger."""
    return Ledger("sqlite://")


def world(entry: Any, dates: int, seed: int = 0, **voices: Any) -> list[Any]:
    """Two claims a date whose scenario probability is the truth; voices add to its log odds."""
    rng = np.random.default_rng(seed)
    made = []
    for date in range(1, dates + 1):
        for kind in ("level", "touch"):
            truth = rng.uniform(0.2, 0.8)
            said = {"climatology": 0.5, "scenario": truth}
            for who, off in voices.items():
                said[who] = float(np.clip(off(truth, rng), 0.01, 0.99))
            outcome = "yes" if rng.random() < truth else "no"
            made.append(entry(asked=date, settled=date + 1, said=said, kind=kind, outcome=outcome))
    return made


def row(frame: pd.DataFrame, forecaster: str, *cell: Any) -> dict[Any, Any]:
    family, horizon, regime = cell or ("all", 0, "")
    kept = frame[(frame["forecaster"] == forecaster) & (frame["family"] == family)
                 & (frame["horizon"] == horizon) & (frame["regime"] == regime)]  # fmt: skip
    assert len(kept) == 1
    found: dict[Any, Any] = kept.to_dict("records")[0]
    return found


def test_scores_by_hand(ledger: Ledger, entry: Any, enter: Enter):
    """Two claims, said .8 and .3, of which the first came true; a void counts nowhere."""
    said = {**BOTH, "synthesis": 0.8}
    enter(ledger, [
        entry(asked=1, settled=2, said=said),
        entry(asked=1, settled=2, said=said | {"synthesis": 0.3}, outcome="no"),
        entry(asked=1, settled=2, said=said, outcome="void"),
        entry(asked=1, said=said),
    ])  # fmt: skip
    found = row(record.record(ledger), "synthesis")
    assert (found["n"], found["dates"], found["n_eff"]) == (2, 1, 1)
    assert found["brier"] == pytest.approx((0.04 + 0.09) / 2)
    assert found["accuracy"] == pytest.approx(1 - 0.065)
    assert found["log"] == pytest.approx(-(math.log(0.8) + math.log(0.7)) / 2)
    # The base rate loses .25 and .25, the scenario model .16 and .36.
    assert found["score"] == pytest.approx(0.5 + (0.25 - 0.065) / 2)
    assert found["edge"] == pytest.approx(0.5 + (0.26 - 0.065) / 2)
    assert all(pd.isna(found[name]) for name in ("skill", "edge_skill", "slope", "tried"))


def test_the_references_earn_one_half(ledger: Ledger, entry: Any, enter: Enter):
    """W is one half for the very forecaster it is measured against, and its skill is zero."""
    enter(ledger, world(entry, 40))
    found = record.record(ledger)
    base, reference = row(found, "climatology"), row(found, "scenario")
    assert (base["score"], reference["edge"]) == (0.5, 0.5)
    assert (base["skill"], reference["edge_skill"]) == (0, 0)
    assert (base["credible"], reference["edge_credible"]) == (None, None)


def test_margins_add_up(ledger: Ledger, entry: Any, enter: Enter):
    """Each claim is in the whole, one family and horizon, one regime and one full cell."""
    weather = {n: "choppy" if n % 3 else "crisis" for n in range(1, 41)}
    noise = lambda p, rng: p + rng.normal(0, 0.1)  # noqa: E731
    enter(ledger, world(entry, 41, plain=noise), regimes=weather)
    found = record.record(ledger)
    for who in ("climatology", "plain", "scenario"):
        own = found[found["forecaster"] == who]
        whole = row(found, who)
        for kept in (
            (own["horizon"] > 0) & (own["regime"] == ""),
            (own["family"] == "all") & (own["regime"] != ""),
            (own["horizon"] > 0) & (own["regime"] != ""),
        ):
            part = own[kept]
            assert part["n"].sum() == whole["n"] == 82
            assert np.average(part["brier"], weights=part["n"]) == pytest.approx(whole["brier"])
    assert set(found["regime"]) == {"", "choppy", "crisis", "unknown"}


def test_skill_is_what_scoring_says(ledger: Ledger, entry: Any, enter: Enter):
    """Second formula: both skills are those of ``scoring.skill`` on the very same losses."""
    bold = lambda p, rng: 0.5 + 1.5 * (p - 0.5)  # noqa: E731
    made = world(entry, 300, Flow=bold)
    enter(ledger, made)
    found = row(record.record(ledger), "Flow")
    y = np.array([float(one.outcome == "yes") for one in made])
    date = np.array([one.asked for one in made])
    own = brier(np.array([one.said["Flow"] for one in made]), y)
    for against, name in (("climatology", "skill"), ("scenario", "edge_skill")):
        other = brier(np.array([one.said[against] for one in made]), y)
        drawn = skill(own, other, date)
        assert found[name] == pytest.approx(drawn.skill)
        low = "skill_low" if name == "skill" else "edge_low"
        assert found[low] == pytest.approx(drawn.low, abs=0.02)
    assert found["slope"] < 1
    assert found["ece"] > 0


def test_no_skill_under_thirty_dates(ledger: Ledger, entry: Any, enter: Enter):
    """Fifty-eight claims of 29 dates have no skill; those of thirty have."""
    made = world(entry, 30)
    enter(ledger, made)
    early = record.record(ledger, until=30)
    assert (row(early, "scenario")["n"], row(early, "scenario")["dates"]) == (58, 29)
    assert pd.isna(row(early, "scenario")["skill"])
    assert not pd.isna(row(record.record(ledger), "scenario")["skill"])


def test_the_future_changes_nothing(ledger: Ledger, entry: Any, enter: Enter):
    """The record up to a cycle is the same before and after later claims and settlements."""
    made = world(entry, 60, Macro=lambda p, rng: p)
    enter(ledger, made[:90])
    before = record.record(ledger, until=40)
    late = [entry(asked=n, settled=n + 1, said=BOTH) for n in range(50, 80)]
    enter(ledger, late)
    pd.testing.assert_frame_equal(record.record(ledger, until=40), before)
    assert len(record.record(ledger)) > 0


def test_what_a_model_was_trained_on_never_enters(ledger: Ledger, entry: Any, enter: Enter):
    """In-sample cycles of a mind are out for that mind alone, and for no other."""
    made = world(entry, 10, Macro=lambda p, rng: p, Flow=lambda p, rng: p)
    enter(ledger, made, trained=[(3, "Macro"), (4, "Macro"), (4, "Nobody")])
    found = record.record(ledger)
    assert (row(found, "Macro")["n"], row(found, "Flow")["n"]) == (16, 20)


def test_live_and_replay_are_never_mixed(ledger: Ledger, entry: Any, enter: Enter):
    """A claim belongs to the mode of the cycle that asked, and no row holds both."""
    enter(ledger, world(entry, 10), modes=dict.fromkeys(range(8, 20), "live"))
    found = record.record(ledger)
    whole = found[(found["family"] == "all") & (found["regime"] == "")]
    n = {(one["mode"], one["forecaster"]): one["n"] for one in whole.to_dict("records")}
    assert n == {(mode, who): count for mode, count in (("replay", 14), ("live", 6))
                 for who in ("climatology", "scenario")}  # fmt: skip


def test_a_claim_without_a_reference_is_left_out(ledger: Ledger, entry: Any, enter: Enter):
    """What one reference did not answer has nothing to be compared with."""
    enter(ledger, [entry(asked=1, settled=2, said=BOTH | {"Flow": 0.5}),
                   entry(asked=1, settled=2, said={"climatology": 0.5, "Flow": 0.5})])  # fmt: skip
    assert row(record.record(ledger), "Flow")["n"] == 1


def test_nothing_settled(ledger: Ledger, entry: Any, enter: Enter):
    """An empty ledger, and one of open claims, have a record without rows and with its columns."""
    assert list(record.record(ledger).columns) == list(record.COLUMNS)
    enter(ledger, [entry(asked=1, said=BOTH)])
    assert record.record(ledger).empty


def test_searching_is_paid_for(ledger: Ledger, entry: Any, enter: Enter):
    """Of many who add noise or nothing none is credible; who ignores the scenarios is, and worse.

    The number tried is shown: all wholes but the reference's own, and all cells likewise.
    """

    def near(p: float, rng: np.random.Generator) -> float:
        return p + rng.choice([-1, 1]) * 0.02

    voices = {f"voice{n}": near for n in range(12)}
    made = world(entry, 200, seed=5, **voices, coin=lambda p, rng: rng.uniform(0.1, 0.9))
    enter(ledger, made)
    found = record.record(ledger)
    whole = found[(found["family"] == "all") & (found["regime"] == "")].set_index("forecaster")
    assert set(whole["tried"]) == {14}
    assert whole.loc["coin", "edge_credible"] is True
    assert not any(whole.loc[list(voices), "edge_credible"])
    cells = found[(found["horizon"] > 0) & (found["regime"] == "")]
    assert set(cells["tried"]) == {14 * 5}  # two families, one regime, two full cells


# Does the debate help?


def helped(ledger: Ledger, made: Sequence[Any], enter: Enter) -> tuple[pd.DataFrame, str]:
    enter(ledger, made)
    found = record.debate_help(settled(ledger)["replay"])
    return found, record.sentence(found)


def test_a_debate_that_never_moved_a_number(ledger: Ledger, entry: Any, enter: Enter):
    """Synthesis equal to the scenario model is identical so far, and not a skill of zero."""
    made = world(entry, 40, synthesis=lambda p, rng: p)
    found, said = helped(ledger, made, enter)
    assert found.to_dict("records")[0]["verdict"] == "identical"
    assert found.to_dict("records")[0]["moved"] == 0
    assert said.endswith("moved a single number so far, on 80 claims of 40 dates.")


def test_a_debate_on_too_few_dates(ledger: Ledger, entry: Any, enter: Enter):
    """Under thirty dates the sentence says how many there are, and gives no figure of skill."""
    _, said = helped(ledger, world(entry, 12, synthesis=lambda p, rng: p), enter)
    assert said == "Too few dates to say whether the debate helps: 12 of 30."


@pytest.mark.parametrize(
    ("towards", "verdict", "begins"),
    [
        (lambda p, rng: round(p), "harms", "The debate has cost skill: −"),
        (
            lambda p, rng: p + rng.choice([-1, 1]) * 0.01,
            "nothing",
            "The debate has added nothing: ",
        ),
    ],
)
def test_a_debate_that_adds_nothing_or_costs(
    towards: Any, verdict: str, begins: str, ledger: Ledger, entry: Any, enter: Enter
):
    """A scenario model that is the truth cannot be beaten: the verdict follows the interval."""
    found, said = helped(ledger, world(entry, 200, synthesis=towards), enter)
    assert found["verdict"].tolist() == [verdict]
    assert said.startswith(begins)
    assert said.endswith("on 400 claims of 200 dates.")


def test_a_debate_that_helps_beside_the_others(ledger: Ledger, entry: Any, enter: Enter):
    """Where the scenario model is too timid, who corrects it helps; controls have no row here."""
    made = [
        entry(asked=one.asked, settled=one.settled, outcome=one.outcome,
              said={"climatology": 0.5, "scenario": 0.5 + (one.said["scenario"] - 0.5) / 3,
                    "synthesis": one.said["scenario"], "Macro": 0.5, "plain": one.said["plain"],
                    "pool": one.said["scenario"], "persistence": 0.5})
        for one in world(entry, 300, plain=lambda p, rng: rng.uniform(0.1, 0.9))
    ]  # fmt: skip
    found, said = helped(ledger, made, enter)
    assert found["forecaster"].tolist() == ["synthesis", "pool", "Macro", "plain"]
    assert found["verdict"].tolist() == ["helps", "helps", "harms", "harms"]
    assert said.startswith("The debate helps: +")


def test_a_small_help_is_not_rounded_away():
    """An interval without zero is shown without zero, however near it lies."""
    one = {"forecaster": "synthesis", "n": 9000, "n_eff": 9000.0, "dates": 900, "moved": 12,
           "skill": 0.0002, "low": 0.00006, "high": 0.0003, "verdict": "helps"}  # fmt: skip
    said = record.sentence(pd.DataFrame([one]))
    assert said == "The debate helps: +0.02% [+0.01, +0.03] on 9,000 claims of 900 dates."


def test_no_debate_yet():
    """Before anything has settled nobody knows, and the sentence says that."""
    none = pd.DataFrame(columns=["forecaster", "verdict"])
    assert "nobody knows" in record.sentence(none)

"""A mind's gate: by hand, not to be gamed, never wiser than its past, right on made-up minds."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import norm

from tests.bench import minds
from workbench.measures.hearing import POOLED, STATED
from workbench.measures.recalibration import online
from workbench.measures.trial import (
    Claims,
    Trial,
    course,
    opened,
    predicted,
    skill,
    trial,
)

LINE = np.arange(200)
OPEN = Trial(
    claims=200, blocks=200, factor=5.0, skill=0.03, sure=0.97, against=-1.0, harm=0.1
)  # fmt: skip


def asked(r: np.ndarray, q: np.ndarray, y: np.ndarray, horizon: int = 1) -> Claims:
    """One claim a session over this horizon."""
    day = np.arange(len(r))
    return Claims(
        reference=r, mind=q, happened=y, asked=day, settled=day + horizon, horizon=horizon
    )


def made(kind: str, seed: int = 1, n: int = 200) -> Claims:
    """Claims of one of the made-up minds."""
    return asked(**minds.minded(kind, seed, n))


def part(claims: Claims, kept: np.ndarray) -> Claims:
    """Some of the claims, in any order."""
    names = ("reference", "mind", "happened", "asked", "settled")
    return replace(claims, **{name: getattr(claims, name)[kept] for name in names})


# By hand


def test_nothing_is_known_of_nobody():
    """Without claims there is no evidence and no skill, and the mind is young."""
    none = trial(part(made("noise"), np.zeros(0, int)))
    assert (none.factor, none.skill, none.ruling) == (0.0, None, "young")


def test_ten_blocks_are_heard_first():
    """Until ten dates have settled a mind's usual distance is not known and it moves nothing."""
    found = made("skilled")
    z0, z1 = predicted(found)
    assert np.array_equal(z0[:10], z1[:10])
    assert (z0[10:] != z1[10:]).any()
    assert [t.factor for t in course(found)[:10]] == [0.0] * 10


def test_a_mind_that_was_all_but_certain_and_wrong_can_be_recorded():
    """The least probability that there is, of what then happened, still gives finite evidence."""
    r, y = np.full(80, 0.5), np.tile([0.0, 1.0], 40)
    q = np.where(np.arange(80) == 51, 5e-324, 0.55)
    found = trial(asked(r, q, y))
    assert np.isfinite(found.against)
    assert found.beaten


def test_a_pool_has_weighed_already():
    """The first claim that is heard moves by the expected gain: 1 of a pool, .3 of a mind."""
    found = made("skilled")
    moved = []
    for gain in (STATED, POOLED):
        z0, z1 = predicted(found, gain)
        moved.append(logit(z1[10]) - logit(z0[10]))
    assert moved[1] / moved[0] == pytest.approx(1 / 0.3)


def test_the_null_is_the_reference_recalibrated_online():
    """z0 is what recalibration alone makes of the reference, each from its past."""
    found = made("skilled")
    again = online(found.reference, found.happened, asked=found.asked, settled=found.settled)
    assert np.array_equal(predicted(found)[0], again)


def test_evidence_by_hand():
    """The factor is the product of likelihood ratios, a block's being the mean of its claims'."""
    found = made("skilled", n=60)
    pairs = replace(found, asked=LINE[:60] // 2, settled=LINE[:60] // 2 + 1)
    z0, z1 = predicted(pairs)
    ratio = np.where(pairs.happened > 0, z1 / z0, (1 - z1) / (1 - z0)).reshape(30, 2)
    told = course(pairs)
    assert [t.factor for t in told] == pytest.approx(list(np.cumsum(np.log(ratio.mean(axis=1)))))
    q, r, y = pairs.mind, pairs.reference, pairs.happened
    raw = np.where(y > 0, r / q, (1 - r) / (1 - q)).reshape(30, 2).mean(axis=1)
    assert told[-1].against == pytest.approx(np.log(raw).sum())
    assert (told[-1].claims, told[-1].blocks) == (60, 30)


def test_overlapping_windows_are_streams():
    """Windows of three sessions are three products of every third, and their mean counts."""
    found = asked(**minds.minded("skilled", 2, 60), horizon=3)
    z0, z1 = predicted(found)
    ratio = np.where(found.happened > 0, z1 / z0, (1 - z1) / (1 - z0))
    products = [ratio[turn::3].prod() for turn in range(3)]
    assert math.exp(trial(found).factor) == pytest.approx(np.mean(products))


def test_skill_by_hand():
    """Two blocks: skill is summed gain over summed loss, drawn to 0 as its error asks."""
    gain, loss = np.array([0.03, 0.01]), np.array([0.2, 0.2])
    mean, sd = skill(gain, loss, 1)
    error = 2 * 0.01**2 / 0.4**2  # what is left of each gain is ±.01 of .05 times the loss
    heed = 0.05**2 / (0.05**2 + error)
    assert mean[1] == pytest.approx(heed * 0.1)
    assert sd[1] == pytest.approx(math.sqrt(heed * error))


def test_overlap_widens_the_doubt():
    """Gains that last five sessions leave a skill more in doubt than gains of one."""
    rng = np.random.default_rng(1)
    gain = np.convolve(rng.standard_normal(304), np.ones(5), "valid") / 50
    loss = np.full(300, 0.2)
    assert skill(gain, loss, 5)[1][-1] > 1.5 * skill(gain, loss, 1)[1][-1]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "open"),
        ({"factor": math.log(20)}, "open"),
        ({"factor": math.log(19.9)}, "shut"),
        ({"sure": 0.9}, "shut"),
        ({"blocks": 60}, "open"),
        ({"blocks": 59}, "young"),
        ({"against": math.log(20)}, "open"),
        ({"against": math.log(20), "sure": 0.5}, "shut"),
        ({"against": math.log(20), "sure": 0.09}, "ended"),
        ({"harm": 0.96, "sure": 0.09}, "ended"),
        ({"harm": 0.95, "sure": 0.09}, "shut"),
        ({"harm": 0.96, "sure": 0.09, "blocks": 59}, "young"),
    ],
)
def test_rulings(changes: dict[str, float], expected: str):
    """Open: 20 to 1, nine in ten, sixty dates. Ended: beaten as stated, and adding nothing."""
    assert replace(OPEN, **changes).ruling == expected


def test_many_cells_by_hand():
    """At .1, of forty cells the best needs 400 to 1, the best two 200, the best ten 40."""

    def kept(factors: list[float]) -> int:
        cells = [replace(OPEN, factor=math.log(f)) for f in factors + [1.0] * (40 - len(factors))]
        return len(opened(dict(enumerate(cells))))

    assert kept([399]) == 0
    assert kept([401]) == 1
    assert kept([201, 201]) == 2
    assert kept([401, 199]) == 1
    assert kept([41] * 10) == 10
    assert kept([41] * 9) == 0
    assert opened({}) == frozenset()
    assert opened({"only": OPEN}) == {"only"}
    assert opened({"only": replace(OPEN, sure=0.5)}) == frozenset()


@given(st.lists(st.floats(-5, 12), min_size=1, max_size=30), st.integers(0, 29))
def test_better_evidence_never_shuts(factors: list[float], which: int):
    """More evidence for one cell shuts no other."""
    better = list(factors)
    better[which % len(better)] += 3
    before, after = (
        opened({i: replace(OPEN, factor=f) for i, f in enumerate(some)})
        for some in (factors, better)
    )
    assert before <= after


# Not gameable


@pytest.mark.parametrize(
    "mimic",
    [
        lambda r: r,
        lambda r: expit(logit(r) + 0.4),
        lambda r: expit(1.3 * logit(r)),
        lambda r: expit(0.2 + 0.6 * logit(r)),
    ],
)
@pytest.mark.parametrize("lean", [0.0, 0.5])
def test_what_the_reference_knows_earns_nothing(
    mimic: Callable[[np.ndarray], np.ndarray], lean: float
):
    """Agreeing, a constant lean, more or less boldness: no evidence, even where r is biased."""
    given_ = minds.minded("agrees", 3, 200)
    r = np.clip(given_["r"], 0.2, 0.8)
    y = (np.random.default_rng(4).random(200) < expit(logit(r) + lean)).astype(float)
    found = trial(asked(r, mimic(r), y))
    assert found.factor == pytest.approx(0, abs=1e-9)
    assert found.skill == pytest.approx(0, abs=1e-9)
    assert found.ruling != "open"
    if mimic(r) == pytest.approx(r):
        assert found.harm == 0  # nor is one that agrees a nuisance


def test_certain_claims_earn_nothing():
    """Being right on what is as good as certain opens nothing, however often."""
    for seed in range(3):
        found = course(made("trivial", seed, 400))
        assert all(one.ruling != "open" for one in found)
        assert found[-1].factor < 1


def test_repeats_are_one_claim():
    """Twenty copies of each claim are the same evidence as one, to rounding."""
    given_ = minds.minded("skilled", 2, 120)
    once, often = minds.course(**given_), minds.course(**given_, copies=20)
    assert often[-1].claims == 20 * once[-1].claims
    for one, other in zip(once, often, strict=True):
        assert other.factor == pytest.approx(one.factor, abs=1e-6)
        assert other.against == pytest.approx(one.against, abs=1e-6)
    assert often[-1].skill == pytest.approx(once[-1].skill, abs=1e-6)


# Only its past


def test_no_future_changes_the_past():
    """Later claims, whatever they say, change no earlier entry of a course, to the bit."""
    found = asked(**minds.minded("skilled", 2, 120), horizon=3)
    early = found.settled <= 80
    changed = replace(found, happened=np.where(early, found.happened, 1 - found.happened))
    whole, other, cut = course(found), course(changed), course(part(found, early))
    assert whole[: len(cut)] == other[: len(cut)] == cut
    assert whole != other


def test_claims_have_no_order():
    """A course depends on when claims were asked and settled, not on how they are listed."""
    found = made("skilled", n=120)
    mixed = part(found, np.random.default_rng(1).permutation(120))
    for one, other in zip(course(found), course(mixed), strict=True):
        assert other.factor == pytest.approx(one.factor, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "bad", "message"),
    [
        ("mind", np.nan, "none is left out or clipped"),
        ("mind", 1.0, "none is left out or clipped"),
        ("reference", 0.0, "none is left out or clipped"),
        ("happened", np.nan, "outcome is 0 or 1"),
        ("settled", 3, "settles 1 to 1 sessions"),
        ("settled", 5, "settles 1 to 1 sessions"),
    ],
)
def test_what_cannot_be_judged_is_refused(name: str, bad: float, message: str):
    """Absences and voids are left out before; a window is no longer than the streams."""
    found = made("noise", n=20)
    values = getattr(found, name).copy()
    values[3] = bad
    with pytest.raises(ValueError, match=message):
        replace(found, **{name: values})


# Made-up minds


def test_a_skilled_mind_opens():
    """A mind worth some 8 % opens within 300 claims, every time of three, and is never ended."""
    for seed in range(3):
        found = minds.course(**minds.minded("skilled", 77 + seed, 300))
        assert minds.first(found, "open") is not None
        assert minds.first(found, "ended") is None


@pytest.mark.parametrize("kind", ["noise", "coin-flipper", "opposed"])
def test_minds_without_skill_stay_out(kind: str):
    """Noise, ignorance of base rates, the opposite of skill: never open, beaten, mostly ended."""
    ends = []
    for seed in range(3):
        found = minds.course(**minds.minded(kind, 77 + seed, 300))
        assert minds.first(found, "open") is None
        assert found[-1].beaten
        ends.append(minds.first(found, "ended"))
    assert any(ends)


def test_twenty_copies_of_luck_open_nothing():
    """A hundred days of a guess said twenty times over: a t-test a claim calls it skill."""
    wrong, fooled = [], []
    for seed in range(6):
        given_ = minds.minded("noise", 200 + seed, 100)
        r, q, y = (given_[name] for name in "rqy")
        wrong.append(minds.first(minds.course(r, q, y, copies=20), "open") is not None)
        gain = np.repeat(
            (r - y) ** 2 - (expit(logit(r) + 0.3 * (logit(q) - logit(r))) - y) ** 2, 20
        )
        path = np.cumsum(gain) / np.sqrt(np.cumsum(gain**2))
        fooled.append(bool((path[200:] > norm.ppf(0.95)).any()))
    assert sum(wrong) == 0
    assert sum(fooled) >= 1

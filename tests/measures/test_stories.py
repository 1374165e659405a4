"""A story's standing: verdicts at stated rates, and nothing moves it but evidence."""

import numpy as np
import pytest

from workbench.domain.calendars import venue
from workbench.measures import stories
from workbench.measures.betting import PROOF, wealth
from workbench.measures.leadlag import Pair, products
from workbench.measures.stories import (
    POINTS,
    STRETCH,
    Answered,
    Bets,
    Evidence,
    joint_falls,
    lead,
    stretches,
    turn,
    weigh,
)

LEARNT = 62  # sessions of which the first products take their means
SILENT = Answered(session=np.array([], np.intp), horizon=np.array([], np.intp), edge=np.array([]))
IDLE = Bets(idle=(np.zeros((1, 100)),), true=np.zeros((1, 100)))


def sessions(rho: float, seed: int, common: float = 0.3, back: float = 0.0) -> Bets:
    """Bets on a lead of ``rho`` at one bar, and of ``back`` the other way round."""
    rng, n = np.random.default_rng(seed), LEARNT + STRETCH
    shared, x, y = rng.standard_normal((3, n))
    x, y = (np.sqrt(common) * shared + np.sqrt(1 - common) * own for own in (x, y))
    y[1:], x[1:] = y[1:] + rho * x[:-1], x[1:] + back * y[:-1]
    before = np.arange(n) - 1
    made = Pair(dates=venue("XNYS").dates[:n], leader=np.clip(x, -2, 2),
                follower=np.clip(y, -2, 2), before=before, after=before)  # fmt: skip
    return lead(products(made, 2), 0.15)


def verdicts(made: list[Bets]) -> dict[str | None, float]:
    found = [weigh(one, SILENT, LEARNT, LEARNT + STRETCH).verdict for one in made]
    return {name: found.count(name) / len(found) for name in ("confirmed", "falsified", None)}


def test_no_lead_is_seldom_confirmed():
    """Where nothing leads, at most one stretch in twenty confirms, and many falsify."""
    found = verdicts([sessions(0.0, seed) for seed in range(200)])
    assert found["confirmed"] <= 1 / PROOF
    assert found["falsified"] > 0.25


def test_a_material_lead_is_confirmed_and_seldom_falsified():
    """A lead of .3 is mostly confirmed within a stretch; one of .15 is seldom falsified."""
    strong = verdicts([sessions(0.3, seed) for seed in range(60)])
    assert strong["confirmed"] > 0.8
    material = verdicts([sessions(0.16, seed) for seed in range(200)])
    assert material["falsified"] <= 1 / PROOF


def test_a_mutual_lead_is_no_lead():
    """Where each tells as much of the other, the asymmetry is missing and nothing is confirmed."""
    found = verdicts([sessions(0.2, seed, common=0.0, back=0.2) for seed in range(60)])
    assert found["confirmed"] <= 1 / PROOF


def test_joint_falls_are_judged_against_their_past():
    """A spell of joint falls confirms, their vanishing falsifies, and their usual share neither."""
    rng = np.random.default_rng(1)
    past = rng.random(1000) < 0.15

    def verdict(share: float) -> str | None:
        bets = joint_falls(np.r_[past, rng.random(200) < share], 1.5)
        return weigh(bets, SILENT, 1000, 1200).verdict

    assert verdict(0.4) == "confirmed"
    assert verdict(0.03) == "falsified"
    usual = [verdict(0.15) for _ in range(100)]
    assert usual.count("confirmed") <= 5


def test_edges_of_every_bet_lie_in_bounds():
    """No bet can lose more than all, whatever the shares."""
    for fell in (np.ones(600, bool), np.zeros(600, bool), np.arange(600) > 300):
        bets = joint_falls(fell, 5.0)
        assert (np.abs(np.vstack([*bets.idle, bets.true])) <= 1).all()


def answered(session: list[int], horizon: int, edge: float) -> Answered:
    return Answered(session=np.array(session, np.intp), horizon=np.full(len(session), horizon),
                    edge=np.full(len(session), edge))  # fmt: skip


def test_claims_of_one_deadline_are_one_bet():
    """Twenty claims that settle together weigh no more than one of them."""
    once = weigh(IDLE, answered([5], 1, 0.5), 0, 100)
    often = weigh(IDLE, answered([5] * 20, 1, 0.5), 0, 100)
    assert often.supports == pytest.approx(once.supports)
    assert (once.claims, often.claims) == (1, 20)
    assert once.supports == pytest.approx((1 + wealth(np.array([0.5]))[0]) / 2)


def test_overlapping_windows_are_not_multiplied():
    """Five days' claims over five sessions each are five streams of one bet, not one of five."""
    found = weigh(IDLE, answered([10, 11, 12, 13, 14], 5, 0.5), 0, 100)
    assert found.supports == pytest.approx((1 + wealth(np.array([0.5]))[0]) / 2)
    apart = weigh(IDLE, answered([10, 15], 5, 0.5), 0, 100)
    stream = wealth(np.array([0.5, 0.5]))[-1]
    assert apart.supports == pytest.approx((1 + (4 + stream) / 5) / 2)


def test_claims_without_an_edge_speak_against():
    """Claims that only meet their base rate grow the bet against, since a true thesis beats it."""
    found = weigh(IDLE, answered(list(range(100)), 1, 0.0), 0, 100)
    assert found.supports == 1
    against = wealth(np.full(100, POINTS / (1 + POINTS)))[-1]
    assert found.opposes == pytest.approx((1 + against) / 2)


def test_only_the_stretch_counts():
    """Claims and sessions outside of a stretch change nothing in it."""
    bets = Bets(idle=(np.r_[np.ones(50), np.zeros(50)][None],), true=np.zeros((1, 100)))
    found = weigh(bets, answered([10, 20], 1, 1.0), 50, 100)
    assert found == Evidence(supports=1.0, opposes=1.0, sessions=50, claims=0)


def evidence(supports: float = 1.0, opposes: float = 1.0) -> Evidence:
    return Evidence(supports=supports, opposes=opposes, sessions=100, claims=0)


@pytest.mark.parametrize(
    ("status", "found", "becomes"),
    [
        ("developing", [evidence()], None),
        ("developing", [evidence(19.9, 19.9)], None),
        ("developing", [evidence(20)], "confirmed"),
        ("developing", [evidence(1, 20)], "falsified"),
        ("developing", [evidence(50, 20)], "falsified"),  # there, but too small to matter
        ("confirmed", [evidence(50)], None),
        ("confirmed", [evidence(1, 25)], "falsified"),
        ("falsified", [evidence(25)], "confirmed"),
        ("falsified", [evidence(1, 25)], None),
        ("dormant", [evidence(25)], "confirmed"),
        ("dormant", [evidence(1, 25)], "falsified"),
        ("developing", [evidence(), evidence()], "dormant"),
        ("confirmed", [evidence(), evidence()], "dormant"),
        ("confirmed", [evidence(30), evidence()], None),  # renewed
        ("dormant", [evidence(), evidence()], None),
        ("developing", [evidence(30), evidence()], "confirmed"),  # reached after the last look
        ("confirmed", [evidence(30), evidence(1, 30)], "falsified"),
        ("developing", [], None),
    ],
)
def test_the_machine(status: stories.Status, found: list[Evidence], becomes: str | None):
    """Each status changes on its evidence alone, as the table of this test says."""
    turned = turn(status, found)
    assert (turned and turned.status) == becomes


def test_a_stretch_ends_once():
    """A whole stretch is weighed at the first review after its end, and never twice."""
    assert stretches(0, 0) == []
    assert stretches(STRETCH, 21) == [(0, STRETCH)]
    assert stretches(STRETCH + 5, 21) == [(0, STRETCH), (STRETCH, STRETCH + 5)]
    assert stretches(STRETCH + 26, 21) == [(STRETCH, STRETCH + 26)]
    assert stretches(2 * STRETCH + 1, 21)[0] == (STRETCH, 2 * STRETCH)

"""The desk's account of its minds: powerless until proven, never wiser than its past."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from tests.bench import panel
from workbench.measures import learning, trial
from workbench.measures.beliefs import start
from workbench.measures.histories import Question
from workbench.measures.learned import Learned
from workbench.measures.recalibration import credibly_off, platt
from workbench.measures.trial import Claims

inside = st.floats(0.02, 0.98)


def asked(name: str, r: float, said: dict[str, float], **changes: object) -> Question:
    """A claim of one session that settles in session 1, unless told otherwise."""
    whole = Question(
        claim=name, category="index level 1", horizon=1, settles=1, reference=r, said=said
    )
    return replace(whole, **changes)


@given(inside, inside, inside)
def test_a_new_desk_says_its_reference(r: float, one: float, other: float):
    """Without evidence minds are heard and have no power: what is published is r, to the bit."""
    told = Learned().says(asked("a", r, {"A": one, "B": other}))
    assert told.published == r
    assert told.open == ()
    alone = Learned().says(asked("a", r, {}))
    assert alone.pool == alone.published == r


def test_the_pool_is_the_learned_pool():
    """Without lines drawn, the account's pool is the fold of the pool over the same dates."""
    account, state = Learned(), start()
    rng = np.random.default_rng(1)
    for day in range(30):
        one = asked(str(day), float(rng.uniform(0.2, 0.8)), {"A": float(rng.uniform(0.2, 0.8))},
                    settles=day + 1)  # fmt: skip
        wanted = learning.predict(state, one.category, one.reference, one.said)
        assert account.says(one).pool == wanted
        happened = float(rng.random() < one.reference)
        account.ask([one])
        account.settle({one.claim: happened})
        state = learning.learn(state, one.category, one.reference, one.said, happened)


def test_a_language_model_is_heard_for_less():
    """Before anything has settled, the stated odds of a model are taken to a power of .7."""
    account, models = Learned(), frozenset({"Model"})
    assert account.line("Model", model=True).at(0.9) == pytest.approx(expit(0.7 * logit(0.9)))
    assert account.line("Rule").at(0.9) == pytest.approx(0.9)
    far = {
        who: account.says(asked("a", 0.5, {who: 0.75}, models=models)).pool
        for who in ("Model", "Rule")
    }
    assert 0.5 < far["Model"] < far["Rule"]


def test_a_void_teaches_nothing():
    """A claim without an outcome, and one never asked, leave the account as it was."""
    account = Learned()
    account.ask([asked("a", 0.4, {"A": 0.7})])
    account.settle({"a": None, "stranger": 1.0})
    assert account.pool.dates == 0
    assert account.review() == {}


def test_the_last_review_is_the_batch_trial():
    """With one review at the end, the evidence is that of claims heard at the reference's word."""
    made = panel.world(3, 80)
    account = Learned()
    for i in range(80):
        row = i * panel.CATEGORIES
        one = asked(str(i), float(made.r[row]), {"A": float(made.q[0, row])}, settles=i + 1)
        account.ask([one])
        account.settle({one.claim: float(made.y[row])})
    account.review()
    rows = np.arange(80) * panel.CATEGORIES
    claims = Claims(
        reference=made.r[rows], mind=made.q[0, rows], happened=made.y[rows],
        asked=np.arange(80), settled=np.arange(80) + 1, horizon=1,
    )  # fmt: skip
    # No line was drawn before the end, so each claim was heard at the reference's own word.
    wanted = trial.judged(claims, made.r[rows], made.r[rows])
    found = asdict(account.trials["A", "index level 1"])
    assert found == pytest.approx(asdict(wanted), abs=1e-12)


@pytest.fixture(scope="module")
def run() -> panel.Run:
    """A panel of known skill over ten quarters."""
    return panel.run(panel.world(11, 630))


def test_skill_opens_its_gate(run: panel.Run):
    """A mind worth several per cent opens, and what is published then gains on the reference."""
    assert {mind for mind, _ in run.opened} >= {"skilled"}
    first = min(run.opened.values())
    before, after = slice(0, first * panel.CATEGORIES), slice(first * panel.CATEGORIES, None)
    assert np.array_equal(run.published[before], run.world.r[before])
    loss = (run.published - run.world.y) ** 2 - (run.world.r - run.world.y) ** 2
    assert loss[after].sum() < 0


def test_the_opposite_of_skill_never_speaks(run: panel.Run):
    """A mind that knows the opposite has no weight, no open gate, and is ended."""
    assert not [cell for cell in run.opened if cell[0] == "opposed"]
    assert {mind for mind, _ in run.ended} >= {"opposed"}
    assert run.account.standing("opposed", "c0")[2].learned == pytest.approx(0, abs=0.02)


def test_only_open_minds_move_what_is_published(run: panel.Run):
    """In a category where no gate is open, the reference stands whatever the minds say."""
    shut = asked("x", 0.4, dict.fromkeys(("noise", "opposed"), 0.9), category="never met")
    assert run.account.says(shut).published == 0.4
    assert run.account.says(shut).pool != 0.4


def test_an_open_mind_moves_it_towards_itself(run: panel.Run):
    """Where its gate is open, a mind moves what is published towards what it says."""
    mind, category = next(cell for cell, one in run.account.rulings.items() if one == "open")
    for q in (0.1, 0.9):
        told = run.account.says(asked("x", 0.5, {mind: q}, category=category))
        assert told.open == (mind,)
        assert (told.published - 0.5) * (q - 0.5) > 0
        assert abs(told.published - 0.5) < abs(q - 0.5)


def test_the_future_is_not_known():
    """What the account says of a session does not depend on what settles after it, to the bit."""
    made = panel.world(5, 260)
    cut = 150 * panel.CATEGORIES
    other = replace(made, y=np.where(np.arange(len(made.y)) < cut, made.y, 1 - made.y))
    one, two = panel.run(made), panel.run(other)
    seen = cut + panel.CATEGORIES  # session 150 is asked before it settles
    assert np.array_equal(one.published[:seen], two.published[:seen])
    assert np.array_equal(one.pool[:seen], two.pool[:seen])
    assert not np.array_equal(one.pool, two.pool)


def test_order_within_a_session_does_not_matter():
    """Claims of one date may be asked and settled in any order."""
    made = panel.world(7, 70)
    n, k = len(made.r), panel.CATEGORIES
    mixed = np.concatenate([np.random.default_rng(i).permutation(k) + i * k for i in range(n // k)])
    other = replace(
        made, r=made.r[mixed], y=made.y[mixed], q=made.q[:, mixed], category=made.category[mixed]
    )
    one, two = panel.run(made), panel.run(other)
    assert two.pool == pytest.approx(one.pool[mixed], abs=1e-12)


# The net under the reference


def test_a_reference_that_is_off_is_mended():
    """Odds stated twice too bold are credibly off, and what is published undoes that."""
    rng = np.random.default_rng(2)
    p = rng.uniform(0.1, 0.9, 400)
    r, y = expit(2 * logit(p)), (rng.random(400) < p).astype(float)
    account = Learned()
    for day in range(400):
        one = asked(str(day), float(r[day]), {}, settles=day + 1)
        account.ask([one])
        account.settle({one.claim: float(y[day])})
    account.review()
    (line,) = account.corrected().values()
    assert line.slope == pytest.approx(0.5, abs=0.12)
    told = account.says(asked("x", 0.9, {})).published
    assert told == pytest.approx(line.at(0.9))


def test_an_honest_reference_is_left_alone():
    """Calibrated odds are called off no more often than one in a thousand allows."""
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        p = rng.uniform(0.1, 0.9, 150)
        y = (rng.random(150) < p).astype(float)
        found.append(credibly_off(platt(p, y), p, np.ones(150)))
    assert sum(found) <= 2

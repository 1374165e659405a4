"""What is learned from a ledger moves what is published, once it has been proved and not before."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit, logit

from tests.bench.minds import truth
from workbench.desk import replay
from workbench.domain.calendars import iso, venue
from workbench.domain.claims import Claim
from workbench.measures.histories import Question
from workbench.steps import debate, learned, pool, predict
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.entries import canonical
from workbench.world.ledger import Ledger

PARAMS = "instruments: [SPX, COMP, VIX]\nhorizons: [1]\nminds: [flow]\n"
KINDS = ("level", "band", "magnitude", "touch", "range", "stays")
PAST = 420  # cycles
KNOWING = "Flow"


def told(ledger: Ledger, seed: int = 1, *, in_sample: bool = False) -> None:
    """A past of made-up cycles in which one mind knows more than the reference does."""
    sessions = venue("XNYS").between(dt.date(2016, 1, 4), dt.date(2018, 1, 19))[: PAST + 1]
    r, y, known = truth(np.random.default_rng(seed), PAST * len(KINDS))
    q = expit(logit(r) + known)
    for n in range(PAST + 1):
        rows: list[tuple[object, dict[str, object]]] = []
        cycle = {"number": n + 1, "desk": "made", "mode": "replay", "code": "made",
                 "as_of": iso(sessions[n].close + dt.timedelta(hours=1)), "params": "made",
                 "snapshot": "made"}  # fmt: skip
        rows.append((book.cycles, cycle))
        if in_sample:
            voice = {"of": n + 1, "mind": KNOWING, "model": "made", "in_sample": 1, "usd": "0",
                     "seconds": 0.0, "replies": "[]", "note": ""}  # fmt: skip
            rows.append((book.voices, voice))
        for k, kind in enumerate(KINDS):
            if n:
                before = (n - 1) * len(KINDS) + k
                settled = {"claim": f"{n - 1}-{kind}", "outcome": "yes" if y[before] else "no",
                           "reason": "made", "value": None, "observations": canonical([]),
                           "known_at": iso(sessions[n].close)}  # fmt: skip
                rows.append((book.settlements, settled))
            if n < PAST:
                i, name = n * len(KINDS) + k, f"{n}-{kind}"
                claim = {"id": name, "kind": kind, "subject": "SPX", "horizon": 1,
                         "theme": "index", "deadline": iso(sessions[n + 1].close),
                         "sentence": "made", "content": "{}"}  # fmt: skip
                rows.append((book.claims, claim))
                for who, p in (("scenario", r[i]), ("climatology", 0.5), (KNOWING, q[i])):
                    said = {"claim": name, "forecaster": who, "probability": float(p)}
                    rows.append((book.forecasts, said))
        done = {"of": n + 1, "slug": "made", "title": "made", "call": None, "plan": "{}"}
        ledger.append(n + 1, [*rows, (book.dispatches, done)])


@pytest.fixture(scope="module")
def past() -> Ledger:
    ledger = Ledger("sqlite://")
    told(ledger)
    return ledger


@pytest.fixture
def bench(room: Callable, world: type, past: Ledger) -> Bench:
    """The cycle after that past, its slate held."""
    made = room(world(params=PARAMS)).bench(PAST + 2)
    own = past.copy()
    bench = Bench(made.desk, made.archive, own, number=PAST + 2, as_of=made.as_of, mode="replay",
                  keep=False)  # fmt: skip
    bench.remember("evidence", made.recall("evidence"))
    debate.hold(bench)
    return bench


def index(bench: Bench) -> list[Claim]:
    return [one for one in debate.slate_on_record(bench) if one.theme == "index"]


def test_a_mind_that_knew_more_moves_what_is_published(bench: Bench):
    """Its gate is open in categories, and there the published numbers go towards what it says."""
    account = learned.learned(bench)
    opened = {category for (mind, category), one in account.rulings.items() if one == "open"}
    assert opened
    said, asked = debate.forecasts_on_record(bench), debate.slate_on_record(bench)
    moved, found = pool.moved(bench, asked), pool.synthesis(bench, asked)
    assert moved
    for claim in asked:
        category = learned.category(claim.kind, claim.theme, claim.window.sessions)
        if claim.id not in moved:
            continue
        assert category in opened
        r, q = said["scenario"][claim.id], said[KNOWING][claim.id]
        assert (moved[claim.id] - r) * (q - r) > 0
        assert found[claim.id] == pytest.approx(moved[claim.id], abs=0.02)


def test_what_is_published_is_one_set(bench: Bench):
    """A moved claim moves its neighbours: every number is a share of the same weights."""
    asked = debate.slate_on_record(bench)
    found = pool.synthesis(bench, asked)
    for horizon, one in pool.published(bench, asked).items():
        for claim in asked:
            if claim.window.sessions == horizon:
                assert found[claim.id] == pytest.approx(one.probability(claim), abs=1e-12)


def test_a_rebuilt_account_is_the_running_one(past: Ledger, bench: Bench):
    """An account brought forward cycle by cycle is the one made at once from all rows, to the
    bit."""
    slow = past.copy()
    for number in (5, 70, 200, 201, PAST + 1):
        step = Bench(bench.desk, bench.archive, slow, number=number, mode="replay", keep=False,
                     as_of=dt.datetime.fromisoformat(moment_of(slow, number)))  # fmt: skip
        learned.learned(step)
    one = learned.learned(Bench(bench.desk, bench.archive, slow, number=PAST + 2,
                                as_of=bench.as_of, mode="replay", keep=False))  # fmt: skip
    other = learned.learned(bench)
    assert one.rulings == other.rulings
    assert one.trials == other.trials
    assert np.array_equal(one.pool.mean, other.pool.mean)


def moment_of(ledger: Ledger, number: int) -> str:
    (row,) = (r for r in ledger.read(book.cycles.select()) if r["number"] == number)
    return str(row["as_of"])


def test_it_learns_nothing_from_a_cycle_that_is_rolled_back(past: Ledger, bench: Bench):
    """A ledger forgets what it worked out from rows that are then taken back."""
    own = past.copy()
    step = Bench(bench.desk, bench.archive, own, number=PAST + 2, as_of=bench.as_of, mode="replay",
                 keep=False)  # fmt: skip

    def stopped() -> None:
        with own.transaction():
            learned.learned(step)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert own.memory == {}


def test_an_older_moment_does_not_know_the_account(bench: Bench):
    """Asked as of an earlier cycle, the account is that of then."""
    learned.learned(bench)
    early = Bench(bench.desk, bench.archive, bench.ledger, number=20, mode="replay", keep=False,
                  as_of=dt.datetime.fromisoformat(moment_of(bench.ledger, 20)))  # fmt: skip
    assert learned.learned(early).pool.dates == 19
    assert learned.learned(bench).pool.dates == PAST


def test_hindsight_teaches_nothing(room: Callable, world: type):
    """Forecasts of a model that may have read what followed leave no trace."""
    ledger = Ledger("sqlite://")
    told(ledger, in_sample=True)
    made = room(world(params=PARAMS)).bench(PAST + 2)
    step = Bench(made.desk, made.archive, ledger, number=PAST + 2, as_of=made.as_of, mode="replay",
                 keep=False)  # fmt: skip
    account = learned.learned(step)
    assert account.trials == {}
    assert account.pool.dates == 0
    asked = [Question(claim="a", category="index level 1", horizon=1, settles=1, reference=0.5,
                      said={KNOWING: 0.9})]  # fmt: skip
    assert account.says(asked[0]).published == 0.5


def test_rulings_are_put_on_record_when_they_change(bench: Bench, past: Ledger):
    """A review's changes are rows with their evidence; a cycle without a review writes none."""
    predict.decide(bench)
    of = book.rulings.c
    rows = bench.ledger.read(book.rulings.select().order_by(of.seq))
    account = learned.learned(bench)
    assert {(r["mind"], r["category"]): r["state"] for r in rows} == learned.changed(bench)
    assert all(str(account.trials[r["mind"], r["category"]].blocks) in r["evidence"] for r in rows)
    before = len(rows)
    predict.decide(bench)  # a step may be run again
    assert len(bench.ledger.read(book.rulings.select())) == before


def test_the_pool_is_a_forecaster_without_power(bench: Bench):
    """What all minds together would say is on record beside what is published."""
    predict.decide(bench)
    said = debate.forecasts_on_record(bench)
    asked = debate.slate_on_record(bench)
    assert set(said["pool"]) == {claim.id for claim in asked if claim.id in said[KNOWING]}
    assert said["pool"] != said["synthesis"]
    assert said["synthesis"] == pool.synthesis(bench, asked)


def test_a_whole_cycle_goes_through(bench: Bench):
    """Settling, learning, deciding and writing on such a ledger end with a dispatch."""
    assert replay.cycle(bench).title
    assert index(bench)

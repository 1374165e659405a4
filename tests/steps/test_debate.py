"""The debate: every forecaster answers one slate, and what counts scenarios counts one set."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from workbench.domain import claims
from workbench.domain.claims import WATCHED, Claim
from workbench.domain.records import CONTROLS, Absence, Opinion
from workbench.domain.snapshots import Snapshot
from workbench.measures import answers, garch, house
from workbench.measures.joint import Joint
from workbench.measures.prices import Bars, ewma_volatility
from workbench.steps import debate, pool, predict, slates
from workbench.steps.bench import Bench
from workbench.steps.opening import after_close
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

DAYS = (dt.date(2013, 6, 3), dt.date(2018, 2, 5))  # VIX dark, and the shock
MINDS = ("Macro", "Flow", "Contrarian")


@pytest.fixture(scope="module")
def desk(new_project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = new_project(tmp_path_factory.mktemp("debate") / "project")
    path = root / "params" / "small.yaml"
    path.write_text(path.read_text("utf-8").replace("[1]", "[1, 5]"), encoding="utf-8")
    return open_desk(path)


@pytest.fixture(scope="module", params=DAYS, ids=str)
def bench(request: pytest.FixtureRequest, desk: Desk, bundle: Archive) -> Bench:
    when = after_close(desk, request.param)
    return Bench(desk, bundle, Ledger("sqlite://"), number=1, as_of=when, mode="replay", keep=False)


@pytest.fixture(scope="module")
def slate(bench: Bench) -> list[Claim]:
    debate.hold(bench)
    return debate.slate_on_record(bench)


def everyone(bench: Bench, horizon: int) -> dict[str, Joint]:
    """The set of each that counts scenarios: the reference, every present mind, Synthesis."""
    found = {"scenario": bench.joints[horizon]}
    found |= {mind: own[horizon] for mind, own in debate.sets(bench).items()}
    return found | {"synthesis": pool.published(bench, debate.slate_on_record(bench))[horizon]}


# One set of scenarios


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.usefixtures("slate")
def test_what_each_one_says_agrees(bench: Bench, horizon: int):
    """Monotone in the strike, parts sum to one, a touch is no rarer than the close beyond."""
    for who, one in everyone(bench, horizon).items():
        for instrument in bench.instruments:
            if instrument.symbol not in one.legs:
                continue
            when = claims.window(instrument, bench.as_of, horizon)
            own = one.of(instrument.symbol)
            at = own.price * np.exp(np.quantile(own.close, np.linspace(0.05, 0.95, 7)))
            levels = [claims.level(instrument, when, ">", float(k)) for k in at]
            bands = [claims.band(instrument, when, a.lo or 0, b.lo or 0, "price")
                     for a, b in pairwise(levels)]  # fmt: skip
            above = [one.probability(claim) for claim in levels]
            assert all(a >= b for a, b in pairwise(above)), who
            parts = above[-1] + sum(one.probability(claim) for claim in bands)
            count = own.weight.sum() ** 2 / (own.weight**2).sum()
            assert parts == pytest.approx(above[0], abs=4 / count), who  # half a scenario a part
            if own.has_path:
                for claim, p in zip(levels, above, strict=True):
                    assert one.probability(claims.touch(instrument, when, None, claim.lo)) >= p, who


def test_each_answer_is_a_share_of_its_own_set(bench: Bench, slate: list[Claim]):
    """What goes on record is what the set of that forecaster holds, claim by claim."""
    said = debate.standing(bench, slate) | {"synthesis": pool.synthesis(bench, slate)}
    for mind in bench.desk.minds:
        one = debate.listen(bench, mind, slate)
        if isinstance(one, Opinion):
            said[one.mind] = one.probabilities
    for claim in slate:
        for who, held in everyone(bench, claim.window.sessions).items():
            if claim.id in said[who]:
                assert said[who][claim.id] == pytest.approx(held.probability(claim), abs=1e-12)


def test_minds_differ_and_have_no_power_yet(bench: Bench, slate: list[Claim]):
    """Each mind tilts the reference its own way; the pool hears them, and Synthesis is the
    reference until one has proved itself."""
    present = debate.sets(bench)
    assert set(present) == (set(MINDS) if "VIX" in bench.bars else {"Flow", "Contrarian"})
    reference = debate.on_reference(bench, slate)[1]
    said = {who: reference.shares(one.weight) for who, one in everyone(bench, 1).items()}
    widest = {
        c: max(abs(said[m][c] - said["scenario"][c]) for m in present) for c in said["scenario"]
    }
    assert max(widest.values()) > 0.03
    assert said["synthesis"] == said["scenario"]
    heard = pool.opinion(bench, slate)
    moved = {c: abs(heard[c] - said["scenario"][c]) for c in said["scenario"]}
    assert 0 < max(moved.values()) < max(widest.values())


def test_without_minds_there_is_no_pool(bench: Bench, desk: Desk):
    """A desk without minds says what its scenarios say."""
    path = desk.root / "params" / "alone.yaml"
    path.write_text((desk.root / "params" / "small.yaml").read_text("utf-8") + "minds: []\n")
    alone = Bench(open_desk(path), bench.archive, Ledger("sqlite://"), number=1, as_of=bench.as_of,
                  mode="replay", keep=False)  # fmt: skip
    debate.hold(alone)
    own = debate.slate_on_record(alone)
    assert pool.synthesis(alone, own) == debate.standing(alone, own)["scenario"]
    assert pool.opinion(alone, own) == {}


def test_a_width_out_of_reach_is_an_absence(bench: Bench):
    """A mind that expects what no weights can give is absent with the reason, not clipped."""
    real = house.MINDS["Flow"]

    def louder(slice_: Snapshot, lead: Bars) -> house.View | Absence:
        view = real(slice_, lead)
        assert isinstance(view, house.View)
        return dataclasses.replace(view, volatility=1.0)

    flow = next(one for one in bench.desk.minds if one.params.mind == "Flow")
    gone, own = debate.think(bench, flow, {"Flow": louder})
    assert isinstance(gone, Absence)
    assert gone.scope == ""
    assert "times as much" in gone.reason
    assert own == {}


def test_a_mind_that_does_not_see_the_lead_is_absent(bench: Bench):
    """What it would speak of is outside its slice: a reason, and no number."""
    flow = next(one for one in bench.desk.minds if one.params.mind == "Flow")
    narrow = flow.params.model_copy(update={"series": ("WTI",)})
    blind = flow.model_copy(update={"params": narrow})
    gone, own = debate.think(bench, blind)
    assert isinstance(gone, Absence)
    assert gone.reason == "SPX is outside my slice"
    assert own == {}


# Controls


def test_every_control_answers_what_it_can(bench: Bench, slate: list[Claim]):
    """All standing controls are there, each on the claims that its model speaks of."""
    said = debate.standing(bench, slate)
    fear = "VIX" in bench.bars
    asked = {"market", "options", "plain", "plain_median"}  # of markets and of models
    assert set(said) == set(CONTROLS) - asked - (set() if fear else {"lognormal_vix"})
    single = {claim.id for claim in slate if claim.versus is None}
    everything = {claim.id for claim in slate}
    assert single < everything
    for who, found in said.items():
        whole = who in {"scenario", "climatology", "climatology_1y", "persistence"}
        if who != "lognormal_vix":
            assert set(found) == (everything if whole else single), who
        assert all(0 < p < 1 for p in found.values()), who
    if fear:
        spoken = {claim.id for claim in slate if claim.id in single and claim.subject != "VIX"}
        assert set(said["lognormal_vix"]) == spoken


def test_controls_by_hand(bench: Bench, slate: list[Claim]):
    """Base rates are counts of what happened; the law and the simulation are the ones evaluated."""
    said = debate.standing(bench, slate)
    for claim in slate:
        if claim.versus is not None:
            continue
        own, horizon = bench.bars[claim.subject], claim.window.sessions
        happened, _ = answers.outcomes(claim, bench.episodes[claim.subject, horizon])
        assert said["climatology"][claim.id] == pytest.approx(
            (happened.sum() + 0.5) / (len(happened) + 1)
        )
        assert said["climatology_1y"][claim.id] == pytest.approx(
            (happened[-252:].sum() + 0.5) / 253
        )
        if claim.kind == "level" and claim.unit == "price":
            sigma = float(ewma_volatility(own.close)[-1]) * horizon**0.5
            strike = np.log((claim.lo or claim.hi or 1) / own.close[-1]) / sigma
            law = norm.sf(strike) if claim.lo is not None else norm.cdf(strike)
            assert said["lognormal_ewma"][claim.id] == pytest.approx(law, abs=2e-4)
        if own.has_path or claim.kind not in WATCHED:
            ahead = garch.Walk(own, horizon).at(len(own) - 1)
            assert ahead is not None
            assert said["gjr_fhs"][claim.id] == answers.probability(claim, ahead)


def test_the_record_holds_them_all(bench: Bench):
    """A cycle puts every control, every present mind and the pool on the ledger."""
    debate.hold(bench)
    predict.decide(bench)
    found = set(debate.forecasts_on_record(bench))
    assert found == set(debate.standing(bench, debate.slate_on_record(bench))) | {
        *debate.sets(bench), "synthesis", "pool"}  # fmt: skip


# Markets


def test_a_traded_claim_joins_the_slate(desk: Desk, bundle: Archive, tmp_path: Path):
    """What a market pays for is asked of everyone, scored as a forecaster, and settles."""
    day = DAYS[1]
    rows = bundle.rows({"SPX", "COMP", "VIX"})
    kept = pd.concat(list(rows), ignore_index=True)
    when = pd.Timestamp(after_close(desk, day))
    texts = {"S&P 500 closes above 2,600 on Tue 6 Feb 2018": 0.7,
             "Oil feels heavy": 0.5, "S&P 500 closes above 2,600 in 3 sessions": 0.7}  # fmt: skip
    paid = pd.DataFrame([{"series": "market:fair", "field": text, "at": when, "known_at": when,
                          "value": p, "unit": "probability", "source": "fair"}
                         for text, p in texts.items()])  # fmt: skip
    archive = Archive(tmp_path / "archive")
    archive.append(pd.concat([kept, paid]), origin="made", through=bundle.end())
    bench = Bench(desk, archive, Ledger("sqlite://"), number=1, as_of=after_close(desk, day),
                  mode="replay", keep=False)  # fmt: skip
    plain = slates.build(
        Bench(desk, bundle, Ledger("sqlite://"), number=1, as_of=bench.as_of, mode="replay",
              keep=False)
    )  # fmt: skip
    asked = slates.build(bench)
    (joined,) = [claim for claim in asked if claim not in plain]
    assert (joined.subject, joined.lo, joined.reference) == ("SPX", 2600.0, 2648.939941)
    said = debate.standing(bench, asked)
    assert said["market"] == {joined.id: 0.7}
    assert joined.id in said["scenario"]
    (flag,) = (flag for flag in bench.flags if flag.check == "NO_CLAIM")
    assert "Oil feels heavy" in flag.seen

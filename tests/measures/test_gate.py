"""The gate: which families may speak, what goes on record, and which one is the call."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain import claims
from workbench.domain.calendars import moment
from workbench.domain.claims import Claim
from workbench.domain.instruments import find
from workbench.domain.records import Decision, Terms
from workbench.measures import gate
from workbench.measures.gate import MIN_DATES, REFRESH
from workbench.measures.prices import Bars
from workbench.measures.scoring import Skill

SPX, COMP, VIX = (find(name) for name in ("SPX", "COMP", "VIX"))
NOW = moment("2018-01-26T22:00Z")
DAY, FIVE = claims.window(SPX, NOW, 1), claims.window(SPX, NOW, 5)
inside = st.floats(0.01, 0.99)

OPEN = Skill(n=500, dates=100, n_eff=90, skill=0.1, low=0.05, high=0.15)
SHUT = Skill(n=500, dates=100, n_eff=90, skill=0.01, low=-0.02, high=0.04)


# Arithmetic


def test_gain_by_hand():
    """Three and a half points at one half are half a per cent of its variance."""
    assert gate.gain(0.535, 0.5) == pytest.approx(0.0049)
    assert gate.gain(0.3, 0.2) == pytest.approx(0.01 / 0.16)


@given(inside, inside)
def test_gain_and_information_are_never_negative(p: float, base: float):
    """Both are zero at the base rate and positive away from it, whichever side."""
    assert gate.gain(base, base) == 0
    assert gate.information(base, base) == pytest.approx(0, abs=1e-12)
    assert gate.gain(p, base) >= 0
    assert gate.information(p, base) >= -1e-12
    if abs(p - base) > 0.01:
        assert gate.information(p, base) > 0


def test_information_by_hand():
    """One fair coin told for certain would be ln 2; 3/4 against 1/2 is 3/4 ln 3/2 + 1/4 ln 1/2."""
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert gate.information(0.75, 0.5) == pytest.approx(expected)
    assert gate.information(1 - 1e-12, 0.5) == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (OPEN, True),
        (SHUT, False),
        (None, False),
        (replace(OPEN, low=0.0), False),  # an interval that reaches zero is no evidence
        (replace(OPEN, dates=MIN_DATES - 1), False),
        (replace(OPEN, dates=MIN_DATES), True),
        (replace(OPEN, skill=None, low=None, high=None), False),
    ],
)
def test_when_a_family_is_open(found: Skill | None, expected: bool):
    """Open means sixty dates and an interval above zero."""
    assert gate.is_open(found) is expected


# Decisions


def decided(
    cases: list[tuple[Claim, float, float]], shut: set[str] = frozenset(), **changes: object
) -> dict[str, Decision]:
    """Decisions by claim id on (claim, said, base rate), all families open but those named."""
    families = {
        (c.subject, c.kind, c.window.sessions): SHUT if c.kind in shut else OPEN
        for c, _, _ in cases
    }
    arguments = {
        "terms": Terms(), "withheld": (), "running": (), "recent": (), "families": families
    } | changes  # fmt: skip
    found = gate.decide(
        [c for c, _, _ in cases], {c.id: p for c, p, _ in cases}, {c.id: b for c, _, b in cases},
        **arguments,
    )  # fmt: skip
    assert [d.claim for d in found] == [c.id for c, _, _ in cases]  # one each, in slate order
    return {d.claim: d for d in found}


LEVEL = claims.level(SPX, DAY, ">", 2850)
BAND = claims.band(SPX, DAY, -1, 1, "pct")
FEAR = claims.level(VIX, DAY, "<", 12)


def test_a_claim_with_an_edge_is_the_call():
    """An open family, a material edge and nothing in the way: on record, with its arithmetic."""
    found = decided([(LEVEL, 0.7, 0.5)])[LEVEL.id]
    assert (found.role, found.probability, found.base_rate) == ("call", 0.7, 0.5)
    assert found.gain == pytest.approx(0.16)


@pytest.mark.parametrize(
    ("said", "base", "changes", "why"),
    [
        (0.7, 0.5, {"shut": {"level"}}, "its family is shut: skill +1.0% [-2.0, +4.0]"),
        (0.7, 0.5, {"families": {}}, "too little history"),
        (0.98, 0.9, {}, "too certain"),
        (0.02, 0.1, {}, "too certain"),
        (0.53, 0.5, {}, "edge is +3.0 points"),  # a gain of 0.0036
        (0.7, 0.5, {"withheld": {"SPX"}}, "SPX is withheld"),
        (0.7, 0.5, {"running": [claims.direction(SPX, FIVE, "up")]}, "open until 2018-02-02"),
    ],
)
def test_refusals(said: float, base: float, changes: dict, why: str):
    """What the gate refuses stays a shadow, with its numbers and the reason."""
    found = decided([(LEVEL, said, base)], **changes)[LEVEL.id]
    assert found.role == "shadow"
    assert why in found.reason.replace("\N{MINUS SIGN}", "-")
    assert (found.probability, found.base_rate) == (said, base)


def test_a_withheld_leg_is_enough():
    """A relative claim on a withheld instrument is refused, whichever of the two it is."""
    pair = claims.relative(COMP, SPX, DAY, 0)
    for symbol in ("SPX", "COMP"):
        assert decided([(pair, 0.7, 0.5)], withheld={symbol})[pair.id].role == "shadow"


def test_relative_evidence_counts_either_way():
    """The evidence is kept under the later instrument; asked the other way it is the same."""
    families = {("COMP", "relative", 1): OPEN}
    for pair in (claims.relative(COMP, SPX, DAY, 0), claims.relative(SPX, COMP, DAY, 0)):
        assert decided([(pair, 0.7, 0.5)], families=families)[pair.id].role == "call"


def test_a_window_that_is_over_blocks_nothing():
    """A prediction whose deadline is the new claim's issue is no longer open."""
    before = claims.window(SPX, moment("2018-01-25T22:00Z"), 1)
    ended = replace(before, deadline=NOW)
    running = [claims.direction(SPX, ended, "up")]
    assert decided([(LEVEL, 0.7, 0.5)], running=running)[LEVEL.id].role == "call"


def test_another_instrument_blocks_nothing():
    """Only a prediction on the same instrument stands in the way."""
    running = [claims.direction(VIX, FIVE, "up")]
    assert decided([(LEVEL, 0.7, 0.5)], running=running)[LEVEL.id].role == "call"


def test_a_relative_prediction_occupies_both():
    """While COMP against SPX is open, neither index gets another prediction."""
    running = [claims.relative(COMP, SPX, FIVE, 0)]
    for claim in (LEVEL, claims.level(COMP, DAY, ">", 7000)):
        assert decided([(claim, 0.7, 0.5)], running=running)[claim.id].role == "shadow"


def test_one_prediction_an_instrument_and_window():
    """Of two claims on one instrument the more informative goes on record."""
    found = decided([(LEVEL, 0.6, 0.5), (BAND, 0.75, 0.5), (FEAR, 0.65, 0.5)])
    assert [found[c.id].role for c in (LEVEL, BAND, FEAR)] == ["shadow", "call", "other"]
    assert "goes on record" in found[LEVEL.id].reason


def test_the_call_is_held_more_likely_than_not():
    """The most informative prediction, if held unlikely, is an other; the call is the next one."""
    found = decided([(LEVEL, 0.1, 0.5), (FEAR, 0.6, 0.5)])
    assert [found[c.id].role for c in (LEVEL, FEAR)] == ["other", "call"]


def test_no_call_without_one_more_likely_than_not():
    """When everything on record is held unlikely, there is no call."""
    assert decided([(LEVEL, 0.3, 0.5)])[LEVEL.id].role == "other"
    assert decided([(LEVEL, 0.5, 0.35)])[LEVEL.id].role == "call"


def test_the_call_is_held_more_likely_than_history_does():
    """What I hold likely, but less so than history does, would be a call that reads upside down."""
    found = decided([(LEVEL, 0.6, 0.9), (FEAR, 0.6, 0.5)])
    assert [found[c.id].role for c in (LEVEL, FEAR)] == ["other", "call"]


def test_sitting_out():
    """When nothing passes, everything is a shadow and nothing is a call."""
    found = decided([(LEVEL, 0.5, 0.5), (FEAR, 0.51, 0.5)])
    assert {d.role for d in found.values()} == {"shadow"}


def test_variety():
    """A family and instrument that was the call lately must say twice as much to be it again."""
    cases = [(LEVEL, 0.7, 0.5), (FEAR, 0.69, 0.5)]
    assert decided(cases)[LEVEL.id].role == "call"
    again = decided(cases, recent=[gate.call_key(LEVEL)])
    assert [again[c.id].role for c in (LEVEL, FEAR)] == ["other", "call"]


def test_variety_forgets():
    """Only the last calls count: what was said more than `recent` dispatches ago is fresh."""
    cases = [(LEVEL, 0.7, 0.5), (FEAR, 0.69, 0.5)]
    recent = [gate.call_key(LEVEL), "x", "y"]
    assert decided(cases, recent=recent)[FEAR.id].role == "call"
    assert decided(cases, recent=recent, terms=Terms(recent=2))[LEVEL.id].role == "call"


def test_decisions_do_not_depend_on_order():
    """The slate's order decides nothing but the order of the answer."""
    cases = [(LEVEL, 0.7, 0.5), (BAND, 0.7, 0.5), (FEAR, 0.69, 0.5)]
    assert decided(cases) == decided(cases[::-1])


probabilities = st.tuples(st.floats(0.02, 0.98), st.floats(0.05, 0.95))


@given(st.lists(probabilities, min_size=6, max_size=6), st.sets(st.sampled_from(["SPX", "VIX"])))
def test_what_is_on_record_never_overlaps(said: list[tuple[float, float]], withheld: set[str]):
    """Whatever is said: at most one call, no two predictions overlap, and all meet the terms."""
    slate = [LEVEL, BAND, FEAR, claims.relative(COMP, SPX, DAY, 0),
             claims.direction(SPX, FIVE, "up"), claims.level(COMP, FIVE, ">", 7000)]  # fmt: skip
    cases = [(c, p, b) for c, (p, b) in zip(slate, said, strict=True)]
    found = decided(cases, withheld=withheld)
    spoken = [c for c in slate if found[c.id].role != "shadow"]
    for i, one in enumerate(spoken):
        assert not any(gate.overlaps(one, other) for other in spoken[i + 1 :])
        assert not withheld & set(one.symbols)
        assert found[one.id].gain >= 0.005
        assert 0.03 <= found[one.id].probability <= 0.97
    calls = [d for d in found.values() if d.role == "call"]
    likely = any(said >= max(0.5, base) for c, said, base in cases if c in spoken)
    assert len(calls) == likely
    assert all(d.probability >= max(0.5, d.base_rate) for d in calls)


# Evidence


def cut(own: Bars, n: int) -> Bars:
    fields = ("dates", "at", "known_at", "close", "high", "low", "volume")
    return replace(own, **{name: getattr(own, name)[:n] for name in fields})


def mean_skill(walk: Callable[..., Bars], swing: float) -> dict[str, float]:
    """Each family's evidence, averaged over five made-up histories."""
    found: dict[str, list[float]] = {}
    for seed in range(100, 105):
        evidence = gate.evidence([walk(900, seed=seed, swing=swing)], [SPX], [1])
        for (_, kind, _), one in evidence.items():
            # Every ninth of the 632 past sessions; a path needs 250 episodes with a volatility.
            assert one.dates == 71
            found.setdefault(kind, []).append(one.skill)
    return {kind: float(np.mean(skills)) for kind, skills in found.items()}


def test_evidence_finds_what_is_there(walk: Callable[..., Bars]):
    """Where volatility comes and goes the reference has skill on width and none on the sign."""
    found = mean_skill(walk, swing=0.6)
    assert set(found) == {"direction", "level", "band", "magnitude", "touch", "stays"}
    assert min(found["band"], found["magnitude"], found["stays"]) > 0.02
    assert abs(found["direction"]) < 0.01


def test_evidence_finds_nothing_where_nothing_is(walk: Callable[..., Bars]):
    """On walks of constant width, rescaling past episodes only adds noise: no family has skill."""
    assert max(mean_skill(walk, swing=0.0).values()) < 0.01


def test_evidence_is_refreshed_once_a_quarter(walk: Callable[..., Bars]):
    """Bars after the last refresh, whatever they are, leave the verdict alone."""
    whole = walk(REFRESH * 8 + 40, seed=13, swing=0.6)
    then = cut(whole, REFRESH * 8 + 1)
    shaken = replace(whole, close=whole.close.copy())
    shaken.close[REFRESH * 8 + 1 :] *= 3
    verdict = gate.evidence([then], [SPX], [1])
    assert verdict == gate.evidence([whole], [SPX], [1]) == gate.evidence([shaken], [SPX], [1])


def test_evidence_of_a_relative_family(walk: Callable[..., Bars]):
    """The second index is asked against the first, and judged under its own name."""
    pair = [walk(500, seed=14, symbol="SPX"), walk(500, seed=15, symbol="COMP")]
    found = gate.evidence(pair, [SPX, COMP], [1])
    assert ("COMP", "relative", 1) in found
    assert ("SPX", "relative", 1) not in found


@pytest.mark.parametrize("missing", ["begins later", "a hole"])
def test_relative_evidence_by_date(walk: Callable[..., Bars], missing: str):
    """When one index lacks sessions, both are still compared on the same dates."""
    lead, other = walk(500, seed=14), walk(500, seed=15, symbol="COMP")
    keep = np.arange(500) >= 30 if missing == "begins later" else np.arange(500) != 300
    fields = ("dates", "at", "known_at", "close", "high", "low", "volume")
    short = replace(other, **{name: getattr(other, name)[keep] for name in fields})
    found = gate.evidence([lead, short], [SPX, COMP], [1])
    assert found["COMP", "level", 1].dates == 22
    assert 15 <= found["COMP", "relative", 1].dates <= 22


def test_no_evidence_from_a_short_history(walk: Callable[..., Bars]):
    """With less than a year there is nothing to judge by, and so no family is open."""
    assert gate.evidence([walk(251)], [SPX], [1]) == {}


def test_evidence_without_highs(walk: Callable[..., Bars]):
    """An instrument of closes only has no evidence on touches and stays."""
    own = walk(500, symbol="VIX")
    closes = replace(own, high=np.full(500, np.nan), low=np.full(500, np.nan))
    kinds = {kind for _, kind, _ in gate.evidence([closes], [VIX], [1])}
    assert kinds == {"direction", "level", "band", "magnitude"}

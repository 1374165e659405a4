"""What the standing controls say of a slate: forecasters without a view, beside the minds.

scenario         the reference's scenarios
climatology      past episodes as they were, over all history; climatology_1y the last 252
persistence      past episodes after one that ended as the last one did
lognormal_ewma   a driftless walk of EWMA volatility; lognormal_vix of what VIX implies
gjr_fhs          GJR-GARCH, filtered historical simulation

The lognormal laws and GJR-FHS speak of one instrument at a time and are silent on the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from workbench.domain.claims import WATCHED, Claim
from workbench.domain.instruments import Instrument
from workbench.domain.records import CONTROLS
from workbench.measures import answers, baselines, garch, lognormal
from workbench.measures.joint import Asked, Joint
from workbench.measures.prices import ewma_volatility
from workbench.measures.scenarios import Episodes, share
from workbench.measures.volatility import beside
from workbench.steps.bench import Bench

Said = dict[str, dict[str, float]]


def controls(bench: Bench, asked: Sequence[Claim]) -> Said:
    """Forecaster to claim id to probability, each inside (0, 1); a silent one is left out."""
    said: Said = {name: {} for name in CONTROLS}
    for horizon, claims in by_horizon(asked).items():
        reference = bench.joints[horizon]
        said["scenario"] |= on_reference(bench, asked)[horizon].shares(reference.weight)
        for name, found in _history(bench.bases[horizon], claims).items():
            said[name] |= found
    for name, sigma in _volatilities(bench).items():
        said[name] |= _lognormal(bench, asked, sigma)
    said["gjr_fhs"] = _simulated(bench, asked)
    return {name: found for name, found in said.items() if found}


def by_horizon(asked: Sequence[Claim]) -> dict[int, list[Claim]]:
    """The claims of each horizon, in order."""
    horizons = dict.fromkeys(claim.window.sessions for claim in asked)
    return {h: [claim for claim in asked if claim.window.sessions == h] for h in horizons}


def on_reference(bench: Bench, asked: Sequence[Claim]) -> dict[int, Asked]:
    """By horizon, the slate held against the reference's scenarios, once for all forecasters."""

    def make() -> dict[int, Asked]:
        return {h: bench.joints[h].asked(claims) for h, claims in by_horizon(asked).items()}

    key = ",".join(claim.id for claim in asked)
    return bench.once(f"asked {key}", make)


def _history(base: Joint, claims: Sequence[Claim]) -> Said:
    """What past episodes say as they were."""
    said: Said = {"climatology": {}, "climatology_1y": {}, "persistence": {}}
    held = base.asked(claims)
    for claim, true, known in zip(claims, held.true, held.known, strict=True):
        happened = true[known > 0] > 0
        year = happened[-baselines.YEAR :]
        said["climatology"][claim.id] = share(happened, np.ones(len(happened)))
        said["climatology_1y"][claim.id] = share(year, np.ones(len(year)))
        said["persistence"][claim.id] = baselines.persistence(happened, claim.window.sessions)
    return said


def _volatilities(bench: Bench) -> dict[str, dict[str, float]]:
    """Law to symbol to daily volatility now, a fraction; an unknown one is left out."""
    found: dict[str, dict[str, float]] = {"lognormal_ewma": {}, "lognormal_vix": {}}
    for one in bench.instruments:
        own = bench.bars.get(one.symbol)
        if own is None:
            continue
        found["lognormal_ewma"][one.symbol] = float(ewma_volatility(own.close)[-1])
        fear = _fear(bench, one)
        if fear is not None:
            seen = beside(own, bench.bars[fear.symbol]).close
            implied = lognormal.implied_volatility(seen, own.close)
            found["lognormal_vix"][one.symbol] = float(implied[-1])
    return {
        law: {s: sigma for s, sigma in known.items() if np.isfinite(sigma) and sigma > 0}
        for law, known in found.items()
    }


def _fear(bench: Bench, one: Instrument) -> Instrument | None:
    """The index of implied volatility that speaks of an instrument: its venue's, if it is there."""
    mates = (i for i in bench.instruments if i.venue == one.venue and i.symbol in bench.bars)
    fear = next((i for i in mates if i.theme == "volatility"), None)
    return None if one.theme == "volatility" else fear


def _lognormal(
    bench: Bench, asked: Sequence[Claim], sigma: Mapping[str, float]
) -> dict[str, float]:
    said = {}
    for claim in asked:
        if claim.subject in sigma:
            wide = sigma[claim.subject] * float(np.sqrt(claim.window.sessions))
            price = float(bench.bars[claim.subject].close[-1])
            law = lognormal.probability(claim, price, wide)
            if law is not None:
                said[claim.id] = law
    return said


def _simulated(bench: Bench, asked: Sequence[Claim]) -> dict[str, float]:
    paths: dict[tuple[str, int], Episodes | None] = {}
    said = {}
    for claim in asked:
        key = claim.subject, claim.window.sessions
        if claim.symbols[1:] or claim.kind == "count":
            continue
        if key not in paths:
            own = bench.bars[claim.subject]
            paths[key] = garch.Walk(own, key[1]).at(len(own) - 1)
        ahead = paths[key]
        if ahead is not None and (ahead.has_path or claim.kind not in WATCHED):
            said[claim.id] = answers.probability(claim, ahead)
    return said

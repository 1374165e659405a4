"""What the standing controls say of claims: forecasters without a view, beside the minds.

scenario         the reference's scenarios
climatology      past episodes as they were, over all history; climatology_1y the last 252
persistence      past episodes after one that ended as the last one did
lognormal_ewma   a driftless walk of EWMA volatility
lognormal_vix    the same of VIX times what this instrument has moved against it (an index of
                 implied volatility speaks for every price of its venue)
gjr_fhs          GJR-GARCH, filtered historical simulation
options          what an option chain implies, where one is known

The laws and GJR-FHS speak of one instrument at a time and are silent on the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from workbench.domain.claims import WATCHED, Claim
from workbench.domain.instruments import Instrument
from workbench.domain.records import CONTROLS
from workbench.measures import answers, baselines, garch, lognormal, options
from workbench.measures.joint import Asked, Joint
from workbench.measures.options import Chain
from workbench.measures.prices import Bars, ewma_volatility
from workbench.measures.scenarios import Episodes, share
from workbench.measures.volatility import beside

Said = dict[str, dict[str, float]]
MIN_YEAR = 30  # episodes of the last year that a share of it needs


def controls(
    reference: Mapping[int, Joint],
    base: Mapping[int, Joint],
    held: Mapping[int, Asked],
    bars: Mapping[str, Bars],
    instruments: Sequence[Instrument],
    chains: Mapping[str, Chain] | None = None,
) -> Said:
    """Every control's answers to a slate.

    Args:
        reference: By horizon, the reference's scenarios as one set.
        base: By horizon, past episodes as they were, as one set.
        held: By horizon, the claims held against the reference.
        bars: Bars as known, by symbol; the laws are silent on an instrument that is missing.
        instruments: The desk's, which name the index of implied volatility of a venue.
        chains: Option chains by symbol.

    Returns:
        Forecaster to claim id to probability, each inside (0, 1); a claim on which one is
        silent is missing, and a forecaster that is silent on all.
    """
    said: Said = {name: {} for name in CONTROLS}
    for horizon, asked in held.items():
        said["scenario"] |= asked.shares(reference[horizon].weight)
        for name, found in _history(base[horizon], asked.claims).items():
            said[name] |= found
    claims = [claim for asked in held.values() for claim in asked.claims]
    for name, sigma in _volatilities(bars, instruments).items():
        said[name] = _lognormal(claims, bars, sigma)
    said["gjr_fhs"] = _simulated(claims, bars)
    said["options"] = _implied(claims, chains or {})
    return {name: found for name, found in said.items() if found}


def _history(base: Joint, claims: Sequence[Claim]) -> Said:
    """What past episodes say as they were.

    Under a condition the last year holds few of them, and may be silent; persistence is silent,
    for where a condition held before is any time ago.
    """
    said: Said = {"climatology": {}, "climatology_1y": {}, "persistence": {}}
    held = base.asked(claims)
    for claim, true, known in zip(claims, held.true > 0, held.known > 0, strict=True):
        could = known if claim.given is None else base.happened(replace(claim, given=None))[1]
        last = np.flatnonzero(could)[-baselines.YEAR :]
        year = true[last][known[last]]
        said["climatology"][claim.id] = share(true[known], np.ones(int(known.sum())))
        if len(year) >= MIN_YEAR:
            said["climatology_1y"][claim.id] = share(year, np.ones(len(year)))
        if claim.given is None:
            sessions = claim.window.sessions
            said["persistence"][claim.id] = baselines.persistence(true[known], sessions)
    return said


def _volatilities(
    bars: Mapping[str, Bars], instruments: Sequence[Instrument]
) -> dict[str, dict[str, float]]:
    """Law to symbol to daily volatility now, a fraction; an unknown one is left out."""
    found: dict[str, dict[str, float]] = {"lognormal_ewma": {}, "lognormal_vix": {}}
    for one in instruments:
        own = bars.get(one.symbol)
        if own is None:
            continue
        found["lognormal_ewma"][one.symbol] = float(ewma_volatility(own.close)[-1])
        fear = fear_of(one, bars, instruments)
        if fear is not None:
            implied = lognormal.implied_volatility(beside(own, bars[fear]).close, own.close)
            found["lognormal_vix"][one.symbol] = float(implied[-1])
    return {
        law: {s: sigma for s, sigma in known.items() if np.isfinite(sigma) and sigma > 0}
        for law, known in found.items()
    }


def fear_of(
    one: Instrument, bars: Mapping[str, Bars], instruments: Sequence[Instrument]
) -> str | None:
    """The index of implied volatility that speaks of an instrument: its venue's, if known."""
    there = (i for i in instruments if i.venue == one.venue and i.symbol in bars)
    fear = next((i.symbol for i in there if i.theme == "volatility"), None)
    return None if one.theme == "volatility" else fear


def _lognormal(
    claims: Sequence[Claim], bars: Mapping[str, Bars], sigma: Mapping[str, float]
) -> dict[str, float]:
    said = {}
    for claim in claims:
        if claim.subject in sigma:
            wide = sigma[claim.subject] * float(np.sqrt(claim.window.sessions))
            law = lognormal.probability(claim, float(bars[claim.subject].close[-1]), wide)
            if law is not None:
                said[claim.id] = law
    return said


def _implied(claims: Sequence[Claim], chains: Mapping[str, Chain]) -> dict[str, float]:
    said = {}
    for claim in claims:
        law = options.probability(claim, chains[claim.subject]) if claim.subject in chains else None
        if law is not None:
            said[claim.id] = law
    return said


def _simulated(claims: Sequence[Claim], bars: Mapping[str, Bars]) -> dict[str, float]:
    paths: dict[tuple[str, int], Episodes | None] = {}
    said = {}
    for claim in claims:
        key = claim.subject, claim.window.sessions
        if claim.symbols[1:] or claim.kind == "count" or claim.subject not in bars:
            continue
        if key not in paths:
            own = bars[claim.subject]
            paths[key] = garch.Walk(own, key[1]).at(len(own) - 1)
        ahead = paths[key]
        if ahead is not None and (ahead.has_path or claim.kind not in WATCHED):
            said[claim.id] = answers.probability(claim, ahead)
    return said

"""What the desk says and keeps: forecasts, opinions, decisions, settlements, findings.

All are frozen and hold no behaviour beyond rendering themselves.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["live", "replay"]
Outcome = Literal["yes", "no", "void"]
Role = Literal["call", "other", "shadow"]
Verdict = Literal[
    "passed", "withheld", "young", "shut", "ruled", "certain", "immaterial", "overlaps", "crowded"
]
Label = Literal["aligned_bullish", "aligned_bearish", "split", "unknown"]
RegimeName = Literal[
    "risk_on", "risk_off", "choppy", "crisis", "trending_up", "trending_down", "unknown"
]
CONTROLS = (
    "scenario", "climatology", "climatology_1y", "persistence", "lognormal_ewma", "lognormal_vix",
    "gjr_fhs", "options", "market", "plain", "plain_median",
)  # fmt: skip
# Forecasters that are no minds: the standing controls, the learned pool of all minds, and what
# the desk says.
NOT_MINDS = (*CONTROLS, "pool", "synthesis")
HOUSE_MINDS = ("Macro", "Flow", "Contrarian")


SEVERITIES = ("dark", "withheld", "note")
"""What a flag does to its data, the gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something about a series that a reader must know before trusting it.

    Attributes:
        series: Series id.
        field: Field concerned, or an empty string for all.
        check: Stable upper-case code.
        severity: ``note`` is only told, ``withheld`` hides the field, ``dark`` hides the series.
        seen: What was seen, one sentence with its numbers.
        since: First moment concerned, or None when it never existed.
        lifted: What would lift it, a phrase; empty for what is only told.
    """

    series: str
    field: str
    check: str
    severity: Literal["note", "withheld", "dark"]
    seen: str
    since: dt.datetime | None
    lifted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """The state of the market as read by a stated rule.

    Attributes:
        name: One of the six names, or ``unknown`` with too little history.
        since: Date of the first session of the present run.
        turbulent: Filtered probability of the high-variance state, in [0, 1].
        rule: The sentence that maps the evidence to the name.
        volatility: EWMA daily volatility of the lead, as a fraction.
        trend: Return over 63 sessions in units of its expected deviation.
        drawdown: Distance from the running maximum, a fraction at most 0.
        fitted: Last session of the data that the model was fitted on; None without a fit.
    """

    name: RegimeName
    since: dt.date
    turbulent: float
    rule: str
    volatility: float
    trend: float
    drawdown: float
    fitted: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Why a mind says nothing, about everything (``scope`` empty) or about one instrument."""

    mind: str
    scope: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A number, or a quotation with numbers in it, that may appear on a page.

    Attributes:
        name: Short stable name, unique within a dispatch.
        value: The number itself; None for a quotation.
        text: How it is shown.
        meaning: What it is, in words.
        source: Series, ledger query or measure that it comes from.
        as_of: The moment that it describes, as text.
    """

    name: str
    value: float | None
    text: str
    meaning: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a mind says of one claim.

    Attributes:
        claim: Claim id.
        argument: Why; empty where nothing of it had a source.
        cited: Names of the rows that it rests on.
        change: What, if seen, would change the opinion.
    """

    claim: str
    argument: str
    cited: tuple[str, ...]
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one mind thinks of the whole slate.

    Attributes:
        mind: Who.
        argument: One paragraph, its numbers taken from ``evidence``.
        evidence: The findings cited.
        probabilities: Claim id to probability, each inside (0, 1); claims outside the mind's
            slice are missing, never 0.5.
        points: What it says of single claims; a house mind says nothing of them.
        rebuttal: Its answer to the others, one paragraph; empty when it gave none.
        before: Claim id to probability before that answer; empty when it gave none.
        cuts: Sentences taken out because a figure of them has no source, each with the reason.
    """

    mind: str
    argument: str
    evidence: tuple[Finding, ...]
    probabilities: dict[str, float]
    points: tuple[Point, ...] = ()
    rebuttal: str = ""
    before: dict[str, float] = field(default_factory=dict)
    cuts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the gate made of one claim, with the arithmetic that led there.

    Attributes:
        claim: Claim id.
        role: ``call``, ``other`` prediction on record, or ``shadow``.
        probability: What the desk says.
        base_rate: What history alone says.
        gain: Expected gain ``(p - b)^2 / (b (1 - b))``.
        verdict: ``passed``, or what stood in the way.
        reason: The verdict with its numbers, one sentence.
    """

    claim: str
    role: Role
    probability: float
    base_rate: float
    gain: float
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a claim ended.

    Attributes:
        claim: Claim id.
        outcome: ``yes``, ``no`` or ``void``.
        reason: What was compared with what, one sentence.
        value: The realised value compared with the strike, in the claim's unit; None when void.
        observations: The rows that settled it: series, field, at, known_at, value.
        known_at: When the last of them could first be known.
    """

    claim: str
    outcome: Outcome
    reason: str
    value: float | None
    observations: tuple[tuple[str, str, str, str, float], ...]
    known_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the gate asks for.

    Attributes:
        material: Least expected gain (p - b)^2 / (b (1 - b)).
        trivial: Probabilities outside [trivial, 1 - trivial] are not worth saying.
        recent: Dispatches, at least 1, over which the call's family should vary.
    """

    material: float = 0.005
    trivial: float = 0.03
    recent: int = 10

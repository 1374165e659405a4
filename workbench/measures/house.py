"""House minds: three small statistical forecasters that need no model key.

A house mind is a choice of two things: how volatile the days ahead are, and which past days
resemble today. Both tilt the weights of the reference's scenarios (``swayed``), so that its
opinions agree with each other, and what it thinks of the lead moves every instrument. Each sees
only its slice of the snapshot and says so when that is not enough.

Macro       volatility from VIX and credit; resembling: credit spread and oil
Flow        volatility from trading ranges and volume; resembling: last return, volume surge
Contrarian  volatility that reverts to its long mean; resembling: stretch from trend and high
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.domain.calendars import iso
from workbench.domain.figures import MINUS, difference
from workbench.domain.records import HOUSE_MINDS, Absence, Finding
from workbench.domain.snapshots import Snapshot
from workbench.measures.joint import Joint
from workbench.measures.prices import (
    Array,
    Bars,
    drawdown,
    ewma_volatility,
    known_by,
    log_returns,
    rolling_mean,
    sessions_a_year,
)

MIN_VIX = 250
_BACK = 0.25  # of the way to the long mean within a week; half of it cost more, 2003 to 2012
_FLOOR = 0.02  # weight of the least similar day
_EFFECTIVE = 400.0  # effective number of days that the similarity must leave


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """What a house mind makes of the lead instrument's history.

    Attributes:
        volatility: Expected daily volatility over the next five sessions, a fraction.
        weights: Similarity of each past session to today, on the lead's sessions, in (0, 1].
        argument: One paragraph; every number in it is one of the findings.
        findings: The numbers cited.
    """

    volatility: float
    weights: Array
    argument: str
    findings: tuple[Finding, ...]


Mind = Callable[[Snapshot, Bars], View | Absence]


def macro(slice_: Snapshot, lead: Bars) -> View | Absence:
    """Rates, credit, oil and implied volatility.

    Needs 250 closes of VIX. Volatility: least squares of log realised volatility over the next
    five sessions on log VIX, log EWMA volatility and the Baa-Aaa spread, over every past session
    that had them. Similarity: nearness in spread and in the 22-session change of oil.
    """
    vix = slice_.get("VIX")
    count = 0 if vix is None else int(np.isfinite(vix.value).sum())
    if vix is None or count < MIN_VIX:
        have = "is dark" if not count else f"has {count} closes of the {MIN_VIX} I need"
        return Absence(mind="Macro", scope="", reason=f"VIX {have} as of {iso(slice_.as_of)}")
    aaa, baa, oil = (slice_.get(name, "value") for name in ("AAA", "BAA", "WTI"))
    if aaa is None or baa is None or oil is None:
        return Absence(mind="Macro", scope="", reason="credit yields or oil are dark")
    fear = known_by(vix, lead.known_at + np.timedelta64(1, "h"))
    spread = known_by(baa, lead.at) - known_by(aaa, lead.at)
    barrel = known_by(oil, lead.at)
    barrel = np.where(barrel > 0, barrel, np.nan)  # WTI settled below zero in April 2020
    oil_change = np.r_[np.full(22, np.nan), np.log(barrel[22:] / barrel[:-22])]
    sigma = ewma_volatility(lead.close)
    features = np.column_stack([np.log(fear), np.log(sigma), spread])
    volatility = _regressed(features, lead)
    if volatility is None:
        return Absence(mind="Macro", scope="", reason="too few sessions with VIX and credit")
    weights = similarity(np.column_stack([spread, oil_change]))
    oil_move = 100 * float(np.expm1(oil_change[-1]))
    found = {
        "vix": _finding(
            "macro_vix", fear[-1], f"{fear[-1]:.2f}", "VIX, last close", "VIX.close", slice_
        ),
        "spread": _finding(
            "macro_spread", spread[-1], f"{spread[-1]:.2f} points", "Baa less Aaa yield",
            "BAA, AAA", slice_,
        ),
        "oil": _finding(
            "macro_oil", oil_move, f"{difference(oil_move)}%",
            "WTI over 22 sessions, as known a week late", "WTI", slice_,
        ),
        "sigma": _volatility("macro_sigma", volatility, "Macro's volatility", lead, slice_),
        "now": _volatility("macro_ewma", sigma[-1], "measured volatility", lead, slice_),
    }  # fmt: skip
    lean = "wider" if volatility > sigma[-1] else "narrower"
    argument = (
        f"VIX at {found['vix'].text} and a Baa–Aaa spread of {found['spread'].text} have gone "
        f"with {found['sigma'].text} a day, {lean} than the {found['now'].text} that the tape "
        f"shows. Oil moved {found['oil'].text} over a month, so I weigh the months like it."
    )
    return _view(volatility, weights, argument, found)


def flow(slice_: Snapshot, lead: Bars) -> View | Absence:
    """Volume and trading ranges.

    Needs the lead's highs, lows and an unflagged last volume. Volatility: least squares of log
    realised volatility over the next five sessions on logs of the 1-, 5- and 22-session
    Parkinson ranges and of the volume surge. Similarity: nearness in the last
    session's standardised return and volume surge.
    """
    if not lead.has_path or len(lead) < MIN_VIX:
        return Absence(mind="Flow", scope="", reason=f"{lead.symbol} has no highs and lows to read")
    if not np.isfinite(lead.volume[-1]):
        return Absence(
            mind="Flow", scope="", reason=f"{lead.symbol} has no usable volume on {lead.dates[-1]}"
        )
    ranges = np.log(lead.high / lead.low) ** 2 / (4 * np.log(2))
    volume = _filled(lead.volume)
    surge = np.log(lead.volume / rolling_mean(volume, 22))
    features = np.column_stack(
        [np.log(rolling_mean(ranges, n) + 1e-10) for n in (1, 5, 22)] + [surge]
    )
    sigma = ewma_volatility(lead.close)
    volatility = _regressed(features, lead)
    if volatility is None:
        return Absence(mind="Flow", scope="", reason="too few sessions with ranges and volume")
    weights = similarity(np.column_stack([log_returns(lead.close) / sigma, surge]))
    more, span = 100 * float(np.expm1(surge[-1])), 100 * (lead.high[-1] / lead.low[-1] - 1)
    found = {
        "surge": _finding(
            "flow_surge", more, f"{difference(more, 0)}%",
            f"{lead.symbol} volume against its 22-session mean", f"{lead.symbol}.volume", slice_,
        ),
        "range": _finding(
            "flow_range", span, f"{span:.2f}%",
            f"{lead.symbol} high to low of the session", f"{lead.symbol}.high,low", slice_,
        ),
        "sigma": _volatility("flow_sigma", volatility, "Flow's volatility", lead, slice_),
        "now": _volatility("flow_ewma", sigma[-1], "measured volatility", lead, slice_),
    }  # fmt: skip
    tempo = "heavier" if surge[-1] > 0 else "lighter"
    argument = (
        f"Volume was {tempo} than usual ({found['surge'].text} on its mean of a month) and the "
        f"session spanned {found['range'].text}. Ranges like these have been followed by "
        f"{found['sigma'].text} a day; closes alone say {found['now'].text}."
    )
    return _view(volatility, weights, argument, found)


def contrarian(slice_: Snapshot, lead: Bars) -> View | Absence:
    """Extremes that give way.

    Needs 500 closes. Volatility: a quarter of the way, in logs, from today's EWMA to its mean over
    all history, because calm and panic both end. Similarity: nearness in the 22-session stretch
    and in the distance from the running high.
    """
    if len(lead) < 2 * MIN_VIX:
        return Absence(
            mind="Contrarian", scope="", reason=f"{lead.symbol} has {len(lead)} closes of 500"
        )
    sigma = ewma_volatility(lead.close)
    usual = float(np.exp(np.nanmean(np.log(sigma))))
    volatility = float(sigma[-1] ** (1 - _BACK) * usual**_BACK)
    log = np.log(lead.close)
    stretch = np.r_[np.full(22, np.nan), log[22:] - log[:-22]] / (sigma * np.sqrt(22))
    fall = drawdown(lead.close)
    weights = similarity(np.column_stack([stretch, np.sqrt(-fall)]))
    found = {
        "stretch": _finding(
            "contrarian_stretch", stretch[-1], difference(stretch[-1]),
            f"{lead.symbol} move over 22 sessions in expected deviations", f"{lead.symbol}.close",
            slice_,
        ),
        "fall": _finding(
            "contrarian_fall", abs(100 * fall[-1]), f"{abs(100 * fall[-1]):.1f}%",
            f"{lead.symbol} below its running high", f"{lead.symbol}.close", slice_,
        ),
        "usual": _volatility(
            "contrarian_usual", usual, "mean volatility of all history", lead, slice_
        ),
        "sigma": _volatility(
            "contrarian_sigma", volatility, "Contrarian's volatility", lead, slice_
        ),
        "now": _volatility("contrarian_ewma", sigma[-1], "measured volatility", lead, slice_),
    }  # fmt: skip
    quiet = sigma[-1] < usual
    argument = (
        f"{'Quiet' if quiet else 'Panic'} does not last: the tape moves {found['now'].text} a day "
        f"where its history moves {found['usual'].text}, so I expect {found['sigma'].text}. After "
        f"a month of {found['stretch'].text} deviations and {found['fall'].text} under the high, "
        f"I look at what came after months like it, not at the trend."
    )
    return _view(volatility, weights, argument, found)


MINDS: Mapping[str, Mind] = dict(zip(HOUSE_MINDS, (macro, flow, contrarian), strict=True))


def swayed(view: View, reference: Joint, lead: Bars) -> Joint:
    """The reference's scenarios with the weights that a mind gives them.

    Args:
        view: Of the lead.
        reference: All instruments' scenarios over one horizon.
        lead: The bars that the view is of.

    Returns:
        Days like today count more; then the nearest set in which the lead moves as much as the
        mind expects over the horizon.

    Raises:
        ClaimRefused: It expects under a quarter, or over four times, what the scenarios hold
            (``views_clash``).
    """
    alike = reference.resembling(lead.dates, view.weights)
    own = alike.of(lead.symbol)
    present = float(np.sqrt(own.weight @ own.close**2 / own.weight.sum()))
    expected = view.volatility * float(np.sqrt(own.horizon))
    return alike.widened(lead.symbol, expected / present)


def similarity(features: Array) -> Array:
    """How much each past row resembles the last one, in (0, 1].

    Args:
        features: Shape (n, k), one row a session; rows with NaN get the floor weight.

    Returns:
        Shape (n,): a Gaussian of the distance in units of each column's deviation, plus a floor
        of 0.02, as narrow as an effective number of 400 rows allows; all ones when the last row
        has NaN.
    """
    last = features[-1]
    if not np.isfinite(last).all():
        return np.ones(len(features))
    deviation = np.nanstd(features, axis=0)
    squares = (((features - last) / np.where(deviation > 0, deviation, 1.0)) ** 2).sum(axis=1)
    squares = np.where(np.isfinite(squares), squares, np.inf)
    weights: Array = np.ones(len(features))
    for width in (0.25, 0.5, 1.0, 2.0, 4.0):
        weights = np.exp(-0.5 * squares / width**2) * (1 - _FLOOR) + _FLOOR
        if weights.sum() ** 2 / (weights**2).sum() >= min(_EFFECTIVE, 0.5 * len(features)):
            break
    return weights


def _regressed(features: Array, lead: Bars, ahead: int = 5) -> float | None:
    """Least squares of log realised volatility over the next sessions; None with under 250 rows."""
    squares = np.nan_to_num(log_returns(lead.close)) ** 2
    realised = rolling_mean(squares, ahead)[ahead:]
    design = np.column_stack([np.ones(len(features)), features])
    past = design[: len(realised)]
    target = 0.5 * np.log(realised + 1e-10)
    kept = np.isfinite(past).all(axis=1)
    if kept.sum() < MIN_VIX or not np.isfinite(design[-1]).all():
        return None
    x = past[kept]
    ridge = 1e-6 * len(x) * np.eye(x.shape[1])
    beta = np.linalg.solve(x.T @ x + ridge, x.T @ target[kept])
    # From the log's mean to the root mean square by what the past was off (Duan 1983, smearing).
    off = float(np.sqrt(np.mean(np.exp(2 * (target[kept] - x @ beta)))))
    return float(np.exp(design[-1] @ beta)) * off


def _filled(values: Array) -> Array:
    """Missing values replaced by the last one before them, for averages only."""
    index = np.where(np.isfinite(values), np.arange(len(values)), 0)
    return values[np.maximum.accumulate(index)]


def _view(volatility: float, weights: Array, argument: str, found: Mapping[str, Finding]) -> View:
    return View(
        volatility=volatility,
        weights=weights,
        argument=argument,
        findings=tuple(found.values()),
    )


def _finding(
    name: str, value: float, text: str, meaning: str, source: str, slice_: Snapshot
) -> Finding:
    return Finding(
        name=name,
        value=float(value),
        text=text.replace("-", MINUS),
        meaning=meaning,
        source=source,
        as_of=iso(slice_.as_of),
    )


def _volatility(name: str, value: float, meaning: str, lead: Bars, slice_: Snapshot) -> Finding:
    yearly = f"{100 * sessions_a_year(lead.dates) ** 0.5 * value:.0f}% a year"
    said = f"{meaning} a day ({yearly})"
    return _finding(name, 100 * value, f"{100 * value:.2f}%", said, "measures", slice_)

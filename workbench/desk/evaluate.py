"""The walk-forward evaluation: every forecaster, the same panel, every close of the archive.

Bars are those known at the end of the archive; a forecast at close t uses bars up to t only.
Each instrument is judged from the first close at which all forecasters of its own bars answer;
``lognormal_vix``, which needs another series, may join later and then counts its own dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.desk.table import Table
from workbench.domain.calendars import Moments, iso
from workbench.domain.errors import BeyondArchive, UserMistake
from workbench.domain.instruments import Instrument
from workbench.domain.snapshots import Snapshot
from workbench.measures import baselines, controls, garch, lognormal, panel, scoring, walks
from workbench.measures.panel import PATH_FAMILIES, Panel
from workbench.measures.prices import Array, Bars, bars, ewma_volatility
from workbench.measures.scenarios import Episodes, episodes
from workbench.measures.verdicts import BASE, Answers, verdicts
from workbench.measures.volatility import beside
from workbench.steps.rows import seen
from workbench.world.archive import Archive
from workbench.world.params import Desk

Progress = Callable[[int, int, str], None]
Strikes = Literal["fixed", "sigma"]
HORIZONS = (1, 2, 5)
COLUMNS = ("instrument", "horizon", "family", "forecaster", "n", "n_eff", "brier", "log", "skill",
           "skill_low", "skill_high", "auc", "ece", "slope", "ece_null", "years_positive", "years",
           "over")  # fmt: skip
LATE = "lognormal_vix"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """The table and what is not in it.

    Attributes:
        rows: One row an instrument, horizon, family and forecaster, see ``verdicts.verdicts``.
        skipped: What was left out, and why.
    """

    rows: pd.DataFrame
    skipped: tuple[tuple[str, str], ...]


def evaluate(
    desk: Desk,
    archive: Archive,
    *,
    first: dt.date | None = None,
    last: dt.date | None = None,
    strikes: Strikes = "fixed",
    horizons: Sequence[int] = HORIZONS,
    minds: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Walks every instrument of the desk through the panel.

    Args:
        desk: Whose instruments.
        archive: Its observations.
        first: First session with a forecast; None for as early as all forecasters answer.
        last: Last session with a forecast; None for the last one whose window is over.
        strikes: ``fixed`` percentages, or multiples (``sigma``) of the trailing deviation.
        horizons: Sessions.
        minds: True to hear every house mind at every close, which takes minutes.
        progress: Told (done, total, what) after each instrument and horizon.

    Raises:
        BeyondArchive: The dates lie outside the archive.
        UserMistake: The dates are in the wrong order, no instrument has a claim to judge, or a
            gap in a series leaves a forecaster without an answer on dates in between.
    """
    known = _known(desk, archive)
    _check(known, archive, first, last)
    span = first or dt.date.min, last or dt.date.max
    skipped = [(one.symbol, "the archive holds no close of it") for one in desk.instruments
               if one.symbol not in known]  # fmt: skip
    skipped.append(("market", "no market trades the strikes of a panel"))
    table = Table(desk, _snapshot(desk, archive), known) if minds else None
    if desk.claude:
        names = ", ".join(mind.name for mind in desk.claude)
        skipped.append((names, "a Claude mind is asked once, at its moment, and never of history"))
    if table is None and desk.house:
        names = ", ".join(mind.name for mind in desk.house)
        skipped.append((names, "a debate at every close takes minutes: ask with --minds"))
    rows: list[dict[str, object]] = []
    asked = [(one, h) for one in desk.instruments if one.symbol in known for h in horizons]
    fits: dict[str, dict[int, garch.Fit | None]] = {}
    for done, (one, horizon) in enumerate(asked, 1):
        memory = fits.setdefault(one.symbol, {})
        answers = _answers(desk, known, one, horizon, strikes, span, memory, skipped, table)
        if answers is not None:
            where = {"instrument": one.symbol, "horizon": horizon}
            rows += [where | row for row in verdicts(answers)]
            scoring.counts.cache_clear()  # 500 resamples of thousands of dates: 26 MB each
        if progress is not None:
            progress(done, len(asked), f"{one.symbol} {horizon}")
    if not rows:
        reasons = "; ".join(f"{who}: {why}" for who, why in skipped)
        raise UserMistake(f"There is nothing to judge. {reasons}. Give other dates.")
    numbers = dict.fromkeys(("brier", "log", "skill", "skill_low", "skill_high", "auc", "ece",
                             "slope", "ece_null"), float)  # fmt: skip
    return Evaluation(
        rows=pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers),
        skipped=tuple(dict.fromkeys(skipped)),
    )


def _snapshot(desk: Desk, archive: Archive) -> Snapshot:
    """All that the archive knows of what the desk's instruments and minds read."""
    named = {series for mind in desk.house for series in seen(mind, desk.instruments)}
    known = {one.symbol: one.sources for one in desk.table}
    wanted = {series: known.get(series, ()) for series in named}
    return archive.as_of(_end(archive), wanted)


def _known(desk: Desk, archive: Archive) -> dict[str, Bars]:
    snapshot = archive.as_of(_end(archive), {one.symbol: one.sources for one in desk.instruments})
    found = {one.symbol: bars(snapshot, one) for one in desk.instruments}
    return {symbol: own for symbol, own in found.items() if own is not None}


def _end(archive: Archive) -> dt.datetime:
    end = archive.end()
    if end is None:
        raise BeyondArchive(
            "The archive is empty. Bring history with 'workbench archive import PATH'."
        )
    return end


def _check(
    known: Mapping[str, Bars], archive: Archive, first: dt.date | None, last: dt.date | None
) -> None:
    if first and last and last < first:
        raise UserMistake(f"--to {last} lies before --from {first}. Swap them.")
    end = archive.end()
    if end is not None and max(first or dt.date.min, last or dt.date.min) > end.date():
        raise BeyondArchive(
            f"The archive was last pulled {iso(end)}, before {last or first}. "
            "Choose earlier dates, or import more history."
        )
    begin = min((own.dates[0].item() for own in known.values()), default=None)
    if begin is not None and min(first or dt.date.max, last or dt.date.max) < begin:
        raise BeyondArchive(
            f"The archive begins {begin}, after {first or last}. "
            "Choose later dates, or import more history."
        )


def _answers(
    desk: Desk,
    known: Mapping[str, Bars],
    one: Instrument,
    horizon: int,
    strikes: Strikes,
    span: tuple[dt.date, dt.date],
    fits: dict[int, garch.Fit | None],
    skipped: list[tuple[str, str]],
    table: Table | None,
) -> Answers | None:
    """What all forecasters say of one instrument over one horizon, on the dates to be judged."""
    own, name = known[one.symbol], f"{one.symbol} h={horizon}"
    if not own.has_path:
        skipped.append((one.symbol, f"no highs and lows: no {', '.join(sorted(PATH_FAMILIES))}"))
    low, high = np.searchsorted(own.dates, [np.datetime64(span[0]), np.datetime64(span[1]) + 1])
    rows = np.arange(max(low, garch.MIN_BARS - 1), min(high, len(own) - horizon))
    if not len(rows):
        skipped.append(
            (name, f"no forecast can be judged: {len(own)} closes from {own.dates[0]} to "
             f"{own.dates[-1]}, of which the first {garch.MIN_BARS - 1} teach")
        )  # fmt: skip
        return None
    asked = claims_of(own, one, horizon, strikes)
    y = panel.outcomes(asked, episodes(own, horizon))
    said: dict[str, Array] = {}
    for who, probabilities in _forecasts(desk, known, one, asked, y, rows, fits):
        if np.isfinite(probabilities[rows]).all(axis=1).any():
            said[who] = probabilities[rows]
        else:
            skipped.append((f"{who} on {name}", "it never answers all claims of a date"))
    if one.theme != "volatility" and LATE not in said:
        skipped.append((f"{LATE} on {one.symbol}", "no implied volatility of its venue"))
    if BASE not in said:
        return None
    heard = {} if table is None else table.heard(one, asked, rows)
    absent = frozenset(heard)
    said |= {who: found[rows] for who, found in heard.items()}
    answers = Answers(
        horizon=horizon, family=asked.family, dates=own.dates[rows], y=y[rows], said=said,
        absent=absent,
    )  # fmt: skip
    try:
        first = {who: answers.since(who) for who in said if who not in absent}
    except ValueError as error:
        raise UserMistake(f"{name}: {error} Mend its history, or narrow the dates.") from error
    answers = answers.after(max(row for who, row in first.items() if who != LATE))
    skipped += [(name, why) for why in _reservations(answers, own.dates[low:high])]
    return answers if len(answers.dates) else None


def _reservations(answers: Answers, wanted: Moments) -> Iterator[str]:
    """What of the sessions asked for is not in the answers, and why."""
    judged = answers.dates
    if not len(judged):
        yield f"of {len(wanted)} sessions none has an answer of every forecaster"
        return
    early, open_ = int((wanted < judged[0]).sum()), int((wanted > judged[-1]).sum())
    if early:
        yield f"{early} sessions before {judged[0]}, from which forecasters learn"
    if open_:
        yield f"{open_} sessions after {judged[-1]}, whose windows are not over"
    if LATE in answers.said and answers.since(LATE):
        yield f"{LATE} joins {judged[min(answers.since(LATE), len(judged) - 1)]}, on fewer claims"
    unknown = int(np.isnan(answers.y).sum())
    if unknown:
        yield f"{unknown} of {answers.y.size} claims have no outcome"


def claims_of(own: Bars, one: Instrument, horizon: int, strikes: Strikes) -> Panel:
    """The panel asked of an instrument: wider for crypto, of its own kind for volatility."""
    fear = one.theme == "volatility"
    if strikes == "sigma":
        return panel.scaled(own, horizon, fear=fear)
    return panel.fixed(own, horizon, fear=fear, factor=2.0 if one.theme == "crypto" else 1.0)


def _forecasts(
    desk: Desk,
    known: Mapping[str, Bars],
    one: Instrument,
    asked: Panel,
    y: Array,
    rows: npt.NDArray[np.intp],
    fits: dict[int, garch.Fit | None],
) -> Iterator[tuple[str, Array]]:
    """(forecaster, probabilities of shape (n, C)); rows that nobody asks for may be NaN."""
    own, horizon = known[one.symbol], asked.horizon
    yield BASE, baselines.climatology(y, horizon)
    yield "climatology_1y", baselines.climatology(y, horizon, baselines.YEAR)
    yield "persistence", baselines.persistences(y, horizon)
    root = float(np.sqrt(horizon))
    yield "lognormal_ewma", lognormal.probabilities(asked, root * ewma_volatility(own.close))
    fear = controls.fear_of(one, known, desk.instruments)
    if fear is not None:
        seen = beside(own, known[fear]).close
        implied = lognormal.implied_volatility(seen, own.close)
        yield LATE, lognormal.probabilities(asked, root * implied)
    walkers: dict[str, Callable[[int], Episodes | None]] = {
        "ewma_fhs": baselines.EwmaWalk(own, horizon).at,
        "gjr_fhs": garch.Walk(own, horizon, fits).at,
        "scenario": walks.walk(own, one, horizon, known, desk.instruments).at,
    }
    for who, at in walkers.items():
        yield who, panel.walked(asked, at, rows)

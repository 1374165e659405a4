"""The table of an evaluation: every forecaster on the same claims, family by family.

Two families are sums of others: ``all`` pools every family but direction, and ``headline`` is
``all`` once more with its skill over ``gjr_fhs`` instead of climatology. The column ``over``
names what a row's skill is against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments
from workbench.measures.judging import (
    Calibration,
    calibration,
    checked,
    discrimination,
    years_positive,
)
from workbench.measures.panel import Family
from workbench.measures.prices import Array
from workbench.measures.scoring import brier, log_loss, skill

BASE, RIVAL = "climatology", "gjr_fhs"
POOLED, HEADLINE = "all", "headline"
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """What forecasters said of a panel's claims on some dates, and what came.

    Attributes:
        horizon: Sessions.
        family: Family of each of C claims.
        dates: Session of each of m closes, shape (m,).
        y: Outcomes, shape (m, C), 1 or 0; NaN where there is none.
        said: Forecaster to probabilities, shape (m, C). A forecaster that joins late has NaN in
            all of its first rows; after these a NaN is an error.
        absent: Forecasters that may be absent on any date, all claims of it; each counts only
            the dates on which it is there.
    """

    horizon: int
    family: tuple[Family, ...]
    dates: Moments
    y: Array
    said: Mapping[str, Array]
    absent: frozenset[str] = frozenset()

    def there(self, forecaster: str) -> npt.NDArray[np.bool_]:
        """On which dates a forecaster counts, shape (m,).

        Raises:
            ValueError: See ``since``.
        """
        if forecaster in self.absent:
            return np.asarray(np.isfinite(self.said[forecaster]).all(axis=1))
        return np.arange(len(self.dates)) >= self.since(forecaster)

    def since(self, forecaster: str) -> int:
        """The first row that a forecaster answers whole; the number of rows if none.

        Raises:
            ValueError: An answer is missing later: it is never left out.
        """
        whole = np.asarray(np.isfinite(self.said[forecaster]).all(axis=1))
        first = int(np.argmax(whole)) if whole.any() else len(whole)
        if not whole[first:].all():
            lost = self.dates[first:][~whole[first:]]
            raise ValueError(
                f"{forecaster} has no answer on {len(lost)} of {len(whole) - first} dates, the "
                f"first {lost[0]}: a missing forecast is an error and never left out."
            )
        return first

    def after(self, row: int) -> Answers:
        """Only the dates from a row on."""
        return Answers(
            horizon=self.horizon,
            family=self.family,
            dates=self.dates[row:],
            y=self.y[row:],
            said={who: p[row:] for who, p in self.said.items()},
            absent=self.absent,
        )


def verdicts(answers: Answers) -> Iterator[Row]:
    """One row a family and forecaster.

    Args:
        answers: ``climatology`` among the forecasters, and all of them on all dates but those
            before one that joins late; a row of the latter counts only dates it has.

    Yields:
        ``family forecaster n n_eff brier log skill skill_low skill_high auc ece slope ece_null
        years_positive years over``; None where there is too little to say. Brier and log are
        means over claims, log in nats.
    """
    names = dict.fromkeys(answers.family)
    told = tuple(name for name in names if name != "direction")
    for family, members in [*((name, (name,)) for name in names), (POOLED, told)]:
        columns = np.flatnonzero(np.isin(answers.family, members))
        asked = np.isfinite(answers.y[:, columns])
        row, column = np.nonzero(asked)
        if len(row):
            yield from _family(answers, family, row, columns[column])


def _family(
    answers: Answers,
    family: str,
    row: npt.NDArray[np.intp],
    column: npt.NDArray[np.intp],
) -> Iterator[Row]:
    base = answers.said[BASE]
    headline: list[Row] = []
    for who, said in answers.said.items():
        kept = answers.there(who)[row]
        r, c = row[kept], column[kept]
        if not len(r):
            continue
        y, p = answers.y[r, c], said[r, c]
        checked(p, y)
        found = calibration(p, y)
        auc = discrimination(p, y, c)
        scored = (r, y, p, found, auc)
        yield _row(answers, family, who, BASE, base[r, c], *scored)
        if family == POOLED and RIVAL in answers.said:
            rival = answers.said[RIVAL][r, c]
            headline.append(_row(answers, HEADLINE, who, RIVAL, rival, *scored))
    yield from headline


def _row(
    answers: Answers,
    family: str,
    who: str,
    over: str,
    reference: Array,
    row: npt.NDArray[np.intp],
    y: Array,
    p: Array,
    found: Calibration,
    auc: float | None,
) -> Row:
    loss, other = brier(p, y), brier(reference, y)
    gained = skill(loss, other, row.astype(np.int64), answers.horizon)
    year = answers.dates[row].astype("datetime64[Y]").astype(np.int64)
    positive, years = years_positive(loss, other, year)
    return {
        "family": family,
        "forecaster": who,
        "n": gained.n,
        "n_eff": round(gained.n_eff),
        "brier": float(loss.mean()),
        "log": float(log_loss(p, y).mean()),
        "skill": gained.skill,
        "skill_low": gained.low,
        "skill_high": gained.high,
        "auc": auc,
        "ece": found.ece,
        "slope": found.slope,
        "ece_null": found.null,
        "years_positive": positive,
        "years": years,
        "over": over,
    }

"""Expanding least squares, refitted on a fixed grid: every prediction knows only its past.

The target of row s closes ``horizon`` rows later. At each refit, row 0 modulo 21, the
coefficients come from all rows whose targets had closed by then, and serve until the next refit.
A regression can be carried on from an earlier one; the numbers are the same to the bit, because
every sum is taken in the same blocks and the same order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.measures.prices import Array

REFIT = 21  # rows between refits: a month of sessions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regression:
    """A walk-forward regression as it stands after its last row.

    Attributes:
        predicted: Prediction at each row from what had closed by then, shape (n,); NaN before
            the first fit and where a feature is missing.
        moments: Sums of x'x and x'y up to the last refit, shape (k, k + 1).
        rows: Complete rows in those sums.
        beta: Coefficients in use, shape (k,); NaN before the first fit.
    """

    predicted: Array
    moments: Array
    rows: int
    beta: Array

    def until(self, n: int) -> Regression:
        """The predictions of the first n rows; not to be carried on from."""
        return replace(self, predicted=self.predicted[:n])


def expanding(
    x: Array,
    y: Array,
    horizon: int,
    *,
    least: int,
    ridge: float = 1e-6,
    past: Regression | None = None,
    n: int | None = None,
) -> Regression:
    """Walk-forward ridge regression of y on x.

    Args:
        x: Features, shape (m, k); a row with a NaN is neither learned from nor predicted.
        y: Targets, shape (m,), NaN where missing. Row s is read only from row s + horizon on.
        horizon: Rows until a target closes, at least 1.
        least: Complete rows that the first fit needs.
        ridge: Penalty on each coefficient, as a share of the number of rows.
        past: The same regression up to an earlier row, to be carried on.
        n: Rows in all; with ``past``, x and y may hold only the latest m of them, at least
            ``REFIT + horizon`` more than are new. One that already reaches row n is cut there.

    Returns:
        The regression up to row n.

    Source:
        beta_j solves (X'X + ridge * rows * I) beta = X'y over rows s <= 21 j - horizon.
    """
    n = len(x) if n is None else n
    if past is not None and len(past.predicted) >= n:
        return past.until(n)
    k, first = x.shape[1], n - len(x)
    if (past is None or not past.rows) and not np.isfinite(y).any():  # nothing to learn from yet
        return Regression(
            predicted=np.full(n, np.nan), moments=np.zeros((k, k + 1)), rows=0,
            beta=np.full(k, np.nan),
        )  # fmt: skip
    done = 0 if past is None else len(past.predicted)
    since, last = max((done - 1) // REFIT, 0), max((n - 1) // REFIT, 0)
    start, stop = REFIT * since - horizon + 1, REFIT * last - horizon + 1
    table = np.zeros((stop - start, k + 1))
    lead = max(first - start, 0)  # before the first row there is nothing
    if stop > start + lead:
        kept = slice(start + lead - first, stop - first)
        table[lead:, :k], table[lead:, k] = x[kept], y[kept]
    full = np.asarray(np.isfinite(table).all(axis=1))
    full[:lead] = False
    table[~full] = 0.0
    blocks = table.reshape(last - since, REFIT, k + 1)
    before = np.zeros((k, k + 1)) if past is None else past.moments
    products = np.matmul(blocks[:, :, :k].transpose(0, 2, 1), blocks)
    moments = np.empty((len(products) + 1, k, k + 1))
    moments[0] = before
    for block, product in enumerate(products):  # six times as fast as cumsum along the first axis
        np.add(moments[block], product, out=moments[block + 1])
    counts = full.reshape(last - since, REFIT).sum(axis=1)
    rows = np.cumsum(np.r_[0 if past is None else past.rows, counts])
    beta = np.full((last - since + 1, k), np.nan)
    if past is not None:
        beta[0] = past.beta
    fit = np.flatnonzero(rows >= least)
    fit = fit[fit > 0]
    if len(fit):
        penalty = ridge * rows[fit, None, None] * np.eye(k)
        beta[fit] = np.linalg.solve(moments[fit, :, :k] + penalty, moments[fit, :, k:])[:, :, 0]
    columns = np.ascontiguousarray(x[done - first :].T)
    mine = np.repeat(np.ascontiguousarray(beta.T), REFIT, axis=1)
    mine = mine[:, done - REFIT * since : n - REFIT * since]
    value = np.zeros(n - done)
    for feature, coefficient in zip(columns, mine, strict=True):  # in one order for any length
        value += feature * coefficient
    value[~np.isfinite(value)] = np.nan
    return Regression(
        predicted=value if past is None else np.concatenate([past.predicted, value]),
        moments=moments[-1],
        rows=int(rows[-1]),
        beta=beta[-1],
    )

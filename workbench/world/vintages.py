"""The vintages of one series, and which of them was the latest known at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.domain.calendars import Moments
from workbench.domain.snapshots import Column


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """All vintages of one (series, field), ordered by (at, source rank, known_at)."""

    at: Moments
    known_at: Moments
    value: npt.NDArray[np.float64]
    rank: npt.NDArray[np.int64]  # place of the row's source in ``sources``
    sources: tuple[str, ...]
    unit: npt.NDArray[np.int64]  # place of the row's unit in ``units``
    units: tuple[str, ...]
    plain: bool  # one vintage a moment and known_at never falls: as-of is a prefix

    def known_sources(self, until: np.datetime64) -> set[str]:
        """The sources that had published anything by a moment."""
        if len(self.sources) == 1 and self.known_at.min() <= until:
            return set(self.sources)
        return {self.sources[i] for i in np.unique(self.rank[self.known_at <= until])}

    def as_of(self, until: np.datetime64) -> Column | None:
        """The values known at a moment, None when there were none."""
        if self.plain:
            kept: slice | npt.NDArray[np.int64] = slice(
                0, int(np.searchsorted(self.known_at, until, side="right"))
            )
        else:
            kept = self._winners(until)
        at = self.at[kept]
        if not len(at):
            return None
        arrays = at, self.known_at[kept], self.value[kept]
        for array in arrays:
            array.flags.writeable = False
        # Unit and source are read from the rows kept, so that no later row can change them.
        used = np.unique(self.rank[kept]) if len(self.sources) > 1 else (0,)
        return Column(
            at=arrays[0],
            known_at=arrays[1],
            value=arrays[2],
            unit=self.units[self.unit[kept][-1]],
            source="+".join(self.sources[i] for i in used),
        )

    def _winners(self, until: np.datetime64) -> npt.NDArray[np.int64]:
        """Of each moment: the best-ranked source's latest vintage known by then."""
        known = np.flatnonzero(self.known_at <= until)
        at, rank = self.at[known], self.rank[known]
        first = np.r_[True, at[1:] != at[:-1]] if len(known) else np.zeros(0, bool)
        best = rank[first][np.cumsum(first) - 1] if len(known) else rank
        known = known[rank == best]
        at = self.at[known]
        last = np.r_[at[1:] != at[:-1], True] if len(known) else np.zeros(0, bool)
        winners: npt.NDArray[np.int64] = known[last]
        return winners


def histories(rows: pd.DataFrame | None, preferred: Sequence[str]) -> dict[str, History]:
    """Each field's vintages; sources outside a stated preference are left out."""
    if rows is None:
        return {}
    order = list(preferred) or sorted(rows["source"].unique())
    rows = rows[rows["source"].isin(order)]
    rank = rows["source"].cat.set_categories(order).cat.codes.astype(np.int64)
    result = {}
    ordered = rows.assign(rank=rank).sort_values(["at", "rank", "known_at"], kind="stable")
    for field, group in ordered.groupby("field", observed=True):
        at = group["at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        known = group["known_at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        unit, units = pd.factorize(group["unit"].astype(str))
        result[str(field)] = History(
            at=at,
            known_at=known,
            value=group["value"].to_numpy(float),
            rank=group["rank"].to_numpy(),
            sources=tuple(order),
            unit=unit,
            units=tuple(units),
            plain=bool((at[1:] > at[:-1]).all() and (known[1:] >= known[:-1]).all()),
        )
    return result

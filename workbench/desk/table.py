"""The debate at every close of an archive: what the house minds say of a panel.

Each mind reads its slice, cut to the rows known when a cycle after that close would look, the
vintages being the last ones and no flag raised; its view of the lead tilts the reference's
scenarios as in a cycle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from workbench.domain.calendars import Moments
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument
from workbench.domain.records import Absence
from workbench.domain.snapshots import Snapshot
from workbench.measures import house, panel, walks
from workbench.measures.house import View
from workbench.measures.joint import Joint, joint
from workbench.measures.panel import Panel
from workbench.measures.prices import Array, Bars, bars, last_known
from workbench.steps.rows import seen
from workbench.world.params import Desk
from workbench.world.schema import Mind


class Table:
    """Where a desk's minds sit; remembers what each made of the lead at each close.

    Args:
        desk: Whose minds.
        snapshot: Everything that the archive knows.
        known: Bars of the desk's instruments, the lead's among them.
    """

    def __init__(self, desk: Desk, snapshot: Snapshot, known: Mapping[str, Bars]) -> None:
        self._desk, self._known, self._lead = desk, known, desk.instruments[0]
        self._slices = {
            mind.params.mind: snapshot.only(seen(mind, desk.instruments), mind.params.fields)
            for mind in desk.house
        }
        self._views: dict[tuple[str, int], View | None] = {}

    def heard(self, one: Instrument, asked: Panel, rows: npt.NDArray[np.intp]) -> dict[str, Array]:
        """What each mind says of an instrument's claims.

        Args:
            one: The instrument.
            asked: C claims at each of its n closes.
            rows: Closes at which they are asked.

        Returns:
            Forecaster to probabilities of shape (n, C), NaN at other closes and where a mind is
            absent; nobody when the lead is dark.
        """
        if self._lead.symbol not in self._known:
            return {}
        own, lead = self._known[one.symbol], self._known[self._lead.symbol]
        table = self._desk.instruments
        ours = walks.walk(own, one, asked.horizon, self._known, table)
        its = walks.walk(lead, self._lead, asked.horizon, self._known, table)
        minds = self._desk.house
        said = {mind.name: np.full(asked.lo.shape, np.nan) for mind in minds}
        latest = last_known(lead.known_at, own.known_at)
        for t in rows:
            i = int(latest[t])
            if i < house.MIN_VIX:
                continue
            legs = {self._lead.symbol: its.at(i)} | {one.symbol: ours.at(int(t))}
            reference = joint(legs)
            for mind in minds:
                if (set_ := self._swayed(mind, i, reference, lead)) is not None:
                    said[mind.params.mind][t] = panel.shares(asked, int(t), set_.of(one.symbol))
        return {who: found for who, found in said.items() if np.isfinite(found).any()}

    def _swayed(self, mind: Mind, i: int, reference: Joint, lead: Bars) -> Joint | None:
        view = self._view(mind, i)
        if view is None:
            return None
        try:
            return house.swayed(view, reference, lead.until(i + 1))
        except ClaimRefused:  # its width is out of reach: absent, as in a cycle
            return None

    def _view(self, mind: Mind, i: int) -> View | None:
        """What a mind makes of the lead at its row i; None when it is absent."""
        key = mind.params.mind, i
        if key not in self._views:
            after = np.timedelta64(self._desk.params.clock.after_close, "m")
            shown = _known_by(self._slices[key[0]], self._known[self._lead.symbol].at[i] + after)
            lead = bars(shown, self._lead)
            found = None if lead is None else house.MINDS[key[0]](shown, lead)
            self._views[key] = None if isinstance(found, Absence) else found
        return self._views[key]


def _known_by(snapshot: Snapshot, moment: np.datetime64) -> Snapshot:
    """The rows that were known by a moment, at their last vintage."""
    columns = {}
    for key, column in snapshot.columns.items():
        kept = column.known_at <= moment
        if kept.any():
            columns[key] = replace(
                column, at=_cut(column.at, kept), known_at=_cut(column.known_at, kept),
                value=column.value[kept],
            )  # fmt: skip
    return replace(snapshot, columns=columns)


def _cut(moments: Moments, kept: npt.NDArray[np.bool_]) -> Moments:
    found: Moments = moments[kept]
    return found

"""What of a pull is new, and since when it counts as known.

A value equal to the latest one held of its moment is left out; another one is a revision, known
now, because that is when we saw it. A blank where a number is known is a gap and hides nothing,
unless the source states a later vintage that withdraws it, as ALFRED does. A moment that is not
held is dated by what the source states, else by the lag rules of ``dating``. But a series that an
earlier pull brought was looked at then, and again whenever feeds were asked since: what dates from
before the last of these pulls was not seen there, so it is known now. So **no pull changes what was
known at the moment of an earlier one**, of any series that an earlier one had brought. Only a
series' first pull, a backfill of moments older than all that is held, and an import of files can
add to the past.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.domain.calendars import iso
from workbench.domain.deliveries import COLUMNS, Gap
from workbench.domain.errors import ImportRefused
from workbench.domain.instruments import Instrument
from workbench.world import dating, finer
from workbench.world.revisions import MOMENT, added


def news(
    frame: pd.DataFrame,
    held: pd.DataFrame,
    *,
    origin: str,
    now: dt.datetime,
    asked: dt.datetime | None,
    pulled: Collection[str],
    backfill: bool = False,
    instruments: Iterable[Instrument] = (),
) -> tuple[pd.DataFrame, tuple[Gap, ...]]:
    """The rows of a delivery that the archive has to add, and what of it said nothing.

    Args:
        frame: ``Delivered.observations``.
        held: All vintages that are held of its series, from its first moment on; all moments for
            a backfill.
        origin: The feed, for errors.
        now: The pull's moment.
        asked: The last moment before it at which any feed was asked; None for the first pull.
        pulled: Series that an earlier pull brought.
        backfill: Whether moments older than all that is held date from their own time.
        instruments: The desk's own, beside the built-in table.

    Returns:
        Columns ``COLUMNS``, ``known_at`` never after the pull's moment; and a gap for each series
        and field of which blanks came where numbers are known.

    Raises:
        ImportRefused: A row describes a later moment than the pull's.
    """
    if not len(frame):
        return pd.DataFrame(columns=list(COLUMNS)), ()
    latest = pd.Timestamp(now)
    late = (frame["at"] > latest).to_numpy(bool)
    if late.any():
        first = frame.loc[late].iloc[0]
        raise ImportRefused(
            f"{origin} brought {first['series']} {first['field']} at {first['at'].isoformat()}, "
            f"after the pull's own moment {latest.isoformat()} ({int(late.sum())} such rows). "
            "Set this machine's clock, or leave unfinished bars out; nothing was stored."
        )
    rows = _dated(frame.reset_index(drop=True), instruments)
    early = rows["known_at"] > latest  # a rule says later, but here it is
    rows["known_at"] = rows["known_at"].where(~early, latest)
    rows.loc[early, "basis"] = "seen"
    held = held[held["known_at"] <= latest]
    hiding = _hiding(rows, held)
    gaps = _gaps(rows[hiding])
    rows = rows[~hiding].reset_index(drop=True)
    fresh = ~rows["series"].astype(str).isin(list(pulled)).to_numpy(bool)
    if asked is not None:
        fresh |= (rows["known_at"] > pd.Timestamp(asked)).to_numpy(bool)
    if backfill:
        fresh |= _older(rows, held)
    own, seen = added(rows, held, fresh)
    rows.loc[seen, "known_at"] = latest
    rows.loc[seen, "basis"] = "seen"
    return rows.loc[np.sort(np.r_[own, seen]), list(COLUMNS)], gaps


def _hiding(rows: pd.DataFrame, held: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """The blanks that would stand before a number of their moment, and that no vintage states."""
    hiding = rows["value"].isna().to_numpy(bool, copy=True)
    if not hiding.any():
        return hiding
    moment = list(MOMENT)
    texts = dict.fromkeys(MOMENT[:-1], str)
    blanks = rows.loc[hiding, moment].astype(texts)
    told = rows.loc[~hiding, moment].astype(texts).drop_duplicates()
    last = (
        held[held["at"].isin(blanks["at"])]
        .astype(texts)
        .sort_values("known_at", kind="stable")
        .drop_duplicates(moment, keep="last")
    )
    last = last.loc[last["value"].notna(), [*moment, "known_at"]]
    number = blanks.merge(last, how="left", on=moment)["known_at"]
    beside = blanks.merge(told, how="left", on=moment, indicator=True)["_merge"].eq("both")
    stated = rows.loc[hiding, "basis"].eq("stated").to_numpy(bool)
    later = rows.loc[hiding, "known_at"].reset_index(drop=True) > number
    known = number.notna().to_numpy(bool) & ~(stated & later.to_numpy(bool))
    hiding[hiding] = np.where(beside.to_numpy(bool), ~stated, known)
    return hiding


def _gaps(blanks: pd.DataFrame) -> tuple[Gap, ...]:
    return tuple(
        Gap(
            series=str(series), code="null_for_known",
            reason=f"{field} is blank at {len(own)} moment(s) of which a number is known, the last "
            f"{iso(own['at'].max())}; the number stays.",
        )
        for (series, field), own in blanks.astype({"series": str, "field": str}).groupby(
            ["series", "field"]
        )
    )  # fmt: skip


def _dated(frame: pd.DataFrame, instruments: Iterable[Instrument]) -> pd.DataFrame:
    """The rows with ``known_at`` as stated, else as ruled, and the basis of either."""
    own = {one.symbol: one for one in instruments}
    own |= finer.spoken(map(str, frame["series"].unique()), own)
    given = frame["known_at"].astype("datetime64[us, UTC]")
    pairs = frame[["series", "field"]].astype(str)
    longer = {
        pair: dating.is_longer(dating.rule(pair[0], pair[1], own))
        for pair in set(pairs.itertuples(index=False, name=None))
    }
    flash = np.array([longer[pair] for pair in pairs.itertuples(index=False, name=None)], bool)
    # Nothing that lasts a day at most is known before it has happened, whatever is stated.
    given = given.where((given >= frame["at"]) | flash)
    rows = dating.lagged(frame.assign(known_at=given), own)
    basis = frame["basis"].astype(object).where(given.notna(), "rule")
    return rows.assign(basis=basis.where(basis.notna(), "stated"))


def _older(rows: pd.DataFrame, held: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """The rows of moments before the first that is held of their field, series and source."""
    keys = list(MOMENT[:-1])
    texts = {key: rows[key].astype(str) for key in keys}
    first = held.assign(**{key: held[key].astype(str) for key in keys}).groupby(keys)["at"].min()
    known = rows.assign(**texts)[keys].merge(first.rename("first").reset_index(), how="left")
    older: npt.NDArray[np.bool_] = (
        known["first"].isna() | (rows["at"].reset_index(drop=True) < known["first"])
    ).to_numpy(bool)
    return older

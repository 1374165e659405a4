"""Which delivered values say something new, beside the vintages that are held."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

MOMENT = ("series", "field", "source", "at")
_Said = tuple[float | None, int]  # a value, None where it is blank, and its unit
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Vintages ordered by moment and ``known_at``."""

    moment: npt.NDArray[np.int64]
    known: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    unit: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]  # place in the frame
    last: _Flags  # the latest of its moment

    def said(self, index: int) -> _Said:
        """What a vintage says."""
        value = float(self.value[index])
        return None if np.isnan(value) else value, int(self.unit[index])


def added(
    rows: pd.DataFrame, held: pd.DataFrame, fresh: _Flags
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows to add.

    Args:
        rows: Delivered observations, dated.
        held: What is held of their moments, and maybe more.
        fresh: Whether each row may count from its own ``known_at``.

    Returns:
        Places of the rows that are added with their own ``known_at``, and of those that count
        from now on: revisions, and what could have been seen before but was not.
    """
    new, old = _numbered(rows, held)
    count = np.bincount(new.moment, minlength=1)
    latest = np.full(max(new.moment.max(initial=0), old.moment.max(initial=0)) + 1, -1)
    latest[old.moment[old.last]] = np.flatnonzero(old.last)
    before = latest[new.moment]
    free, before = before < 0, np.maximum(before, 0)
    alone = count[new.moment] == 1
    ready = fresh[new.row]
    if len(old.row):
        same = (new.value == old.value[before]) | (
            np.isnan(new.value) & np.isnan(old.value[before])
        )
        same &= (new.unit == old.unit[before]) & ~free
        later = new.known > old.known[before]
    else:
        same, later = np.zeros(len(new.row), bool), np.ones(len(new.row), bool)
    stated = (rows["basis"] == "stated").to_numpy(bool)[new.row]
    own = alone & ready & (free | (stated & later & ~same))
    now = alone & ~same & ~own & (free | ~(stated & ready))
    # A source that states several vintages of a moment, or an old one, is read one by one.
    rest = ~alone | (~free & stated & ready & ~later & ~same)
    first, seen = new.row[own].tolist(), new.row[now].tolist()
    starts = np.searchsorted(old.moment, np.unique(new.moment[rest]))
    for moment, start in zip(np.unique(new.moment[rest]).tolist(), starts.tolist(), strict=True):
        end = int(np.searchsorted(old.moment, moment, side="right"))
        there = [(int(old.known[i]), old.said(i)) for i in range(start, end)]
        low, high = np.searchsorted(new.moment, [moment, moment + 1])
        _told(new, range(int(low), int(high)), there, ready, stated, first, seen)
    return np.array(sorted(first), np.int64), np.array(sorted(seen), np.int64)


def _told(
    new: _Rows, places: range, there: list[tuple[int, _Said]],
    ready: _Flags, stated: _Flags, first: list[int], seen: list[int],
) -> None:  # fmt: skip
    """Adds the delivered vintages of one moment, in the order in which they became known.

    Each that may count from its own time is laid among those that are there, unless it repeats
    the one before it; of the others only the last says what the source holds now.
    """
    free = not there
    for i in places:
        said, known = new.said(i), int(new.known[i])
        place = bisect_right([one for one, _ in there], known)
        taken = place > 0 and there[place - 1][0] == known
        final = i == places[-1]
        if ready[i] and (stated[i] or free) and not taken:
            if not (place and there[place - 1][1] == said) and not (
                final and there and there[-1][1] == said
            ):
                there.insert(place, (known, said))
                first.append(int(new.row[i]))
        elif final and (not there or there[-1][1] != said):
            seen.append(int(new.row[i]))


def _numbered(rows: pd.DataFrame, held: pd.DataFrame) -> tuple[_Rows, _Rows]:
    """Both with the same numbers for the same moments and units; one row a ``known_at``."""
    keys = list(MOMENT)
    both = pd.concat([rows[[*keys, "unit"]], held[[*keys, "unit"]]], ignore_index=True)
    both = both.astype(dict.fromkeys((*MOMENT[:3], "unit"), object))
    moment, _ = pd.factorize(pd.util.hash_pandas_object(both[keys], index=False).to_numpy())
    unit, _ = pd.factorize(both["unit"])
    cut = len(rows)
    new = _sorted(rows, moment[:cut], unit[:cut], np.arange(cut))
    # Of two that are held under one key, the one that readers see: see ``vintages``.
    return new, _sorted(held, moment[cut:], unit[cut:], held["value"].to_numpy(float))


def _sorted(
    frame: pd.DataFrame, moment: npt.NDArray[np.int64], unit: npt.NDArray[np.int64],
    tie: npt.NDArray[np.int64] | npt.NDArray[np.float64],
) -> _Rows:  # fmt: skip
    known = frame["known_at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    known = known.astype(np.int64)
    value = frame["value"].to_numpy(float)
    order = np.lexsort((tie, known, moment))
    twice = np.zeros(len(order), bool)
    twice[:-1] = (np.diff(moment[order]) == 0) & (np.diff(known[order]) == 0)
    order = order[~twice]
    last = np.r_[np.diff(moment[order]) != 0, True] if len(order) else np.zeros(0, bool)
    return _Rows(moment=moment[order], known=known[order], value=value[order], unit=unit[order],
                 row=order, last=last)  # fmt: skip

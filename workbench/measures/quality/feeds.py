"""What the feeds themselves say against their data: schemas, assets, row counts, clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from workbench.domain.deliveries import ROUTINE, Health
from workbench.domain.records import Flag

_CODES = {  # gap code -> check, what would lift it
    "no_field": ("SCHEMA", "the field under its old name, or a new adapter"),
    "wrong_type": ("SCHEMA", "the type that it had, or a new adapter"),
    "renamed": ("SCHEMA", "a new adapter"),
    "bad_row": ("SCHEMA", "rows of the shape that they had, or a new adapter"),
    "no_data": ("EMPTY", "a delivery that is not empty"),
    "no_items": ("EMPTY", "a delivery that is not empty"),
    "nothing": ("EMPTY", "a delivery that is not empty"),
    "empty": ("EMPTY", "a delivery that is not empty"),
    "other_currency": ("OTHER_CURRENCY", "the currency of the instrument"),
    "other_unit": ("OTHER_UNIT", "the unit of the contract"),
    "other_asset": ("OTHER_ASSET", "the asset that the symbol stood for"),
    "not_found": ("GONE", "its symbol back at the source, or its new one in params"),
    "out_of_range": ("OUT_OF_RANGE", "a value within its contract"),
}
_USUAL = 5  # rows that a feed must usually bring before fewer of them mean anything
_LOW = 0.2  # of what is usual
SKEW = 120.0  # seconds between our clock and a host's Date
HOSTS = 3  # that must agree before it is our clock that is off


def feed_flags(health: Iterable[Health]) -> list[Flag]:
    """One note a feed that is dark, and one a series and code of what could not be used."""
    found: list[Flag] = []
    for one in health:
        if one.state == "dark":
            found.append(
                Flag(
                    series=one.feed, field="", check="FEED_DARK", severity="note",
                    seen=one.reason, since=one.since, lifted="its next pull that succeeds",
                )
            )  # fmt: skip
        said: set[tuple[str, str]] = set()
        for gap in one.gaps:
            check, lifted = _CODES.get(gap.code, (gap.code.upper(), "its next whole delivery"))
            name = gap.series or one.feed
            if (name, check) in said or gap.code in ROUTINE:
                continue
            said.add((name, check))
            found.append(
                Flag(
                    series=name, field="", check=check, severity="note",
                    seen=f"{one.feed}: {gap.reason}", since=one.since, lifted=lifted,
                )
            )  # fmt: skip
    return found


def quiet(health: Iterable[Health], usual: Mapping[str, Sequence[int]]) -> list[Flag]:
    """``VOLUME_LOW`` for feeds that brought far fewer rows than they do.

    Args:
        health: The last pulls.
        usual: Feed to the rows of its earlier pulls.
    """
    found = []
    for one in health:
        before = usual.get(one.feed, ())
        middle = float(np.median(before)) if len(before) else 0.0
        if one.state != "dark" and middle >= _USUAL and one.rows < _LOW * middle:
            found.append(
                Flag(
                    series=one.feed, field="", check="VOLUME_LOW", severity="note",
                    seen=f"{one.rows} rows where {middle:.0f} are usual", since=one.at,
                    lifted="a delivery of the usual size",
                )
            )  # fmt: skip
    return found


def clock_off(skews: Mapping[str, float]) -> str:
    """Why nothing may be registered now; empty while the host's clock can be trusted.

    Args:
        skews: Host to its Date minus our clock in seconds, of answers of the last pull.

    Returns:
        A sentence when at least three hosts, and most of those asked, say on the same side that
        our clock is off by more than 120 s. Others are taken to be off themselves. Scoring goes on.
    """
    for sign, word in ((1, "behind"), (-1, "ahead")):
        off = sorted(host for host, seconds in skews.items() if sign * seconds > SKEW)
        if len(off) >= HOSTS and 2 * len(off) > len(skews):
            middle = float(np.median([abs(skews[host]) for host in off]))
            return (
                f"This machine's clock is {middle:.0f} s {word} that of {len(off)} hosts "
                f"({', '.join(off)}). Nothing is registered until it is set right."
            )
    return ""

"""This machine's clock beside those of the hosts that were asked."""

from __future__ import annotations

import datetime as dt
import email.utils
import statistics
from collections.abc import Mapping

OFF = 120.0  # seconds; RELIABILITY.md, S52
HOSTS = 3


def dated(text: str) -> dt.datetime | None:
    """The moment of an HTTP date, aware UTC; None for anything else."""
    try:
        found = email.utils.parsedate_to_datetime(text)
        return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def skew(headers: Mapping[str, str], at: dt.datetime) -> float | None:
    """Seconds by which our clock is ahead of a host's, by its ``Date`` and ``Age`` headers.

    Args:
        headers: Names in lower case.
        at: When they came, by our clock.

    Returns:
        None when the host does not tell its time.
    """
    told = dated(headers.get("date", ""))
    if told is None:
        return None
    age = headers.get("age", "0").strip()
    # A cache hands on the Date of when it stored the answer, and says how long ago that was.
    seconds = int(age) if age.isdecimal() and age.isascii() and len(age) < 9 else 0
    return (at - told).total_seconds() - seconds


def off(skews: Mapping[str, float], limit: float = OFF, hosts: int = HOSTS) -> float | None:
    """Seconds by which this machine's clock is wrong, when enough hosts agree.

    One host may have a wrong clock of its own; our clock is wrong when at least ``hosts`` of
    them, and more than half, differ from it by more than ``limit`` in the same direction.

    Args:
        skews: Host to seconds that our clock is ahead of its.
        limit: Seconds.
        hosts: How many must agree.

    Returns:
        The median over those that agree, positive when our clock is ahead; None when it is not
        shown to be wrong.

    >>> off({"a": 7200.0, "b": 7201.0, "c": 7199.0})
    7200.0
    """
    for side in (1, -1):
        agree = [value for value in skews.values() if value * side > limit]
        if len(agree) >= hosts and 2 * len(agree) > len(skews):
            return statistics.median(agree)
    return None

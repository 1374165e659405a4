"""The clocks of the hosts that were asked, beside this machine's."""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Mapping


def dated(text: str) -> dt.datetime | None:
    """The moment of an HTTP date, aware UTC; None for anything else."""
    try:
        found = email.utils.parsedate_to_datetime(text)
        return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def skew(headers: Mapping[str, str], at: dt.datetime) -> float | None:
    """Seconds by which a host's clock is ahead of ours, by its ``Date`` and ``Age`` headers.

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
    return (told - at).total_seconds() + seconds

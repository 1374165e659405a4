"""Figures and moments as sentences write them, and as they are read back."""

from __future__ import annotations

import datetime as dt
import re

from workbench.domain import claims
from workbench.domain.calendars import UTC
from workbench.domain.claims import Unit
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument

MINUS = "\N{MINUS SIGN}"
_HYPHEN = re.compile(r"(?<!\w)-(?=\d)")
_ISO = re.compile(r"\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?(?![\w-])")
_DUST = 1e-9  # what adding up probabilities leaves


def price(value: float, tick: float) -> str:
    """A price as text: ``2,850`` or ``13.85``."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.{claims.decimals(tick)}f}"


def plain(value: float | None) -> str:
    """A percentage as text, in full and without idle zeros: ``115.5983``, ``1.5``, ``2``."""
    return f"{value or 0.0:.4f}".rstrip("0").rstrip(".")


def signed(value: float | None) -> str:
    """The same with its sign, a real minus for negative ones."""
    sign = "+" if (value or 0.0) >= 0 else MINUS
    return sign + plain(abs(value or 0.0))


def difference(value: float, digits: int = 1) -> str:
    """A change or an edge as text, with its sign, which a rounded zero has not: ``+4.1``, ``−0.3``.

    >>> difference(4.12), difference(-0.3), difference(-0.04)
    ('+4.1', '−0.3', '0.0')
    """
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def interval(low: float, high: float, digits: int = 1) -> str:
    """Both ends of a difference as text.

    >>> interval(-1.2, 0.4)
    '−1.2 to +0.4'
    """
    return " to ".join(difference(end, digits) for end in (low, high))


def typeset(text: str) -> str:
    """A text with real minus signs where a hyphen stands before a number.

    >>> typeset("moved -1.2% on 2018-01-30")
    'moved −1.2% on 2018-01-30'
    """
    return _HYPHEN.sub(MINUS, text)


def opened(text: str) -> str:
    """A text that opens a line: its first letter is a capital, the rest stays as it is.

    >>> opened("bitcoin trades at 70,000 or higher")
    'Bitcoin trades at 70,000 or higher'
    """
    return text[:1].upper() + text[1:]


def share(p: float, beside: float | None = None) -> str:
    """A probability or a share as text, the one way in which every page writes it.

    A whole percentage; one decimal where the whole one would read as never, even odds or always
    although it is not, or as the other figure beside it although they differ.

    Args:
        p: A fraction in [0, 1], within what adding up leaves.
        beside: What it is read against, such as the base rate of its claim. Give it wherever the
            same two are shown, so that both are always written in the same way.

    Returns:
        Such as ``84%`` or ``0.4%``; ``<0.1%`` and ``>99.9%`` where a decimal is not enough. Only
        certainty reads ``0%`` or ``100%``.

    Raises:
        ValueError: It is no probability: neither clipped nor written.

    >>> share(0.843), share(0.0042), share(0.9996), share(0.843, beside=0.838)
    ('84%', '0.4%', '>99.9%', '84.3%')
    """
    if not -_DUST <= p <= 1 + _DUST:
        raise ValueError(f"{p} is no probability: give a fraction between 0 and 1.")
    whole, tenths = f"{abs(100 * p):.0f}", f"{abs(100 * p):.1f}"
    others = [0.0, 0.5, 1.0] if beside is None else [0.0, 0.5, 1.0, beside]
    if min(abs(one - p) for one in (0.0, 0.5, 1.0)) <= _DUST:
        return f"{whole}%"
    alike = [one for one in others if abs(one - p) > _DUST and f"{100 * one:.0f}" == whole]
    if 0.0 in alike or 1.0 in alike:
        return {"0.0": "<0.1%", "100.0": ">99.9%"}.get(tenths, f"{tenths}%")
    apart = any(f"{100 * one:.1f}" != tenths for one in alike)
    return f"{tenths if apart else whole}%"


def strike(one: Instrument, value: float | None, unit: Unit) -> str:
    """A strike in its unit: ``2,850``, ``+1.5%`` or ``+2 points``."""
    if unit == "price":
        return price(value or 0.0, one.tick)
    return signed(value) + ("%" if unit == "pct" else " points")


def size(value: float | None, unit: Unit) -> str:
    """A size without sign: ``1.5%`` or ``2 points``."""
    return plain(value) + ("%" if unit == "pct" else " points")


def day(date: dt.date) -> str:
    """A date as text: ``Tue 30 Jan 2018``."""
    return f"{date:%a} {date.day} {date:%b %Y}"


def instant(at: dt.datetime) -> str:
    """A moment as text: ``Tue 30 Jan 2018 12:17 UTC``, with seconds when it has any."""
    return f"{day(at.date())} {at:%H:%M:%S}".removesuffix(":00") + " UTC"


def minute(at: dt.datetime) -> str:
    """A moment of UTC as a table writes it: ``30 Jan 2018 12:17``."""
    return f"{at.day} {at:%b %Y %H:%M}"


def due(at: dt.datetime) -> str:
    """A moment as a deadline is written: ``Tue 30 Jan 2018, 21:00 UTC``."""
    return f"{day(at.date())}, {at:%H:%M} UTC"


def worded(text: str) -> str:
    """A text with its ISO dates and moments of UTC as tables write them.

    >>> worded("the last 2015-05-12"), worded("2018-02-08T22:00:00Z")
    ('the last 12 May 2015', '8 Feb 2018 22:00')
    """
    return _ISO.sub(_in_words, text)


def _in_words(found: re.Match[str]) -> str:
    try:
        at = dt.datetime.fromisoformat(found[0])
    except ValueError:  # digits that only look like a date
        return found[0]
    return minute(at) if "T" in found[0] else minute(at)[:-6]


def number(text: str) -> float:
    """The number of a text with thousands separators and an optional sign."""
    return float(text.replace(",", ""))


def date_of(text: str) -> dt.date:
    """The date that ``day`` wrote, or an ISO one.

    Raises:
        ClaimRefused: No such day, or another weekday than stated (``no_date``).
    """
    weekday, _, rest = text.rpartition(" ")[0].rpartition(" ")[0].rpartition(" ")
    try:
        if "-" in text:
            return dt.date.fromisoformat(text)
        plain_date = text.removeprefix(weekday).strip() if weekday else text
        found = dt.datetime.strptime(plain_date + " +0000", "%d %b %Y %z").date()
    except ValueError as error:
        raise ClaimRefused("no_date", f"{text!r} is not a date of the calendar.") from error
    if weekday and weekday != f"{found:%a}":
        raise ClaimRefused("no_date", f"{rest} {found:%b %Y} is a {found:%A}, not {weekday}.")
    return found


def instant_of(date: str, clock: str) -> dt.datetime:
    """The moment of a date and a time of day in UTC.

    Raises:
        ClaimRefused: No such day or time (``no_date``).
    """
    try:
        return dt.datetime.combine(date_of(date), dt.time.fromisoformat(clock), UTC)
    except ValueError as error:
        raise ClaimRefused("no_date", f"{clock!r} is no time of day.") from error

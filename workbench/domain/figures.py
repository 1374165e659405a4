"""Figures and moments as sentences write them, and as they are read back."""

from __future__ import annotations

import datetime as dt

from workbench.domain import claims
from workbench.domain.calendars import UTC
from workbench.domain.claims import Unit
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import Instrument

MINUS = "\N{MINUS SIGN}"


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

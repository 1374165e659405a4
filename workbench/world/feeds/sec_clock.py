"""When EDGAR accepted a filing, where its lists do not say by whose clock.

``acceptanceDateTime`` ends in Z, but for about a quarter of all companies it is New York's clock:
read as UTC such a filing is known five hours too early (theOGognf/finagg issue 64 counts 181 of
808; the recorded list of NVDA has both). EDGAR takes filings from 06:00 to 22:00 New York time, and
dates what comes after 17:30 on the next day: a time that only one reading allows is read that way;
of the others the later reading counts until the filing's own index page says which it is.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from workbench.domain.calendars import NEW_YORK

Clock = Literal["UTC", "New York", "unclear"]
_LATE = frozenset({"3", "4", "5", "144", "SC 13D", "SC 13G", "SCHEDULE 13D", "SCHEDULE 13G"})


def accepted(
    text: str, form: str = "", filed: dt.date | None = None
) -> tuple[dt.datetime, Clock] | None:
    """When a filing was accepted, and by whose clock; None where it is no time.

    Args:
        text: ISO, with a Z that may be false.
        form: The filing's.
        filed: Its filing date: what comes after 17:30 in New York is filed the next day, but for
            the forms of insiders.

    >>> accepted("2026-01-13T00:04:08.000Z")[1], accepted("2026-02-25T16:31:25.000Z")[1]
    ('UTC', 'unclear')
    """
    try:
        plain = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if plain.tzinfo is None or not 1990 <= plain.year <= 2100:
        return None
    utc, local = plain.astimezone(dt.UTC), plain.replace(tzinfo=NEW_YORK).astimezone(dt.UTC)
    by_utc, by_local = _possible(utc, form, filed), _possible(local, form, filed)
    if by_utc and not by_local:
        return utc, "UTC"
    return local, "New York" if by_local and not by_utc else "unclear"


def _possible(at: dt.datetime, form: str, filed: dt.date | None) -> bool:
    """Whether EDGAR would take such a filing then and date it so.

    What it took by 22:00 or 17:30 it may stamp some minutes later.
    """
    here = at.astimezone(NEW_YORK)
    if here.weekday() >= 5 or not dt.time(6) <= here.time() < dt.time(22, 30):
        return False
    if filed is None or form.removesuffix("/A") in _LATE:
        return filed is None or filed >= here.date()
    late = here.time() >= dt.time(18) or (filed != here.date() and here.time() >= dt.time(17, 30))
    return filed > here.date() if late else filed == here.date()

"""Names of bars shorter than a session: ``BTC-USD@1h``, ``SPY@5m``.

Such bars lie in the archive under a series id of their own, the plain series and the length of a
bar, so that no reader of daily bars ever meets them. No instrument may have a symbol of this form.
"""

from __future__ import annotations

import re

import numpy as np

_FORM = re.compile(r"(?P<series>.+)@(?P<count>[1-9]\d*)(?P<unit>h|m|s|ms|us)", re.DOTALL)
_UNITS = {  # longest first: a length is named in the first unit that divides it
    "h": np.timedelta64(1, "h"),
    "m": np.timedelta64(1, "m"),
    "s": np.timedelta64(1, "s"),
    "ms": np.timedelta64(1, "ms"),
    "us": np.timedelta64(1, "us"),
}


def name(series: str, length: np.timedelta64) -> str:
    """The series id of bars of this length, at least a microsecond.

    >>> name("SPY", np.timedelta64(300, "s"))
    'SPY@5m'
    """
    unit, each = next(
        (unit, each) for unit, each in _UNITS.items() if length % each == np.timedelta64(0, "us")
    )
    return f"{series}@{length // each}{unit}"


def length(series: str) -> np.timedelta64 | None:
    """How long one bar of a series lasts, None where its id is not of this form.

    >>> length("SPY@5m"), length("SPY")
    (np.timedelta64(5,'m'), None)
    """
    found = _FORM.fullmatch(series)
    return None if found is None else int(found["count"]) * _UNITS[found["unit"]]


def plain(series: str) -> str:
    """The series without the length of its bars; a daily one is its own.

    >>> plain("BTC-USD@1h"), plain("BTC-USD")
    ('BTC-USD', 'BTC-USD')
    """
    found = _FORM.fullmatch(series)
    return series if found is None else found["series"]

"""Reading a stranger's answer node by node: a value of the expected kind, or why it is none.

``Unfit`` says why one part of an answer cannot be used; whoever reads that part turns it into a
gap and goes on with the rest. A blank (null, an empty text, FRED's full stop) is NaN, never 0.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from workbench.domain.calendars import UTC, iso
from workbench.domain.deliveries import Gap

Node = Mapping[str, object]
BLANKS = frozenset({"", ".", "-", "--", "N/A", "NA", "nan", "null", "None"})
ISO = "%Y-%m-%d"
AHEAD = dt.timedelta(minutes=2)  # clocks differ; what lies further ahead is no observation
_NUMERAL = re.compile(r"[+-]?(\d+(,\d{3})*|\d*)(\.\d*)?([eE][+-]?\d{1,3})?")
_MOST = 1e30  # beyond any price, volume or count of these sources, those in wei included


class Unfit(Exception):
    """One part of an answer that cannot be used.

    Args:
        code: Stable lower-case word, as in ``Gap``.
        reason: One sentence: what was expected, what came.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def gap(self, series: str = "") -> Gap:
        """The same as a gap of a series."""
        return Gap(series=series, code=self.code, reason=self.reason)


def shown(node: object) -> str:
    """What came, short enough for one line.

    >>> shown("x" * 100)[-1]
    '…'
    """
    text = " ".join(repr(node).split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def table(node: object, where: str) -> Node:
    """The node, an object with named fields.

    Raises:
        Unfit: ``wrong_type``.
    """
    if isinstance(node, Mapping):
        return cast(Node, node)
    raise Unfit("wrong_type", f"{where} should be an object, got {shown(node)}.")


def listed(node: object, where: str) -> Sequence[object]:
    """The node, a list.

    Raises:
        Unfit: ``wrong_type``.
    """
    if isinstance(node, list):
        return node
    raise Unfit("wrong_type", f"{where} should be a list, got {shown(node)}.")


def field(node: Node, name: str, where: str) -> object:
    """A field that must be there; null counts as there.

    Raises:
        Unfit: ``no_field``.
    """
    if name in node:
        return node[name]
    raise Unfit("no_field", f"{where} has no field {name!r}; it has {', '.join(list(node)[:8])}.")


def text(node: object, where: str) -> str:
    """The node, a text that is not empty.

    Raises:
        Unfit: ``wrong_type``, or ``blank`` for null and the empty text.
    """
    if isinstance(node, str) and node.strip():
        return node.strip()
    if node is None or isinstance(node, str):
        raise Unfit("blank", f"{where} is blank.")
    raise Unfit("wrong_type", f"{where} should be a text, got {shown(node)}.")


def number(node: object, where: str) -> float:
    """The node, a finite number; NaN for null. Neither a truth value nor a text is one.

    Raises:
        Unfit: ``wrong_type``, or ``not_finite``.
    """
    if node is None:
        return math.nan
    if isinstance(node, bool) or not isinstance(node, (int, float)):
        raise Unfit("wrong_type", f"{where} should be a number, got {shown(node)}.")
    # A whole number may be longer than any float: it is compared before it is converted.
    if (isinstance(node, float) and not math.isfinite(node)) or abs(node) > _MOST:
        raise Unfit("not_finite", f"{where} should be finite, got {shown(node)}.")
    return float(node)


def numeral(node: object, where: str) -> float:
    """The number that a text writes, with or without thousands' commas; NaN for a blank.

    Raises:
        Unfit: ``wrong_type`` when it is no text, or a text that is no number.
    """
    if node is None or (isinstance(node, str) and node.strip() in BLANKS):
        return math.nan
    if not isinstance(node, str):
        raise Unfit("wrong_type", f"{where} should be a number as text, got {shown(node)}.")
    said = node.strip()
    if not _NUMERAL.fullmatch(said) or not any(c.isdigit() for c in said) or not said.isascii():
        raise Unfit("wrong_type", f"{where} should be a number, got {shown(node)}.")
    value = float(said.replace(",", ""))
    if not math.isfinite(value) or abs(value) > _MOST:
        raise Unfit("not_finite", f"{where} should be finite, got {shown(node)}.")
    return value


def number_or_numeral(node: object, where: str) -> float:
    """A number, whether or not the source writes it in quotation marks; NaN for a blank.

    A comma in it is refused: of a venue nobody can tell whether it parts thousands.

    >>> number_or_numeral("26.5", "bid"), number_or_numeral(None, "bid")
    (26.5, nan)

    Raises:
        Unfit: As ``number`` and ``numeral``.
    """
    plain = not isinstance(node, str) or "," in node
    return number(node, where) if plain else numeral(node, where)


def seconds(node: object, where: str) -> dt.datetime:
    """The moment, aware UTC, of whole seconds since 1970, which a source may only give in seconds.

    Raises:
        Unfit: ``wrong_type``, or ``wrong_time`` where only milliseconds would make sense of it.
    """
    if isinstance(node, bool) or not isinstance(node, int):
        raise Unfit("wrong_type", f"{where} should be whole seconds since 1970, got {shown(node)}.")
    if not -2_208_988_800 <= node <= 4_102_444_800:  # 1900 to 2100
        raise Unfit("wrong_time", f"{where} is no time in seconds between 1900 and 2100: {node}.")
    return dt.datetime(1970, 1, 1, tzinfo=UTC) + dt.timedelta(seconds=node)


def day(node: object, where: str, form: str = ISO) -> dt.date:
    """The date that a text writes in this form.

    Raises:
        Unfit: ``blank``, ``wrong_type``, or ``wrong_time`` when it is no such date since 1700.
    """
    said = text(node, where)
    try:
        if form == ISO:  # by far the fastest, and as strict once weeks and other lengths are out
            plain = len(said) == 10 and said[4] == said[7] == "-" and said.isascii()
            found = dt.date.fromisoformat(said if plain else "")
        else:
            found = dt.datetime.strptime(said, form).date()  # noqa: DTZ007  # a date has no zone
    except ValueError as error:
        raise Unfit("wrong_time", f"{where} should be a date {form}, got {shown(said)}.") from error
    if not 1700 <= found.year <= 2100:
        raise Unfit("wrong_time", f"{where} lies outside 1700 to 2100: {found}.")
    return found


def few(names: Iterable[object], most: int = 5) -> str:
    """Some names for a reason: the first ones, and how many there are in all."""
    all_of = [str(name) for name in names]
    rest = f" and {len(all_of) - most} more" if len(all_of) > most else ""
    return ", ".join(all_of[:most]) + rest


def ahead(at: dt.datetime, now: dt.datetime, where: str) -> None:
    """Refuses a moment that lies ahead of the pull.

    Raises:
        Unfit: ``future``.
    """
    if at > now + AHEAD:
        raise Unfit("future", f"{where} is dated {iso(at)}, ahead of the pull at {iso(now)}.")


def sentence(said: str) -> str:
    """A reason with its full stop, and a capital where it begins with a plain word.

    >>> sentence("the list is empty"), sentence("open_interest should be a number.")
    ('The list is empty.', 'open_interest should be a number.')
    """
    first = said.partition(" ")[0]
    begun = said[0].upper() + said[1:] if first.isalpha() and first.islower() else said
    return begun if begun.endswith(".") else f"{begun}."


def gathered(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """One gap for each series and code: the first, and how many more there were of its kind."""
    kinds: dict[tuple[str, str], list[Gap]] = {}
    for gap in gaps:
        kinds.setdefault((gap.series, gap.code), []).append(gap)
    return tuple(
        first if not more else replace(first, reason=f"{first.reason} And {len(more)} more.")
        for first, *more in kinds.values()
    )

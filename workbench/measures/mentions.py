"""What a text says that wants a source: numbers, dates, names, directions, comparisons.

Every figure keeps its place in the text and, for a number, the span of values that its digits can
stand for: ``24.54`` is any value from 24.535 to 24.545. Names of forms (8-K), ``24/7`` and the
digits inside words and addresses are no figures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.domain.instruments import KNOWN, Indicator, Instrument
from workbench.measures.patterns import (
    AFTER,
    BEFORE,
    CLOCK,
    COMPARISON,
    COUNTED,
    DATE,
    DIRECTION,
    MULTIPLE,
    MULTIPLES,
    NO_FIGURE,
    NUMBER,
    ORDINAL,
    ORDINALS,
    PART,
    PARTS,
    RANGE,
    SAME,
    SCALE,
    TENS,
    TIME,
    UNITS,
    WORD,
)  # fmt: skip

Kind = Literal["number", "times", "date", "clock", "name", "direction", "comparison"]
Named = Instrument | Indicator


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing that wants a source.

    Attributes:
        kind: What it is.
        text: As written.
        start: First character in the text.
        end: One past the last.
        unit: Of a number: ``% $ bp points σ part th`` or a noun such as ``hours``; else empty.
        low: Least size that the digits can stand for; NaN for what is no number.
        high: Greatest size.
        sign: −1 or +1 where written or said by a direction, else 0.
        symbol: Series that a name means.
        moved: True where a direction word says that the number is a change.
    """

    kind: Kind
    text: str
    start: int
    end: int
    unit: str = ""
    low: float = math.nan
    high: float = math.nan
    sign: int = 0
    symbol: str = ""
    moved: bool = False

    @property
    def step(self) -> float:
        """One unit of its last digit."""
        return self.high - self.low


def normal(text: str) -> str:
    """The text in one spelling of minus signs, quotes and spaces, every character in its place."""
    return text.translate(SAME)


def figures(text: str, table: Iterable[Named] = KNOWN) -> list[Figure]:
    """Everything in a text that wants a source, in order, none overlapping another but names.

    Args:
        text: Prose, markdown allowed.
        table: What may be named; longest names win.

    Returns:
        Figures; the number inside a comparison (*in two years*) belongs to the comparison.
    """
    plain = normal(text)
    taken = bytearray(len(plain))
    for none in NO_FIGURE.finditer(plain):
        taken[none.start() : none.end()] = b"x" * (none.end() - none.start())
    found: list[Figure] = []
    for batch in (
        _names(plain, table), _plain(plain, COMPARISON, "comparison"),
        _plain(plain, DATE, "date"), _plain(plain, CLOCK, "clock"), _ranges(plain),
        _words(plain), _numbers(plain), _directions(plain),
    ):  # fmt: skip
        for one in batch:
            if not any(taken[one.start : one.end]):
                found.append(one)
                taken[one.start : one.end] = b"x" * (one.end - one.start)
    return sorted(found, key=lambda one: one.start)


def names(one: Named) -> tuple[str, ...]:
    """What a series may be called in prose."""
    if isinstance(one, Instrument):
        return (one.symbol, one.short, one.name, *one.aliases)
    return (one.symbol, one.name)


def _names(text: str, table: Iterable[Named]) -> Iterator[Figure]:
    of: dict[str, str] = {}
    for one in table:
        for name in names(one):
            of.setdefault(name, one.symbol)
            of.setdefault(name[:1].upper() + name[1:], one.symbol)
    if not of:
        return
    longest = "|".join(re.escape(name) for name in sorted(of, key=len, reverse=True))
    for found in re.finditer(rf"(?<![\w$.])\$?(?P<name>{longest})(?!\w|-\w|\.\d)", text):
        yield Figure(
            kind="name", text=found[0], start=found.start(), end=found.end(),
            symbol=of[found["name"]],
        )  # fmt: skip


def _plain(text: str, pattern: re.Pattern[str], kind: Kind) -> Iterator[Figure]:
    for found in pattern.finditer(text):
        yield Figure(kind=kind, text=found[0], start=found.start(), end=found.end())


def _directions(text: str) -> Iterator[Figure]:
    for found in DIRECTION.finditer(text):
        yield Figure(
            kind="direction", text=found[0], start=found.start(), end=found.end(),
            sign=1 if found["up"] else -1,
        )  # fmt: skip


def _number(text: str, found: re.Match[str], end: str, lent: Sequence[str]) -> Figure:
    digits, scale = found[f"digits{end}"], (found[f"scale{end}"] or lent[0]).lower()
    size = float(re.sub("[,\u2009]", "", digits)) * SCALE[scale]
    places = len(digits.partition(".")[2])
    half = 0.5 * 10.0**-places * SCALE[scale]
    if found["about"] and not places:
        bare = re.sub("[,\u2009]", "", digits)
        half *= 10.0 ** (len(bare) - len(bare.rstrip("0")) if bare.strip("0") else 0)
    low, high = size - half, size + half
    if found[f"plus{end}"]:  # 27+ is at least that, and short of the next
        low, high = size, size + 2 * half
    unit = unit_of(found[f"unit{end}"] or lent[1])
    start, stop = found.start(f"digits{end}"), found.end(f"digits{end}")
    for part in ("sign", "dollar", "minus"):
        start = min(start, found.start(part + end)) if found[part + end] else start
    for part in ("scale", "plus", "unit"):
        stop = max(stop, found.end(part + end)) if found[part + end] else stop
    written = found[f"sign{end}"] or found[f"minus{end}"] or ""
    sign = {"+": 1, "-": -1}.get(written, 0)
    said = _said(text, start, stop)
    if unit not in {"", "$", "%", "bp", "points", "σ"}:
        said = 0
    return Figure(
        kind="times" if unit == "x" else "number", text=text[start:stop], start=start, end=stop,
        unit=unit or ("$" if found[f"dollar{end}"] else ""), low=low, high=high,
        sign=sign or said, moved=bool(said),
    )  # fmt: skip


def _said(text: str, start: int, end: int) -> int:
    """The sign that a direction word beside a number gives it, 0 for none."""
    before = BEFORE.search(text[max(0, start - 50) : start])
    after = None if before else AFTER.search(text[end : end + 24])
    beside = before or after
    return 0 if beside is None else 1 if beside["up"] else -1


def unit_of(text: str) -> str:
    """A unit in one spelling, empty for none."""
    for unit, pattern in UNITS:
        if text and re.fullmatch(pattern, text, re.IGNORECASE):
            return unit
    if text.lower() in {"straight", "consecutive", "in a row"}:
        return "th"
    if not re.fullmatch(TIME, text, re.IGNORECASE):
        return ""
    time = text.lower().removeprefix("trading ").removesuffix("s")
    return {"h": "hours", "hr": "hours", "min": "minutes"}.get(time, f"{time}s" if time else "")


def _ranges(text: str) -> Iterator[Figure]:
    for found in RANGE.finditer(text):
        if found["unit1"] and not found["unit2"]:
            continue  # "4.3% to 11.08" tells a change and a level
        if found["and"] and not text[: found.start()].endswith("between "):
            continue
        lent = (found["scale2"] or "", found["unit2"] or "")
        first = _number(text, found, "1", lent)
        second = _number(text, found, "2", ("", ""))
        said = first.moved or second.moved
        sign = (first if first.moved else second).sign if said else 0
        for one in (first, second):
            yield Figure(
                kind=one.kind, text=one.text, start=one.start, end=one.end, unit=one.unit,
                low=one.low, high=one.high, sign=one.sign or sign, moved=said,
            )  # fmt: skip


def _numbers(text: str) -> Iterator[Figure]:
    for found in NUMBER.finditer(text):
        yield _number(text, found, "1", ("", ""))


def _words(text: str) -> Iterator[Figure]:
    def said(found: re.Match[str], value: float, unit: str, half: float) -> Figure:
        sign = _said(text, found.start(), found.end()) if unit in {"%", "points", "bp"} else 0
        return Figure(
            kind="times" if unit == "x" else "number", text=found[0].strip(" -"),
            start=found.start(), end=found.start() + len(found[0].rstrip(" -")), unit=unit,
            low=value - half, high=value + half, sign=sign, moved=bool(sign),
        )  # fmt: skip

    for found in WORD.finditer(text):
        words, unit = re.split("[ -]", found["words"].lower()), unit_of(found["noun"])
        value = sum(COUNTED.get(word) or TENS[word] for word in words)
        if words != ["one"] or unit in {"%", "points", "bp"}:  # "one day" counts nothing
            yield said(found, value, unit, 0.1 * value if unit == "x" else 0.5)
    for found in MULTIPLE.finditer(text):
        value = MULTIPLES[found[0][:2].lower()]
        yield said(found, value, "x", 0.1 * value)
    for found in PART.finditer(text):
        part = (found["one"] or found["two"] or found["three"] or "").lower()
        of = {" percent": "%", " point": "points"}.get((found["of"] or "").lower(), "part")
        yield said(found, PARTS.get(part, 0.5), of, 0.05)
    for found in ORDINAL.finditer(text):
        nth = found["nth"].lower()
        yield said(found, ORDINALS.get(nth) or int(nth), "th", 0.5)

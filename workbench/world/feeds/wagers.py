"""What the prediction markets' adapters share: a wager, its quote, and the rows made of them.

Claims of the desk go to ``market:SOURCE``, the field being the sentence and the value the middle of
bid and ask, and to ``spread:SOURCE``, ask less bid. A market that is asked for by its own name,
``kalshi:TICKER``, gives its ``mid`` and ``spread`` whatever it is about.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import ClaimRefused, FeedDark
from workbench.domain.instruments import INSTRUMENTS
from workbench.domain.questions import Question, sentence
from workbench.world.feeds.endpoints import Row, delivered
from workbench.world.feeds.nodes import AHEAD

UNIT = "probability"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wager:
    """One market that pays 1 or nothing.

    Attributes:
        name: How the source calls it; becomes ``SOURCE:name``.
        question: What it trades; None where only its book is known, or it is no yes or no.
        bid: Best bid; NaN where there is none.
        ask: Best ask; NaN where there is none. Equal to the bid where a formula sets one price.
        at: When it stood so.
        priced: Whether a formula sets one price, so that there is no spread.
    """

    name: str
    question: Question | None
    bid: float
    ask: float
    at: dt.datetime
    priced: bool = False


def quoted(
    source: str, wagers: Iterable[Wager], request: Request, gaps: Iterable[Gap] = ()
) -> Delivered:
    """The rows of all wagers that can be quoted, and a gap for each kind of those that cannot.

    Args:
        source: The market's name.
        wagers: What was read.
        request: With series ``market:…`` for claims and ``SOURCE:…`` for markets by name; with no
            series, everything under both.
        gaps: What could not be read at all.
    """
    found = list({one.name: one for one in wagers}.values())
    own = {
        asked_name(source, n): i for i, n in request.series.items() if i.startswith(f"{source}:")
    }
    claiming = [series for series in request.series if series.startswith("market:")]
    market = claiming[0] if claiming else ("" if request.series else f"market:{source}")
    rows: list[Row] = []
    bad: dict[str, list[str]] = {}
    claims = 0
    for one in found:
        named = own.get(one.name, f"{source}:{one.name}" if not request.series else "")
        said, why = _sentence(one, request) if market else ("", "")
        if market and why:
            bad.setdefault("not_a_claim", []).append(f"{one.name}: {why}")
        if not said and not named:
            continue
        claims += bool(said)
        if fault := _fault(one, request):
            bad.setdefault(fault, []).append(one.name)
            continue
        mid, spread = (one.bid + one.ask) / 2, one.ask - one.bid
        if said:
            rows.append(_row(market, said, one, mid))
        if named:
            rows.append(_row(named, "mid", one, mid))
        if one.priced:
            bad.setdefault("no_spread", []).append(one.name)
            continue
        if said:
            rows.append(_row(f"spread:{market.removeprefix('market:')}", said, one, spread))
        if named:
            rows.append(_row(named, "spread", one, spread))
    told = [
        Gap(
            series=market if code == "not_a_claim" else "",
            code=code,
            reason=_SAID[code].format(
                n=len(names), all=len(found), claims=claims, first=names[0][:160]
            ),
        )
        for code, names in sorted(bad.items())
    ]
    missing = [
        Gap(series=series, code="not_found", reason=f"{source} has no open market {name!r}.")
        for name, series in own.items()
        if name not in {one.name for one in found}
    ]
    return delivered(source, rows, gaps=(*gaps, *told, *missing))


_SAID = {
    "not_a_claim": "{all} markets read, {claims} are claims of this desk; of {n} others the first "
    "is {first}",
    "no_quote": "{n} of {all} markets have no bid and ask, the first {first}.",
    "crossed": "{n} of {all} markets have an ask that is not above the bid, the first {first}.",
    "bad_price": "{n} of {all} markets have a price outside 0 to 1, the first {first}.",
    "future": "{n} of {all} markets are dated in the future, the first {first}.",
    "no_spread": "{n} of {all} markets have one price and no spread, the first {first}.",
}


def _sentence(one: Wager, request: Request) -> tuple[str, str]:
    """The sentence of the desk, or why there is none."""
    if one.question is None:
        return "", "it is no question of yes or no"
    try:
        return sentence(one.question, request.now, INSTRUMENTS), ""
    except ClaimRefused as refused:
        return "", refused.reason


def _fault(one: Wager, request: Request) -> str:
    """Why its quote cannot be used, or nothing."""
    if one.at > request.now + AHEAD:
        return "future"
    if math.isnan(one.bid) or math.isnan(one.ask):
        return "no_quote"
    if not 0 <= one.bid <= 1 or not 0 <= one.ask <= 1:
        return "bad_price"
    # A bid of nothing, or an ask of everything, is what an empty side of a book looks like.
    if one.bid == 0 or one.ask == 1:
        return "no_quote"
    return "crossed" if one.ask < one.bid or (one.ask == one.bid and not one.priced) else ""


def _row(series: str, field: str, one: Wager, value: float) -> Row:
    return Row(series=series, field=field, at=one.at, value=round(value, 6), unit=UNIT)


def readable(
    rows: Sequence[object],
    market: Callable[[Mapping[str, object]], Wager | str],
    passed: Callable[[Mapping[str, object]], str],
) -> tuple[list[Wager], list[Gap]]:
    """The markets of a list, and how many of it are none.

    Args:
        rows: As they came.
        market: Reads one, or says what is wrong with it.
        passed: A code of ``PASSED`` for one that is no open market of yes or no, else nothing.

    Raises:
        FeedDark: There are rows, and none can be read.
    """
    wagers: list[Wager] = []
    lost: list[str] = []
    skipped: Counter[str] = Counter()
    for one in rows:
        if not isinstance(one, dict):
            lost.append(f"a market came as {type(one).__name__}")
        elif code := passed(one):
            skipped[code] += 1
        elif isinstance(read := market(one), Wager):
            wagers.append(read)
        else:
            lost.append(read)
    if rows and len(lost) == len(rows):
        raise FeedDark("wrong_type", f"None of {len(rows)} markets can be read: {lost[0]}.")
    told = [(code, n, PASSED[code]) for code, n in sorted(skipped.items())]
    told += [("bad_row", len(lost), f"cannot be read, the first: {lost[0]}")] if lost else []
    gaps = [
        Gap(series="", code=code, reason=f"{n} of {len(rows)} markets {said}.")
        for code, n, said in told
    ]
    if not rows:
        gaps.append(Gap(series="", code="no_data", reason="The list of markets is empty."))
    return wagers, gaps


PASSED = {"closed": "are closed", "not_binary": "are not of yes or no"}


def asked_name(source: str, name: str) -> str:
    """How the source calls a market that params ask for by name."""
    return name.removeprefix(f"{source}:")


def tags(request: Request, source: str, default: str) -> list[str]:
    """Where to look for claims: the words behind ``market:SOURCE``, or the default ones."""
    said = [n for s, n in request.series.items() if s.startswith("market:")]
    if request.series and not said:
        return []
    words = "" if not said or said[0] == f"market:{source}" else said[0]
    return [one for one in re.split(r"[\s,]+", words or default) if re.fullmatch(r"[\w-]+", one)]


def price(value: object) -> float:
    """A price as a number or as text; NaN where there is none, infinity where it is no price.

    >>> price("0.41"), price(0.5), price("half")
    (0.41, 0.5, inf)
    """
    if value is None or value == "":
        return math.nan
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}(?:\.\d{1,40})?", value):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return math.inf


def when(value: object) -> dt.datetime | None:
    """A moment from ISO text with its zone; None for anything else."""
    if not isinstance(value, str) or not value:
        return None
    try:
        found = dt.datetime.fromisoformat(value)
        return found.astimezone(dt.UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def millis(value: object) -> dt.datetime | None:
    """A moment from milliseconds of the epoch; None where they are seconds or microseconds."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"\d{13}", text):
        return None
    return dt.datetime.fromtimestamp(int(text) / 1000, dt.UTC)


def text(one: Mapping[str, object], name: str) -> str:
    """A field that is text; empty where it is missing or something else."""
    value = one.get(name)
    return value if isinstance(value, str) else ""

"""Form 4, an insider's own trades: issuer, owner, role, and every transaction.

The path in EDGAR's lists, ``xslF345X05/form4.xml``, is the page for people; the XML itself lies
beside it, without that folder.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from workbench.domain.errors import FeedDark
from workbench.domain.hygiene import clean
from workbench.world.http.decoding import as_xml

# Codes of the form's general instructions, in the words of a headline.
CODES: Mapping[str, str] = {
    "P": "buys", "S": "sells", "A": "is granted", "D": "returns to the issuer",
    "F": "gives up for tax",
    "M": "exercises", "X": "exercises", "C": "converts", "G": "gives", "I": "trades by a plan",
    "J": "acquires or disposes of", "K": "swaps", "L": "buys", "U": "tenders", "V": "reports",
    "W": "inherits or bequeaths", "Z": "places in trust", "E": "lets expire", "H": "lets expire",
    "O": "exercises",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One line of the form.

    Attributes:
        day: When; None where it is not stated.
        code: Its kind, a key of ``CODES``.
        acquired: True for acquired, False for disposed of.
        shares: How many; NaN where it is not stated.
        price: USD a share; NaN where it is not stated, as for most grants.
        security: Such as Common Stock.
        derivative: Whether it is an option or the like.
    """

    day: dt.date | None
    code: str
    acquired: bool
    shares: float
    price: float
    security: str
    derivative: bool

    @property
    def value(self) -> float:
        """USD; NaN where shares or price are not stated."""
        return self.shares * self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """One form.

    Attributes:
        issuer: Name of the company.
        ticker: As the form states it, in capitals; may be empty.
        cik: The issuer's ten digits.
        owner: First reporting owner; several are named with ``and n more``.
        role: Such as ``director, Chief Executive Officer``; empty where none is stated.
        trades: In the form's order.
        lost: Lines that could not be read.
    """

    issuer: str
    ticker: str
    cik: str
    owner: str
    role: str
    trades: tuple[Trade, ...]
    lost: int


def raw_path(document: str) -> str:
    """Where the XML lies whose styled page a list names.

    >>> raw_path("xslF345X05/wk-form4_1772663608.xml")
    'wk-form4_1772663608.xml'
    """
    return re.sub(r"^xsl[\w-]*/", "", document)


def ownership(body: bytes) -> Ownership:
    """Reads the form.

    Raises:
        FeedDark: It is no ownership document, or names no issuer.
    """
    root = as_xml(body)
    if root.tag != "ownershipDocument":
        raise FeedDark(
            "wrong_type", f"The form opens with {root.tag[:40]!r}, not 'ownershipDocument'."
        )
    digits = _text(root, "issuer/issuerCik")
    issuer = clean(_text(root, "issuer/issuerName")).text
    if not issuer or not re.fullmatch(r"\d{1,10}", digits):
        raise FeedDark("no_field", "The form names no issuer.")
    owners = root.findall("reportingOwner")
    names = [clean(_text(one, "reportingOwnerId/rptOwnerName")).text for one in owners]
    names = [name for name in names if name]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    lines = [
        (line, derivative)
        for table, kind, derivative in (
            ("nonDerivativeTable", "nonDerivativeTransaction", False),
            ("derivativeTable", "derivativeTransaction", True),
        )
        for line in root.findall(f"{table}/{kind}")
    ]
    trades = [_trade(line, derivative=derivative) for line, derivative in lines]
    return Ownership(
        issuer=issuer, ticker=_text(root, "issuer/issuerTradingSymbol").upper()[:12],
        cik=digits.zfill(10), owner=names[0] + more if names else "",
        role=_role(owners[0]) if owners else "",
        trades=tuple(one for one in trades if one), lost=sum(one is None for one in trades),
    )  # fmt: skip


def _trade(line: Element, *, derivative: bool) -> Trade | None:
    code = _text(line, "transactionCoding/transactionCode")
    way = _text(line, "transactionAmounts/transactionAcquiredDisposedCode/value")
    shares = _number(_text(line, "transactionAmounts/transactionShares/value"))
    price = _number(_text(line, "transactionAmounts/transactionPricePerShare/value"))
    if code not in CODES or way not in {"A", "D"} or shares is None or price is None:
        return None
    try:
        day = dt.date.fromisoformat(_text(line, "transactionDate/value")[:10])
    except ValueError:
        day = None
    return Trade(
        day=day, code=code, acquired=way == "A", shares=shares, price=price,
        security=clean(_text(line, "securityTitle/value"), 80).text, derivative=derivative,
    )  # fmt: skip


def _number(text: str) -> float | None:
    """A number, NaN where nothing is stated, None where it is none."""
    if not text:
        return math.nan
    if not re.fullmatch(r"\d{1,15}(?:\.\d{1,10})?|\.\d{1,10}", text):
        return None
    return float(text)


def _role(owner: Element) -> str:
    under = "reportingOwnerRelationship/"
    said = {
        "director": _text(owner, f"{under}isDirector"),
        "10% owner": _text(owner, f"{under}isTenPercentOwner"),
    }
    roles = [name for name, flag in said.items() if flag in {"1", "true"}]
    if _text(owner, f"{under}isOfficer") in {"1", "true"}:
        roles.append(clean(_text(owner, f"{under}officerTitle"), 80).text or "officer")
    if _text(owner, f"{under}isOther") in {"1", "true"}:
        roles.append(clean(_text(owner, f"{under}otherText"), 80).text or "other")
    return ", ".join(roles)


def _text(node: Element, path: str) -> str:
    return (node.findtext(path) or "").strip()


def headline(form: Ownership) -> str:
    """What the form says, in one line: its largest kind of trade, with sums where stated."""
    who = form.owner or "an insider"
    who += f" ({form.role})" if form.role else ""
    kinds: dict[tuple[str, bool, bool], list[Trade]] = {}
    for trade in form.trades:
        kinds.setdefault((trade.code, trade.acquired, trade.derivative), []).append(trade)
    if not kinds:
        return f"{form.issuer}: {who} reports no transaction"
    # A trade in the shares themselves before one in options, then the larger by shares.
    most = max(kinds.values(), key=lambda some: (not some[0].derivative, _weight(some)))
    first = most[0]
    verb = "exercises into" if first.code == "M" and not first.derivative else CODES[first.code]
    what = f"{_sum(most, 'shares'):,.0f} " if math.isfinite(_sum(most, "shares")) else ""
    worth = _sum(most, "value")
    paid = f" for {worth:,.0f} USD" if math.isfinite(worth) and worth > 0 else ""
    rest = len(form.trades) - len(most)
    also = f", and {rest} more transaction{'s' * (rest > 1)}" if rest else ""
    kind = "derivatives" if first.derivative else "shares"
    return f"{form.issuer}: {who} {verb} {what}{kind}{paid}{also}"


def summary(form: Ownership) -> dict[str, object]:
    """The form as JSON: unstated figures are null."""
    return {
        "issuer": form.issuer, "ticker": form.ticker, "owner": form.owner, "role": form.role,
        "transactions": [
            {
                "day": one.day.isoformat() if one.day else None, "code": one.code,
                "acquired": one.acquired, "shares": _stated(one.shares),
                "price": _stated(one.price), "value": _stated(one.value), "security": one.security,
                "derivative": one.derivative,
            }
            for one in form.trades[:50]
        ],
        "not_listed": max(0, len(form.trades) - 50),
    }  # fmt: skip


def _weight(trades: Sequence[Trade]) -> float:
    total = _sum(trades, "shares")
    return total if math.isfinite(total) else 0.0


def _sum(trades: Sequence[Trade], what: str) -> float:
    return math.fsum(getattr(one, what) for one in trades)


def _stated(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None

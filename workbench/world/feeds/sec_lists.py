"""Lists of filings: a company's submissions, the tickers, and what was filed just now."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.domain.deliveries import Gap
from workbench.domain.errors import FeedDark
from workbench.world.feeds.sec_clock import Clock, accepted
from workbench.world.http.decoding import as_json, as_xml

_ATOM = "{http://www.w3.org/2005/Atom}"
_NEEDED = ("accessionNumber", "form", "filingDate", "acceptanceDateTime")
_OPTIONAL = ("reportDate", "items", "primaryDocument")
_ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """One line of a list.

    Attributes:
        accession: EDGAR's number, ``0001628280-26-003837``.
        form: Such as ``8-K`` or ``4/A``.
        company: Whose list it stands in, as EDGAR writes it; empty in a further page.
        cik: Ten digits.
        accepted: When EDGAR took it; the later moment where the clock is unclear.
        clock: Whose clock the list showed.
        items: Numbers of the items of an 8-K.
        report_date: Day reported on, ISO; may be empty.
        document: Path of its main document within the filing; may be empty.
    """

    accession: str
    form: str
    company: str
    cik: str
    accepted: dt.datetime
    clock: Clock
    items: tuple[str, ...] = ()
    report_date: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filings:
    """What one list gave.

    Attributes:
        filings: In the list's order, newest first.
        tickers: The company's present ones; empty in a further page.
        older: Names of further pages, each with the last day that it holds.
        gaps: What was not understood; ``series`` is left empty.
    """

    filings: tuple[Filing, ...]
    tickers: tuple[str, ...] = ()
    older: tuple[tuple[str, dt.date], ...] = ()
    gaps: tuple[Gap, ...] = ()


def cik10(text: str) -> str:
    """A company's number in ten digits, as EDGAR's addresses want it; empty where it is none.

    >>> cik10("1318605"), cik10("CIK0001318605"), cik10("TSLA")
    ('0001318605', '0001318605', '')
    """
    found = re.fullmatch(r"(?:CIK)?0*(\d{1,10})", text.strip(), re.IGNORECASE)
    return found[1].zfill(10) if found else ""


def tickers(body: bytes) -> dict[str, str]:
    """Present tickers to ten-digit numbers, from ``company_tickers.json``.

    Raises:
        FeedDark: No entry of it can be read.
    """
    whole = as_json(body)
    if not isinstance(whole, dict):
        raise FeedDark("wrong_type", f"The tickers came as {_kind(whole)}, not as an object.")
    found: dict[str, str] = {}
    for one in whole.values():
        if isinstance(one, dict) and isinstance(one.get("ticker"), str):
            number = cik10(str(one.get("cik_str", "")))
            if number and not isinstance(one.get("cik_str"), bool):
                found.setdefault(one["ticker"].upper(), number)
    if not found:
        raise FeedDark("no_field", "No entry of the tickers has both 'ticker' and 'cik_str'.")
    return found


def submissions(body: bytes, cik: str = "") -> Filings:
    """A company's list, or a further page of one.

    Args:
        body: ``CIK##########.json``, or ``CIK##########-submissions-001.json``.
        cik: The company whose further page it is.

    Raises:
        FeedDark: It is no list of filings, or its columns do not fit together.
    """
    whole = as_json(body)
    if not isinstance(whole, dict):
        raise FeedDark("wrong_type", f"The submissions came as {_kind(whole)}, not as an object.")
    if "accessionNumber" in whole:
        filings, gaps = _rows(whole, "", cik)
        return Filings(filings=filings, gaps=gaps)
    parts = whole.get("filings")
    recent = parts.get("recent") if isinstance(parts, dict) else None
    if not isinstance(parts, dict) or not isinstance(recent, dict):
        raise FeedDark("no_field", "The submissions have no 'filings.recent'.")
    number = cik10(str(whole.get("cik", "")))
    if not number or (cik and number != cik):
        raise FeedDark("other_company", f"The submissions are of {number or 'nobody'}, not {cik}.")
    name = whole.get("name")
    filings, gaps = _rows(recent, name if isinstance(name, str) else "", number)
    older, lost = _pages(parts.get("files"))
    named = whole.get("tickers")
    present = (
        tuple(one.upper() for one in named or () if isinstance(one, str))
        if isinstance(named, list)
        else ()
    )
    return Filings(filings=filings, tickers=present, older=older, gaps=(*gaps, *lost))


def _pages(files: object) -> tuple[tuple[tuple[str, dt.date], ...], tuple[Gap, ...]]:
    if not isinstance(files, list):
        return (), (_gap("no_field", "The list of older pages, 'filings.files', is missing."),)
    found = []
    for one in files:
        name = one.get("name") if isinstance(one, dict) else None
        last = _date(one.get("filingTo")) if isinstance(one, dict) else None
        if (
            isinstance(name, str)
            and re.fullmatch(r"CIK\d{10}-submissions-\d{3}\.json", name)
            and last
        ):
            found.append((name, last))
    lost = len(files) - len(found)
    gaps = (
        (_gap("bad_page", f"{lost} of {len(files)} older pages cannot be named."),) if lost else ()
    )
    return tuple(found), gaps


def _rows(
    columns: Mapping[str, object], company: str, cik: str
) -> tuple[tuple[Filing, ...], tuple[Gap, ...]]:
    known: dict[str, Sequence[object]] = {}
    for name in _NEEDED:
        column = columns.get(name)
        if not isinstance(column, list):
            raise FeedDark("no_field", f"The list's column {name!r} is missing or no list.")
        known[name] = column
    length = len(known["accessionNumber"])
    if uneven := [name for name in _NEEDED if len(known[name]) != length]:
        raise FeedDark(
            "unequal_columns",
            f"{length} accession numbers stand beside {len(known[uneven[0]])} of {uneven[0]!r}: "
            "nobody can say which belong together.",
        )
    gaps = []
    for name in _OPTIONAL:
        column = columns.get(name)
        if isinstance(column, list) and len(column) == length:
            known[name] = column
        else:
            known[name] = [""] * length
            gaps.append(
                _gap("no_field", f"The list's column {name!r} is missing or of another length.")
            )
    if not length:
        gaps.append(
            _gap("no_data", "The list is empty, which does not say that nothing was filed.")
        )
    filings, bad = [], []
    for at in range(length):
        cells = {name: column[at] for name, column in known.items()}
        one = _filing(cells, company, cik)
        if one is None:
            bad.append(str(cells["accessionNumber"])[:30])
        else:
            filings.append(one)
    if length and not filings:
        raise FeedDark("wrong_type", f"None of the list's {length} lines can be read.")
    if bad:
        gaps.append(
            _gap("bad_row", f"{len(bad)} of {length} lines cannot be read, the first {bad[0]!r}.")
        )
    return tuple(filings), tuple(gaps)


def _filing(cells: Mapping[str, object], company: str, cik: str) -> Filing | None:
    texts = {name: one for name, one in cells.items() if isinstance(one, str)}
    accession, form = texts.get("accessionNumber", ""), texts.get("form", "")
    day = _date(texts.get("filingDate"))
    taken = accepted(texts.get("acceptanceDateTime", ""), form, day)
    if not _ACCESSION.fullmatch(accession) or not form or taken is None:
        return None
    numbers = [one.strip() for one in texts.get("items", "").split(",")]
    told = _date(texts.get("reportDate"))
    return Filing(
        accession=accession, form=form[:20], company=company, cik=cik, accepted=taken[0],
        clock=taken[1], items=tuple(one for one in numbers if re.fullmatch(r"\d\.\d{2}", one)),
        report_date=told.isoformat() if told else "",
        document=_path(texts.get("primaryDocument", "")),
    )  # fmt: skip


def current(body: bytes) -> tuple[tuple[Filing, ...], tuple[Gap, ...]]:
    """What was filed last by anyone, from the Atom list; one row for each company of a filing.

    Raises:
        FeedDark: It is no such list.
    """
    root = as_xml(body)
    if root.tag != f"{_ATOM}feed":
        raise FeedDark(
            "wrong_type", f"The current filings open with {root.tag[:40]!r}, not 'feed'."
        )
    filings, lost = {}, 0
    entries = root.findall(f"{_ATOM}entry")
    for entry in entries:
        title, when = entry.findtext(f"{_ATOM}title") or "", entry.findtext(f"{_ATOM}updated") or ""
        named = re.fullmatch(r"\s*(\S.*?) - (.+) \((\d{10})\) \([^()]*\)\s*", title)
        number = _ACCESSION.search(entry.findtext(f"{_ATOM}id") or "")
        at = _moment(when)
        if not named or not number or at is None:
            lost += 1
            continue
        items = re.findall(r"\bItem (\d\.\d{2})\b", entry.findtext(f"{_ATOM}summary") or "")
        filings[number[0], named[3]] = Filing(
            accession=number[0], form=named[1], company=named[2], cik=named[3],
            accepted=at, clock="UTC", items=tuple(items),
        )  # fmt: skip
    gaps = [_gap("bad_row", f"{lost} of {len(entries)} entries cannot be read.")] if lost else []
    if not entries:
        gaps.append(_gap("no_data", "The list of current filings is empty."))
    if entries and not filings:
        raise FeedDark("wrong_type", f"None of the {len(entries)} current filings can be read.")
    return tuple(filings.values()), tuple(gaps)


def _path(text: str) -> str:
    """A path within a filing, or nothing: it becomes part of an address."""
    good = re.fullmatch(r"(?:[\w-]+/)?[\w][\w.-]*", text, re.ASCII)
    return text if good and ".." not in text else ""


def _moment(text: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(text)
        return at.astimezone(dt.UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _date(value: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def _gap(code: str, reason: str) -> Gap:
    return Gap(series="", code=code, reason=reason)


def _kind(value: object) -> str:
    return type(value).__name__

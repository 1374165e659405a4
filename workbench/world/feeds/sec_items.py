"""What the answers of the SEC become: one item a filing, with what was read of it.

With an empty ``request.series`` a company is called by its first ticker, or by its number.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping

from workbench.domain.calendars import NEW_YORK
from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.domain.hygiene import clean
from workbench.world.feeds import form4, sec_filings, sec_lists
from workbench.world.feeds.endpoints import Item, delivered
from workbench.world.feeds.sec_lists import Filing, cik10
from workbench.world.http.decoding import as_json

SOURCE = "sec"
PLACE = "https://www.sec.gov"
FORMS = "8-K,4"


def understood(
    body: bytes, one: Filing, request: Request, series: str
) -> tuple[str, dict[str, object], list[Gap]]:
    """Title, detail and gaps that a main document gives."""
    if is_ownership(one.form):
        form = form4.ownership(body)
        reason = f"{one.accession}: {form.lost} transactions of the form cannot be read."
        gaps = [gap("bad_row", reason, series)] if form.lost else []
        return form4.headline(form), {"form4": form4.summary(form)}, gaps
    if not one.form.startswith("8-K"):
        return "", {}, []
    found = sec_filings.split(body, one.items, number(request, "kept", sec_filings.KEPT))
    missing = [number for number in one.items if number not in found.texts]
    gaps = []
    if missing:
        gaps.append(
            gap("no_item", f"{one.accession}: no text for item {', '.join(missing)}.", series)
        )
    return "", {"texts": dict(found.texts), "cut": list(found.cut)}, gaps


def item(
    series: str,
    one: Filing,
    request: Request,
    title: str = "",
    detail: Mapping[str, object] | None = None,
) -> Item:
    """One filing as an item; ``title`` and ``detail`` are what was read of its document."""
    number = int(one.cik or 0)
    folder = one.accession.replace("-", "")
    # Where the clock is unclear the later reading may lie ahead of us; that we see it is a bound.
    known = min(one.accepted, request.now)
    return Item(
        series=series, key=one.accession, kind="filing", at=known, known_at=known,
        title=f"{one.form}: {title or headline(one)}",
        link=f"{PLACE}/Archives/edgar/data/{number}/{folder}/{one.accession}-index.htm",
        detail={
            "form": one.form, "items": list(one.items), "report_date": one.report_date,
            "clock": one.clock, **(detail or {}),
        },
        basis="stated",
    )  # fmt: skip


def headline(one: Filing) -> str:
    """What a line of a list says, in one line."""
    company = clean(one.company).text or f"company {one.cik}"
    if not one.items:
        return f"{company} files"
    told = [sec_filings.NAMES[n] for n in one.items if n != "9.01" and n in sec_filings.NAMES]
    what = "; ".join(told) or "files statements or exhibits"
    return f"{company} {what} (item{'s' * (len(one.items) > 1)} {', '.join(one.items)})"


def chosen(filings: list[Filing], request: Request) -> list[Filing]:
    """Of the wanted forms and moments, newest first, each once."""
    forms = request.options.get("forms", FORMS if request.series else "")
    wanted = {one.strip().upper() for one in forms.split(",") if one.strip()}
    # By the earliest reading: a filing that either clock dates after the present is none yet.
    own = {
        one.accession: one
        for one in filings
        if (not wanted or one.form.upper().removesuffix("/A") in wanted)
        and request.since <= one.accepted
        and _early(one) <= request.now
    }
    return sorted(own.values(), key=lambda one: (one.accepted, one.accession), reverse=True)


def _early(one: Filing) -> dt.datetime:
    """When it was accepted at the earliest: an unclear clock's figures as UTC."""
    if one.clock != "unclear":
        return one.accepted
    return one.accepted.astimezone(NEW_YORK).replace(tzinfo=dt.UTC)


def is_ownership(form: str) -> bool:
    """Whether it is a form of an insider."""
    return form.removesuffix("/A") in {"3", "4", "5"}


def asked(series: str, name: str) -> str:
    """A ticker in capitals, or a number, that params name."""
    return (series if name == series else name).removeprefix("sec:").strip().upper()


def number(request: Request, name: str, default: int) -> int:
    """An option that is a whole number."""
    text = request.options.get(name, "")
    return int(text) if re.fullmatch(r"\d{1,6}", text) else default


def _series(request: Request, cik: str, present: tuple[str, ...] = ()) -> str:
    for series, name in request.series.items():
        wanted = asked(series, name)
        if wanted in present or (cik and cik10(wanted) == cik):
            return series
    if request.series:
        raise FeedDark(
            "other_company", f"The answer is of company {cik or 'unknown'}, which nobody asked."
        )
    return f"sec:{present[0] if present else cik}"


def listed(body: bytes, request: Request, address: str) -> Delivered:
    """``submissions``."""
    found = re.search(r"CIK(\d{10})", address)
    whole = sec_lists.submissions(body, found[1] if found else "")
    cik = found[1] if found else (whole.filings[0].cik if whole.filings else "")
    series = _series(request, cik, whole.tickers)
    items = [item(series, one, request) for one in chosen(list(whole.filings), request)]
    gaps = [dataclasses.replace(one, series=series) for one in whole.gaps]
    return delivered(SOURCE, items=items, gaps=gaps)


def named(body: bytes, request: Request, _address: str) -> Delivered:
    """``company_tickers``: says which of the asked tickers nobody has."""
    known = sec_lists.tickers(body)
    names = {series: asked(series, name) for series, name in request.series.items()}
    lost = [series for series, name in names.items() if not cik10(name) and name not in known]
    return delivered(
        SOURCE,
        gaps=[
            Gap(series=one, code="not_found", reason=f"No company trades as {names[one]}.")
            for one in lost
        ],
    )


def current(body: bytes, request: Request, _address: str) -> Delivered:
    """The Atom list of current filings."""
    filings, gaps = sec_lists.current(body)
    items = []
    for one in filings:
        own = [s for s, n in request.series.items() if cik10(asked(s, n)) == one.cik]
        if own or not request.series:
            items.append(item(own[0] if own else f"sec:{one.cik}", one, request))
    return delivered(SOURCE, items=items, gaps=gaps)


def _covered(cover: sec_filings.Cover, address: str) -> Filing:
    found = re.search(r"/data/(\d+)/", address)
    return Filing(
        accession=cover.accession, form=cover.form, company=cover.company,
        cik=cover.cik or cik10(found[1] if found else ""), accepted=cover.accepted,
        clock="New York", items=cover.items, report_date=cover.report_date,
    )  # fmt: skip


def indexed(body: bytes, request: Request, address: str) -> Delivered:
    """An index page."""
    one = _covered(sec_filings.index(body), address)
    return delivered(SOURCE, items=[item(_series(request, one.cik), one, request)])


def whole(body: bytes, request: Request, address: str) -> Delivered:
    """A full submission text."""
    cover, document = sec_filings.full_text(body)
    one = _covered(cover, address)
    series = _series(request, one.cik)
    inner = re.search(rb"<XML>\s*(.*?)\s*</XML>", document, re.DOTALL)
    try:
        title, detail, gaps = understood(inner[1] if inner else document, one, request, series)
    except FeedDark as dark:
        title, detail, gaps = "", {}, [gap(dark.code, f"{one.accession}: {dark}", series)]
    texts = detail.get("texts")
    if isinstance(texts, dict):
        one = dataclasses.replace(one, items=tuple(texts))
    return delivered(SOURCE, items=[item(series, one, request, title, detail)], gaps=gaps)


def _located(address: str, request: Request) -> Filing:
    """A filing of which only a document's address is known; we saw it now."""
    found = re.search(r"/data/(\d+)/(\d{10})(\d{2})(\d{6})/", address)
    if not found:
        raise FeedDark("no_field", "The address names no filing.")
    return Filing(
        accession=f"{found[2]}-{found[3]}-{found[4]}", form="", company="",
        cik=found[1].zfill(10), accepted=request.now, clock="UTC",
    )  # fmt: skip


def document(body: bytes, request: Request, address: str) -> Delivered:
    """The main document of an 8-K alone: its address says which, we saw it now."""
    one = _located(address, request)
    series = _series(request, one.cik)
    found = sec_filings.split(body, (), number(request, "kept", sec_filings.KEPT))
    named = dict(found.named)
    one = dataclasses.replace(
        one, form=named.get("DocumentType", "8-K")[:20] or "8-K", items=tuple(found.texts),
        company=named.get("EntityRegistrantName", ""),
    )  # fmt: skip
    found_item = item(
        series, one, request, "", {"texts": dict(found.texts), "cut": list(found.cut)}
    )
    return delivered(SOURCE, items=[dataclasses.replace(found_item, basis="seen")])


def owned(body: bytes, request: Request, address: str) -> Delivered:
    """A form's XML alone."""
    form = form4.ownership(body)
    one = dataclasses.replace(
        _located(address, request), form="4", company=form.issuer, cik=form.cik
    )
    present = (form.ticker,) if form.ticker else ()
    series = _series(request, form.cik, present)
    title, detail, gaps = understood(body, one, request, series)
    found_item = item(series, one, request, title, detail)
    return delivered(SOURCE, items=[dataclasses.replace(found_item, basis="seen")], gaps=gaps)


def facts(body: bytes, _request: Request, _address: str) -> Delivered:
    """``companyfacts``: read to be told apart, used by no series."""
    whole = as_json(body)
    if not isinstance(whole, dict) or "facts" not in whole:
        raise FeedDark("no_field", "The company's facts have no 'facts'.")
    lost = gap("not_read", "Figures of a company's reports: no series of the desk is made of them.")
    return delivered(SOURCE, gaps=[lost])


def gap(code: str, reason: str, series: str = "") -> Gap:
    """Something left out."""
    return Gap(series=series, code=code, reason=reason)

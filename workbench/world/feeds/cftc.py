"""CFTC's Commitments of Traders, futures only: how many contracts speculators are long and short.

The report is of a Tuesday's close and comes out on the Friday after it at 15:30 in New York, or
after the weekend when one of those days is a holiday: ``known_at`` is that Friday, or the n-th XNYS
session after it for n holidays. A rule, not a record: after a shutdown reports came weeks late.

Params: ``series`` are ``cftc:ES`` and the like, or a mapping of ids to CFTC's contract market code;
empty asks for ``CODES``. Option ``report``: ``legacy`` (non-commercial traders, the default) or
``tff`` (leveraged funds, of financial futures alone).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace

from workbench.domain.calendars import NEW_YORK, UTC, venue
from workbench.domain.deliveries import Delivered, Gap, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds import nodes
from workbench.world.feeds.endpoints import Endpoint, Row, delivered
from workbench.world.feeds.gathering import several
from workbench.world.feeds.nodes import Node, Unfit
from workbench.world.http.answers import Client
from workbench.world.http.decoding import apart, as_json

SOURCE = "cftc"
BASE = "https://publicreporting.cftc.gov"
CODES: Mapping[str, str] = {  # contract market codes of the e-mini contracts and their like
    "cftc:ES": "13874A", "cftc:NQ": "209742", "cftc:RTY": "239742", "cftc:VX": "1170E1",
    "cftc:ZT": "042601", "cftc:ZN": "043602", "cftc:DX": "098662", "cftc:GC": "088691",
    "cftc:CL": "067651", "cftc:BTC": "133741", "cftc:ETH": "146021",
}  # fmt: skip
_REPORTS = {"legacy": "6dca-aqww", "tff": "gpe5-46if"}
# Whose positions: the first name that a row has. Socrata leaves ``_all`` out of some of them.
_LONG = ("noncomm_positions_long_all", "lev_money_positions_long", "lev_money_positions_long_all")
_SHORT = (
    "noncomm_positions_short_all", "lev_money_positions_short", "lev_money_positions_short_all",
)  # fmt: skip
_FIELDS = {"long": _LONG, "short": _SHORT, "open_interest": ("open_interest_all",)}
_COMBINED = re.compile("combined", re.IGNORECASE)
_MOST = 50_000  # rows: what Socrata gives at once at most
_PUBLISHED = dt.time(15, 30)
_FIRST = dt.date(1986, 1, 1)  # CFTC has none before


def positions(body: bytes, request: Request, url: str) -> Delivered:  # noqa: ARG001  # a Parse
    """Long, short and open interest of each contract and Tuesday.

    Raises:
        FeedDark: The body is no list of rows.
    """
    try:
        found = nodes.listed(as_json(body), "The answer")
    except Unfit as error:
        raise FeedDark(error.code, f"CFTC: {error.reason}") from error
    rows: dict[tuple[str, str, dt.datetime], Row] = {}
    gaps: list[Gap] = []
    for place, node in enumerate(found):
        where = f"row {place}"
        try:
            one = nodes.table(node, where)
            code = nodes.text(
                nodes.field(one, "cftc_contract_market_code", where), f"{where}'s code"
            )
        except Unfit as error:
            gaps.append(error.gap())
            continue
        for series in _ids(code, request):
            try:
                date = _date(one, where)
            except Unfit as error:
                gaps.append(error.gap(series))
                continue
            for row in _row(one, series, date, request, gaps):
                key = row.series, row.field, row.at
                if key in rows and repr(rows[key].value) != repr(row.value):
                    reason = f"{row.field} of {date} stands twice, the later one kept."
                    gaps.append(Gap(series=series, code="duplicate", reason=reason))
                rows[key] = row
    seen = {row.series for row in rows.values()} | {gap.series for gap in gaps}
    gaps += [
        Gap(series=series, code="not_found", reason=f"No row of contract {code} came.")
        for series, code in _wanted(request).items()
        if request.series and series not in seen
    ]
    if not found and not request.series:
        gaps.append(Gap(series="", code="empty", reason="CFTC answers without rows."))
    return delivered(SOURCE, rows.values(), gaps=gaps)


ENDPOINTS = (
    Endpoint(
        name="positions",
        pattern=re.compile(r"^/resource/[a-z0-9]{4}-[a-z0-9]{4}\.json"),
        hosts=("publicreporting.cftc.gov",),
        form="json",
        parse=positions,
    ),
)


async def fetch(client: Client, request: Request) -> Delivered:
    """The reports of all contracts since the oldest moment wanted, and the one before.

    Raises:
        FeedDark: Nothing usable came, or the option is unknown.
    """
    report = request.options.get("report", "legacy")
    if report not in _REPORTS:
        raise FeedDark("bad_option", f"cftc: report {report!r} is neither legacy nor tff.")
    told = replace(request, series=request.series or CODES)
    codes = ",".join(f"'{code}'" for code in sorted(set(_wanted(told).values())))
    if not re.fullmatch(r"[0-9A-Z+',]+", codes):
        raise FeedDark("bad_option", f"cftc: {codes} are no contract market codes.")
    oldest = (request.since - dt.timedelta(days=14)).date()
    asked = {
        "$where": f"cftc_contract_market_code in({codes}) and "
        f"report_date_as_yyyy_mm_dd >= '{oldest}T00:00:00.000'",
        "$order": "report_date_as_yyyy_mm_dd,cftc_contract_market_code",
        "$limit": str(_MOST),
    }

    async def answered() -> Delivered:
        url = f"{request.base or BASE}/resource/{_REPORTS[report]}.json"
        answer = await client.ask(url, form="json", query=asked)
        return await apart(positions, answer.body, told, answer.url)

    return await several({"": answered()})


def _wanted(request: Request) -> Mapping[str, str]:
    """Series to contract market codes; a series without a code of its own has the usual one."""
    return {
        series: CODES.get(series, known.partition(":")[2]) if known in {series, ""} else known
        for series, known in request.series.items()
    }


def _ids(code: str, request: Request) -> list[str]:
    if request.series:
        return [series for series, known in _wanted(request).items() if known == code]
    return [next((series for series, known in CODES.items() if known == code), f"cftc:{code}")]


def _date(one: Node, where: str) -> dt.date:
    """The Tuesday, or the day that stands for it, of a futures-only row."""
    kind = one.get("futonly_or_combined")
    if isinstance(kind, str) and _COMBINED.search(kind):
        raise Unfit("other_unit", f"{where} counts options too, and futures alone are kept.")
    name = "report_date_as_yyyy_mm_dd"
    said = nodes.text(nodes.field(one, name, where), f"{where}.{name}")
    return nodes.day(said.partition("T")[0], f"{where}.{name}")


def _row(one: Node, series: str, date: dt.date, request: Request, gaps: list[Gap]) -> list[Row]:
    at = dt.datetime.combine(date, dt.time(16), NEW_YORK).astimezone(UTC)
    if at > request.now or date < _FIRST:
        code = "future" if at > request.now else "wrong_time"
        gaps.append(Gap(series=series, code=code, reason=f"A report of {date}."))
        return []
    known = published(date)
    rows: list[Row] = []
    for field, names in _FIELDS.items():
        name = next((name for name in names if name in one), names[0])
        try:
            value = _count(nodes.field(one, name, f"{date}"), f"{date}'s {name}")
        except Unfit as error:
            gaps.append(error.gap(series))
            continue
        rows.append(
            Row(
                series=series,
                field=field,
                at=at,
                value=value,
                unit="contracts",
                # What is in our hands is known, whatever the rule says of its day.
                known_at=min(known, request.now),
            )
        )
    return rows


def _count(node: object, where: str) -> float:
    value = nodes.number_or_numeral(node, where)
    if value < 0 or value % 1 > 0:
        raise Unfit("wrong_type", f"{where} should be a count, got {value:g}.")
    return value


def published(date: dt.date) -> dt.datetime:
    """When the report of this Tuesday is taken as known, by the rule above.

    >>> published(dt.date(2026, 3, 24)).isoformat()
    '2026-03-27T19:30:00+00:00'
    """
    calendar = venue("XNYS")
    friday = date + dt.timedelta(days=3)
    week = [date + dt.timedelta(days=n) for n in range(4)]
    # On Veterans Day the government is closed and the exchange is not.
    free = [day for day in week if (day.month, day.day) == (11, 11) or not calendar.is_session(day)]
    holidays = sum(day.weekday() < 5 for day in free)
    later = calendar.between(friday + dt.timedelta(days=1), friday + dt.timedelta(days=14))
    due = later[holidays - 1].date if holidays else friday
    return dt.datetime.combine(due, _PUBLISHED, NEW_YORK).astimezone(UTC)

"""What the made-up world's publishers answer: builders, filings, headlines, reports, wagers."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime
from typing import Any

from tests.bench import made
from tests.bench.made import FUNDS, SHARES, UTC, Numbers
from tests.bench.made_markets import NEW_YORK, Asked, told
from tests.bench.served import Reply

COMPANIES = {one: 1_000_000 + n for n, one in enumerate(one for one in SHARES if one not in FUNDS)}
HTML = {"Content-Type": "text/html"}
XML = {"Content-Type": "application/xml"}


def github(numbers: Numbers, now: dt.datetime, path: str, _query: Asked) -> Reply | None:
    """Counts of any repository, which only grow."""
    if not path.startswith("/repos/"):
        return None
    name = path.removeprefix("/repos/")
    days = (now.date() - numbers.start).days
    first = int(made.rng("stars", name.casefold()).integers(20_000, 90_000))
    return told({"full_name": name, "stargazers_count": first + 37 * days,
                 "forks_count": first // 8 + 3 * days, "open_issues_count": 900})  # fmt: skip


def _filings(numbers: Numbers, symbol: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Filings of a company up to a moment, newest first: an 8-K a quarter, a Form 4 between."""
    found: list[dict[str, Any]] = []
    place = list(COMPANIES).index(symbol)
    for n, day in enumerate(numbers.sessions[5 + place :: 31]):
        form = "8-K" if n % 2 == 0 else "4"
        hour = dt.time(21, 5) if form == "8-K" else dt.time(23, 40)
        at = dt.datetime.combine(day.date, hour, UTC)
        if at > now:
            break
        number = f"{COMPANIES[symbol]:010d}-{day.date:%y}-{n + 1:06d}"
        document = f"made-{day.date:%Y%m%d}.htm" if form == "8-K" else "xslF345X05/form4.xml"
        found.append({
            "accessionNumber": number, "form": form, "filingDate": str(day.date),
            "acceptanceDateTime": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", "reportDate": str(day.date),
            "items": "2.02,9.01" if form == "8-K" else "", "primaryDocument": document,
        })  # fmt: skip
    return found[::-1]


def sec(numbers: Numbers, now: dt.datetime, path: str, _query: Asked) -> Reply | None:
    """Tickers, lists of filings, and their documents."""
    if path == "/files/company_tickers.json":
        return told({
            str(n): {"cik_str": cik, "ticker": one, "title": f"{one} of a made-up world"}
            for n, (one, cik) in enumerate(COMPANIES.items())
        })  # fmt: skip
    by = {cik: one for one, cik in COMPANIES.items()}
    if path.startswith("/submissions/CIK"):
        cik = int(path.removeprefix("/submissions/CIK").removesuffix(".json"))
        rows = _filings(numbers, by[cik], now)
        names = rows[0] if rows else {}
        return told({
            "cik": str(cik), "name": f"{by[cik]} Inc", "tickers": [by[cik]],
            "filings": {"recent": {key: [row[key] for row in rows] for key in names}, "files": []},
        })  # fmt: skip
    parts = path.split("/")
    if path.startswith("/Archives/edgar/data/") and len(parts) == 7:
        symbol = by[int(parts[4])]
        if parts[6].endswith(".xml"):
            return Reply(body=_form4(symbol, parts[5]).encode(), headers=XML)
        return Reply(body=_eight_k(symbol).encode(), headers=HTML)
    return None


def _eight_k(symbol: str) -> str:
    return (
        f"<html><body><p>{symbol} Inc</p>"
        "<p>Item 2.02 Results of Operations and Financial Condition</p>"
        f"<p>{symbol} reports revenue of 21.3 billion dollars for the quarter.</p>"
        "<p>Item 9.01 Financial Statements and Exhibits</p><p>99.1 Press release</p>"
        "<p>SIGNATURES</p></body></html>"
    )


def _form4(symbol: str, seed: str) -> str:
    shares = int(made.rng("form4", seed).integers(500, 9_000))
    return f"""<?xml version="1.0"?><ownershipDocument><documentType>4</documentType>
<issuer><issuerCik>{COMPANIES[symbol]:010d}</issuerCik><issuerName>{symbol} Inc</issuerName>
<issuerTradingSymbol>{symbol}</issuerTradingSymbol></issuer>
<reportingOwner><reportingOwnerId><rptOwnerName>Doe Jane</rptOwnerName></reportingOwnerId>
<reportingOwnerRelationship><isOfficer>1</isOfficer>
<officerTitle>Chief Financial Officer</officerTitle>
</reportingOwnerRelationship></reportingOwner><nonDerivativeTable><nonDerivativeTransaction>
<securityTitle><value>Common Stock</value></securityTitle>
<transactionDate><value>2026-01-05</value></transactionDate>
<transactionCoding><transactionCode>S</transactionCode></transactionCoding><transactionAmounts>
<transactionShares><value>{shares}</value></transactionShares>
<transactionPricePerShare><value>101.25</value></transactionPricePerShare>
<transactionAcquiredDisposedCode><value>D</value></transactionAcquiredDisposedCode>
</transactionAmounts></nonDerivativeTransaction></nonDerivativeTable></ownershipDocument>"""


_NOUNS = ("Chipmaker", "Retailer", "Miner", "Lender", "Carmaker", "Exchange", "Insurer", "Grocer")
_DEEDS = ("raises its outlook", "names a new chief", "cuts costs", "reports a quiet quarter",
          "opens a plant", "settles a dispute", "delays a launch")  # fmt: skip


def news(_numbers: Numbers, now: dt.datetime, path: str, _query: Asked) -> Reply | None:
    """A list in RSS of the last two days: a headline every three hours, some told by all."""
    items = []
    last = now.replace(minute=0, second=0, microsecond=0)
    for n in range(16):
        at = last - dt.timedelta(hours=last.hour % 3 + 3 * n)
        draw = made.rng("news", "" if at.hour % 2 else path, at)
        title = f"{draw.choice(_NOUNS)} {draw.choice(_DEEDS)} on {at:%A} at {at:%H}"
        link = f"https://example.com{path}/{at:%Y%m%d%H}"
        items.append(
            f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{format_datetime(at)}</pubDate></item>"
        )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Made</title>{"".join(items)}'
    return Reply(body=f"{body}</channel></rss>".encode(), headers=XML)


def earnings(_numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """Who reports on a day: nobody on most."""
    if path != "/api/calendar/earnings":
        return None
    day = dt.date.fromisoformat(query["date"])
    if day.toordinal() % 4:
        return told({"data": None, "message": "No record found."})
    name = list(COMPANIES)[day.toordinal() // 4 % len(COMPANIES)]
    row = {"symbol": name, "name": f"{name} Inc", "time": "time-after-hours",
           "epsForecast": "$1.22", "noOfEsts": "11", "fiscalQuarterEnding": "Sep/2026"}  # fmt: skip
    return told({"data": {"asOf": f"{day:%a, %b %d, %Y}", "rows": [row]}})


def _asked(numbers: Numbers, now: dt.datetime) -> list[tuple[str, str, str, dt.datetime, float]]:
    """Name, question, rules, end and price of what wagers are on: the VIX at its next closes."""
    found = []
    level = round(numbers.index("VIX", now)[-1].open)
    for one in [one for one in numbers.sessions if one.close > now][:2]:
        for off in (-1, 2):
            day = f"{one.date:%B} {one.date.day}, {one.date.year}"
            name = f"vix-above-{level + off}-on-{one.date}"
            text = f"Will the VIX close above {level + off} on {day}?"
            rules = f"This market resolves to Yes if the VIX closes above {level + off} on {day}."
            found.append((name, text, rules, one.close, 0.62 if off < 0 else 0.24))
    return found


def polymarket(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """Events under a tag with their markets."""
    if path != "/events":
        return None
    markets = [
        {
            "slug": name, "question": text, "description": rules, "closed": False,
            "outcomes": '["Yes", "No"]', "outcomePrices": f'["{price}", "{round(1 - price, 2)}"]',
            "bestBid": round(price - 0.01, 2), "bestAsk": round(price + 0.01, 2),
            "updatedAt": f"{now - dt.timedelta(minutes=3):%Y-%m-%dT%H:%M:%S}Z",
            "endDate": f"{ends:%Y-%m-%dT%H:%M:%S}Z",
        }
        for name, text, rules, ends, price in _asked(numbers, now)
    ]  # fmt: skip
    return told([{"slug": f"event-{query.get('tag_slug', '')}", "markets": markets}])


def kalshi(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """Open markets of a series."""
    if path != "/trade-api/v2/markets":
        return None
    series = query.get("series_ticker", "KX")
    rows = [
        {
            "ticker": f"{series}-{n}-{ends.astimezone(NEW_YORK):%y%m%d}", "status": "active",
            "title": text, "rules_primary": rules, "rules_secondary": "", "market_type": "binary",
            "yes_bid_dollars": f"{price - 0.01:.4f}", "yes_ask_dollars": f"{price + 0.01:.4f}",
            "close_time": f"{ends:%Y-%m-%dT%H:%M:%S}Z",
        }
        for n, (_name, text, rules, ends, price) in enumerate(_asked(numbers, now))
    ]  # fmt: skip
    return told({"markets": rows, "cursor": ""})

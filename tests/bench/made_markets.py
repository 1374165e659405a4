"""What the made-up world's markets answer: Yahoo, Cboe, FRED, CFTC, and funds' holdings."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from tests.bench import made
from tests.bench.made import COINS, FUNDS, INDICES, MACRO, SHARES, UTC, Numbers
from tests.bench.served import Reply

NEW_YORK = ZoneInfo("America/New_York")
Asked = dict[str, str]
CSV = {"Content-Type": "text/csv"}


def told(value: object, status: int = 200) -> Reply:
    """A value as JSON."""
    return Reply(body=json.dumps(value).encode(), status=status)


def table(rows: list[list[object]]) -> Reply:
    """Lines as CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return Reply(body=text.getvalue().encode(), headers=CSV)


def _single(value: float) -> float:
    return float(np.float32(value))


def yahoo(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """The chart of one symbol, adjusted for the splits that have happened."""
    if not path.startswith("/v8/finance/chart/"):
        return None
    name = path.rpartition("/")[2]
    coin = name.removesuffix("-USD")
    symbol = name.removeprefix("^")
    if symbol not in {*SHARES, *INDICES} and coin not in COINS:
        error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
        return told({"chart": {"result": None, "error": error}}, 404)
    first, last = int(query["period1"]), int(query["period2"])
    if coin in COINS and name.endswith("-USD"):
        bars = numbers.coin(coin, now, 24)
    else:
        bars = numbers.shares(symbol, now) if symbol in SHARES else numbers.index(symbol, now)
    bars = [one for one in bars if first <= one.start.timestamp() < last]
    split = numbers.split(symbol, now)
    events: dict[str, Any] = {}

    def by(at: dt.datetime) -> float:
        return split[1] if split and at < split[0].open else 1.0

    if split and first <= split[0].open.timestamp() < last:
        at = int(split[0].open.timestamp())
        events["splits"] = {str(at): {
            "date": at, "numerator": split[1], "denominator": 1.0, "splitRatio": f"{split[1]:g}:1",
        }}  # fmt: skip
    paid = [one for one in numbers.dividends(symbol, now) if one[0].open.timestamp() >= first]
    if paid:
        events["dividends"] = {
            str(int(day.open.timestamp())): {
                "amount": round(amount / by(day.open), 6), "date": int(day.open.timestamp()),
            }
            for day, amount in paid
        }  # fmt: skip
    quote = {
        field: [_single(getattr(one, field) / by(one.start)) for one in bars]
        for field in ("open", "high", "low", "close")
    }
    price = numbers.price(coin, now) if coin in COINS else 1.0
    volumes: list[int] = [
        0
        if symbol in INDICES
        else round(one.volume * (by(one.start) if coin not in COINS else price))
        for one in bars
    ]
    result = {
        "meta": _meta(numbers, now, name, coin),
        "timestamp": [int(one.start.timestamp()) for one in bars],
        "indicators": {
            "quote": [{**quote, "volume": volumes}],
            "adjclose": [{"adjclose": quote["close"]}],
        },
    } | ({"events": events} if events else {})
    return told({"chart": {"result": [result], "error": None}})


def _meta(numbers: Numbers, now: dt.datetime, name: str, coin: str) -> dict[str, Any]:
    if coin in COINS:
        kind, zone = "CRYPTOCURRENCY", "UTC"
        start = now.replace(hour=0, minute=0, second=0, microsecond=0)
        regular = {"start": int(start.timestamp()), "end": int(start.timestamp()) + 86_399}
        traded = int(now.timestamp())
    else:
        kind = "INDEX" if name.startswith("^") else "ETF" if name in FUNDS else "EQUITY"
        zone = "America/New_York" if kind != "INDEX" else "America/Chicago"
        day = [one for one in numbers.sessions if one.open <= now][-1]
        end = day.close + (dt.timedelta(minutes=15) if kind == "INDEX" else dt.timedelta())
        zone = "America/New_York" if kind != "INDEX" else zone
        regular = {"start": int(day.open.timestamp()), "end": int(end.timestamp())}
        traded = int(min(now, day.close).timestamp())
    return {
        "currency": "USD", "symbol": name, "instrumentType": kind, "exchangeTimezoneName": zone,
        "regularMarketTime": traded, "dataGranularity": "1d", "range": "",
        "currentTradingPeriod": {"regular": regular},
    }  # fmt: skip


def cboe(numbers: Numbers, now: dt.datetime, path: str, _query: Asked) -> Reply | None:
    """Charts of shares as traded, an index's file, and the chain of a fund."""
    name = path.rpartition("/")[2].partition(".json")[0]
    stamp = now.astimezone(UTC)
    if "/charts/historical/" in path and name in SHARES:
        bars = [
            one for one in numbers.shares(name, now) if one.end + dt.timedelta(minutes=15) <= now
        ]
        rows = [
            {
                "date": str(one.start.date()), "open": one.open, "high": one.high, "low": one.low,
                "close": round(one.close * (1 + 5e-5), 2), "volume": int(one.volume),
            }
            for one in bars
        ]  # fmt: skip
        return told({"timestamp": f"{stamp:%H:%M:%S}", "symbol": name, "data": rows})
    if path.endswith("_History.csv"):
        name = path.rpartition("/")[2].removesuffix("_History.csv")
        if name not in INDICES:
            return None
        bars = [
            one for one in numbers.index(name, now) if one.end + dt.timedelta(minutes=30) <= now
        ]
        return table([["DATE", "OPEN", "HIGH", "LOW", "CLOSE"]] + [
            [f"{one.start:%m/%d/%Y}",
             *(f"{v:.6f}" for v in (one.open, one.high, one.low, one.close))]
            for one in bars
        ])  # fmt: skip
    if "/options/" in path and name in SHARES:
        return told(_chain(numbers, now, name))
    return None


def _chain(numbers: Numbers, now: dt.datetime, name: str) -> dict[str, Any]:
    bars = numbers.shares(name, now)
    spot, traded = bars[-1].open, min(now - dt.timedelta(minutes=15), bars[-1].end)
    traded = max(traded, bars[-2].end)
    options = []
    days = [one.date for one in numbers.sessions if one.date > now.date()][:25]
    for expiry in days:
        years = (expiry - now.date()).days / 365
        for strike in range(round(spot * 0.85), round(spot * 1.15), max(1, round(spot / 150))):
            for side in "CP":
                inner = max(spot - strike if side == "C" else strike - spot, 0.0)
                mid = inner + 0.4 * spot * 0.18 * math.sqrt(years) * math.exp(
                    -abs(strike / spot - 1) * 20
                )
                options.append({
                    "option": f"{name}{expiry:%y%m%d}{side}{strike * 1000:08d}",
                    "bid": round(max(mid - 0.05, 0), 2), "ask": round(mid + 0.05, 2),
                    "iv": round(0.18 + 0.4 * abs(strike / spot - 1), 4), "open_interest": 100.0,
                })  # fmt: skip
    return {
        "timestamp": f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}", "symbol": name,
        "data": {
            "symbol": name, "security_type": "etf", "current_price": spot, "options": options,
            "last_trade_time": f"{traded.astimezone(NEW_YORK):%Y-%m-%dT%H:%M:%S}",
        },
    }  # fmt: skip


def fred(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """Series with their vintages for whoever shows a key, the chart's file for anyone."""
    today = now.astimezone(ZoneInfo("America/Chicago")).date()
    name = query.get("series_id", query.get("id", ""))
    if path == "/graph/fredgraph.csv" and name in MACRO:
        now_stands = [
            one for one in made.vintages(name, numbers.start, today) if one.last == made.LATEST
        ]
        return table([["observation_date", name], *([one.date, one.value] for one in now_stands)])
    if not path.startswith("/fred/"):
        return None
    if len(query.get("api_key", "")) != 32:
        message = "Bad Request.  The value for variable api_key is not registered."
        return told({"error_code": 400, "error_message": message}, 400)
    if name not in MACRO:
        message = "Bad Request.  The series does not exist."
        return told({"error_code": 400, "error_message": message}, 400)
    if path == "/fred/series":
        about = MACRO[name]
        return told(
            {"seriess": [{"id": name, "units": about.unit, "frequency_short": about.period}]}
        )
    if path != "/fred/series/observations":
        return None
    begin, end = (dt.date.fromisoformat(query[f"realtime_{one}"]) for one in ("start", "end"))
    oldest = dt.date.fromisoformat(query["observation_start"])
    found = [
        one
        for one in made.vintages(name, numbers.start, today)
        if one.first <= end and one.last >= begin and one.date >= oldest
    ]
    limit, offset = int(query["limit"]), int(query["offset"])
    rows = [
        {"realtime_start": str(max(one.first, begin)), "realtime_end": str(min(one.last, end)),
         "date": str(one.date), "value": f"{one.value:g}"}
        for one in found[offset : offset + limit]
    ]  # fmt: skip
    return told({
        "realtime_start": str(begin), "realtime_end": str(end), "units": "lin", "output_type": 1,
        "count": len(found), "offset": offset, "limit": limit, "observations": rows,
    })  # fmt: skip


def cftc(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """Reports of one contract, a Tuesday each, on the Friday after it."""
    if path != "/resource/6dca-aqww.json":
        return None
    day, rows = numbers.start + dt.timedelta(days=(1 - numbers.start.weekday()) % 7), []
    while dt.datetime.combine(day + dt.timedelta(days=3), dt.time(20, 30), UTC) <= now:
        if str(day) >= query["$where"].rpartition("'")[0].rpartition("'")[2][:10]:
            draw = made.rng("cftc", day)
            rows.append({
                "report_date_as_yyyy_mm_dd": f"{day}T00:00:00.000",
                "futonly_or_combined": "FutOnly",
                "cftc_contract_market_code": "13874A",
                "noncomm_positions_long_all": str(int(draw.integers(200_000, 300_000))),
                "noncomm_positions_short_all": str(int(draw.integers(200_000, 300_000))),
                "open_interest_all": str(int(draw.integers(1_900_000, 2_200_000))),
            })  # fmt: skip
        day += dt.timedelta(days=7)
    return told(rows)


def weights(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """Holdings of three funds as of the last session, adding up to nearly all."""
    day = [one for one in numbers.sessions if one.close + dt.timedelta(hours=12) <= now][-1].date
    names = [one for one in SHARES if one not in FUNDS]
    held = [(one, 12.4 - n * 0.1) for n, one in enumerate(names)]
    if path.startswith("/us/financial-products/etfs/holdings/"):
        fund = query.get("ticker", "")
        rows: list[list[object]] = [["Fund Ticker", "Holding Ticker", "Name", "Weight", "Date"]]
        rows += [[fund, one, one, f"{w:.3f}", f"{day:%m/%d/%Y}"] for one, w in held]
        return table(rows)
    if path.startswith("/us/products/") and path.endswith(".ajax"):
        head: list[list[object]] = [
            ["A made-up fund"], ["Fund Holdings as of", f"{day:%b %d, %Y}"], [""],
            ["Ticker", "Name", "Asset Class", "Weight (%)"],
        ]  # fmt: skip
        return table(head + [[one, one, "Equity", f"{w:.3f}"] for one, w in held])
    return None

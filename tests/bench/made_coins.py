"""What the made-up world's coin venues and chains answer."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from tests.bench import made
from tests.bench.made import COINS, UTC, Bar, Numbers
from tests.bench.made_markets import Asked, told
from tests.bench.served import Reply

_SPELT = {"XBTUSD": "BTC", "ETHUSD": "ETH", "SOLUSD": "SOL"}
_OWN = {"XBTUSD": "XXBTZUSD", "ETHUSD": "XETHZUSD"}  # how Kraken answers
HOUR = dt.timedelta(hours=1)


def _shifted(bar: Bar, by: float) -> Bar:
    return Bar(
        start=bar.start, end=bar.end, volume=bar.volume, open=round(bar.open * by, 2),
        high=round(bar.high * by, 2), low=round(bar.low * by, 2), close=round(bar.close * by, 2),
    )  # fmt: skip


def kraken(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """The last 720 bars and the quote of a pair; a basis point above Yahoo."""
    coin = _SPELT.get(query.get("pair", ""), "")
    if not coin:
        return told({"error": ["EQuery:Unknown asset pair"]})
    name = _OWN.get(query["pair"], query["pair"])
    if path == "/0/public/Ticker":
        price = round(numbers.price(coin, now) * 1.0001, 1)
        one = {"a": [f"{price + 0.1:.1f}", "1", "1.0"], "b": [f"{price - 0.1:.1f}", "1", "1.0"],
               "c": [f"{price:.1f}", "0.01"], "v": ["900.1", "2400.5"]}  # fmt: skip
        return told({"error": [], "result": {name: one}})
    if path != "/0/public/OHLC":
        return None
    hours = int(query["interval"]) // 60
    found = [_shifted(one, 1.0001) for one in numbers.coin(coin, now, hours)[-720:]]
    since = int(query["since"])
    rows: list[list[Any]] = [
        [int(one.start.timestamp()), str(one.open), str(one.high), str(one.low), str(one.close),
         str(one.close), str(one.volume), 100]
        for one in found
        if one.start.timestamp() > since
    ]  # fmt: skip
    last = max((int(one.start.timestamp()) for one in found if one.end <= now), default=since)
    return told({"error": [], "result": {name: rows, "last": last}})


def coinbase(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """Candles of a window, newest first, and the quote; a basis point below Yahoo."""
    parts = path.split("/")
    if len(parts) != 4 or parts[1] != "products":
        return None
    coin = parts[2].removesuffix("-USD")
    if coin not in COINS:
        return told({"message": "NotFound"}, 404)
    if parts[3] == "ticker":
        price = round(numbers.price(coin, now) * 0.9999, 2)
        return told({"ask": f"{price + 0.01:.2f}", "bid": f"{price - 0.01:.2f}",
                     "price": f"{price}", "volume": "8123.5",
                     "time": f"{now:%Y-%m-%dT%H:%M:%S.000Z}"})  # fmt: skip
    start, end = (dt.datetime.fromisoformat(query[name]) for name in ("start", "end"))
    found = numbers.coin(coin, now, int(query["granularity"]) // 3600)
    rows = [
        [int(one.start.timestamp()), one.low, one.high, one.open, one.close, one.volume]
        for one in (_shifted(one, 0.9999) for one in found if start <= one.start <= end)
    ]
    return told(rows[::-1])


def _funding(*what: object) -> float:
    return round(float(made.rng("funding", *what).normal(0.00008, 0.00005)), 8)


def _interest(venue: str, coin: str, now: dt.datetime) -> float:
    return float(
        made.rng("interest", venue, coin, f"{now:%Y%m%d%H}").integers(300, 500) * 1_000_000
    )


def _hours(numbers: Numbers, now: dt.datetime, every: int, count: int) -> list[dt.datetime]:
    last = now.replace(minute=0, second=0, microsecond=0)
    last -= HOUR * (last.hour % every)
    first = dt.datetime.combine(numbers.start, dt.time(), UTC)
    return [at for n in range(count) if (at := last - HOUR * every * n) >= first][::-1]


def kraken_futures(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """Tickers of swaps that count coins, and their hourly rates."""
    if path == "/derivatives/api/v3/tickers":
        rows = []
        for symbol, coin in {"PF_XBTUSD": "BTC", "PF_ETHUSD": "ETH", "PF_SOLUSD": "SOL"}.items():
            price = numbers.price(coin, now)
            rows.append({
                "symbol": symbol, "markPrice": price, "indexPrice": price, "last": price,
                "bid": price - 0.5, "ask": price + 0.5, "volumeQuote": 2.1e8, "suspended": False,
                "openInterest": round(_interest("kraken", coin, now) / price, 4),
                "fundingRate": _funding("kraken", coin, now.date()) / 8 * price,
            })  # fmt: skip
        return told({"result": "success", "serverTime": f"{now:%Y-%m-%dT%H:%M:%S.000Z}",
                     "tickers": rows})  # fmt: skip
    if path == "/derivatives/api/v3/historical-funding-rates":
        rates = [
            {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
             "relativeFundingRate": _funding("kraken", query["symbol"], at) / 8,
             "fundingRate": 1.0}
            for at in _hours(numbers, now, 1, 24 * 30)
        ]  # fmt: skip
        return told({"result": "success", "rates": rates})
    return None


def bybit(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """The ticker of an inverse swap and the rates that it charged every eight hours."""
    symbol, stamp = query.get("symbol", ""), int(now.timestamp() * 1000)
    coin = symbol.removesuffix("USD")
    if coin not in COINS:
        return told({"retCode": 10001, "retMsg": "params error: symbol invalid", "result": {}})
    price = numbers.price(coin, now)
    if path == "/v5/market/tickers":
        rows: list[dict[str, str]] = [{
            "symbol": symbol, "lastPrice": str(price), "markPrice": str(price),
            "bid1Price": str(price - 0.5), "ask1Price": str(price + 0.5),
            "openInterest": str(_interest("bybit", coin, now)), "volume24h": "412000000",
            "turnover24h": "9000", "openInterestValue": "9000", "fundingIntervalHour": "8",
            "fundingRate": str(_funding("bybit", symbol, now.date())), "deliveryTime": "0",
        }]  # fmt: skip
    elif path == "/v5/market/funding/history":
        rows = [
            {"symbol": symbol, "fundingRate": str(_funding("bybit", symbol, at)),
             "fundingRateTimestamp": str(int(at.timestamp() * 1000))}
            for at in _hours(numbers, now, 8, 200)
        ][::-1]  # fmt: skip
    else:
        return None
    return told({"retCode": 0, "retMsg": "OK", "time": stamp,
                 "result": {"category": "inverse", "list": rows}})  # fmt: skip


def deribit(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """The ticker of a swap in dollars, and its funding by the hour."""
    name = query.get("instrument_name", "")
    coin = name.removesuffix("-PERPETUAL")
    if coin not in COINS:
        return told({"jsonrpc": "2.0", "error": {"message": "not found", "code": 13020}}, 400)
    price = numbers.price(coin, now)
    result: Any = None
    if path == "/api/v2/public/ticker":
        result = {
            "instrument_name": name, "timestamp": int(now.timestamp() * 1000), "mark_price": price,
            "last_price": price, "best_bid_price": price - 0.5, "best_ask_price": price + 0.5,
            "open_interest": _interest("deribit", coin, now), "stats": {"volume_usd": 3.1e8},
            "funding_8h": _funding("deribit", coin, now.date()),
        }  # fmt: skip
    elif path == "/api/v2/public/get_funding_rate_history":
        start = int(query["start_timestamp"])
        result = [
            {"timestamp": int(at.timestamp() * 1000), "interest_8h": _funding("deribit", coin, at)}
            for at in _hours(numbers, now, 1, 24 * 30)
            if at.timestamp() * 1000 >= start
        ]
    return None if result is None else told({"jsonrpc": "2.0", "result": result})


def mempool(_numbers: Numbers, now: dt.datetime, path: str, _query: Asked) -> Reply | None:
    """What waits, and what it pays."""
    draw = made.rng("mempool", f"{now:%Y%m%d%H%M}")
    fee = int(draw.integers(2, 40))
    if path == "/api/mempool":
        return told({"count": int(draw.integers(8_000, 90_000)), "vsize": 41_000_000,
                     "total_fee": 91_000_000, "fee_histogram": [[fee, 50_000]]})  # fmt: skip
    if path == "/api/v1/fees/recommended":
        return told({"fastestFee": fee, "halfHourFee": fee, "hourFee": max(fee - 1, 1),
                     "economyFee": 1, "minimumFee": 1})  # fmt: skip
    if path == "/api/v1/fees/mempool-blocks":
        return told([{"medianFee": fee - 0.5, "nTx": 3100}])
    return None


def ethereum(_numbers: Numbers, now: dt.datetime, asked: bytes) -> Reply | None:
    """A node's answers to the three questions."""
    question = json.loads(asked)
    draw = made.rng("gas", f"{now:%Y%m%d%H%M}")
    results: dict[str, Any] = {
        "eth_chainId": "0x1",
        "eth_feeHistory": {
            "oldestBlock": "0x1406f40", "baseFeePerGas": [hex(int(draw.integers(5e8, 9e9)))] * 5,
            "reward": [["0x5f5e100"]] * 4, "gasUsedRatio": [0.5] * 4,
        },
        "eth_getBlockByNumber": {
            "number": "0x1406f44", "timestamp": hex(int(now.timestamp()) - 780),
            "transactions": [f"0x{n:064x}" for n in range(171)], "gasUsed": "0xe4e1c0",
        },
    }  # fmt: skip
    if question["method"] not in results:
        return None
    return told({"jsonrpc": "2.0", "id": question["id"], "result": results[question["method"]]})


def blockchair(numbers: Numbers, now: dt.datetime, path: str, _query: Asked) -> Reply | None:
    """Statistics of 24 hours of two chains."""
    chain = path.split("/")[1]
    coin = {"ethereum": "ETH", "bitcoin": "BTC"}.get(chain)
    if coin is None or not path.endswith("/stats"):
        return None
    draw = made.rng("chain", chain, now.date())
    moved = int(draw.integers(2_000_000, 4_000_000))
    volume = {"ETH": ("volume_24h_approximate", str(moved * 10**18)),
              "BTC": ("volume_24h", moved * 10**6)}[coin]  # fmt: skip
    data = {
        "transactions_24h": int(draw.integers(1_100_000, 1_900_000)) // (1 if coin == "ETH" else 4),
        "best_block_time": f"{now - dt.timedelta(minutes=2):%Y-%m-%d %H:%M:%S}",
        "market_price_usd": numbers.price(coin, now), volume[0]: volume[1],
        "mempool_median_gas_price": 2_000_000_000,
    }  # fmt: skip
    return told({"data": data, "context": {"code": 200}})


def fear_greed(numbers: Numbers, now: dt.datetime, path: str, query: Asked) -> Reply | None:
    """A value a day, newest first, known at the start of its day."""
    if path.rstrip("/") != "/fng":
        return None
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = dt.datetime.combine(numbers.start, dt.time(), UTC)
    rows = [
        {"value": str(int(made.rng("fng", at.date()).integers(8, 92))),
         "value_classification": "Fear", "timestamp": str(int(at.timestamp()))}
        for n in range(int(query["limit"]))
        if (at := today - dt.timedelta(days=n)) >= first
    ]  # fmt: skip
    return told({"name": "Fear and Greed Index", "data": rows, "metadata": {"error": None}})

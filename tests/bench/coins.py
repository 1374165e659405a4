"""Small answers of the venues of coins, in their documented shapes, and how tests ask for them."""

import asyncio
import datetime as dt
import gzip
import importlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from tests.bench.served import Reply, by_path, served
from workbench.domain.deliveries import Delivered, Request
from workbench.world.feeds.endpoints import Endpoint
from workbench.world.http.client import connected
from workbench.world.http.limits import Limits

FEEDS = (
    "kraken", "kraken_futures", "coinbase", "bitstamp", "gemini", "binance", "binance_futures",
    "bybit", "okx", "deribit", "hyperliquid", "coingecko", "mempool", "ethereum", "etherscan",
    "blockchair", "fear_greed",
)  # fmt: skip
NOW = dt.datetime(2026, 4, 3, 17, 51, tzinfo=dt.UTC)
SINCE = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
WIRE = Path(__file__).parents[3] / "shared" / "data" / "wire"
SERVICES = {
    "exchanges", "coingecko", "mempool_space", "blockchair", "etherscan", "cnn_fear_greed",
}  # fmt: skip

DAY1 = 1775001600  # 2026-04-01T00:00Z in seconds
DAY2, DAY3 = DAY1 + 86_400, DAY1 + 172_800
HOUR = 1775232000  # 2026-04-03T16:00Z
AT = 1775238600  # 2026-04-03T17:50Z, a minute before the pull


def iso(seconds: float) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def adapter(name: str) -> ModuleType:
    return importlib.import_module(f"workbench.world.feeds.{name}")


def request(
    *series: str, base: str = "", since: dt.datetime = SINCE, now: dt.datetime = NOW,
    options: Mapping[str, str] | None = None, **named: str,
) -> Request:  # fmt: skip
    """What a desk asks: plain ids, or ids with the venue's names (``_`` stands for ``-``)."""
    of = {one: one for one in series} | {k.replace("_", "-"): v for k, v in named.items()}
    return Request(feed="test", series=of, base=base, since=since, now=now, options=options or {})


def endpoints(url: str) -> list[tuple[str, Endpoint]]:
    """Every endpoint of these feeds that takes an address."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return [
        (name, one)
        for name in FEEDS
        for one in adapter(name).ENDPOINTS
        if parts.hostname in one.hosts and one.pattern.search(path)
    ]


def read(url: str, body: object, asked: Request | None = None) -> Delivered:
    """What the one endpoint of an address makes of a body."""
    ((_, one),) = endpoints(url)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return one.parse(raw, asked or request(), url)


def rows(found: Delivered) -> dict[tuple[str, str, str], float]:
    """(series, field, minute) to value."""
    frame = found.observations
    stamps = frame["at"].dt.strftime("%m-%dT%H:%M")
    keys = zip(frame["series"], frame["field"], stamps, strict=True)
    return dict(zip(keys, frame["value"], strict=True))


def last(found: Delivered) -> dict[tuple[str, str], float]:
    """(series, field) to the value of its latest moment."""
    frame = found.observations.sort_values("at", kind="stable")
    return {(r.series, r.field): r.value for r in frame.itertuples()}


def units(found: Delivered) -> dict[tuple[str, str], str]:
    frame = found.observations
    return {(r.series, r.field): r.unit for r in frame.itertuples()}


def gaps(found: Delivered) -> set[tuple[str, str]]:
    return {(one.series, one.code) for one in found.gaps}


def numbers(found: Delivered) -> set[tuple[str, str, float]]:
    """Every number delivered, blanks aside."""
    return {
        (r.series, r.field, r.value)
        for r in found.observations.itertuples()
        if not math.isnan(r.value)
    }


def fetched(name: str, asked: Request) -> Delivered:
    """What an adapter brings through the one guarded client."""

    async def run() -> Delivered:
        async with connected(Limits(deadline=10, backoff=0.0), paces={}) as client:
            return await adapter(name).fetch(client.of(name), asked)

    return asyncio.run(run())


def recorded() -> Iterator[tuple[str, str, bytes]]:
    """File, address and body of every recorded answer of these services; none without them."""
    index = WIRE / "INDEX.jsonl"
    for line in index.read_text("utf-8").splitlines() if index.exists() else ():
        one = json.loads(line)
        if one["service"] in SERVICES:
            body = (WIRE / one["file"]).read_bytes()
            yield (
                one["file"],
                one["url"],
                gzip.decompress(body) if one["file"].endswith(".gz") else body,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """An answer that is in order.

    Attributes:
        url: Whose answer it is.
        body: It.
        bare: Whether it holds nothing that the desk keeps.
    """

    url: str
    body: Any
    bare: bool = False


def kline(start: int, length: int, price: float = 100.0) -> list[Any]:
    ends = (start + length) * 1000 - 1
    prices = [f"{price + d:.1f}" for d in (0, 5, -5, 2)]
    return [start * 1000, *prices, "12.5", ends, "1260.0", 9, "6.0", "600.0", "0"]


_CANDLES = [[DAY2, 98.0, 108.0, 101.0, 104.0, 7.5], [DAY1, 95.0, 105.0, 100.0, 102.0, 12.5]]
_OHLC = {"open": "100.0", "high": "105.0", "low": "95.0", "close": "102.0", "volume": "12.5"}
_KRAKEN = "https://api.kraken.com/0/public"
_KF = "https://futures.kraken.com/derivatives/api/v3"
_CB = "https://api.exchange.coinbase.com/products"
_CB3 = "https://api.coinbase.com/api/v3/brokerage/market"
_BS = "https://www.bitstamp.net/api/v2"
_GE = "https://api.gemini.com"
_BN = "https://api.binance.com/api/v3"
_BF = "https://fapi.binance.com/fapi/v1"
_BY = "https://api.bybit.com/v5/market"
_OK = "https://www.okx.com/api/v5"
_DE = "https://www.deribit.com/api/v2/public"
_HL = "https://api.hyperliquid.xyz/info"
_CG = "https://api.coingecko.com/api/v3"
_MP = "https://mempool.space/api"
_ETH = "https://ethereum-rpc.publicnode.com/"
_ES = "https://api.etherscan.io/v2/api?chainid=1&module=x&action="


def _kraken(result: object) -> dict[str, Any]:
    return {"error": [], "result": result}


def _bybit(result: object) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": AT * 1000}


def _okx(*data: object) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": list(data)}


def _rpc(result: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "result": result, "id": 1}


_TICKER24 = {
    "symbol": "BTCUSDT", "lastPrice": "101.0", "bidPrice": "100.5", "bidQty": "2.0",
    "askPrice": "101.5", "askQty": "3.0", "volume": "1200.5", "quoteVolume": "121250.5",
    "openTime": (AT - 86_400) * 1000, "closeTime": AT * 1000, "count": 76,
}  # fmt: skip

GOOD: Mapping[str, Good] = {
    "kraken ohlc": Good(
        url=f"{_KRAKEN}/OHLC?pair=XBTUSD&interval=1440",
        body=_kraken({
            "XXBTZUSD": [
                [DAY1, "100.0", "105.0", "95.0", "102.0", "101.0", "12.5", 7],
                [DAY2, "102.0", "108.0", "98.0", "104.0", "103.0", "7.5", 5],
                [DAY3, "104.0", "109.0", "103.0", "106.0", "105.0", "1.5", 3],
            ],
            "last": DAY2,
        }),
    ),
    "kraken ticker": Good(
        url=f"{_KRAKEN}/Ticker?pair=XBTUSD",
        body=_kraken({"XXBTZUSD": {
            "a": ["101.5", "1", "1.0"], "b": ["100.5", "2", "2.0"], "c": ["101.0", "0.1"],
            "v": ["500.5", "1200.5"], "p": ["100.0", "99.0"], "t": [10, 20], "l": ["95.0", "94.0"],
            "h": ["106.0", "107.0"], "o": "98.0",
        }}),
    ),
    "kraken depth": Good(
        url=f"{_KRAKEN}/Depth?pair=XBTUSD",
        body=_kraken({"XXBTZUSD": {
            "asks": [["101.5", "1.5", AT], ["102.5", "2.5", AT]],
            "bids": [["100.5", "2.5", AT], ["99.5", "3.5", AT]],
        }}),
    ),
    "kraken trades": Good(
        url=f"{_KRAKEN}/Trades?pair=XBTUSD",
        body=_kraken({
            "XXBTZUSD": [["101.0", "0.5", AT + 0.25, "b", "m", "", 42]], "last": f"{AT}250000000",
        }),
    ),
    "kraken spread": Good(
        url=f"{_KRAKEN}/Spread?pair=XBTUSD",
        body=_kraken({"XXBTZUSD": [[AT, "100.5", "101.5"]], "last": AT}),
    ),
    "kraken pairs": Good(
        url=f"{_KRAKEN}/AssetPairs",
        body=_kraken({"XXBTZUSD": {
            "altname": "XBTUSD", "wsname": "XBT/USD", "base": "XXBT", "quote": "ZUSD",
            "status": "online",
        }}),
        bare=True,
    ),
    "kraken futures tickers": Good(
        url=f"{_KF}/tickers",
        body={"result": "success", "serverTime": iso(AT), "tickers": [{
            "symbol": "PF_XBTUSD", "last": 100.5, "lastTime": iso(AT), "markPrice": 101.0,
            "bid": 100.0, "ask": 102.0, "vol24h": 20.5, "volumeQuote": 2060.5,
            "openInterest": 30.5, "fundingRate": 0.00125, "indexPrice": 100.0, "suspended": False,
        }]},
    ),
    "kraken futures funding": Good(
        url=f"{_KF}/historical-funding-rates?symbol=PF_XBTUSD",
        body={"result": "success", "serverTime": iso(AT), "rates": [
            {"timestamp": iso(HOUR), "fundingRate": 0.5, "relativeFundingRate": 0.0000125},
            {"timestamp": iso(HOUR + 3600), "fundingRate": 0.6, "relativeFundingRate": 0.00002},
        ]},
    ),
    "kraken futures book": Good(
        url=f"{_KF}/orderbook?symbol=PF_XBTUSD",
        body={"result": "success", "serverTime": iso(AT), "orderBook": {
            "bids": [[100.0, 2.5]], "asks": [[102.0, 3.5]],
        }},
    ),
    "kraken futures charts": Good(
        url="https://futures.kraken.com/api/charts/v1/trade/PF_XBTUSD/1d",
        body={"candles": [{"time": DAY1 * 1000, **_OHLC}], "more_candles": False},
    ),
    "kraken futures instruments": Good(
        url=f"{_KF}/instruments",
        body={"result": "success", "instruments": [
            {"symbol": "PF_XBTUSD", "type": "flexible_futures", "tradeable": True},
        ]},
        bare=True,
    ),
    "coinbase candles": Good(url=f"{_CB}/BTC-USD/candles?granularity=86400", body=_CANDLES),
    "coinbase ticker": Good(
        url=f"{_CB}/BTC-USD/ticker",
        body={
            "ask": "101.5", "bid": "100.5", "volume": "1200.5", "trade_id": 9, "price": "101.0",
            "size": "0.5", "time": iso(AT),
        },
    ),
    "coinbase trades": Good(
        url=f"{_CB}/BTC-USD/trades",
        body=[{"trade_id": 9, "side": "sell", "size": "0.5", "price": "101.0", "time": iso(AT)}],
    ),
    "coinbase stats": Good(
        url=f"{_CB}/BTC-USD/stats",
        body={"open": "98.0", "high": "107.0", "low": "94.0", "last": "101.0", "volume": "1200.5"},
    ),
    "coinbase book": Good(
        url=f"{_CB}/BTC-USD/book?level=2",
        body={
            "bids": [["100.5", "2.5", 2]], "asks": [["101.5", "1.5", 1]], "sequence": 9,
            "time": iso(AT),
        },
    ),
    "coinbase products": Good(
        url=_CB,
        body=[{"id": "BTC-USD", "base_currency": "BTC", "quote_currency": "USD",
               "status": "online"}],
        bare=True,
    ),
    "coinbase named candles": Good(
        url=f"{_CB3}/products/BTC-USD/candles?granularity=ONE_DAY",
        body={"candles": [{"start": f"{DAY1}", **_OHLC}]},
    ),
    "coinbase named ticker": Good(
        url=f"{_CB3}/products/BTC-USD/ticker",
        body={"trades": [{"product_id": "BTC-USD", "price": "101.0", "size": "0.5",
                          "time": iso(AT)}], "best_bid": "100.5", "best_ask": "101.5"},
    ),
    "coinbase named book": Good(
        url=f"{_CB3}/product_book?product_id=BTC-USD",
        body={"pricebook": {
            "product_id": "BTC-USD", "bids": [{"price": "100.5", "size": "2.5"}],
            "asks": [{"price": "101.5", "size": "1.5"}], "time": iso(AT),
        }},
    ),
    "coinbase spot": Good(
        url="https://api.coinbase.com/v2/prices/BTC-USD/spot",
        body={"data": {"base": "BTC", "currency": "USD", "amount": "101.0"}},
    ),
    "bitstamp ohlc": Good(
        url=f"{_BS}/ohlc/btcusd/?step=86400&limit=1000",
        body={"data": {"pair": "BTC/USD", "ohlc": [{"timestamp": f"{DAY1}", **_OHLC}]}},
    ),
    "bitstamp ticker": Good(
        url=f"{_BS}/ticker/btcusd/",
        body={
            "timestamp": f"{AT}", "open": "98.0", "high": "107.0", "low": "94.0", "last": "101.0",
            "volume": "1200.5", "vwap": "100.0", "bid": "100.5", "ask": "101.5",
        },
    ),
    "bitstamp tickers": Good(
        url=f"{_BS}/ticker/",
        body=[{"pair": "BTC/USD", "timestamp": f"{AT}", "last": "101.0", "volume": "1200.5",
               "bid": "100.5", "ask": "101.5"}],
    ),
    "bitstamp book": Good(
        url=f"{_BS}/order_book/btcusd",
        body={
            "timestamp": f"{AT}", "microtimestamp": f"{AT}123456", "bids": [["100.5", "2.5"]],
            "asks": [["101.5", "1.5"]],
        },
    ),
    "bitstamp trades": Good(
        url=f"{_BS}/transactions/btcusd/",
        body=[{"date": f"{AT}", "tid": "9", "price": "101.0", "amount": "0.5", "type": "0"}],
    ),
    "bitstamp pairs": Good(
        url=f"{_BS}/trading-pairs-info/",
        body=[{"name": "BTC/USD", "url_symbol": "btcusd", "trading": "Enabled"}],
        bare=True,
    ),
    "gemini candles": Good(
        url=f"{_GE}/v2/candles/btcusd/1day",
        body=[[DAY2 * 1000, 102.0, 108.0, 98.0, 104.0, 7.5],
              [DAY1 * 1000, 100.0, 105.0, 95.0, 102.0, 12.5]],
    ),
    "gemini public ticker": Good(
        url=f"{_GE}/v1/pubticker/btcusd",
        body={"bid": "100.5", "ask": "101.5", "last": "101.0",
              "volume": {"BTC": "1200.5", "USD": "121250.5", "timestamp": AT * 1000}},
    ),
    "gemini ticker": Good(
        url=f"{_GE}/v2/ticker/btcusd",
        body={"symbol": "BTCUSD", "open": "98.0", "high": "107.0", "low": "94.0", "close": "101.0",
              "changes": ["100.0"], "bid": "100.5", "ask": "101.5"},
    ),
    "gemini book": Good(
        url=f"{_GE}/v1/book/btcusd",
        body={"bids": [{"price": "100.5", "amount": "2.5", "timestamp": f"{AT}"}],
              "asks": [{"price": "101.5", "amount": "1.5", "timestamp": f"{AT}"}]},
    ),
    "gemini trades": Good(
        url=f"{_GE}/v1/trades/btcusd",
        body=[{"timestamp": AT, "timestampms": AT * 1000, "tid": 9, "price": "101.0",
               "amount": "0.5", "exchange": "gemini", "type": "buy"}],
    ),
    "gemini prices": Good(
        url=f"{_GE}/v1/pricefeed",
        body=[{"pair": "BTCUSD", "price": "101.0", "percentChange24h": "0.5"}],
    ),
    "gemini symbols": Good(url=f"{_GE}/v1/symbols", body=["btcusd", "ethusd"], bare=True),
    "gemini details": Good(
        url=f"{_GE}/v1/symbols/details/btcusd",
        body={"symbol": "BTCUSD", "base_currency": "BTC", "quote_currency": "USD",
              "status": "open"},
        bare=True,
    ),
    "binance klines": Good(
        url=f"{_BN}/klines?symbol=BTCUSDT&interval=1d",
        body=[kline(DAY1, 86_400), kline(DAY2, 86_400, 102.0), kline(DAY3, 86_400, 104.0)],
    ),
    "binance ticker": Good(url=f"{_BN}/ticker/24hr?symbol=BTCUSDT", body=_TICKER24),
    "binance best": Good(
        url=f"{_BN}/ticker/bookTicker?symbol=BTCUSDT",
        body={"symbol": "BTCUSDT", "bidPrice": "100.5", "bidQty": "2.5", "askPrice": "101.5",
              "askQty": "1.5"},
    ),
    "binance price": Good(
        url=f"{_BN}/ticker/price", body=[{"symbol": "BTCUSDT", "price": "101.0"}]
    ),
    "binance depth": Good(
        url=f"{_BN}/depth?symbol=BTCUSDT",
        body={"lastUpdateId": 9, "bids": [["100.5", "2.5"]], "asks": [["101.5", "1.5"]]},
    ),
    "binance trades": Good(
        url=f"{_BN}/trades?symbol=BTCUSDT",
        body=[{"id": 9, "price": "101.0", "qty": "0.5", "time": AT * 1000}],
    ),
    "binance pairs": Good(
        url=f"{_BN}/exchangeInfo",
        body={"timezone": "UTC", "symbols": [{"symbol": "BTCUSDT", "status": "TRADING"}]},
        bare=True,
    ),
    "binance premium": Good(
        url=f"{_BF}/premiumIndex?symbol=BTCUSDT",
        body={"symbol": "BTCUSDT", "markPrice": "101.0", "indexPrice": "100.0",
              "lastFundingRate": "0.0001", "nextFundingTime": DAY3 * 1000, "time": AT * 1000},
    ),
    "binance funding": Good(
        url=f"{_BF}/fundingRate?symbol=BTCUSDT",
        body=[{"symbol": "BTCUSDT", "fundingTime": (DAY3 + n * 14_400) * 1000 + 3,
               "fundingRate": rate, "markPrice": "101.0"}
              for n, rate in enumerate(("0.0001", "0.00005", "-0.00015"))],
    ),
    "binance open interest": Good(
        url=f"{_BF}/openInterest?symbol=BTCUSDT",
        body={"openInterest": "30.5", "symbol": "BTCUSDT", "time": AT * 1000},
    ),
    "binance worth": Good(
        url="https://fapi.binance.com/futures/data/openInterestHist?symbol=BTCUSDT&period=1h",
        body=[{"symbol": "BTCUSDT", "sumOpenInterest": "30.5", "sumOpenInterestValue": "3080.5",
               "timestamp": HOUR * 1000}],
    ),
    "binance futures ticker": Good(url=f"{_BF}/ticker/24hr?symbol=BTCUSDT", body=_TICKER24),
    "binance futures klines": Good(
        url=f"{_BF}/klines?symbol=BTCUSDT&interval=1h", body=[kline(HOUR, 3600)]
    ),
    "binance futures depth": Good(
        url=f"{_BF}/depth?symbol=BTCUSDT",
        body={"lastUpdateId": 9, "E": AT * 1000, "bids": [["100.5", "2.5"]],
              "asks": [["101.5", "1.5"]]},
    ),
    "bybit tickers": Good(
        url=f"{_BY}/tickers?category=inverse&symbol=BTCUSD",
        body=_bybit({"category": "inverse", "list": [{
            "symbol": "BTCUSD", "lastPrice": "100.5", "markPrice": "101.0", "bid1Price": "100.0",
            "ask1Price": "102.0", "openInterest": "3080.5", "openInterestValue": "30.5",
            "turnover24h": "20.5", "volume24h": "2060.5", "fundingRate": "0.0001",
            "fundingIntervalHour": "4", "deliveryTime": "0",
        }]}),
    ),
    "bybit funding": Good(
        url=f"{_BY}/funding/history?category=inverse&symbol=BTCUSD",
        body=_bybit({"category": "inverse", "list": [
            {"symbol": "BTCUSD", "fundingRate": rate, "fundingRateTimestamp": f"{at}000"}
            for rate, at in (("0.0002", DAY3 + 57_600), ("0.0001", DAY3 + 28_800))
        ]}),
    ),
    "bybit open interest": Good(
        url=f"{_BY}/open-interest?category=inverse&symbol=BTCUSD&intervalTime=1h",
        body=_bybit({"symbol": "BTCUSD", "category": "inverse", "list": [
            {"openInterest": "3080.5", "timestamp": f"{HOUR}000"},
        ]}),
    ),
    "bybit kline": Good(
        url=f"{_BY}/kline?category=spot&symbol=BTCUSDT&interval=D",
        body=_bybit({"symbol": "BTCUSDT", "category": "spot", "list": [
            [f"{DAY1}000", "100.0", "105.0", "95.0", "102.0", "12.5", "1260.5"],
        ]}),
    ),
    "bybit book": Good(
        url=f"{_BY}/orderbook?category=spot&symbol=BTCUSDT",
        body=_bybit({"s": "BTCUSDT", "b": [["100.5", "2.5"]], "a": [["101.5", "1.5"]],
                     "ts": AT * 1000, "u": 9}),
    ),
    "bybit trades": Good(
        url=f"{_BY}/recent-trade?category=spot&symbol=BTCUSDT",
        body=_bybit({"category": "spot", "list": [
            {"symbol": "BTCUSDT", "price": "101.0", "size": "0.5", "time": f"{AT}000"},
        ]}),
    ),
    "bybit symbols": Good(
        url=f"{_BY}/instruments-info?category=linear",
        body=_bybit({"category": "linear", "list": [{"symbol": "BTCUSDT", "status": "Trading"}]}),
        bare=True,
    ),
    "okx ticker": Good(
        url=f"{_OK}/market/ticker?instId=BTC-USDT",
        body=_okx({"instType": "SPOT", "instId": "BTC-USDT", "last": "101.0", "bidPx": "100.5",
                   "askPx": "101.5", "vol24h": "1200.5", "volCcy24h": "121250.5",
                   "ts": f"{AT}000"}),
    ),
    "okx candles": Good(
        url=f"{_OK}/market/candles?instId=BTC-USDT&bar=1Dutc",
        body=_okx(
            [f"{DAY3}000", "104.0", "109.0", "103.0", "106.0", "1.5", "158.5", "158.5", "0"],
            [f"{DAY1}000", "100.0", "105.0", "95.0", "102.0", "12.5", "1260.5", "1260.5", "1"],
        ),
    ),
    "okx book": Good(
        url=f"{_OK}/market/books?instId=BTC-USDT",
        body=_okx({"asks": [["101.5", "1.5", "0", "1"]], "bids": [["100.5", "2.5", "0", "1"]],
                   "ts": f"{AT}000"}),
    ),
    "okx trades": Good(
        url=f"{_OK}/market/trades?instId=BTC-USDT",
        body=_okx({"instId": "BTC-USDT", "tradeId": "9", "px": "101.0", "sz": "0.5",
                   "ts": f"{AT}000"}),
    ),
    "okx funding now": Good(
        url=f"{_OK}/public/funding-rate?instId=BTC-USD-SWAP",
        body=_okx({"instType": "SWAP", "instId": "BTC-USD-SWAP", "fundingRate": "0.0001",
                   "fundingTime": f"{DAY3}000", "nextFundingTime": f"{DAY3 + 14_400}000",
                   "ts": f"{AT}000"}),
    ),
    "okx funding": Good(
        url=f"{_OK}/public/funding-rate-history?instId=BTC-USD-SWAP",
        body=_okx(*({"instType": "SWAP", "instId": "BTC-USD-SWAP", "fundingRate": rate,
                     "realizedRate": rate, "fundingTime": f"{at}000"}
                    for rate, at in (("0.0002", DAY3 + 57_600), ("0.0001", DAY3 + 28_800)))),
    ),
    "okx open interest": Good(
        url=f"{_OK}/public/open-interest?instType=SWAP&instId=BTC-USD-SWAP",
        body=_okx({"instType": "SWAP", "instId": "BTC-USD-SWAP", "oi": "30", "oiCcy": "30.5",
                   "oiUsd": "3080.5", "ts": f"{AT}000"}),
    ),
    "okx mark": Good(
        url=f"{_OK}/public/mark-price?instType=SWAP&instId=BTC-USD-SWAP",
        body=_okx({"instType": "SWAP", "instId": "BTC-USD-SWAP", "markPx": "101.0",
                   "ts": f"{AT}000"}),
    ),
    "okx instruments": Good(
        url=f"{_OK}/public/instruments?instType=SWAP",
        body=_okx({"instType": "SWAP", "instId": "BTC-USD-SWAP", "state": "live"}),
        bare=True,
    ),
    "deribit ticker": Good(
        url=f"{_DE}/ticker?instrument_name=BTC-PERPETUAL",
        body=_rpc({
            "instrument_name": "BTC-PERPETUAL", "timestamp": AT * 1000, "mark_price": 101.0,
            "last_price": 100.5, "best_bid_price": 100.0, "best_ask_price": 102.0,
            "open_interest": 3080.5, "funding_8h": 0.0001, "current_funding": 0.0002,
            "index_price": 100.0, "stats": {"volume": 20.5, "volume_usd": 2060.5},
        }),
    ),
    "deribit summaries": Good(
        url=f"{_DE}/get_book_summary_by_currency?currency=BTC",
        body=_rpc([{
            "instrument_name": "BTC-PERPETUAL", "creation_timestamp": AT * 1000,
            "mark_price": 101.0, "last": 100.5, "bid_price": 100.0, "ask_price": 102.0,
            "open_interest": 3080.5, "funding_8h": 0.0001, "volume_usd": 2060.5, "volume": 20.5,
        }]),
    ),
    "deribit funding": Good(
        url=f"{_DE}/get_funding_rate_history?instrument_name=BTC-PERPETUAL",
        body=_rpc([{"timestamp": HOUR * 1000, "index_price": 100.0, "prev_index_price": 99.0,
                    "interest_8h": 0.0001, "interest_1h": 0.00002}]),
    ),
    "deribit chart": Good(
        url=f"{_DE}/get_tradingview_chart_data?instrument_name=BTC-PERPETUAL&resolution=1D",
        body=_rpc({
            "ticks": [DAY1 * 1000, DAY2 * 1000], "open": [100.0, 102.0], "high": [105.0, 108.0],
            "low": [95.0, 98.0], "close": [102.0, 104.0], "volume": [12.5, 7.5],
            "cost": [1260.5, 780.5], "status": "ok",
        }),
    ),
    "deribit instruments": Good(
        url=f"{_DE}/get_instruments?currency=BTC",
        body=_rpc([{"instrument_name": "BTC-PERPETUAL", "is_active": True}]),
        bare=True,
    ),
    "hyperliquid states": Good(
        url=_HL,
        body=[{"universe": [{"name": "BTC", "szDecimals": 5}, {"name": "ETH", "szDecimals": 4}]}, [
            {"funding": "0.0000125", "openInterest": "30.5", "markPx": "101.0",
             "dayNtlVlm": "2060.5", "oraclePx": "100.0"},
            {"funding": "-0.00001", "openInterest": "40.5", "markPx": "11.0",
             "dayNtlVlm": "160.5", "oraclePx": "10.0"},
        ]],
    ),
    "hyperliquid funding": Good(
        url=_HL,
        body=[{"coin": "BTC", "fundingRate": "0.0000125", "premium": "0.0003",
               "time": HOUR * 1000 + 17}],
    ),
    "hyperliquid bars": Good(
        url=_HL,
        body=[{"t": HOUR * 1000, "T": (HOUR + 3600) * 1000 - 1, "s": "BTC", "i": "1h",
               "o": "100.0", "h": "105.0", "l": "95.0", "c": "102.0", "v": "12.5", "n": 7}],
    ),
    "hyperliquid book": Good(
        url=_HL,
        body={"coin": "BTC", "time": AT * 1000, "levels": [
            [{"px": "100.5", "sz": "2.5", "n": 1}], [{"px": "101.5", "sz": "1.5", "n": 1}],
        ]},
    ),
    "coingecko markets": Good(
        url=f"{_CG}/coins/markets?vs_currency=usd&ids=bitcoin",
        body=[{"id": "bitcoin", "symbol": "btc", "current_price": 101.0, "market_cap": 2020.5,
               "total_volume": 121250.5, "last_updated": iso(AT)}],
    ),
    "coingecko global": Good(
        url=f"{_CG}/global",
        body={"data": {"total_market_cap": {"btc": 40.5, "usd": 4040.5},
                       "total_volume": {"btc": 2.5, "usd": 250.5},
                       "market_cap_percentage": {"btc": 55.5}, "updated_at": AT}},
    ),
    "coingecko simple": Good(
        url=f"{_CG}/simple/price?ids=bitcoin&vs_currencies=usd",
        body={"bitcoin": {"usd": 101.0, "last_updated_at": AT}},
    ),
    "coingecko history": Good(
        url=f"{_CG}/coins/bitcoin/market_chart?vs_currency=usd&days=1",
        body={"prices": [[HOUR * 1000, 101.0]], "market_caps": [], "total_volumes": []},
    ),
    "mempool pool": Good(
        url=f"{_MP}/mempool",
        body={"count": 3169, "vsize": 1891542, "total_fee": 20317481,
              "fee_histogram": [[12.5, 100_000]]},
    ),
    "mempool recommended": Good(
        url=f"{_MP}/v1/fees/recommended",
        body={"fastestFee": 9, "halfHourFee": 7, "hourFee": 5, "economyFee": 3, "minimumFee": 1},
    ),
    "mempool blocks": Good(
        url=f"{_MP}/v1/fees/mempool-blocks", body=[{"blockVSize": 746096.5, "medianFee": 10.5}]
    ),
    "mempool adjustment": Good(
        url=f"{_MP}/v1/difficulty-adjustment",
        body={"difficultyChange": -1.5, "remainingBlocks": 1121, "progressPercent": 44.5},
    ),
    "mempool prices": Good(
        url=f"{_MP}/v1/prices", body={"time": AT, "USD": 101.0, "EUR": 91.0}
    ),
    "mempool hashrate": Good(
        url=f"{_MP}/v1/mining/hashrate/3m",
        body={"hashrates": [{"timestamp": DAY1, "avgHashrate": 7.5e20}],
              "difficulty": [{"time": DAY1, "height": 900000, "difficulty": 1.25e14}]},
    ),
    "ethereum fees": Good(
        url=_ETH,
        body=_rpc({"oldestBlock": "0x10", "baseFeePerGas": ["0x3b9aca00", "0x77359400"],
                   "gasUsedRatio": [0.5], "reward": [["0x5f5e100"]]}),
    ),
    "ethereum block": Good(
        url=_ETH,
        body=_rpc({"number": "0x10", "timestamp": hex(AT - 900), "gasUsed": "0xe4e1c0",
                   "transactions": ["0xaa", "0xbb", "0xcc"]}),
    ),
    "etherscan oracle": Good(
        url=f"{_ES}gasoracle",
        body={"status": "1", "message": "OK", "result": {
            "LastBlock": "9", "SafeGasPrice": "1.5", "ProposeGasPrice": "2.5",
            "FastGasPrice": "3.5", "suggestBaseFee": "1.25", "gasUsedRatio": "0.5"}},
    ),
    "etherscan price": Good(
        url=f"{_ES}ethprice",
        body={"status": "1", "message": "OK", "result": {
            "ethbtc": "0.03", "ethbtc_timestamp": f"{AT}", "ethusd": "2054.5",
            "ethusd_timestamp": f"{AT}"}},
    ),
    "etherscan daily": Good(
        url=f"{_ES}dailytx",
        body={"status": "1", "message": "OK", "result": [
            {"UTCDate": "2026-04-01", "unixTimeStamp": f"{DAY1}", "transactionCount": 1806814}]},
    ),
    "blockchair ethereum": Good(
        url="https://api.blockchair.com/ethereum/stats",
        body={"data": {
            "transactions_24h": 1806814, "volume_24h_approximate": "6300000000000000000000000",
            "best_block_time": "2026-04-03 17:49:59", "market_price_usd": 2000.0,
            "mempool_median_gas_price": 1500000000}, "context": {"code": 200}},
    ),
    "blockchair bitcoin": Good(
        url="https://api.blockchair.com/bitcoin/stats",
        body={"data": {
            "transactions_24h": 400000, "volume_24h": 80000000000000,
            "best_block_time": "2026-04-03 17:45:00", "market_price_usd": 67000.0},
            "context": {"code": 200}},
    ),
    "coins' mood": Good(
        url="https://api.alternative.me/fng/?limit=2",
        body={"name": "Fear and Greed Index", "data": [
            {"value": "11", "value_classification": "Extreme Fear", "timestamp": f"{DAY3}",
             "time_until_update": "22000"},
            {"value": "13", "value_classification": "Extreme Fear", "timestamp": f"{DAY2}"},
        ], "metadata": {"error": None}},
    ),
    "shares' mood": Good(
        url="https://production.dataviz.cnn.io/index/fearandgreed/graphdata/2026-04-01",
        body={
            "fear_and_greed": {"score": 21.5, "rating": "extreme fear", "timestamp": iso(AT),
                               "previous_close": 19.5},
            "fear_and_greed_historical": {"timestamp": AT * 1000.0, "score": 21.5, "data": [
                {"x": DAY1 * 1000.0, "y": 17.5, "rating": "extreme fear"},
                {"x": DAY2 * 1000.0, "y": 19.5, "rating": "extreme fear"},
                {"x": AT * 1000.0, "y": 21.5, "rating": "extreme fear"},
            ]},
        },
    ),
}  # fmt: skip


def as_reply(body: object) -> Reply:
    """A reply of JSON, or of CSV where the body is a text."""
    if isinstance(body, str):
        return Reply(body=body.encode(), headers={"Content-Type": "text/csv"})
    return Reply(body=json.dumps(body).encode())


def brought(
    name: str, paths: Mapping[str, object], *series: str, since: dt.datetime = SINCE,
    options: Mapping[str, str] | None = None, **named: str,
) -> tuple[Delivered, list[str]]:  # fmt: skip
    """What an adapter brings from a local server of these paths, and what it asked it."""
    with served(by_path({path: as_reply(body) for path, body in paths.items()})) as server:
        own = {key: value.replace("BASE", server.base) for key, value in (options or {}).items()}
        asked = request(*series, base=server.base, since=since, options=own, **named)
        found = fetched(name, asked)
        return found, [path for _, path in server.asked]

"""Parser faults of each feed, by hand: what is wrong, which code it gets, what still comes."""

import copy
from typing import Any

import pytest

from tests.bench.coins import AT, DAY1, DAY2, DAY3, GOOD, gaps, kline, numbers, read, request, units
from workbench.domain.errors import FeedDark

GONE = ["gone"]  # not a value that a test gives; its text is the same in every process
DESK = request(
    "BTC-USD", "BTC-USD@1h", "BTCUSDT", "BTCUSDT@1h", "BTC-PERP", "BTCUSDT-PERP", "ETHUSDT-PERP",
    "CRYPTO", "BTC-mempool", "CNN_FNG", "CRYPTO_FNG", "ETH-USD", ETH="ethereum", BTC="bitcoin",
)  # fmt: skip


def spoilt(name: str, place: str, value: object) -> Any:
    """A good answer with one place (``a.0.b``) changed, gone, or renamed (``→new``)."""
    body = copy.deepcopy(GOOD[name].body)
    if not place:
        return value
    holder, *rest = body, *place.split(".")
    for key in rest[:-1]:
        holder = holder[int(key) if isinstance(holder, list) else key]
    key = int(rest[-1]) if isinstance(holder, list) else rest[-1]
    if value is GONE:
        del holder[key]
    elif isinstance(value, str) and value.startswith("→"):
        holder[value[1:]] = holder.pop(key)
    else:
        holder[key] = value
    return body


# Answer, place, what stands there; then the code of the gap and how many numbers are left.
GAPS = [
    ("kraken ohlc", "result.XXBTZUSD.0.4", None, None, 9),
    ("kraken ohlc", "result.XXBTZUSD.0.4", "1,234.5", "wrong_type", 9),
    ("kraken ohlc", "result.XXBTZUSD.0.0", DAY1 * 1000, "wrong_time", 5),
    ("kraken ohlc", "result.XXBTZUSD.0", [DAY1, "1.0"], "wrong_shape", 5),
    ("kraken ohlc", "result.XXBTZUSD.0.0", DAY1 + 60, "off_grid", 5),
    ("kraken ticker", "result.XXBTZUSD.v", GONE, "no_field", 3),
    ("kraken ticker", "result.XXBTZUSD.a", ["101.5"], "wrong_shape", 3),
    ("kraken depth", "result.XXBTZUSD.bids", [], "empty", 2),
    ("kraken futures tickers", "tickers.0.fundingRate", GONE, "no_field", 6),
    ("kraken futures tickers", "tickers.0.indexPrice", "→index", "no_field", 6),
    ("kraken futures tickers", "tickers.0.markPrice", None, "no_price", 5),
    ("kraken futures tickers", "tickers.0.symbol", "PF_XBTEUR", "not_found", 0),
    ("kraken futures tickers", "serverTime", "2026-04-03T17:50:00", "no_zone", 0),
    ("kraken futures funding", "rates.0.relativeFundingRate", "→rate", "no_field", 1),
    ("coinbase candles", "0", [DAY2, 98.0], "wrong_shape", 5),
    ("coinbase candles", "1", [DAY2, 98.0, 108.0, 101.0, 105.0, 7.5], "conflict", 0),
    ("coinbase candles", "0.0", DAY3 + 86_400 * 9, "future", 5),
    ("coinbase ticker", "time", AT, "wrong_type", 0),
    ("coinbase ticker", "bid", "", None, 3),
    ("coinbase ticker", "price", True, "wrong_type", 3),
    ("coinbase book", "asks", {}, "empty", 2),
    ("bitstamp ohlc", "data.ohlc.0.volume", GONE, "no_field", 4),
    ("bitstamp ticker", "timestamp", f"{AT}000", "wrong_time", 0),
    ("bitstamp tickers", "0.pair", "BTC/EUR", "not_asked", 0),
    ("gemini candles", "0.0", DAY2, "wrong_time", 5),
    ("gemini public ticker", "volume.BTC", GONE, "no_field", 3),
    ("binance klines", "1.5", None, None, 9),
    ("binance klines", "1", kline(DAY2, 86_400)[:-1], "wrong_shape", 5),
    ("binance ticker", "closeTime", AT, "wrong_time", 0),
    ("binance ticker", "symbol", "BTCUSDC", "not_asked", 0),
    ("binance ticker", "volume", "→vol", "no_field", 3),
    ("binance funding", "1", {}, "no_period", 0),
    ("binance worth", "0.sumOpenInterestValue", "n/a", "wrong_type", 1),
    ("bybit tickers", "result.list.0.fundingIntervalHour", GONE, "no_period", 6),
    ("bybit tickers", "result.list.0.fundingRate", "", None, 6),
    ("bybit tickers", "time", AT, "wrong_time", 0),
    ("okx candles", "data.1.8", "2", "wrong_type", 0),
    ("okx funding now", "data.0.nextFundingTime", "", "no_period", 0),
    ("okx open interest", "data.0.oiUsd", GONE, "no_field", 1),
    ("deribit ticker", "result.funding_8h", GONE, "no_field", 6),
    ("deribit ticker", "result.stats", [], "wrong_type", 6),
    ("deribit ticker", "result.timestamp", AT * 1_000_000, "wrong_time", 0),
    ("hyperliquid states", "1.0.markPx", None, "no_price", 6),
    ("hyperliquid states", "0.universe.0.name", "kBTC", "not_found", 4),
    ("hyperliquid funding", "0.time", AT * 1000 + 3_600_000, "future", 0),
    ("coingecko markets", "0.id", "bitcoin-2", "not_found", 0),
    ("coingecko markets", "0.last_updated", None, "no_time", 3),
    ("coingecko global", "data.total_market_cap.usd", GONE, "no_field", 2),
    ("mempool pool", "fee_histogram", [], "empty", 3),
    ("mempool pool", "vsize", "→vBytes", "no_field", 2),
    ("mempool prices", "time", AT * 1000, "wrong_time", 0),
    ("ethereum fees", "result.reward", GONE, "no_field", 1),
    ("ethereum block", "result.gasUsed", 15_000_000, "wrong_type", 1),
    ("etherscan oracle", "result.suggestBaseFee", "1,5", "wrong_type", 1),
    ("etherscan daily", "result.0.unixTimeStamp", f"{DAY1 + 3600}", "off_grid", 0),
    ("blockchair ethereum", "data.volume_24h_approximate", None, None, 2),
    ("blockchair ethereum", "data.volume_24h_approximate", GONE, "no_field", 2),
    ("blockchair ethereum", "data.market_price_usd", GONE, "no_field", 2),
    ("coins' mood", "data.0.timestamp", "03-04-2026", "wrong_type", 1),
    ("shares' mood", "fear_and_greed_historical", GONE, "no_field", 1),
    ("shares' mood", "fear_and_greed.score", "→value", "no_field", 2),
]  # fmt: skip


@pytest.mark.parametrize(("name", "place", "value", "code", "left"), GAPS, ids=str)
def test_a_part_that_cannot_be_used_is_a_gap(
    name: str, place: str, value: object, code: str | None, left: int
):
    """One bad part is named with its code, everything else of the answer is delivered."""
    asked = DESK
    if name in {"coinbase ticker", "bitstamp ticker"}:
        asked = request("BTC-USD")
    found = read(GOOD[name].url, spoilt(name, place, value), asked)
    of = {"BTC-PERP", "BTCUSDT-PERP"} & {row[0] for row in numbers(found)}
    first = max(of, default="")
    counted = [row for row in numbers(found) if not of or row[0] == first]
    if name == "hyperliquid states":
        counted = [row for row in numbers(found) if row[0] != "BTC-PERP"]
    codes = {told for _, told in gaps(found)} - {"other_unit"}
    assert code in codes if code else codes == set()
    assert len({(field, value) for _, field, value in counted}) == left or len(counted) == left


# What a venue says under status 200 when it refuses, or answers something else.
DARK = [
    ("kraken ohlc", {"error": ["EQuery:Unknown asset pair"]}, "refused"),
    ("kraken ohlc", {"error": [], "result": {}}, "empty"),
    ("kraken ohlc", {"error": [], "result": {"XXBTZUSD": [], "last": DAY1}}, "empty"),
    ("kraken futures tickers", {"result": "error", "error": "apiLimitExceeded"}, "refused"),
    ("coinbase candles", {"message": "NotFound"}, "refused"),
    ("coinbase candles", [], "empty"),
    ("bitstamp ohlc", {"code": "not-found", "errors": [{"field": "pair"}]}, "refused"),
    ("bitstamp ticker", {"status": "error", "reason": "Invalid pair"}, "refused"),
    ("gemini candles", {"result": "error", "reason": "InvalidSymbol", "message": "x"}, "refused"),
    ("binance klines", {"code": -1121, "msg": "Invalid symbol."}, "refused"),
    ("binance klines", [], "empty"),
    ("binance klines", [kline(DAY1, 3600)], "other_period"),
    ("binance funding", {"code": 0, "msg": "Service unavailable from a restricted location"},
     "refused"),
    ("bybit tickers", {"retCode": 10001, "retMsg": "symbol invalid", "result": {}}, "refused"),
    ("bybit tickers", {"retMsg": "OK"}, "refused"),
    # An inverse contract counts dollars, a linear one coins.
    ("bybit tickers", spoilt("bybit tickers", "result.category", "linear"), "other_unit"),
    ("bybit open interest", spoilt("bybit open interest", "result.category", "option"),
     "other_unit"),
    ("okx candles", {"code": "51001", "msg": "Instrument ID does not exist", "data": []},
     "refused"),
    ("okx candles", {"code": "0", "msg": "", "data": []}, "empty"),
    ("deribit ticker", {"jsonrpc": "2.0", "error": {"code": 13020, "message": "not_found"}},
     "refused"),
    ("deribit chart", spoilt("deribit chart", "result.close", [1.0]), "unequal_lengths"),
    ("hyperliquid states", [{"universe": [{"name": "BTC"}]}, [{}, {}]], "unequal_lengths"),
    ("hyperliquid states", None, "wrong_shape"),
    ("coingecko markets", {"status": {"error_code": 429, "error_message": "limit"}}, "refused"),
    ("mempool pool", [], "wrong_shape"),
    ("ethereum fees", {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005}}, "refused"),
    ("ethereum fees", {"jsonrpc": "2.0", "id": 1, "result": "0x89"}, "other_chain"),
    ("ethereum fees", {"jsonrpc": "2.0", "id": 1, "result": None}, "wrong_shape"),
    ("etherscan oracle", {"status": "0", "message": "NOTOK", "result": "Invalid API Key"},
     "refused"),
    ("blockchair ethereum", {"data": None, "context": {"code": 402, "error": "limit"}}, "refused"),
    ("coins' mood", {"data": [], "metadata": {"error": "limit"}}, "refused"),
    ("shares' mood", {"fear_and_greed": {}}, "wrong_shape"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "code"), DARK, ids=str)
def test_an_error_under_200_is_dark(name: str, body: object, code: str):
    """A refusal, an empty list, or another shape makes no rows, and its code says which it was."""
    with pytest.raises(FeedDark) as dark:
        read(GOOD[name].url, body, DESK)
    assert dark.value.code == code


def test_other_money_is_no_dollars():
    """A pair in tether or euros is never delivered as one in dollars."""
    for name, series, own in (
        ("kraken ohlc", "BTC-USD", "XBTUSDT"),
        ("kraken ohlc", "BTC-USD", "XXBTZEUR"),
    ):
        body = spoilt(name, "result.XXBTZUSD", f"→{own}")
        found = read(GOOD[name].url, body, request(**{series: own}))
        assert numbers(found) == set()
        assert gaps(found) == {(series, "other_unit")}
    found = read(
        GOOD["binance ticker"].url, GOOD["binance ticker"].body, request(BTC_USD="BTCUSDT")
    )
    assert (numbers(found), gaps(found)) == (set(), {("BTC-USD", "other_unit")})
    url = GOOD["coingecko markets"].url.replace("usd", "eur")
    with pytest.raises(FeedDark, match="wanted usd"):
        read(url, GOOD["coingecko markets"].body)


def test_a_swap_in_tether_gives_dollars_its_funding_alone():
    """Funding is a fraction in any money; open interest and mark in tether are no dollars."""
    found = read(
        GOOD["hyperliquid states"].url, GOOD["hyperliquid states"].body, request(BTC_PERP="BTC")
    )
    assert numbers(found) == {("BTC-PERP", "funding", 0.0001)}
    assert ("BTC-PERP", "other_unit") in gaps(found)
    found = read(
        GOOD["hyperliquid states"].url, GOOD["hyperliquid states"].body, request("BTCUSDT-PERP")
    )
    assert units(found)["BTCUSDT-PERP", "open_interest"] == "USDT"

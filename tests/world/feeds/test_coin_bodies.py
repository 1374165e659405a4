"""Every answer of the venues of coins: recorded ones, good ones, and good ones that were spoilt."""

import copy
import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.coins import (
    FEEDS,
    GOOD,
    NOW,
    WIRE,
    adapter,
    endpoints,
    gaps,
    numbers,
    read,
    recorded,
    request,
)  # fmt: skip
from workbench.domain.contracts import contract
from workbench.domain.errors import FeedDark
from workbench.world.feeds.endpoints import Endpoint

DESK = request(
    "BTC-USD", "BTC-USD@1h", "BTCUSDT", "BTCUSDT@1h", "BTC-PERP", "BTCUSDT-PERP", "ETHUSDT-PERP",
    "CRYPTO", "BTC-mempool", "CNN_FNG", "CRYPTO_FNG", "ETH-USD", ETH="ethereum", BTC="bitcoin",
)  # fmt: skip
WRONG: tuple[object, ...] = ({}, True, "1,234.5", [], "NaN", "١٢")
good = pytest.mark.parametrize("name", GOOD)
whole = pytest.mark.skipif(not WIRE.exists(), reason="the recorded bodies lie elsewhere")

# Of each recorded answer: how many numbers it gives, or the gap that says why it gives none.
RECORDED: dict[str, int | tuple[str, str]] = {
    "blockchair/bitcoin-stats.json": 2,
    "blockchair/ethereum-stats.json": 3,
    "coingecko/coins-markets.json": 180,
    "coingecko/global.json": 3,
    "coingecko/search-trending.json": ("", "not_kept"),
    "etherscan/export-TxGrowth.csv": 400,
    "exchanges/binance_0-1.json": ("", "not_kept"),
    "exchanges/binance_futures_http_0_0-1.json": 4,
    "exchanges/binance_futures_http_0_0-3.json": 4,
    "exchanges/binance_http_0_0-1.json": 4,
    "exchanges/binance_http_0_0-2.json": 4,
    "exchanges/binance_http_0_0-3.json": 4,
    "exchanges/bitstamp_0-1.json": ("", "not_kept"),
    "exchanges/bitstamp_http_0_0-1.json": 4,
    "exchanges/bitstamp_http_0_0-2.json": 4,
    "exchanges/bybit_0-1.json": ("", "not_kept"),
    "exchanges/coinbase_0-1.json": ("", "not_kept"),
    "exchanges/deribit_0-1.json": ("", "not_kept"),
    "exchanges/deribit_0-3.json": ("", "not_kept"),
    "exchanges/gemini_0-2.json": ("BTCUSD", "not_kept"),
    "exchanges/kraken_futures_0-1.json": ("", "not_kept"),
    "exchanges/nautilus-binance-klines_response.json": ("", "no_symbol"),
    "exchanges/nautilus-binance-ticker_24hr_response.json": 4,
    "exchanges/nautilus-bybit-http_get_funding_history.json": 2,
    "exchanges/nautilus-coinbase-http_candles.json": 10,
    "exchanges/nautilus-coinbase-http_ticker.json": 3,
    "exchanges/nautilus-deribit-http_get_tradingview_chart_data.json": ("", "no_symbol"),
    "exchanges/nautilus-hyperliquid-http_funding_history.json": 3,
    "exchanges/nautilus-kraken-http_futures_tickers.json": 14,
    "exchanges/nautilus-kraken-http_ohlc.json": 3600,
    "exchanges/nautilus-okx-http_get_funding_rate_history.json": 2,
    "exchanges/xchange-binance-single-24hr-ticker.json": 4,
    "exchanges/xchange-bitstamp-example-ticker-data.json": ("", "no_symbol"),
    "exchanges/xchange-deribit-example-ticker.json": 5,
    "exchanges/xchange-kraken-example-ohlc-data.json": 3595,
    "mempool_space/difficulty-adjustment.json": 2,
    "mempool_space/fees-mempool-blocks.json": 1,
    "mempool_space/fees-recommended.json": 5,
    "mempool_space/mempool-recent.json": ("", "not_kept"),
    "mempool_space/mempool.json": 3,
    "mempool_space/prices.json": 7,
    "mempool_space/websocket-mempoolInfo.json": ("", "not_kept"),
}
# Some of their numbers, copied by hand: file to series, field, value.
BY_HAND = {
    # 1,876,… satoshi: 187713267560047 / 10^8 × 32,723 dollars
    "blockchair/bitcoin-stats.json": ("BTC", "transfer_usd", 61_425_412_543.67),
    # 6,300,512.633065118 ether × 1,774.01 dollars
    "blockchair/ethereum-stats.json": ("ETH", "transfer_usd", 11_177_172_416.2),
    "coingecko/coins-markets.json": ("ethereum", "last", 2419.46),
    "coingecko/global.json": ("CRYPTO", "market_cap", 2_617_034_272_411.137),
    "etherscan/export-TxGrowth.csv": ("ETH", "tx_count", 1_930_818),
    "exchanges/binance_http_0_0-2.json": ("BLZETH", "bid", 0.00006547),
    "exchanges/bitstamp_http_0_0-2.json": ("ethusd", "bid", 3802.90),
    "exchanges/nautilus-bybit-http_get_funding_history.json": ("BTCUSDT", "funding", 0.0001),
    "exchanges/nautilus-coinbase-http_candles.json": ("BTC-USD@1h", "close", 66181.6),
    # 0.0000033 an hour
    "exchanges/nautilus-hyperliquid-http_funding_history.json": ("BTC", "funding", 2.64e-5),
    # 1,000,000 coins × 3,205.25 dollars
    "exchanges/nautilus-kraken-http_futures_tickers.json": (
        "PF_ETHUSD", "open_interest", 3_205_250_000,
    ),
    "exchanges/xchange-deribit-example-ticker.json": ("BTC-3MAY19-5000-P", "bid", 0.01),
    "mempool_space/mempool.json": ("BTC-mempool", "fees", 20_317_481),
    "mempool_space/prices.json": ("BTC-USD", "last", 43_753),
}  # fmt: skip


@whole
def test_every_recorded_answer_gives_what_is_stated():
    """A recorded answer has one reader, and gives so many numbers or the gap that is stated."""
    asked = request(now=NOW.replace(year=2027))
    told: dict[str, int | tuple[str, str]] = {}
    for file, url, body in recorded():
        if url == "websocket":
            continue  # the desk asks REST only; a log of pushed messages has no address
        found = read(url, body, asked)
        count = len(found.observations)
        assert not found.observations["value"].isna().any(), file
        told[file] = count or next(iter(gaps(found)))
    assert told == {file: RECORDED[file] for file in told}
    assert len(told) >= 40


@whole
def test_numbers_of_recorded_answers_are_those_read_by_hand():
    """Units and factors are right where a person reckoned them from the same bytes."""
    for file, url, body in recorded():
        if file in BY_HAND:
            series, field, value = BY_HAND[file]
            found = read(url, body, request(now=NOW.replace(year=2027))).observations
            rows = found[(found["series"] == series) & (found["field"] == field)]
            assert rows["value"].iloc[-1] == pytest.approx(value, rel=1e-9), file


@good
def test_a_good_answer_is_read_whole(name: str):
    """The documented shape of each endpoint gives rows without a gap, or says it is no data."""
    one = GOOD[name]
    found = read(one.url, one.body)
    assert (len(found.observations) == 0) == one.bare
    assert {code for _, code in gaps(found)} == ({"not_kept"} if one.bare else set())
    assert (found.observations["at"] <= NOW).all()
    stated = found.observations["basis"] != "rule"
    assert (found.observations["known_at"].notna() == stated).all()


def test_every_endpoint_has_a_good_answer():
    """No reader goes untried: of each adapter, all but the catch-alls stand in the table."""
    tried = {(feed, one.name) for good in GOOD.values() for feed, one in endpoints(good.url)}
    there: set[tuple[str, str]] = {
        (feed, one.name) for feed in FEEDS for one in adapter(feed).ENDPOINTS
    }
    rest = {"other", "best", "price", "trades", "contracts", "funding info", "products", "socket",
            "chart", "all stats", "named products", "klines"}  # fmt: skip
    assert {name for _, name in there - tried} <= rest


def _places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    keys = body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ()
    for key in keys:
        yield from _places(body[key], (*path, key))


def _put(body: Any, path: tuple[Any, ...], change: str, value: object = None) -> Any:
    """The body with one place of it renamed, doubled, or holding something else."""
    if not path:
        return value
    spoilt = copy.deepcopy(body)
    holder = spoilt
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    if change == "renamed" and isinstance(holder, dict):
        holder[f"{key}_v2"] = holder.pop(key)
    elif change == "twice" and isinstance(holder, list):
        holder.insert(key, holder[key])
    else:
        holder[key] = value
    return spoilt


def _reading(name: str, body: Any) -> set[tuple[str, str, float]] | None:
    """The numbers that a spoilt body gives a desk; None where it is dark."""
    try:
        return numbers(read(GOOD[name].url, body, DESK))
    except FeedDark as dark:
        return None if dark.code.islower() and 0 < len(str(dark)) < 400 else {("", str(dark), 0.0)}


@good
def test_a_blank_is_never_a_number(name: str):
    """Null anywhere takes numbers away and makes none."""
    one = GOOD[name]
    before = numbers(read(one.url, one.body, DESK))
    for path in _places(one.body):
        after = _reading(name, _put(one.body, path, "set", None))
        assert after is None or after <= before, (path, after and after - before)


@pytest.mark.parametrize("name", [name for name in GOOD if "ticker" in name or "candle" in name])
def test_an_empty_text_is_a_blank(name: str):
    """Where venues write numbers as text, an empty one is none."""
    one = GOOD[name]
    before = numbers(read(one.url, one.body, DESK))
    for path in _places(one.body):
        after = _reading(name, _put(one.body, path, "set", ""))
        assert after is None or after <= before, path


@good
def test_a_renamed_field_is_never_a_number(name: str):
    """What is called otherwise is missing, and takes its numbers with it."""
    one = GOOD[name]
    before = numbers(read(one.url, one.body, DESK))
    for path in _places(one.body):
        if path and isinstance(path[-1], str):
            after = _reading(name, _put(one.body, path, "renamed"))
            assert after is None or after <= before, path


@good
def test_a_wrong_type_is_never_a_number(name: str):
    """A list, an object, a truth or text that is no plain decimal is a gap, not a number."""
    one = GOOD[name]
    before = numbers(read(one.url, one.body, DESK))
    for count, path in enumerate(_places(one.body)):
        wrong = WRONG[count % len(WRONG)]
        after = _reading(name, _put(one.body, path, "set", wrong))
        # A block's transactions are counted, whatever they are.
        fewer = {row for row in after or () if row[1] != "block_tx_count"}
        assert fewer <= before, (path, wrong, fewer - before)


@good
def test_what_comes_twice_counts_once(name: str):
    """The same row again adds nothing."""
    one = GOOD[name]
    before = numbers(read(one.url, one.body, DESK))
    for path in _places(one.body):
        if path and isinstance(path[-1], int) and name not in {"ethereum block"}:  # it counts them
            after = _put(one.body, path, "twice")
            try:
                found = read(one.url, after, DESK)
            except FeedDark:
                continue  # a row or a column of another length
            assert numbers(found) <= before, path
            keys = found.observations[["series", "field", "at"]]
            assert not keys.duplicated().any(), path


@given(data=st.data())
def test_a_spoilt_answer_is_dark_or_says_its_gaps(data: st.DataObject):
    """Whatever JSON stands anywhere in an answer, nothing but FeedDark is raised."""
    name = data.draw(st.sampled_from(sorted(GOOD)))
    places = list(_places(GOOD[name].body))
    leaves = (
        st.none() | st.booleans() | st.integers() | st.text(max_size=8)
        | st.floats(allow_nan=False, allow_infinity=False)
    )  # fmt: skip
    anything = st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=6,
    )
    body = GOOD[name].body
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places))
        body = _put(GOOD[name].body, path, "set", data.draw(anything))
    with suppress(FeedDark):
        read(GOOD[name].url, body)  # under the source's own names
    found = _reading(name, body)
    assert found is None or all(math.isfinite(value) for _, _, value in found)


@given(raw=st.binary(max_size=60))
def test_bytes_that_are_no_answer_are_dark(raw: bytes):
    """No reader takes bytes that are not its form for an answer."""
    for feed in FEEDS:
        for one in adapter(feed).ENDPOINTS:
            with pytest.raises(FeedDark):
                one.parse(b"\xff" + raw, request(), f"https://{one.hosts[0]}/chart/tx")


@pytest.mark.parametrize("feed", FEEDS)
def test_an_adapter_has_what_the_desk_asks_of_it(feed: str):
    """Every module has a source, an address, its endpoints with hosts, and fetch."""
    module = adapter(feed)
    assert feed == module.SOURCE
    assert module.BASE.startswith("https://")
    assert all(isinstance(one, Endpoint) and one.hosts for one in module.ENDPOINTS)
    assert callable(module.fetch)
    assert "\nSource: http" in (module.__doc__ or "")


def test_units_are_those_of_the_contracts():
    """What a desk's own series bring is in the unit that its contract states."""
    checked = set()
    for name, one in GOOD.items():
        for row in read(one.url, one.body, DESK).observations.itertuples():
            assert row.series in DESK.series, name
            if stated := contract(row.series, row.field):
                assert row.unit == stated.unit, (name, row.series, row.field)
                assert stated.low <= row.value <= stated.high, (name, row.series, row.field)
                checked.add((row.series, row.field))
    assert len(checked) >= 40

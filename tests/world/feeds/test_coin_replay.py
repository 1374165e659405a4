"""The archive can be rebuilt: the same fetch on recorded answers gives the same rows."""

import asyncio
import json
from collections.abc import Mapping

import pandas as pd
import pytest

from tests.bench.coins import GOOD, adapter, as_reply, request
from tests.bench.served import Reply, by_path, served
from workbench.domain.deliveries import Delivered
from workbench.world.http.client import connected
from workbench.world.http.exchanges import Exchange
from workbench.world.http.limits import Limits
from workbench.world.http.replaying import replayed

POSTED = {
    "metaAndAssetCtxs": "hyperliquid states", "fundingHistory": "hyperliquid funding",
    "eth_feeHistory": "ethereum fees", "eth_getBlockByNumber": "ethereum block",
}  # fmt: skip
FEEDS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "kraken": (("BTC-USD", "SOL-USD"), {"/0/public/Ticker": "kraken ticker",
                                        "/0/public/OHLC?interval=1440&pair=XBT": "kraken ohlc"}),
    "coinbase": (("BTC-USD",), {"/products/BTC-USD/candles": "coinbase candles"}),
    "hyperliquid": (("BTCUSDT-PERP",), {}),
    "ethereum": ((), {}),
    "bybit": (("BTC-PERP",), {"/v5/market/tickers": "bybit tickers"}),
    "mempool": ((), {"/api/mempool": "mempool pool"}),
}  # fmt: skip


@pytest.mark.parametrize("feed", FEEDS)
def test_the_same_fetch_on_the_record_gives_the_same(feed: str):
    """Rows, blanks and gaps of a pull come again from what was recorded, errors included."""
    series, paths = FEEDS[feed]
    plain = by_path({path: as_reply(GOOD[name].body) for path, name in paths.items()})
    kept: list[Exchange] = []
    bodies: dict[str, bytes] = {}

    def answer(method: str, path: str, body: bytes) -> Reply | None:
        if method == "GET":
            return plain(method, path, body)
        question = json.loads(body)
        name = POSTED.get(question.get("type", question.get("method")))
        chain = {"jsonrpc": "2.0", "id": 1, "result": "0x1"}
        return as_reply(GOOD[name].body if name else chain)

    async def keep(one: Exchange, body: bytes) -> None:
        kept.append(one)
        bodies[one.body] = body

    async def twice(base: str) -> tuple[Delivered, Delivered]:
        asked = request(*series, base=base)
        async with connected(Limits(backoff=0.0), paces={}, record=keep) as client:
            first = await adapter(feed).fetch(client.of(feed), asked)
        again = replayed(kept, bodies.__getitem__).of(feed)
        return first, await adapter(feed).fetch(again, asked)

    with served(answer) as server:
        first, second = asyncio.run(twice(server.base))
    assert len(first.observations) > 0
    pd.testing.assert_frame_equal(first.observations, second.observations)
    assert [gap.code for gap in first.gaps] == [gap.code for gap in second.gaps]

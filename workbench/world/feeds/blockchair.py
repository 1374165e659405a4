"""Blockchair's statistics of 24 hours: transactions and value moved on Ethereum and Bitcoin.

Series: ``ETH`` and ``BTC`` with ``tx_count``, ``transfer_usd`` (the value moved, in dollars at the
price that stands beside it) and, of ether, ``mempool_gas_gwei``, the median of what waits. Keyless
within a daily allowance. A volume of 0 is delivered as 0, for the desk's checks to doubt; null is
a blank.
Source: https://blockchair.com/api/docs#link_M03
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from workbench.domain.calendars import UTC
from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins.calls import Call, all_of, endpoint
from workbench.world.feeds.coins.found import Found, mapping, part
from workbench.world.feeds.nodes import Unfit, number_or_numeral, shown
from workbench.world.http.answers import Client, Key
from workbench.world.http.decoding import as_json

SOURCE = "blockchair"
BASE = "https://api.blockchair.com"
HOSTS = ("api.blockchair.com",)
KEY = Key(env="BLOCKCHAIR_API_KEY", query="key")

_WEI, _SATOSHI = 1e-18, 1e-8  # of a coin
_CHAINS = {
    "ethereum": ("ETH", "volume_24h_approximate", _WEI),
    "bitcoin": ("BTC", "volume_24h", _SATOSHI),
}
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def stats(body: bytes, request: Request, url: str) -> Delivered:
    """Transactions and value of 24 hours, as of the newest block."""
    found = Found(source=SOURCE, now=request.now)
    chain = re.search(r"/(\w[\w-]*)/stats", url)
    answer = mapping(as_json(body), what="Blockchair")
    code = _code(answer)
    if code != 200:
        raise FeedDark("refused", f"Blockchair answered code {shown(code)}.")
    data = mapping(answer, "data", what="Blockchair's statistics")
    if chain is None or chain[1] not in _CHAINS:
        found.gap("", "not_kept", f"statistics of {chain[1] if chain else 'all chains'}")
        return found.delivered()
    series, volume, coin = _CHAINS[chain[1]]
    if request.series and series not in request.series:
        found.gap(series, "not_asked", f"statistics of {chain[1]} were not asked for")
        return found.delivered()
    stated = {**data, "best_block_time": _zoned(data.get("best_block_time"))}
    if when := found.stamp(series, stated, "best_block_time", "iso"):
        at, basis = when
        found.take(series, "tx_count", data, "transactions_24h", at, "transactions a day", basis)
        try:
            price = number_or_numeral(part(data, "market_price_usd"), "market_price_usd")
            found.take(series, "transfer_usd", data, volume, at, "USD a day", basis, coin * price)
        except Unfit as error:
            found.gap(series, error.code, f"transfer_usd has no price: {error.reason}")
        if series == "ETH":
            gas = "mempool_median_gas_price"
            found.take(series, "mempool_gas_gwei", data, gas, at, "gwei", basis, 1e-9)
    return found.delivered()


def _code(answer: dict[str, object]) -> object:
    context = answer.get("context")
    return context.get("code") if isinstance(context, dict) else None


def _zoned(value: object) -> object:
    """Blockchair's times are UTC and do not say so: its page on formats does."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return dt.datetime.fromisoformat(value).replace(tzinfo=UTC).isoformat()
        except ValueError:
            return value
    return value


ENDPOINTS = (
    endpoint("stats", "[a-z][a-z-]*(/testnet)?/stats", stats, HOSTS),
    endpoint("all stats", "stats", stats, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    for chain, (series, _, _) in _CHAINS.items():
        if not request.series or series in request.series:
            of = f"{request.base or BASE}/{chain}/stats"
            yield Call(series=(series,), url=of, parse=stats, key=KEY)


async def fetch(client: Client, request: Request) -> Delivered:
    """Statistics of both chains, or of the one that the params name.

    Raises:
        FeedDark: Nothing of it came.
    """
    return await all_of(client, request, _calls(request))

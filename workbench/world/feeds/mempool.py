"""Bitcoin's waiting transactions by mempool.space, or by a node of one's own. Keyless.

Series: ``BTC-mempool`` (count, vsize in virtual bytes, fees in satoshi, recommended fees),
``BTC`` (difficulty, hashrate), ``BTC-USD`` (its last price). Its limits are not told: one
request a second. An empty fee histogram is a node that has just started.
Source: https://mempool.space/docs/api/rest
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.domain.deliveries import Delivered, Request
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, objects, part
from workbench.world.feeds.endpoints import Parse
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "mempool"
BASE = "https://mempool.space"
HOSTS = ("mempool.space",)
POOL = "BTC-mempool"
FEES = {
    "fee_fastest": "fastestFee", "fee_half_hour": "halfHourFee", "fee_hour": "hourFee",
    "fee_economy": "economyFee", "fee_minimum": "minimumFee",
}  # fmt: skip


def _found(request: Request) -> Found:
    return Found(source=SOURCE, now=request.now)


def _wanted(request: Request, *series: str) -> set[str]:
    return {one for one in series if not request.series or one in request.series}


def pool(body: bytes, request: Request, _url: str) -> Delivered:
    """How many transactions wait, how large they are, and what they pay; its moment is the pull."""
    found, one = _found(request), mapping(as_json(body), what="mempool")
    for series in _wanted(request, POOL):
        for name, key, unit in (
            ("count", "count", "transactions"), ("vsize", "vsize", "vB"),
            ("fees", "total_fee", "sat"),
        ):  # fmt: skip
            found.take(series, name, one, key, request.now, unit, "seen")
        try:
            if not isinstance(histogram := part(one, "fee_histogram"), list):
                found.gap(series, "wrong_type", f"fee histogram: got {shown(histogram)}")
            elif not histogram:
                found.gap(series, "empty", "the fee histogram is empty: has the node just started?")
        except Unfit as error:
            found.gap(series, error.code, f"fee histogram: {error.reason}")
    return found.delivered()


def recommended(body: bytes, request: Request, _url: str) -> Delivered:
    """What a virtual byte costs for the next block, half an hour, an hour, and later."""
    found, one = _found(request), mapping(as_json(body), what="recommended fees")
    for series in _wanted(request, POOL):
        for name, key in FEES.items():
            found.take(series, name, one, key, request.now, "sat/vB", "seen")
    return found.delivered()


def blocks_ahead(body: bytes, request: Request, _url: str) -> Delivered:
    """The median fee of the block that would come next."""
    found = _found(request)
    first = objects(as_json(body), what="projected blocks")[0]
    for series in _wanted(request, POOL):
        found.take(series, "fee_median", first, "medianFee", request.now, "sat/vB", "seen")
    return found.delivered()


def adjustment(body: bytes, request: Request, _url: str) -> Delivered:
    """By how much the difficulty is expected to change, and in how many blocks."""
    found, one = _found(request), mapping(as_json(body), what="difficulty adjustment")
    for series in _wanted(request, "BTC"):
        change = "difficulty_change"
        found.take(series, change, one, "difficultyChange", request.now, "%", "seen")
        found.take(series, "retarget_blocks", one, "remainingBlocks", request.now, "blocks", "seen")
    return found.delivered()


def prices(body: bytes, request: Request, _url: str) -> Delivered:
    """The price of bitcoin in each currency, at its time."""
    found, one = _found(request), mapping(as_json(body), what="bitcoin's prices")
    when = found.stamp("", one, "time", "s")
    for currency in one:
        for series in _wanted(request, f"BTC-{currency}") if when and currency != "time" else ():
            if when:
                found.take(series, "last", one, currency, when[0], currency, when[1])
    return found.delivered()


def hashrate(body: bytes, request: Request, _url: str) -> Delivered:
    """Hashes a second by the day, and the difficulty at each adjustment."""
    found, answer = _found(request), mapping(as_json(body), what="hashrate")
    for series in _wanted(request, "BTC"):
        for key, time, name, number_key, unit in (
            ("hashrates", "timestamp", "hashrate", "avgHashrate", "hashes a second"),
            ("difficulty", "time", "difficulty", "difficulty", "difficulty"),
        ):
            table = answer.get(key)
            if not isinstance(table, list):
                found.gap(series, "wrong_type", f"{key}: expected a list, got {shown(table)}")
                continue
            for one in table:
                if when := found.stamp(series, one, time, "s"):
                    found.take(series, name, one, number_key, when[0], unit)
    return found.delivered()


def other(body: bytes, request: Request, _url: str) -> Delivered:
    """Transactions, blocks and the like: read as far as that they are JSON, and not kept."""
    found = _found(request)
    as_json(body)
    found.gap("", "not_kept", "single transactions, blocks or pools, which the desk does not keep")
    return found.delivered()


def socket(body: bytes, request: Request, _url: str) -> Delivered:
    """The first message of the websocket: it counts other units than REST, and is not kept."""
    found = _found(request)
    mapping(as_json(body), what="mempool's websocket")
    found.gap(
        "", "not_kept",
        "a message of the websocket, where total_fee counts bitcoin, not satoshi: REST is asked",
    )  # fmt: skip
    return found.delivered()


ENDPOINTS = in_order(
    endpoint("pool", "api(/v1)?/mempool", pool, HOSTS),
    endpoint("recommended", "api/v1/fees/recommended", recommended, HOSTS),
    endpoint("blocks ahead", "api/v1/fees/mempool-blocks", blocks_ahead, HOSTS),
    endpoint("adjustment", "api/v1/difficulty-adjustment", adjustment, HOSTS),
    endpoint("prices", "api/v1/prices", prices, HOSTS),
    endpoint("hashrate", "api/v1/mining/hashrate(/[^/?]+)?", hashrate, HOSTS),
    endpoint("socket", "api/v1/ws.*", socket, HOSTS),
    endpoint(
        "other", "api/(mempool/(recent|txids)|blocks?(/.*)?|tx/.*|address/.*|v1/(mining|blocks?|"
        "historical-price|cpfp|lightning)(/.*)?)", other, HOSTS,
    ),
)  # fmt: skip


def _calls(request: Request) -> Iterator[Call]:
    base = request.base or BASE
    asked: tuple[tuple[str, str, Parse], ...] = (
        (POOL, "/api/mempool", pool),
        (POOL, "/api/v1/fees/recommended", recommended),
        (POOL, "/api/v1/fees/mempool-blocks", blocks_ahead),
        ("BTC", "/api/v1/difficulty-adjustment", adjustment),
        ("BTC", "/api/v1/mining/hashrate/3m", hashrate),
        ("BTC-USD", "/api/v1/prices", prices),
    )
    for series, path, parse in asked:
        if _wanted(request, series):
            yield Call(series=(series,), url=base + path, parse=parse)


async def fetch(client: Client, request: Request) -> Delivered:
    """Everything above, or what of it the params name.

    Raises:
        FeedDark: Nothing of it came.
    """
    return await all_of(client, request, _calls(request))

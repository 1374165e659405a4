"""Ethereum by JSON-RPC, of any node: the base fee, and the latest finalised block. Keyless.

Series: ``ETH`` with ``gas_gwei`` (the base fee of the next block), ``priority_gwei``,
``block_tx_count`` and ``block_gas_used``. A node says first which chain it follows: another than
Ethereum's own is dark. ``base`` names the node; the default is a public one.
Source: https://ethereum.org/en/developers/docs/apis/json-rpc/
"""

from __future__ import annotations

import json
import re

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins.calls import Call, all_of, one
from workbench.world.feeds.coins.found import Found, mapping, objects, part
from workbench.world.feeds.endpoints import Endpoint, together
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client
from workbench.world.http.decoding import as_json

SOURCE = "ethereum"
BASE = "https://ethereum-rpc.publicnode.com"
HOSTS = ("ethereum-rpc.publicnode.com", "eth.llamarpc.com", "cloudflare-eth.com")
SERIES = "ETH"

_HEX = re.compile(r"0x[0-9a-fA-F]{1,64}")
_WEI = 1e-9  # of a gwei
_ASKED = {
    1: ("eth_chainId", []),
    2: ("eth_feeHistory", ["0x4", "latest", [50]]),
    3: ("eth_getBlockByNumber", ["finalized", False]),
}


def _quantity(value: object) -> int:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise Unfit("wrong_type", f"expected a quantity such as 0x1f, got {shown(value)}.")
    return int(value, 16)


def rpc(body: bytes, request: Request, _url: str) -> Delivered:
    """The answer to any of the questions above, known by its shape.

    Raises:
        FeedDark: The node refused, follows another chain, or answered something else.
    """
    answer = mapping(as_json(body), what="Ethereum")
    if answer.get("error"):
        raise FeedDark("refused", f"Ethereum: the node answered {shown(answer['error'])}.")
    try:
        result = part(answer, "result")
        found = Found(source=SOURCE, now=request.now)
        if isinstance(result, str):
            _chain(_quantity(result))
        elif isinstance(result, dict) and "baseFeePerGas" in result and "oldestBlock" in result:
            _fees(found, result)
        elif isinstance(result, dict) and {"transactions", "timestamp"} & result.keys():
            _block(found, result)
        else:
            raise FeedDark("wrong_shape", f"Ethereum: neither fees nor block: {shown(result)}.")
    except Unfit as error:
        raise FeedDark("wrong_shape", f"Ethereum: {error.reason}") from error
    return found.delivered()


def _chain(number: int) -> None:
    if number != 1:
        raise FeedDark("other_chain", f"Ethereum: the node follows chain {number}, wanted 1.")


def _fees(found: Found, result: dict[str, object]) -> None:
    fees = objects(result, "baseFeePerGas", what="Ethereum's base fees")
    found.add(SERIES, "gas_gwei", found.now, _quantity(fees[-1]) * _WEI, "gwei", "seen")
    try:
        tip = _quantity(part(part(part(result, "reward"), -1), 0))
        found.add(SERIES, "priority_gwei", found.now, tip * _WEI, "gwei", "seen")
    except Unfit as error:
        found.gap(SERIES, error.code, f"priority_gwei: {error.reason}")


def _block(found: Found, result: dict[str, object]) -> None:
    stated = {**result, "timestamp": _quantity(part(result, "timestamp"))}
    when = found.stamp(SERIES, stated, "timestamp", "s")
    if when is None:
        return
    transactions = part(result, "transactions")
    if isinstance(transactions, list):
        count = float(len(transactions))
        found.add(SERIES, "block_tx_count", when[0], count, "transactions", when[1])
    else:
        found.gap(SERIES, "wrong_type", f"block_tx_count: got {shown(transactions)}")
    try:
        used = float(_quantity(part(result, "gasUsed")))
        found.add(SERIES, "block_gas_used", when[0], used, "gas", when[1])
    except Unfit as error:
        found.gap(SERIES, error.code, f"block_gas_used: {error.reason}")


ENDPOINTS = (
    Endpoint(name="rpc", pattern=re.compile(r"^/[^?]*(\?|$)"), hosts=HOSTS, form="json", parse=rpc),
)


def _call(request: Request, number: int, *series: str) -> Call:
    method, params = _ASKED[number]
    question = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return Call(
        series=series, url=request.base or BASE, parse=rpc, body=json.dumps(question).encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip


async def fetch(client: Client, request: Request) -> Delivered:
    """Base fee and latest finalised block, of a node that follows Ethereum.

    Raises:
        FeedDark: It follows another chain, or nothing came.
    """
    chain = await one(client, request, _call(request, 1))
    rest = await all_of(client, request, (_call(request, number, SERIES) for number in (2, 3)))
    return together((chain, rest))

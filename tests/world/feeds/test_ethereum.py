"""Ethereum by JSON-RPC, asked of a local server."""

import json

import pytest

from tests.bench.coins import GOOD, fetched, last, request, units
from tests.bench.served import Answering, Reply, served
from workbench.domain.deliveries import Delivered
from workbench.domain.errors import FeedDark


def node(chain: str) -> Answering:
    def answer(_method: str, _path: str, body: bytes) -> Reply:
        found = {
            "eth_chainId": {"jsonrpc": "2.0", "id": 1, "result": chain},
            "eth_feeHistory": GOOD["ethereum fees"].body,
            "eth_getBlockByNumber": GOOD["ethereum block"].body,
        }[json.loads(body)["method"]]
        return Reply(body=json.dumps(found).encode())

    return answer


def of(chain: str) -> Delivered:
    with served(node(chain)) as server:
        return fetched("ethereum", request(base=server.base))


def test_gas_and_the_final_block_come_through_the_client():
    """The next block's base fee in gwei; the final block's transactions at its own time."""
    found = of("0x1")
    assert last(found) == {
        ("ETH", "gas_gwei"): pytest.approx(2.0), ("ETH", "priority_gwei"): pytest.approx(0.1),
        ("ETH", "block_tx_count"): 3.0, ("ETH", "block_gas_used"): 15_000_000.0,
    }  # fmt: skip
    assert units(found)["ETH", "gas_gwei"] == "gwei"
    assert found.gaps == ()


def test_a_node_of_another_chain_is_dark():
    """Gas of Polygon is no gas of Ethereum: nothing else is asked."""
    with pytest.raises(FeedDark, match="chain 137"):
        of("0x89")

"""Hyperliquid's perpetual swaps, asked of a local server."""

import json

import pytest

from tests.bench.coins import GOOD, fetched, last, request, units
from tests.bench.served import Reply, served


def test_state_and_funding_come_through_the_client():
    """One address, two questions; hourly rates times eight, coins times the mark in tether."""

    def answer(_method: str, _path: str, body: bytes) -> Reply:
        kind = json.loads(body)["type"]
        name = "hyperliquid funding" if kind == "fundingHistory" else "hyperliquid states"
        return Reply(body=json.dumps(GOOD[name].body).encode())

    with served(answer) as server:
        found = fetched("hyperliquid", request("BTCUSDT-PERP", base=server.base))
        assert [json.loads(body).get("coin") for body in server.bodies] == [None, "BTC"]
        assert {path for _, path in server.asked} == {"/info"}
    assert last(found)["BTCUSDT-PERP", "funding"] == pytest.approx(0.0001)
    assert last(found)["BTCUSDT-PERP", "open_interest"] == pytest.approx(30.5 * 101)
    assert units(found)["BTCUSDT-PERP", "mark"] == "USDT"
    assert found.gaps == ()

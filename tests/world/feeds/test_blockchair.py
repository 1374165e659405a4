"""Blockchair's statistics, asked of a local server."""

import math

import pytest

from tests.bench.coins import GOOD, brought, gaps, last

ETH = GOOD["blockchair ethereum"].body
BTC = GOOD["blockchair bitcoin"].body


def of(**changed: object) -> dict[tuple[str, str], float]:
    body = {**ETH, "data": {**ETH["data"], **changed}}
    return last(brought("blockchair", {"/ethereum/stats": body}, "ETH")[0])


def test_both_chains_come_through_the_client():
    """Wei and satoshi are coins, coins times their price dollars."""
    paths = {"/ethereum/stats": ETH, "/bitcoin/stats": BTC}
    found, asked = brought("blockchair", paths)
    assert last(found)["ETH", "transfer_usd"] == pytest.approx(6_300_000 * 2000)
    assert last(found)["BTC", "transfer_usd"] == pytest.approx(800_000 * 67_000)
    assert last(found)["ETH", "tx_count"] == 1_806_814
    assert found.gaps == ()
    assert asked == ["/ethereum/stats", "/bitcoin/stats"]


def test_no_dollars_on_1_8_million_transactions_arrives_as_exactly_that():
    """The seed's fault S01 reaches the checks as it was said: 0 beside the transactions."""
    found = of(volume_24h_approximate="0")
    assert found["ETH", "transfer_usd"] == 0.0
    assert found["ETH", "tx_count"] == 1_806_814


def test_a_volume_that_is_null_or_missing_is_not_zero():
    """S03: null is a blank, a missing field a gap; neither is a number."""
    assert math.isnan(of(volume_24h_approximate=None)["ETH", "transfer_usd"])
    data = {key: value for key, value in ETH["data"].items() if "volume" not in key}
    found, _ = brought("blockchair", {"/ethereum/stats": {**ETH, "data": data}}, "ETH")
    assert ("ETH", "transfer_usd") not in last(found)
    assert ("ETH", "no_field") in gaps(found)

"""The mempool, asked of a local server: a node of one's own."""

from tests.bench.coins import GOOD, brought, last, units

PATHS = {
    "/api/mempool": GOOD["mempool pool"].body,
    "/api/v1/fees/recommended": GOOD["mempool recommended"].body,
    "/api/v1/fees/mempool-blocks": GOOD["mempool blocks"].body,
    "/api/v1/difficulty-adjustment": GOOD["mempool adjustment"].body,
    "/api/v1/mining/hashrate": GOOD["mempool hashrate"].body,
    "/api/v1/prices": GOOD["mempool prices"].body,
}


def test_everything_comes_through_the_client():
    """Without params all of it comes: virtual bytes, satoshi, and what a byte costs."""
    found, _ = brought("mempool", PATHS)
    assert last(found)["BTC-mempool", "vsize"] == 1_891_542
    assert units(found)["BTC-mempool", "vsize"] == "vB"
    assert units(found)["BTC-mempool", "fees"] == "sat"
    assert last(found)["BTC-mempool", "fee_fastest"] == 9
    assert last(found)["BTC", "difficulty_change"] == -1.5
    assert found.gaps == ()


def test_only_what_is_named_is_asked():
    """A desk that wants the mempool alone asks three times."""
    _, asked = brought("mempool", PATHS, "BTC-mempool")
    assert len(asked) == 3


def test_a_mempool_of_zero_arrives_as_zero():
    """A node that restarts says 0; the desk's checks withhold it, the reader does not hide it."""
    empty = {"count": 0, "vsize": 0, "total_fee": 0, "fee_histogram": []}
    found, _ = brought("mempool", PATHS | {"/api/mempool": empty}, "BTC-mempool")
    assert last(found)["BTC-mempool", "count"] == 0
    assert [gap.code for gap in found.gaps] == ["empty"]

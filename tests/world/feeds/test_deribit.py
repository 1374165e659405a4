"""Deribit's perpetual swaps, asked of a local server."""

from tests.bench.coins import GOOD, brought, gaps, last, read, request, units


def test_state_and_funding_come_through_the_client():
    """BTC-PERP is BTC-PERPETUAL: dollars, and rates that are fractions of eight hours already."""
    found, asked = brought(
        "deribit",
        {"/api/v2/public/ticker": GOOD["deribit ticker"].body,
         "/api/v2/public/get_funding_rate_history": GOOD["deribit funding"].body},
        "BTC-PERP",
    )  # fmt: skip
    assert last(found)["BTC-PERP", "funding"] == 0.0001
    assert last(found)["BTC-PERP", "open_interest"] == 3080.5
    assert units(found)["BTC-PERP", "volume"] == "USD a day"
    assert found.gaps == ()
    assert asked[0] == "/api/v2/public/ticker?instrument_name=BTC-PERPETUAL"


def test_a_contract_in_a_stablecoin_is_no_dollars():
    """SOL_USDC-PERPETUAL under SOL-PERP gives its funding alone."""
    body = {"jsonrpc": "2.0", "result": {
        **GOOD["deribit ticker"].body["result"], "instrument_name": "SOL_USDC-PERPETUAL",
    }}  # fmt: skip
    found = read(GOOD["deribit ticker"].url, body, request(SOL_PERP="SOL_USDC-PERPETUAL"))
    assert set(found.observations["field"]) == {"funding", "open_interest_coins"}
    assert ("SOL-PERP", "other_unit") in gaps(found)


def test_an_answer_without_its_envelope_is_read():
    """Bodies that were recorded as the bare result are the same data."""
    bare = GOOD["deribit funding"].body["result"]
    found = read(GOOD["deribit funding"].url, bare)
    assert last(found) == {("BTC-PERPETUAL", "funding"): 0.0001}

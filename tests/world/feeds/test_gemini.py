"""Gemini's spot market, asked of a local server."""

from tests.bench.coins import GOOD, brought, gaps, last, read


def test_bars_and_quotes_come_through_the_client():
    """A pair brings its finished days, best prices, and the volume of its own coin."""
    found, asked = brought(
        "gemini",
        {"/v2/candles/btcusd/1day": GOOD["gemini candles"].body,
         "/v1/pubticker/btcusd": GOOD["gemini public ticker"].body},
        "BTC-USD",
    )  # fmt: skip
    assert last(found)["BTC-USD", "close"] == 104.0
    assert last(found)["BTC-USD", "volume_24h"] == 1200.5
    assert found.gaps == ()
    assert asked == ["/v2/candles/btcusd/1day", "/v1/pubticker/btcusd"]


def test_a_pair_with_another_quote_than_its_name_says_is_told():
    """What a symbol is may contradict its name: then prices under it are in other money."""
    body = {**GOOD["gemini details"].body, "quote_currency": "GUSD"}
    assert ("BTCUSD", "other_unit") in gaps(read(GOOD["gemini details"].url, body))

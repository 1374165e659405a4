"""CoinGecko, asked of a local server."""

from tests.bench.coins import GOOD, brought, last


def test_prices_and_the_whole_market_come_through_the_client():
    """A price stands under the pair, volume and value under the coin, the rest under CRYPTO."""
    found, asked = brought(
        "coingecko",
        {"/api/v3/coins/markets": GOOD["coingecko markets"].body,
         "/api/v3/global": GOOD["coingecko global"].body},
        "BTC-USD", "BTC", "CRYPTO",
    )  # fmt: skip
    assert last(found) == {
        ("BTC-USD", "last"): 101.0, ("BTC", "volume_usd"): 121250.5, ("BTC", "market_cap"): 2020.5,
        ("CRYPTO", "market_cap"): 4040.5, ("CRYPTO", "volume_usd"): 250.5,
        ("CRYPTO", "btc_share"): 55.5,
    }  # fmt: skip
    assert found.gaps == ()
    assert asked == ["/api/v3/coins/markets?ids=bitcoin&vs_currency=usd", "/api/v3/global"]

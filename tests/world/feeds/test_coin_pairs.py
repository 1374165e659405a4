"""Names of pairs: whatever a venue writes, the quote is the one that is meant, or none."""

import pytest

from workbench.world.feeds.coins.pairs import currency, pair


@pytest.mark.parametrize(
    ("name", "base", "quote"),
    [
        ("XXBTZUSD", "BTC", "USD"), ("XBTUSD", "BTC", "USD"), ("XBTUSDT", "BTC", "USDT"),
        ("XETHXXBT", "ETH", "BTC"), ("BTC-USD", "BTC", "USD"), ("BTC/EUR", "BTC", "EUR"),
        ("btcusd", "BTC", "USD"), ("SGBEUR", "SGB", "EUR"), ("BTC_USDT", "BTC", "USDT"),
        ("DOTUSD", "DOT", "USD"), ("BNBUSD", "BNB", "USD"), ("XDGUSD", "DOGE", "USD"),
        ("BTCTUSD", "BTC", "TUSD"), ("BTCBUSD", "BTC", "BUSD"), ("ETHFDUSD", "ETH", "FDUSD"),
        ("USDTUSD", "USDT", "USD"), ("BLZETH", "BLZ", "ETH"), ("SOLUSD", "SOL", "USD"),
    ],
)  # fmt: skip
def test_a_pair_is_read_as_it_is_meant(name: str, base: str, quote: str):
    """A stablecoin is never taken for dollars, nor the end of a coin's name for a stablecoin."""
    found = pair(name)
    assert found is not None
    assert (found.base, found.quote) == (base, quote)


@pytest.mark.parametrize("name", ["XYZBUSD", "QQTUSD", "BTC-24SEP21", "BTC-PERP", "ABC", "USD", ""])
def test_what_cannot_be_told_is_not_guessed(name: str):
    """A name that may mean two quotes, or none, means none."""
    assert pair(name) is None


def test_a_series_promises_its_currency():
    """Ids of pairs and of swaps say in what they are; other ids promise nothing."""
    assert [currency(one) for one in ("SOL-USD@1h", "SOLUSDT", "SOL-PERP", "SOLUSDC-PERP", "ETH")] \
        == ["USD", "USDT", "USD", "USDC", ""]  # fmt: skip

"""Coinbase's spot market, asked of a local server."""

import datetime as dt

from tests.bench.coins import GOOD, NOW, SINCE, brought, gaps, last, read, request, rows


def test_bars_and_quotes_come_through_the_client():
    """Days and hours are asked apart; columns stand as Coinbase has them: low before high."""
    found, asked = brought(
        "coinbase",
        {"/products/BTC-USD/candles": GOOD["coinbase candles"].body,
         "/products/BTC-USD/ticker": GOOD["coinbase ticker"].body},
        "BTC-USD",
    )  # fmt: skip
    day = {field: rows(found)["BTC-USD", field, "04-02T00:00"] for field in ("low", "high", "open")}
    assert day == {"low": 95.0, "high": 105.0, "open": 100.0}
    assert last(found)["BTC-USD", "last"] == 101.0
    assert found.gaps == ()
    assert "granularity=86400&start=2026-03-31T" in asked[0]


def test_a_long_history_is_asked_in_pieces_of_300():
    """Two years of days are three answers, one after the other without a hole."""
    since = SINCE.replace(year=2024)
    _, asked = brought(
        "coinbase", {"/products/BTC-USD": GOOD["coinbase candles"].body}, "BTC-USD", since=since
    )
    pieces = [path for path in asked if "candles" in path]
    assert len(pieces) == 3
    assert "2024-03-31" in pieces[0]


def test_bars_of_another_length_are_not_those_that_were_asked():
    """Days in answer to a question for hours give no hours, off their grid no bar at all."""
    url = GOOD["coinbase candles"].url.replace("86400", "3600")
    asked = request("BTC-USD", "BTC-USD@1h")
    found = read(url, [[1775001660, 1.0, 1.0, 1.0, 1.0, 1.0]], asked)
    assert len(found.observations) == 0
    assert ("BTC-USD", "off_grid") in gaps(found)
    days = read(GOOD["coinbase candles"].url, GOOD["coinbase candles"].body, asked)
    assert set(days.observations["series"]) == {"BTC-USD"}


def test_a_quote_from_within_the_pull_is_dated_by_its_moment():
    """Seconds after the pull began are its moment, as seen; an hour after it is a fault."""
    body = dict(GOOD["coinbase ticker"].body)
    for later, count in ((NOW + dt.timedelta(seconds=9), 4), (NOW + dt.timedelta(hours=1), 0)):
        found = read(GOOD["coinbase ticker"].url, body | {"time": later.isoformat()})
        frame = found.observations
        assert len(frame) == count
        assert (frame["at"] == NOW).all()
        assert (frame["known_at"] == NOW).all()
        assert set(frame["basis"]) <= {"seen"}
    assert ("BTC-USD", "future") in gaps(found)

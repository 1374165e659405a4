"""Prediction markets: claims of the desk with price and spread, and markets by their own name."""

import datetime as dt
import json
import math
from pathlib import Path

import pytest

from tests.bench.pulled import pulled, request
from tests.bench.served import Reply, by_path
from workbench.domain.contracts import contract
from workbench.domain.deliveries import Delivered
from workbench.domain.errors import FeedDark
from workbench.domain.instruments import INSTRUMENTS
from workbench.measures.quotes import quotes
from workbench.world.archive import Archive
from workbench.world.feeds import kalshi, manifold, polymarket, wagers

NOW = dt.datetime(2026, 3, 27, 15, tzinfo=dt.UTC)
TITLE = "Will Tesla (TSLA) close above $360 on March 30?"
RULES = "Resolves Yes if the official closing price of Tesla on March 30, 2026 is higher than $360."
SENTENCE = "Tesla closes above 360 on Mon 30 Mar 2026"


def gamma(**changes: object) -> dict[str, object]:
    return {
        "slug": "tsla-360", "question": TITLE, "description": RULES, "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.41", "0.59"]', "bestBid": 0.40, "bestAsk": 0.42,
        "endDate": "2026-03-30T20:00:00Z", "updatedAt": "2026-03-27T14:58:00Z", "closed": False,
    } | changes  # fmt: skip


def contract_of(**changes: object) -> dict[str, object]:
    return {
        "ticker": "KXTSLA-26MAR30", "title": TITLE, "rules_primary": RULES, "rules_secondary": "",
        "close_time": "2026-03-30T20:00:00Z", "status": "active", "market_type": "binary",
        "yes_bid_dollars": "0.4000", "yes_ask_dollars": "0.4200",
    } | changes  # fmt: skip


def manifest(**changes: object) -> dict[str, object]:
    return {
        "slug": "tsla-above-360", "question": TITLE, "textDescription": RULES, "probability": 0.41,
        "closeTime": 1774900800000, "outcomeType": "BINARY", "isResolved": False,
    } | changes  # fmt: skip


def cells(found: Delivered) -> dict[tuple[str, str], float]:
    rows = found.observations
    return {
        (series, field): value
        for series, field, value in zip(rows["series"], rows["field"], rows["value"], strict=True)
    }


def parsed(module: object, one: object, series: dict[str, str] | None = None) -> Delivered:
    body = json.dumps(one).encode()
    parse = module.parse  # type: ignore[attr-defined]
    return parse(body, request(series or {}, NOW), "https://example.org/")


def codes(found: Delivered) -> list[str]:
    return [one.code for one in found.gaps]


@pytest.mark.parametrize(
    ("module", "one", "spread"),
    [
        (polymarket, [gamma()], 0.02),
        (kalshi, {"markets": [contract_of()]}, 0.02),
        (manifold, [manifest()], None),
    ],
    ids=["polymarket", "kalshi", "manifold"],
)
def test_a_claim_of_the_desk_is_delivered_as_one(module: object, one: object, spread: float | None):
    """The field is the sentence, the value the middle, and the spread stands beside it."""
    name = module.SOURCE  # type: ignore[attr-defined]
    found = cells(parsed(module, one, {f"market:{name}": f"market:{name}"}))
    expected = {(f"market:{name}", SENTENCE): 0.41}
    if spread is not None:
        expected[f"spread:{name}", SENTENCE] = spread
    assert found == pytest.approx(expected)
    assert all(contract(*key) for key in found)


def test_markets_by_name_and_everything_without_names():
    """A market asked for by name is delivered whatever it is about; without names all are."""
    fed = contract_of(ticker="KXFED-26JUL", title="Fed holds?", rules_primary="If the Fed holds.")
    both = {"markets": [contract_of(), fed]}
    named = parsed(kalshi, both, {"fed": "x", "kalshi:KXFED-26JUL": "kalshi:KXFED-26JUL"})
    assert set(cells(named)) == {("kalshi:KXFED-26JUL", "mid"), ("kalshi:KXFED-26JUL", "spread")}
    assert len(cells(parsed(kalshi, both))) == 6
    lost = parsed(kalshi, both, {"kalshi:NONE": "kalshi:NONE"})
    assert codes(lost) == ["not_found"]


QUOTES = {
    "no bid": ({"bestBid": None}, "no_quote"),
    "a bid of nothing": ({"bestBid": 0}, "no_quote"),
    "an ask of everything": ({"bestAsk": 1}, "no_quote"),
    "crossed": ({"bestBid": 0.43}, "crossed"),
    "locked": ({"bestBid": 0.42}, "crossed"),
    "cents": ({"bestBid": 40, "bestAsk": 42}, "bad_price"),
    "negative": ({"bestBid": -0.1}, "bad_price"),
    "words": ({"bestBid": "forty"}, "bad_price"),
    "the future": ({"updatedAt": "2026-03-27T15:30:00Z"}, "future"),
}


@pytest.mark.parametrize("name", QUOTES)
def test_a_quote_that_is_none_is_a_gap(name: str):
    """Crossed, zero, one-sided, in another unit, from the future: no price is made of it (S29)."""
    changes, code = QUOTES[name]
    found = parsed(polymarket, [gamma(**changes)])
    assert cells(found) == {}
    assert code in codes(found)


GAMMA_ROWS = {
    "no slug": {"slug": None},
    "no outcomes": {"outcomes": None},
    "three outcomes": {"outcomes": '["A", "B", "C"]'},
    "torn outcomes": {"outcomes": '["Yes", '},
    "prices of more than 1": {"outcomePrices": '["0.41", "0.99"]'},
    "prices in per cent": {"outcomePrices": '["41", "59"]'},
    "prices of nothing": {"outcomePrices": '["0", "0"]'},
    "no time": {"updatedAt": None},
    "a time without zone": {"updatedAt": "2026-03-27T14:58:00"},
}
KALSHI_ROWS = {
    "no ticker": {"ticker": None},
    "no prices": {"yes_bid_dollars": "0.40", "yes_ask_dollars": None, "yes_ask": 97},
    "renamed prices": {"yes_bid_dollars": "0.40", "yes_bid": 4},
}


@pytest.mark.parametrize("name", GAMMA_ROWS)
def test_one_bad_market_costs_only_itself(name: str):
    """A field missing, renamed or of another type is a gap; when all fail the feed is dark."""
    bad = gamma(**GAMMA_ROWS[name])
    found = parsed(polymarket, [bad, gamma(slug="other")])
    assert ("polymarket:other", "mid") in cells(found)
    assert "bad_row" in codes(found)
    with pytest.raises(FeedDark):
        parsed(polymarket, [bad])


def test_cents_and_dollars():
    """Old answers are in cents, new ones in dollars; both at once must agree."""
    old = contract_of(yes_bid=40, yes_ask=42)
    for name in ("yes_bid_dollars", "yes_ask_dollars"):
        del old[name]
    assert cells(parsed(kalshi, {"markets": [old]}))["kalshi:KXTSLA-26MAR30", "mid"] == 0.41
    both = parsed(
        kalshi, {"markets": [contract_of(yes_bid=40), contract_of(ticker="B", yes_bid=4)]}
    )
    assert "bad_row" in codes(both)
    with pytest.raises(FeedDark):
        parsed(kalshi, {"markets": [contract_of(yes_bid_dollars="0.40", yes_bid=4)]})
    gone = contract_of()
    del gone["yes_ask_dollars"]
    with pytest.raises(FeedDark, match="neither yes_ask_dollars nor yes_ask"):
        parsed(kalshi, {"market": gone})


@pytest.mark.parametrize(
    ("module", "one", "code"),
    [
        (polymarket, [], "no_data"),
        (kalshi, {"markets": []}, "no_data"),
        (kalshi, {"events": [{"event_ticker": "A"}]}, "no_data"),
        (manifold, [], "no_data"),
        (polymarket, [gamma(closed=True)], "closed"),
        (kalshi, {"markets": [contract_of(status="settled")]}, "closed"),
        (manifold, [manifest(isResolved=True)], "closed"),
        (manifold, [manifest(outcomeType="NUMERIC")], "not_binary"),
    ],
)
def test_nothing_open_is_said(module: object, one: object, code: str):
    """An empty list, or one of closed markets, delivers nothing and says so."""
    found = parsed(module, one)
    assert (cells(found), codes(found)) == ({}, [code])


@pytest.mark.parametrize(
    ("module", "one"),
    [
        (polymarket, {"error": "x"}), (polymarket, "x"), (polymarket, None),
        (kalshi, {"error": {}}),
        (kalshi, {"markets": {}}), (kalshi, 3), (manifold, {"message": "x"}), (manifold, [1, 2]),
        (manifold, [manifest(probability="0.4")]), (manifold, [manifest(probability=None)]),
    ],
)  # fmt: skip
def test_what_is_no_list_of_markets_is_dark(module: object, one: object):
    """An error object, another type or a renamed list makes the feed dark."""
    with pytest.raises(FeedDark):
        parsed(module, one)


def test_a_book_of_bids_for_yes_and_no():
    """A bid for no is an offer of yes at what is left of 1; best is best whatever the order."""
    book = {
        "orderbook_fp": {
            "yes_dollars": [["0.40", "5"], ["0.38", "9"]],
            "no_dollars": [["0.50", "1"], ["0.58", "2"]],
        }
    }
    body = json.dumps(book).encode()
    address = "https://api.elections.kalshi.com/trade-api/v2/markets/KXA-1/orderbook"
    found = kalshi.book(body, request({}, NOW), address)
    assert cells(found) == pytest.approx(
        {("kalshi:KXA-1", "mid"): 0.41, ("kalshi:KXA-1", "spread"): 0.02}
    )
    cents = json.dumps({"orderbook": {"yes": [[40, 5]], "no": [[58, 2]]}}).encode()
    assert cells(kalshi.book(cents, request({}, NOW), address)) == pytest.approx(cells(found))
    empty = json.dumps({"orderbook": {"yes": None, "no": None}}).encode()
    assert "no_quote" in codes(kalshi.book(empty, request({}, NOW), address))


@pytest.mark.parametrize("stamp", ["1774623480", "1774623480000000", None, "soon", True])
def test_a_book_dated_in_another_unit_is_dark(stamp: object):
    """Seconds and microseconds are no milliseconds (S16)."""
    book = {"asset_id": "12", "timestamp": stamp, "bids": [], "asks": []}
    with pytest.raises(FeedDark):
        parsed(polymarket, book)


def test_trades_are_known_when_they_were_made():
    """A trade states its own time; one without price or time is counted out."""
    rows = [
        {"ticker": "A", "yes_price_dollars": "0.38", "created_time": "2026-03-27T14:00:00Z"},
        {"ticker": "A", "yes_price": 39, "created_time": "2026-03-27T14:01:00Z"},
        {"ticker": "A", "created_time": "2026-03-27T14:02:00Z"},
    ]
    found = kalshi.trades(json.dumps({"trades": rows}).encode(), request({}, NOW), "")
    assert list(found.observations["value"]) == [0.38, 0.39]
    assert list(found.observations["known_at"]) == list(found.observations["at"])
    assert codes(found) == ["bad_row"]


def test_pulls_end_to_end():
    """Each market is asked where it should be, by the real client, and again from its record."""
    page = {"markets": [contract_of()], "cursor": ""}
    found, server = pulled(
        kalshi.fetch, request({"market:kalshi": "KXTSLA"}, NOW),
        by_path({"/trade-api/v2/markets": Reply(body=json.dumps(page).encode())}),
    )  # fmt: skip
    assert ("market:kalshi", SENTENCE) in cells(found)
    assert "series_ticker=KXTSLA" in server.asked[0][1]
    events = [{"title": "Tesla", "markets": [gamma(), gamma(slug="b", question="Elon on Mars?")]}]
    found, server = pulled(
        polymarket.fetch, request({"market:polymarket": "stocks"}, NOW),
        by_path({"/events": Reply(body=json.dumps(events).encode())}),
    )  # fmt: skip
    assert ("spread:polymarket", SENTENCE) in cells(found)
    assert found.gaps[0].reason.startswith("2 markets read, 1 are claims of this desk")
    bare = manifest()
    del bare["textDescription"]
    found, server = pulled(
        manifold.fetch, request({"market:manifold": "TSLA"}, NOW),
        by_path({
            "/v0/search-markets": Reply(body=json.dumps([bare]).encode()),
            "/v0/slug/tsla-above-360": Reply(body=json.dumps(manifest()).encode()),
        }),
    )  # fmt: skip
    assert cells(found) == {("market:manifold", SENTENCE): 0.41}
    assert len(server.asked) == 2


def test_a_delivered_claim_is_a_quote_of_the_desk(tmp_path: Path):
    """What is delivered as a claim is what the desk reads as one, with its price."""
    found = parsed(kalshi, {"markets": [contract_of()]}, {"market:kalshi": "KXTSLA"})
    rows = found.observations.assign(known_at=found.observations["at"])
    archive = Archive(tmp_path / "archive")
    archive.append(rows, origin="kalshi", through=NOW)
    snapshot = archive.as_of(NOW, {"market:kalshi": (), "spread:kalshi": ()})
    known, flags = quotes(snapshot, INSTRUMENTS)
    assert [(one.market, one.probability) for one in known] == [("kalshi", 0.41)]
    assert flags == ()


def test_one_list_that_fails_is_a_gap():
    """A tag that cannot be read costs itself; all of them make the feed dark."""
    good = Reply(body=json.dumps([{"markets": [gamma()]}]).encode())

    def some(_method: str, path: str, _body: bytes) -> Reply:
        return good if "stocks" in path else Reply(body=b"{}", status=500)

    found, _ = pulled(polymarket.fetch, request({"market:polymarket": "stocks crypto"}, NOW), some)
    assert ("market:polymarket", SENTENCE) in cells(found)
    assert "unavailable" in codes(found)
    with pytest.raises(FeedDark):
        pulled(polymarket.fetch, request({"market:polymarket": "crypto"}, NOW), some)


def test_prices_of_any_kind():
    """A price is a number or its text; nothing is none, and anything else is no price."""
    assert math.isnan(wagers.price(None))
    assert math.isnan(wagers.price(""))
    assert all(math.isinf(wagers.price(one)) for one in (True, [], "1,5", "0x1", "1e3", math.inf))

"""Every recorded body of these services gives what is stated; no mutation of one is a crash."""

import datetime as dt
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bench.pulled import pulled, request
from tests.bench.served import Reply
from workbench.domain.contracts import contract
from workbench.domain.deliveries import COLUMNS, ITEM_COLUMNS, Delivered
from workbench.domain.errors import FeedDark
from workbench.world.feeds import github, kalshi, news, polymarket, sec
from workbench.world.feeds.endpoints import Endpoint

WIRE = Path(__file__).parents[2].parent / "shared/data/wire"
FEEDS: dict[str, ModuleType] = {
    "sec": sec, "github": github, "rss": news, "polymarket": polymarket, "kalshi": kalshi,
}  # fmt: skip
pytestmark = pytest.mark.skipif(not WIRE.exists(), reason="the recorded bodies are not here")

# Rows, items, codes of the gaps; or the code with which the whole answer is refused.
STATED: dict[str, tuple[int, int, list[str]] | str] = {
    "sec/company_tickers.json": (0, 0, []),
    "sec/current-filings.atom.xml": (0, 40, []),
    "sec/doc-0001045810-26-000024-index.html": (0, 1, []),
    "sec/doc-d435686d8k.htm": (0, 1, []),
    "sec/doc-jpm-20260624.htm": (0, 1, []),
    "sec/doc-jwn-20230301.htm": (0, 1, []),
    "sec/doc-nvda-20260302.htm": (0, 1, []),
    "sec/submissions-AAPL.json.gz": (0, 0, ["not_read"]),
    "sec/submissions-NVDA.json.gz": (0, 0, ["not_read"]),
    "sec/submissions-NVDA.json": (0, 150, []),
    "sec/submissions-TSLA.json": (0, 150, []),
    "sec/submissions-TSLA-page2.json": (0, 150, []),
    "sec/submissions-no-filings.json": (0, 0, ["no_data"]),
    "sec/submissions-small-fund.json": (0, 1, []),
    "github/octokit-errors-0.json": "refused",
    "github/octokit-get-repository-0.json": (3, 0, []),
    "github/octokit-paginate-issues-0.json": (0, 0, ["not_read"]),
    "github/octokit-paginate-issues-1.json": (0, 0, ["not_read"]),
    "github/octokit-paginate-issues-2.json": (0, 0, ["not_read"]),
    "rss/cnbc.xml": (0, 29, ["old"]),
    "rss/nytimes.xml": (0, 50, []),
    "rss/seekingalpha.xml": (0, 20, []),
    "rss/rssparser-guardian.rss": (0, 0, ["old"]),
    "rss/rssparser-reddit.rss": (0, 0, ["old"]),
    "rss/rssparser-uolNoticias-latin1-malformed.rss": (0, 0, ["old"]),
    "rss/headlines-fetched.json": (0, 0, ["future"]),
    "polymarket/bx-polymarket_events.json": (4, 0, ["closed", "no_quote", "not_a_claim"]),
    "polymarket/bx-polymarket_markets.json": (6, 0, ["not_a_claim"]),
    "polymarket/gamma-markets.json": (10, 0, ["not_a_claim"]),
    "polymarket/nautilus-clob_book_response.json": (2, 0, ["not_a_claim"]),
    "polymarket/nautilus-gamma_event.json": (4, 0, ["not_a_claim"]),
    "polymarket/nautilus-gamma_market.json": (2, 0, ["not_a_claim"]),
    "polymarket/nautilus-gamma_market_closed_nonbinary_legacy.json": (0, 0, ["closed"]),
    "polymarket/polyarb-doc-clob.json": "no endpoint",
    "polymarket/polyarb-doc-gamma.json": "no endpoint",
    "kalshi/bx-kalshi_events.json": (18, 0, ["not_a_claim"]),
    "kalshi/bx-kalshi_markets.json": (0, 0, ["no_quote", "not_a_claim"]),
    "kalshi/bx-kalshi_orderbook.json": (0, 0, ["no_quote", "not_a_claim"]),
    "kalshi/bx-kalshi_series.json": (0, 0, ["not_read"]),
    "kalshi/bx-kalshi_trades.json": (3, 0, []),
    "kalshi/markets.json": (0, 0, ["no_quote", "not_a_claim"]),
}
"""As of the 9th of March 2026 for headlines, and of the end of July for the rest."""


def recorded() -> Iterator[tuple[str, str, str, int]]:
    """Service, file, address and status of what is here."""
    if not (WIRE / "INDEX.jsonl").exists():
        return
    for line in (WIRE / "INDEX.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        if one["service"] in FEEDS and (WIRE / one["file"]).exists():
            yield one["service"], one["file"], one["url"], one["status"]


def bytes_of(file: str) -> bytes:
    body = (WIRE / file).read_bytes()
    return gzip.decompress(body) if file.endswith(".gz") else body


def endpoint(service: str, url: str) -> Endpoint | None:
    path = "/" + re.sub(r"^\w+://[^/]*/?", "", url)
    return next((e for e in FEEDS[service].ENDPOINTS if e.pattern.search(path)), None)


def read(service: str, file: str, url: str, body: bytes) -> Delivered | str:
    now = dt.datetime(2026, 3, 9, 1, tzinfo=dt.UTC)
    if service != "rss":
        now = dt.datetime(2026, 7, 31, tzinfo=dt.UTC)
    found = endpoint(service, url)
    if found is None:
        return "no endpoint"
    try:
        return found.parse(body, request({}, now), url)
    except FeedDark as dark:
        return dark.code if str(dark) else "no reason"


WHOLE = [
    (service, file, url)
    for service, file, url, status in recorded()
    if (status == 200 or service == "github") and not file.endswith(".txt")
]


@pytest.mark.parametrize(("service", "file", "url"), WHOLE, ids=[file for _, file, _ in WHOLE])
def test_a_recorded_body_gives_what_is_stated(service: str, file: str, url: str):
    """Rows, items and gaps of every recorded body are known; another body is never a crash."""
    found = read(service, file, url, bytes_of(file))
    if isinstance(found, str):
        if file in STATED:
            assert found == STATED[file]
        return
    assert tuple(found.observations.columns) == COLUMNS
    assert tuple(found.items.columns) == ITEM_COLUMNS
    for series, field, unit in zip(
        *(found.observations[name] for name in ("series", "field", "unit")), strict=True
    ):
        told = contract(series, field)
        assert told is not None, (series, field)
        assert told.unit == unit
    assert found.observations["value"].notna().all()
    assert not found.items.duplicated(["series", "key"]).any()
    if file in STATED:
        given_ = (len(found.observations), len(found.items), [one.code for one in found.gaps])
        assert (given_[0], given_[1], sorted(given_[2])) == STATED[file]


def test_every_recorded_body_is_stated():
    """A body that comes to the collection is looked at: here stands what it gives."""
    assert {file for _, file, _ in WHOLE if file in STATED} == set(STATED) & {
        f for _, f, _ in WHOLE
    }
    assert sum(file in STATED for _, file, _ in WHOLE) >= len(STATED) - 3


def whole(file: str) -> Delivered:
    if not (WIRE / file).exists():
        pytest.skip(f"{file} is not here")
    service, url = next((s, u) for s, f, u, _ in recorded() if f == file)
    found = read(service, file, url, bytes_of(file))
    assert isinstance(found, Delivered)
    return found


def test_nvidias_items_by_hand():
    """The 8-K of 2 March 2026 as read by eye: two items, each with its own text only."""
    (row,) = whole("sec/doc-nvda-20260302.htm").items.to_dict("records")
    texts = json.loads(row["detail"])["texts"]
    assert list(texts) == ["5.02", "9.01"]
    assert "$4,000,000" in texts["5.02"]
    assert texts["5.02"].endswith(
        "filed with this report as Exhibit 10.1 and is incorporated herein by reference."
    )
    assert texts["9.01"].startswith("Financial Statements and Exhibits.\n(d) Exhibits")
    assert "SIGNATURE" not in texts["9.01"]
    assert "Rebecca" not in texts["9.01"]
    (row,) = whole("sec/doc-0001045810-26-000024-index.html").items.to_dict("records")
    # 16:11:25 in New York.
    assert row["known_at"].isoformat() == "2026-03-06T21:11:25+00:00"


def test_teslas_list_by_hand():
    """The results of 28 January 2026 were accepted at 16:11 in New York, as the Z says."""
    items = whole("sec/submissions-TSLA.json").items.set_index("key")
    row = items.loc["0001628280-26-003837"]
    assert row["title"] == "8-K: Tesla, Inc. reports results (items 2.02, 9.01)"
    assert row["known_at"].isoformat() == "2026-01-28T21:11:04+00:00"
    assert row["link"].startswith("https://www.sec.gov/Archives/edgar/data/1318605/0001628280260")
    assert items["title"].str.startswith("8-K:").sum() == 15


def test_nvidias_results_are_not_known_before_they_were_out():
    """Its list has New York's clock with a Z: 16:31, after the close, is not 11:31, before it."""
    items = whole("sec/submissions-NVDA.json").items.set_index("key")
    row = items.loc["0001045810-26-000019"]
    assert row["known_at"].isoformat() == "2026-02-25T21:31:25+00:00"
    assert json.loads(row["detail"])["clock"] == "unclear"


def test_prices_by_hand():
    """Prices that lie as text in text, and the dollars of Kalshi, as read by eye."""
    fed = "polymarket:will-there-be-no-change-in-fed-interest-rates-after-the-july-2026-meeting"
    rows = whole("polymarket/bx-polymarket_markets.json").observations.set_index(
        ["series", "field"]
    )
    assert rows.loc[(fed, "mid"), "value"] == pytest.approx((0.734 + 0.737) / 2)
    assert rows.loc[(fed, "spread"), "value"] == pytest.approx(0.003)
    rows = whole("kalshi/bx-kalshi_events.json").observations.set_index(["series", "field"])
    assert rows.loc[("kalshi:KXELONMARS-99", "mid"), "value"] == pytest.approx(0.125)


def test_replays_of_pygithub():
    """Bodies of 200 and of refusals in recorded conversations: read or refused, never a crash."""
    said = []
    for file in sorted((WIRE / "github").glob("*.txt")):
        lines = file.read_text("utf-8").splitlines()
        for path, answer in zip(lines[4::11], lines[9::11], strict=False):
            found = read("github", file.name, f"https://api.github.com{path}", answer.encode())
            said.append((path, found if isinstance(found, str) else found.gaps[0].code))
    assert ("/repos/jacquev6/Xxx", "no_field") in said
    assert ("/user", "refused") in said
    assert ("/rate_limit", "not_read") in said


REFUSED = [(f, u, status) for s, f, u, status in recorded() if s == "sec" and status != 200]


@pytest.mark.parametrize(("file", "url", "status"), REFUSED, ids=[file for file, _, _ in REFUSED])
def test_a_recorded_refusal_is_dark(
    file: str, url: str, status: int, monkeypatch: pytest.MonkeyPatch
):
    """What the SEC answers with 304, 403, 404 and 503 reaches a pull as a reason."""
    monkeypatch.setenv("WORKBENCH_CONTACT", "Jane Doe jane@example.org")
    page = Reply(body=bytes_of(file), status=status, headers={"Content-Type": "application/xml"})
    with pytest.raises(FeedDark) as dark:
        pulled(sec.fetch, request({"sec:X": "1318605"}), lambda *_: page)
    expected = {304: "status", 403: "denied", 404: "not_found", 503: "unavailable"}
    assert dark.value.code == expected[status], url


SMALL = [(s, f, u) for s, f, u in WHOLE if (WIRE / f).stat().st_size < 60_000]
WORDS = [b"null", b'""', b"-1", b"[]", b"{}", b"1e99", b'"\xe2\x80\xae"', b"<", b"&#0;", b"9" * 400]


@pytest.mark.skipif(not SMALL, reason="the recorded bodies are not here")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_body_is_refused_or_read(data: st.DataObject):
    """Bytes cut, swapped or put in anywhere: a reason or a delivery, never another exception."""
    service, file, url = data.draw(st.sampled_from(SMALL))
    body = bytes_of(file)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, max(0, len(body) - 1)))
        length = data.draw(st.sampled_from([0, 1, 2, 8, 64, 1_000]))
        put = data.draw(st.sampled_from(WORDS) | st.binary(max_size=12))
        body = body[:start] + put + body[start + length :]
    found = read(service, file, url, body)
    assert isinstance(found, str | Delivered)


def _paths(node: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    inner = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for name, value in inner:
        yield (*path, name)
        yield from _paths(value, (*path, name))


JSONS = [one for one in SMALL if one[1].endswith(".json")]
VALUES = [None, True, -1, 0, 1e18, "", "x", "1,234.5", [], {}, [None], {"a": None}, "\u202eTSLA"]


@pytest.mark.skipif(not JSONS, reason="the recorded bodies are not here")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_field_of_another_kind_is_refused_or_read(data: st.DataObject):
    """Any field missing, renamed or of another type: a reason, a gap or a delivery."""
    service, file, url = data.draw(st.sampled_from(JSONS))
    root = json.loads(bytes_of(file))
    paths = list(_paths(root))[:4_000]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths))
        node = root
        try:
            for step in path[:-1]:
                node = node[step]
            value = node.pop(path[-1])
        except (KeyError, IndexError, TypeError, AttributeError):
            continue
        change = data.draw(st.sampled_from(["gone", "renamed", "other"]))
        if change == "other" and isinstance(node, dict):
            node[path[-1]] = data.draw(st.sampled_from(VALUES))
        elif change == "other":
            node.insert(path[-1], data.draw(st.sampled_from(VALUES)))
        elif change == "renamed" and isinstance(node, dict):
            node[f"{path[-1]}_v2"] = value
    found = read(service, file, url, json.dumps(root).encode())
    assert isinstance(found, str | Delivered)

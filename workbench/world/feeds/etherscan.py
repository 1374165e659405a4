"""Etherscan: its daily charts as CSV, and with a key its gas oracle and ether's price.

Series: ``ETH`` with ``tx_count``, ``gas_gwei``, ``gas_used``, ``active_addresses`` by the day
(the charts; the site may refuse programs), and the gas price of the moment (with
``ETHERSCAN_API_KEY``); ``ETH-USD`` with its last price. A chart counts wei, not gwei; the oracle
counts gwei. A status of 0 under HTTP 200 is a refusal.
Source: https://docs.etherscan.io/etherscan-v2
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from workbench.domain.deliveries import Delivered, Request
from workbench.domain.errors import FeedDark
from workbench.world.feeds.coins.calls import Call, all_of, endpoint, in_order
from workbench.world.feeds.coins.found import Found, mapping, objects, part
from workbench.world.feeds.coins.pairs import DAY, query
from workbench.world.feeds.nodes import Unfit, shown
from workbench.world.http.answers import Client, Key
from workbench.world.http.decoding import as_csv, as_json

SOURCE = "etherscan"
BASE = "https://api.etherscan.io"
HOSTS = ("etherscan.io", "api.etherscan.io")
KEY = Key(env="ETHERSCAN_API_KEY", query="apikey", required=True)
SERIES = "ETH"

_WEI = 1e-9  # of a gwei
# Chart to field, unit, and what its number is multiplied with.
_CHARTS = {
    "tx": ("tx_count", "transactions a day", 1.0),
    "gasprice": ("gas_gwei", "gwei", _WEI),
    "gasused": ("gas_used", "gas a day", 1.0),
    "active-address": ("active_addresses", "addresses a day", 1.0),
}
_VALUES = ("Value", "Unique Address Total Count")
_DAILY = {
    "dailytx": ("tx_count", "transactionCount", "transactions a day", 1.0),
    "dailyavggasprice": ("gas_gwei", "avgGasPrice_Wei", "gwei", _WEI),
    "dailygasused": ("gas_used", "gasUsed", "gas a day", 1.0),
}


def _found(request: Request) -> Found:
    return Found(source=SOURCE, now=request.now)


def chart(body: bytes, request: Request, url: str) -> Delivered:
    """One number a day, which its end dates; a day that is not over is left out."""
    found = _found(request)
    table = as_csv(body)
    name = re.search(r"/chart/([\w-]+)", url)
    if name is None or name[1] not in _CHARTS:
        found.gap("", "not_kept", f"the chart {shown(name[1] if name else url)}")
        return found.delivered()
    if not table:
        raise FeedDark("empty", f"Etherscan chart {name[1]}: it has no rows.")
    head = list(table[0])
    named = (*_VALUES, "Value (Wei)") if name[1] == "gasprice" else _VALUES
    value = next((one for one in named if one in head), "")
    if "UnixTimeStamp" not in head or not value:
        raise FeedDark(
            "no_field", f"Etherscan chart {name[1]}: expected UnixTimeStamp and Value, got {head}."
        )
    rows: list[object] = list(table)
    field, unit, times = _CHARTS[name[1]]
    _days(found, rows, ("UnixTimeStamp", value), field, unit, times)
    return found.delivered()


def _days(
    found: Found, rows: list[object], keys: tuple[str, str], name: str, unit: str, times: float
) -> None:
    seen: dict[dt.datetime, object] = {}
    torn = set()
    for one in rows:
        try:
            start = found.time(one, keys[0], "s")
        except Unfit as error:
            found.gap(SERIES, error.code, f"day: {error.reason}", about="day")
            continue
        if start.timestamp() % DAY.total_seconds():
            found.gap(SERIES, "off_grid", f"a day starts at {start}", about="grid")
            continue
        if start in seen and seen[start] != one:
            torn.add(start)
            found.gap(SERIES, "conflict", f"two different rows of {start:%Y-%m-%d}", about="two")
        seen[start] = one
    for start in sorted(seen.keys() - torn):
        if start + DAY <= found.now:
            found.take(SERIES, name, seen[start], keys[1], start + DAY, unit, times=times)


def keyed(body: bytes, request: Request, url: str) -> Delivered:
    """The gas oracle, ether's price, or a daily series of the paid plan."""
    found, asked = _found(request), query(url)
    answer = mapping(as_json(body), what="Etherscan")
    if str(answer.get("status")) != "1":
        said = shown(answer.get("result") or answer.get("message"))
        raise FeedDark("refused", f"Etherscan answered {said}.")
    if asked.get("chainid", "1") != "1":
        raise FeedDark("other_chain", f"Etherscan: chain {asked['chainid']} was asked, wanted 1.")
    action = asked.get("action", "")
    if action in _DAILY:
        name, key, unit, times = _DAILY[action]
        rows = objects(answer, "result", what=f"Etherscan {action}")
        _days(found, rows, ("unixTimeStamp", key), name, unit, times)
    elif action == "gasoracle":
        result = mapping(answer, "result", what="Etherscan's gas oracle")
        for name, key in (("gas_gwei", "suggestBaseFee"), ("propose_gwei", "ProposeGasPrice")):
            found.take(SERIES, name, result, key, request.now, "gwei", "seen")
    elif action == "ethprice":
        result = mapping(answer, "result", what="Etherscan's price")
        if when := found.stamp("ETH-USD", result, "ethusd_timestamp", "s"):
            found.take("ETH-USD", "last", result, "ethusd", when[0], "USD", when[1])
    else:
        found.gap("", "not_kept", f"Etherscan's answer to {action or 'nothing that is named'}")
        part(answer, "result")
    return found.delivered()


ENDPOINTS = in_order(
    endpoint("chart", "chart/[^/?]+", chart, HOSTS, "csv"),
    endpoint("keyed", "(v2/)?api", keyed, HOSTS),
)


def _calls(request: Request) -> Iterator[Call]:
    charts = request.options.get("charts", "")
    for name in charts.split():
        of = f"{request.options.get('site', 'https://etherscan.io')}/chart/{name}"
        yield Call(
            series=(SERIES,), url=of, query={"output": "csv"}, parse=chart, form="csv"
        )  # fmt: skip
    for series, module, action in (
        (SERIES, "gastracker", "gasoracle"),
        ("ETH-USD", "stats", "ethprice"),
    ):
        if not request.series or series in request.series:
            asked = {"chainid": "1", "module": module, "action": action}
            of = f"{request.base or BASE}/v2/api"
            yield Call(series=(series,), url=of, query=asked, parse=keyed, key=KEY)


async def fetch(client: Client, request: Request) -> Delivered:
    """The gas oracle and ether's price, and the charts that the option ``charts`` names.

    Args:
        client: Asks, with the key.
        request: Its options: ``charts``, names such as ``tx gasprice`` apart by spaces, and
            ``site``, an address that stands for ``https://etherscan.io``.

    Raises:
        FeedDark: Nothing of it came.
    """
    return await all_of(client, request, _calls(request))

"""Etherscan, asked of a local server."""

import pytest

from tests.bench.coins import DAY1, DAY2, DAY3, GOOD, brought, gaps, last, read, rows
from workbench.domain.errors import FeedDark

SECRET = "no-real-key-4711"  # noqa: S105  # as it says
CHART = (
    '"Date(UTC)","UnixTimeStamp","Value"\n'
    + "".join(f'"x","{start}","{value}"\n' for start, value in (
        (DAY1, 1_806_814), (DAY2, 0), (DAY3, 77),
    ))
)  # fmt: skip


def test_oracle_price_and_charts_come_through_the_client(monkeypatch: pytest.MonkeyPatch):
    """With a key the oracle and the price, without one the charts that the option names."""
    monkeypatch.setenv("ETHERSCAN_API_KEY", SECRET)
    found, asked = brought(
        "etherscan",
        {"/chart/tx": CHART,
         "/v2/api?action=gasoracle": GOOD["etherscan oracle"].body,
         "/v2/api?action=ethprice": GOOD["etherscan price"].body},
        options={"charts": "tx", "site": "BASE"},
    )  # fmt: skip
    assert rows(found)["ETH", "tx_count", "04-02T00:00"] == 1_806_814
    assert rows(found)["ETH", "tx_count", "04-03T00:00"] == 0  # delivered; the checks doubt it
    assert ("ETH", "tx_count", "04-04T00:00") not in rows(found)  # that day is not over
    assert last(found)["ETH", "gas_gwei"] == 1.25
    assert last(found)["ETH-USD", "last"] == 2054.5
    assert found.gaps == ()
    assert sum(SECRET in path for path in asked) == 2
    assert not found.observations.astype(str).to_csv().count(SECRET)


def test_without_a_key_only_the_charts_come(monkeypatch: pytest.MonkeyPatch):
    """A missing key is a gap by that name, and dark where nothing else was asked."""
    monkeypatch.delenv("ETHERSCAN_API_KEY", raising=False)
    found, _ = brought("etherscan", {"/chart/tx": CHART}, options={"charts": "tx", "site": "BASE"})
    assert len(found.observations) == 2
    assert ("ETH", "no_key") in gaps(found)
    with pytest.raises(FeedDark) as dark:
        brought("etherscan", {"/": {}})
    assert dark.value.code == "no_key"


def test_a_chart_in_wei_arrives_in_gwei():
    """The gas chart counts wei; a renamed column is dark, a blank cell a blank."""
    url = "https://etherscan.io/chart/gasprice?output=csv"
    head = '"Date(UTC)","UnixTimeStamp","Value (Wei)"\n'
    body = head.replace(" (Wei)", "") + f'"x","{DAY1}","2500000000"\n"x","{DAY2}",""\n'
    for said in (body, body.replace('"Value"', '"Value (Wei)"')):
        found = read(url, said.encode()).observations
        assert found["value"].tolist()[0] == pytest.approx(2.5)
        assert found["value"].isna().tolist() == [False, True]
    for of, unit in (("gasprice", "Gwei"), ("tx", "Wei")):
        other = head.replace("Wei", unit) + f'"x","{DAY1}","25"\n'
        with pytest.raises(FeedDark, match="expected UnixTimeStamp and Value"):
            read(url.replace("gasprice", of), other.encode())

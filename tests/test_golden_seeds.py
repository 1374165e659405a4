"""The seeds' own calls, compiled as of their issue and settled on the real series.

Skipped where the shared folder is not at hand: nothing of it is copied here.
"""

import datetime as dt
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.domain import claims
from workbench.domain.calendars import moment, venue
from workbench.domain.english import Compiled, compile_text
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import INSTRUMENTS, KNOWN
from workbench.domain.records import Settlement
from workbench.measures.prices import Bars
from workbench.measures.settling import references, settle

SHARED = Path(os.environ.get("WORKBENCH_SHARED") or Path(__file__).parents[2] / "shared")
pytestmark = pytest.mark.skipif(
    not (SHARED / "seeds" / "claims.jsonl").is_file(), reason="the shared seeds are not at hand"
)
LATE = moment("2026-04-10T23:00Z")  # the series end that day
TABLE = {one.symbol: one for one in KNOWN}


def issue(one: dict[str, Any]) -> dt.datetime | None:
    """When a call was made: as stated, else its resolution less its timeframe."""
    if one["made_at"]:
        return moment(one["made_at"].removesuffix(" UTC") + "Z")
    hours = re.match(r"(\d+)h", one["timeframe"] or "")
    if one["resolved_at"] and hours:
        return moment(one["resolved_at"] + "Z") - dt.timedelta(hours=int(hours[1]))
    return None


def compiled(one: dict[str, Any]) -> Compiled | ClaimRefused:
    stated = one["timeframe"] or ""
    try:
        return compile_text(
            one["text"], issue(one) or moment("2026-04-01T00:00Z"), INSTRUMENTS,
            timeframe="" if stated == "N/A" else stated, confidence=str(one["confidence"] or ""),
        )  # fmt: skip
    except ClaimRefused as refused:
        return refused


@cache
def read(name: str) -> pd.DataFrame:
    return pd.read_parquet(SHARED / "data" / "series" / f"{name}.parquet")


@cache
def bars(symbol: str, fine: bool = False) -> Bars:
    """Bars of one instrument: daily on its venue's sessions, or hourly of a coin."""
    one = TABLE[symbol]
    if fine:
        rows = read("crypto_hourly").query(f"series == '{one.short}USDT' and source == 'A'")
        table = rows.pivot_table(index="ts", columns="field", values="value")
        at = table.index.tz_convert(None).to_numpy().astype("datetime64[us]") + np.timedelta64(
            1, "h"
        )
        dates = at.astype("datetime64[D]")
    else:
        file, source = {
            "VIX": ("vix_daily", "DV"), "IWM": ("equity_daily_adj", "L"),
            "BTC-USD": ("crypto_daily", "B-yahoo"),
        }.get(symbol, ("equity_daily_ohlcv", "H"))  # fmt: skip
        rows = read(file).query(f"series == '{symbol}' and source.str.contains('{source}')")
        table = rows.pivot_table(index="date", columns="field", values="value")
        table.columns = [name.removesuffix("_adj") for name in table.columns]
        table = table.loc[:, ~table.columns.duplicated()]
        days = pd.to_datetime(table.index).to_numpy().astype("datetime64[D]")
        calendar = venue(one.venue)
        index = np.minimum(np.searchsorted(calendar.dates, days), len(calendar.dates) - 1)
        kept = calendar.dates[index] == days
        table, dates, at = table[kept], days[kept], calendar.closes[index[kept]]
    lag = np.timedelta64(one.lag_minutes, "m")
    return Bars(
        symbol=symbol, dates=dates, at=at, known_at=at + lag, open=np.full(len(table), np.nan),
        close=table["close"].to_numpy(float), high=table["high"].to_numpy(float),
        low=table["low"].to_numpy(float), volume=np.full(len(table), np.nan),
    )  # fmt: skip


def settled(claim: claims.Claim, as_of: dt.datetime = LATE) -> Settlement | None:
    """The claim registered at the closes known at its issue, and settled."""
    venues = {TABLE[symbol].venue for symbol in claim.symbols}
    fine = claim.window.mode == "clock" or len(venues) > 1
    held = {s: bars(s, fine and TABLE[s].venue == "24/7") for s in claim.symbols}
    frozen = references(claim, held)
    assert frozen is not None
    return settle(claims.with_references(claim, frozen), held, TABLE, as_of)


def seeds() -> list[dict[str, Any]]:
    lines = (SHARED / "seeds" / "claims.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


# In order of the file: the refusal's code, or the outcome of each claim ("" past the data's end).
EXPECTED = [
    "abstention", "no_session", [""], [""], ["yes"], [""], "abstention", "no_session",
    "abstention", "abstention", [""], "abstention", [""], "abstention", "abstention",
    "abstention", ["yes", "no", "no"], "abstention", "abstention", ["", ""], ["yes"], ["no"],
    ["no", "yes"], ["yes"], "no_instrument", ["yes"], [""], ["no"], "reference_other", ["yes"],
    ["yes", "yes"], ["no"], ["yes"], "abstention", "vague", ["no"], ["yes"], ["yes"],
    "alternative", "event",
]  # fmt: skip


def test_each_seed_call_compiles_and_settles_as_the_docs_say():
    """All 40 calls: refused with this code, or settled so on the closes of the real series."""
    found: list[object] = []
    for one in seeds():
        read_as = compiled(one)
        if isinstance(read_as, ClaimRefused):
            found.append(read_as.code)
            continue
        ended = []
        for claim in read_as.claims:
            due = claim.window.deadline < LATE
            done = settled(claim) if due else None
            assert (done is None) is not due
            ended.append(done.outcome if done else "")
        found.append(ended)
    assert found == EXPECTED


def test_a_seed_call_waits_for_its_deadline():
    """Nothing settles before its deadline, however much of the future lies in the files."""
    for one in seeds():
        read_as = compiled(one)
        for claim in () if isinstance(read_as, ClaimRefused) else read_as.claims:
            if claim.window.deadline < LATE:
                assert settled(claim, claim.window.deadline - dt.timedelta(seconds=1)) is None


def test_moves_made_before_the_call_do_not_count():
    """On Good Friday the desk saw IWM up 0.7 % and called +0.5 to +1.2: that was Thursday's move.

    The judge's own figure lies inside the band, so its verdict was wrong twice; what counts is
    the next session's move, which lies outside.
    """
    one = next(each for each in seeds() if each["prediction_id"] == 2361)
    read_as = compiled(one)
    assert isinstance(read_as, Compiled)
    iwm = read_as.claims[2]
    assert (iwm.lo, iwm.hi) == (0.5, 1.2)
    assert (iwm.window.date, iwm.window.rolled is not None) == (dt.date(2026, 4, 6), True)
    done = settled(iwm)
    assert done is not None
    assert (done.outcome, round(done.value or 0, 2)) == ("no", 0.43)


DISPATCHES = [
    ("dispatch-0329.txt", r"1\. \*\*.+\n\[.+", "2026-03-29T16:17:30Z",
     [("direction", "SPY", 0.62, "yes")]),
    ("dispatch-0329.txt", r"2\. \*\*.+\n\[.+", "2026-03-29T16:17:30Z",
     [("relative", "BTC-USD", 0.55, "yes")]),
    ("dispatch-0329.txt", r"BTC would drop below \$65,800 within 12 hours", "2026-03-28T16:17:30Z",
     [("touch", "BTC-USD", None, "no")]),
    ("dispatch-0403-1744.txt", r"My call: .+\"", "2026-04-03T17:44:00Z",
     [("stays", "VIX", None, "yes")]),
    ("dispatch-0403-1744.txt", r"SPY closes the next 24 hours.+", "2026-04-03T17:44:00Z",
     [("direction", "SPY", None, "no"), ("level", "SPY", None, "no"), ("band", "SPY", None, "no")]),
    ("dispatch-0403-1751.txt", r"I'm sitting this one out", "2026-04-03T17:51:27Z", "abstention"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "pattern", "at", "expected"), DISPATCHES)
def test_each_prediction_of_the_dispatches(file: str, pattern: str, at: str, expected: Any):
    """Every prediction of the three dispatches: kind, subject, probability and outcome."""
    found = re.search(pattern, (SHARED / "seeds" / file).read_text("utf-8"))
    assert found is not None
    if isinstance(expected, str):
        with pytest.raises(ClaimRefused) as refused:
            compile_text(found[0], moment(at), INSTRUMENTS)
        assert refused.value.code == expected
        return
    read_as = compile_text(found[0], moment(at), INSTRUMENTS)
    shown = []
    for k, claim in enumerate(read_as.claims):
        done = settled(claim)
        assert done is not None
        p = read_as.probability if read_as.attaches == k else None
        shown.append((claim.kind, claim.subject, p, done.outcome))
    assert shown == expected

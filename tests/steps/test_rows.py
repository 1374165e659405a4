"""What a mind is shown of the tape: its slice, dated, without what is withheld."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.domain.calendars import iso, to_datetime
from workbench.domain.records import Flag
from workbench.measures import grounding
from workbench.measures.prices import ewma_volatility
from workbench.steps import rows
from workbench.steps.bench import Bench
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger

PARAMS = "instruments: [SPX, VIX]\nindicators: [WTI]\nhorizons: [1]\nminds: [flow]\n"


@pytest.fixture(scope="module")
def made(room: Callable[..., Any], world: Callable[..., Any]) -> Any:
    return room(world(params=PARAMS, last={"SPX": (0.02, -0.01)}))


@pytest.fixture
def bench(made: Any) -> Bench:
    found: Bench = made.bench(1)
    return found


def shown(bench: Bench, *series: str, fields: Any = None) -> dict[str, rows.Row]:
    return {row.finding.name: row for row in rows.rows(bench, series, fields)}


def test_the_rows_of_an_instrument_by_hand(bench: Bench):
    """Each number is what its words say of the closes as known."""
    own, found = bench.bars["SPX"], shown(bench, "SPX")
    close = own.close
    assert found["spx_close"].finding.value == close[-1]
    assert found["spx_change_1"].finding.text == "−1.00%"
    assert found["spx_change_1"].finding.value == pytest.approx(-0.01)
    for n in (5, 21):
        assert found[f"spx_change_{n}"].finding.value == pytest.approx(
            close[-1] / close[-1 - n] - 1
        )
    assert found["spx_volatility"].finding.value == ewma_volatility(close)[-1]
    assert found["spx_drawdown"].finding.value == pytest.approx(1 - close[-1] / close.max())
    assert found["spx_place"].finding.value == np.mean(close < close[-1])
    assert found["spx_volume"].finding.value == pytest.approx(
        own.volume[-1] / own.volume[-21:].mean()
    )
    row = found["spx_close"]
    assert row.finding.as_of == iso(to_datetime(own.at[-1]))
    assert row.known_at == iso(to_datetime(own.known_at[-1]))
    assert row.line.split(" | ") == [
        "spx_close", row.finding.text, "points", "S&P 500 last close", row.finding.as_of,
        row.known_at,
    ]  # fmt: skip


def test_an_indicator_is_told_with_its_change(bench: Bench):
    """The last value known, a week late, and its difference from the one before."""
    found = shown(bench, "WTI")
    assert found["wti_value"].finding.text == "50.00"
    assert found["wti_value_change"].finding.text == "0.00"
    assert found["wti_value"].known_at > found["wti_value"].finding.as_of


def test_a_slice_is_all_that_is_shown(bench: Bench):
    """No series outside it, and no field outside it."""
    assert {name.split("_")[0] for name in shown(bench, "VIX")} == {"vix"}
    assert "spx_volume" not in shown(bench, "SPX", fields=["close"])


def test_what_is_withheld_is_said_and_not_shown(bench: Bench):
    """A flagged field leaves no row; a flag that only notes leaves all."""
    flag = Flag(series="SPX", field="volume", check="ZERO", severity="withheld", seen="none traded",
                since=None)  # fmt: skip
    bench.flags.append(dataclasses.replace(flag, severity="note"))
    assert "spx_volume" in shown(bench, "SPX")
    bench.flags.append(flag)
    assert "spx_volume" not in shown(bench, "SPX")
    assert rows.hidden(bench, ["SPX", "FUNDING"], ["close", "volume"]) == [
        "SPX volume is withheld: none traded", "FUNDING is dark: nothing of it is known",
    ]  # fmt: skip
    assert rows.hidden(bench, ["SPX"], ["close"]) == []


def test_every_row_is_its_own_source(bench: Bench):
    """A mind that repeats a row as it is shown is never cut."""
    found = rows.rows(bench, ["SPX", "VIX", "WTI"])
    text = "\n\n".join(f"The {one.finding.meaning} stands at {one.finding.text}." for one in found)
    table = (*bench.desk.table, *bench.indicators)
    known = [one.finding for one in found]
    bound = grounding.bind(text, grounding.desk_of(known, bench.snapshot, bench.as_of, table))
    assert grounding.repair(bound) == ""
    assert len(bound) > len(found)


def test_no_future_changes_a_row(made: Any, tmp_path: Path):
    """What was shown three sessions ago is the same to the byte, with and without what followed."""
    names, then = ["SPX", "VIX", "WTI"], made.bench(1, 3)
    known = pd.concat(made.archive.rows(names))
    past = known[known["known_at"] <= then.as_of]
    assert len(past) < len(known)
    archive = Archive(tmp_path)
    archive.append(past, origin="made", through=made.end)
    alone = Bench(made.desk, archive, Ledger("sqlite://"), number=1, as_of=then.as_of,
                  mode="replay", keep=False)  # fmt: skip
    before = [row.line for row in rows.rows(alone, names)]
    assert [row.line for row in rows.rows(then, names)] == before

"""The evaluation on real data beside the project: the ladder of forecasters as it was measured."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from workbench.desk.evaluate import evaluate
from workbench.world import importing
from workbench.world.archive import Archive
from workbench.world.params import Desk, open_desk

SERIES = Path(__file__).parents[3] / "shared" / "data" / "series"
FILES = ("equity_daily_ohlcv", "vix_daily", "crypto_daily")
FIRST, LAST = dt.date(2020, 1, 2), dt.date(2021, 12, 31)

pytestmark = pytest.mark.skipif(
    not all((SERIES / f"{name}.parquet").is_file() for name in FILES),
    reason="no history beside the project: ../shared/data/series is not there",
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Two years of one-session claims on all four instruments."""
    path = Path(__file__).parent / "params" / "shared.yaml"
    desk: Desk = open_desk(path, tmp_path_factory.mktemp("shared") / "outputs")
    folder = tmp_path_factory.mktemp("series")
    for name in FILES:
        (folder / f"{name}.parquet").symlink_to(SERIES / f"{name}.parquet")
    archive = Archive(desk.archive)
    importing.append(archive, importing.read(folder, desk.instruments))
    return evaluate(desk, archive, first=FIRST, last=LAST, horizons=(1,)).rows


def skill(rows: pd.DataFrame, symbol: str, family: str) -> dict[str, float]:
    """Skill of each forecaster over what the family's rows are measured against."""
    kept = rows[(rows["instrument"] == symbol) & (rows["family"] == family)]
    return dict(zip(kept["forecaster"], kept["skill"], strict=True))


@pytest.mark.parametrize("symbol", ["SPY", "QQQ", "BTC-USD", "VIX"])
def test_the_ladder(rows: pd.DataFrame, symbol: str):
    """Who knows today's width beats the base rate, GARCH beats EWMA, the engine beats both."""
    found = skill(rows, symbol, "all")
    assert found["climatology"] == 0
    assert 0 < found["lognormal_ewma"] < found["gjr_fhs"] < found["scenario"]
    assert found["ewma_fhs"] < found["scenario"]
    assert skill(rows, symbol, "headline")["scenario"] > 0.01


@pytest.mark.parametrize("symbol", ["SPY", "QQQ", "BTC-USD"])
def test_direction_is_nothing(rows: pd.DataFrame, symbol: str):
    """Nobody knows which way prices go; what looks like it over two years is noise."""
    assert abs(skill(rows, symbol, "direction")["scenario"]) < 0.01


def test_weekends_count(rows: pd.DataFrame):
    """Bitcoin is asked on every day of the two years, the others on sessions."""
    n = rows[rows["family"] == "direction"].groupby("instrument")["n"].max()
    assert n["BTC-USD"] == 730
    assert n["SPY"] == n["QQQ"] == 505

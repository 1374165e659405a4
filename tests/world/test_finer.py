"""Bars shorter than a session: kept apart on import, so that none passes for a day's."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from workbench.domain.calendars import moment
from workbench.domain.errors import ImportRefused
from workbench.domain.instruments import Instrument, find
from workbench.measures import prices
from workbench.world import importing
from workbench.world.archive import Archive

SPY, BTC = find("SPY"), find("BTC")


def long(series: str, times: pd.DatetimeIndex, column: str = "ts", **changes: object):
    """Closes that count up from 1, with a high of 500 and a low of 0.5."""
    value = pd.Series(range(1, len(times) + 1), dtype=float)
    fields = {"close": value, "high": value * 0 + 500, "low": value * 0 + 0.5}
    return pd.concat(
        pd.DataFrame({"series": series, column: times, "field": name, "value": values,
                      "source": "x"} | changes)
        for name, values in fields.items()
    )  # fmt: skip


def hours(first: str, count: int, each: str = "1h") -> pd.DatetimeIndex:
    return pd.date_range(first, periods=count, freq=each, tz="UTC")


def days(symbol: str, dates: list[str], **changes: object) -> pd.DataFrame:
    return long(symbol, pd.DatetimeIndex(dates), "date", **changes)


def imported(tmp_path: Path, *frames: pd.DataFrame, own: tuple[Instrument, ...] = ()) -> Archive:
    """An archive of these frames, each a file of one delivery."""
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    for number, frame in enumerate(frames):
        frame.to_parquet(folder / f"{number}.parquet", index=False)
    archive = Archive(tmp_path / "archive")
    importing.append(archive, importing.read(folder, own))
    return archive


def held(archive: Archive) -> dict[str, int]:
    """Rows of each series' closes."""
    counts = archive.coverage().query("field == 'close'")
    return dict(zip(counts["series"], counts["rows"], strict=True))


@pytest.mark.parametrize("column", ["ts", "at"])
@pytest.mark.parametrize(("each", "name"), [("5min", "SPY@5m"), ("30min", "SPY@30m")])
def test_no_last_bar_of_a_session_is_its_day(tmp_path: Path, column: str, each: str, name: str):
    """Bars of minutes, the last one ending at the official close, leave daily bars dark."""
    step = pd.Timedelta(each)
    first = pd.Timestamp("2018-02-05 14:30") + (step if column == "at" else pd.Timedelta(0))
    archive = imported(tmp_path, long("SPY", hours(str(first), int(6.5 * 3600 / step.seconds),
                                                   each), column))  # fmt: skip
    assert set(held(archive)) == {name}
    seen = archive.as_of(moment("2018-02-05T21:15Z"), {"SPY": (), name: ()})
    assert prices.bars(seen, SPY) is None
    column_ = seen.get(name)
    assert column_ is not None
    assert str(column_.at[-1]) == "2018-02-05T21:00:00.000000"
    assert column_.unit == "USD"


def test_an_hour_that_ends_at_midnight_is_no_day(tmp_path: Path):
    """A coin's days and hours of one source live side by side, each known five minutes late."""
    archive = imported(
        tmp_path, days("BTC-USD", ["2018-02-03", "2018-02-04"], value=100.0),
        long("BTC-USD", hours("2018-02-03", 48)),
    )  # fmt: skip
    assert held(archive) == {"BTC-USD": 2, "BTC-USD@1h": 48}
    seen = archive.as_of(moment("2018-02-05T00:05Z"), {"BTC-USD": (), "BTC-USD@1h": ()})
    day, hour = prices.bars(seen, BTC), prices.intraday_bars(seen, "BTC-USD@1h")
    assert day is not None
    assert hour is not None
    assert (day.close.tolist(), hour.close[[23, 47]].tolist()) == ([100, 100], [24, 48])
    assert day.length is None
    assert hour.length == pd.Timedelta("1h")
    assert set((hour.known_at - hour.at).tolist()) == {pd.Timedelta("5min")}


@pytest.mark.parametrize(
    ("symbol", "times"),
    [
        ("SPY", ["2018-07-02T20:00Z", "2018-07-03T17:00Z"]),  # 21 hours to a half-day's close
        ("SPY", ["2018-03-09T21:00Z", "2018-03-12T20:00Z"]),  # over a change of clocks
        ("BTC-USD", ["2018-02-04T00:00Z", "2018-02-05T00:00Z"]),
        ("SPY", ["2018-02-05T21:00Z"]),  # a lone one, of which nothing tells
    ],
)
def test_daily_closes_by_their_moment_stay_daily(tmp_path: Path, symbol: str, times: list[str]):
    """Closes that a file names by `at` are daily ones, however close two of them lie."""
    archive = imported(tmp_path, long(symbol, pd.to_datetime(times, utc=True), "at"))
    assert set(held(archive)) == {symbol}


def test_series_without_an_instrument_keep_their_names(tmp_path: Path):
    """Only what could pass for an instrument's day is renamed: no index of the tide is."""
    archive = imported(tmp_path, long("TIDE", hours("2018-02-03", 48)))
    assert set(held(archive)) == {"TIDE"}


def test_a_quote_speaks_for_its_instrument(tmp_path: Path):
    """Hours against the tether keep their quote's name, the coin's lag and no claim to dollars."""
    archive = imported(tmp_path, long("BTCUSDT", hours("2018-02-03", 48)),
                       days("BTCUSDT", ["2018-02-03", "2018-02-04"]))  # fmt: skip
    assert held(archive) == {"BTCUSDT": 2, "BTCUSDT@1h": 48}
    table = archive.coverage().set_index("series")
    assert set(table.loc["BTCUSDT@1h", "unit"]) == {"unknown"}
    assert set(table.loc["BTCUSDT@1h", "known"]) == {moment("2018-02-05T00:05Z")}


def test_a_desk_names_who_speaks(tmp_path: Path):
    """An instrument of the desk's own may take its finer bars from any series that it names."""
    own = Instrument(symbol="DOGE", name="dogecoin", venue="24/7", lag_minutes=2,
                     intraday=(("DOGEUSDC", ()),))  # fmt: skip
    rows = long("DOGEUSDC", hours("2018-02-03", 30)), long("DOGE", hours("2018-02-03", 30))
    archive = imported(tmp_path, *rows, own=(own,))
    assert set(held(archive)) == {"DOGEUSDC@1h", "DOGE@1h"}
    assert archive.end() == moment("2018-02-04T06:02Z")


def test_an_archive_with_finer_bars_can_be_imported(tmp_path: Path):
    """Parts of another archive keep ids and known_at; a part with a hole in it too."""
    first = imported(tmp_path, long("SPY", hours("2018-02-05 14:30", 78, "5min")),
                     days("SPY", ["2018-02-05", "2018-02-06"]))  # fmt: skip
    sparse = first.folder / "sparse.parquet"
    hour = next(part for part in first.parts() if len(pd.read_parquet(part)) > 6)
    pd.read_parquet(hour).groupby("field").head(2).iloc[::2].to_parquet(sparse)
    delivery = importing.read(sparse)
    assert delivery.finer == ("SPY@5m",)
    sparse.unlink()
    other = Archive(tmp_path / "other")
    assert importing.append(other, importing.read(first.folder)) == 3 * 80
    at, wanted = moment("2018-02-06T21:15Z"), {"SPY": (), "SPY@5m": ()}
    assert other.as_of(at, wanted).hash == first.as_of(at, wanted).hash


def test_a_date_names_no_minutes(tmp_path: Path):
    """An id of minutes in a file of dates contradicts itself and is refused by row."""
    with pytest.raises(ImportRefused, match=r"row 1, column 'series': got 'SPY@5m'.*'ts' or 'at'"):
        imported(tmp_path, days("SPY@5m", ["2018-02-05"]))


def test_the_import_says_what_it_keeps_apart(
    tmp_path: Path, inside: Callable[..., subprocess.CompletedProcess[str]]
):
    """One line names the ids of finer bars; an import of days alone has no such line."""
    params = "desk: d\nfirst: 2018-01-29\ninstruments: [SPY]\nminds: []\n"
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "d.yaml").write_text(params, encoding="utf-8")
    both = [long("SPY", hours("2018-02-05 14:30", 7)), long("BTCUSDT", hours("2018-02-03", 9))]
    pd.concat(both).to_parquet(tmp_path / "hours.parquet")
    days("SPY", ["2018-02-05"]).to_parquet(tmp_path / "days.parquet")
    said = {}
    for name in ("hours", "days"):
        done = inside("archive", "import", f"{name}.parquet", "-f", "params/d.yaml", "--outputs",
                      "outputs", cwd=tmp_path)  # fmt: skip
        said[name] = done.stdout.splitlines()
    kept = "Bars shorter than a session, kept apart from daily ones: BTCUSDT@1h, SPY@1h."
    assert said == {"hours": [kept, "48 new observations from 1 files."],
                    "days": ["3 new observations from 1 files."]}  # fmt: skip

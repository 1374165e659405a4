"""Importing: every long file is read or refused whole, and nothing is written half."""

import datetime as dt
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.desk import lock
from workbench.domain.calendars import moment
from workbench.domain.errors import ImportRefused
from workbench.domain.instruments import INSTRUMENTS, Instrument
from workbench.measures import prices
from workbench.world import importing
from workbench.world.archive import Archive

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "series"
HEAD = "series,field,date,value,source"
GOOD = f"{HEAD}\nSPX,close,2018-02-02,2762.13,x\nSPX,close,2018-02-05,2648.94,x\n"


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def frame(**changes: object) -> pd.DataFrame:
    base = {"series": ["SPX", "SPX"], "field": "close", "value": [1.0, 2.0], "source": "x"}
    return pd.DataFrame(base | changes)


def read_text(tmp_path: Path, content: str) -> pd.DataFrame:
    delivery = importing.read(text(tmp_path / "some.csv", content))
    return delivery.frames["some.csv"]


def stamps(column: pd.Series) -> list[str]:
    return [moment.strftime("%Y-%m-%d %H:%M") for moment in column]


def test_daily_csv(tmp_path: Path):
    """A daily file of a known instrument gets its close, its lag and its unit."""
    found = read_text(tmp_path, GOOD)
    assert stamps(found["at"]) == ["2018-02-02 21:00", "2018-02-05 21:00"]
    assert stamps(found["known_at"]) == ["2018-02-02 21:15", "2018-02-05 21:15"]
    assert found["value"].tolist() == [2762.13, 2648.94]
    assert set(found["unit"]) == {"points"}


def test_from_file_to_snapshot(tmp_path: Path):
    """What was imported is read as of a moment; a second import of the same adds nothing."""
    archive, path = Archive(tmp_path / "archive"), text(tmp_path / "spx.csv", GOOD)
    delivery = importing.read(path)
    assert delivery.through == moment("2018-02-05T21:15Z")
    assert importing.append(archive, delivery) == 2
    assert importing.append(archive, importing.read(path)) == 0
    column = archive.as_of(moment("2018-02-05T21:14Z"), {"SPX": ()}).get("SPX")
    assert column is not None
    assert column.value.tolist() == [2762.13]


def test_bars(tmp_path: Path):
    """A bar is known its instrument's lag after its end: its start plus the common spacing."""
    starts = ["2018-02-05T20:50Z", "2018-02-05T20:55Z", "2018-02-06T14:30Z", "2018-02-06T14:35Z"]
    lines = "\n".join(f"SPY,close,{ts},1,x" for ts in starts)
    found = read_text(
        tmp_path, f"series,field,ts,value,source\n{lines}\nBTC-USD,close,{starts[0]},1,x\n"
    )
    assert stamps(found["at"])[:3] == ["2018-02-05 20:55", "2018-02-05 21:00", "2018-02-06 14:35"]
    assert stamps(found["at"])[4] == "2018-02-06 20:50"  # a lone bar may last the whole day
    assert stamps(found["known_at"])[1] == "2018-02-05 21:15"
    assert stamps(found["known_at"])[4] == "2018-02-06 20:55"


def test_bars_over_a_weekend_last_a_day(tmp_path: Path):
    """Daily bars with only a weekend between them still last one day, not three."""
    path = tmp_path / "bars.parquet"
    ts = pd.to_datetime(["2018-02-02", "2018-02-05"], utc=True)
    frame(ts=ts, series="BTC-USD").to_parquet(path)
    found = importing.read(path).frames["bars.parquet"]
    assert stamps(found["at"]) == ["2018-02-03 00:00", "2018-02-06 00:00"]


@pytest.mark.parametrize("hour", [0, 5, 14])
def test_daily_bars_are_sessions(tmp_path: Path, hour: int):
    """Daily bars of a session's venue say what dates would say, half-days and holidays too."""
    dates = pd.to_datetime(["2018-11-20", "2018-11-21", "2018-11-23", "2018-11-26"])
    ts = dates.tz_localize("UTC") + pd.Timedelta(hours=hour)
    values = [2641.89, 2649.93, 2632.56, 2673.45]
    for name, times in (("dates", {"date": dates}), ("bars", {"ts": ts})):
        frame(series="SPX", value=values, **times).to_parquet(tmp_path / f"{name}.parquet")
    found = importing.read(tmp_path).frames
    pd.testing.assert_frame_equal(found["bars.parquet"], found["dates.parquet"])
    archive = Archive(tmp_path / "archive")
    importing.append(archive, importing.read(tmp_path / "bars.parquet"))
    spx = next(one for one in INSTRUMENTS if one.symbol == "SPX")
    own = prices.bars(archive.as_of(moment("2018-11-26T21:15Z"), {"SPX": ()}), spx)
    assert own is not None
    assert own.close.tolist() == values
    assert str(own.at[2]) == "2018-11-23T18:00:00.000000"


def test_moments(tmp_path: Path):
    """Rows with `at` are known as given, else after the lag of their table row or spacing."""
    found = read_text(
        tmp_path,
        "series,field,at,known_at,value,source\n"
        "SPX,close,2018-02-05T16:00-05:00,,1,x\n"
        "SPX,close,2018-02-06T21:00Z,2018-02-07T00:00Z,1,x\n"
        "WTI,value,2018-02-06T00:00Z,,1,x\n"
        "NOBODY,value,2018-02-01T00:00Z,,1,x\n"
        "NOBODY,value,2018-03-01T00:00Z,2018-03-01T08:00Z,1,x\n",
    )
    assert stamps(found["at"])[0] == "2018-02-05 21:00"
    assert stamps(found["known_at"]) == [
        "2018-02-05 21:15", "2018-02-07 00:00", "2018-02-13 00:00",
        "2018-03-04 00:00", "2018-03-01 08:00",
    ]  # fmt: skip


def test_given_known_at_of_bars(tmp_path: Path):
    """A given known_at goes before the rule, from the bar's end on; an open's from its start on."""
    found = read_text(
        tmp_path,
        "series,field,ts,known_at,value,source\n"
        "SPY,close,2018-02-05T19:30Z,,1,x\n"
        "SPY,close,2018-02-05T20:30Z,2018-02-05T21:30Z,1,x\n"
        "SPX,open,2018-02-05T00:00Z,2018-02-05T14:30Z,1,x\n"
        "SPX,open,2018-02-06T00:00Z,,1,x\n"
        "BTC-USD,open,2018-02-05T22:00Z,2018-02-05T22:00Z,1,x\n"
        "BTC-USD,open,2018-02-05T23:00Z,2018-02-05T23:00:01Z,1,x\n",
    )
    assert stamps(found["known_at"]) == [
        "2018-02-05 20:45", "2018-02-05 21:30", "2018-02-05 14:30", "2018-02-06 21:15",
        "2018-02-05 22:00", "2018-02-05 23:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("series", "dates", "least"),
    [
        ("CPILFESL", ["2018-01-01"], "2018-01-01"),  # a month of the table
        ("WTI", ["2018-02-05"], "2018-02-06"),  # a day of the table
        ("VIX", ["2018-02-05"], "2018-02-05 21:00"),
        ("VIX", ["2018-03-30"], "2018-03-30 20:00"),  # a holiday: 16:00 there
        ("SPX", ["1962-02-05"], "1962-02-05 21:00"),  # before the calendar
        ("BTC-USD", ["2018-02-05"], "2018-02-06"),
        ("NOBODY", ["2018-02-05", "2018-02-06"], "2018-02-06"),  # by spacing: day
        ("NOBODY", ["2018-02-09", "2018-02-16"], "2018-02-03"),  # week, by its last day
        ("NOBODY", ["2018-01-01", "2018-02-01"], "2018-01-01"),  # month
        ("NOBODY", ["2018-01-01", "2018-04-01"], "2018-01-01"),  # quarter
        ("NOBODY", ["2018-01-01", "2019-01-01"], "2018-01-01"),  # year
        ("NOBODY", ["2018-01-01"], "2018-01-02"),  # a lone row counts as a day
    ],
)
def test_no_date_is_known_before_it_could_be(
    tmp_path: Path, series: str, dates: list[str], least: str
):
    """A day's value is known from its end on, a longer period's from its first day on."""
    earliest = pd.Timestamp(least, tz="UTC")
    for given in (earliest, earliest - pd.Timedelta(seconds=1)):
        known = [given] + [pd.NaT] * (len(dates) - 1)
        path = tmp_path / "some.parquet"
        pd.DataFrame(
            {"series": series, "field": "value", "source": "x", "value": 1.0, "date": dates}
        ).assign(known_at=pd.Series(known, dtype="datetime64[us, UTC]")).to_parquet(path)
        if given == earliest:
            assert importing.read(path).frames["some.parquet"]["known_at"].iloc[0] == given
            continue
        with pytest.raises(ImportRefused, match=r"row 1, column 'known_at': .*\. It lies before"):
            importing.read(path)


def test_no_close_in_an_earlier_snapshot(tmp_path: Path):
    """Bars whose source says that each is known as it starts never show a close before the bell."""
    bars = pd.date_range("2018-02-05 20:00", "2018-02-05 20:45", freq="15min", tz="UTC")
    path = tmp_path / "bars.parquet"
    base = pd.DataFrame({"series": "SPX", "field": "close", "value": 1.0, "source": "x"}, range(4))
    base.assign(ts=bars, known_at=bars).to_parquet(path)
    with pytest.raises(ImportRefused, match="It lies before 2018-02-05T20:15"):
        importing.read(path)
    base.assign(ts=bars, known_at=bars + pd.Timedelta(minutes=15)).to_parquet(path)
    archive = Archive(tmp_path / "archive")
    importing.append(archive, importing.read(path))
    column = archive.as_of(moment("2018-02-05T20:59:59Z"), {"SPX@15m": ()}).get("SPX@15m")
    assert column is not None
    assert str(column.at[-1]) == "2018-02-05T20:45:00.000000"


def test_blanks_are_kept(tmp_path: Path):
    """An empty or NaN value was published as missing: a row, never a zero."""
    found = read_text(tmp_path, f"{HEAD}\nVIX,close,2018-02-05,,x\nVIX,close,2018-02-06,NaN,x\n")
    assert len(found) == 2
    assert found["value"].isna().all()


def test_units(tmp_path: Path):
    """A unit is given, else the table's; volume counts shares; the rest is honestly unknown."""
    found = read_text(
        tmp_path,
        "series,field,date,value,source,unit\n"
        "SPY,close,2018-02-05,1,x,\n"
        "SPY,volume,2018-02-05,1,x,\n"
        "SPY,close_adj,2018-02-05,1,x,\n"
        "SPY,close,2018-02-06,1,x,EUR\n"
        "BTC-USD,volume,2018-02-05,1,x,\n"
        "NOBODY,close,2018-02-05,1,x,\n"
        "AAA,value,2018-02-01,1,x,\n",
    )
    assert list(found["unit"]) == ["USD", "shares", "USD", "EUR", "unknown", "unknown", "%"]


def test_own_instruments(tmp_path: Path):
    """An instrument that the desk defines is dated by its venue, and its closes set the clock."""
    path = text(tmp_path / "doge.csv", f"{HEAD}\nDOGE,close,2018-03-30,1,x\nM,value,2018-03-30,1,x")
    own = Instrument(symbol="DOGE", name="dogecoin", venue="24/7", unit="USD", lag_minutes=5)
    assert importing.read(path, [own]).through == moment("2018-03-31T00:05Z")
    assert importing.read(path).through == moment("2018-04-01T00:00Z")


def test_through_without_closes(tmp_path: Path):
    """Without an instrument's close the delivery reaches to its latest known_at."""
    path = text(tmp_path / "wti.csv", f"{HEAD}\nWTI,value,2018-02-05,1,x\n")
    assert importing.read(path).through == moment("2018-02-13T00:00Z")


def test_text_and_parquet_agree(tmp_path: Path):
    """The same rows give the same observations, whichever the format and the column types."""
    dates = ["2018-02-02", "2018-02-05"]
    frame(date=dates).to_csv(tmp_path / "a.csv", index=False)
    frame(date=dates).to_csv(tmp_path / "b.csv.gz", index=False)
    frame(date=pd.to_datetime(dates)).to_parquet(tmp_path / "c.parquet")
    frame(date=[dt.date.fromisoformat(d) for d in dates], value=[1, 2]).to_parquet(
        tmp_path / "d.parquet"
    )
    frame(date=dates, value=["1", "2"]).astype({"series": "category"}).to_parquet(
        tmp_path / "e.parquet"
    )
    archive, delivery = Archive(tmp_path / "archive"), importing.read(tmp_path)
    assert delivery.accepted == ("a.csv", "b.csv.gz", "c.parquet", "d.parquet", "e.parquet")
    assert importing.append(archive, delivery) == 2  # five files, one content


CASES = {
    "dates": (f"{HEAD}\nSPX,close,2018-02-05,1,x\nSPX,close,05.02.2018,1,x\n",
              "row 2, column 'date': got '05.02.2018'. Write ISO 8601"),
    "impossible date": (f"{HEAD}\nSPX,close,2018-02-30,1,x\n", "row 1, column 'date': got '2018-"),
    "typo in the year": (f"{HEAD}\nSPX,close,0218-02-03,1,x\n", "column 'date': got '0218-02-03'"),
    "no date": (f"{HEAD}\nSPX,close,,1,x\n", "row 1, column 'date': got nothing."),
    "date with a zone": (f"{HEAD}\nSPX,close,2018-02-05T00:00Z,1,x\n",
                         "It names a time zone: write 2018-02-05, or call the column 'at' or 'ts'"),
    "value": (f"{HEAD}\nSPX,close,2018-02-05,\"1,5\",x\n",
              "row 1, column 'value': got '1,5'. Write a plain number"),
    "placeholder": (f"{HEAD}\nSPX,close,2018-02-05,N/A,x\n", "column 'value': got 'N/A'."),
    "infinite": (f"{HEAD}\nSPX,close,2018-02-05,-inf,x\n", "column 'value': got '-inf'. Leave it"),
    "series": (f"{HEAD}\n,close,2018-02-05,1,x\n,close,2018-02-06,1,x\n",
               "row 1, column 'series': got nothing (and 1 rows more). Name the series"),
    "field": (f"{HEAD}\nSPX, ,2018-02-05,1,x\n", "row 1, column 'field': got nothing."),
    "source": (f"{HEAD}\nSPX,close,2018-02-05,1,\n", "row 1, column 'source': got nothing."),
    "naive ts": ("series,field,ts,value,source\nSPY,close,2018-02-05T20:55Z,1,x\n"
                 "SPY,close,2018-02-05T21:00,1,x\n",
                 "row 2, column 'ts': got '2018-02-05T21:00'. It names no time zone: write 2018"),
    "naive at": ("series,field,at,value,source\nSPY,close,2018-02-05 21:00,1,x\n",
                 "column 'at': got '2018-02-05 21:00'. It names no time zone"),
    "naive known_at": (f"{HEAD},known_at\nSPX,close,2018-02-05,1,x,2018-02-06\n",
                       "column 'known_at': got '2018-02-06'. It names no time zone"),
    "broken known_at": (f"{HEAD},known_at\nSPX,close,2018-02-05,1,x,later\n",
                        "column 'known_at': got 'later'. Write ISO 8601"),
    "known before at": ("series,field,at,known_at,value,source\n"
                        "X,value,2018-02-05T21:00Z,2018-02-05T20:00Z,1,x\n",
                        "column 'known_at': got '2018-02-05T20:00Z'. It lies before 2018-02-05T21"),
    "known before the bell": (f"{HEAD},known_at\nSPX,close,2018-02-05,1,x,2018-02-05T12:00Z\n",
                              "It lies before 2018-02-05T21:00"),
    "known before the bar ends": ("series,field,ts,known_at,value,source\n"
                                  "SPX,close,2018-02-05T00:00Z,2018-02-05T20:00Z,1,x\n"
                                  "SPX,close,2018-02-06T00:00Z,,1,x\n",
                                  "row 1, column 'known_at': got '2018-02-05T20:00Z'. It lies "
                                  "before 2018-02-05T21:00"),
    "known as its bar starts": ("series,field,ts,known_at,value,source\n"
                                "SPX,close,2018-02-05T20:30Z,,1,x\n"
                                "SPX,close,2018-02-05T20:45Z,2018-02-05T20:45Z,1,x\n",
                                "row 2, column 'known_at': got '2018-02-05T20:45Z'. It lies before "
                                "2018-02-05T21:00:00+00:00, when what the row describes can first "
                                "be known. Leave it empty for the stated lag, or name the moment "
                                "in 'at' instead of 'ts'."),
    "lone bar known as it starts": ("series,field,ts,known_at,value,source\n"
                                    "BTC-USD,close,2018-02-05T00:00Z,2018-02-05T00:00Z,1,x\n",
                                    "row 1, column 'known_at': got '2018-02-05T00:00Z'. It lies "
                                    "before 2018-02-06T00:00"),
    "open known before its bar": ("series,field,ts,known_at,value,source\n"
                                  "BTC-USD,open,2018-02-05T22:00Z,2018-02-05T21:59Z,1,x\n"
                                  "BTC-USD,open,2018-02-05T23:00Z,,1,x\n",
                                  "It lies before 2018-02-05T22:00"),
    "open known before the session": (f"{HEAD},known_at\n"
                                      "SPX,open,2018-02-05,1,x,2018-02-05T14:00Z\n",
                                      "It lies before 2018-02-05T14:30"),
    "open of a day's bar": ("series,field,ts,known_at,value,source\n"
                            "SPX,open,2018-02-05T00:00Z,2018-02-05T14:00Z,1,x\n"
                            "SPX,open,2018-02-06T00:00Z,,1,x\n",
                            "It lies before 2018-02-05T14:30"),
    "a month ahead": (f"{HEAD},known_at\nCPILFESL,value,2018-01-01,1,x,2017-06-01T00:00Z\n",
                      "row 1, column 'known_at': got '2017-06-01T00:00Z'. It lies before "
                      "2018-01-01T00:00"),
    "two values": (f"{HEAD}\nSPX,close,2018-02-05,1,x\nSPX,close,2018-02-06,1,x\n"
                   "SPX,close,2018-02-05,2,x\n",
                   "row 3, column 'value': got 2 for SPX close at 2018-02-05T21:00:00+00:00 from "
                   "x, known at 2018-02-05T21:15:00+00:00, where row 1 of bad.csv has 1."),
    "value and blank": (f"{HEAD}\nSPX,close,2018-02-05,1,x\nSPX,close,2018-02-05,,x\n",
                        "row 2, column 'value': got a blank"),
    "short row": (f"{HEAD}\nSPX,close,2018-02-05,1,x\nSPX,clo\n",
                  "row 2: Expected 5 columns, got 2: SPX,clo"),
    "two times": ("series,field,date,at,value,source\n", "got the columns 'date', 'at'. Keep one"),
    "a name twice": (f"{HEAD},value\nSPX,close,2018-02-05,1,x,2\n", "the columns 'value' twice."),
    "weekly bars": ("series,field,ts,value,source\nSPY,close,2018-02-05T00:00Z,1,x\n"
                    "SPY,close,2018-02-12T00:00Z,1,x\n", "column 'ts': got bars of SPY 7 days"),
    "monthly bar": ("series,field,ts,value,source\nAAA,value,2018-01-01T00:00Z,1,x\n",
                    "row 1, column 'ts': got bars of AAA 31 days long. Bars last a day at most"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), CASES.values(), ids=CASES)
def test_malformed_file_imports_nothing(tmp_path: Path, content: str, said: str):
    """One malformed row refuses the whole folder in one line: file, row, column, got, remedy."""
    text(tmp_path / "data" / "a good one.csv", GOOD.replace("SPX", "COMP"))
    text(tmp_path / "data" / "bad.csv", content)
    with pytest.raises(ImportRefused) as error:
        importing.read(tmp_path / "data")
    message = str(error.value)
    assert said in message
    assert message.startswith("bad.csv")
    assert "othing was imported." in message
    assert "\n" not in message


def aware(*hours: int) -> pd.Series:
    return pd.Series([pd.Timestamp(f"2018-02-05T{hour}:00", tz="UTC") for hour in hours])


TYPED: dict[str, tuple[Callable[[], pd.DataFrame], str]] = {
    "naive ts": (lambda: frame(ts=pd.date_range("2018-02-05", periods=2)),
                 "row 1, column 'ts': got '2018-02-05 00:00:00' (and 1 rows more). It names no"),
    "aware date": (lambda: frame(date=aware(10, 11)), "column 'date': got '2018-02-05 10:00:00"),
    "number as date": (lambda: frame(date=[20180205, 20180206]), "column 'date': got '20180205'"),
    "null in at": (lambda: frame(at=aware(10, 11).where([True, False])), "row 2, column 'at': got"),
    "infinite": (lambda: frame(at=aware(10, 11), value=[1, np.inf]), "column 'value': got 'inf'"),
    "truth": (lambda: frame(at=aware(10, 11), value=[True, False]), "column 'value': got 'True'"),
    "no source": (lambda: frame(at=aware(10, 11), source=["x", None]), "row 2, column 'source'"),
    "nameless": (lambda: frame(at=aware(10, 11), series=[1, 2]), "column 'series': got '1'"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "said"), TYPED.values(), ids=TYPED)
def test_malformed_parquet(tmp_path: Path, make: Callable[[], pd.DataFrame], said: str):
    """Types are checked like texts: nothing is read as something that it does not say."""
    make().to_parquet(tmp_path / "bad.parquet")
    with pytest.raises(ImportRefused) as error:
        importing.read(tmp_path / "bad.parquet")
    assert said in str(error.value)


def test_empty_file_is_fine(tmp_path: Path):
    """A long file without rows is read like any other, and adds nothing."""
    delivery = importing.read(text(tmp_path / "empty.csv", HEAD + "\n"))
    assert (delivery.accepted, delivery.through) == (("empty.csv",), None)
    archive = Archive(tmp_path / "archive")
    assert importing.append(archive, delivery) == 0
    assert archive.parts() == []


def test_folder_lists_what_it_leaves(tmp_path: Path):
    """Each file of a folder is read or listed with the reason why not, at any depth."""
    text(tmp_path / "a.csv", GOOD)
    text(tmp_path / "deep" / "er" / "b.csv", GOOD.replace("SPX", "COMP"))
    text(tmp_path / "deep" / "other.csv", "date,value\n2018-02-05,1\n")
    text(tmp_path / "timeless.csv", "series,field,value,source\nSPX,close,1,x\n")
    text(tmp_path / "notes.md", "# Notes\n")
    text(tmp_path / "torn.parquet", "PAR1 and no more")
    delivery = importing.read(tmp_path)
    assert delivery.accepted == ("a.csv", "deep/er/b.csv")
    skipped = dict(delivery.skipped)
    assert skipped.pop("torn.parquet").startswith("not readable: ")
    assert skipped == {
        "deep/other.csv": "not long: no column 'series', 'field', 'source'",
        "timeless.csv": "not long: no column 'date', 'ts' or 'at'",
        "notes.md": "not Parquet or CSV",
    }


def test_nothing_to_import(tmp_path: Path):
    """A file given by name must be long, a folder must hold one, and either must exist."""
    lone = text(tmp_path / "lone.csv", "date,value\n2018-02-05,1\n")
    for path, said in (
        (lone, "lone.csv: not long: no column 'series', 'field', 'source'"),
        (tmp_path, "lone.csv: not long"),
        (tmp_path / "missing.csv", "missing.csv' does not exist"),
    ):
        with pytest.raises(ImportRefused, match=said):
            importing.read(path)


def test_same_row_twice_is_one(tmp_path: Path):
    """A row that is merely repeated counts once."""
    assert len(read_text(tmp_path, GOOD + "SPX,close,2018-02-05,2648.94,x\n")) == 2


def test_files_of_a_delivery_must_agree(tmp_path: Path):
    """Two files that give one key two values contradict each other: neither is imported."""
    text(tmp_path / "a.csv", GOOD)
    text(tmp_path / "b.csv", GOOD.replace("2648.94", "2649"))
    with pytest.raises(
        ImportRefused, match=r"b.csv, row 2, .* got 2649 .* row 2 of a.csv has 2648"
    ):
        importing.read(tmp_path)


def test_archive_and_delivery_must_agree(tmp_path: Path):
    """A changed value needs its known_at: an earlier vintage is never overwritten unseen."""
    archive = Archive(tmp_path / "archive")
    importing.append(archive, importing.read(text(tmp_path / "a.csv", GOOD)))
    longer = GOOD + "SPX,close,2018-02-06,2695.14,x\n"
    changed = importing.read(text(tmp_path / "b.csv", longer.replace("2648.94", "2649")))
    with pytest.raises(ImportRefused, match=r"b.csv, row 2, .* where the archive has 2648.94"):
        importing.append(archive, changed)
    assert len(archive.parts()) == 1
    revised = f"{HEAD},known_at\nSPX,close,2018-02-05,2649,x,2018-02-06T12:00Z\n"
    again = [
        importing.read(text(tmp_path / n, c)) for n, c in (("c.csv", longer), ("d.csv", revised))
    ]
    assert [importing.append(archive, delivery) for delivery in again] == [1, 1]
    column = archive.as_of(moment("2018-02-06T21:15Z"), {"SPX": ()}).get("SPX")
    assert column is not None
    assert column.value.tolist() == [2762.13, 2649, 2695.14]


def test_a_file_that_grows_adds_its_new_rows_only(tmp_path: Path):
    """What the archive holds is left alone: each row is stored once, however often it comes."""
    archive, path = Archive(tmp_path / "archive"), tmp_path / "data" / "spx.csv"
    days = pd.bdate_range("2018-02-05", periods=6).strftime("%Y-%m-%d")
    lines = [f"SPX,close,{day},{'' if n == 1 else n},x" for n, day in enumerate(days)]
    added = []
    for count in (3, 4, 4, 6):
        text(path, "\n".join([HEAD, *lines[:count]]))
        added.append(importing.append(archive, importing.read(path.parent)))
    assert added == [3, 1, 0, 2]
    assert archive.coverage()["rows"].tolist() == [6]
    assert archive.end() == moment("2018-02-12T21:15Z")
    column = archive.as_of(moment("2018-02-12T21:15Z"), {"SPX": ()}).get("SPX")
    assert column is not None
    np.testing.assert_array_equal(column.value, [0, np.nan, 2, 3, 4, 5])


def test_files_that_overlap_share_no_row(tmp_path: Path):
    """A row that several files of a delivery hold is stored once, wherever it stands in them."""
    text(tmp_path / "data" / "a.csv", GOOD)
    more = ("SPX,close,2018-02-01,2821.98,x", "SPX,close,2018-02-05,2648.94,x",
            "AAA,value,2018-01-01,3.55,x")  # fmt: skip
    text(tmp_path / "data" / "b.csv", "\n".join([HEAD, *more]))
    text(tmp_path / "data" / "c.csv", "\n".join([HEAD, *more[::-1]]))
    archive = Archive(tmp_path / "archive")
    assert importing.append(archive, importing.read(tmp_path / "data")) == 4
    coverage = archive.coverage().set_index("series")["rows"]
    assert coverage.to_dict() == {"AAA": 1, "SPX": 3}
    column = archive.as_of(moment("2018-02-05T21:15Z"), {"SPX": ()}).get("SPX")
    assert column is not None
    assert column.value.tolist() == [2821.98, 2762.13, 2648.94]


def test_no_import_under_a_running_cycle(
    tmp_path: Path, inside: Callable[..., subprocess.CompletedProcess[str]]
):
    """While a cycle holds the outputs an import is refused in one line: no notebook sees it."""
    params = "desk: d\nfirst: 2018-01-29\ninstruments: [SPX]\nminds: []\n"
    text(tmp_path / "params" / "desk.yaml", params)
    text(tmp_path / "spx.csv", GOOD)
    args = ["archive", "import", "spx.csv", "--file", "params/desk.yaml", "--archive", "store"]
    with lock.held(tmp_path / "outputs"):
        refused = inside(*args, "--outputs", "outputs", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("workbench: Another cycle")
    assert refused.stderr.count("\n") == 1
    assert Archive(tmp_path / "store").parts() == []
    done = inside(*args, "--outputs", "outputs", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "2 new observations from 1 files.\n")


def test_bars_of_several_spacings(tmp_path: Path):
    """Each bar is bounded by its own spacing; one that is known early keeps all files out."""
    kinds = {"SPX": ("20:00", "15min"), "SPY": ("18:30", "60min"), "BTC-USD": ("00:00", "1440min")}
    bars = pd.concat(
        pd.DataFrame(
            {"ts": pd.date_range(f"2018-02-05 {first}", periods=3, freq=length, tz="UTC")}
        ).assign(series=series, length=pd.Timedelta(length))
        for series, (first, length) in kinds.items()
    ).sample(frac=1, random_state=1, ignore_index=True)
    bars = bars.assign(field="close", value=1.0, source="x", known_at=bars["ts"] + bars["length"])
    data = tmp_path / "data"
    text(data / "a.csv", GOOD.replace("SPX", "COMP"))
    bars.to_parquet(data / "bars.parquet")
    found = importing.read(data).frames["bars.parquet"]
    assert (found["known_at"] == found["at"]).all()
    for row in bars.index:
        early = bars["known_at"].where(bars.index != row, bars["known_at"] - pd.Timedelta(1, "us"))
        bars.assign(known_at=early).to_parquet(data / "bars.parquet")
        with pytest.raises(ImportRefused, match=rf"^bars.parquet, row {row + 1}, column 'known_at"):
            importing.read(data)


def test_interrupted_import_is_completed(tmp_path: Path):
    """An import that stopped between two files is finished by running it again."""
    text(tmp_path / "data" / "a.csv", GOOD)
    text(tmp_path / "data" / "b.csv", GOOD.replace("SPX", "COMP"))
    archive = Archive(tmp_path / "archive")
    importing.append(archive, importing.read(tmp_path / "data" / "a.csv"))
    assert importing.append(archive, importing.read(tmp_path / "data")) == 2
    assert archive.coverage()["rows"].tolist() == [2, 2]


def test_an_archive_can_be_imported(tmp_path: Path, bundle: Archive):
    """The parts of one archive are long files for another, known_at and units included."""
    archive, at = Archive(tmp_path), moment("2018-02-05T22:00Z")
    importing.append(archive, importing.read(bundle.folder))
    wanted = {"SPX": (), "VIX": (), "AAA": ()}
    assert archive.as_of(at, wanted).hash == bundle.as_of(at, wanted).hash


def test_real_files(tmp_path: Path):
    """Real files of several kinds come in whole, with the known traps as their manifest says."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared/data/series beside the project: the real files are not here")
    names = ["vix_daily", "onchain_daily", "etf_1h_2024_2026", "sp500_monthly_shiller",
             "macro_vintages", "vix_first_seen"]  # fmt: skip
    for name in names:
        (tmp_path / f"{name}.parquet").symlink_to(SHARED / f"{name}.parquet")
    delivery = importing.read(tmp_path)
    assert len(delivery.accepted) == 4
    assert dict(delivery.skipped) == {
        "macro_vintages.parquet": "not long: no column 'field'",
        "vix_first_seen.parquet": "not long: no column 'source'",
    }
    archive = Archive(tmp_path / "archive")
    assert importing.append(archive, delivery) == sum(
        len(pd.read_parquet(SHARED / f"{name}.parquet", columns=["value"])) for name in names[:4]
    )
    vix = archive.as_of(moment("2020-03-16T20:30Z"), {"VIX": ("DV",)}).get("VIX")
    assert vix is not None
    assert float(vix.value[-1]) == 82.69


def test_units_of_contracts(tmp_path: Path):
    """What no instrument says the unit of gets its contract's; a quote has its instrument's."""
    lines = ["DGS10,value", "ETH,tx_count", "VIX,last", "SPY,bid", "NOBODY,value"]
    found = read_text(tmp_path, HEAD + "\n" + "".join(f"{one},2018-02-05,1,x\n" for one in lines))
    units = found.set_index("series")["unit"].astype(str).to_dict()
    assert units == {
        "DGS10": "%", "ETH": "transactions a day", "VIX": "points", "SPY": "USD",
        "NOBODY": "unknown",
    }  # fmt: skip


def test_basis_of_an_import(tmp_path: Path):
    """A file that gives ``known_at`` states it, or says what its own archive had; else a rule."""
    known = "2018-02-05T22:00Z"
    found = read_text(
        tmp_path,
        f"{HEAD},known_at,basis\nSPX,close,2018-02-05,1,x,{known},\nVIX,close,2018-02-05,1,x,,seen\n"
        f"SPY,close,2018-02-05,1,x,{known},seen\n",
    )
    assert found["basis"].astype(str).tolist() == ["stated", "rule", "seen"]
    with pytest.raises(ImportRefused, match="column 'basis': got 'guess'"):
        read_text(tmp_path, f"{HEAD},basis\nSPX,close,2018-02-05,1,x,guess\n")

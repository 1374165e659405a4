"""The evaluation of a desk's archive: what it answers, what it leaves out, what it refuses."""

import datetime as dt
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.desk import evaluate
from workbench.desk.evaluate import Evaluation
from workbench.desk.table import Table
from workbench.domain.errors import BeyondArchive, UserMistake
from workbench.measures import panel
from workbench.steps import debate
from workbench.steps.bench import Bench
from workbench.steps.opening import after_close
from workbench.world.archive import Archive
from workbench.world.feeds import bundled
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

Run = Callable[..., subprocess.CompletedProcess[str]]
FIRST, LAST = dt.date(2017, 9, 1), dt.date(2017, 11, 30)
KEYS = ["instrument", "horizon", "family", "forecaster", "n", "n_eff", "brier", "log", "skill",
        "skill_low", "skill_high", "auc", "ece", "slope"]  # fmt: skip
OWN = {"climatology", "climatology_1y", "persistence", "lognormal_ewma", "ewma_fhs", "gjr_fhs",
       "scenario"}  # fmt: skip


@pytest.fixture(scope="module")
def desk(new_project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = new_project(tmp_path_factory.mktemp("evaluate") / "project")
    return open_desk(root / "params" / "small.yaml")


@pytest.fixture(scope="module")
def found(desk: Desk, bundle: Archive) -> Evaluation:
    """Three months of one-session claims on the bundled history."""
    return evaluate.evaluate(desk, bundle, first=FIRST, last=LAST, horizons=(1,))


def test_one_row_each(found: Evaluation):
    """One row an instrument, horizon, family and forecaster, under the names that were promised."""
    assert list(found.rows)[: len(KEYS)] == KEYS
    keys = ["instrument", "horizon", "family", "forecaster"]
    assert not found.rows.duplicated(keys).any()
    whole = found.rows[found.rows["family"] == "all"]
    told = {symbol: set(rows["forecaster"]) for symbol, rows in whole.groupby("instrument")}
    assert told == {"SPX": OWN | {"lognormal_vix"}, "COMP": OWN | {"lognormal_vix"}, "VIX": OWN}


def test_all_are_asked_the_same(found: Evaluation):
    """Every forecaster of an instrument has the same claims, on all sessions asked for."""
    n = found.rows.groupby(["instrument", "family"])["n"].unique()
    assert n["SPX", "direction"].tolist() == [63]  # the sessions of these three months
    assert n["SPX", "level"].tolist() == [6 * 63]
    assert n["SPX", "all"].tolist() == n["SPX", "headline"].tolist() == [22 * 63]
    base = found.rows[found.rows["forecaster"] == "climatology"]
    assert (base[base["over"] == "climatology"]["skill"] == 0).all()


def test_what_is_left_out_is_named(found: Evaluation):
    """No highs and lows, no market: each with its reason, and no row that pretends."""
    reasons = dict(found.skipped)
    assert set(reasons) == {"VIX", "market", "Macro, Flow, Contrarian"}
    assert "no highs and lows" in reasons["VIX"]
    vix = set(found.rows[found.rows["instrument"] == "VIX"]["family"])
    assert vix == {"direction", "level", "band", "all", "headline"}


# Minds


def test_minds_are_judged_beside_the_baselines(desk: Desk, bundle: Archive, found: Evaluation):
    """Asked for, every mind answers the same claims; nobody else's row changes."""
    heard = evaluate.evaluate(desk, bundle, first=FIRST, last=LAST, horizons=(1,), minds=True).rows
    who = {"Macro", "Flow", "Contrarian"}
    assert who <= set(heard["forecaster"])
    rest = heard[~heard["forecaster"].isin(who)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, found.rows)
    whole = heard[heard["family"] == "all"].set_index(["instrument", "forecaster"])
    assert whole.loc[("SPX", "Contrarian"), "n"] == whole.loc[("SPX", "scenario"), "n"]
    assert whole.loc[("SPX", "Flow"), "brier"] != whole.loc[("SPX", "scenario"), "brier"]


def test_a_mind_says_there_what_it_says_in_a_cycle(desk: Desk, bundle: Archive):
    """On one past close, what the table hears is what a cycle of that day puts on record."""
    day, name = dt.date(2017, 10, 20), "SPX"
    cycle = Bench(desk, bundle, Ledger("sqlite://"), number=1, as_of=after_close(desk, day),
                  mode="replay", keep=False)  # fmt: skip
    sets = {mind: own[1] for mind, own in debate.sets(cycle).items()}
    known = evaluate._known(desk, bundle)
    own, one = known[name], next(i for i in desk.instruments if i.symbol == name)
    t = int(np.searchsorted(own.dates, np.datetime64(day)))
    asked = panel.fixed(own, 1)
    table = Table(desk, evaluate._snapshot(desk, bundle), known)
    found = table.heard(one, asked, np.array([t]))
    assert set(found) == set(sets) == {"Macro", "Flow", "Contrarian"}
    for who, said in found.items():
        wanted = panel.shares(asked, t, sets[who].of(name))
        assert said[t] == pytest.approx(wanted, abs=2e-3), who  # the pair's dates, not all three's
    assert np.isnan(np.delete(found["Flow"], t, axis=0)).all()


def cut(folder: Path, until: str, gap: tuple[str, str, str] | None = None) -> Archive:
    """The bundled history up to a moment, perhaps without a stretch of one series."""
    rows = bundled.observations()
    archive = Archive(folder)
    kept = rows[rows["known_at"] <= pd.Timestamp(until, tz="UTC")]
    if gap is not None:
        series, *days = gap
        kept = kept[~((kept["series"] == series) & kept["at"].between(*days))]
    archive.append(kept, origin="cut", through=pd.Timestamp(until, tz="UTC").to_pydatetime())
    return archive


def test_no_future_is_known(desk: Desk, found: Evaluation, tmp_path: Path):
    """An archive that ends with the last window gives the same table to the bit."""
    until = "2017-12-01T23:00:00"
    short = evaluate.evaluate(
        desk, cut(tmp_path / "cut", until), first=FIRST, last=LAST, horizons=(1,)
    )  # fmt: skip
    pd.testing.assert_frame_equal(short.rows, found.rows, check_exact=True)


def test_windows_that_are_not_over_are_not_asked(desk: Desk, tmp_path: Path):
    """Without a last date the evaluation ends where outcomes do."""
    archive = cut(tmp_path / "cut", "2017-12-01T23:00:00")
    found = evaluate.evaluate(desk, archive, first=dt.date(2017, 11, 1), horizons=(5,)).rows
    row = found[(found["instrument"] == "SPX") & (found["family"] == "direction")].iloc[0]
    assert row["n"] == 22 - 5  # sessions of November and 1 December, less those still running
    assert np.isnan(row["skill"])  # under thirty dates


def test_sessions_that_are_not_judged_are_counted(desk: Desk, tmp_path: Path):
    """How many sessions of those asked for only taught, and how many have not ended."""
    archive = cut(tmp_path / "cut", "2017-02-01T23:00:00")
    found = evaluate.evaluate(desk, archive, first=dt.date(2016, 12, 1), horizons=(2,))
    assert [why for what, why in found.skipped if what == "VIX h=2"] == [
        "15 sessions before 2016-12-22, from which forecasters learn",
        "2 sessions after 2017-01-30, whose windows are not over",
    ]
    assert [why for what, why in found.skipped if what == "SPX h=2"] == [
        "2 sessions after 2017-01-30, whose windows are not over"
    ]


def test_scaled_strikes_are_harder(desk: Desk, bundle: Archive, found: Evaluation):
    """In units of the trailing deviation the same families are asked of the same dates."""
    scaled = evaluate.evaluate(
        desk, bundle, first=FIRST, last=LAST, strikes="sigma", horizons=(1,)
    ).rows
    keys = ["instrument", "family", "forecaster", "n"]
    pd.testing.assert_frame_equal(scaled[keys], found.rows[keys])
    assert (scaled["brier"] != found.rows["brier"]).any()


def test_young_instruments_are_named(desk: Desk, tmp_path: Path):
    """With too short a history there is nothing to judge, which is said and not shown as zeros."""
    archive = cut(tmp_path / "young", "2001-06-01T00:00:00")
    with pytest.raises(UserMistake, match="SPX h=1: no forecast can be judged: 608 closes"):
        evaluate.evaluate(desk, archive, horizons=(1,))


@pytest.mark.parametrize(
    ("first", "last", "error", "said"),
    [
        (dt.date(2018, 2, 1), dt.date(2018, 1, 1), UserMistake, "before --from"),
        (dt.date(2018, 2, 1), dt.date(2019, 6, 1), BeyondArchive, "last pulled 2018-12-31"),
        (dt.date(1990, 1, 1), dt.date(1990, 2, 1), BeyondArchive, "begins 1999-01-04"),
    ],
)
def test_dates_outside_the_archive(
    desk: Desk, bundle: Archive, first: dt.date, last: dt.date, error: type[Exception], said: str
):
    """Dates that the archive cannot know are refused, with what it does know."""
    with pytest.raises(error, match=said):
        evaluate.evaluate(desk, bundle, first=first, last=last)


def test_a_forecast_that_is_missing_in_between_is_an_error(desk: Desk, tmp_path: Path):
    """VIX dark for weeks leaves its lognormal without an answer: named, and never left out."""
    archive = cut(tmp_path / "gap", "2017-12-01T23:00:00", ("VIX", "2017-10-01", "2017-11-01"))
    said = "SPX h=1: lognormal_vix has no answer on .* dates, the first 2017-10"
    with pytest.raises(UserMistake, match=said):
        evaluate.evaluate(desk, archive, first=FIRST, last=LAST, horizons=(1,))


# The command


@pytest.fixture
def run(desk: Desk, bundle: Archive, inside: Run) -> Run:
    def ran(*args: str) -> subprocess.CompletedProcess[str]:
        env = {"WORKBENCH_ARCHIVE": str(bundle.folder)}
        return inside("evaluate", "-f", "params/small.yaml", *args, cwd=desk.root, env=env)

    return ran


def test_the_command_in_json(run: Run, found: Evaluation):
    """--json answers the rows alone; progress and what is left out go to stderr."""
    shown = run("--from", str(FIRST), "--to", str(LAST), "--horizon", "1", "--json")
    assert shown.returncode == 0, shown.stderr
    rows: list[dict[str, Any]] = json.loads(shown.stdout)
    assert list(rows[0])[: len(KEYS)] == KEYS
    assert len(rows) == len(found.rows)
    assert "left out market:" in shown.stderr
    assert {row["horizon"] for row in rows} == {1}


def test_the_command_in_words(run: Run):
    """A person reads what is left out, and one table."""
    shown = run("--from", "2017-11-01", "--to", "2017-11-10", "--horizon", "1")
    assert shown.returncode == 0, shown.stderr
    lines = [line for line in shown.stdout.splitlines() if not line.startswith("left out ")]
    assert lines[0].split()[: len(KEYS)] == KEYS
    assert "–" in shown.stdout  # too few dates for a skill is no number


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--from", "soon"], "is not a date"),
        (["--to", "2031-01-01"], "last pulled"),
        (["--panel", "odd"], "odd"),
        (["--horizon", "0"], "horizon"),
    ],
)
def test_the_command_refuses_in_one_line(run: Run, args: list[str], said: str):
    """A call that cannot be answered is exit 2 and one line."""
    shown = run(*args)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert len(shown.stderr.splitlines()) == 1
    assert said in shown.stderr

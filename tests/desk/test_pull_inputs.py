"""Bad input to a live desk: one clear line each, and the rest goes on."""

import datetime as dt
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.bench.feeds import KEYS, NOW, START, keyed, lean, opened, pulled, stored
from tests.bench.served import Reply
from tests.bench.world import World, serving
from workbench.domain.deliveries import Health
from workbench.domain.errors import ParamsError
from workbench.domain.records import Decision
from workbench.measures import quality
from workbench.steps import opening, predict
from workbench.steps.bench import Bench
from workbench.steps.refresh import OVERLAP, rebuild, requests
from workbench.world.archive import Archive
from workbench.world.http.limits import Limits
from workbench.world.ledger import Ledger
from workbench.world.params import Desk
from workbench.world.pulls import Pull, Pulls

pytestmark = pytest.mark.timeout(120)
WHOLE = Limits(deadline=10.0, backoff=0.02)
DECIDED = Decision(claim="c", role="call", probability=0.6, base_rate=0.5, gain=0.04,
                   verdict="passed", reason="")  # fmt: skip


@pytest.fixture
def world() -> Iterator[World]:
    one = World(now=NOW, start=START)
    with serving(one):
        yield one


def asked(world: World, folder: Path, *feeds: str) -> Desk:
    """The live desk with these feeds alone."""
    return opened(world, folder, feeds=[one for one in lean(world) if one["feed"] in feeds])


def of(pull: Pull, feed: str) -> Health:
    return next(one for one in pull.health if one.feed == feed)


def test_missing_keys(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without keys FRED gives its file and says that it is revised, the SEC says which variable
    to set, and what needs none goes on.
    """
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    desk = asked(world, tmp_path, "fred", "sec", "github", "blockchair", "mempool")
    pull = pulled(world, desk, WHOLE)
    assert of(pull, "sec").state == "dark"
    assert of(pull, "sec").reason == (
        "WORKBENCH_CONTACT is not set, and the source asks for it. Set it."
    )
    assert of(pull, "fred").state == "live"
    assert "a free key in FRED_API_KEY" in of(pull, "fred").reason
    assert {of(pull, one).state for one in ("github", "blockchair", "mempool")} == {"live"}
    assert of(pull, "fred").rows > 100


def test_wrong_keys_are_never_kept(world: World, tmp_path: Path):
    """A key that its source refuses, and echoes, is named by its variable; its value is in no
    byte of the archive, of health, or of what is said.
    """
    keys = KEYS | {"FRED_API_KEY": "canary-fred-too-short", "WORKBENCH_CONTACT": "canary nobody"}

    def echo(source: str, target: str, reply: Reply) -> Reply:
        if reply.status == 200:
            return reply
        return Reply(body=f'{{"message": "no {target}"}}'.encode(), status=reply.status)

    world.instead = echo
    world.faults = {"github": "denied", "blockchair": "denied"}
    with keyed(keys):
        desk = asked(world, tmp_path, "fred", "sec", "github", "blockchair", "mempool")
        pull = pulled(world, desk, WHOLE)
    for feed, name in (("github", "GITHUB_TOKEN"), ("blockchair", "BLOCKCHAIR_API_KEY"),
                       ("sec", "WORKBENCH_CONTACT"), ("fred", "FRED_API_KEY")):  # fmt: skip
        assert of(pull, feed).state == "dark"
        assert name in of(pull, feed).reason, of(pull, feed).reason
    assert of(pull, "mempool").state == "live"
    assert "canary" not in str(pull)
    held = [path for path in Path(desk.archive).rglob("*") if path.is_file()]
    assert len(held) > 5
    assert [path for path in held if b"canary" in path.read_bytes()] == []


def test_a_wrong_clock_registers_nothing(tmp_path: Path):
    """With three hosts two hours off, each claim stays a shadow, for the clock (S52)."""
    world = World(now=NOW, start=dt.date(2025, 6, 2))
    world.ahead = dict.fromkeys(("yahoo", "cboe", "kraken"), 7200.0)
    with serving(world):
        desk = asked(world, tmp_path, "yahoo", "cboe", "kraken", "mempool")
        pull = pulled(world, desk, WHOLE)
    assert sorted(pull.skews.values()) == [0.0, 7200.0, 7200.0, 7200.0]
    bench = Bench(
        desk, Archive(desk.archive), Ledger("sqlite://"), number=1, as_of=pull.ended, mode="live",
        keep=False,
    )  # fmt: skip
    assert bench.clock_off.startswith("This machine's clock is 7200 s behind that of 3 hosts (")
    [flag] = [one for one in bench.flags if one.check == "CLOCK_OFF"]
    assert flag.seen == bench.clock_off
    now = dt.datetime.now(dt.UTC)
    assert opening.mode(desk, Ledger("sqlite://"), 1, max(now, pull.ended)) == "replay"
    made = predict.unregistered([DECIDED], bench.clock_off)
    assert [(one.role, one.verdict) for one in made] == [("shadow", "withheld")]
    assert made[0].reason.startswith("this machine's clock is 7200 s behind")


def test_one_host_with_a_wrong_clock_is_its_own(world: World, tmp_path: Path):
    """One or two hosts that are off say nothing of this machine."""
    world.ahead = dict.fromkeys(("cboe", "kraken"), 7200.0)
    desk = asked(world, tmp_path, "cboe", "kraken", "mempool", "deribit")
    assert quality.clock_off(pulled(world, desk, WHOLE).skews) == ""


def test_a_filing_of_thirty_megabytes(world: World, tmp_path: Path):
    """Of a document of 30 MB its beginning is read: the filing stands with its moment, its first
    item whole and the last one marked as cut; the others are read as ever.
    """
    world.faults, world.only = {"sec": "big"}, {"sec": "/Archives/edgar/data/1000000/"}
    world.now = NOW + dt.timedelta(days=20)
    with keyed():
        desk = asked(world, tmp_path, "sec")
        pull = pulled(world, desk, WHOLE)
    assert of(pull, "sec").state == "live"
    items = Archive(desk.archive).items.as_of(pull.ended).set_index("series")
    cut = {series: json.loads(detail)["cut"] for series, detail in items["detail"].items()}
    assert cut == {"sec:TSLA": ["9.01"], "sec:META": []}
    assert json.loads(items["detail"]["sec:TSLA"])["texts"]["2.02"].endswith(
        "21.3 billion dollars for the quarter."
    )
    assert max(p.stat().st_size for p in Path(desk.archive).rglob("*") if p.is_file()) < 1_000_000


def test_a_feed_that_suddenly_returns_nothing(world: World, tmp_path: Path):
    """After a good pull an empty answer darkens the feed and takes nothing back; when it answers
    again it is live, and ``good`` tells when it last was.
    """
    desk = asked(world, tmp_path, "cboe", "mempool")
    first = pulled(world, desk, WHOLE)
    before = stored(desk)["cboe"]
    states = []
    for fault in ("empty", "nothing", "blank", ""):
        world.now = (world.now or NOW) + dt.timedelta(minutes=30)
        world.faults = {"cboe": fault} if fault else {}
        pull = pulled(world, desk, WHOLE)
        one = of(pull, "cboe")
        states.append(one.state)
        assert of(pull, "mempool").state == "live"
        assert stored(desk)["cboe"] == before
        if fault:
            assert one.reason
            assert one.good == first.ended
    assert states == ["dark", "dark", "dark", "live"]


def test_a_renamed_ticker(world: World, tmp_path: Path):
    """A symbol that its source does not know any more is one gap under its name; the rest came."""
    feeds = [one for one in lean(world) if one["feed"] in {"yahoo", "sec"}]
    feeds[0]["series"] = [*feeds[0]["series"], "FB"]
    feeds[1]["series"] = feeds[1]["series"] | {"sec:FB": "FB"}
    with keyed():
        pull = pulled(world, opened(world, tmp_path, feeds=feeds), WHOLE)
    for feed, series in (("yahoo", "FB"), ("sec", "sec:FB")):
        one = of(pull, feed)
        assert one.state == "degraded"
        [gap] = one.gaps
        assert (gap.series, gap.code) == (series, "not_found")
        assert one.reason.removeprefix(f"{series}: ") == gap.reason
        assert series in one.reason


def test_unknown_names_in_params(world: World, tmp_path: Path):
    """A feed that there is none of, or an indicator without a contract, is one line at once."""
    feeds = lean(world)
    for change, said in (
        ({"feeds": [*feeds, {"feed": "yahu"}]}, "yahu"),
        ({"indicators": ["DGS10", "DGS1O"]}, "DGS1O"),
    ):
        with pytest.raises(ParamsError, match=said) as caught:
            opened(world, tmp_path, **change)
        assert "\n" not in str(caught.value)


def test_a_pull_that_is_killed_counts_for_nothing(world: World, tmp_path: Path):
    """SIGKILL at several points of a pull: the next one succeeds, and the archive then holds what
    it holds when nobody was killed.
    """
    names = ("yahoo", "cboe", "kraken", "github", "news")
    clean = asked(world, tmp_path / "clean", *names)
    pulled(world, clean, WHOLE)
    desk = asked(world, tmp_path / "killed", *names)
    script = (
        "import datetime as dt, sys\n"
        "from workbench.steps.refresh import refresh\n"
        "from workbench.world.archive import Archive\n"
        "from workbench.world.params import open_desk\n"
        "desk = open_desk(sys.argv[1], sys.argv[2], sys.argv[3])\n"
        "print('begun', flush=True)\n"
        "told = lambda what, done, of: print('told', flush=True)\n"
        f"refresh(desk, Archive(desk.archive), told=told, "
        f"now=lambda: dt.datetime.fromisoformat({NOW.isoformat()!r}))\n"
    )
    root = Path(__file__).parents[2]
    for line, wait in (("begun", 0.05), ("told", 0.0), ("last", 0.3), ("last", 0.9)):
        run = subprocess.Popen(
            [sys.executable, "-c", script, str(desk.path), str(desk.outputs), str(desk.archive)],
            cwd=root, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(root)},
        )  # fmt: skip
        assert run.stdout is not None
        heard = 0
        for said in run.stdout:
            heard += said.startswith("told")
            if (line == "begun") or (line == "told" and heard) or heard == len(names):
                break
        time.sleep(wait)
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdout.close()
    pull = pulled(world, desk, WHOLE)
    assert {one.state for one in pull.health} == {"live"}
    assert stored(desk) == stored(clean)
    found = Archive(desk.archive)
    frame = pd.concat(found.rows(found.series()))
    assert not frame.duplicated(["series", "field", "at", "known_at", "source"]).any()
    assert Pulls(found.folder).last() == pull


@pytest.mark.parametrize("kept", ["nothing", "everything"])
def test_a_pull_cut_off_while_it_stored_is_finished_from_its_record(
    world: World, tmp_path: Path, kept: str
):
    """Whatever of it was stored, the next pull makes it whole from its own bytes, as of its own
    moment: the archive is the one that nobody cut, and so is the one rebuilt from the record.
    """
    names = ("yahoo", "kraken", "github", "news")
    whole = asked(world, tmp_path / "whole", *names)
    first = pulled(world, whole, WHOLE)
    desk = asked(world, tmp_path / "cut", *names)
    if kept == "everything":
        shutil.copytree(whole.archive, desk.archive)
    else:
        for part in ("pulls", "bodies"):
            shutil.copytree(whole.archive / part, desk.archive / part)
    (stamp,) = (desk.archive / "pulls").iterdir()
    (stamp / "pull.json").unlink()
    assert [one.began for one in Pulls(desk.archive).unfinished()] == [first.began]
    world.now += dt.timedelta(hours=1)
    for one in (whole, desk):
        pulled(world, one, WHOLE)
    assert Pulls(desk.archive).unfinished() == []
    again = Archive(tmp_path / "again")
    assert rebuild(desk, again)[0] == 2
    held = [dated(one) for one in (Archive(whole.archive), Archive(desk.archive), again)]
    assert held[1] == held[0]
    assert held[2] == held[0]


def dated(archive: Archive) -> set[tuple[str, ...]]:
    """Every observation with the moment from which it is known."""
    rows = pd.concat(archive.rows(archive.series()))
    names = ["series", "field", "at", "known_at", "value", "unit", "source", "basis"]
    return {tuple(map(str, row)) for row in rows[names].itertuples(index=False)}


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "workbench.cli", *command], cwd=root, capture_output=True,
        text=True, check=False, env=os.environ | KEYS | {"PYTHONPATH": str(root)},
    )  # fmt: skip


def test_the_commands_of_a_newcomer(tmp_path: Path):
    """pull, status, backfill and rebuild from the command line: tables and JSON that can be read,
    exit code 1 only when every feed is dark, and no key in any output.
    """
    world = World()  # commands know this machine's clock
    with serving(world):
        desk = asked(world, tmp_path, "cboe", "mempool", "github", "coinbase")
        own = ["-f", str(desk.path), "--outputs", str(desk.outputs), "--archive", str(desk.archive)]
        pull = run(["pull", *own])
        assert pull.returncode == 0, pull.stderr
        assert re.search(r"^mempool +live +\d+$", pull.stdout, re.MULTILINE)
        last = pull.stdout.splitlines()[-1]
        assert re.fullmatch(r"4 feeds: 4 live\. [\d,]+ observations and items, .* on\.", last)
        told = yaml.safe_load(run(["pull", "--json", *own]).stdout)
        assert {one["feed"]: one["state"] for one in told} == dict.fromkeys(
            ("cboe", "mempool", "github", "coinbase"), "live"
        )
        status = run(["archive", "status", *own])
        assert status.returncode == 0, status.stderr
        assert "BTC-mempool" in status.stdout
        back = run(["archive", "backfill", "--from", str(world.numbers.start), *own])
        assert back.returncode == 0, back.stderr
        for date in ("0001-01-01", "2999-01-01"):
            never = run(["archive", "backfill", "--from", date, *own])
            assert (never.returncode, never.stdout) == (2, "")
            assert never.stderr.startswith(f"workbench: No feed has history from {date} on.")
        into = str(tmp_path / "again")
        again = run(["archive", "rebuild", "--into", into, *own])
        assert again.returncode == 0, again.stderr
        assert re.fullmatch(r"[\d,]+ observations and items from 3 pulls\.\n", again.stdout)
        twice = run(["archive", "rebuild", "--into", into, *own])
        assert (twice.returncode, twice.stdout) == (2, "")
        assert re.fullmatch(
            r"workbench: The archive at 'again' to rebuild into is not empty: it reaches "
            r"\S+Z\. Give an empty --into\.\n",
            twice.stderr,
        )
        world.faults = dict.fromkeys(("cboe", "mempool", "github", "coinbase"), "error")
        dark = run(["pull", *own])
        assert dark.returncode == 1
        assert dark.stdout.count(" dark ") == 4
    for one in (pull, status, back, again, twice, dark):
        assert "canary" not in one.stdout + one.stderr
        assert "Traceback" not in one.stderr


def test_no_series_keeps_a_hole_because_its_feed_was_well(world: World, tmp_path: Path):
    """A symbol that fails for weeks while its feed answers is asked for since it failed, and one
    that params name later for its whole history; the line that tells of it names it.
    """

    def closes(*series: str) -> list[int]:
        desk = opened(world, tmp_path, feeds=[
            {"feed": "yahoo", "series": list(series), "base": world.base["yahoo"]}
        ])  # fmt: skip
        pull = pulled(world, desk, WHOLE)
        said.append(of(pull, "yahoo").reason)
        known = Archive(desk.archive).as_of(pull.ended, {one: ["yahoo"] for one in series})
        return [len(known.columns[one, "close"].at) for one in series]

    said: list[str] = []
    closes("SPY", "TSLA")
    world.faults, world.only = {"yahoo": "error"}, {"yahoo": "TSLA"}
    for _ in range(3):
        assert world.now is not None
        world.now += dt.timedelta(days=9)
        closes("SPY", "TSLA")
    assert said[-1].startswith("TSLA: ")
    world.faults = {}
    world.now += dt.timedelta(days=1)
    spy, tesla = closes("SPY", "TSLA")
    assert spy == tesla
    assert closes("SPY", "TSLA", "NVDA") == [spy, spy, spy]


def test_an_interrupted_pull_says_so(world: World, tmp_path: Path):
    """From the keyboard a pull ends with one line and the code that shells know."""
    world.faults = {"news": "hang"}
    desk = asked(world, tmp_path, "mempool", "news")
    own = ["-f", str(desk.path), "--outputs", str(desk.outputs), "--archive", str(desk.archive)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "workbench.cli", "pull", *own], stderr=subprocess.PIPE, text=True,
        cwd=root, env=os.environ | KEYS | {"PYTHONPATH": str(root)},
        # Tests may run in the background, where a shell has its children ignore the keyboard.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  # no thread starts here
    ) as pull:  # fmt: skip
        assert pull.stderr is not None
        assert pull.stderr.readline() == "mempool: 1 of 2\n"
        pull.send_signal(signal.SIGINT)
        said = pull.stderr.read()
    assert pull.returncode == 130
    assert said == "workbench: Interrupted. What was finished stays; run it again.\n"


def test_a_feed_that_params_list_twice_is_one_to_the_next_pull(world: World, tmp_path: Path):
    """What either entry was asked for counts as asked: no history is fetched again."""
    own = {"feed": "yahoo", "base": world.base["yahoo"]}
    desk = opened(world, tmp_path, feeds=[{**own, "series": ["SPY"]}, {**own, "series": ["TSLA"]}])
    pull = pulled(world, desk, WHOLE)
    assert world.now is not None
    later = world.now + dt.timedelta(days=1)
    since = {one.since for one in requests(desk, pull, later)}
    assert since == {pull.ended - OVERLAP}

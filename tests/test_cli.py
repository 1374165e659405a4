"""The command line: what each command answers, in words and in JSON, and its exit codes."""

import datetime as dt
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.desk.replay import replay
from workbench.domain.records import CONTROLS
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import open_desk

Run = Callable[..., subprocess.CompletedProcess[str]]
SENTENCE = "S&P 500 closes higher on Tue 30 Jan 2018 than at its last close"
KEYS = ["forecaster", "family", "horizon", "n", "n_eff", "brier", "log", "skill", "skill_low",
        "skill_high"]  # fmt: skip


@pytest.fixture(scope="module")
def project(
    new_project: Callable[..., Path], bundle: Archive, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project whose ledger holds 45 replayed cycles; read it only."""
    root = new_project(tmp_path_factory.mktemp("cli") / "project")
    desk = open_desk(root / "params" / "small.yaml")
    ledger = Ledger(desk.ledger)
    replay(desk, bundle, ledger, dt.date(2017, 11, 1), dt.date(2018, 1, 5))
    ledger.close()
    return root


@pytest.fixture
def run(project: Path, bundle: Archive, inside: Run) -> Run:
    """Runs a command in that project, on its archive."""

    def ran(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
        env = {"WORKBENCH_ARCHIVE": str(bundle.folder)}
        return inside(*args, **({"cwd": project, "env": env} | options))

    return ran


def answer(run: subprocess.CompletedProcess[str], code: int = 0) -> Any:
    assert run.returncode == code, run.stderr
    assert run.stderr == ""
    return json.loads(run.stdout)


def test_help(run: Run):
    """--help, and no command at all, list the commands."""
    for args, code in ((["--help"], 0), ([], 2), (["archive", "--help"], 0)):
        shown = run(*args)
        assert shown.returncode == code
        text = shown.stdout + shown.stderr
        names = ["status", "import"] if args[:1] == ["archive"] else [
            "cycle", "replay", "record", "verify", "claim", "archive"]  # fmt: skip
        assert all(name in text for name in names)
        assert "Traceback" not in text


def test_as_a_person_types_it(project: Path, bundle: Archive, command: Run):
    """The installed entry point answers in a process of its own, with nothing on stderr."""
    env = {"WORKBENCH_ARCHIVE": str(bundle.folder)}
    assert answer(command("record", "-f", "params/small.yaml", "--json", cwd=project, env=env))
    shown = command("cycle", "-f", "params/none.yaml", cwd=project, env=env)
    assert (shown.returncode, shown.stdout, len(shown.stderr.splitlines())) == (2, "", 1)


def test_record(run: Run):
    """A row a forecaster, family, horizon and regime, null where there is too little to say."""
    found = answer(run("record", "-f", "params/small.yaml", "--json"))
    assert list(found) == ["record", "debate_help", "abstention", "risk_coverage", "said"]
    rows = found["record"]
    assert all(list(row)[: len(KEYS)] == KEYS for row in rows)
    assert all(row["mode"] == "replay" for name in list(found)[:-1] for row in found[name])
    wholes = [row for row in rows if row["family"] == "all" and not row["regime"]]
    whole = {row["forecaster"]: row for row in wholes}
    # No quotes and no chains lie in this archive, and no model is asked.
    asked = {"market", "options", "plain", "plain_median"}
    assert set(whole) == {*CONTROLS, "synthesis", "pool", "Macro", "Flow", "Contrarian"} - asked
    assert len(wholes) == len(whole)
    for row in rows:
        assert 0 <= row["brier"] <= 1
        assert row["log"] > 0
        assert 1 <= row["n_eff"] <= row["n"]
        assert (row["skill"] is None) == (row["dates"] < 30)
        for name in ("skill", "edge"):
            middle = row["skill" if name == "skill" else "edge_skill"]
            assert middle is None or row[f"{name}_low"] <= middle <= row[f"{name}_high"]
    assert whole["climatology"]["skill"] == whole["scenario"]["edge_skill"] == 0.0
    assert len({row["n"] for name, row in whole.items() if name in {"scenario", "synthesis"}}) == 1
    assert [row["verdict"] for row in found["abstention"]][-2:] == ["silent", "spoken"]
    assert found["risk_coverage"][-1]["n"] == whole["synthesis"]["n"]


def test_record_in_words(run: Run):
    """The tables fit a terminal of 100 columns, and say in a sentence whether the debate helps."""
    text = run("record", "-f", "params/small.yaml")
    found = answer(run("record", "-f", "params/small.yaml", "--json"))
    assert text.returncode == 0
    assert max(map(len, text.stdout.splitlines())) <= 100
    for said in found["said"]["replay"].values():
        assert said in " ".join(text.stdout.split())
    for row in found["record"]:
        assert any(line.startswith(row["forecaster"]) for line in text.stdout.splitlines())
    assert "nan" not in text.stdout.lower()


def test_record_in_a_narrow_terminal(run: Run, bundle: Archive):
    """In 80 columns no line breaks: the skills stay, what the JSON tells as well goes."""
    text = run(
        "record", "-f", "params/small.yaml",
        env={"WORKBENCH_ARCHIVE": str(bundle.folder), "COLUMNS": "80"},
    )  # fmt: skip
    assert text.returncode == 0
    lines = text.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    (head,) = (line for line in lines if line.startswith("forecaster "))
    assert head.split(maxsplit=3)[:3] == ["forecaster", "n", "n_eff"]
    assert head.endswith("over scenario")


def test_record_of_nothing(run: Run, tmp_path: Path):
    """A ledger on which nothing has settled has an empty record, not an error and not a zero."""
    (tmp_path / "fresh").mkdir()
    Ledger(f"sqlite:///{tmp_path / 'fresh' / 'ledger.db'}").close()
    args = ["-f", "params/small.yaml", "--outputs", str(tmp_path / "fresh")]
    found = answer(run("record", "--json", *args))
    assert found.pop("said") == {}
    assert all(rows == [] for rows in found.values())
    shown = run("record", *args)
    assert (shown.returncode, shown.stdout.count("\n")) == (0, 1)


def test_verify(run: Run):
    """An honest ledger verifies: exit 0, and how much was checked."""
    found = answer(run("verify", "-f", "params/small.yaml", "--json"))
    assert found["differences"] == []
    assert found["rows"] > 5000
    assert found["claims"] > 500
    text = run("verify", "-f", "params/small.yaml")
    assert (text.returncode, text.stderr) == (0, "")
    assert "holds" in text.stdout


TAMPERING = {
    "outcome": ("settlements", "UPDATE settlements SET outcome = CASE outcome WHEN 'yes' THEN 'no' "
                "ELSE 'yes' END WHERE claim = :id"),
    "void": ("settlements", "UPDATE settlements SET outcome = 'void' WHERE claim = :id"),
    "value": ("settlements", "UPDATE settlements SET value = value + 1 WHERE claim = :id"),
    "gone": ("settlements", "DELETE FROM settlements WHERE claim = :id"),
    "gain": ("decisions", "UPDATE decisions SET gain = gain + 0.1 WHERE claim = :id"),
    "said": ("forecasts", "UPDATE forecasts SET probability = 0.99 WHERE claim = :id "
             "AND forecaster = 'synthesis'"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TAMPERING)
def test_verify_finds_tampering(kind: str, run: Run, project: Path, tmp_path: Path):
    """A settlement, decision or forecast changed behind the desk's back: exit 1, and named."""
    table, line = TAMPERING[kind]
    shutil.copytree(project / "outputs", tmp_path / "outputs")
    path = tmp_path / "outputs" / "ledger.db"
    with sqlite3.connect(path) as database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        (claim,) = database.execute(
            "SELECT claim FROM settlements WHERE value IS NOT NULL ORDER BY seq LIMIT 1 OFFSET 99"
        ).fetchone()
        database.execute(line, {"id": claim})
    args = ["-f", "params/small.yaml", "--outputs", str(tmp_path / "outputs")]
    found = answer(run("verify", "--json", *args), 1)
    assert any(table in one for one in found["differences"])
    if kind in {"outcome", "void", "value", "gain", "gone"}:
        assert any(claim in one for one in found["differences"])


@pytest.mark.parametrize("command", ["record", "verify"])
def test_reading_commands_make_no_ledger(command: str, run: Run, tmp_path: Path):
    """Outputs without a ledger, such as a misspelt folder: one line, exit 2, nothing made."""
    shown = run(command, "-f", "params/small.yaml", "--outputs", str(tmp_path / "nowhere"))
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "no ledger in the outputs 'nowhere'" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1
    assert not (tmp_path / "nowhere").exists()


def test_claims_settle_when_their_instrument_has_left_the_desk(
    run: Run, project: Path, tmp_path: Path
):
    """A built-in instrument taken out of the params still settles what was said of it; one that
    nobody knows any more is named.
    """
    shutil.copytree(project / "outputs", tmp_path / "outputs")
    text = (project / "params" / "small.yaml").read_text("utf-8")
    fewer = project / "params" / "fewer.yaml"
    text = text.replace("[SPX, COMP, VIX]", "[SPX, VIX]").replace("[SPX, COMP]", "[SPX]")
    fewer.write_text(text, encoding="utf-8")
    args = ["-f", "params/fewer.yaml", "--outputs", str(tmp_path / "outputs")]
    assert "COMP" not in text
    found = answer(run("verify", "--json", *args))
    assert found["differences"] == []
    assert found["claims"] > 500
    fewer.unlink()


def test_verify_says_so_in_words(run: Run, project: Path, tmp_path: Path):
    """Without --json the differences are lines, and the last line says that it does not hold."""
    shutil.copytree(project / "outputs", tmp_path / "outputs")
    claim = rehashed(tmp_path / "outputs" / "ledger.db")
    text = run("verify", "-f", "params/small.yaml", "--outputs", str(tmp_path / "outputs"))
    assert (text.returncode, text.stderr) == (1, "")
    assert claim in text.stdout.splitlines()[0]
    assert "does not hold" in text.stdout.splitlines()[-1]


FORGERIES = (
    "UPDATE settlements SET outcome = 'yes' WHERE claim = ?",
    "UPDATE decisions SET probability = 0.9, base_rate = 0.5, gain = 0.64 WHERE claim = ?",
    "UPDATE claims SET sentence = 'S&P 500 rises' WHERE id = ?",
    "UPDATE claims SET horizon = 2 WHERE id = ?",
)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_verify_recomputes_what_a_forger_rehashed(
    forgery: str, run: Run, project: Path, tmp_path: Path
):
    """Even with the whole chain written anew, what the archive, the forecasts or the claim's own
    fields do not bear out is found and named.
    """
    shutil.copytree(project / "outputs", tmp_path / "outputs")
    forged = rehashed(tmp_path / "outputs" / "ledger.db", forgery)
    args = ["-f", "params/small.yaml", "--outputs", str(tmp_path / "outputs")]
    found = answer(run("verify", "--json", *args), 1)
    # What was learned from the forged row may no longer follow either.
    first, *rest = found["differences"]
    assert forged in first
    assert all("learned" in one for one in rest)


@pytest.mark.parametrize(
    ("forgery", "named"),
    [
        ("UPDATE lessons SET text = 'All is well.'", "learned otherwise"),
        ("UPDATE postings SET amount = amount + 1 WHERE line = 0", "is off by 1.0"),
        ("UPDATE stories SET status = 'confirmed'", "learned otherwise"),
    ],
)
def test_verify_learns_again(forgery: str, named: str, run: Run, project: Path, tmp_path: Path):
    """Lessons, stories and books that do not follow from the record are found, rehashed or not."""
    shutil.copytree(project / "outputs", tmp_path / "outputs")
    rehashed(tmp_path / "outputs" / "ledger.db", forgery)
    args = ["-f", "params/small.yaml", "--outputs", str(tmp_path / "outputs")]
    found = answer(run("verify", "--json", *args), 1)
    assert any(named in one for one in found["differences"])


def rehashed(path: Path, forgery: str = FORGERIES[0]) -> str:
    """Forges a row of one claim and chains every row again; the claim concerned."""
    import sqlalchemy as sa

    from workbench.world import entries as book
    from workbench.world.entries import GENESIS, chained

    with sqlite3.connect(path) as database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        (claim,) = database.execute(
            "SELECT claim FROM settlements WHERE outcome = 'no' ORDER BY seq LIMIT 1 OFFSET 50"
        ).fetchone()
        changed = database.execute(forgery, (claim,) if forgery.endswith("?") else ())
        assert changed.rowcount
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        rows = [
            (row["seq"], table, dict(row))
            for table in book.TABLES
            for row in connection.execute(sa.select(table)).mappings()
        ]
        previous = GENESIS
        for seq, table, row in sorted(rows, key=lambda entry: entry[0]):
            previous = chained(previous, table.name, row)
            if previous != row["hash"]:
                connection.execute(table.update().where(table.c.seq == seq).values(hash=previous))
        connection.execute(sa.text("UPDATE head SET hash = :hash"), {"hash": previous})
    engine.dispose()
    return str(claim)


def test_a_claim_compiled(run: Run):
    """A sentence of the desk comes back as its fields, with the deadline of the calendar."""
    args = ["claim", SENTENCE, "--as-of", "2018-01-29T22:00Z", "-f", "params/small.yaml"]
    found = answer(run(*args, "--json"))
    assert found["status"] == "compiled"
    (claim,) = found["claims"]
    assert claim["sentence"] == SENTENCE
    assert (claim["kind"], claim["subject"], claim["side"]) == ("direction", "SPX", "up")
    assert claim["window"]["deadline"] == "2018-01-30T21:00:00Z"
    assert len(claim["id"]) == 16
    assert run(*args).stdout.splitlines()[0] == SENTENCE


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Everything will be fine", "not_a_claim"),
        ("Sugar closes higher on Tue 30 Jan 2018 than at its last close", "no_instrument"),
        ("S&P 500 closes higher on Sat 3 Feb 2018 than at its last close", "no_session"),
        ("S&P 500 closes higher on Fri 26 Jan 2018 than at its last close", "window_over"),
        ("S&P 500 closes higher on 31 Feb 2018 than at its last close", "no_date"),
        ("S&P 500 closes above 0 on Tue 30 Jan 2018", "bad_strike"),
        ("S&P 500 closes higher on Sun 30 Jan 2061 than at its last close", "beyond_calendar"),
        ("", "not_a_claim"),
    ],
)
def test_a_claim_refused(text: str, code: str, run: Run):
    """Exit 2: in JSON with a stable code and a reason, in words as one line on stderr."""
    args = ["claim", text, "--as-of", "2018-01-29T22:00Z", "-f", "params/small.yaml"]
    found = answer(run(*args, "--json"), 2)
    assert (found["status"], found["code"]) == ("refused", code)
    assert found["reason"]
    shown = run(*args)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert len(shown.stderr.splitlines()) == 1


def test_a_claim_in_desk_english(run: Run):
    """One readable block: the sentence of each part, when it is due, and what was set aside."""
    text = "SPY down 0.3–0.8% in 24h as selling persists, conf 0.54"
    args = ["claim", text, "--as-of", "2026-04-03T17:44Z", "-f", "params/small.yaml"]
    shown = run(*args).stdout.splitlines()
    assert shown[0] == (
        "SPY ends \u22120.8% to \u22120.3% from its last close on Mon 6 Apr 2026, "
        "rolled from Sat 4 Apr 2026 17:44 UTC"
    )
    assert shown[1] == "  band, theme index, due 2026-04-06T20:00:00Z, p = 0.54"
    assert any("rolled to the next" in line for line in shown)


def test_claims_in_a_batch(run: Run, tmp_path: Path):
    """One JSON line a line, refusals among them, each as of its own moment; exit 0."""
    path = tmp_path / "sentences.jsonl"
    asked = [
        {"text": "VIX remains below 26 in 24h", "as_of": "2026-04-03T17:44:00Z"},
        {"text": "SPY closes higher on Good Friday", "as_of": "2026-04-01T22:00:00Z"},
        {"text": "SPY closes higher on Apr 3", "as_of": "2026-04-01 22:00:00 UTC"},
        {"text": "BTC closes higher", "timeframe": "48h", "as_of": "2026-04-03T00:54:59Z"},
    ]
    path.write_text("\n".join(json.dumps(one) for one in asked) + "\n\n", encoding="utf-8")
    shown = run("claim", "--file", str(path), "--json", "-f", "params/small.yaml")
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [one["status"] for one in lines] == ["compiled", "refused", "refused", "compiled"]
    assert [one["code"] for one in lines] == ["", "no_deadline", "no_session", ""]
    for one in lines:
        assert {"status", "claims", "reason", "code", "nearest"} <= set(one)
    (vix,) = lines[0]["claims"]
    assert (vix["kind"], vix["subject"], vix["hi"]) == ("stays", "VIX", 26.0)
    assert (vix["deadline"], vix["unit"]) == ("2026-04-06T20:00:00Z", "price")
    assert lines[3]["claims"][0]["deadline"] == "2026-04-05T00:54:59Z"


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"as_of": "2026-04-01T22:00Z"}', '{"text": "x", "as_of": "soon"}']
)
def test_a_malformed_batch_of_claims(line: str, run: Run, tmp_path: Path):
    """A line that cannot be read is named by its number; nothing is answered."""
    path = tmp_path / "sentences.jsonl"
    path.write_text('{"text": "SPY higher in 24h"}\n' + line + "\n", encoding="utf-8")
    shown = run("claim", "--file", str(path), "--json", "-f", "params/small.yaml")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert len(shown.stderr.splitlines()) == 1
    assert "line 2" in shown.stderr


def test_a_claim_needs_a_text_or_a_file(run: Run):
    """Neither or both is a mistake in one line."""
    for args in ([], ["SPY higher in 24h", "--file", "x.jsonl"]):
        shown = run("claim", *args, "-f", "params/small.yaml")
        assert (shown.returncode, len(shown.stderr.splitlines())) == (2, 1)


def test_archive_status(run: Run):
    """One row a series, field and source with counts, spans and freshness; and the flags."""
    held = answer(run("archive", "status", "-f", "params/small.yaml", "--json"))
    found = {(row["series"], row["field"]): row for row in held["coverage"]}
    assert held["end"] == "2018-12-31T22:00:00Z"
    assert held["rows"] == sum(row["rows"] for row in held["coverage"])
    assert ("VIX", "BLANKS") in {(row["series"], row["check"]) for row in held["flags"]}
    spx = found["SPX", "close"]
    assert (spx["rows"], spx["source"], spx["blanks"]) == (5031, "arch.sp500", 0)
    assert spx["known"].startswith("2018-12-31T21:15:00")
    assert found["VIX", "close"]["blanks"] == 46
    assert run("archive", "status", "-f", "params/small.yaml").returncode == 0


@pytest.mark.parametrize(
    "args",
    [
        ["record"],
        ["verify"],
        ["archive", "status"],
        ["replay", "--from", "2018-01-29", "--to", "2018-01-29"],
    ],
    ids=" ".join,
)
def test_outputs_that_cannot_be_written(
    args: list[str], inside: Run, project: Path, tmp_path: Path
):
    """A file in place of the outputs: one line that names it, exit 2, for every command."""
    place = tmp_path / "taken"
    place.write_text("mine", encoding="utf-8")
    shown = inside(*args, "-f", "params/small.yaml", "--outputs", str(place), cwd=project)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert len(shown.stderr.splitlines()) == 1
    assert "'taken'" in shown.stderr
    assert place.read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("args", "part"),
    [
        (["replay", "--from", "2018-01-08", "--to", "soon"], "'soon'"),
        (["replay", "--from", "2018-01-06", "--to", "2018-01-07"], "no session"),
        (["replay", "--from", "2018-01-05", "--to", "2018-01-09"], "2018-01-05T22:00:00Z"),
        (["replay", "--from", "2018-01-08", "--to", "2019-01-09"], "2018-12-31T22:00:00Z"),
        (["replay", "--from", "2018-01-08", "--to", "2018-01-09", "--every", "0"], "--every"),
        pytest.param(["replay", "--from", "2018-01-08"], "--to"),
        (["archive", "import", "nowhere.csv"], "nowhere.csv"),
        (["record", "--jsn"], "--jsn"),
        (["recrod"], "recrod"),
    ],
)
def test_mistakes_are_one_line(args: list[str], part: str, run: Run, project: Path):
    """Exit 2 and one line on stderr, for every command, and the ledger as it was."""
    before = (project / "outputs" / "ledger.db").read_bytes()
    own = [] if args == ["recrod"] else ["-f", "params/small.yaml"]
    shown = run(*args, *own)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert part in shown.stderr
    assert len(shown.stderr.splitlines()) == 1, shown.stderr
    assert (project / "outputs" / "ledger.db").read_bytes() == before

"""The ledger: append-only, hash-chained, and never half-written."""

import datetime as dt
import math
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench.domain import claims
from workbench.domain.calendars import iso, moment
from workbench.domain.claims import Claim, Reference
from workbench.domain.errors import LedgerConflict, UserMistake, WorkbenchError
from workbench.domain.instruments import find
from workbench.world import entries as book
from workbench.world.entries import GENESIS, TABLES, canonical, chained
from workbench.world.ledger import Ledger

NOW = moment("2018-01-29T22:00Z")
SPX = find("SPX")


def forecast(claim: str, probability: float, who: str = "scenario") -> tuple[sa.Table, Any]:
    return book.forecasts, {"claim": claim, "forecaster": who, "probability": probability}


def regime(cycle: int, name: str = "choppy", turbulent: float | None = 0.25) -> Any:
    row = {"of": cycle, "name": name, "since": "2018-01-02", "turbulent": turbulent,
           "fitted": "2018-01-02"}  # fmt: skip
    return book.regimes, row


def made(sessions: int = 1, side: claims.Side = "up", at: dt.datetime = NOW) -> Claim:
    """A claim with its reference, issued at a moment."""
    claim = claims.direction(SPX, claims.window(SPX, at, sessions), side)
    frozen = Reference(symbol="SPX", at=at, known_at=at, value=2853.53)
    return claims.with_references(claim, (frozen,))


def registered(claim: Claim) -> tuple[sa.Table, Any]:
    row = {"id": claim.id, "kind": claim.kind, "subject": claim.subject,
           "horizon": claim.window.sessions, "theme": claim.theme,
           "deadline": iso(claim.window.deadline), "sentence": "made up",
           "content": canonical(claim.content())}  # fmt: skip
    return book.claims, row


def decided(claim: Claim, role: str) -> tuple[sa.Table, Any]:
    row = {"claim": claim.id, "role": role, "probability": 0.6, "base_rate": 0.5, "gain": 0.04,
           "verdict": "passed", "reason": "made up"}  # fmt: skip
    return book.decisions, row


def settled(claim: Claim) -> tuple[sa.Table, Any]:
    row = {"claim": claim.id, "outcome": "yes", "reason": "made up", "value": 1.0,
           "observations": "[]", "known_at": iso(claim.window.deadline)}  # fmt: skip
    return book.settlements, row


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


@pytest.fixture
def told(ledger: Ledger, tmp_path: Path) -> Path:
    """The file of a ledger with five rows of two tables over two cycles."""
    ledger.append(1, [forecast("a", 0.5), regime(1), forecast("b", 0.25)])
    ledger.append(2, [forecast("c", 0.75), regime(2, turbulent=None)])
    assert ledger.broken() is None
    ledger.close()
    return tmp_path / "ledger.db"


def tampered(told: Path, *lines: str) -> str | None:
    """What is said of a copy, its triggers dropped, after these statements."""
    copy = told.with_name("tampered.db")
    shutil.copy(told, copy)
    with sqlite3.connect(copy) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            database.execute(f"DROP TRIGGER {name}")
        for line in lines:
            database.execute(line)
    return Ledger(f"sqlite:///{copy}").broken()


def test_the_chain_by_hand(ledger: Ledger):
    """Each hash is SHA-256 of the hash before it, the table's name and the row's content."""
    assert ledger.head() == (0, GENESIS)
    assert ledger.append(1, [forecast("a", 0.5), regime(1)]) == 2
    first = chained(GENESIS, "forecasts", {"cycle": 1} | forecast("a", 0.5)[1])
    second = chained(first, "regimes", {"cycle": 1} | regime(1)[1])
    assert ledger.head() == (2, second)


def test_the_same_rows_twice_add_nothing(ledger: Ledger):
    """A step that runs again leaves the ledger as it is, whole or in part, in any order."""
    rows = [forecast("a", 0.5), forecast("b", 0.25), regime(1)]
    assert ledger.append(1, rows) == 3
    head = ledger.head()
    assert ledger.append(1, rows[::-1]) == 0
    assert ledger.append(1, [*rows, *rows]) == 0
    assert ledger.head() == head
    assert ledger.append(1, [*rows, forecast("c", 0.1), forecast("c", 0.1)]) == 1


def test_other_content_under_a_key_is_refused(ledger: Ledger):
    """What is on record cannot be said otherwise; the refusal names table, key and cycle."""
    ledger.append(7, [forecast("a", 0.5)])
    head = ledger.head()
    with pytest.raises(LedgerConflict) as refused:
        ledger.append(7, [forecast("b", 0.1), forecast("a", 0.6)])
    said = str(refused.value)
    for part in ("forecasts", "a/scenario", "cycle 7", "probability = 0.5", "0.6"):
        assert part in said
    assert "\n" not in said
    assert ledger.head() == head  # b, which came before it, is not there either


def test_a_key_of_an_earlier_cycle_is_refused(ledger: Ledger):
    """A claim is registered once, in one cycle; nothing of the later append stays."""
    ledger.append(1, [forecast("a", 0.5)])
    head = ledger.head()
    with pytest.raises(LedgerConflict, match="Cycle 2"):
        ledger.append(2, [forecast("b", 0.5), forecast("a", 0.5)])
    assert ledger.head() == head
    assert ledger.broken() is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_no_number_no_row(ledger: Ledger, value: float):
    """NaN and infinity never become a row, and nothing beside them does."""
    with pytest.raises(ValueError, match="JSON"):
        ledger.append(1, [forecast("a", 0.5), forecast("b", value)])
    assert ledger.head() == (0, GENESIS)


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=60, deadline=None)
def test_every_number_comes_back_to_the_bit(value: float):
    """What was hashed is what is stored: the chain holds whatever the number."""
    assume(math.copysign(1, value) > 0 or value)  # zero has a test of its own
    ledger = Ledger("sqlite://")
    ledger.append(1, [forecast("a", value), regime(1, turbulent=value)])
    assert ledger.broken() is None


@pytest.mark.parametrize(
    "value",
    [1, 0, -0.0],
    ids=str,
)
def test_a_number_that_the_database_writes_otherwise(value: float, ledger: Ledger):
    """A caller that says 1 where the column holds 1.0, or minus nought, breaks no chain."""
    ledger.append(1, [forecast("a", value)])
    assert ledger.broken() is None
    assert ledger.append(1, [forecast("a", value)]) == 0


@given(st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_every_text_comes_back(text: str):
    """What was hashed is what is stored: the chain holds whatever the text, or it is refused."""
    ledger = Ledger("sqlite://")
    try:
        ledger.append(1, [regime(1, name=text)])
    except (WorkbenchError, ValueError):
        assert ledger.head()[0] == 0
    assert ledger.broken() is None


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (["UPDATE forecasts SET probability = 0.9 WHERE claim = 'b'"], 3),
        (["UPDATE forecasts SET claim = 'x' WHERE claim = 'a'"], 1),
        (["UPDATE regimes SET turbulent = 0.0 WHERE of = 2"], 5),
        (["UPDATE regimes SET cycle = 1 WHERE of = 2"], 5),
        (["DELETE FROM regimes WHERE of = 2"], 4),
        (["DELETE FROM forecasts WHERE claim = 'a'"], 1),
        (["DELETE FROM forecasts WHERE claim = 'b'"], 3),
        (["DELETE FROM forecasts", "DELETE FROM regimes"], 0),
        (
            ["UPDATE forecasts SET seq = 9 WHERE claim = 'a'",
             "UPDATE forecasts SET seq = 1 WHERE claim = 'b'",
             "UPDATE forecasts SET seq = 3 WHERE claim = 'a'"],
            1,
        ),
        (
            ["INSERT INTO forecasts (seq, cycle, claim, forecaster, probability, hash, "
             "registered_at) VALUES (6, 2, 'd', 'scenario', 0.5, 'ffff', '')"],
            6,
        ),
        (["UPDATE head SET seq = 4"], 5),
        (["UPDATE head SET hash = 'ffff'"], 5),
    ],
)  # fmt: skip
def test_tampering_shows(told: Path, lines: list[str], place: int):
    """A row changed, deleted at any place, reordered or added is found, and the place is named."""
    said = tampered(told, *lines)
    assert said is not None
    assert str(place) in said


def test_an_honest_copy_holds(told: Path):
    """The checks above find the tampering, not the copying; times of registration do not count."""
    assert tampered(told) is None
    assert tampered(told, "UPDATE forecasts SET registered_at = '1999'") is None


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_database_itself_refuses(tmp_path: Path, table: sa.Table):
    """Even plain SQL from another program cannot change or delete a row."""
    path = tmp_path / "ledger.db"
    ledger = Ledger(f"sqlite:///{path}")
    types = {sa.Integer: 1, sa.Float: 0.5}
    names = [c for c in table.columns if c.name not in {"seq", "cycle", "hash", "registered_at"}]
    row = {c.name: next((v for t, v in types.items() if isinstance(c.type, t)), "x") for c in names}
    ledger.append(1, [(table, row)])
    ledger.close()
    with sqlite3.connect(path) as database:
        for line in (str(table.update().values(cycle=2)), str(table.delete())):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(line, {"cycle": 2})
    assert Ledger(f"sqlite:///{path}").broken() is None


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger):
    """All appends of a transaction become durable together, or none of them does."""
    ledger.append(1, [forecast("a", 0.5)])
    head = ledger.head()
    with pytest.raises(ZeroDivisionError), ledger.transaction():  # noqa: PT012  # one transaction
        ledger.append(2, [forecast("b", 0.5)])
        ledger.append(2, [regime(2)])
        assert ledger.head()[0] == 3  # seen inside
        raise ZeroDivisionError
    assert ledger.head() == head
    assert ledger.broken() is None
    assert ledger.append(2, [forecast("b", 0.25)]) == 1  # the key is free again


def test_a_transaction_inside_another_belongs_to_it(ledger: Ledger):
    """An inner transaction's end makes nothing durable while the outer one may still fail."""
    with pytest.raises(ZeroDivisionError), ledger.transaction():  # noqa: PT012  # as above
        with ledger.transaction():
            ledger.append(1, [forecast("a", 0.5)])
        raise ZeroDivisionError
    assert ledger.head() == (0, GENESIS)
    with ledger.transaction(), ledger.transaction():
        ledger.append(1, [forecast("a", 0.5)])
    assert ledger.head()[0] == 1


def test_another_reader_sees_only_what_is_durable(ledger: Ledger):
    """While a cycle writes, everybody else still reads the ledger as it was."""
    with ledger.transaction():
        ledger.append(1, [forecast("a", 0.5)])
        assert ledger.copy().head()[0] == 0
    assert ledger.copy().head() == ledger.head()


def test_a_copy_is_scratch(ledger: Ledger):
    """A copy holds the same rows and head; what is appended to it is not on the ledger."""
    claim = made()
    ledger.append(1, [registered(claim), forecast("a", 0.5), regime(1)])
    head, scratch = ledger.head(), ledger.copy()
    assert scratch.head() == head
    assert scratch.broken() is None
    assert [one.id for one in scratch.due(claim.window.deadline)] == [claim.id]
    assert scratch.append(1, [forecast("a", 0.5)]) == 0
    scratch.append(2, [forecast("b", 0.5)])
    assert scratch.broken() is None
    assert ledger.head() == head


def test_registration_times_lie_outside_the_hash(ledger: Ledger, tmp_path: Path):
    """The same content gives the same head whenever it is written; the times are kept beside."""
    other = Ledger(f"sqlite:///{tmp_path / 'other.db'}")
    for one in (ledger, other):
        one.append(1, [forecast("a", 0.5), regime(1)])
    seen = [one.read(sa.select(book.regimes))[0] for one in (ledger, other)]
    assert ledger.head() == other.head()
    assert all(dt.datetime.fromisoformat(row["registered_at"]).tzinfo for row in seen)


def test_due_by_hand(ledger: Ledger):
    """Due is what has reached its deadline and has no settlement, oldest deadline first."""
    near, far = made(1), made(5)
    ledger.append(1, [registered(far), registered(near)])
    second = dt.timedelta(seconds=1)
    assert ledger.due(near.window.deadline - second) == []
    assert [one.id for one in ledger.due(near.window.deadline)] == [near.id]
    assert [one.id for one in ledger.due(far.window.deadline)] == [near.id, far.id]
    ledger.append(2, [settled(near)])
    assert [one.id for one in ledger.due(far.window.deadline)] == [far.id]
    ledger.append(3, [settled(far)])
    assert ledger.due(far.window.deadline + dt.timedelta(days=400)) == []


def test_a_claim_left_unsettled_stays_due(ledger: Ledger):
    """A claim that awaits its data is asked for again, however many later ones settle before it."""
    late, early = made(1, "up"), made(1, "down")
    after = [made(1, "up", NOW + dt.timedelta(days=d)) for d in (1, 2)]
    ledger.append(1, [registered(one) for one in (late, early, *after)])
    when = late.window.deadline
    assert {one.id for one in ledger.due(when)} == {late.id, early.id}
    ledger.append(2, [settled(early)])
    for n, one in enumerate(after, 3):
        when = one.window.deadline
        assert [found.id for found in ledger.due(when)] == [late.id, one.id]
        ledger.append(n, [settled(one)])
    ledger.append(9, [settled(late)])
    assert ledger.due(when) == []


def test_a_settlement_taken_back_is_due_again(ledger: Ledger):
    """When a transaction fails after it settled and asked again, its claims are still due."""
    near, far = made(1), made(5)
    ledger.append(1, [registered(near), registered(far)])
    when = far.window.deadline
    with pytest.raises(ZeroDivisionError), ledger.transaction():  # noqa: PT012  # as above
        ledger.due(when)
        ledger.append(2, [settled(near)])
        ledger.due(when)
        raise ZeroDivisionError
    assert [one.id for one in ledger.due(when)] == [near.id, far.id]


def test_running_by_hand(ledger: Ledger):
    """Running is what a mode has on record, made before this cycle, still before its deadline."""
    call, shadow, now = made(5, "up"), made(5, "down"), made(1, "up")
    for n, (claim, role) in enumerate(((call, "call"), (shadow, "shadow"), (now, "other")), 1):
        cycle = {"number": n, "desk": "small", "mode": "replay", "as_of": iso(NOW), "params": "",
                 "code": "", "snapshot": ""}  # fmt: skip
        ledger.append(n, [(book.cycles, cycle), registered(claim), decided(claim, role)])
    ids = [one.id for one in ledger.running(NOW, 4, "replay")]
    assert ids == [call.id, now.id]
    assert [one.id for one in ledger.running(NOW, 3, "replay")] == [call.id]
    assert ledger.running(NOW, 1, "replay") == []
    assert [one.id for one in ledger.running(now.window.deadline, 4, "replay")] == [call.id]
    assert ledger.running(call.window.deadline, 4, "replay") == []
    assert ledger.running(NOW, 4, "live") == []


def test_claims_come_back_whole(ledger: Ledger):
    """What is read from the ledger is the very claim that was registered."""
    claim = made(5)
    ledger.append(1, [registered(claim)])
    found = ledger.due(claim.window.deadline)[0]
    assert found == claim
    assert found.id == claim.id


def test_last_cycle_says_whether_it_is_done(ledger: Ledger):
    """A cycle counts as done once its dispatch is on record."""
    assert ledger.last_cycle() is None
    assert ledger.first_cycle() is None
    cycle = {"number": 4, "desk": "d", "mode": "replay", "as_of": iso(NOW), "params": "p",
             "code": "c", "snapshot": "s"}  # fmt: skip
    ledger.append(4, [(book.cycles, cycle)])
    last = ledger.last_cycle()
    assert last is not None
    assert (last["number"], bool(last["done"]), ledger.first_cycle()) == (4, False, 4)
    dispatch = {"of": 4, "slug": "s", "title": "t", "call": None, "plan": "{}"}
    ledger.append(4, [(book.dispatches, dispatch)])
    last = ledger.last_cycle()
    assert last is not None
    assert last["done"]


def test_a_ledger_that_cannot_be_opened(tmp_path: Path):
    """A file that is no database is refused in one line that says what to do."""
    path = tmp_path / "ledger.db"
    path.write_bytes(b"no database, whatever it is called, and long enough to be one" * 20)
    with pytest.raises(UserMistake) as refused:
        Ledger(f"sqlite:///{path}")
    assert "\n" not in str(refused.value)


WRITER = """
import sys
from workbench.world import entries as book
from workbench.world.ledger import Ledger
ledger = Ledger("sqlite:///" + sys.argv[1])
cycle = ledger.head()[0] // 3
while True:
    cycle += 1
    row = {"forecaster": "scenario", "probability": 0.5}
    rows = [(book.forecasts, row | {"claim": f"{cycle}-{n}"}) for n in range(3)]
    ledger.append(cycle, rows)
    print(cycle, flush=True)
"""


def test_kill_loses_no_acknowledged_row(tmp_path: Path):
    """Five times killed at a random moment: what was acknowledged is there, none is half there."""
    path, chance = tmp_path / "ledger.db", random.Random(2)
    acknowledged = 0
    for _ in range(5):
        line = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            wanted = acknowledged + chance.randint(1, 40)
            while acknowledged < wanted:
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            rest = writer.stdout.read().split("\n")
        acknowledged = max([acknowledged, *(int(text) for text in rest[:-1] if text)])
        ledger = Ledger(f"sqlite:///{path}")
        rows, _ = ledger.head()
        assert rows >= 3 * acknowledged
        assert rows % 3 == 0
        assert ledger.broken() is None
        ledger.close()


def test_two_ledgers_on_one_file_keep_one_chain(ledger: Ledger):
    """Two writers taking turns build one chain, each on the other's last row."""
    other = Ledger(ledger.url)
    for cycle in range(1, 9):
        (ledger if cycle % 2 else other).append(cycle, [forecast(f"{cycle}", 0.5)])
    assert ledger.head() == other.head()
    assert ledger.head()[0] == 8
    assert ledger.broken() is None

"""The front of a trail, of real cycles: everything between inputs and settlement, and no more."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.bench.shelf import PARAMS
from tests.bench.weeks import Said, Turn, enter
from workbench.desk import debated, pooled, traced
from workbench.desk.editions import Edition, edition
from workbench.desk.standing import standings
from workbench.measures.trial import Ruling
from workbench.world import entries as book
from workbench.world.ledger import Ledger
from workbench.world.params import open_desk

pytestmark = [pytest.mark.notebook, pytest.mark.timeout(1200)]  # the first waits for the cycles
Made = dict[str, Any]


@pytest.fixture(scope="module")
def last(made: Made) -> Edition:
    desk = open_desk(made["root"] / "params" / "small.yaml", made["outputs"])
    return edition(desk, Ledger(desk.ledger), 7)


def read(text: str) -> str:
    """A page's text as a reader takes it."""
    body = re.sub(r"<[^>]+>", " ", text[text.index("<main") :])
    return " ".join(html.unescape(body).split())


def test_every_input_has_source_moment_and_flags(last: Edition):
    """Each series with its source, when its newest value was known, and what is wrong with it."""
    page = traced.front(last, 7)
    assert {one.name for one in page.inputs} >= {"S&P 500", "VIX", "WTI crude"}
    for one in page.inputs:
        assert one.source.startswith("arch.")
        assert re.fullmatch(r"\d+ \w{3} 20\d\d \d\d:\d\d", one.known)
    assert any("Closes only" in flag for one in page.inputs for flag in one.flags)


def test_the_claims_on_record_are_those_of_the_ledger(last: Edition):
    """Each with probability, place and hash on the ledger, in full."""
    of = book.decisions.c
    query = sa.select(of.claim, of.seq, of.hash).where(of.cycle == 7, of.role != "shadow")
    known = {row["claim"]: (row["seq"], row["hash"]) for row in last.ledger.read(query)}
    page = traced.front(last, 7)
    assert known
    assert {e.standing.claim.id: (e.standing.number, e.standing.chain) for e in page.entries} == (
        known
    )
    text = traced.files(last)["read/7/trail/index.html"]
    assert all(hash_ in text for _, hash_ in known.values())


def test_what_settled_is_shown_with_its_observations_and_its_sum(last: Edition):
    """A settled claim has the very rows that settled it, and a score that adds up by hand."""
    shown = [e for n in (3, 4, 5, 6) for e in traced.front(last, n).entries if e.observed]
    assert shown
    for one in shown:
        query = sa.select(book.settlements).where(book.settlements.c.claim == one.standing.claim.id)
        (row,) = last.ledger.read(query)
        values = [value for *_, value in json.loads(row["observations"])]
        assert len(one.observed) == len(values)
        assert all(f"{v:,.10g}" in seen for v, seen in zip(values, one.observed, strict=True))
        if row["outcome"] == "void":
            continue
        w, b, p = map(float, re.findall(r"\d\.\d+", one.arithmetic))
        assert w == pytest.approx(0.5 + 0.5 * (b**2 - p**2), abs=0.006)


def test_the_parts_stand_in_order(last: Edition):
    """Inputs, regime, opinions, pool and gate, ledger, learned, cost, notebooks."""
    text = read(traced.files(last)["read/7/trail/index.html"])
    heads = (
        "Each series as",
        "Filtered probability",
        "Macro",
        "Distances are",
        "The gate asks",
        "Ledger and settlement",
        "Learned in this cycle",
        "No model was asked",
        "download",
    )
    at = 0
    for head in heads:
        found = text.find(head, at)
        assert found >= at, head
        at = found + len(head)


def test_the_distance_is_in_log_odds_from_the_base_rate(last: Edition):
    """The base rate's is nothing, and what I say stands where the ledger has it."""
    page = traced.front(last, 7)
    first, *_, mine = page.terms
    assert (first.name, first.distance, mine.name) == ("Base rate", "0.000", "I say")
    assert page.subject is not None
    p, b = page.subject.probability, page.subject.base_rate
    far = float(mine.distance.replace("−", "-"))
    assert (1 - b) / b * p / (1 - p) == pytest.approx(2.718281828**far, rel=2e-3)


def test_only_dispatches_that_changed_are_written(last: Edition):
    """Publishing touches the fronts of changed dispatches and no other."""
    assert set(traced.files(last)) == {f"read/{n}/trail/index.html" for n in last.changed}


def test_a_flag_of_many_series_is_told_once(last: Edition):
    """What holds of three series or more stands below the table and in no row of it."""
    page = traced.front(last, 7)
    rows = [flag for one in page.inputs for flag in one.flags]
    assert all(rows.count(flag) < 3 for flag in rows)
    assert not any(told.startswith(flag) for told in page.shared for flag in rows)


def test_a_mind_s_power_is_what_its_gate_ruled():
    """Who was tried and lost is never told as untried; who may have read the end has no power."""
    found: dict[str, Ruling] = {"A": "open", "B": "shut", "C": "ended", "D": "young"}
    assert pooled.power("A", found) == "moves it"
    assert pooled.power("B", found) == pooled.power("C", found) == "scored, moves nothing"
    assert pooled.power("D", found) == pooled.power("E", found) == "not yet tried, moves nothing"
    assert pooled.power("", found) == "in-sample, never scored"


@pytest.mark.parametrize("role", ["call", "other"])
def test_a_trail_explains_the_claim_that_its_dispatch_debates(role: str, tmp_path: Path):
    """Without a call that is the shadow that came nearest, however much another prediction gains:
    the trail's front once took that one, and explained a claim of which the dispatch is silent.
    """
    ledger = Ledger("sqlite://")
    said = (Said(strike=2810, p=0.9, role=role), Said(strike=2820, p=0.6, role="shadow"))
    enter(ledger, [Turn(at="2018-01-10T22:00:00", said=said)])
    kept = {"label": "", "conviction": None}
    told = debated.debate(ledger, 1, standings(ledger, 1), kept).claim
    front = traced.front(edition(open_desk(PARAMS, tmp_path), ledger, 1), 1)
    assert front.subject is not None
    assert front.subject.sentence == told
    assert ("2,810" if role == "call" else "2,820") in told

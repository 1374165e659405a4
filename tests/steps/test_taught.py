"""What was learned is told when it is news, in words whose every number is a finding."""

import datetime as dt
from collections.abc import Callable
from string import Formatter
from typing import Any

import pytest

from tests.steps.test_pool import PARAMS, PAST, told
from workbench.desk import replay
from workbench.domain.calendars import iso
from workbench.measures.blocks import Category
from workbench.measures.rules import Rule
from workbench.measures.tallies import Evidence
from workbench.steps import debate, predict, rulebook, rules, taught, write
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts
from workbench.steps.wording import Writer, voice
from workbench.world import entries as book
from workbench.world.ledger import Ledger

DESK = (
    "instruments: [SPX, COMP]\nhorizons: [1]\nminds: [flow, contrarian]\n"
    "paper: {tradable: [SPX, COMP]}\nstories: [technology-leads]\n"
)
STORY = "technology-leads"
SLOTS = {
    "lesson", "rule_new", "rule_gone", "story_confirmed", "story_falsified", "story_dormant",
    "story_dark", "story_new", "story_again", "power_none", "power_few", "power_some", "silence",
    "paper",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(room: Callable[..., Any], world: Callable[..., Any]) -> Any:
    """A desk after three cycles."""
    one = room(world(params=DESK))
    for number in range(1, 4):
        one.cycle(number, 4 - number)
    return one


@pytest.fixture
def bench(made: Any) -> Bench:
    """Its fourth cycle, up to where the essay is written."""
    found: Bench = made.bench(4)
    own = Bench(found.desk, found.archive, made.ledger.copy(), number=4, as_of=found.as_of,
                mode="replay", keep=False)  # fmt: skip
    own.remember("evidence", found.recall("evidence"))
    replay.cycle(own)
    return own


def gathered(bench: Bench) -> Facts:
    """All facts of a cycle whose decisions are on record, as if no dispatch came before."""
    facts = write.gathered(bench)
    fresh = Facts(findings=facts.findings, words=facts.words, speeches=facts.speeches,
                  has=facts.has, past=())  # fmt: skip
    taught.gather(fresh, bench)
    return fresh


def said(facts: Facts, slot: str) -> list[str]:
    """Every wording of a slot, filled; a figure that is no finding would be found here."""
    texts = []
    for text in voice()[slot]:
        names = {name for _, name, _, _ in Formatter().parse(text) if name}
        assert names <= facts.findings.keys() | facts.words.keys(), (slot, text)
        assert not any(one.isdigit() for literal, *_ in Formatter().parse(text) for one in literal)
        texts.append(Writer(facts, 1, {slot: [text]}).say(slot))
    return texts


def row(bench: Bench, table: Any, **values: Any) -> None:
    bench.ledger.append(bench.number, [(table, values)])


def test_a_lesson_is_told_with_what_settled(bench: Bench):
    """The sentence of the ledger about the claim's own kind, and only every few dispatches."""
    facts = gathered(bench)
    assert "lesson" in facts.has
    lessons = [r["text"] for r in bench.ledger.read(book.lessons.select())]
    assert any(one.endswith(facts.findings["lesson"].text) for one in lessons)
    assert all("W = " not in text for text in said(facts, "lesson"))
    again = Facts(findings=facts.findings, words=facts.words, past=[{"lesson told": 0}])
    taught.gather(again, bench)
    assert "lesson" not in again.has


@pytest.mark.parametrize(("state", "slot"), [("in_force", "rule_new"), ("retired", "rule_gone")])
def test_a_rule_that_comes_or_goes_is_told(bench: Bench, state: str, slot: str):
    """In the cycle of the change, with its reason as on record."""
    row(bench, book.rules, rule="r1", of=4, state=state, category="index level 1 crisis",
        evidence="{}", reason="Its skill was −4% on 80 dates.")  # fmt: skip
    facts = gathered(bench)
    assert all("−4% on 80 dates" in text for text in said(facts, slot))
    assert not facts.has & ({"rule_new", "rule_gone"} - {slot})


def test_a_rule_on_trial_is_no_news(bench: Bench):
    """What is only being tried binds nobody."""
    row(bench, book.rules, rule="r1", of=4, state="trial", category="x", evidence="{}", reason="y")
    assert not gathered(bench).has & {"rule_new", "rule_gone"}


def test_a_rule_in_force_binds_and_is_named(made: Any, bench: Bench):
    """What would have been the call is kept off the record, and the reason names the rule."""
    (before,) = (d for d in predict.decisions_on_record(bench) if d.role == "call")
    asked = {claim.id: claim for claim in debate.slate_on_record(bench)}
    one = asked[before.claim]
    nothing = Evidence(n=90, dates=80, n_eff=70.0, skill=-0.04, low=-0.07, high=-0.01, below=0.99,
                       worse=5.0, better=-5.0, first="2016-01-04", last="2017-01-04")  # fmt: skip
    rule = Rule(
        id="made-1", category=Category(one.theme, one.kind, one.window.sessions, ""),
        state="in_force", of=3, changed=dt.date(2018, 1, 30), until=dt.date(2019, 1, 30),
        factor=5.0, evidence=nothing, reason="Its skill was −4% on 80 dates.",
    )  # fmt: skip
    ledger = made.ledger.copy()
    ledger.append(3, [(book.rules, rulebook.row(rule))])
    own = Bench(bench.desk, bench.archive, ledger, number=4, as_of=bench.as_of, mode="replay",
                keep=False)  # fmt: skip
    own.remember("evidence", bench.recall("evidence"))
    replay.cycle(own)
    after = {d.claim: d for d in predict.decisions_on_record(own)}
    assert after[before.claim].verdict == "ruled"
    assert after[before.claim].reason.startswith("rule made-1 forbids it: skill −4.0% [−7.0, −1.0]")
    blocked = [d for d in after.values() if d.verdict == "ruled"]
    assert len(rules.blocked(own, rule)) == len(blocked)
    facts = write.gathered(own)
    if "refused_rule" in facts.has:
        assert all("skill −4.0% [−7.0, −1.0] on 80 dates" in text and text.count("forbids") < 2
                   for text in said(facts, "refused_rule"))  # fmt: skip


@pytest.mark.parametrize(
    ("slot", "status", "evidence", "before"),
    [
        ("confirmed", "confirmed", '{"supports":21.0}', False),
        ("falsified", "falsified", '{"opposes":21.0}', True),
        ("dormant", "dormant", '{"why":"quiet"}', True),
        ("dark", "dormant", '{"was":null,"why":"dark"}', False),
        ("new", "developing", "{}", False),
        ("again", "confirmed", "{}", True),  # read again is no verdict
    ],
)
def test_a_story_that_moved_is_told(made: Any, slot: str, status: str, evidence: str, before: bool):
    """By its title, with the reason; a story that stands where it stood is not told."""
    found: Bench = made.bench(4)
    bench = Bench(found.desk, found.archive, made.ledger.copy(), number=4, as_of=found.as_of,
                  mode="replay", keep=False)  # fmt: skip
    bench.remember("evidence", found.recall("evidence"))
    row(bench, book.cycles, number=4, desk="made", mode="replay", as_of=iso(found.as_of),
        **bench.stamp)  # fmt: skip
    name, title = (STORY, "Technology leads the market") if before else ("unheard-of", "unheard-of")
    row(bench, book.stories, story=name, of=4, status=status, evidence=evidence,
        reason="The stake grew to 21 times.")  # fmt: skip
    replay.cycle(bench)
    facts = gathered(bench)
    assert {one for one in facts.has if one.startswith("story_")} == {f"story_{slot}"}
    for text in said(facts, f"story_{slot}"):
        assert title in text
        assert "he stake grew to 21 times" in text


def test_who_sits_out_says_what_silence_has_cost(made: Any, bench: Bench):
    """Without a call: the sentence of the curve; with one it is not told."""
    assert "silence" not in gathered(bench).has
    found: Bench = made.bench(4)
    silent = Bench(found.desk, found.archive, made.ledger.copy(), number=4, as_of=found.as_of,
                   mode="replay", keep=False)  # fmt: skip
    silent.remember("evidence", [])  # nothing is open
    replay.cycle(silent)
    facts = gathered(silent)
    assert "silence" in facts.has
    told = said(facts, "silence")
    assert told
    assert all("kept to myself" in text for text in told)


def test_the_account_is_told_once_in_a_while(made: Any, bench: Bench):
    """What it is worth is what its books hold."""
    row(bench, book.postings, entry="made:gift", line=0, account="cash", amount=1_234.0, units=None,
        memo="{}")  # fmt: skip
    facts = gathered(bench)
    assert all("+1.2%" in text for text in said(facts, "paper"))
    later = Facts(findings=facts.findings, words=facts.words, past=[{"account told": 0}])
    taught.gather(later, bench)
    assert "paper" not in later.has


# Power


@pytest.fixture(scope="module")
def past() -> Ledger:
    ledger = Ledger("sqlite://")
    told(ledger)
    return ledger


def after(room: Any, world: Any, past: Ledger, changed: Callable[[Bench], None]) -> Facts:
    """The facts of the cycle after a past in which one mind knew more than the reference."""
    made = room(world(params=PARAMS)).bench(PAST + 2)
    bench = Bench(made.desk, made.archive, past.copy(), number=PAST + 2, as_of=made.as_of,
                  mode="replay", keep=False)  # fmt: skip
    bench.remember("evidence", made.recall("evidence"))
    replay.cycle(bench)
    changed(bench)
    return gathered(bench)


def test_a_mind_with_power_is_named(room: Any, world: Any, past: Ledger):
    """Where its gate is open on the call's kind, the page says whose say it is."""
    facts = after(room, world, past, lambda bench: None)
    if "power_some" in facts.has:
        assert facts.words["power_minds"] == "Flow"
        assert all("Flow" in text for text in said(facts, "power_some"))
    else:
        assert "power_few" in facts.has
        assert all(facts.findings["gates_open"].text in text for text in said(facts, "power_few"))


@pytest.mark.parametrize(("ruling", "slot"), [("shut", "power_none"), ("open", "power_some")])
def test_power_by_ruling(room: Any, world: Any, past: Ledger, ruling: str, slot: str):
    """With all gates shut nobody has power; with all open the speakers have."""

    def ruled(bench: Bench) -> None:
        kept: Any = bench.ledger.memory["learned"]
        account = kept.state
        kinds = [c for c in bench.ledger.read(book.claims.select()) if c["cycle"] == PAST + 2]
        cells = {("Flow", f"{c['theme']} {c['kind']} {c['horizon']}") for c in kinds}
        account.rulings = dict.fromkeys(cells, ruling)

    facts = after(room, world, past, ruled)
    assert slot in facts.has
    assert said(facts, slot)


def test_every_slot_of_this_page_is_asked_for(voice_slots: set[str]):
    """The slots that these tests fill are slots of the voice."""
    assert voice_slots >= SLOTS


@pytest.fixture
def voice_slots() -> set[str]:
    return set(voice())


def test_what_is_told_follows_from_the_record(bench: Bench):
    """Written twice, the dispatch is the same, with what it told."""
    assert write.compose(bench) == write.compose(bench)

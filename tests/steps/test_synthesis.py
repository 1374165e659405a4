"""Claude's essay through a local service: what a source bears is published, the rest never is."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.bench.wire import good
from workbench.desk import replay
from workbench.domain.errors import ReplayMiss
from workbench.domain.figures import worded
from workbench.steps import briefing, joining, synthesis, write
from workbench.steps.bench import Bench
from workbench.world import entries as book
from workbench.world.claude.questions import opening
from workbench.world.claude.replies import canonical

DESK = "instruments: [SPX, COMP, VIX]\nhorizons: [1]\n"
ESSAY = {
    "title": "{close} at the bell",
    "dek": "It is decided on {deadline}: {call_p} against {call_base}.",
    "opening": ["Nothing settled. The slate has {slate} claims."],
    "evidence": ["The S&P 500 closed at {close}. VIX is at {vix}, from {vix_last}."],
    "call": ["“{call_claim}”: I say {call_p}, history {call_base}."],
    "change": ["I am wrong if {wrong_if}."],
}


def findings(asked: Any) -> dict[str, str]:
    """Name to what is shown, as a question's table has it."""
    table = asked.json["messages"][0]["content"].split("| of\n")[1].split("\n\n")[0]
    rows = [line.split(" | ") for line in table.splitlines()]
    return {row[0]: row[1] for row in rows}


def answer(**changed: Any) -> Callable[..., None]:
    """A reply that fills an essay with the figures that it was shown."""

    def reply(link: Any, asked: Any) -> None:
        known = findings(asked)

        def filled(text: str) -> str:
            return re.sub(r"{(\w+)}", lambda name: known[name[1]], text)

        essay = {
            name: filled(said) if isinstance(said, str) else [filled(one) for one in said]
            for name, said in (ESSAY | changed).items()
        }
        good(json.dumps(essay))(link, asked)

    return reply


@pytest.fixture
def opened(room: Callable[..., Any], world: Callable[..., Any]) -> Callable[..., Any]:
    """Opens a room whose Synthesis is Claude, with more params."""
    return lambda more="synthesis: synthesis\n", **ends: room(world(params=DESK + more, **ends))


@pytest.fixture
def dispatch(opened: Callable[..., Any], service: Any) -> Callable[..., write.Dispatch]:
    """One cycle's dispatch when Claude answers so."""

    def make(*replies: Any) -> write.Dispatch:
        service.answer(*replies)
        return opened().cycle(1)

    return make


def plain(made: write.Dispatch, section: str) -> str:
    text = "\n".join(made.sections[section].paragraphs)
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def test_a_good_essay_is_published_and_linked(dispatch: Callable[..., Any], service: Any):
    """Every number links to a row of the trail that names its source and its day; one question."""
    made = dispatch(answer())
    assert len(service.asked) == 1
    assert made.written_by == "claude-sonnet-5-5"
    assert (made.cuts, made.reason, made.by_rules) == ((), "", ("question", "debate", "unknown"))
    assert made.title == f"{made.findings['close'].text} at the bell"
    text = "\n".join(p for name in ESSAY if name in made.sections
                     for p in made.sections[name].paragraphs)  # fmt: skip
    for name in ("close", "vix", "vix_last", "call_claim", "call_p", "call_base", "slate"):
        one = made.findings[name]
        link = re.search(rf'<a [^>]*#f-{name}" title="([^"]*)">([^<]*)</a>', text)
        assert link is not None, name
        assert html.unescape(link[1]) == f"{one.meaning}; {one.source}, {worded(one.as_of)}"
        assert html.unescape(link[2]) == one.text
    rows = made.trace()._repr_html_()
    assert set(re.findall(r"#f-(\w+)", text)) <= set(re.findall(r'id="f-(\w+)"', rows))
    assert "Written as" in rows
    assert "No sentence was cut" in made.cuts_table()._repr_html_()


def test_an_invented_number_is_sent_back_once_then_cut(dispatch: Callable[..., Any], service: Any):
    """The writer is told which; when it insists the sentence goes, and the trail says so."""
    bad = answer(evidence=["The S&P 500 closed at {close}. Volume was 7.31 billion. VIX is {vix}."])
    made = dispatch(bad, bad)
    assert len(service.asked) == 2
    told = service.asked[1].json["messages"][-1]["content"][0]["text"]
    assert "7.31" in told
    assert "no source" in told
    assert "7.31" not in plain(made, "evidence")
    assert plain(made, "evidence").endswith(f"VIX is {made.findings['vix'].text}.")
    assert [(one.section, one.sentence) for one in made.cuts] == [
        ("evidence", "Volume was 7.31 billion.")
    ]
    assert "Volume was 7.31 billion." in made.cuts_table()._repr_html_()


def test_a_corrected_essay_stands_whole(dispatch: Callable[..., Any], service: Any):
    """What was sent back and comes back clean loses nothing."""
    made = dispatch(answer(evidence=["Volume was 7.31 billion."]), answer())
    assert len(service.asked) == 2
    assert made.cuts == ()
    assert made.findings["close"].text in plain(made, "evidence")


@pytest.mark.parametrize(
    "sentence",
    [
        "VIX stands at {vix_last}.",
        "The S&P 500 moved twice as far as the Nasdaq Composite.",
        "The S&P 500 had its highest close since 2009.",
        "Eighteen months of calm are over.",
        "I give it 84%.",
        "I say {call_base}.",
        "Contrarian argues that panic ends.",
        "Macro puts it so: “the dollar will do the rest of the work”.",
        "A rule in force blocked Macro.",
        "Read more at https://example.com/why today.",
        "See example.com for the rest.",
        "<script>alert(document.cookie)</script>",
        "A word <img src=x onerror=alert(1)> of it.",
        "Press [here](javascript:alert) now.",
        "![chart](data:image/png;base64,AAAA)",
        "Write to desk@example.com today.",
    ],
)
def test_what_has_no_source_is_never_published(sentence: str, dispatch: Callable[..., Any]):
    """Old levels, figures in words, others' odds, absent voices, false quotes, markup, links."""
    reply = answer(evidence=[f"The S&P 500 closed at {{close}}. {sentence}"])
    made = dispatch(reply, reply)
    close = made.findings["close"].text
    assert plain(made, "evidence") == f"The S&P 500 closed at {close}."
    assert len(made.cuts) == 1
    page = "".join(s._repr_html_() for s in made.sections.values()) + made.trace()._repr_html_()
    assert not re.search(r"https?:|javascript:|data:|<script|<img|example\.com", page)
    assert not re.search(r"<(?:script|img)|https?:", made.cuts_table()._repr_html_())


def test_prose_is_text_and_nothing_else(dispatch: Callable[..., Any]):
    """Emphasis loses its marks, what HTML would read is escaped, invisible characters go."""
    sentence = "**The S&P 500** closed at *{close}*, so A < B & `C`.\u200b"
    made = dispatch(answer(evidence=[f"# {sentence}"]))
    (paragraph,) = made.sections["evidence"].paragraphs
    assert plain(made, "evidence") == (
        f"The S&P 500 closed at {made.findings['close'].text}, so A < B & C."
    )
    assert "A &lt; B &amp; C" in paragraph


def test_a_figure_of_the_snapshot_gets_a_row(opened: Callable[..., Any], service: Any):
    """A number that only a cell bears, the close of a day named, links to a row made of it."""
    made = opened()
    close = f"{made.bench(1).bars['VIX'].close[-4]:.2f}"
    service.answer(answer(evidence=[f"VIX closed at {close} on Tue 30 Jan 2018."]))
    told = made.cycle(1)
    ((name, one),) = [(n, f) for n, f in told.findings.items() if n.startswith("cell_")]
    assert (one.text, one.source, one.as_of) == (close, "VIX.close", "Tue 30 Jan 2018")
    assert (
        f'title="VIX, close; VIX.close, Tue 30 Jan 2018">{close}</a>'
        in (told.sections["evidence"].paragraphs[0])
    )
    assert f'id="f-{name}"' in told.trace()._repr_html_()


def house(opened: Callable[..., Any]) -> write.Dispatch:
    """What the rules write of the same day."""
    made: write.Dispatch = opened("").cycle(1)
    return made


def same(made: write.Dispatch, own: write.Dispatch) -> bool:
    names = ("title", "dek", "slug", "sections", "findings", "plan", "written_by", "written")
    return all(getattr(made, name) == getattr(own, name) for name in names)


def test_an_essay_without_any_source_is_the_rules(
    dispatch: Callable[..., Any], opened: Callable[..., Any]
):
    """When no sentence of a section stands the house writes all of it, and says why."""
    nothing = {name: ["It cost 7.31 billion."] for name in ESSAY if name not in {"title", "dek"}}
    reply = answer(**nothing)
    made = dispatch(reply, reply)
    assert same(made, house(opened))
    assert "None of its sentences" in made.reason
    assert len(made.cuts) == len(nothing)


def test_a_title_without_a_source_is_the_rules(
    dispatch: Callable[..., Any], opened: Callable[..., Any]
):
    """A false title costs the title, not the essay."""
    reply = answer(title="Down 7.31% and counting")
    made = dispatch(reply, reply)
    assert made.title == house(opened).title
    assert "title" in made.by_rules
    assert made.written_by == "claude-sonnet-5-5"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"stop_reason": "refusal"}, "refus"),
        ({"stop_reason": "max_tokens"}, "token"),
        ({"model": "claude-other"}, "claude-other"),
        ({"content": []}, ""),
    ],
)
def test_an_unheard_synthesis_leaves_the_rules(
    told: dict[str, Any], reason: str, dispatch: Callable[..., Any], opened: Callable[..., Any],
    wire: Any,
):  # fmt: skip
    """Refusal, truncation, another model, an empty reply: the house's essay, with the reason."""
    made = dispatch(wire.message("{}", **told))
    assert same(made, house(opened))
    assert made.reason
    assert reason in made.reason


def test_the_footer_says_who_did_not_write(opened: Callable[..., Any], service: Any, wire: Any):
    """Rules alone; rules because a model was silent, with its reason."""
    service.answer(wire.message("{}", stop_reason="refusal"))
    said = []
    for more in ("", "synthesis: synthesis\n"):
        bench = opened(more).bench(1)
        replay.cycle(bench)
        said.append(joining.byline(bench.recall("dispatch")))
    assert said[0] == "rules, from the findings of this cycle"
    assert said[1].startswith(f"{said[0]}; claude-sonnet-5-5 did not: ")
    assert "refus" in said[1]


def test_a_number_links_to_what_its_sentence_means(dispatch: Callable[..., Any]):
    """Of findings shown alike the one meant: mine behind *I*, a mind's behind its name."""
    made = dispatch(answer(call=["I give it {call_p}. Flow has it at {flow_p}."],
                           debate=["The reference model puts it at {reference_p}."]))  # fmt: skip
    links = [re.findall(r"#f-(\w+)", p) for name in ("call", "debate")
             for p in made.sections[name].paragraphs]  # fmt: skip
    known = made.findings
    assert known[links[0][0]].meaning == "what I say"
    assert known[links[0][1]].meaning.startswith("Flow on")
    assert known[links[1][0]].meaning.startswith("the reference model on")


def test_no_key_and_no_money_leave_the_rules(
    opened: Callable[..., Any], service: Any, monkeypatch: pytest.MonkeyPatch
):
    """Nothing is sent; the page can say which of the two it was, and the ledger keeps it."""
    own = house(opened)
    poor = opened("synthesis: synthesis\nclaude: {cycle_usd: 0.001}\n")
    made = poor.cycle(1)
    assert same(made, own)
    assert "0.0010 USD" in made.reason
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    keyless = opened()
    made = keyless.cycle(1)
    assert same(made, own)
    assert "ANTHROPIC_API_KEY" in made.reason
    (row,) = keyless.ledger.read(sa.select(book.voices))
    assert (row["mind"], row["usd"], row["note"]) == ("Synthesis", "0", made.reason)
    assert service.asked == []


def rows(room_: Any, *tables: sa.Table) -> list[dict[str, Any]]:
    """Rows without what a chain adds."""
    chain = {"seq", "hash", "registered_at"}
    return [
        {k: v for k, v in row.items() if k not in chain}
        for table in tables
        for row in room_.ledger.read(sa.select(table).order_by(table.c.seq))
    ]


def test_text_moves_no_number_of_the_ledger(opened: Callable[..., Any], service: Any):
    """Claims, forecasts, decisions, label, conviction and call are those of the rules' desk."""
    service.answer(answer())
    claude, rules = opened(), opened("")
    benches = [one.bench(1) for one in (claude, rules)]
    for bench in benches:
        replay.cycle(bench)
    tables = (book.claims, book.forecasts, book.decisions, book.absences)
    assert rows(claude, *tables) == rows(rules, *tables)
    first, second = (bench.recall("dispatch") for bench in benches)
    for name in ("label", "conviction", "wrong_if", "sources"):
        assert first[name] == second[name]
    (one,), (other,) = rows(claude, book.dispatches), rows(rules, book.dispatches)
    assert one["call"] == other["call"]
    assert one["title"] != other["title"]


def test_what_it_cost_is_kept(opened: Callable[..., Any], service: Any):
    """Model, money, seconds, replies and in-sample are on the ledger and in the cycle's part."""
    service.answer(answer())
    made = opened()
    bench = made.bench(1)
    replay.cycle(bench)
    (row,) = rows(made, book.voices)
    assert (row["mind"], row["model"], row["in_sample"]) == ("Synthesis", "claude-sonnet-5-5", 1)
    assert row["usd"] == "0.003"  # 1,000 tokens in at 2 and 100 out at 10 USD a million
    assert len(json.loads(row["replies"])) == 1
    part = bench.recall("dispatch")
    assert [part[name] for name in ("written_by", "in_sample", "usd", "unheard", "cuts")] == [
        "claude-sonnet-5-5", True, "0.003", "", [],
    ]  # fmt: skip
    assert part["seconds"] == row["seconds"] > 0
    assert joining.byline(part) == (
        "claude-sonnet-5-5, from the findings of this cycle; a model that may have read what "
        "followed; rules wrote question, debate, unknown; 0.003 USD and 0 s"
    )
    write.compose(bench)  # again: the very same rows
    assert rows(made, book.voices) == [row]


def asked_of(bench: Bench) -> bytes:
    told = briefing.brief(bench, write.gathered(bench))
    return canonical(opening(synthesis.question(bench, told)))


def test_the_same_bench_asks_the_same_bytes(opened: Callable[..., Any], service: Any):
    """Two desks on one day send one question, which is what a replay finds the reply by."""
    service.answer(answer())
    first, second = opened(), opened()
    first.cycle(1)
    second.cycle(1)
    assert service.asked[0].body == service.asked[1].body
    assert asked_of(first.bench(1)) == service.asked[0].body


def test_a_replay_answers_from_the_store_or_fails(opened: Callable[..., Any], service: Any):
    """No model is asked: the recorded reply makes the very same dispatch, and none is an error."""
    service.answer(answer())
    made = opened()
    told = made.cycle(1)
    again = made.bench(1)
    again.asks = False
    assert write.compose(again) == told
    assert len(service.asked) == 1
    bare = opened()
    bench = bare.bench(1)
    bench.asks = False
    with pytest.raises(ReplayMiss, match="No reply"):
        replay.cycle(bench)


def test_what_was_prepared_is_not_asked_again(
    opened: Callable[..., Any], service: Any, monkeypatch: pytest.MonkeyPatch
):
    """The cycle's own process asks; the notebook's kernel, which holds no key, reads the part."""
    service.answer(answer())
    made = opened()
    bench = made.bench(1)
    replay.cycle(bench)
    part = bench.recall("essay")
    kernel = made.bench(1)
    kernel.remember("essay", json.loads(json.dumps(part)))
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    write.prepare(kernel)
    assert write.compose(kernel).written_by == "claude-sonnet-5-5"
    assert len(service.asked) == 1


def test_strangers_are_fenced(opened: Callable[..., Any], service: Any):
    """A mind's words and an absence's reason reach the writer only between the fence's marks."""
    service.answer(answer())
    opened().cycle(1)
    prompt = service.asked[0].json["messages"][0]["content"]
    open_, fenced = prompt.split("was written by strangers")
    assert "Volume was" not in open_
    assert "Contrarian, why absent" in fenced
    assert fenced.count("\n<<<DATA ") == fenced.count("\n<<<END DATA ") == 3

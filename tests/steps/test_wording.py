"""A slot becomes a sentence: the oldest wording, its numbers linked, quotations left alone."""

import re

import pytest

from workbench.domain.errors import WorkbenchError
from workbench.domain.records import Finding, Opinion
from workbench.steps.facts import Facts
from workbench.steps.wording import Writer


def finding(name: str, text: str) -> Finding:
    return Finding(name=name, value=1.0, text=text, meaning="it", source="SPX.close", as_of="now")


def plain(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)


def links(text: str) -> list[tuple[str, str]]:
    return re.findall(r'#f-(\w+)"[^>]*>([^<]*)</a>', text)


def spoken(argument: str, *evidence: Finding) -> Facts:
    facts = Facts()
    opinion = Opinion(mind="Macro", argument=argument, evidence=evidence, probabilities={})
    facts.speak("quoted_argument", opinion, "now")
    return facts


def test_the_wording_used_longest_ago_comes_back():
    """Every wording is used before one is repeated, and then the oldest is."""
    voice = {"slot": ["a", "b", "c", "d"]}
    past: list[dict[str, int]] = []
    for turn in range(12):
        writer = Writer(Facts(past=past), turn, voice)
        writer.say("slot")
        past.insert(0, writer.plan)
    used = [plan["slot"] for plan in past]
    assert all(len(set(used[i : i + 4])) == 4 for i in range(9))


def test_a_wording_that_lacks_a_fact_is_passed_over():
    """What is not known is not said; a slot that cannot be said at all is an error, not a gap."""
    voice = {"slot": ["{unknown}", "{lead} it is"]}
    facts = Facts(words={"lead": "the S&P 500"})
    assert {Writer(facts, turn, voice).say("slot") for turn in range(11)} == {
        "The S&amp;P 500 it is"
    }
    with pytest.raises(WorkbenchError, match="slot"):
        Writer(Facts(), 1, voice).say("slot")


def test_what_was_not_said_lately_comes_first():
    """Of several things to say, those said longest ago."""
    facts = Facts(past=[{"a": 0}, {"b": 0, "a": 0}])
    assert Writer(facts, 1, {}).stalest(["a", "b", "c"], 2) == ["c", "b"]


def test_only_the_voice_is_given_capitals():
    """A name or count at the start of a sentence gets its capital; a quotation stays verbatim."""
    first, second = (
        "{lead} rose. {rest} fell: {lead}?",
        "“{claim}” {lead}, “{quoted_argument}” {lead}",
    )
    voice = {"slot": [f"{first} {second}"]}
    facts = spoken("vs. bitcoin it rose. so be it.")
    facts.words.update({"lead": "bitcoin"})
    facts.numbers("ledger", "now")("rest", 2, "two others", "")
    facts.quotes("ledger", "now")("claim", "bitcoin closes higher. or not.", "")
    assert plain(Writer(facts, 1, voice).say("slot")) == (
        "Bitcoin rose. Two others fell: bitcoin? “bitcoin closes higher. or not.” Bitcoin, "
        "“vs. bitcoin it rose. so be it.” Bitcoin"
    )


def test_a_link_shows_the_very_text_of_its_row():
    """A count that opens a sentence has a row of its own, with its capital."""
    voice = {"slot": ["{rest} and {rest}"]}
    facts = Facts()
    facts.numbers("ledger", "now")("rest", 2, "two others", "")
    writer = Writer(facts, 1, voice)
    assert links(writer.say("slot")) == [("rest_first", "Two others"), ("rest", "two others")]
    assert [one.text for one in writer.cited.values()] == ["Two others", "two others"]
    assert writer.say("slot", link=False) == "Two others and two others"
    assert len(writer.cited) == 2


def test_every_number_of_an_argument_keeps_its_own_row():
    """Equal numbers link to their own findings, longer numbers are not cut in two."""
    voice = {"slot": ["{quoted_argument}"]}
    numbers = (finding("macro_a", "0.5%"), finding("macro_b", "0.5%"), finding("macro_c", "10.5%"),
               finding("macro_d", "−4%"), finding("macro_e", "4%"))  # fmt: skip
    writer = Writer(spoken("10.5% & 0.5%, (0.5%), −4% or 4%", *numbers), 1, voice)
    said = writer.say("slot")
    assert links(said) == [("macro_c", "10.5%"), ("macro_a", "0.5%"), ("macro_b", "0.5%"),
                           ("macro_d", "−4%"), ("macro_e", "4%")]  # fmt: skip
    assert plain(said) == "10.5% &amp; 0.5%, (0.5%), −4% or 4%."
    assert set(writer.cited) == {one.name for one in numbers}


def test_a_number_without_source_makes_the_quotation_one_link():
    """No number of a mind stands unlinked: at worst the whole argument is what it cites."""
    voice = {"slot": ["“{quoted_argument}”"]}
    writer = Writer(spoken("0.5% of 77 <days>.", finding("macro_a", "0.5%")), 1, voice)
    assert links(writer.say("slot")) == [("quoted_argument", "0.5% of 77 &lt;days&gt;.")]
    assert writer.cited["quoted_argument"].text == "0.5% of 77 <days>."


def test_words_are_escaped():
    """A name with markup is shown, not run."""
    voice = {"slot": ["{lead}, {close}"]}
    facts = Facts(words={"lead": "<b>S&P</b>"})
    facts.numbers("SPX.close", "now")("close", 1.0, "<1%", "a & b")
    said = Writer(facts, 1, voice).say("slot")
    assert said.startswith("&lt;b&gt;S&amp;P&lt;/b&gt;, <a ")
    assert 'title="a &amp; b; SPX.close, now">&lt;1%</a>' in said
    assert Writer(facts, 1, voice).say("slot", link=False) == "<b>S&P</b>, <1%"

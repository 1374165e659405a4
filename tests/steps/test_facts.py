"""How names, numbers and other people's words are written."""

import pytest

from workbench.domain.figures import difference
from workbench.domain.instruments import INSTRUMENTS, Instrument, find
from workbench.domain.records import Finding, Opinion
from workbench.steps.facts import (
    NEVER,
    Facts,
    as_sentence,
    named,
    quotable,
    several,
)


def instrument(name: str, theme: str = "mega-cap", unit: str = "USD") -> Instrument:
    return Instrument(symbol="X", name=name, theme=theme, unit=unit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (find("SPX"), "the S&P 500"),
        (find("COMP"), "the Nasdaq Composite"),
        (find("VIX"), "VIX"),
        (find("SPY"), "SPY"),
        (find("IWM"), "IWM"),
        (find("TSLA"), "Tesla"),
        (find("BTC-USD"), "BTC"),
        (instrument("bitcoin", "crypto"), "bitcoin"),
        (instrument("Russell 2000", "small-cap", "points"), "the Russell 2000"),
        (instrument("Nikkei", "index", "JPY"), "the Nikkei"),
        (instrument("DAX", "index", "points"), "DAX"),
        (instrument("The Trade Desk"), "The Trade Desk"),
        (instrument("the dollar index", "dollar", "points"), "the dollar index"),
        (instrument("gold", "gold"), "gold"),
    ],
)
def test_only_an_index_has_an_article(one: Instrument, said: str):
    """What the essay calls an instrument reads right for indices, tickers, shares and coins."""
    assert named(one) == said


def test_a_sentence_of_the_record_becomes_prose():
    """The ledger's sentences begin with a bare name; in running text an index has its article."""
    assert as_sentence("S&P 500 closed at 2.", INSTRUMENTS) == "The S&P 500 closed at 2."
    assert as_sentence("Tesla closed at 2.", INSTRUMENTS) == "Tesla closed at 2."
    lower = as_sentence("bitcoin closed at 2.", [instrument("bitcoin", "crypto")])
    assert lower == "Bitcoin closed at 2."
    assert as_sentence("TSLA has no complete bars.", INSTRUMENTS) == "TSLA has no complete bars."


def test_signs_and_counts():
    """A rounded zero has no sign, a negative number a true minus; one thing is not plural."""
    shown = [difference(x) for x in (-0.04, 0.04, -0.06, 3.0)]
    assert shown == ["0.0", "0.0", "−0.1", "+3.0"]
    assert difference(-0.4, 0) == "0"
    assert [several(n, "claim") for n in (1, 2, 12)] == ["one claim", "two claims", "12 claims"]


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("It is wide.", "It is wide."),
        ("It is wide", "It is wide."),
        ("Is it wide?", "Is it wide?"),
        ("It is  wide,\nI think;", "It is wide, I think."),
        ("They call it “calm”.", "They call it ‘calm’."),
        ('They call it "calm"', "They call it ‘calm’."),
        ('A stray " stays one', "A stray ’ stays one."),
        ("(It is wide.)", "(It is wide.)"),
        ("Wide, says he…", "Wide, says he…"),
        ("  ", ""),
    ],
)
def test_an_argument_does_not_break_the_sentence_around_it(said: str, quoted: str):
    """Between double quotation marks stands one line with a full stop and no such marks inside."""
    assert quotable(said) == quoted


def test_a_silent_mind_is_not_quoted():
    """No argument, no quotation."""
    facts = Facts()
    silent = Opinion(mind="Macro", argument=" ", evidence=(), probabilities={})
    facts.speak("quoted_argument", silent, "now")
    assert facts.speeches == {}


def test_evidence_takes_no_finding_s_place():
    """A mind may call its evidence what it likes: the essay's own numbers keep their rows."""
    facts = Facts()
    facts.numbers("SPX.close", "now")("close", 2.0, "2.00", "own")
    other = Finding(name="close", value=3.0, text="3.00", meaning="", source="", as_of="")
    mine = Finding(name="macro_vix", value=4.0, text="4.00", meaning="", source="", as_of="")
    said = Opinion(mind="Macro", argument="3.00.", evidence=(other, mine), probabilities={})
    facts.speak("quoted_argument", said, "now")
    assert facts.findings["close"].text == "2.00"
    names = [one.name for one in facts.speeches["quoted_argument"].evidence]
    assert names == ["macro_close", "macro_vix"]


def test_what_was_told_is_remembered():
    """The latest dispatch counts as one ago; what nobody told is never."""
    facts = Facts(past=[{"a": 0}, {"a": 1, "b": 0}])
    assert [facts.ago(key) for key in "abc"] == [1, 2, NEVER]


def test_a_quotation_needs_no_moment():
    """Everything is as of the dispatch, so a quoted reason does not repeat when that is."""
    facts = Facts()
    facts.quotes("ledger", "now")("why", "VIX is dark as of 2002-07-15T21:00:00Z", "reason")
    assert facts.findings["why"].text == "VIX is dark"

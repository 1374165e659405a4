"""The desk's voice: worded variously, without a figure and without the words of salesmen."""

import re
from importlib import resources
from string import Formatter

import pytest
import yaml

VOICE: dict[str, list[str]] = yaml.safe_load(
    resources.files("workbench.steps").joinpath("voice.yaml").read_text("utf-8")
)
RARE = {"alone"}  # one mind present of three: seldom, so that it may be said the same way
BANNED = re.compile(
    r"\b(signals?|alpha|high[- ]conviction|guaranteed?|sure thing|moon|bullish|bearish|"
    r"buy|sell|outperform|smart money|massive|huge|crash(es|ed)?|soar(s|ed|ing)?|plunge[sd]?)\b|!",
    re.IGNORECASE,
)

slots = pytest.mark.parametrize("slot", VOICE)


def faults(text: str) -> list[str]:
    """What a sentence of the desk must not hold."""
    plain = re.sub(r"{\w+}", "", text)
    found = [f"figure {figure}" for figure in re.findall(r"\d", text)]
    found += [f"word {match[0]}" for match in BANNED.finditer(plain)]
    if "{" in plain or "}" in plain:
        found.append("brace")
    if text != " ".join(text.split()):
        found.append("space")
    if "'" in text or '"' in text:
        found.append("straight quote")
    return found


@slots
def test_a_sentence_types_no_figure(slot: str):
    """Numbers reach a page only as findings; nothing is promised, sold or shouted."""
    assert {text: faults(text) for text in VOICE[slot] if faults(text)} == {}


@slots
def test_a_slot_has_variants(slot: str):
    """What is said often is not said in the same words twice in a row."""
    assert len(VOICE[slot]) >= (1 if slot in RARE else 2)
    assert len(set(VOICE[slot])) == len(VOICE[slot])


def test_rare_slots_exist():
    """A slot that got its second wording, or is gone, leaves the list of exceptions."""
    assert {slot for slot, variants in VOICE.items() if len(variants) < 2} == RARE


@slots
def test_placeholders_are_names(slot: str):
    """A brace holds the name of a finding or word and no format: how it is shown is its own."""
    for text in VOICE[slot]:
        for _, name, shape, conversion in Formatter().parse(text):
            assert name is None or (name.isidentifier() and not shape and not conversion)


@slots
def test_titles_are_titles(slot: str):
    """A title has no full stop at its end; every other sentence ends."""
    titled = slot.startswith(("title_", "heading_"))
    for text in VOICE[slot]:
        ended = text.endswith((".", "?", "”", "}"))
        assert not text.endswith(".") if titled else ended, text


def test_one_wording_of_each_slot_needs_little():
    """A call and its wrong-if are said by every variant, so that no dispatch leaves them out."""
    for slot, names in {
        "change": {"wrong_if", "two_sigma"},
        "call": {"call_claim", "call_p", "call_base"},
        "absent": {"absent_mind", "absent_reason"},
    }.items():
        for text in VOICE[slot]:
            assert names <= {name for _, name, _, _ in Formatter().parse(text)}, text


def test_a_planted_fault_is_caught():
    """The checker sees each kind of fault."""
    for text in (
        "Up 5 points", "A strong signal", "Pure Alpha here", "high conviction", "Up!",
        "two  spaces", "an odd { brace", "It's", "VIX {vix:.2f} {",
    ):  # fmt: skip
        assert faults(text), text
    assert faults("VIX closed at {vix}, {vix_moved} {vix_change}.") == []

"""Who said what: a sentence leaves odds, words, proposals and rules with those who own them."""

import pytest

from workbench.domain.records import Finding
from workbench.measures.attribution import Voices, fault
from workbench.measures.binding import Binding
from workbench.measures.mentions import figures


def share(name: str, value: float, meaning: str) -> Finding:
    return Finding(name=name, value=value, text=f"{100 * value:.0f}%", meaning=meaning,
                   source="ledger", as_of="now")  # fmt: skip


FOUND = {
    one.name: one
    for one in (
        share("call_p", 0.62, "what I say"),
        share("call_base", 0.55, "the base rate"),
        share("macro_p", 0.71, "Macro on the call"),
        share("flow_p", 0.58, "Flow on the call"),
        share("turbulent", 0.84, "filtered probability of the high-variance state"),
    )
}
VOICES = Voices(
    owned={"call_p": "I", "call_base": "history", "macro_p": "Macro", "flow_p": "Flow"},
    findings=FOUND,
    words={
        "Macro": "Oil leads, and the curve has noticed it.",
        "Flow": "Nobody sold in size today, so the range holds.",
    },
    absent=frozenset({"Contrarian"}),
    proposed=frozenset({"Macro"}),
    texts=("SPX closes above 2,700 on Tue 6 Feb 2018", "its family is shut"),
    ruled=False,
)


def said(text: str, voices: Voices = VOICES) -> str:
    """The fault of a sentence whose percentages bind to the finding shown alike."""
    by_text = {one.text: name for name, one in FOUND.items()}
    bound = [
        Binding(figure=one, verdict="bound", source="x", finding=by_text.get(one.text, ""))
        for one in figures(text)
    ]
    return fault(text, bound, voices)


@pytest.mark.parametrize(
    "text",
    [
        "I say 62%; history says 55%.",
        "I give it 62%, where the base rate is 55%.",
        "My call stands at 62%.",
        "The filter puts turbulence at 84%.",
        "Macro has 71%, Flow 58%.",
        "Macro is at 71% and I stay at 62%.",
        "Contrarian is absent.",
        "Contrarian says nothing today.",
        "Contrarian did not speak, and I put no number in its chair.",
        "Macro’s proposal did not pass: “its family is shut”.",
        "Macro argues that “the curve has noticed it”.",
        "Flow keeps calm: “Nobody sold in size today”.",
        "The claim “SPX closes above 2,700 on Tue 6 Feb 2018” is open.",
        "What some call “a correction” is a close.",
        "The gate refused it.",
    ],
)
def test_what_is_so_stands(text: str):
    """Odds, words and proposals told of their owners are not touched, nor is an empty chair."""
    assert said(text) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I give it 84%.", "no probability of mine"),
        ("I say 55%.", "no probability of mine"),
        ("The probability of the call is 71%.", "no probability of mine"),
        ("84% is what I say.", "no probability of mine"),
        ("Macro has it at 58%.", "not what Macro gives"),
        ("Flow puts the call at 62%.", "not what Flow gives"),
        ("Contrarian argues that panic ends.", "Contrarian is absent"),
        ("Contrarian also expects less.", "Contrarian is absent"),
        ("Contrarian’s case is the better one.", "Contrarian is absent"),
        ("Flow proposed a wider band.", "Flow proposed nothing"),
        ("Flow’s last proposal failed.", "Flow proposed nothing"),
        ("Macro argues: “the dollar will do the rest”.", "nobody wrote"),
        ("Macro puts it so: “Nobody sold in size today”.", "are Flow's"),
        ("A rule in force blocked the other one.", "no rule in force"),
        ("It was refused by rule.", "no rule in force"),
    ],
)
def test_what_is_not_so_is_named(text: str, why: str):
    """Another's odds, words nobody wrote, a proposal or rule that never was, a voice of no one."""
    assert why in said(text)


def test_a_rule_that_blocked_may_be_told():
    """Where one did, the sentence that says so stands."""
    voices = {name: getattr(VOICES, name) for name in Voices.__dataclass_fields__}
    assert said("A rule in force blocked Macro.", Voices(**(voices | {"ruled": True}))) == ""

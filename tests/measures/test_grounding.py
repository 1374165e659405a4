"""Figures of a text, their sources, and what is cut when they have none."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workbench.domain.calendars import moment, to_numpy, venue
from workbench.domain.instruments import INSTRUMENTS, indicator
from workbench.domain.records import Finding
from workbench.domain.snapshots import Column, Snapshot
from workbench.measures import datings, grounding
from workbench.measures.grounding import Binding, Named
from workbench.measures.mentions import normal
from workbench.measures.passages import sentences, without

SUNDAY = moment("2018-01-28T16:00Z")  # New York closed on Friday the 26th
SPREAD = replace(indicator("T10Y2Y"), name="10Y-2Y")
TABLE: tuple[Named, ...] = (*INSTRUMENTS, SPREAD)
# The last five are those of Monday 22 to Friday 26 January.
SPX = [*np.linspace(2600, 2800, 55), 2832.97, 2839.13, 2837.54, 2839.25, 2872.87]
VIX = [*np.linspace(9, 10, 55), 11.03, 11.10, 11.47, 11.58, 11.08]
COMP = [*np.linspace(7000, 7300, 55), 7408.03, 7460.29, 7415.06, 7411.16, 7505.77]
BTC = [*np.linspace(12000, 11000, 55), 11440.73, 11786.30, 11296.36, 10106.30, 11600.10]


def column(values: Sequence[float], name: str = "XNYS") -> Column:
    calendar, as_of = venue(name), to_numpy(SUNDAY)
    end = int(np.searchsorted(calendar.closes, as_of, side="right"))
    at = calendar.closes[end - len(values) : end]
    return Column(at=at, known_at=at + np.timedelta64(15, "m"), value=np.asarray(values, float),
                  unit="", source="made up")  # fmt: skip


SEEN = Snapshot(
    as_of=SUNDAY,
    columns={
        ("SPX", "close"): column(SPX),
        ("SPX", "high"): column([1.001 * value for value in SPX]),
        ("SPX", "low"): column([0.999 * value for value in SPX]),
        ("SPX", "open"): column(SPX),
        ("VIX", "close"): column(VIX),
        ("COMP", "close"): column(COMP),
        ("BTC-USD", "close"): column(BTC, "24/7"),
        ("T10Y2Y", "value"): column([0.60, 0.58, 0.56]),
    },
)
NOTHING = Snapshot(as_of=SUNDAY, columns={})


def finding(text: str, value: float | None = None, meaning: str = "a number") -> Finding:
    return Finding(name="f", value=value, text=text, meaning=meaning, source="made up",
                   as_of="2018-01-28")  # fmt: skip


def bind(text: str, *findings: Finding, seen: Snapshot = SEEN) -> list[Binding]:
    return grounding.bind(text, grounding.desk_of(findings, seen, SUNDAY, TABLE))


def of(text: str, figure: str, *findings: Finding) -> Binding:
    return next(one for one in bind(text, *findings) if one.figure.text == figure)


WRITTEN = [
    ("\N{MINUS SIGN}2.76%", ("number", "-2.76%", "%", -1)),
    ("at 27.44 now", ("number", "27.44", "", 0)),
    ("$65,800", ("number", "$65,800", "$", 0)),
    ("65\N{NARROW NO-BREAK SPACE}800 then", ("number", "65\u2009800", "", 0)),
    ("-0.3\N{NO-BREAK SPACE}%", ("number", "-0.3\u2009%", "%", -1)),
    ("146K stars", ("number", "146K", "", 0)),
    ("$1.2bn", ("number", "$1.2bn", "$", 0)),
    ("25 basis points", ("number", "25 basis points", "bp", 0)),
    ("2.3\N{GREEK SMALL LETTER SIGMA}", ("number", "2.3σ", "σ", 0)),
    ("three times", ("times", "three times", "x", 0)),
    ("twice", ("times", "twice", "x", 0)),
    ("half a percent", ("number", "half a percent", "%", 0)),
    ("two-thirds", ("number", "two-thirds", "part", 0)),
    ("third straight session", ("number", "third", "th", 0)),
    ("48-hour", ("number", "48-hour", "hours", 0)),
    ("Friday", ("date", "Friday", "", 0)),
    ("3 April", ("date", "3 April", "", 0)),
    ("Mon 30 Mar 2026", ("date", "Mon 30 Mar 2026", "", 0)),
    ("2026-04-02", ("date", "2026-04-02", "", 0)),
    ("APR 3, 2026", ("date", "APR 3, 2026", "", 0)),
    ("17:44 UTC", ("clock", "17:44 UTC", "", 0)),
    ("the VIX", ("name", "the VIX", "", 0)),
    ("highest since", ("comparison", "highest since", "", 0)),
    ("lowest in two years", ("comparison", "lowest in two years", "", 0)),
    ("fell", ("direction", "fell", "", -1)),
]


@pytest.mark.parametrize(("text", "expected"), WRITTEN)
def test_a_figure_is_read(text: str, expected: tuple[str, str, str, int]):
    """Signs, thin spaces, scales, words for numbers, days, names and comparisons: one figure."""
    found = [(one.kind, normal(one.text), one.unit, one.sign) for one in
             grounding.figures(text, TABLE)]  # fmt: skip
    assert found == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2-4%", [(1.5, 2.5, "%"), (3.5, 4.5, "%")]),
        ("0.37% to 5.42%", [(0.365, 0.375, "%"), (5.415, 5.425, "%")]),
        ("24\N{EN DASH}48 hours", [(23.5, 24.5, "hours"), (47.5, 48.5, "hours")]),
        ("~40%", [(35, 45, "%")]),
        ("27+", [(27, 28, "")]),
        ("1.8M", [(1.75e6, 1.85e6, "")]),
    ],
)
def test_digits_say_how_exact_they_are(text: str, expected: list[tuple[float, float, str]]):
    """Half a unit of the last digit either way; a range lends its unit; about 40 is 35 to 45."""
    found = grounding.figures(text, TABLE)
    assert [one.unit for one in found] == [unit for *_, unit in expected]
    spans = [end for one in found for end in (one.low, one.high)]
    assert spans == pytest.approx([end for low, high, _ in expected for end in (low, high)])


@pytest.mark.parametrize(
    "text", ["the 8-K of", "24/7", "https://x.org/read/114/a", "no figure at all", "a 5Y note"]
)
def test_a_name_is_no_number(text: str):
    """Forms, addresses and names with digits in them are left alone."""
    assert grounding.figures(text, TABLE) == []


def test_spans_are_those_of_the_text():
    """What a figure says it is stands at its place in the text as given."""
    text = (
        "The VIX fell \N{MINUS SIGN}4.3\N{NO-BREAK SPACE}% to 11.08 on Friday, 1\u2009234 points."
    )
    for one in grounding.figures(text, TABLE):
        assert normal(text[one.start : one.end]) == one.text


BINDS = [
    ("The S&P 500 closed at 2,872.87.", "2,872.87", "S&P 500, close", "Fri 26 Jan 2018"),
    ("The S&P 500 closed at 2,873.", "2,873", "S&P 500, close", "Fri 26 Jan 2018"),
    ("The S&P 500 rose 1.18%.", "1.18%", "S&P 500, change over one row", "Fri 26 Jan 2018"),
    ("SPX +1.2%", "+1.2%", "S&P 500, change over one row", "Fri 26 Jan 2018"),
    ("The VIX fell 4.3% to 11.08.", "4.3%", "VIX, change over one row", "Fri 26 Jan 2018"),
    ("The VIX fell 4.3% to 11.08.", "11.08", "VIX, close", "Fri 26 Jan 2018"),
    ("A 4.3% drop in VIX.", "4.3%", "VIX, change over one row", "Fri 26 Jan 2018"),
    ("The VIX lost half a point.", "half a point", "VIX, change over one row", "Fri 26 Jan 2018"),
    ("On Wednesday the VIX closed at 11.47.", "11.47", "VIX, close", "Wed 24 Jan 2018"),
    ("The VIX rose 3.3% on Wednesday.", "3.3%", "VIX, change over one row", "Wed 24 Jan 2018"),
    ("Since Monday the S&P 500 rose 1.4%.", "1.4%", "S&P 500, change since Mon 22 Jan 2018",
     "Fri 26 Jan 2018"),
    ("The S&P 500 rose 1.2% over 2 sessions.", "1.2%", "S&P 500, change over one row",
     "Fri 26 Jan 2018"),
    ("Over 3 sessions SPX gained 1.19%.", "1.19%", "S&P 500, change since Tue 23 Jan 2018", None),
    ("The S&P 500 and the Nasdaq rose 1.18% and 1.28%.", "1.28%",
     "Nasdaq Composite, change over one row", None),
    ("The VIX was quiet. It closed at 11.08.", "11.08", "VIX, close", None),
    ("The 10Y-2Y spread sits at 0.56.", "0.56", "10Y-2Y, close", "Fri 26 Jan 2018"),
    ("The 10Y-2Y spread lost 2bp.", "2bp", "10Y-2Y, change over one row", None),
    ("The gap between the Nasdaq and the S&P 500 is 0.09 points.", "0.09 points",
     "Nasdaq Composite and S&P 500, difference of changes", None),
    ("The S&P 500 holds above 2,800.", "2,800", "S&P 500, close", None),
    ("The S&P 500 holds above 2,800.", "above", "S&P 500, close", None),
    ("The VIX is at its lowest since Monday.", "lowest since", "VIX, close", None),
    ("The S&P 500 is the highest in 2 months.", "highest in 2 months", "S&P 500, close", None),
    ("The S&P 500 outperformed the VIX.", "outperformed",
     "S&P 500, change over one row less that of VIX", None),
    ("The S&P 500 rose a second straight session.", "second",
     "S&P 500, changes of one sign in a row", None),
    ("The VIX closed at 11.08 versus 11.58 on Thursday.", "11.08", "VIX, close",
     "Fri 26 Jan 2018"),
    ("The VIX is 1.0 times its level of Monday.", "1.0 times", "VIX, ratio to Mon 22 Jan 2018",
     None),
    ("The VIX is 4.3% below its level of Thursday.", "4.3%", "VIX, change since Thu 25 Jan 2018",
     None),
    ("In December the S&P 500 rose 2.8%.", "2.8%",
     "S&P 500, change from Thu 30 Nov 2017 to Fri 29 Dec 2017", "Fri 29 Dec 2017"),
    ("The S&P 500 gained one percent.", "one percent", "S&P 500, change over one row", None),
    ("The VIX's 4.3% fall is its lowest since 22 January.", "4.3%", "VIX, change over one row",
     None),
    ("Stocks rose.", "rose", "S&P 500, change over one row", None),
    ("It did so two times (2018-01-25, 2018-01-26).", "two times", "the days that it lists", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "figure", "source", "at"), BINDS)
def test_a_figure_binds_to_its_cell(text: str, figure: str, source: str, at: str | None):
    """Closes, changes over a session and since a day, differences, sides, superlatives, runs."""
    found = of(text, figure)
    assert (found.verdict, found.source) == ("bound", source), found.reason
    assert at is None or found.at == at


FAILS = [
    ("The S&P 500 closed at 2,872.88.", "2,872.88", "unbound", "nearest is 2,872.87"),
    ("The VIX closed at 11.58.", "11.58", "stale", "Thu 25 Jan 2018; 11.08 of Fri 26 Jan 2018"),
    ("The VIX rose 4.3%.", "4.3%", "unbound", "wrong sign"),
    ("The VIX rose.", "rose", "unbound", "\N{MINUS SIGN}0.50"),
    ("VIX +4.3%", "+4.3%", "unbound", "wrong sign"),
    ("On Wednesday the VIX closed at 11.08.", "11.08", "unbound", "nearest is 11.47"),
    ("The S&P 500 closed at 11.08 beside the VIX.", "11.08", "unbound", "no cell"),
    ("Tesla closed at 350.", "350", "unbound", "nothing is known of TSLA"),
    ("Tesla closed at 350.", "Tesla", "unbound", "nothing is known"),
    ("The VIX is the highest since Monday.", "highest since", "unbound", "Thu 25 Jan 2018"),
    ("The VIX is the lowest since Tuesday.", "lowest since", "unbound", "exceeded too"),
    ("The S&P 500 is at a record high.", "record high", "unbound", "begins on"),
    ("It rose 1.2% to 2,872.87, a record.", "a record", "unbound", "no finding"),
    ("A 1.18%-ish drop in SPX.", "1.18%", "unbound", "wrong sign"),
    ("SPX is 1.4% below Monday's close.", "1.4%", "unbound", "wrong sign"),
    ("BTC is up 14.8% on Friday.", "14.8%", "unbound", "no finding and no cell"),
    ("In 2017 the S&P 500 rose.", "rose", "unbound", "nothing is known"),
    ("The VIX doubled from its level of Monday.", "doubled", "unbound", "no finding and no cell"),
    ("The S&P 500 rose twenty-one percent.", "twenty-one percent", "unbound", "no finding"),
    ("The S&P 500 is the highest in two years.", "highest in two years", "unbound", "begins on"),
    ("The S&P 500 holds below 2,810.", "2,810", "unbound", "nearest"),
    ("The S&P 500 holds above 900.", "900", "unbound", "no finding and no cell"),
    ("S&P 500 ranges over less than 1.5%.", "1.5%", "unbound", "nearest"),
    ("The S&P 500 fell below 2,900.", "2,900", "unbound", "nearest"),
    ("The VIX outperformed the S&P 500.", "outperformed", "unbound", "differ"),
    ("The VIX rose a third straight session.", "third", "unbound", "1 row"),
    ("Three times now (2018-01-25, 2018-01-26).", "Three times", "unbound", "2 days"),
    ("Today the S&P 500 rose.", "Today", "unbound", "XNYS has no session on Sun 28 Jan 2018"),
    ("It was so on 30 February.", "30 February", "unbound", "no such day"),
    ("It was so on Monday 26 January.", "Monday 26 January", "unbound", "no such day"),
    ("The desk has 40% of it.", "40%", "unbound", "no finding holds it"),
]


@pytest.mark.parametrize(("text", "figure", "verdict", "reason"), FAILS)
def test_a_figure_without_a_source_says_why(text: str, figure: str, verdict: str, reason: str):
    """Another digit, an older row, a wrong sign or day, a superlative that does not hold."""
    found = of(text, figure)
    assert found.verdict == verdict
    assert reason in found.reason


@pytest.mark.parametrize(
    "text", ["The S&P 500 will rise.", "What will the market make of it?", "I gave up on it."]
)
def test_what_may_come_needs_no_source(text: str):
    """A direction of what may come, or of nothing on the tape, is a word."""
    assert {one.verdict for one in bind(text)} <= {"bound", "free"}


def test_a_finding_is_a_source():
    """A number that the writer was given binds by its shown text and by its value."""
    given_ = finding("1.23%", -0.012345, "change, size")
    assert of("It was 1.23% in size.", "1.23%", given_).verdict == "bound"
    assert of("It fell 1.23%.", "1.23%", given_).verdict == "bound"
    assert of("It fell 1.2345%.", "1.2345%", given_).verdict == "bound"
    assert of("It rose 1.23%.", "1.23%", given_).verdict == "unbound"
    assert of("Odds of 0.62.", "0.62", finding("62%", 0.62)).verdict == "bound"


def test_a_finding_about_another_is_no_source():
    """A number of the VIX does not speak for Tesla."""
    given_ = finding("15.30", 15.3, "VIX, last close")
    assert of("Tesla stands at 15.30.", "15.30", given_).verdict == "unbound"
    assert of("Something stands at 15.30.", "15.30", given_).verdict == "bound"


def test_one_digit_says_little():
    """Among many findings one digit meets some number: it must be shown so, or named."""
    given_ = finding("3.98%", 0.0398, "VIX, change, size")
    assert of("It moved 4.0%.", "4.0%", given_).verdict == "bound"
    assert of("It moved 4%.", "4%", given_).verdict == "unbound"
    assert of("The VIX moved 4%.", "4%", given_).verdict == "bound"


def test_a_quotation_is_a_source_as_a_whole():
    """What a mind said may be quoted with its numbers; the same number elsewhere is not its."""
    said = finding("The VIX rose to 40 on 3 May", None, "what Macro argues")
    found = bind("Macro says: \N{LEFT DOUBLE QUOTATION MARK}The VIX rose to 40 on 3 May.”", said)
    assert {one.verdict for one in found} == {"bound"}


def test_an_old_level_is_stale_even_among_findings():
    """The close before, given for comparison, is not to be told as the close; *from* tells it."""
    before = finding("11.58", 11.58, "VIX, the close before")
    assert of("The VIX stands at 11.58.", "11.58", before).verdict == "stale"
    assert of("The VIX went from 11.58 to 11.08.", "11.58", before).verdict == "bound"


def test_the_one_repair_names_what_has_no_source():
    """The writer is told each figure and why; a text that binds gets no instruction."""
    told = grounding.repair(bind("The VIX closed at 11.58 and 40% agree."))
    assert told.startswith("These figures have no source: 11.58: is VIX, close of Thu 25 Jan 2018")
    assert "40%" in told
    assert grounding.repair(bind("The VIX closed at 11.08.")) == ""


CUTS = [
    ("The VIX closed at 11.08. It hit 40 once. Nothing else.",
     "The VIX closed at 11.08. Nothing else."),
    ("One paragraph.\n\nAll 40% of it.\n\nAnother.", "One paragraph.\n\nAnother."),
    ("“It hit 40. I waited.” So it went.", "“I waited.” So it went."),
    ("“I waited. It hit 40.” So it went.", "“I waited.” So it went."),
    ("He said “It hit 40.” So it went.", "So it went."),
    ('"It hit 40." So it went.', "So it went."),
    ("**It hit 40. I waited.** So it went.", "**I waited.** So it went."),
    ("1. It hit 40. I waited.\n2. All fine.", "1. I waited.\n2. All fine."),
    ("- It hit 40.\n- All fine.", "- All fine."),
    ("# A title\n\nIt hit 40.\n\nThe end.", "# A title\n\nThe end."),
    ("The U.S. rate and 4.5 more. Fine.", "Fine."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CUTS)
def test_a_sentence_is_cut_whole(text: str, expected: str):
    """Quotations, emphasis, lists and paragraphs stay as long as something in them stays."""
    kept, cuts = grounding.cut(text, grounding.desk_of((), SEEN, SUNDAY, TABLE))
    assert kept == expected
    assert len(cuts) == 1
    assert cuts[0].why


def test_a_sentence_that_leaned_on_a_cut_one_goes_too():
    """*It* has no one to mean once the sentence that named it is gone."""
    text = "The VIX closed at 44. It closed at 11.08. Fine."
    kept, cuts = grounding.cut(text, grounding.desk_of((), SEEN, SUNDAY, TABLE))
    assert kept == "Fine."
    assert [one.sentence for one in cuts] == ["The VIX closed at 44.", "It closed at 11.08."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Friday", ("2018-01-26", "2018-01-26")),
        ("Sunday", ("2018-01-28", "2018-01-28")),
        ("yesterday", ("2018-01-27", "2018-01-27")),
        ("April 1-2", ("2018-04-01", "2018-04-02")),
        ("29 Dec", ("2017-12-29", "2017-12-29")),
        ("March", ("2017-03-01", "2017-03-31")),
        ("Feb 2016", ("2016-02-01", "2016-02-29")),
        ("2017", ("2017-01-01", "2017-12-31")),
    ],
)
def test_a_day_is_the_nearest(text: str, expected: tuple[str, str]):
    """A weekday is the last one, a day without year the nearest, a bare month the last."""
    found = datings.days(text, SUNDAY)
    assert found == tuple(map(dt.date.fromisoformat, expected))


# Properties

values = st.floats(0.001, 99_999, allow_nan=False)
units = st.sampled_from(["", "%", " points", "bp"])
digits = st.integers(0, 4)


@given(values, digits, units)
def test_what_rounding_allows_binds(value: float, places: int, unit: str):
    """A number written with any digits, two or more of them, binds to the finding it rounds."""
    shown = f"{value:,.{places}f}{unit}"
    assume(float(f"{value:.{places}f}") * 10**places >= 10)
    found = bind(f"I count {shown} here.", finding(f"{value:.6f}{unit}", value), seen=NOTHING)
    assert [one.verdict for one in found] == ["bound"]


@given(values, digits, units, st.data())
def test_another_digit_unbinds(value: float, places: int, unit: str, data: st.DataObject):
    """A digit changed beyond rounding has no source."""
    shown = f"{value:.{places}f}"
    at = data.draw(st.sampled_from([i for i, letter in enumerate(shown) if letter.isdigit()]))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != shown[at]]))
    wrong = f"{shown[:at]}{other}{shown[at + 1 :]}"
    allowed = abs(float(wrong) - value) <= 0.5 * 10.0**-places * (1 + 1e-6) + 1e-9 * value
    found = bind(f"I count {wrong}{unit} here.", finding(f"{shown}{unit}", value), seen=NOTHING)
    assert [one.verdict for one in found] == ["bound" if allowed else "unbound"]


shown_as = st.one_of(
    st.builds(lambda v, d: (f"{v:,.{d}f}", v), values, digits),
    st.builds(lambda v: (f"{v:+.2f}%".replace("-", "\N{MINUS SIGN}"), v / 100),
              st.floats(-20, 20, allow_nan=False)),
    st.builds(lambda v: (f"{abs(v):.2f}%", v / 100), st.floats(-20, 20, allow_nan=False)),
    st.builds(lambda n: (f"{n} predictions", float(n)), st.integers(0, 9999)),
    st.builds(lambda d: (f"{d:%a} {d.day} {d:%b %Y}", float(d.toordinal())),
              st.dates(dt.date(2000, 1, 1), dt.date(2018, 1, 20))),
    st.sampled_from([("<1%", 0.001), (">99%", 0.999), ("three predictions", 3.0),
                     ("Macro rose to 62% on 3 May, twice", None)]),
)  # fmt: skip


@given(st.lists(shown_as, min_size=1, max_size=6))
def test_a_text_of_findings_binds_whole(shown: list[tuple[str, float | None]]):
    """Nothing of a text whose figures are all findings is cut, whatever they are."""
    given_ = [finding(text, value) for text, value in shown]
    text = " ".join(f"I note {one.text} here." for one in given_)
    assert {one.verdict for one in bind(text, *given_, seen=NOTHING)} <= {"bound", "free"}
    assert grounding.cut(text, grounding.desk_of(given_, NOTHING, SUNDAY, TABLE)) == (text, [])


pieces = st.sampled_from([
    "The VIX closed at 11.08.", "The VIX closed at 11.58.", "It rose 3%.", "It closed at 11.08.",
    "“Fine,” he said.", "“It hit 40.", "So it ended.”", "**A point.", "Bold.**", "*Really 40%.*",
    "(As on Friday.)", "Today it fell.", "Twice now.", "Tesla fell!", "Stocks rose.", "\n\n", "\n",
    "- ", "1. ", "# Head\n", '"Two', 'three times."', "Nothing.", "They fell 4.3% to 11.08?",
])  # fmt: skip


@given(st.lists(pieces, max_size=14).map(" ".join))
def test_a_cut_leaves_nothing_without_a_source(text: str):
    """However sentences lean on each other, what is left binds, and was there before."""
    kept, cuts = grounding.cut(text, grounding.desk_of((), SEEN, SUNDAY, TABLE))
    assert {one.verdict for one in bind(kept)} <= {"bound", "free"}
    assert grounding.cut(kept, grounding.desk_of((), SEEN, SUNDAY, TABLE)) == (kept, [])
    assert set(kept.split()) <= set(text.split()) | set('"*”“') or cuts


@given(st.lists(pieces, max_size=14).map(" ".join))
def test_sentences_hold_all_words(text: str):
    """Every word stands in exactly one sentence, and a text without none of them is itself."""
    held = np.zeros(len(text), int)
    for one in sentences(text):
        held[one.start : one.end] += 1
    assert held.max(initial=0) <= 1
    assert all(held[i] for i, letter in enumerate(text) if letter.isalpha())
    assert without(text, ()) == text


@given(st.text())
def test_one_spelling_keeps_places(text: str):
    """Spaces, quotes and minus signs are respelled in place."""
    assert len(normal(text)) == len(text)
    for one in grounding.figures(text, TABLE):
        assert 0 <= one.start < one.end <= len(text)

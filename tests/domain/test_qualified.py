"""What stands beside a claim and would change it: refused, however it is put in."""

import pytest

from tests.domain.test_english import NOW, SUNDAY, said
from workbench.domain.calendars import moment
from workbench.domain.english import compile_text
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import INSTRUMENTS

MEASURED_OTHERWISE = [
    "SPY above 690 in 24h on any print",
    "SPY above 690 in 24h on an intraday basis",
    "BTC below 84k on the hourly within 24h",
    "SPY lower in 24h as measured by futures",
    "SPY lower in 24h after hours",
    "SPY lower in 24h in after-hours trading",
    "SPY lower in 24h on two of three days",
    "SPY lower in 24h with Monday's open as reference",
    "IWM outperforms SPY on the downside in 24h",
    "VIX above 18 in 24h (futures)",
    "SPY lower in 24h (at the open)",
    "SPY lower in 24h (in euro terms)",
    "SPY lower in 24h. Reference is Monday's open.",
    "SPY lower in 24h as implied by futures",
    "SPY lower in 24h with QQQ as the benchmark",
    "SPY lower in 24h (morning session)",
    "BTC lower in 24h (perpetual swap)",
]
TAKEN_BACK = [
    "SPY higher in 24h (cancelled)",
    "SPY higher in 24h (NOT a call)",
    "SPY higher in 24h (Contrarian's call)",
    "SPY lower in 24h, which I doubt",
    "SPY lower in 24h, though I'd bet against it",
    "SPY lower in 24h — which will not happen",
    "SPY lower in 24h. We take the other side.",
    "SPY lower in 24h. Ignore this. [DIRECTION: down] [TIMEFRAME: 24h]",
    "SPY lower in 24h. This was yesterday's call.",
    "SPY lower in 24h. Only valid if CPI is hot. [DIRECTION: down] [TIMEFRAME: 24h]",
    "SPY lower in 24h. Fade this.",
    "SPY lower in 24h. Sorry, higher.",
    "SPY lower in 24h. Stop at 690.",
    "This is hypothetical. SPY closes lower in 24h.",
]


@pytest.mark.parametrize("text", MEASURED_OTHERWISE + TAKEN_BACK)
def test_an_aside_that_changes_the_claim_is_never_dropped(text: str):
    """What says how a claim is measured, doubts it or takes it back is no commentary."""
    assert said(text) in {"!unread", "!alternative"}


@pytest.mark.parametrize(
    "reason",
    ["as futures slide", "(tariff premium fading)", "on softer CPI prints", "as a ceasefire holds",
     "with liquidity thin", "after a 1% rally", "despite higher yields", "as bulls step away",
     "— dealers are long gamma", "following a gap up",
     "with no catalyst ahead", "(risk-off)", "(markets not pricing tariffs)", "after a weak open",
     "which fits the regime", "because bulls did not hold support",
     "as traders ignored the data", "after OPEC withdrew its quota", "(tariffs)"],
)  # fmt: skip
def test_a_plain_reason_is_still_set_aside(reason: str):
    """Guarding the claim does not cost the ordinary reasons that analysts give."""
    assert said(f"SPY closes lower in 24h {reason}") == "direction SPY down 0402"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BTC falls as low as 64k in 24h", "touch BTC 64000.. price 0402T22:00"),
        ("BTC to trade as high as $75k in 24h", "touch BTC ..75000 price 0402T22:00"),
        ("SPY falls as much as 2% in 24h", "!ambiguous"),
        ("SPY gains as many as 5 points in 24h", "!ambiguous"),
        ("SPY up as little as 0.2% in 24h", "!ambiguous"),
        ("VIX rises as far as 30 in 24h", "!ambiguous"),
        ("BTC higher in 24h as price rises as high as 72k", "!unread"),
    ],
)
def test_as_much_as_never_loses_its_size(text: str, expected: str):
    """A level reached is a touch; a size at most has no one meaning; neither is a direction."""
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BTC open interest rises in 24h", "!unread"),
        ("BTC ETF higher in 24h", "!unread"),
        ("BTC price index higher in 24h", "!unread"),
        ("SPY call higher in 24h", "!unread"),
        ("SPY yield higher in 24h", "!unread"),
        ("gold ETF higher in 24h", "!unread"),
        ("10Y price falls in 24h", "!unread"),
        ("10Y yield rises in 24h", "direction 10Y up 0402"),
        ("BTC price higher in 24h", "direction BTC up 0402T22:00"),
        ("SPY shares close higher in 24h", "direction SPY up 0402"),
        ("SPY ETF closes higher in 24h", "direction SPY up 0402"),
        ("SPY call: higher in 24h", "direction SPY up 0402"),
    ],
)
def test_a_noun_behind_an_instrument_may_be_another_thing(text: str, expected: str):
    """Open interest, options and funds are not the quote; a share's price is."""
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    ["10Y rallies in 24h", "10Y sells off at least 5bp in 24h", "10Y weakens in 24h",
     "10Y outperforms SPY in 24h", "SPY beats 10Y in 24h", "10Y closes in the red in 24h",
     "10Y has a red day tomorrow", "10Y higher in price in 24h"],
)  # fmt: skip
def test_a_bond_that_rallies_is_not_a_yield_that_rises(text: str):
    """Verbs of a bond's price mean the opposite of its yield, unless the yield is named."""
    assert said(text) == "!ambiguous"
    assert said("10Y yields rally in 24h") == "direction 10Y up 0402"
    assert said("10Y falls 5bp in 24h") == "magnitude 10Y down >= 0.05.. pts 0402"


@pytest.mark.parametrize(
    "text",
    ["SPY lower in the 24h after Thursday's CPI", "SPY lower 24h after CPI",
     "BTC lower in the 24h following Friday's expiry", "BTC lower in 24h after the Fed decision",
     "SPY higher in the two sessions after Thursday's CPI"],
)  # fmt: skip
def test_a_window_that_starts_at_an_event_is_refused(text: str):
    """Hours counted from an event are another window than hours from issue."""
    assert said(text) == "!no_date"
    assert said("SPY lower in 24h after CPI came in hot") == "direction SPY down 0402"
    assert said("SPY lower in the next 24h after Tuesday's rout") == "direction SPY down 0402"


@pytest.mark.parametrize(
    "text",
    ["SPY and QQQ won't both close higher tomorrow", "SPY, QQQ not both lower in 24h",
     "SPY and QQQ fail to both close higher tomorrow", "SPY and QQQ can't both rise tomorrow",
     "SPY, QQQ and IWM will not all close higher tomorrow",
     "SPY won't close lower and QQQ higher in 24h"],
)  # fmt: skip
def test_not_both_is_not_neither(text: str):
    """A denial of a conjunction leaves open which part fails, so no claims say it."""
    assert said(text) == "!negation"
    neither = "direction SPY down <= 0402 | direction QQQ down <= 0402"
    assert said("SPY and QQQ won't close higher tomorrow") == neither


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SPY lower throughout the next 24h", "!ambiguous"),
        ("VIX below 26 throughout the next 24h", "stays VIX ..26 price 0402"),
        ("BTC/ETH higher in 24h", "!ambiguous"),
        ("BTC/USD higher in 24h", "direction BTC up 0402T22:00"),
        ("BTC above 95.000 in 24h", "!ambiguous"),
        ("SPY between 640.000 and 650.000 tomorrow", "!ambiguous"),
        ("SPY rises over the next 24h", "direction SPY up 0402"),
        ("BTC jumps over 24 hours", "direction BTC up 0402T22:00"),
        ("VIX spikes over 30 in 24h", "touch VIX ..30 price 0402"),
        ("SPY gains over 2% tomorrow", "magnitude SPY up > 2.. pct 0402"),
    ],
)
def test_one_word_with_two_meanings(text: str, expected: str):
    """*Throughout*, a slash, a point before three digits and *over* are read in one way or none."""
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SPY closes lower in 24h.\n↓ DOWN 24h conviction 54%", "direction SPY down 0402"),
        ("BTC closes lower.\n\n↓ DOWN48hconviction 54%", "direction BTC down 0403T22:00"),
        ("SPY closes lower in 24h\n↓ DOWN · 24h · conviction 54%", "direction SPY down 0402"),
        ("BTC closes lower. Timeframe 48h. Conviction 54%.", "direction BTC down 0403T22:00"),
        ("SPY closes lower in 24h.\n↑ UP 24h conviction 54%", "!contradictory"),
        ("SPY closes lower in 24h.\n↑ UP", "!contradictory"),
        ("SPY closes lower in 24h. Direction up.", "!contradictory"),
        ("SPY closes lower in 24h. Timeframe 48h.", "!contradictory"),
        ("SPY closes lower in 24h.\n48h conviction 54%", "!contradictory"),
        ("SPY closes lower in 24h. Macro: higher.", "!unread"),
    ],
)
def test_the_line_under_a_call_states_tags(text: str, expected: str):
    """Side, horizon and conviction on a card's last line are tags, and may not disagree."""
    assert said(text) == expected
    if expected[0] != "!":
        assert compile_text(text, NOW, INSTRUMENTS).probability == 0.54


@pytest.mark.parametrize(
    "label",
    ["Synthesis:", "Verdict:", "Net:", "Bottom line:", "Update:", "Call 2:", "Prediction #3 -",
     "TL;DR:", "Small caps lag:"],
)  # fmt: skip
def test_labels_before_a_call(label: str):
    """A label, or a headline on a basket, says nothing of its own."""
    assert said(f"{label} IWM underperforms SPY over 24h") == "relative SPY>IWM > 0402"


@pytest.mark.parametrize(
    "label", ["Bear case:", "Yesterday:", "Opposite of:", "Ignore:", "FALSE:", "Rumor:"]
)
def test_labels_that_may_turn_a_call_round(label: str):
    """A label that is not known to be harmless refuses the call behind it."""
    assert said(f"{label} SPY closes lower in 24h").startswith("!")


READ = [
    ('My call: "QQQ closes above 600 in 24h as bids build" — resolves in 24h',
     "level QQQ > 600.. price 0402"),
    ("SPY closes lower in 24h — by Apr 10", "!contradictory"),
    ("S&P 500 (SPY) closes lower in 24h", "direction SPY down 0402"),
    ("Nasdaq (QQQ) down at least 0.5% in 24h", "magnitude QQQ down >= 0.5.. pct 0402"),
    ("S&P 500 (SPY) closes above 6,900 in 24h", "!ambiguous"),
    ("S&P 500 (QQQ) closes lower in 24h", "!ambiguous"),
    ("BTC range-bound within ±1.5% of $95,400 over 24h",
     "band BTC 93969..96831 price 0402T22:00"),
    ("SPY remains range-bound 640-660 over 24h", "stays SPY 640..660 price 0402"),
    ("SPY range-bound over 24h", "!unread"),
    ("SPY finishing Thursday's session in negative territory", "direction SPY down 0402"),
    ("I'm calling SPY higher into tomorrow's close", "direction SPY up 0402"),
    ("SPY closes lower tomorrow than Wednesday's settlement", "direction SPY down 0402"),
    ("SPY up or down more than 1% in 24h", "magnitude SPY any > 1.. pct 0402"),
    ("SPY moves up or down at least 1% in 24h", "magnitude SPY any >= 1.. pct 0402"),
    ("SPY up or down in 24h", "!vague"),
    ("SPY breaks lower over 24h", "direction SPY down 0402"),
    ("SPY pulls back over 24h", "direction SPY down 0402"),
    ("SPY has a red day tomorrow", "direction SPY down 0402"),
    ("SPY's 24h return is positive", "direction SPY up 0402"),
    ("SPY total return is positive in 24h", "!no_threshold"),
    ("SPY prints red tomorrow", "direction SPY down 0402"),
    ("VIX retreats below 16 in 24h", "touch VIX 16.. price 0402"),
    ("SPY breaches 670 over 24h", "touch SPY 670..670 price 0402"),
    ("SPY breaks down below 640 over 24h", "touch SPY 640.. price 0402"),
    ("SPY holds 640 support over 24h", "stays SPY 640.. price 0402"),
    ("NVDA avoids closing below 170 in 24h", "level NVDA >= 170.. price 0402"),
    ("VIX closes sub-17 in 24h", "level VIX < ..17 price 0402"),
    ("VIX remains capped below 28 over 24h", "stays VIX ..28 price 0402"),
    ("VIX remains elevated above 25 in 24h", "stays VIX 25.. price 0402"),
    ("VIX remains elevated over 24h", "!vague"),
    ("SPY +0.5% or better in 24h", "level SPY >= 0.5.. pct 0402"),
    ("SPY down 0.5% or better in 24h", "!ambiguous"),
    ("VIX falls by 1+ points in 24h", "magnitude VIX down >= 1.. pts 0402"),
    ("SPY 640±0.5% 24h", "band SPY 636.8..643.2 price 0402"),
    ("SPY roughly flat (within ±0.3%) over 24h", "band SPY -0.3..0.3 pct 0402"),
    ("NVDA higher relative to QQQ in 24h", "relative NVDA>QQQ > 0402"),
    ("NVDA lower versus QQQ in 24h", "relative QQQ>NVDA > 0402"),
    ("SPY higher versus Wednesday's close in 24h", "direction SPY up 0402"),
    ("NVDA falls more than SPY in 24h", "!vague"),
    ("Dollar (DXY) closes weaker in 24h", "direction DXY down 0402"),
    ("SPY set to close lower in 24h", "direction SPY down 0402"),
    ("BTC lower T+24h", "direction BTC down 0402T22:00"),
    ("SPY higher in 24h, not lower", "direction SPY up 0402"),
    # refused, and for the reason that is so
    ("SPY closes above 640 on both Thursday and Monday", "!no_date"),
    ("SPY closes above 640 at least once this week", "!unread"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ, ids=[text for text, _ in READ])
def test_more_of_what_analysts_write(text: str, expected: str):
    """Plain wordings of calls, headers and bands mean one claim, or are refused for a reason."""
    assert said(text) == expected


def test_this_week_on_a_sunday_is_the_week_that_comes():
    """On a Sunday no session of the calendar week is left; on a Saturday it may mean either."""
    assert said("SPY ends the week lower", SUNDAY) == "direction SPY down 0402"
    assert said("SPY higher this week", moment("2026-03-28T16:00Z")) == "!window_over"
    assert said("BTC higher this week", SUNDAY) == "direction BTC up 0330T00:00"


def test_a_roll_names_the_leg_without_a_close():
    """Of a coin against a fund it is the fund that has no close at the weekend."""
    notes = compile_text("BTC beats QQQ in 24h", moment("2026-03-28T12:00Z"), INSTRUMENTS).notes
    assert notes[0].startswith("No QQQ close by")


def test_a_year_is_no_horizon():
    """A figure that reads like a year is named where the horizon is missed."""
    with pytest.raises(ClaimRefused, match="'2026' is read as a figure"):
        compile_text("SPY ends 2026 above 690", NOW, INSTRUMENTS)

"""Questions of prediction markets: only those that mean a claim of the desk exactly become one."""

import datetime as dt
import time

import pytest

from workbench.domain.english import compile_text
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import INSTRUMENTS
from workbench.domain.questions import Question, sentence

NOW = dt.datetime(2026, 3, 27, 15, tzinfo=dt.UTC)
CLOSE = "2026-03-30T20:00:00+00:00"
TSLA = "Will Tesla (TSLA) close above $360 on March 30?"
RULES = (
    'This market will resolve to "Yes" if the official closing price of Tesla (TSLA) on March 30, '
    '2026 is higher than $360. Otherwise, it will resolve to "No".'
)
SPX = "Will the S&P 500 close above 5,850 on March 30?"
BTC = "Will BTC be above $70,000 on March 30?"
SPOT = "Resolves Yes if BTC/USD on Coinbase is above $70,000 at 12:00 UTC on Mar 30, 2026."


def said(text: str, rules: str, ends: str = CLOSE) -> str:
    question = Question(text=text, rules=rules, ends=dt.datetime.fromisoformat(ends))
    return sentence(question, NOW, INSTRUMENTS)


SAME = [
    (TSLA, RULES, "Tesla closes above 360 on Mon 30 Mar 2026"),
    (TSLA, RULES.replace("higher than", "lower than").replace("360", "350"), None),
    ("Will Tesla (TSLA) close below $360 on March 30?", RULES.replace("higher", "lower"),
     "Tesla closes below 360 on Mon 30 Mar 2026"),
    (TSLA, RULES.replace("higher than", "greater than or equal to"),
     "Tesla closes at or above 360 on Mon 30 Mar 2026"),
    (SPX,
     "If the S&P 500's closing value on Mar 30, 2026 at 4 PM EDT is above 5849.99: Yes.", None),
    ("S&P 500 on Mar 30, 2026?",
     "If the S&P 500's closing value on Mar 30, 2026 at 4 PM EDT is above 5849.99, then Yes.",
     "S&P 500 closes above 5,849.99 on Mon 30 Mar 2026"),
    ("SPY close on Mar 30?", "If SPY closes at or below 640 on 2026-03-30, this resolves to Yes.",
     "SPY closes at or below 640 on Mon 30 Mar 2026"),
    (BTC, SPOT, "BTC closes above 70,000 at Mon 30 Mar 2026 12:00 UTC"),
    (BTC, SPOT.replace("12:00 UTC", "8:00 am ET"),
     "BTC closes above 70,000 at Mon 30 Mar 2026 12:00 UTC"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rules", "expected"), SAME)
def test_a_question_that_means_a_claim_becomes_it(text: str, rules: str, expected: str | None):
    """Level, side, tie, day and close are as the rules say; title and rules may not differ."""
    if expected is None:
        with pytest.raises(ClaimRefused):
            said(text, rules)
        return
    found = said(text, rules)
    assert found == expected
    (claim,) = compile_text(found, NOW, INSTRUMENTS).claims
    assert claim.kind == "level"


NEAR = {
    "a touch on the way": (TSLA.replace("close above", "hit"), RULES, "path"),
    "a touch in the rules": (TSLA, RULES + " An intraday print counts.", "path"),
    "a high": (TSLA, RULES + " The high of the day decides.", "path"),
    "an average": (TSLA, RULES + " The simple average of the last minute is used.", "average"),
    "a candle": (BTC, SPOT + " The 1 minute candle labelled 12:00 is used.", "candle"),
    "the open": (TSLA, RULES + " The opening price is used.", "open"),
    "after hours": (TSLA, RULES + " After-hours trading counts.", "open"),
    "up or down": (
        "S&P 500 (SPX) Up or Down on March 30?",
        "Up if it closes higher than the previous close.", "change",
    ),
    "per cent": ("Will TSLA close up 5% on March 30?", RULES, "change"),
    "a future": (SPX, RULES.replace("Tesla (TSLA)", "S&P 500 futures"), "futures"),
    "a week": ("Will TSLA close above $360 this week?", RULES, "span"),
    "by a day": ("Will TSLA close above $360 by March 30?", RULES, "span"),
    "half back": (TSLA, RULES + " If trading is halted it resolves 50-50.", "proportion"),
    "a condition": (TSLA, RULES + " Prices are adjusted for splits.", "condition"),
    "another venue": (BTC, SPOT.replace("Coinbase", "Binance"), "venue"),
    "another coin": (BTC, SPOT.replace("BTC/USD", "BTC/USDT"), "venue"),
    "no venue": (BTC, SPOT.replace("on Coinbase ", ""), "venue"),
    "no time": (BTC, SPOT.replace(" at 12:00 UTC", ""), "no_date"),
    "a time without zone": (BTC, SPOT.replace("12:00 UTC", "12:00"), "no_date"),
    "noon": (BTC, SPOT.replace("12:00 UTC", "noon ET"), "no_date"),
    "two times": (BTC, SPOT + " Trade ends at 13:00 UTC.", "no_date"),
    "winter time in summer": (SPX.replace("March 30", "Mar 30"),
        "If the S&P 500 closes above 5,850 at 4 PM EST on Mar 30, 2026, then Yes.", "zone"),
    "noon of a share": (TSLA, RULES + " The price at 12:00 PM EDT is used.", "no_date"),
    "a Sunday": (TSLA.replace("30", "29"), RULES.replace("March 30", "March 29"), "no_session"),
    "Good Friday": (
        "Will TSLA close above $360 on April 3?",
        RULES.replace("March 30", "April 3"), "no_session",
    ),
    "two days": (TSLA.replace("30", "31"), RULES, "no_date"),
    "no day": ("Will TSLA close above $360?", "Yes if TSLA closes above $360.", "no_date"),
    "no level": (
        "Will TSLA close well on March 30?",
        RULES.replace("higher than $360", "good"), "no_threshold",
    ),
    "two levels": (TSLA, RULES + " It is No if it is below $300.", "no_threshold"),
    "both ways": (TSLA, RULES + " Below $360 it is No.", "no_side"),
    "cents": (
        "Will TSLA close above 360 cents on March 30?", RULES.replace("$360", "360 cents"), "unit",
    ),
    "no rules": (TSLA, "", "no_rules"),
    "no close": (
        "Will TSLA be above $360 on March 30?", "Yes if TSLA is above $360 on March 30.", "no_date",
    ),
    "a value at four": (
        "S&P 500 on Mar 30?", "If the S&P 500 is above 5,850 at 4 PM EDT on Mar 30, 2026: Yes.",
        "no_date",
    ),
    "the wager's own close": (
        "Will TSLA be above $360 on March 30?",
        "Yes if TSLA is above $360 on March 30. This market will close early then.", "no_date",
    ),
    "two instruments": ("Will TSLA close above NVDA or $360 on March 30?", RULES, "no_instrument"),
    "another in the rules": (TSLA, RULES + " NVDA decides a tie.", "no_instrument"),
    "no instrument": ("Will Rivian close above $36 on March 30?", RULES, "no_instrument"),
    "another index": (
        "Will the Nasdaq 100 close above 20,000 on March 30?", RULES, "no_instrument",
    ),
    "which Nasdaq": ("Will Nasdaq close above 20,000 on March 30?", RULES, "no_instrument"),
    "a token": (TSLA, RULES + " The TSLA token trades on a chain.", "no_instrument"),
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR)
def test_a_near_miss_is_refused(name: str):
    """What could settle otherwise than the desk's claim is refused, for its reason."""
    text, rules, code = NEAR[name]
    with pytest.raises(ClaimRefused) as refused:
        said(text, rules)
    assert refused.value.code == code


def test_trade_that_ends_on_another_day_is_refused():
    """A market that stays open for weeks after its day asks about something else."""
    with pytest.raises(ClaimRefused, match="ends on another day"):
        said(TSLA, RULES, "2026-04-30T20:00:00+00:00")


def test_a_half_day_closes_at_one():
    """On a half-day "4 pm" is no close of the desk."""
    rules = "If the S&P 500's closing value on Nov 27, 2026 at 4 PM EST is above 5,850, then Yes."
    question = Question(
        text="S&P 500 on Nov 27, 2026?", rules=rules,
        ends=dt.datetime(2026, 11, 27, 21, tzinfo=dt.UTC),
    )  # fmt: skip
    with pytest.raises(ClaimRefused, match="not the close"):
        sentence(question, dt.datetime(2026, 11, 25, 15, tzinfo=dt.UTC), INSTRUMENTS)


@pytest.mark.parametrize("rules", ["9" * 100_000, "above " * 20_000, "1,111" * 20_000, "$" * 9_000])
def test_rules_without_end_cost_no_time(rules: str):
    """A stranger's rules of any length are refused at once."""
    began = time.perf_counter()
    with pytest.raises(ClaimRefused):
        said(TSLA, rules)
    with pytest.raises(ClaimRefused):
        said(TSLA, rules[:9_900])
    assert time.perf_counter() - began < 5

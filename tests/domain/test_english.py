"""Desk English: what many wordings mean, and what is refused rather than guessed.

The expectations were written before the compiler first ran on them. A claim is written in short:
kind, subject, side or comparison, strikes as ``lo..hi``, unit, and the deadline as month and day
of a New York close (20:00 UTC), with the time where it is another moment.
"""

import datetime as dt

import pytest

from workbench.domain.calendars import moment
from workbench.domain.claims import Claim
from workbench.domain.english import Compiled, compile_text, content
from workbench.domain.errors import ClaimRefused
from workbench.domain.instruments import INSTRUMENTS, KNOWN, find
from workbench.domain.sentences import parse, render

NOW = moment("2026-04-01T22:00Z")  # a Wednesday, two hours after the close; Friday is Good Friday
SUNDAY = moment("2026-03-29T16:17:30Z")
HOLIDAY = moment("2026-04-03T17:44Z")  # Good Friday
OPEN = moment("2026-04-01T15:00Z")  # New York trades


def short(claim: Claim) -> str:
    """A claim in short."""
    names = {symbol: find(symbol, KNOWN).short for symbol in claim.symbols}
    words = [claim.kind, names[claim.subject]]
    if claim.versus:
        words[1] += f">{names[claim.versus]}"
    words += [claim.side or ""] if claim.kind in {"direction", "magnitude", "count", "rank"} else []
    words += [claim.comparison or ""]
    ends = ["" if end is None else f"{end:g}" if end < 1e5 else f"{end:.2f}"
            for end in (claim.lo, claim.hi)]  # fmt: skip
    if any(ends):
        words += ["..".join(ends), claim.unit]
    words += [f"{claim.margin:g}"] if claim.margin else []
    words += (
        [f"{claim.places} of " + ",".join(names[s] for s in claim.group)] if claim.group else []
    )
    words += [f"{claim.times}x"] if claim.times else []
    end = claim.window.deadline
    words += [f"{end:%m%d}" + ("" if f"{end:%H%M%S}" == "200000" else f"{end:T%H:%M}")]
    words += ["rolled"] if claim.window.rolled else []
    words += [f"given {short(claim.given)}"] if claim.given else []
    return " ".join(word for word in words if word)


def said(text: str, as_of: dt.datetime = NOW, **beside: str) -> str:
    """The claims of a text in short, or its refusal."""
    try:
        found = compile_text(text, as_of, INSTRUMENTS, **beside)
    except ClaimRefused as refused:
        return f"!{refused.code}"
    return " | ".join(short(claim) for claim in found.claims)


MEANS = [
    # sides
    ("SPY closes higher tomorrow", "direction SPY up 0402"),
    ("SPY will close lower in 24h", "direction SPY down 0402"),
    ("SPY lower in 24h", "direction SPY down 0402"),
    ("SPY up over the next 24 hours", "direction SPY up 0402"),
    ("QQQ finishes in the green next session", "direction QQQ up 0402"),
    ("QQQ ends in the red on Thursday", "direction QQQ down 0402"),
    ("TSLA rallies tomorrow", "direction TSLA up 0402"),
    ("NVDA slips over the next 2 sessions", "direction NVDA down 0406"),
    ("IWM settles higher by Thursday's close", "direction IWM up 0402"),
    ("SPY closes higher on Thursday than Wednesday's close", "direction SPY up 0402"),
    ("SPY closes higher on April 2 than its last close", "direction SPY up 0402"),
    ("Apple closes higher on Apr 6", "direction AAPL up 0406"),
    ("the S&P closes lower on Monday April 6", "direction SPX down 0406"),
    ("S&P 500 closes higher on 2026-04-06", "direction SPX up 0406"),
    ("Nasdaq closes higher on 6 April 2026", "direction COMP up 0406"),
    ("SPY doesn't close higher tomorrow", "direction SPY down <= 0402"),
    ("SPY will not close lower tomorrow", "direction SPY up >= 0402"),
    ("SPY flat-to-down over 24h", "direction SPY down <= 0402"),
    ("SPY flat to higher over 24h", "direction SPY up >= 0402"),
    ("SPY closes lower or unchanged tomorrow", "direction SPY down <= 0402"),
    ("BTC lower in 24h", "direction BTC down 0402T22:00"),
    ("BTC closes higher 48h", "direction BTC up 0403T22:00"),
    ("Bitcoin ends the day higher tomorrow", "direction BTC up 0403T00:00"),
    ("ETH falls over the next 12 hours", "direction ETH down 0402T10:00"),
    ("gold closes higher this week", "direction gold up 0402"),
    ("SPY closes higher next week", "direction SPY up 0410"),
    ("SPY closes higher this month", "direction SPY up 0430"),
    ("the dollar closes lower by Apr 9", "direction DXY down 0409"),
    ("10Y yield rises tomorrow", "direction 10Y up 0402"),
    # levels
    ("SPY closes above 640 tomorrow", "level SPY > 640.. price 0402"),
    ("SPY closes at or above 640 tomorrow", "level SPY >= 640.. price 0402"),
    ("SPY ends under $640 on Apr 2", "level SPY < ..640 price 0402"),
    ("SPY > 640 in 24h", "level SPY > 640.. price 0402"),
    ("SPY <= 640.50 by Apr 2.", "level SPY <= ..640.5 price 0402"),
    ("SPY closes at 640 or higher tomorrow", "level SPY >= 640.. price 0402"),
    ("SPY closes higher than 640 tomorrow", "level SPY > 640.. price 0402"),
    ("VIX below 26 in 24h", "level VIX < ..26 price 0402"),
    ("VIX below 26 in 24h (geopolitical premium compressed)", "level VIX < ..26 price 0402"),
    ("VIX trades above 28 in next 24h", "level VIX > 28.. price 0402"),
    ("META not below $560 in next 24h", "level META >= 560.. price 0402"),
    ("META does not close above 600 on Apr 6", "level META <= ..600 price 0406"),
    ("META fails to close above 600 on Apr 6", "level META <= ..600 price 0406"),
    ("BTC above 66k in 24h", "level BTC > 66000.. price 0402T22:00"),
    ("BTC is above 66,739 in 24h", "level BTC > 66739.. price 0402T22:00"),
    ("BTC above $66.5k by 2026-04-02 12:30 UTC", "level BTC > 66500.. price 0402T12:30"),
    ("10Y closes above 4.35% tomorrow", "level 10Y > 4.35.. price 0402"),
    ("10-year yield ends below 4.3 by Apr 9", "level 10Y < ..4.3 price 0409"),
    ("WTI settles above $100 over the next 5 sessions", "level WTI > 100.. price 0409"),
    ("SPY ends above +1% tomorrow", "level SPY > 1.. pct 0402"),
    ("SPY will not fall more than 2% tomorrow", "level SPY >= -2.. pct 0402"),
    ("SPY does not rise more than 2% tomorrow", "level SPY <= ..2 pct 0402"),
    ("SPY down 1% from 655.85 tomorrow", "level SPY <= ..649.29 price 0402"),
    # bands
    ("SPY down 0.3–0.8% in 24h", "band SPY -0.8..-0.3 pct 0402"),
    ("SPY down 0.3-0.8% in 24h, conf 0.54", "band SPY -0.8..-0.3 pct 0402"),
    ("SPY falls 0.3% to 0.8% tomorrow", "band SPY -0.8..-0.3 pct 0402"),
    ("SPY up between 0.5 and 1.2% tomorrow", "band SPY 0.5..1.2 pct 0402"),
    ("SPY ends −0.8% to −0.3% tomorrow", "band SPY -0.8..-0.3 pct 0402"),
    ("SPY -0.3% to -0.8% tomorrow", "band SPY -0.8..-0.3 pct 0402"),
    ("IWM +0.5% to +1.2% over 24h", "band IWM 0.5..1.2 pct 0402"),
    ("SPY flat within ±0.5% in 24h", "band SPY -0.5..0.5 pct 0402"),
    ("SPY stays flat within ±0.5% in 24h", "band SPY -0.5..0.5 pct 0402"),
    ("SPY within +/-0.5% tomorrow", "band SPY -0.5..0.5 pct 0402"),
    ("SPY closes within 0.5% of its last close tomorrow", "band SPY -0.5..0.5 pct 0402"),
    ("SPY flat to +0.5% over 24h", "band SPY 0..0.5 pct 0402"),
    ("SPY flat to down 0.5% over 24h", "band SPY -0.5..0 pct 0402"),
    ("SPY closes between 640 and 650 tomorrow", "band SPY 640..650 price 0402"),
    ("SPY closes 640-650 tomorrow", "band SPY 640..650 price 0402"),
    ("SPY trades within ±0.8% of 634.11 over next 24h", "band SPY 629.04..639.18 price 0402"),
    ("BTC within +0.3% to +1.2% of $66,739 over next 24h",
     "band BTC 66939.2..67539.9 price 0402T22:00"),
    ("SPY moves no more than 1% tomorrow", "band SPY -1..1 pct 0402"),
    ("VIX up 1 to 3 points tomorrow", "band VIX 1..3 pts 0402"),
    ("10Y up 5 to 10bp tomorrow", "band 10Y 0.05..0.1 pts 0402"),
    # magnitudes
    ("SPY moves more than 3% within 48h", "magnitude SPY any > 3.. pct 0402"),
    ("SPY sees a >3% move within 48h", "magnitude SPY any > 3.. pct 0402"),
    ("we'll see a >3% move in SPY tomorrow", "!no_instrument"),
    ("TSLA drops at least 2% tomorrow", "magnitude TSLA down >= 2.. pct 0402"),
    ("TSLA falls by more than 2% tomorrow", "magnitude TSLA down > 2.. pct 0402"),
    ("TSLA down 2% tomorrow", "magnitude TSLA down >= 2.. pct 0402"),
    ("TSLA -2% tomorrow", "magnitude TSLA down >= 2.. pct 0402"),
    ("TSLA gains over 2% tomorrow", "magnitude TSLA up > 2.. pct 0402"),
    ("TSLA closes more than 2% higher tomorrow", "magnitude TSLA up > 2.. pct 0402"),
    ("VIX up 2 points tomorrow", "magnitude VIX up >= 2.. pts 0402"),
    ("VIX rises more than 2 pts tomorrow", "magnitude VIX up > 2.. pts 0402"),
    ("10Y up 10bp over the next 5 sessions", "magnitude 10Y up >= 0.1.. pts 0409"),
    ("BTC loses at least 3% in 24h", "magnitude BTC down >= 3.. pct 0402T22:00"),
    ("SPY moves at least 1.5% either way tomorrow", "magnitude SPY any >= 1.5.. pct 0402"),
    # relative
    ("BTC outperforms SPY over 48h", "relative BTC>SPY > 0402"),
    ("BTC outperforms SPY on a relative basis over next 48h", "relative BTC>SPY > 0402"),
    ("QQQ underperforms SPY by at least 0.25pp within 24h as MSFT strength fades",
     "relative SPY>QQQ >= 0.25 0402"),
    ("QQQ lags SPY by more than 25bps tomorrow", "relative SPY>QQQ > 0.25 0402"),
    ("QQQ beats SPY by 0.3% tomorrow", "relative QQQ>SPY >= 0.3 0402"),
    ("IWM outperforms SPY and QQQ tomorrow", "relative IWM>SPY > 0402 | relative IWM>QQQ > 0402"),
    ("NVDA and GOOGL underperform QQQ over 24h",
     "relative QQQ>NVDA > 0402 | relative QQQ>GOOGL > 0402"),
    ("QQQ does not outperform SPY tomorrow", "relative SPY>QQQ >= 0402"),
    ("gold beats the dollar by 1 percentage point this week", "relative gold>DXY >= 1 0402"),
    ("ETH beats BTC in 24h", "relative ETH>BTC > 0402T22:00"),
    # shapes found by trying more wordings
    ("SPY closes lower Thursday (Apr 2)", "direction SPY down 0402"),
    ("SPY ends the week above 650", "level SPY > 650.. price 0402"),
    ("gold stays above $3,000/oz tomorrow", "stays gold 3000.. price 0402"),
    ("VIX closes at least 1 point lower tomorrow", "magnitude VIX down >= 1.. pts 0402"),
    ("SPY up 1% or more tomorrow", "magnitude SPY up >= 1.. pct 0402"),
    ("SPY closes higher tomorrow - confidence 70%", "direction SPY up 0402"),
    ("SPY flat tomorrow (within 0.3%)", "band SPY -0.3..0.3 pct 0402"),
    ("BTC breaks 70k in 24h", "touch BTC 70000..70000 price 0402T22:00"),
    ("SPY holds the 640 level through tomorrow", "stays SPY 640.. price 0402"),
    ("SPY edges higher tomorrow", "direction SPY up 0402"),
    ("SPY closes above 640 on each of the next 3 sessions", "count SPY > 640.. price 3x 0407"),
    ("QQQ underperforms SPY by 0.25pp or more in 24h", "relative SPY>QQQ >= 0.25 0402"),
    ("SPY does not stay above 640 tomorrow", "touch SPY 640.. price 0402"),
    ("SPY closes at most 650 tomorrow", "level SPY <= ..650 price 0402"),
    ("On Monday, SPY closes lower", "direction SPY down 0406"),
    ("Tomorrow SPY closes higher", "direction SPY up 0402"),
    ("In the next 24h, BTC drops below 66k", "touch BTC 66000.. price 0402T22:00"),
    ("Over the next 48 hours BTC outperforms SPY", "relative BTC>SPY > 0402"),
    ("SPY's close tomorrow is above 650", "level SPY > 650.. price 0402"),
    ("SPY -0.5% and QQQ -0.8% tomorrow",
     "magnitude SPY down >= 0.5.. pct 0402 | magnitude QQQ down >= 0.8.. pct 0402"),
    # stays
    ("VIX remains below 26 in 24h as geopolitical risk premium stays compressed",
     "stays VIX ..26 price 0402"),
    ("WTI holds above $85 tomorrow", "stays WTI 85.. price 0402"),
    ("Oil (WTI/Brent) stays below $100/barrel over next 48h",
     "stays WTI ..100 price 0402 | stays Brent ..100 price 0402"),
    ("SPY stays above 640 through Apr 6", "stays SPY 640.. price 0406"),
    ("SPY stays between 640 and 660 through Apr 6", "stays SPY 640..660 price 0406"),
    ("SPY stays above 640 and below 660 tomorrow",
     "stays SPY 640.. price 0402 | stays SPY ..660 price 0402"),
    ("SPY does not fall below 640 tomorrow", "stays SPY 640.. price 0402"),
    ("BTC never breaks above 70k in 24h", "stays BTC ..70000 price 0402T22:00"),
    ("BTC stays above 65k this week", "stays BTC 65000.. price 0406T00:00"),
    ("SPY stays within ±1% tomorrow", "stays SPY -1..1 pct 0402"),
    # touches
    ("BTC drops below 65,800 within 12 hours", "touch BTC 65800.. price 0402T10:00"),
    ("BTC reclaims 70k in 24h", "touch BTC ..70000 price 0402T22:00"),
    ("BTC hits $70,000 in 24h", "touch BTC 70000..70000 price 0402T22:00"),
    ("VIX touches 30 or higher tomorrow", "touch VIX ..30 price 0402"),
    ("VIX spikes above 30 tomorrow", "touch VIX ..30 price 0402"),
    ("SPY falls to 640 by Apr 6", "touch SPY 640.. price 0406"),
    ("SPY breaks below 640 tomorrow", "touch SPY 640.. price 0402"),
    ("SOL rises above 100 over the next 3 days", "touch SOL ..100 price 0404T22:00"),
    # range, rank, count
    ("SPY daily range of more than 1.5% tomorrow", "range SPY > 1.5.. pct 0402"),
    ("SPY day range > 1.5% tomorrow", "range SPY > 1.5.. pct 0402"),
    ("VIX range of at least 3 points tomorrow", "range VIX >= 3.. pts 0402"),
    ("IWM best of SPY, QQQ, IWM over 5 sessions", "rank IWM up 1 of IWM,QQQ,SPY 0409"),
    ("TSLA is the worst of TSLA, META, NVDA and AAPL tomorrow",
     "rank TSLA down 1 of AAPL,META,NVDA,TSLA 0402"),
    ("NVDA in the top 2 of NVDA, META, MSFT over 5 sessions",
     "rank NVDA up 2 of META,MSFT,NVDA 0409"),
    ("SPY closes higher on at least 3 of the next 5 sessions", "count SPY up 3x 0409"),
    ("VIX closes below 25 on 2 of the next 3 sessions", "count VIX < ..25 price 2x 0407"),
    ("IWM lags QQQ on at least 3 of the next 5 sessions", "count QQQ>IWM 3x 0409"),
    # several claims
    ("QQQ above 585 and SPY above 552 in 24h",
     "level QQQ > 585.. price 0402 | level SPY > 552.. price 0402"),
    ("META not below $560 and NVDA above $170 in next 24h",
     "level META >= 560.. price 0402 | level NVDA > 170.. price 0402"),
    ("SPY and QQQ flat to +0.5% over 24h; IWM +0.5% to +1.2%",
     "band SPY 0..0.5 pct 0402 | band QQQ 0..0.5 pct 0402 | band IWM 0.5..1.2 pct 0402"),
    ("SPY closes lower tomorrow but QQQ closes higher tomorrow",
     "direction SPY down 0402 | direction QQQ up 0402"),
    ("SPY outperforms QQQ and IWM closes lower tomorrow",
     "relative SPY>QQQ > 0402 | direction IWM down 0402"),
    ("SPY, QQQ and IWM close higher tomorrow",
     "direction SPY up 0402 | direction QQQ up 0402 | direction IWM up 0402"),
    ("SPY closes lower tomorrow and below 650",
     "direction SPY down 0402 | level SPY < ..650 price 0402"),
    ("SPY closes higher Thursday and QQQ closes lower Monday",
     "direction SPY up 0402 | direction QQQ down 0406"),
    ("SPY closes the next 24 hours in the red (below 655.85), down 0.3–0.8%, as mega-cap selling "
     "pressure continues",
     "direction SPY down 0402 | level SPY < ..655.85 price 0402 | band SPY -0.8..-0.3 pct 0402"),
    # conditions
    ("If SPY closes lower tomorrow, VIX closes above 28 tomorrow",
     "level VIX > 28.. price 0402 given direction SPY down 0402"),
    ("VIX closes above 28 tomorrow if SPY closes below 640",
     "level VIX > 28.. price 0402 given level SPY < ..640 price 0402"),
    # labels, tags, asides
    ("Prediction: SPY closes higher tomorrow.", "direction SPY up 0402"),
    ("1. **SPY closes higher tomorrow.**", "direction SPY up 0402"),
    ("My call: \"VIX remains below 26 in 24h\"", "stays VIX ..26 price 0402"),
    ("Despite the headlines, SPY closes higher tomorrow", "direction SPY up 0402"),
    ("SPY closes higher tomorrow on ceasefire hopes", "direction SPY up 0402"),
    ("SPY closes higher tomorrow amid tariff relief", "direction SPY up 0402"),
    ("SPY closes higher tomorrow because the war premium fades", "direction SPY up 0402"),
    ("SPY closes lower as selling persists over the next 24h", "direction SPY down 0402"),
    ("SPY closes lower [TIMEFRAME: 24h] [CONFIDENCE: 0.6]", "direction SPY down 0402"),
    ("SPY [DIRECTION: down] [TIMEFRAME: 24h] [CONFIDENCE: 0.6]", "direction SPY down 0402"),
    ("SPY (mega-cap tech proxy) closes lower tomorrow", "direction SPY down 0402"),
    ("Mega-cap tech (SPY as proxy) will close lower tomorrow", "direction SPY down 0402"),
    ("62% chance SPY closes higher tomorrow", "direction SPY up 0402"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MEANS, ids=[text for text, _ in MEANS])
def test_what_a_sentence_means(text: str, expected: str):
    """Each wording compiles to exactly this claim, or to the refusal that it names."""
    assert said(text) == expected


REFUSED = [
    ("Sentiment stays elevated", "vague"),
    ("SPY -0.5% or more tomorrow", "ambiguous"),
    ("SPY doesn't break 640 tomorrow", "no_side"),
    ("SPY stays 640 tomorrow", "not_a_claim"),
    ("SPY gaps up tomorrow", "unread"),
    ("SPY unlikely to close above 650 tomorrow", "unread"),
    ("ETH closes higher than BTC in 24h", "unread"),
    ("Tomorrow SPY closes higher and Monday QQQ closes lower", "contradictory"),
    ("SPY closes lower on Monday April 6 than Thursday's close", "reference_other"),
    ("SPY up to 650 tomorrow", "unit"),
    ("SPY down to 640 tomorrow", "unit"),
    ("SPY may close higher tomorrow", "unread"),
    ("SPY could close higher tomorrow", "unread"),
    ("SPY closes higher tomorrow given VIX closes lower", "unread"),
    ("SPY closes higher tomorrow with VIX below 20", "unread"),
    ("SPY closes higher tomorrow as long as VIX falls", "alternative"),
    ("SPY closes higher than QQQ tomorrow", "unread"),
    ("SPY up 1% more than QQQ tomorrow", "vague"),
    ("SPY leads QQQ lower tomorrow", "no_threshold"),
    ("SPY closes below 640 tomorrow for the first time", "alternative"),
    ("BTC rallies over the weekend", "unread"),
    ("SPY rallies this weekend", "unread"),
    ("SPY averages above 650 this week", "unread"),
    ("SPY closes lower for the third straight session tomorrow", "unread"),
    ("TSLA falls at least twice as much as SPY tomorrow", "unread"),
    ("SPY closes higher tomorrow. QQQ is down 2%.", "unread"),
    ("", "not_a_claim"),
    ("Everything will be fine", "not_a_claim"),
    ("ABSTAIN (no directional prediction)", "abstention"),
    ("ABSTAIN — do not predict on unverified email sources", "abstention"),
    ("NO PREDICTION (untrusted data flagged for rejection)", "abstention"),
    ("No prediction; negative confidence assigned to untrusted inputs", "abstention"),
    ("I'm sitting this one out", "abstention"),
    ("SPY closes higher", "no_deadline"),
    ("SPY closes higher on Apr 3", "no_session"),
    ("SPY closes higher on Friday", "no_session"),
    ("SPY closes higher on Saturday April 4", "no_session"),
    ("SPY closes higher today", "window_over"),
    ("SPY closes higher on March 31", "window_over"),
    ("SPY closes higher by 2026-03-27", "window_over"),
    ("SPY closes higher on Monday April 7", "no_date"),
    ("SPY closes higher on February 30", "no_date"),
    ("SPY closes higher next Thursday", "no_date"),
    ("SPY closes higher on 2041-01-02", "beyond_calendar"),
    ("SPY closes higher in 0 hours", "no_session"),
    ("GME closes higher tomorrow", "no_instrument"),
    ("Mega-caps close lower tomorrow", "no_instrument"),
    ("Nasdaq 100 closes higher tomorrow", "no_instrument"),
    ("BTC outperforms stablecoin-adjacent tokens over 24h", "no_instrument"),
    ("the market closes higher tomorrow", "no_instrument"),
    ("SPY flat over 24h", "no_threshold"),
    ("SPY moves tomorrow", "no_threshold"),
    ("SPY closes unchanged tomorrow", "no_threshold"),
    ("SPY sentiment stays elevated over 24h", "vague"),
    ("SPY stays elevated over 24h", "vague"),
    ("SPY closes around 640 tomorrow", "vague"),
    ("SPY closes slightly higher tomorrow", "vague"),
    ("SPY tomorrow", "vague"),
    ("GOOGL underperforms QQQ; mega-cap breadth deteriorates next 24h", "vague"),
    ("Fed holds rates unchanged by 2026-07-03", "event"),
    ("SPY closes higher tomorrow unless VIX closes above 30", "alternative"),
    ("SPY or QQQ closes higher tomorrow", "alternative"),
    ("SPY closes above 650 or below 630 tomorrow", "alternative"),
    ("either SPY closes higher or QQQ closes lower tomorrow", "alternative"),
    ("SPY closes higher tomorrow except on bad news", "alternative"),
    ("SPY closes higher only tomorrow", "alternative"),
    ("SPY hits 660 before 640 tomorrow", "alternative"),
    ("SPY closes above 660 and between 640 and 650 tomorrow", "contradictory"),
    ("SPY closes lower tomorrow, up 0.3-0.8%", "contradictory"),
    ("SPY closes above 650 and below 640 tomorrow", "contradictory"),
    ("SPY closes higher tomorrow [DIRECTION: down]", "contradictory"),
    ("SPY closes higher in 24h [TIMEFRAME: 48h]", "contradictory"),
    ("SPY closes higher on Apr 10 [TIMEFRAME: 24h]", "contradictory"),
    ("SPY closes lower on Apr 2 and Apr 6", "contradictory"),
    ("SPY closes higher tomorrow, conf 0.6 [CONFIDENCE: 0.7]", "contradictory"),
    ("SPY closes higher tomorrow [CONFIDENCE: 1.0]", "bad_probability"),
    ("SPY closes higher tomorrow [CONFIDENCE: 0]", "bad_probability"),
    ("SPY closes higher tomorrow, confidence 62", "bad_probability"),
    ("SPY closes higher tomorrow, confidence 140%", "bad_probability"),
    ("SPY closes higher tomorrow [CONFIDENCE: -0.2]", "bad_probability"),
    ("SPY closes higher on April 2 than April 2 open", "reference_other"),
    ("SPY closes higher on April 6 than its April 2 close", "reference_other"),
    ("SPY closes higher tomorrow than Monday's close", "reference_other"),
    ("SPY closes higher tomorrow than it opened", "unread"),
    ("SPY closes between 650 and 640 tomorrow", "bad_strike"),
    ("SPY ends +1% to -1% tomorrow", "bad_strike"),
    ("SPY closes above 0 tomorrow", "bad_strike"),
    ("SPY closes above -5 tomorrow", "bad_strike"),
    ("SPY closes above nan tomorrow", "unread"),
    ("SPY falls 120% tomorrow", "bad_strike"),
    ("SPY 0.5-1% tomorrow", "no_side"),
    ("SPY down 5 tomorrow", "unit"),
    ("10Y up 2% tomorrow", "unit"),
    ("SPY above 1% tomorrow", "unit"),
    ("QQQ beats SPY by 2 tomorrow", "unit"),
    ("QQQ beats QQQ tomorrow", "no_instrument"),
    ("SPY loses less than 1% tomorrow", "ambiguous"),
    ("QQQ outperforms SPY by less than 1pp tomorrow", "ambiguous"),
    ("SPY is not within ±1% tomorrow", "negation"),
    ("VIX does not hit 30 tomorrow", "no_side"),
    ("SPY never does not close higher tomorrow", "negation"),
    ("SPY closes higher tomorrow as VIX closes above 30", "unread"),
    ("SPY closes higher tomorrow, maybe", "unread"),
    ("SPY probably rises a bit tomorrow", "unread"),
    ("SPY closes higher tomorrow. QQQ closes above roughly 600 tomorrow.", "vague"),
    ("SPY volume above 80m tomorrow", "unread"),
    ("SPY implied volatility above 20 tomorrow", "unread"),
    ("SPY 200-day moving average closes above 600 tomorrow", "unread"),
    ("SPY closes above its 200-day average tomorrow", "unread"),
    ("SPY puts gain 20% tomorrow", "unread"),
    ("SPY ratio to QQQ above 1 tomorrow", "unread"),
    ("half of SPY closes higher tomorrow", "unread"),
    ("SPY closes higher tomorrow [MOOD: sunny]", "unread"),
    ("SPY opens above 640 tomorrow", "unread"),
    ("SPY closes above 640 twice this week", "unread"),
    ("SPY closes higher 6 of the next 5 sessions", "bad_strike"),
    ("SPY closes higher on at least 6 of the next 5 sessions", "bad_strike"),
    ("SPY worst of SPY and QQQ tomorrow", "no_instrument"),
    ("If SPY closes lower on Apr 10, VIX closes above 28 tomorrow", "bad_condition"),
    ("OR-structured BTC mempool call", "alternative"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_is_refused(text: str, code: str):
    """Look-alikes, contradictions and vagueness are refused for the right reason."""
    assert said(text) == f"!{code}"


ORDINARY = [
    # dates with slashes put the month first; the time of day of the usual close is the close
    ("SPY closes higher on 4/6", "direction SPY up 0406"),
    ("SPY closes higher on Mon 4/6/2026", "direction SPY up 0406"),
    ("SPY closes higher on 4/3", "!no_session"),
    ("SPY closes higher on 6/4", "!no_date"),
    ("SPY closes higher on 13/4", "!no_date"),
    ("SPY higher by 4pm ET tomorrow", "direction SPY up 0402"),
    ("SPY above 650 at 4:00 PM ET on April 6th", "level SPY > 650.. price 0406"),
    ("SPY above 650 at 20:00 UTC tomorrow", "level SPY > 650.. price 0402"),
    ("SPY above 650 at 10am ET tomorrow", "!not_a_claim"),
    ("SPY above 650 at 6pm ET tomorrow", "!not_a_claim"),
    ("BTC above 68k at 4pm ET tomorrow", "level BTC > 68000.. price 0402"),
    ("BTC above 68k at 10:30 UTC tomorrow", "level BTC > 68000.. price 0402T10:30"),
    ("BTC above 68k at 4pm tomorrow", "!ambiguous"),
    ("SPY higher by the close on Monday", "direction SPY up 0406"),
    ("SPY closes higher EOD tomorrow", "direction SPY up 0402"),
    ("SPY lower by the end of the week", "direction SPY down 0402"),
    ("SPY lower by the end of next week", "direction SPY down 0410"),
    ("SPY below 600 by end of April", "level SPY < ..600 price 0430"),
    ("SPY below 600 by quarter-end", "level SPY < ..600 price 0630"),
    ("SPY closes higher this Monday", "direction SPY up 0406"),
    # words for gains, sizes, paths
    ("SPY posts a gain tomorrow", "direction SPY up 0402"),
    ("SPY posts a loss of at least 1% tomorrow", "magnitude SPY down >= 1.. pct 0402"),
    ("SPY logs a 1% gain tomorrow", "magnitude SPY up >= 1.. pct 0402"),
    ("SPY rises four percent tomorrow", "magnitude SPY up >= 4.. pct 0402"),
    ("SPY slips more than half a percent tomorrow", "magnitude SPY down > 0.5.. pct 0402"),
    ("SPY moves at least ±2% tomorrow", "magnitude SPY any >= 2.. pct 0402"),
    ("SPY moves at least 2% up or down tomorrow", "magnitude SPY any >= 2.. pct 0402"),
    ("SPY closes in the 640–650 range tomorrow", "band SPY 640..650 price 0402"),
    ("SPY trades below 640 at some point tomorrow", "touch SPY 640.. price 0402"),
    ("SPY down 2% at some point tomorrow", "touch SPY -2.. pct 0402"),
    ("SPY never trades below 640 through Monday", "stays SPY 640.. price 0406"),
    ("SPY never closes below 640 through Monday", "count SPY >= 640.. price 2x 0406"),
    ("SPY closes above 640 through Monday", "!ambiguous"),
    ("SPY closes above 640 through tomorrow", "level SPY > 640.. price 0402"),
    ("SPY trades between 640 and 660 through Monday", "stays SPY 640..660 price 0406"),
    ("VIX below 26 for the next 3 sessions", "stays VIX ..26 price 0407"),
    ("VIX doesn't exceed 26 tomorrow", "stays VIX ..26 price 0402"),
    # the week as reference, which is another than the last close once the week has one
    ("SPY finishes the week higher", "!reference_other"),
    ("SPY up 1% for the month", "!reference_other"),
    ("SPY ends the week above 650", "level SPY > 650.. price 0402"),
    ("SPY closes higher Thursday than Wednesday", "direction SPY up 0402"),
    ("SPY closes Thursday above Wednesday's close", "direction SPY up 0402"),
    ("SPY closes Thursday above Monday's close", "!reference_other"),
    ("SPY returns more than 1% over the next 5 sessions", "magnitude SPY up > 1.. pct 0409"),
    # prose behind a dash is commentary, unless it may turn the claim round
    ("SPY closes lower tomorrow — dealers are long gamma", "direction SPY down 0402"),
    ("SPY closes lower tomorrow — because the market is tired", "direction SPY down 0402"),
    ("SPY closes lower tomorrow — unlikely to last long", "!unread"),
    ("SPY closes lower tomorrow. I doubt it.", "!unread"),
    ("SPY closes below 640 at some point next week", "!ambiguous"),
    ("Brent tops $110 tomorrow", "touch Brent ..110 price 0402"),
    ("BTC does worse than ETH in 24h", "relative ETH>BTC > 0402T22:00"),
    ("NVDA ranks in the top 2 of NVDA, META, MSFT tomorrow",
     "rank NVDA up 2 of META,MSFT,NVDA 0402"),
    ("SPY closes lower on 3 or more of the next 5 sessions", "count SPY down 3x 0409"),
    ("$SPY closes lower tomorrow", "direction SPY down 0402"),
    ("VIX up 10bp tomorrow", "!unit"),
    ("SPY will be below its current level on Monday", "direction SPY down 0406"),
    ("BTC will be lower than it is now in 24h", "direction BTC down 0402T22:00"),
    ("BTC does not break 60k to the downside in 24h", "stays BTC 60000.. price 0402T22:00"),
    ("AAPL tops 300 at the close on Monday", "!ambiguous"),
    ("WTI crude oil rises over 4% tomorrow", "magnitude WTI up > 4.. pct 0402"),
    # who it is about
    ("Apple Inc. (AAPL) closes above 300 tomorrow", "level AAPL > 300.. price 0402"),
    ("SPY (the S&P 500 ETF) closes lower tomorrow", "direction SPY down 0402"),
    ("SPY (QQQ) closes lower tomorrow", "!ambiguous"),
    ("SPY SPY closes lower tomorrow", "!unread"),
    ("NVDA beats AMD tomorrow", "!no_instrument"),
    # what follows may not be lost
    ("Should VIX close above 30 tomorrow, SPY closes lower tomorrow",
     "direction SPY down 0402 given level VIX > 30.. price 0402"),
    ("SPY closes lower tomorrow. QQQ too.", "!unread"),
    ("SPY closes lower tomorrow, as does QQQ", "!unread"),
    ("SPY closes lower tomorrow. If VIX spikes, I'm wrong.", "!alternative"),
    ("SPY closes higher tomorrow with QQQ up 1%", "!unread"),
    ("QQQ outperforms SPY tomorrow, but both close lower", "!ambiguous"),
    ("QQQ outperforms SPY tomorrow. Both close lower.", "!ambiguous"),
    ("SPY closes higher tomorrow. It stays above 640 tomorrow.",
     "direction SPY up 0402 | stays SPY 640.. price 0402"),
    ("SPY closes lower tomorrow as VIX spikes to 25", "!unread"),
    ("SPY closes lower tomorrow — barring a ceasefire deal soon", "!alternative"),
    ("SPY closes lower tomorrow. But only with CPI hot.", "!alternative"),
    ("SPY closes lower tomorrow. Correction: higher.", "!unread"),
    ("Will SPY close lower tomorrow?", "!not_a_claim"),
    ("SPY closes higher tomorrow even if VIX closes above 25", "!alternative"),
    ("SPY flat or lower tomorrow", "direction SPY down <= 0402"),
    ("SPY at or above its last close tomorrow", "direction SPY up >= 0402"),
    ("IWM ranks first among SPY, QQQ, IWM tomorrow", "rank IWM up 1 of IWM,QQQ,SPY 0402"),
    ("SPY higher by EOW", "direction SPY up 0402"),
    ("META ends in the bottom two of META, AMZN, GOOGL, MSFT tomorrow",
     "rank META down 2 of AMZN,GOOGL,META,MSFT 0402"),
    ("SPY closes lower tomorrow!!!", "direction SPY down 0402"),
    ("My highest-conviction call: SPY closes lower tomorrow", "direction SPY down 0402"),
    ("SPY closes lower [24h]", "direction SPY down 0402"),
    ("VIX stays below 26 [DIRECTION: neutral] [TIMEFRAME: 24h]", "stays VIX ..26 price 0402"),
    ("SPY: no call", "!abstention"),
    ("SPY 200-day closes higher tomorrow", "!contradictory"),
    ("SPY closes higher in 24h on Monday", "!contradictory"),
    ("SPY closes higher tomorrow, in the next 24h", "direction SPY up 0402"),
    # indices that the desk has not
    ("The Dow closes higher tomorrow", "!no_instrument"),
    ("Russell 2000 closes lower tomorrow", "!no_instrument"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ORDINARY, ids=[text for text, _ in ORDINARY])
def test_ordinary_wordings(text: str, expected: str):
    """Dates, times, gains and paths as people write them mean one claim, or are refused."""
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "probability"),
    [
        ("BTC closes above 66k in 24h (70%)", 0.7),
        ("BTC closes above 66k in 24h (30%)", 0.3),
        ("SPY closes higher tomorrow, 62%", 0.62),
        ("I'm 65% confident SPY closes lower tomorrow", 0.65),
        ("70% odds that SPY closes lower tomorrow", 0.7),
        ("SPY closes lower. DIRECTION: down | TIMEFRAME: 24h | CONFIDENCE: 0.6", 0.6),
        ("SPY closes lower. [direction = down] [horizon = 24h] [conf = 0.6]", 0.6),
        ("SPY closes lower (Direction: down; Timeframe: 24h; Confidence: 60%)", 0.6),
    ],
)
def test_a_probability_as_it_is_written(text: str, probability: float):
    """A bare per cent in brackets, prose and tags in any brackets state the probability."""
    assert compile_text(text, NOW, INSTRUMENTS).probability == probability


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TSLA falls tomorrow (5%)", "ambiguous"),
        ("SPY closes lower. [TIMEFRAME: 24h] [TIMEFRAME: 48h]", "contradictory"),
        ("SPY closes lower in 24h. [CONFIDENCE: 0.62] [CONFIDENCE: 0.7]", "contradictory"),
        ("SPY closes lower in 24h. [DIRECTION: up] [DIRECTION: down]", "contradictory"),
        ("SPY closes lower in 24h. [DIRECTION: sideways]", "contradictory"),
        ("SPY closes lower in 24h. [DIRECTION: purple]", "unread"),
        ("SPY closes lower in 24h. [DIRECTION: down 2%]", "unread"),
        ("SPY −0.8% to −0.3% in 24h. [DIRECTION: up]", "contradictory"),
        ("SPY closes above 650 in 24h. [DIRECTION: down]", "contradictory"),
        ("BTC [DIRECTION: up (relative to SPY)] [TIMEFRAME: 48h]", "contradictory"),
    ],
)
def test_tags_that_disagree(text: str, code: str):
    """What two tags, or a tag and the text, say differently is nobody's claim."""
    assert said(text) == f"!{code}"


TAG = "[TIMEFRAME: 24h] [CONFIDENCE: 0.6]"


@pytest.mark.parametrize(
    ("reasons", "probability"),
    [
        ("Futures across QQQ (0.27%) and SPY (0.25%) are soft.", 0.6),
        ("Markets show a 42.5% chance of SPY opening up.", 0.6),
        ("Data could boost investor confidence.", 0.6),
        ("VIX at an elevated 26.78 - a pause should let it fall back.", 0.6),
        ("SPY is likely to fall in 24h due to soft futures.", 0.6),
    ],
)
def test_reasons_hold_figures_of_their_own(reasons: str, probability: float):
    """Percentages and repetitions in the reasons of a tagged call are not the claim's."""
    found = compile_text(f"SPY closes lower. {reasons} {TAG}", NOW, INSTRUMENTS)
    assert [short(claim) for claim in found.claims] == ["direction SPY down 0402"]
    assert found.probability == probability


def test_an_unknown_ticker_is_refused_for_itself():
    """What the reasons speak of does not hide that the desk has no such instrument."""
    text = f"XLE closes lower. The earnings of NVDA and Brent above $110 weigh. {TAG}"
    assert said(text) == "!no_instrument"


def test_a_text_without_end_is_refused():
    """What no mind would write as a prediction is not read for minutes, but refused at once."""
    assert said("SPY closes lower tomorrow as " + "selling goes on " * 10_000) == "!not_a_claim"


def test_a_claim_in_bold():
    """A whole sentence in bold is the claim and the rest is named; a stressed word is just read."""
    found = compile_text(
        "Rates are up. **SPY closes lower tomorrow.** Conf: 62%.", NOW, INSTRUMENTS
    )
    assert [short(claim) for claim in found.claims] == ["direction SPY down 0402"]
    assert found.probability == 0.62
    assert "Commentary, not part of the claim: 'Rates are up.'." in found.notes
    assert said("SPY closes **lower** tomorrow") == "direction SPY down 0402"
    assert said("**SPY closes higher tomorrow** unless VIX spikes") == "!alternative"
    assert said("**SPY closes higher tomorrow** — only if VIX falls") == "!alternative"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("The Dow closes higher tomorrow", "SPY"), ("Russell 2000 falls tomorrow", "IWM"),
     ("Nasdaq 100 falls tomorrow", "QQQ"), ("Oil falls tomorrow", "WTI"),
     ("Bonds rally tomorrow", "10Y"), ("Altcoins rally tomorrow", "BTC")],
)  # fmt: skip
def test_a_basket_is_answered_with_what_comes_closest(text: str, nearest: str):
    """Who asks for an index or basket that the desk has not is offered its closest instrument."""
    with pytest.raises(ClaimRefused) as refused:
        compile_text(text, NOW, INSTRUMENTS)
    assert refused.value.code == "no_instrument"
    assert refused.value.nearest.startswith(nearest)


TAGGED = "[DIRECTION: down] [TIMEFRAME: 48h] [CONFIDENCE: 0.62]"
SEEDS = [
    ("Mega-cap tech (SPY as proxy) will close lower on Monday March 30 than Friday's close. The "
     f"Iran escalation means no catalyst over the weekend. {TAGGED}", SUNDAY,
     "direction SPY down 0330"),
    (f"1. **SPY will close lower on Monday March 30.** VIX at 27+, either way. {TAGGED}", SUNDAY,
     "direction SPY down 0330"),
    ("BTC will NOT follow equities lower by comparable magnitude — it will outperform SPY on a "
     "relative basis over the next 48 hours. This isn't a bullish BTC call. If it didn't follow a "
     "2-4% wipeout, it won't either. [DIRECTION: up (relative to SPY)] [TIMEFRAME: 48h]", SUNDAY,
     "relative BTC>SPY > 0330"),
    ("VIX remains below 26 in 24h as geopolitical risk premium stays compressed despite bleak Iran "
     "sentiment", HOLIDAY, "stays VIX ..26 price 0406 rolled"),
    ("SPY down 0.3-0.8% in 24h, conf 0.54", HOLIDAY, "band SPY -0.8..-0.3 pct 0406 rolled"),
    ("SPY closes higher on Friday", HOLIDAY, "!no_session"),
    ("SPY closes higher today", HOLIDAY, "!no_session"),
    ("SPY closes higher today", OPEN, "direction SPY up 0401"),
    ("SPY closes higher by EOD", OPEN, "direction SPY up 0401"),
    ("SPY closes higher in 24h", OPEN, "direction SPY up 0401"),
    ("SPY closes higher in 2h", OPEN, "direction SPY up 0401 rolled"),
    ("VIX stays below 26 in 24h", OPEN, "stays VIX ..26 price 0401"),
    ("SPY touches 660 tomorrow", OPEN, "touch SPY 660..660 price 0402"),
    ("SPY daily range over 1% today", OPEN, "!in_session"),
    ("BTC stays below 70k in 24h", OPEN, "stays BTC ..70000 price 0402T15:00"),
    ("SPY closes higher tomorrow than today's close", OPEN, "!reference_other"),
    ("SPY closes higher tomorrow than today's close", NOW, "direction SPY up 0402"),
    ("SPY closes higher on Nov 27", moment("2026-11-25T22:00Z"), "direction SPY up 1127T18:00"),
    ("SPY closes higher on Jan 4", moment("2026-12-30T22:00Z"), "direction SPY up 0104T21:00"),
    ("SPY closes higher tomorrow", moment("2026-04-02T01:00Z"), "direction SPY up 0402"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "expected"), SEEDS)
def test_the_moment_of_issue_decides(text: str, at: dt.datetime, expected: str):
    """The tagged style of the seeds, holidays, half-days, New York's date and an open market."""
    assert said(text, at) == expected


def compiled(text: str, **beside: str) -> Compiled:
    return compile_text(text, HOLIDAY, INSTRUMENTS, **beside)


def test_a_roll_is_said():
    """Hours without a session roll to the next close; notes and sentence name the roll."""
    found = compiled("VIX below 26 in 24h")
    assert any("rolled to the next, Mon 6 Apr 2026 20:00 UTC" in note for note in found.notes)
    assert render(found.claims[0]) == (
        "VIX closes below 26 on Mon 6 Apr 2026, rolled from Sat 4 Apr 2026 17:44 UTC"
    )
    assert content(found.claims[0], KNOWN)["rolled"] is True


def test_commentary_is_named():
    """What was set aside as a reason is told, so that nothing is dropped without a word."""
    found = compiled("SPY closes lower in 24h as MSFT strength fades")
    assert found.notes[0] == "Commentary, not part of the claim: 'as MSFT strength fades'."


def test_the_stated_probability_belongs_to_the_narrowest():
    """Of a direction, a level and a band only the band gets the stated probability."""
    text = "SPY closes in 24h in the red (below 655.85), down 0.3–0.8%, conf 0.54"
    found = compiled(text)
    assert [claim.kind for claim in found.claims] == ["direction", "level", "band"]
    assert (found.probability, found.attaches) == (0.54, 2)
    both = compiled("SPY and QQQ close higher in 24h with 60% confidence")
    assert (both.probability, both.attaches) == (0.6, None)
    for written in ("62%", "0.62"):
        assert compiled("SPY closes higher in 24h", confidence=written).probability == 0.62


def test_a_horizon_beside_the_text_is_read():
    """A timeframe given beside a text without one is its horizon, and otherwise must agree."""
    assert said("BTC closes higher", timeframe="48h") == "direction BTC up 0403T22:00"
    assert said("BTC closes higher in 24h", timeframe="48h") == "!contradictory"
    assert said("SPY closes higher", timeframe="soon") == "!no_date"


@pytest.mark.parametrize("text", [text for text, _ in REFUSED])
def test_the_nearest_claim_could_be_made(text: str):
    """What a refusal offers instead is a sentence that compiles; an abstention gets none."""
    with pytest.raises(ClaimRefused) as refused:
        compile_text(text, NOW, INSTRUMENTS)
    nearest = refused.value.nearest
    assert refused.value.reason
    if refused.value.code == "abstention":
        assert nearest == ""
    else:
        assert parse(nearest, NOW).window.deadline > NOW


def test_the_json_of_a_claim():
    """Names of SCIENCE's grammar, tickers for symbols, strikes in the unit, deadline in UTC."""
    (claim,) = compile_text("BTC beats SPY by at least 0.5pp over 48h", SUNDAY, INSTRUMENTS).claims
    shown = content(claim, KNOWN)
    names = ("kind", "subject", "versus", "op", "unit", "margin")
    assert {name: shown[name] for name in names} == {
        "kind": "relative", "subject": "BTC", "versus": "SPY", "op": ">=", "unit": "pct",
        "margin": 0.5,
    }  # fmt: skip
    assert (shown["deadline"], shown["theme"]) == ("2026-03-30T20:00:00Z", "crypto")
    assert (shown["lo"], shown["hi"], shown["symbols"]) == (None, None, ["BTC-USD", "SPY"])

"""Sentences: what a claim says and what is understood are the same."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from workbench.domain import claims, windows
from workbench.domain.calendars import moment, venue
from workbench.domain.claims import KINDS, Claim, Kind, Reference, Window
from workbench.domain.english import compile_text
from workbench.domain.errors import ClaimRefused
from workbench.domain.figures import day, price
from workbench.domain.instruments import INSTRUMENTS, KNOWN, Instrument, find
from workbench.domain.negations import negated
from workbench.domain.sentences import parse, render

SPX, COMP, VIX, BTC = (find(name) for name in ("SPX", "COMP", "VIX", "bitcoin"))
NOW = moment("2018-01-26T22:00Z")

# Any microsecond from 1990 to 2034.
anything = st.integers(0, 45 * 366 * 86_400 * 10**6).map(
    lambda n: moment("1990-01-01T00:00Z") + dt.timedelta(microseconds=n)
)


@st.composite
def issues(draw: st.DrawFn) -> dt.datetime:
    """Any moment, often one right at, before or after a close: weekends, half-days, holidays."""
    at = draw(anything)
    near = draw(st.sampled_from([None, -1, 0, 1, 3600]))
    if near is None:
        return at
    return venue("XNYS").last(at).close + dt.timedelta(seconds=near)


prices = st.floats(0.01, 1e6, exclude_min=True)
percents = st.floats(0.001, 99)
ops = st.sampled_from(["<", "<=", ">", ">="])
outward = st.sampled_from([">", ">="])
units = st.sampled_from(["price", "pct", "pts"])
VETOES = {"bad_strike", "in_session", "no_instrument", "bad_condition"}


def strikes(draw: st.DrawFn, unit: str) -> float:
    return draw(prices if unit == "price" else st.floats(-99, 99))


@st.composite
def issued(draw: st.DrawFn, kinds: tuple[Kind, ...] = KINDS) -> tuple[Claim, dt.datetime]:
    """A claim of any kind on any known instrument, with its moment of issue."""
    at = draw(issues())
    one = draw(st.sampled_from(KNOWN))
    try:
        claim = _claim(draw, draw(st.sampled_from(kinds)), one, at)
        if draw(st.integers(0, 3)) == 0:
            other = draw(st.sampled_from(KNOWN))
            condition = _claim(
                draw, draw(st.sampled_from(("direction", "level", "band"))), other, at
            )
            claim = claims.conditional(claim, condition)
    except ClaimRefused as error:
        assume(error.code not in VETOES)
        raise
    return claim, at


def _window(draw: st.DrawFn, one: Instrument, at: dt.datetime, clock: bool = True) -> Window:
    """Sessions, a date, or hours: on a venue with sessions the latter may roll."""
    if clock and draw(st.booleans()):
        return claims.window_to(one, at, at + dt.timedelta(seconds=draw(st.integers(60, 10**6))))
    return claims.window(one, at, draw(st.integers(1, 22)))


def _claim(draw: st.DrawFn, kind: Kind, one: Instrument, at: dt.datetime) -> Claim:
    when = _window(draw, one, at)
    match kind:
        case "direction":
            side = draw(st.sampled_from(["up", "down"]))
            op = draw(st.sampled_from([None, ">=" if side == "up" else "<="]))
            return claims.direction(one, when, side, op)
        case "level":
            unit = draw(units)
            return claims.level(one, when, draw(ops), strikes(draw, unit), unit)
        case "band":
            unit = draw(units)
            lo, hi = sorted((strikes(draw, unit), strikes(draw, unit)))
            return claims.band(one, when, lo, hi, unit)
        case "magnitude":
            side = draw(st.sampled_from(["up", "down", "any"]))
            unit = draw(st.sampled_from(["pct", "pts"]))
            return claims.magnitude(one, when, draw(percents), side, draw(outward), unit)
        case "relative":
            other = draw(st.sampled_from(KNOWN))
            when = _window(draw, windows.leg(one, other), at)
            margin = draw(st.just(0.0) | percents)
            return claims.relative(one, other, when, margin, draw(outward))
        case "stays":
            unit = draw(units)
            lo, hi = sorted((strikes(draw, unit), strikes(draw, unit)))
            shape = draw(st.sampled_from(["above", "below", "between"]))
            low, high = None if shape == "below" else lo, None if shape == "above" else hi
            return claims.stays(one, when, low, high, unit)
        case "touch":
            unit = draw(units)
            value, shape = strikes(draw, unit), draw(st.sampled_from(["up", "down", "both"]))
            low, high = None if shape == "up" else value, None if shape == "down" else value
            return claims.touch(one, when, low, high, unit)
        case "range":
            unit = draw(st.sampled_from(["pct", "pts"]))
            return claims.span(one, when, draw(percents), draw(ops), unit)
        case "rank":
            group = [one, *draw(st.lists(st.sampled_from(KNOWN), min_size=2, max_size=5))]
            when = _window(draw, windows.leg(*group), at)
            side = draw(st.sampled_from(["up", "down"]))
            return claims.rank(one, group, when, draw(st.integers(1, 5)), side)
        case "count":
            when = _window(draw, one, at, clock=False)
            times = draw(st.integers(1, when.sessions))
            shape = draw(st.sampled_from(["side", "level", "rival"]))
            if shape == "side":
                return claims.count(one, when, times, side=draw(st.sampled_from(["up", "down"])))
            if shape == "level":
                return claims.count(one, when, times, op=draw(ops), value=draw(prices))
            return claims.count(one, when, times, other=draw(st.sampled_from(KNOWN)))


@given(issued())
def test_a_sentence_means_the_claim_that_it_came_from(case: tuple[Claim, dt.datetime]):
    """Whatever the kind, venue, strike, margin, unit, window and condition: parse undoes render."""
    claim, at = case
    assert parse(render(claim), at) == claim


@given(issued())
def test_a_claim_read_from_its_content_is_the_same(case: tuple[Claim, dt.datetime]):
    """The JSON of a claim's content holds all of it, conditions and windows included."""
    claim, _ = case
    back = claims.from_content(json.loads(json.dumps(claim.content())))
    assert (back, back.id) == (claim, claim.id)


@given(issued())
def test_the_compiler_reads_the_desks_own_sentences(case: tuple[Claim, dt.datetime]):
    """What the desk renders is desk English too, and means the same claim."""
    claim, at = case
    assert compile_text(render(claim), at, INSTRUMENTS).claims == (claim,)


@given(issued())
def test_what_makes_it_wrong_is_said_of_every_kind(case: tuple[Claim, dt.datetime]):
    """Every registered claim has a clause that says what would make it false."""
    claim, at = case
    frozen = tuple(Reference(symbol=s, at=at, known_at=at, value=100.0) for s in claim.symbols)
    assert negated(claims.with_references(claim, frozen))


@given(issued(), st.sampled_from(["symbol", "alias", "case", "iso", "stop", "spaces"]))
def test_other_spellings_mean_the_same(case: tuple[Claim, dt.datetime], spelling: str):
    """A symbol or alias, lower case, an ISO date, a full stop and odd spaces change nothing."""
    claim, at = case
    assume(claim.given is None)
    text = render(claim)
    one = find(claim.subject)
    names = {"symbol": one.symbol, "alias": (*one.aliases, one.name)[0], "case": one.name.lower()}
    if spelling in names:
        text = text.replace(one.name, names[spelling], 1)
    elif spelling == "iso":
        text = text.replace(day(claim.window.date), claim.window.date.isoformat(), 1)
    else:
        text = f"{text}." if spelling == "stop" else f"  {text.replace(' ', '  ')} "
    assert parse(text, at) == claim


@pytest.mark.parametrize(
    ("text", "build"),
    [
        (
            "S&P 500 closes lower on Mon 29 Jan 2018 than at its last close",
            lambda when: claims.direction(SPX, when, "down"),
        ),
        (
            "S&P 500 closes at or above 2,850 on Mon 29 Jan 2018",
            lambda when: claims.level(SPX, when, ">=", 2850),
        ),
        (
            "S&P 500 closes below 2,853.50 on Mon 29 Jan 2018",
            lambda when: claims.level(SPX, when, "<", 2853.5),
        ),
        (
            "S&P 500 ends \u22120.8% to \u22120.3% from its last close on Mon 29 Jan 2018",
            lambda when: claims.band(SPX, when, -0.8, -0.3, "pct"),
        ),
        (
            "S&P 500 closes between 2,800 and 2,900.25 on Mon 29 Jan 2018",
            lambda when: claims.band(SPX, when, 2800, 2900.25, "price"),
        ),
        (
            "S&P 500 moves more than 3% by the close on Mon 29 Jan 2018",
            lambda when: claims.magnitude(SPX, when, 3, "any"),
        ),
        (
            "S&P 500 beats Nasdaq Composite by more than 0.5 points by the close on "
            "Mon 29 Jan 2018",
            lambda when: claims.relative(SPX, COMP, when, 0.5),
        ),
        (
            "S&P 500 stays below 2,900 through Mon 29 Jan 2018",
            lambda when: claims.stays(SPX, when, None, 2900),
        ),
        (
            "S&P 500 stays between 2,700 and 2,900 through Mon 29 Jan 2018",
            lambda when: claims.stays(SPX, when, 2700, 2900),
        ),
        (
            "S&P 500 trades at 2,900 or higher by the close on Mon 29 Jan 2018",
            lambda when: claims.touch(SPX, when, None, 2900),
        ),
    ],
)
def test_the_sentence_of_each_kind(text: str, build):
    """Each kind has this sentence, and the sentence means this claim."""
    claim = build(claims.window(SPX, NOW, 1))
    assert render(claim) == text
    assert parse(text, NOW) == claim


def test_a_typed_minus_is_read():
    """A page shows a real minus sign; the hyphen that a keyboard has is understood as well."""
    text = "S&P 500 ends -0.8% to -0.3% from its last close on Mon 29 Jan 2018"
    assert parse(text, NOW) == claims.band(SPX, claims.window(SPX, NOW, 1), -0.8, -0.3, "pct")


@given(st.floats(99, 5000))
@example(115.5983)
def test_a_large_percentage_is_stated_in_full(size: float):
    """VIX rose 115.5983 % on one day of 2018: a sentence keeps all the digits of its claim."""
    claim = claims.magnitude(VIX, claims.window(VIX, NOW, 1), size, "up")
    assert parse(render(claim), NOW) == claim


def test_a_tick_of_quarters_is_stated_in_full():
    """A strike on an instrument with a tick of 0.25 reads back as the same strike."""
    one = replace(VIX, tick=0.25)
    claim = claims.level(one, claims.window(one, NOW, 1), ">", 13.25)
    assert "13.25" in render(claim, [one])
    assert parse(render(claim, [one]), NOW, [one]) == claim


DATE = "on Mon 29 Jan 2018"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("S&P 500 closes higher on Fri 30 Mar 2018 than at its last close", "no_session"),
        ("S&P 500 closes higher on Sun 28 Jan 2018 than at its last close", "no_session"),
        ("S&P 500 closes higher on Fri 26 Jan 2018 than at its last close", "window_over"),
        ("S&P 500 closes higher on 31 Feb 2018 than at its last close", "no_date"),
        ("S&P 500 closes higher on 2018-02-31 than at its last close", "no_date"),
        ("S&P 500 closes higher on 2 Jan 2041 than at its last close", "beyond_calendar"),
        (f"Nikkei closes above 20,000 {DATE}", "no_instrument"),
        (f"S&P 500 beats Nikkei by the close {DATE}", "no_instrument"),
        (f"S&P 500 beats SPX by the close {DATE}", "no_instrument"),
        (f"S&P 500 closes above 0 {DATE}", "bad_strike"),
        (f"S&P 500 closes above -5 {DATE}", "bad_strike"),
        (f"S&P 500 closes between 2,900 and 2,800 {DATE}", "bad_strike"),
        (f"S&P 500 ends +1% to -1% from its last close {DATE}", "bad_strike"),
        (f"S&P 500 rises more than 0% by the close {DATE}", "bad_strike"),
        ("S&P 500 stays between 2,900 and 2,700 through Mon 29 Jan 2018", "bad_strike"),
        (f"S&P 500 closes above nan {DATE}", "not_a_claim"),
        (f"S&P 500 closes above 2,850 or so {DATE}", "not_a_claim"),
        ("S&P 500 will probably rise", "not_a_claim"),
        ("", "not_a_claim"),
        ("S&P 500 closes higher in 24h than at its last close", "not_a_claim"),
    ],
)
def test_refusals(text: str, code: str):
    """What no rule could settle is refused with a stable code, and never guessed at."""
    with pytest.raises(ClaimRefused) as error:
        parse(text, NOW)
    assert error.value.code == code
    assert str(error.value)


def test_an_unknown_form_shows_one_that_is_known():
    """The refusal of an unknown form ends with a sentence that would be understood."""
    with pytest.raises(ClaimRefused) as error:
        parse("VIX spikes", NOW)
    assert parse(error.value.nearest, NOW).kind == "direction"


def test_a_path_sentence_in_session_is_read():
    """While the market trades, `stays` begins now and ends with the session."""
    claim = parse("VIX stays below 26 through Mon 29 Jan 2018", moment("2018-01-29T15:00Z"))
    assert (claim.kind, claim.hi, claim.window.sessions) == ("stays", 26, 1)


def test_remains_is_not_closes():
    """`stays below` looks at every high, `closes below` at the last price: two claims."""
    stays = parse("VIX stays below 26 through Mon 29 Jan 2018", NOW)
    closes = parse("VIX closes below 26 on Mon 29 Jan 2018", NOW)
    assert (stays.kind, closes.kind) == ("stays", "level")


def test_a_desk_reads_only_its_own_table():
    """A sentence about an instrument that the desk does not have is refused."""
    with pytest.raises(ClaimRefused) as error:
        parse(f"bitcoin closes above 10,000 {DATE}", NOW, [SPX, VIX])
    assert error.value.code == "no_instrument"


def test_prices_and_days_as_text():
    """Whole prices lose their zeros, others keep the tick's digits; days say their weekday."""
    assert [price(2850.0, 0.01), price(13.85, 0.01), price(13.8, 0.01)] == [
        "2,850", "13.85", "13.80",
    ]  # fmt: skip
    assert day(dt.date(2018, 2, 5)) == "Mon 5 Feb 2018"


@pytest.mark.parametrize(
    "text",
    [
        "S&P 500 moves more than 1,5% by the close on Tue 30 Jan 2018",
        "S&P 500 closes above 2,85 on Tue 30 Jan 2018",
        "S&P 500 closes above 28,50 on Tue 30 Jan 2018",
    ],
)
def test_a_comma_parts_thousands_only(text: str):
    """A decimal comma is not read as another number: it is refused."""
    with pytest.raises(ClaimRefused):
        parse(text, moment("2018-01-29T22:00Z"))

"""Days without a session: what moved is told with its session, and windows are never mixed."""

import datetime as dt
import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.domain.calendars import moment, to_datetime
from workbench.domain.errors import ParamsError
from workbench.domain.records import Flag
from workbench.steps import movers, slowly
from workbench.steps.facts import Facts
from workbench.steps.wording import TODAY, voice
from workbench.steps.write import Dispatch, written

WIDE = """\
instruments: [SPY, QQQ, TSLA, META, AMZN, VIX, BTC-USD, ETH-USD]
indicators: [IWM.close_adj, MSTR.close_adj, DGS10, T10Y2Y, FEDFUNDS, langflow-ai/langflow.stars]
horizons: [1]
minds: [flow]
"""
NARROW = "instruments: [SPX, VIX]\nhorizons: [1]\nminds: [flow]\n"
CHANGE = r"change|other_change|move_|mega_mean|mega_gap|gap|vix_change|coin_(?!from)|since_|day_"
WINDOW = r"session|\w+day\b|midnight|\d+ hours|\ba month\b"

# Moment, the last session before it, and why that session is not of its date.
MOMENTS = {
    "Sunday": ("2026-03-29T16:17:30Z", dt.date(2026, 3, 27), "closed_weekend"),
    "Good Friday": ("2026-04-03T17:44:00Z", dt.date(2026, 4, 2), "closed_holiday"),
    "Thanksgiving, evening": ("2025-11-28T01:00:00Z", dt.date(2025, 11, 26), "closed_holiday"),
    "mourning": ("2025-01-09T22:00:00Z", dt.date(2025, 1, 8), "closed_holiday"),
    "before the open": ("2026-03-30T12:00:00Z", dt.date(2026, 3, 27), "closed_before"),
    "while it trades": ("2026-03-30T15:00:00Z", dt.date(2026, 3, 27), "closed_running"),
    "just closed": ("2026-03-30T20:05:00Z", dt.date(2026, 3, 27), "closed_late"),
}
HALF = ("2025-11-28T19:00:00Z", dt.date(2025, 11, 28))


@pytest.fixture(scope="module")
def opened(room: Callable[..., Any], world: Callable[..., Any]) -> Callable[..., Any]:
    """Opens a room whose last session is given, and runs the cycle of the session before it."""

    def build(params: str, until: dt.date, **last: tuple[float, ...]) -> Any:
        made = room(world(params=params, until=until, last=last))
        made.cycle(1, 1)
        return made

    return build


def texts(made: Dispatch) -> list[str]:
    """All that is published, quotations left out; figures marked by their finding's name."""
    heads = [made.title, made.dek, *(section.heading for section in made.sections.values())]
    said = [text for section in made.sections.values() for text in section.paragraphs]
    marked = [re.sub(r'<a [^>]*#f-(\w+)"[^>]*>([^<]*)</a>', r"{\1}\2", text) for text in said]
    return [re.sub(r"“[^”]*”", "“”", html.unescape(text)) for text in (*heads, *marked)]


def sentences(made: Dispatch) -> Iterator[str]:
    for text in texts(made):
        yield from re.split(r"(?<=[.?!])\s+(?=[{A-Z“])", text)


def every_wording(facts: Facts) -> list[Dispatch]:
    """The dispatch in each of its wordings, and then some more than once."""
    return [written(facts, turn) for turn in range(11)]


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize("params", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_move_of_another_day_is_called_today_s(
    name: str, params: str, opened: Callable[..., Any]
):
    """Whatever the wording, nothing is of today, and each change names its session or window."""
    at, until, why = MOMENTS[name]
    facts = opened(params, until).facts(2, moment(at))
    assert {slot for slot in facts.has if slot.startswith("closed_")} == {why}
    assert facts.findings["when"].text == f"{until:%A} {until.day} {until:%B}"
    for made in every_wording(facts):
        assert why in made.plan
        for said in sentences(made):
            assert not TODAY.search(said), said
            if re.search(rf"{{(?:{CHANGE})", said):
                assert re.search(WINDOW, re.sub(r"{\w+}", "", said)), said


def test_a_half_day_s_evening_says_no_today_either(opened: Callable[..., Any]):
    """After a close at lunch the session is of that date, and is still named, not called today."""
    at, until = HALF
    facts = opened(WIDE, until).facts(2, moment(at))
    assert "closed" not in facts.has
    for made in every_wording(facts):
        assert not [said for said in sentences(made) if TODAY.search(said)]


def test_an_ordinary_evening_is_told_as_before(opened: Callable[..., Any]):
    """An hour after a whole session's close its date is the current one."""
    facts = opened(WIDE, dt.date(2026, 3, 27)).facts(2)
    assert not facts.has & {"closed", "dated", "shut"}
    assert facts.words["when"] == "Friday"


def test_every_slot_has_a_wording_without_today():
    """On a closed day each slot can be said: one of its wordings calls nothing today's."""
    assert [s for s, variants in voice().items() if all(map(TODAY.search, variants))] == []


def test_changes_of_two_venues_carry_their_window(opened: Callable[..., Any]):
    """A coin's figure never stands without the midnights or the hours that it spans."""
    seen = set()
    for at, until, _ in MOMENTS.values():
        for made in every_wording(opened(WIDE, until).facts(2, moment(at))):
            for said in sentences(made):
                for what, wanted in (("coin_(?!from)", "UTC"), ("day_", "UTC"),
                                     ("since_(?!hours)", r"\d+ hours")):  # fmt: skip
                    if re.search(rf"{{{what}", said):
                        seen.add(what)
                        assert re.search(wanted, said), said
    assert len(seen) >= 2


def test_a_coin_is_held_against_a_session_on_its_dates_alone(opened: Callable[..., Any]):
    """The coin's change is from the UTC midnight after one session to that after the next."""
    made = opened(WIDE, dt.date(2026, 3, 27))
    bench = made.bench(2, moment("2026-03-29T16:17:30Z"))
    facts = made.facts(2, bench.as_of)
    coin = bench.bars["BTC-USD"]
    at = {str(date): value for date, value in zip(coin.dates, coin.close, strict=True)}
    over = at["2026-03-27"] / at["2026-03-26"] - 1
    assert facts.findings["coin_btc"].value == pytest.approx(over)
    since = at["2026-03-28"] / at["2026-03-27"] - 1
    assert facts.findings["since_btc"].value == pytest.approx(since)
    assert facts.findings["since_hours"].text == "24 hours"


def test_over_a_weekend_the_session_s_coin_days_are_three(opened: Callable[..., Any]):
    """On Monday's dates the coin's window begins at the midnight after Friday, like the index's."""
    made = opened(WIDE, dt.date(2026, 3, 30))
    facts = made.facts(2, moment("2026-03-31T12:00:00Z"))
    coin = made.bench(2, moment("2026-03-31T12:00:00Z")).bars["BTC-USD"]
    at = {str(date): value for date, value in zip(coin.dates, coin.close, strict=True)}
    over = at["2026-03-30"] / at["2026-03-27"] - 1
    assert facts.findings["coin_btc"].value == pytest.approx(over)
    assert facts.findings["coin_from"].text == "Friday 27 March"


def test_in_the_evening_the_coins_day_is_another_window(opened: Callable[..., Any]):
    """An hour after the close the coin's UTC day still runs: nothing is set side by side."""
    facts = opened(WIDE, dt.date(2026, 3, 27)).facts(2)
    assert "coins_behind" in facts.has
    assert not facts.has & {"coins_along", "coins_apart", "coins_since"}
    assert facts.findings["coin_day"].text == "Thursday 26 March"


@pytest.mark.parametrize(
    ("moved", "mega", "breadth"),
    [
        ((0.001, -0.05, -0.01, 0.01), "mixed", "hidden"),
        ((-0.01, -0.03, -0.02, -0.04), "down", "more"),
        ((0.02, 0.01, 0.01, 0.03), "up", "less"),
    ],
)
def test_breadth_is_called_by_its_numbers(
    moved: tuple[float, ...], mega: str, breadth: str, opened: Callable[..., Any]
):
    """How many rose and fell, and whether their mean goes with the index, follow from the moves."""
    names = dict(zip(("SPY", "TSLA", "META", "AMZN"), ((one,) for one in moved), strict=True))
    facts = opened(WIDE, dt.date(2026, 4, 2), **names).facts(2, moment("2026-04-03T17:44:00Z"))
    assert facts.has & {"mega_down", "mega_up", "mega_mixed"} == {f"mega_{mega}"}
    assert facts.has & {"breadth_hidden", "breadth_more", "breadth_less"} == {f"breadth_{breadth}"}
    assert f"shut_{mega}" in facts.has
    mean = facts.findings["mega_mean"].value or 0
    assert mean == pytest.approx(np.mean(moved[1:]), abs=1e-9)
    small = facts.findings["move_iwm"].value or 0  # a hundredth up, every session
    assert ("small_apart" in facts.has) == (small * mean < 0)


def test_a_close_with_dividends_gives_changes_and_no_level(opened: Callable[..., Any]):
    """Of adjusted closes the change is told as such; their level stands nowhere."""
    made = opened(WIDE, dt.date(2026, 3, 27))
    facts = made.facts(2, moment("2026-03-29T16:17:30Z"))
    found = facts.findings["move_iwm_signed"]
    assert (found.text, found.source) == ("+1.00%", "IWM.close_adj")
    assert "dividends included" in found.meaning
    level = made.bench(2).snapshot.columns["IWM", "close_adj"].value[-1]
    assert not [f for f in facts.findings.values() if f.value == pytest.approx(level)]
    assert "IWM" not in made.bench(2).bars  # so that no claim can be made of it


def test_a_move_needs_both_of_its_closes(room: Callable[..., Any], world: Callable[..., Any]):
    """An instrument whose last close is missing has no move, instead of an older one."""
    made = room(world(params=WIDE, until=dt.date(2026, 3, 27), late={"META": 1}))
    bench = made.bench(1, moment("2026-03-29T16:17:30Z"))
    told = {move.one.symbol for move in movers.moves(bench)}
    assert told == {"QQQ", "TSLA", "AMZN", "IWM", "MSTR"}


def test_vix_has_its_session_and_its_age(opened: Callable[..., Any]):
    """Two sessions later a VIX would be withheld; a weekend later it is told with its age."""
    facts = opened(WIDE, dt.date(2026, 3, 27)).facts(2, moment("2026-03-29T16:17:30Z"))
    assert "fear_closed" in facts.has
    assert facts.findings["vix_session"].text == "Friday 27 March"
    assert facts.findings["vix_age"].text == "44 hours"


def test_rates_and_stars_have_their_dates(opened: Callable[..., Any]):
    """A day's rate is told with its day, a month's with its month, stars with the day counted."""
    made = opened(WIDE, dt.date(2026, 3, 27))
    facts = made.facts(2, moment("2026-03-29T16:17:30Z"))
    said = [text for text in texts(written(facts, 2)) if "Treasury" in text]
    column = made.bench(2).snapshot.columns["DGS10", "value"]
    last = to_datetime(column.at[-1]) - dt.timedelta(microseconds=1)
    assert said
    assert f"{last:%A} {last.day} {last:%B}" in re.sub(r"{\w+}", "", said[0])
    assert facts.findings["stars_langflow_week"].text == "+7"
    assert facts.findings["stars_day"].as_of == facts.findings["stars_langflow"].as_of


ETH = Flag(
    series="ETH", field="volume_usd", check="ZERO_VOLUME_ACTIVE", severity="withheld",
    seen="0 on 1,806,814 transactions", since=moment("2026-03-29T00:00:00Z"),
)  # fmt: skip


def test_a_broken_feed_is_told_until_it_is_mended(opened: Callable[..., Any]):
    """Withheld volume is news once, and while it stays so each dispatch says so in short."""
    made = opened(WIDE, dt.date(2026, 3, 27))
    bench = made.bench(2, moment("2026-03-29T16:17:30Z"))
    first = made.facts(2, bench.as_of)
    slowly.withheld(first, bench, [ETH])
    said = " ".join(texts(written(first, 2)))
    assert "broken" in first.has
    assert "ether volume" in said
    assert "0 on 1,806,814 transactions" in said
    again = Facts(past=[written(first, 2).plan])
    slowly.withheld(again, bench, [ETH])
    assert again.has == {"broken_still"}
    mended = Facts(past=[written(first, 2).plan])
    slowly.withheld(mended, bench, [])
    assert mended.has == set()


def test_every_slot_of_closed_days_is_said(opened: Callable[..., Any]):
    """None of the wordings for closed days and breadth is dead."""
    said: set[str] = set()
    for at, until, _ in MOMENTS.values():
        for moved in (-0.02, 0.02):
            last = dict.fromkeys(("SPY", "TSLA", "META", "AMZN", "BTC-USD"), (moved,))
            facts = opened(WIDE, until, **last).facts(2, moment(at))
            said |= {*written(facts, 2).plan}
    mixed = {"TSLA": (-0.05,), "META": (0.01,), "AMZN": (0.01,), "SPY": (0.001,)}
    for at, until, _ in list(MOMENTS.values())[:2]:
        said |= {*written(opened(WIDE, until, **mixed).facts(2, moment(at)), 2).plan}
        said |= {*written(opened(NARROW, until).facts(2, moment(at)), 2).plan}
    calm = {"SPY": (0.03,), "TSLA": (0.01,), "META": (0.01,), "AMZN": (0.01,)}
    until = dt.date(2026, 3, 27)
    said |= {*written(opened(WIDE, until, **calm).facts(2), 2).plan}
    elsewhere = {"broken", "broken_still", "heading_wire", "wire"}
    new = {
        "title_ahead",
        "question_ahead",
        "question_shut",
        "other_closed",
        "listed",
        "rates",
        "stars",
    } | {
        slot
        for slot in voice()
        if re.match(r"title_shut|closed_|mega_|breadth_|small_|coins_|fear_closed", slot)
    }
    assert new - said - elsewhere == set()


@pytest.mark.parametrize("params", [NARROW], ids=["narrow"])
def test_where_there_is_no_such_series_nothing_is_said(params: str, opened: Callable[..., Any]):
    """A desk of an index and VIX has no breadth, no coins, no rates and no stars to speak of."""
    made = written(opened(params, dt.date(2026, 3, 27)).facts(2, moment("2026-03-29T16:17Z")), 2)
    foreign = r"mega_|breadth_|small_|coins_|listed|rates|stars|broken"
    assert not [slot for slot in made.plan if re.match(foreign, slot)]
    assert not re.findall(r"coin|mega-cap|Treasury|stars", " ".join(texts(made)))


TWICE = """\
instruments: [SPY, QQQ]
indicators: [{said}]
horizons: [1]
minds: []
"""


@pytest.mark.parametrize(("said", "found"), [("{symbol: DGS10, sources: [other]}", 7.0),
                                             ("{symbol: DGS10, sources: [made]}", 4.0),
                                             ("DGS10", None)])  # fmt: skip
def test_of_several_sources_the_stated_one_speaks(
    said: str, found: float | None, room: Callable[..., Any], world: Callable[..., Any]
):
    """An indicator with two sources is read from the one that the desk prefers, else refused."""
    made = room(world(params=TWICE.replace("{said}", said), until=dt.date(2026, 3, 27)))
    rows = pd.concat(made.archive.rows({"DGS10"})).assign(source="other", value=7.0)
    rows = rows.astype(dict.fromkeys(("series", "field", "unit", "source"), str))
    made.archive.append(rows, origin="other", through=made.end + dt.timedelta(days=4))
    bench = made.bench(1)
    if found is None:
        with pytest.raises(ParamsError, match="DGS10 has 2 sources"):
            _ = bench.snapshot
    else:
        assert bench.snapshot.columns["DGS10", "value"].value[-1] == found

"""The essay as a whole: any desk reads right, every number has its row, only what holds is said."""

import dataclasses
import html
import re
from collections.abc import Callable
from itertools import pairwise
from string import Formatter
from typing import Any

import pytest

from workbench.desk import replay
from workbench.measures.scoring import Skill
from workbench.steps import debate, opening, predict, pull, regime, score, write
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts
from workbench.steps.wording import voice
from workbench.steps.write import Dispatch, past_plans, written
from workbench.world.ledger import Ledger

INDEX = "instruments: [SPX, COMP, VIX]\nhorizons: [1]\n"
SHARE = "instruments: [TSLA]\nhorizons: [1, 3]\nminds: [flow]\n"
COIN = """\
instruments: [{symbol: BTC-USD, name: bitcoin}, ETH-USD]
clock: {venue: "24/7", after_close: 30}
horizons: [1]
minds: [flow]
"""
NAMES = ("S&P 500",)


@pytest.fixture(scope="module")
def opened(room: Callable[..., Any], world: Callable[..., Any]) -> Callable[..., Any]:
    """Opens a room on params, with a world that ends as given."""
    return lambda params, **ends: room(world(params=params, **ends))


def paragraphs(made: Dispatch) -> list[str]:
    return [text for section in made.sections.values() for text in section.paragraphs]


def essay(made: Dispatch) -> str:
    """Title, dek, headings and paragraphs as text."""
    heads = [section.heading for section in made.sections.values()]
    plain = [html.unescape(re.sub(r"<[^>]+>", "", text)) for text in paragraphs(made)]
    return "\n".join([made.title, made.dek, *heads, *plain])


def unnamed(text: str) -> str:
    for name in NAMES:
        text = text.replace(name, "")
    return text


def strays(made: Dispatch) -> list[str]:
    """Figures that are part of no cited finding."""
    found = []
    for text in paragraphs(made):
        assert text.count("<a ") == text.count("</a>") == len(re.findall(r"#f-\w+\"", text))
        for name, shown in re.findall(r'#f-(\w+)"[^>]*>([^<]*)</a>', text):
            assert html.unescape(shown) == made.findings[name].text
        found += re.findall(r"\S*\d\S*", unnamed(html.unescape(re.sub(r"<a .*?</a>", "", text))))
    known = " ".join(one.text for one in made.findings.values())
    for text in (made.title, made.dek, *(s.heading for s in made.sections.values())):
        numbers = re.findall(r"[−+]?\d[\d,.]*\d%?|\d%?", unnamed(text))
        found += [number for number in numbers if number not in known]
    return found


WORLDS: dict[str, tuple[str, dict[str, Any]]] = {
    "index": (INDEX, {}),
    "share": (SHARE, {}),
    "coin": (COIN, {}),
    "fund": ("instruments: [SPY, QQQ, VIX]\nhorizons: [5, 1]\nminds: [flow]\n", {}),
    "closes only": (INDEX, {"ranges": False}),
    "one name": ("instruments: [{symbol: IDX, name: Idle Hundred, venue: XNYS, theme: index}]\n"
                 "minds: []\n", {}),
    "insurance": ("instruments: [VIX, SPY]\nhorizons: [1]\nminds: [flow]\n", {}),
    "no volume": (SHARE, {"volumes": False}),
    "stale": (INDEX, {"late": {"VIX": 1}}),
    "shock": (INDEX, {"last": {"SPX": (0.0, -0.05), "VIX": (0.0, 0.4)}}),
    "grown": (INDEX + "indicators: [WTI, BAA]\n", {"length": 505}),
    "streak": (SHARE, {"last": {"TSLA": (-0.05, *[0.001] * 140, *[-0.002] * 4, -0.03)}}),
    "flat": (SHARE, {"last": {"TSLA": (0.0, 0.0)}}),
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
def test_every_number_has_its_row(
    name: str, opened: Callable[..., Any], skill: Callable[..., Skill]
):
    """Whatever the desk, its lead and the day: every figure shown is a cited finding's."""
    params, ends = WORLDS[name]
    made = opened(params, **ends)
    evidence = [None, skill(0.01, 0.1), skill(-0.1, -0.01), skill(0.01, 0.1)]
    for number, found in enumerate(evidence, 1):
        dispatch = made.cycle(number, len(evidence) - number, found)
        assert strays(dispatch) == []
        assert "{" not in essay(dispatch)
        names = {row.split('"')[0] for row in dispatch.trace()._repr_html_().split('id="f-')[1:]}
        assert names == set(dispatch.findings)


def test_a_stray_figure_is_caught(opened: Callable[..., Any]):
    """The check above fails for a number that is no finding."""
    made = opened(SHARE).cycle(1)
    section = made.sections["change"]
    planted = type(section)(heading="", paragraphs=("About 7% of it.",))
    other = Dispatch(**{name: getattr(made, name) for name in Dispatch.__dataclass_fields__}
                     | {"sections": {"change": planted}, "title": "Down 9.99%"})  # fmt: skip
    assert strays(other) == ["7%", "9.99%"]


@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        (
            "share",
            r"ind(?:ex|ices)|\bthe Tesla|Nasdaq|S&P|VIX|[Ii]nsurance|[Oo]ptions|\b[Oo]il\b|CPI",
        ),
        ("coin", r"ind(?:ex|ices)|\bthe bitcoin|Nasdaq|S&P|VIX|[Ii]nsurance|[Oo]ptions|[Ss]ession"),
        ("fund", r"ind(?:ex|ices)|\bthe SPY|\bthe QQQ|Nasdaq|S&P|\b[Oo]il\b|CPI"),
        ("insurance", r"\bthe VIX|Nasdaq|S&P|\b[Oo]il\b|CPI|[Ii]nsurance"),
    ],
)
def test_nothing_is_said_of_what_the_desk_has_not(
    name: str, foreign: str, opened: Callable[..., Any]
):
    """Eight dispatches of a share, a coin and a fund, so that most wordings are read."""
    params, ends = WORLDS[name]
    made = opened(params, **ends)
    for number in range(1, 9):
        text = re.sub(r"“[^”]*”", "“”", essay(made.cycle(number, 8 - number)))
        assert re.findall(foreign, text) == [], text


def test_a_coin_s_month_and_year_have_all_their_days(opened: Callable[..., Any]):
    """A venue that never closes: thirty days a month, 365 a year, and days instead of sessions."""
    coin, share = opened(COIN).facts(1), opened(SHARE).facts(1)
    assert coin.findings["month"].meaning == "bitcoin over 30 days, size"
    assert share.findings["month"].meaning == "Tesla over 21 sessions, size"
    for facts, days in ((coin, 365), (share, 252)):
        now, year = (facts.findings[name].value or 0 for name in ("vol", "vol_year"))
        assert year == pytest.approx(now * days**0.5)
    assert (coin.words["session"], share.words["session"]) == ("day", "session")


CHANGES = {
    "shock_down": -0.04, "wide_down": -0.014, "down": -0.006, "quiet": 0.0005, "up": 0.006,
    "wide_up": 0.014, "shock_up": 0.04, "flat": 0.0,
}  # fmt: skip


@pytest.mark.parametrize("size", CHANGES)
def test_a_day_is_called_by_its_size(size: str, opened: Callable[..., Any]):
    """Shock, wide, ordinary, quiet: in deviations expected before it, and each has its title."""
    ends = {"last": {"TSLA": (-0.01, 0.01, -0.01, 0.01, -0.01, 0.01, CHANGES[size])}}
    facts = opened("instruments: [TSLA]\nhorizons: [1]\nminds: []\n", **ends, ranges=False).facts(1)
    kept = facts.has & {*CHANGES, "round_trip"}
    assert kept == ({"quiet"} if size == "flat" else {size})
    assert f"title_{next(iter(kept))}" in written(facts, 1).plan


@pytest.mark.parametrize(("span", "slot"), [(0.05, "round_trip"), (0.005, "quiet")])
def test_much_travel_is_not_a_quiet_day(span: float, slot: str, opened: Callable[..., Any]):
    """A close near the last one after a wide range is no narrow day."""
    facts = opened(SHARE, last={"TSLA": (0.01, 0.0001)}, span=span).facts(1)
    assert facts.findings["range"].value == pytest.approx(span)
    assert facts.has & {"quiet", "round_trip"} == {slot}


def test_a_record_is_of_this_archive(opened: Callable[..., Any]):
    """The highest close known is a new high, and its wording says as far as what is known."""
    made = opened(SHARE, last={"TSLA": (0.5, 0.006)})
    facts = made.facts(1)
    assert "high" in facts.has
    assert facts.findings["first_year"].text == f"{made.bench(1).lead_bars.dates[0].item().year}"
    assert "high" not in opened(SHARE, last={"TSLA": (0.5, -0.001)}).facts(1).has
    for slot in ("month_high", "superlative_ever"):
        for text in voice()[slot]:
            assert re.search(r"archive|on file|on record here|that I have|{first_year}", text), text
    assert not [text for text in voice()["title_high"] if "record" in text]


def test_the_largest_ever_is_as_far_back_as_the_archive(opened: Callable[..., Any]):
    """With no larger move on file the archive's beginning is told, not a date before it."""
    facts = opened(SHARE, last={"TSLA": (0.45,)}).facts(1)
    assert {"superlative_ever"} == facts.has & {"superlative", "superlative_ever"}
    assert "since" not in facts.findings


@pytest.mark.parametrize(
    ("params", "ends", "fear"),
    [
        (INDEX, {}, {"fear"}),
        ("instruments: [COMP, VIX]\n", {}, {"fear_beside"}),
        (INDEX, {"late": {"VIX": 1}}, {"fear_withheld"}),
        (INDEX, {"late": {"VIX": 320}}, {"fear_dark"}),
        ("instruments: [SPX, COMP]\nhorizons: [1]\n", {}, set()),
        ("instruments: [VIX, SPX]\nhorizons: [1]\n", {}, set()),
    ],
)
def test_why_there_is_no_fear(
    params: str, ends: dict[str, Any], fear: set[str], opened: Callable[..., Any]
):
    """VIX known, known for another market, stale, never known, and not of this desk."""
    facts = opened(params, **ends).facts(1)
    assert {slot for slot in facts.has if slot.startswith("fear")} - {
        "fear_moved_up", "fear_moved_down"
    } == fear  # fmt: skip
    if not fear:
        assert not {name for name in facts.findings if name.startswith("vix")}


def test_a_close_is_news_once(opened: Callable[..., Any]):
    """A second dispatch before the next close waits, instead of telling the same move again."""
    made = opened(INDEX, last={"SPX": (0.0, -0.05)})
    assert {"shock_down", "fear"} <= made.facts(1).has
    again = made.facts(2, -1)
    assert {"waiting", "fear_old"} <= again.has
    second = written(again, 2)
    assert "title_waiting" in second.plan
    old = {"title_shock_down", "superlative", "superlative_ever", "tape", "fear"}
    assert not old & {*second.plan}


@pytest.mark.parametrize(
    ("low", "high", "dates", "slot"),
    [(0.01, 0.1, 300, "some"), (-0.1, 0.1, 300, "none"), (-0.1, -0.01, 300, "worse"),
     (0.01, 0.1, 40, "few")],
)  # fmt: skip
def test_what_direction_is_worth_follows_from_its_interval(
    low: float, high: float, dates: int, slot: str, opened: Callable[..., Any],
    skill: Callable[..., Skill],
):  # fmt: skip
    """Credible skill, none that can be told, less than none, and too few dates to say."""
    facts = opened(SHARE).facts(1, evidence=skill(low, high, dates))
    signs = {"some", "none", "worse", "few"}
    assert {s for s in signs if f"unknown_sign_{s}" in facts.has} == {slot}


def test_direction_that_was_never_tested_is_not_judged(opened: Callable[..., Any]):
    """Too little history for any walk-forward date: nothing is said of its skill."""
    facts = opened("instruments: [TSLA]\nhorizons: [22]\nminds: []\n").facts(1, evidence=None)
    few = {slot for slot in facts.has if slot.startswith("unknown_sign")}
    assert few <= {"unknown_sign_few"}


def test_without_a_call_nobody_speaks_of_one(
    opened: Callable[..., Any], skill: Callable[..., Skill]
):
    """Sitting out, the minds are asked about the claim that came nearest, and nothing is 'mine'."""
    made = opened(INDEX)
    for number in range(1, 9):
        dispatch = made.cycle(number, 8 - number, skill(-0.1, 0.1))
        text = essay(dispatch)
        assert not re.findall(r"\b[Tt]he call\b|[Mm]y call:|[Mm]y call runs", text), text
        assert {"sitting", "change_sitting", "dek_sitting", "heading_sitting"} <= {*dispatch.plan}
        assert "wrong_if" not in dispatch.findings


def test_a_doubt_on_record_is_no_silence(opened: Callable[..., Any]):
    """Predictions beside no call are told as what they are."""
    facts = opened(INDEX).facts(1)
    facts.has.difference_update({"call", "beside"})
    facts.has.update({"sitting", "sitting_beside"})
    for name in ("claim", "p", "base"):
        facts.findings[f"near_{name}"] = facts.findings[f"call_{name}"]
    facts.quotes("ledger", "now")("near_reason", "its family is shut", "the gate's reason")
    made = written(facts, 1)
    assert {"sitting", "sitting_beside"} <= {*made.plan}
    assert facts.findings["others"].text in essay(made).lower()


def test_a_refusal_is_worded_as_the_mind_meant_it(
    opened: Callable[..., Any], skill: Callable[..., Skill]
):
    """Above the base rate a mind wants more, below it doubts; never the claim told above."""
    made = opened(INDEX)
    seen = set()
    for number in range(1, 9):
        facts = made.facts(number, 8 - number, skill(-0.1, 0.1))
        if not facts.has & {"blocked_more", "blocked_less"}:
            continue
        p, base = (facts.findings[f"blocked_{name}"].value or 0 for name in ("p", "base"))
        more = p > base
        assert facts.has & {"blocked_more", "blocked_less"} == {
            "blocked_more" if more else "blocked_less"
        }
        assert facts.findings["blocked_claim"].text != facts.findings["near_claim"].text
        seen.add(more)
    assert seen == {True, False}


def test_no_mind_is_always_the_one_quoted(opened: Callable[..., Any]):
    """A mind that was quoted last gives way to the other end; alone, it is not quoted twice."""
    made = opened(INDEX)
    quoted = [
        {key for key in made.cycle(number, 8 - number).plan if key.startswith("heard")}
        for number in range(1, 9)
    ]
    assert all(not now & before for before, now in pairwise(quoted))


def test_a_standing_absence_is_told_in_short(opened: Callable[..., Any]):
    """Its reason once, and after that only that the chair is still empty."""
    made = opened(INDEX.replace("VIX", "TSLA") + "minds: [macro, flow]\n")
    plans = [made.cycle(number, 4 - number).plan for number in range(1, 5)]
    assert ["absent" in plan for plan in plans] == [True, False, False, False]
    assert all("absent_still" in plan for plan in plans[1:])


def test_a_flag_is_told_once(opened: Callable[..., Any]):
    """A flag that stands for years is not repeated from dispatch to dispatch."""
    made = opened(INDEX)
    told = [{k for k in made.cycle(n, 8 - n).plan if k.startswith("flag ")} for n in range(1, 9)]
    assert told[0]
    assert sum(map(len, told)) == len(set().union(*told))


def test_every_wording_can_be_filled(known_names: set[str]):
    """No variant asks for a name that no step ever gives."""
    for slot, texts in voice().items():
        for text in texts:
            names = {name for _, name, _, _ in Formatter().parse(text) if name}
            if slot not in LEARNED:
                assert names <= known_names, (slot, text, names - known_names)


@pytest.fixture(scope="module")
def known_names(opened: Callable[..., Any], skill: Callable[..., Skill]) -> set[str]:
    """Every name that a step gives on one of these desks."""
    # These and the record are in test_due and test_taught.
    found = {"late", "late_are", "open", "open_are", "lesson", "silence_cost"}
    found |= {"rec_eff", "rec_skill", "rec_low", "rec_high"}
    for name in ("grown", "coin", "stale", "shock", "streak"):
        params, ends = WORLDS[name]
        made = opened(params, **ends)
        for number in range(1, 5):
            evidence = skill(-0.1, 0.1) if number == 4 else skill(0.01, 0.1)
            facts: Facts = made.facts(number, 4 - number, evidence)
            found |= {*facts.findings, *facts.words, *facts.speeches}
    return found


# Days that few worlds end with, so that every slot is said by one of them.
RARE: dict[str, tuple[str, dict[str, Any]]] = {
    "high": (SHARE, {"last": {"TSLA": (0.5, *[0.01, -0.006] * 60, 0.01, 0.01)}}),
    "round trip": (SHARE, {"last": {"TSLA": (0.01, 0.0001)}, "span": 0.05}),
    "no change": (SHARE, {"last": {"TSLA": (*[0.03, -0.03] * 8, 0.0)}, "ranges": False}),
    "new name": (SHARE, {"last": {"TSLA": (0.3, *[0.01, -0.01] * 35)}, "length": 505}),
    "fear": (INDEX, {"last": {"SPX": (0.006,), "VIX": (0.2,)}}),
    "relief": (INDEX, {"last": {"SPX": (0.006,), "VIX": (-0.2,)}}),
    "other fear": ("instruments: [COMP, VIX]\nhorizons: [1]\n", {}),
    "apart": (INDEX, {"last": {"SPX": (*[0.04, -0.04] * 12, 0.05)}, "length": 520}),
    "no fear": (INDEX, {"late": {"VIX": 320}}),
}
# Said of records and endings that test_due makes up, and writes; of what test_taught does.
# Of days without a session, and of desks with more than one market: in test_closed.
CLOSED = {
    "title_shut", "title_shut_down", "title_shut_up", "title_shut_mixed", "question_shut",
    "title_ahead", "question_ahead",
    "closed_weekend", "closed_holiday", "closed_before", "closed_running", "closed_late",
    "other_closed", "mega_down", "mega_up", "mega_mixed", "breadth_hidden", "breadth_more",
    "breadth_less", "small_along", "small_apart", "coins_along", "coins_apart", "coins_since",
    "coins_behind", "listed", "fear_closed", "rates", "stars", "broken", "broken_still",
    "heading_wire", "wire",
}  # fmt: skip
LEARNED = CLOSED | {
    "rule_new", "rule_gone", "story_confirmed", "story_falsified", "story_dormant",
    "story_dark", "story_new", "story_again", "power_none", "power_few", "power_some",
    "refused_rule", "paper",
}  # fmt: skip
MADE_UP = LEARNED | {
    "settled_void", "doubted_right", "doubted_wrong", "despite_wrong", "record_positive",
    "record_zero", "record_negative",
}  # fmt: skip


def test_no_slot_is_dead(opened: Callable[..., Any], skill: Callable[..., Skill]):
    """Every slot of the voice is said in some world: what nothing asks for is not kept."""
    credible, none, worse = skill(0.01, 0.1), skill(-0.1, 0.1), skill(-0.1, -0.01)
    lucky = dataclasses.replace(credible, p_value=0.2)
    cycles = [(credible, 7), (none, 6), (credible, 5), (worse, 4), (credible, 3), (None, 2),
              (credible, 1), (credible, 0), (lucky, -1)]  # fmt: skip
    said: set[str] = set()
    for params, ends in (WORLDS | RARE).values():
        made = opened(params, **ends)
        for number, (evidence, ago) in enumerate(cycles, 1):
            said |= {*made.cycle(number, ago, evidence).plan}
    assert voice().keys() - said - MADE_UP == set()


def test_often_used_slots_have_many_wordings():
    """Ten dispatches in a row must not read alike: more wordings where a slot speaks daily."""
    daily = {"tape", "range", "other", "month", "width", "regime", "fear", "shadows", "call",
             "change", "dek_call", "argues", "spread", "blocked_more", "blocked_less",
             "refused_family", "record_positive", "settled_right", "settled_wrong"}  # fmt: skip
    few = {slot: len(texts) for slot, texts in voice().items()
           if len(texts) < (6 if slot in daily else 4) and slot != "alone"}  # fmt: skip
    assert few == {}


def test_ten_in_a_row_do_not_read_alike(opened: Callable[..., Any]):
    """Of the runs of five words of a dispatch's essay under 15 % stood in the one before."""
    made = opened(INDEX)
    before: set[tuple[str, ...]] = set()
    shares, titles = [], []
    for number in range(1, 12):
        dispatch = made.cycle(number, 11 - number)
        titles.append(dispatch.title)
        runs: list[tuple[str, ...]] = []
        for text in paragraphs(dispatch):
            words = re.findall(r"[^\s“”()]+", html.unescape(re.sub(r"<[^>]+>", "", text)).lower())
            runs += [tuple(words[i : i + 5]) for i in range(len(words) - 4)]
        shares.append(sum(run in before for run in runs) / len(runs))
        before = set(runs)
    assert max(shares[1:]) < 0.15
    assert len(set(titles)) == len(titles)


class AsNotebooks:
    """The six steps as notebooks run them: each on a bench of its own, sharing only the disk."""

    def __init__(self, made: Any) -> None:
        self.made = made

    def bench(self, number: int, ago: int) -> Bench:
        like = self.made.bench(number, ago, None)
        return Bench(like.desk, like.archive, like.ledger, number=number, as_of=like.as_of,
                     mode="replay", keep=True)  # fmt: skip

    def cycle(self, number: int, ago: int) -> Dispatch:
        pull.observe(self.bench(number, ago))
        score.settle_due(self.bench(number, ago))
        regime.read(self.bench(number, ago))
        debate.hold(self.bench(number, ago))
        predict.decide(self.bench(number, ago))
        first = write.compose(self.bench(number, ago))
        again = write.compose(self.bench(number, ago))  # a crashed cycle resumes here
        assert again == first
        return first


def test_notebooks_and_replay_write_the_same(opened: Callable[..., Any]):
    """The same cycles give the same ledger and the same essay, by either way."""
    made = opened(INDEX)
    replayed = [replay.cycle(made.bench(number, 3 - number, None)) for number in (1, 2, 3)]
    head = made.ledger.head()
    made.ledger = Ledger("sqlite://")
    run = [AsNotebooks(made).cycle(number, 3 - number) for number in (1, 2, 3)]
    assert made.ledger.head() == head
    assert [(d.title, d.plan, essay(d)) for d in run] == [
        (d.title, d.plan, essay(d)) for d in replayed
    ]
    assert past_plans(made.bench(4)) == [d.plan for d in reversed(run)]
    assert opening.CODE

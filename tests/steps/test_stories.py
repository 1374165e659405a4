"""Stories over cycles: moved by evidence alone, the same however often and whenever looked at."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from workbench.domain import claims
from workbench.domain.calendars import Moments, iso, venue
from workbench.domain.claims import Claim
from workbench.domain.instruments import find
from workbench.domain.records import Settlement
from workbench.steps import bearings, pull, score, stories, trials
from workbench.steps.bench import Bench
from workbench.steps.opening import after_close
from workbench.steps.stories import Change
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.entries import canonical
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

PLANTED = """\
---
story: planted
title: One leads
test: lead
leader: [SPX]
follower: [COMP]
lags: 1
claims:
  - {kinds: [direction], subjects: [COMP], way: follows}
  - {kinds: [relative], subjects: [COMP], versus: [SPX], way: up}
---
COMP goes where SPX went.

Wrong if it does not.
"""
ABSENT = PLANTED.replace("planted", "absent").replace("[SPX]\nf", "[BTC-USD, ETH-USD]\nf")
FALLS = """\
---
story: falls
title: They fall
test: together
members: [SPX, COMP, IWM, TSLA]
least: 3
---
They fall together.

Wrong if they do not.
"""
SYMBOLS = ("SPX", "COMP", "IWM")
START, BEGIN = "2010-01-04", dt.date(2011, 1, 3)  # history, and the first cycle a year later
LENGTH = 900


def prices(rho: float, until: Moments | None = None, drop: int = 0) -> pd.DataFrame:
    """Archive rows of three walks; SPX's moves come back in COMP's a session later.

    Args:
        rho: With which weight.
        until: The last session; None for all.
        drop: Sessions that COMP lacks, from the 500th on.
    """
    calendar = venue("XNYS")
    first = int(np.searchsorted(calendar.dates, np.datetime64(START)))
    rng = np.random.default_rng(11)
    x, y, z = rng.standard_normal((3, LENGTH))
    y[1:] = np.sqrt(1 - rho**2) * y[1:] + rho * x[:-1]
    found = []
    for symbol, moves in zip(SYMBOLS, (x, y, z), strict=True):
        one = find(symbol)
        kept = np.ones(LENGTH, bool)
        kept[500 : 500 + drop * (symbol == "COMP")] = False
        if until is not None:
            kept &= calendar.dates[first : first + LENGTH] <= until
        at = pd.DatetimeIndex(calendar.closes[first : first + LENGTH][kept], tz="UTC")
        close = 100 * np.exp(np.cumsum(0.01 * moves))[kept]
        found.append(
            pd.DataFrame({"series": symbol, "field": "close", "at": at,
                          "known_at": at + pd.Timedelta(minutes=15), "value": close,
                          "unit": one.unit, "source": (one.sources or ("made",))[0]})
        )  # fmt: skip
    return pd.concat(found, ignore_index=True)


class Shelf:
    """A desk with stories on made-up prices; its cycles only observe and follow."""

    def __init__(self, desk: Desk, rows: pd.DataFrame) -> None:
        self.desk, self.archive, self.ledger = desk, Archive(desk.archive), Ledger("sqlite://")
        through = rows["known_at"].max().to_pydatetime() + dt.timedelta(days=400)
        self.archive.append(rows, origin="made", through=through)
        self.number = 0

    def bench(self, date: dt.date, mode: Any = "replay") -> Bench:
        self.number += 1
        return Bench(self.desk, self.archive, self.ledger, number=self.number,
                     as_of=after_close(self.desk, date), mode=mode, keep=False)  # fmt: skip

    def cycle(self, date: dt.date, mode: Any = "replay") -> list[Change]:
        bench = self.bench(date, mode)
        pull.observe(bench)
        return stories.follow(bench)

    def run(self, months: int, begin: dt.date = BEGIN) -> dict[dt.date, list[Change]]:
        """A cycle on the first session of each of so many months."""
        dates = pd.Series(venue("XNYS").dates)
        dates = dates[dates >= pd.Timestamp(begin)]
        firsts = dates.groupby(dates.dt.to_period("M")).min().iloc[:months]
        return {date.date(): self.cycle(date.date()) for date in firsts}

    def rows(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.ledger.read(sa.select(book.stories))]


@pytest.fixture
def shelf(new_project: Callable[..., Path], tmp_path: Path) -> Callable[..., Shelf]:
    """Opens a desk with these stories on these prices."""
    root = new_project(tmp_path / "project")
    folder = root / "params" / "stories"
    folder.mkdir(exist_ok=True)
    for text in (PLANTED, ABSENT, FALLS):
        name = text.split("story: ")[1].split("\n")[0]
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    count = iter(range(100))

    def opened(rows: pd.DataFrame, *names: str) -> Shelf:
        here = root / "params" / "told.yaml"
        here.write_text(
            f"desk: told\nfeeds: []\nfirst: 2011-01-03\ninstruments: [{', '.join(SYMBOLS)}]\n"
            f"stories: [{', '.join(names)}]\n",
            encoding="utf-8",
        )
        out = tmp_path / f"out{next(count)}"
        return Shelf(open_desk(here, out, out / "archive"), rows)

    return opened


def test_a_planted_lead_is_told_confirmed_once(shelf: Callable[..., Shelf]):
    """It begins as developing, and is confirmed with its numbers when evidence has come in."""
    own = shelf(prices(0.35), "planted")
    changes = [change for found in own.run(24).values() for change in found]
    assert [change.status for change in changes] == ["developing", "confirmed"]
    assert changes[0].reason == "Followed from Mon 3 Jan 2011 on; nothing before it counts."
    told = changes[1]
    assert told.evidence["supports"] >= 20 > told.evidence["opposes"]
    assert told.evidence["finding"]["low"] > 0
    assert f"{told.evidence['sessions']} sessions and 0 settled claims" in told.reason
    assert f"{told.evidence['finding']['correlation']:+.2f}" in told.reason
    kept = [(row["story"], row["status"], json.loads(row["evidence"])) for row in own.rows()]
    assert kept == [(one.story, one.status, one.evidence) for one in changes]
    assert all(row["evidence"] == canonical(json.loads(row["evidence"])) for row in own.rows())


def test_no_lead_is_not_confirmed(shelf: Callable[..., Shelf]):
    """Where there is none, two years falsify it or let it sleep."""
    own = shelf(prices(0.0), "planted")
    own.run(27)
    assert own.rows()[-1]["status"] in {"falsified", "dormant"}
    assert "confirmed" not in {row["status"] for row in own.rows()}


def test_a_desk_without_the_series_lets_the_story_sleep(shelf: Callable[..., Shelf]):
    """What cannot be tested is dormant with its reason, said once, and no cycle is stopped."""
    own = shelf(prices(0.0), "absent", "falls", "planted")
    own.run(3)
    told = {row["story"]: (row["status"], row["reason"]) for row in own.rows()}
    assert len(own.rows()) == 3
    assert told["absent"] == (
        "dormant",
        "No leader can be read: BTC-USD or ETH-USD is not among the desk's instruments.",
    )
    assert told["planted"][0] == "developing"
    assert told["falls"][0] in {"developing", "dormant"}


def test_only_a_review_moves_a_story(shelf: Callable[..., Shelf]):
    """Later cycles of a month look at nothing, whatever their sessions say."""
    own = shelf(prices(0.35), "planted")
    own.run(10)
    first = own.number
    last = stories.told(own.bench(dt.date(2011, 10, 3)))
    assert last is None
    for day in range(4, 15):
        if venue("XNYS").is_session(dt.date(2011, 10, day)):
            assert own.cycle(dt.date(2011, 10, day)) == []
    assert own.number > first


def test_a_review_run_again_writes_the_same_rows(shelf: Callable[..., Shelf]):
    """A step that is run twice, or resumed on a fresh bench, says the same and adds nothing."""
    own = shelf(prices(0.35), "planted", "absent")
    ran = own.run(24)
    head = own.ledger.head()
    for number, (date, found) in enumerate(ran.items()):
        own.number = number
        assert stories.follow(own.bench(date)) == found
    assert own.ledger.head() == head


def test_the_future_changes_no_row(shelf: Callable[..., Shelf]):
    """An archive that ends at the last cycle and one that goes on give the same rows."""
    whole = shelf(prices(0.35), "planted", "falls")
    dates = list(whole.run(16))
    part = shelf(prices(0.35, until=np.datetime64(dates[-1])), "planted", "falls")
    part.run(16)
    names = ("story", "of", "status", "evidence", "reason")
    assert [[row[n] for n in names] for row in part.rows()] == [
        [row[n] for n in names] for row in whole.rows()
    ]


def test_live_and_replay_are_never_mixed(shelf: Callable[..., Shelf]):
    """A live record begins its stories anew, whatever a replay before it found."""
    own = shelf(prices(0.35), "planted")
    own.run(24)
    assert own.rows()[-1]["status"] == "confirmed"
    (change,) = own.cycle(dt.date(2013, 1, 2), mode="live")
    assert change.status == "developing"
    bench = own.bench(dt.date(2013, 1, 3), "replay")
    assert stories.standing(bench)["status"].tolist() == ["confirmed"]


def test_stale_bars_send_it_to_sleep_and_it_wakes_as_it_stood(shelf: Callable[..., Shelf]):
    """Without fresh bars it is dormant; when they are back it stands as before, from then on."""
    own = shelf(prices(0.35, drop=60), "planted")
    calendar = venue("XNYS")
    hole = calendar.dates[int(np.searchsorted(calendar.dates, np.datetime64(START))) + 500]
    found = [(date, one) for date, each in own.run(30).items() for one in each]
    statuses = [one.status for _, one in found]
    slept = statuses.index("dormant")
    assert found[slept][0] > hole.astype(object)
    assert "No follower can be read: last close is of" in found[slept][1].reason
    assert statuses[slept + 1] == statuses[slept - 1]
    assert found[slept + 1][1].evidence == {}


def test_what_is_told_of_stories(shelf: Callable[..., Shelf]):
    """Standing, weighed and told say where each story is, in the desk's order."""
    own = shelf(prices(0.35), "absent", "planted")
    bench = own.bench(BEGIN)
    pull.observe(bench)
    assert stories.standing(bench).empty
    stories.follow(bench)
    told = stories.told(bench)
    assert told is not None
    assert (told.story, told.status) == ("absent", "dormant")
    standing = stories.standing(bench)
    assert standing["story"].tolist() == ["absent", "planted"]
    assert standing["since"].tolist() == [BEGIN, BEGIN]
    assert standing[["for", "against"]].isna().all(axis=None)
    now = stories.weighed(bench)
    assert now[["story", "sessions", "for", "against"]].to_numpy().tolist() == [
        ["planted", 0, 1.0, 1.0]
    ]
    later = own.bench(dt.date(2011, 1, 24))
    assert stories.told(later) is None
    assert stories.weighed(later)["sessions"].tolist() == [14]


def test_a_desk_without_stories_does_nothing(shelf: Callable[..., Shelf]):
    """No story, no row and no query's worth of work; its tables are empty with their columns."""
    own = shelf(prices(0.0))
    own.run(2)
    assert own.rows() == []
    bench = own.bench(dt.date(2011, 3, 1))
    assert stories.standing(bench).empty
    assert trials.leads(bench).empty
    assert trials.joint(bench, 100).empty


def registered(bench: Bench, claim: Claim, base: float) -> None:
    row = {"id": claim.id, "kind": claim.kind, "subject": claim.subject,
           "horizon": claim.window.sessions, "theme": claim.theme,
           "deadline": iso(claim.window.deadline), "sentence": "Made.",
           "content": canonical(claim.content())}  # fmt: skip
    forecast = {"claim": claim.id, "forecaster": "climatology", "probability": base}
    bench.ledger.append(bench.number, [(book.claims, row), (book.forecasts, forecast)])


def settled(bench: Bench, claim: Claim, outcome: Any) -> None:
    ended = Settlement(claim=claim.id, outcome=outcome, reason="Made.", value=None,
                       observations=(), known_at=bench.as_of)  # fmt: skip
    bench.ledger.append(bench.number, [(book.settlements, score.row(ended))])


def test_settled_claims_bear_on_a_story(shelf: Callable[..., Shelf]):
    """A claim counts on its deadline's session by what came true less its base rate.

    A direction follows the leader's last bar, a relative claim has the pattern's own way; other
    kinds, other subjects, voids and claims made before do not count.
    """
    own = shelf(prices(0.0), "planted")
    spx, comp = find("SPX"), find("COMP")
    early = own.bench(BEGIN)
    pull.observe(early)
    before = claims.window(comp, early.as_of, 1)
    registered(early, claims.direction(comp, before, "up"), 0.5)
    bench = own.bench(dt.date(2011, 2, 1))
    pull.observe(bench)
    seen = trials.tested(bench, bench.desk.stories[0])
    assert isinstance(seen, trials.Tested)
    when = claims.window(comp, bench.as_of, 1)
    made: list[tuple[Claim, float, Any]] = [
        (claims.direction(comp, when, "up"), 0.55, "yes"),
        (claims.direction(comp, when, "down"), 0.45, "no"),
        (claims.relative(comp, spx, when, 0.2), 0.4, "yes"),
        (claims.relative(spx, comp, when, 0.2), 0.4, "yes"),
        (claims.direction(spx, when, "up"), 0.5, "yes"),
        (claims.magnitude(comp, when, 1.0, "up"), 0.2, "yes"),
        (claims.direction(comp, claims.window(comp, bench.as_of, 5), "up"), 0.5, "void"),
    ]
    for claim, base, _ in made:
        registered(bench, claim, base)
    later = own.bench(dt.date(2011, 3, 1))
    pull.observe(later)
    settled(later, claims.direction(comp, before, "up"), "yes")
    for claim, _, outcome in made:
        settled(later, claim, outcome)
    seen = trials.tested(later, later.desk.stories[0])
    assert isinstance(seen, trials.Tested)
    found = bearings.answered(later, later.desk.stories[0], seen, bench.number, 0)
    at = int(np.searchsorted(seen.dates, np.datetime64("2011-02-02")))
    leader = later.bars["SPX"]
    last = int(np.searchsorted(leader.dates, np.datetime64("2011-02-01")))
    points = np.sign(leader.close[last] - leader.close[last - 1])
    assert found.session.tolist() == [at] * 3
    assert found.horizon.tolist() == [1] * 3
    assert found.edge == pytest.approx([0.45 * points, 0.45 * points, 0.6])
    early_too = bearings.answered(later, later.desk.stories[0], seen, 1, 0)
    assert len(early_too) == 4
    none = bearings.answered(later, later.desk.stories[0], seen, bench.number, at + 1)
    assert len(none) == 0


def test_a_settlement_counts_from_its_own_cycle_on(shelf: Callable[..., Shelf]):
    """Seen from an earlier cycle, a claim that settled later has not settled."""
    own = shelf(prices(0.0), "planted")
    bench = own.bench(BEGIN)
    pull.observe(bench)
    claim = claims.direction(find("COMP"), claims.window(find("COMP"), bench.as_of, 1), "up")
    registered(bench, claim, 0.5)
    later = own.bench(dt.date(2011, 2, 1))
    pull.observe(later)
    settled(later, claim, "yes")
    story = later.desk.stories[0]
    seen = trials.tested(later, story)
    assert isinstance(seen, trials.Tested)
    assert len(bearings.answered(later, story, seen, 1, 0)) == 1
    assert len(bearings.answered(bench, story, dataclasses.replace(seen), 1, 0)) == 0

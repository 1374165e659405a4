"""A made-up world for the essay: any desk on random walks that end as a test wishes."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.desk import replay
from workbench.domain.calendars import Session, venue
from workbench.domain.instruments import Instrument, indicator
from workbench.measures.gate import gain
from workbench.measures.scoring import Skill
from workbench.steps import due, regime, said, tape, write
from workbench.steps.bench import Bench
from workbench.steps.facts import Facts
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.ledger import Ledger
from workbench.world.params import Desk, open_desk

LENGTH = 320  # sessions of history: enough for a slate, too few for a regime or Contrarian
OPEN = Skill(n=900, dates=300, n_eff=300, skill=0.1, low=0.05, high=0.15, p_value=0.002)
SHUT = Skill(n=900, dates=300, n_eff=300, skill=0.0, low=-0.05, high=0.05, p_value=0.5)


@dataclass(frozen=True, kw_only=True)
class World:
    """A desk with its history.

    Attributes:
        params: The desk's params file, without what every desk here shares.
        last: Changes of the last closes by symbol, as fractions, the latest last.
        late: Symbols whose last so many closes are missing.
        ranges: Whether bars have highs and lows.
        volumes: Whether they have volumes.
        span: High over low of the last bar, as a fraction.
        length: Sessions of history.
        until: The last session of the clock's venue.
        dark: Indicators of which nothing is known.
    """

    params: str
    last: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    late: Mapping[str, int] = field(default_factory=dict)
    ranges: bool = True
    volumes: bool = True
    span: float | None = None
    length: int = LENGTH
    until: dt.date = dt.date(2018, 2, 2)
    dark: tuple[str, ...] = ()


@cache
def _moves(name: str, n: int) -> np.ndarray:
    rng = np.random.default_rng(sum(map(ord, name)))
    return 0.01 * rng.standard_normal((6, n))


def rows(world: World, one: Instrument, end: dt.datetime) -> pd.DataFrame:
    """The archive rows of one instrument up to a moment."""
    closes = venue(one.venue).closes
    stop = int(np.searchsorted(closes, np.datetime64(end.replace(tzinfo=None)), side="right"))
    at = pd.DatetimeIndex(closes[stop - world.length : stop], tz="UTC")
    steps = _moves(one.symbol, world.length)
    change = steps[-1].copy()
    given = world.last.get(one.symbol, ())
    change[len(change) - len(given) :] = np.log1p(given)
    level = np.log(20.0 if one.symbol == "VIX" else 100.0) + np.cumsum(change)
    start = level - change
    path = np.concatenate([start + np.cumsum(steps[:-1] / 3, axis=0), [start], [level]])
    if world.span is not None:
        path[:, -1] = level[-1] + np.linspace(-0.5, 0.5, len(path)) * np.log1p(world.span)
    fields = {"close": np.exp(level)}
    if world.ranges and one.symbol != "VIX":
        fields |= {"high": np.exp(path.max(axis=0)), "low": np.exp(path.min(axis=0))}
        if world.volumes:
            fields["volume"] = 1e6 * np.exp(steps[0] * 10)
    kept = slice(0, world.length - world.late.get(one.symbol, 0))
    known = at + pd.Timedelta(minutes=one.lag_minutes)
    source = (one.sources or ("made",))[0]
    return pd.concat(
        pd.DataFrame({"series": one.symbol, "field": name, "at": at[kept], "known_at": known[kept],
                      "value": values[kept], "unit": one.unit, "source": source})
        for name, values in fields.items()
    )  # fmt: skip


def slow(symbol: str, end: dt.datetime) -> pd.DataFrame:
    """The archive rows of an indicator: a hundred days, known as late as its contract has it.

    A close with dividends falls on sessions and rises by a hundredth a day, which is no level.
    """
    one = indicator(symbol)
    if one.field == "close_adj":
        closes = venue("XNYS").closes
        stop = int(np.searchsorted(closes, np.datetime64(end.replace(tzinfo=None)), side="right"))
        at = pd.DatetimeIndex(closes[stop - 100 : stop], tz="UTC")
        value = 50.0 * 1.01 ** np.arange(100)
    else:
        last = end - one.lag - dt.timedelta(days=one.period != "tick")
        at = pd.date_range(end=last, periods=100, freq="D").floor("D")
        level = 4.0 if one.unit == "%" else 50.0  # a rate of 50 % is left out as untrue
        value = level + (np.arange(100) if one.field == "stars" else np.zeros(100))
    return pd.DataFrame({"series": one.series, "field": one.field, "at": at,
                         "known_at": at + one.lag, "value": value, "unit": one.unit,
                         "source": "made"})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A claim on a made-up ledger, with what was said of it and how it ended.

    Attributes:
        asked: Cycle that asks.
        settled: Cycle that settles it; None while open.
        said: Forecaster to probability.
        outcome: Yes, no or void.
        kind: Family.
        sessions: Horizon.
        subject: Instrument.
        strike: Upper strike of the claim.
        role: What the gate made of it.
        verdict: Why.
        desk: What the desk said, and the base rate.
    """

    asked: int
    said: Mapping[str, float]
    outcome: str = "yes"
    settled: int | None = None
    kind: str = "level"
    sessions: int = 1
    subject: str = "SPX"
    strike: float = 100.0
    role: str = "shadow"
    verdict: str = "crowded"
    desk: tuple[float, float] = (0.6, 0.5)


def entered(
    ledger: Ledger,
    entries: Iterable[Entry],
    *,
    modes: Mapping[int, str] | None = None,
    regimes: Mapping[int, str] | None = None,
    trained: Iterable[tuple[int, str]] = (),
) -> list[str]:
    """Puts entries on a ledger, cycle by cycle, as the steps would; returns the claims' ids.

    What an entry settles in a cycle comes before what the cycle asks.
    """
    asked = list(entries)
    last = max(max(one.asked, one.settled or 0) for one in asked)
    before = (ledger.last_cycle() or {"number": 0})["number"]
    ids = [f"{one.asked:04d}-{place:05d}" for place, one in enumerate(asked)]
    both = list(zip(ids, asked, strict=True))
    for number in range(before + 1, last + 1):
        when = f"2018-01-01T{number // 60:02d}:{number % 60:02d}:00Z"
        rows: list[tuple[Any, dict[str, Any]]] = [
            (book.cycles, {"number": number, "desk": "made", "as_of": when, "params": "",
                           "mode": (modes or {}).get(number, "replay"), "code": "",
                           "snapshot": ""}),
        ]  # fmt: skip
        for claim, one in both:
            if one.settled == number:
                rows.append((book.settlements, {"claim": claim, "outcome": one.outcome,
                             "reason": "", "value": None, "observations": "[]",
                             "known_at": when}))  # fmt: skip
        if number in (regimes or {}):
            rows.append((book.regimes, {"of": number, "name": (regimes or {})[number],
                         "since": when, "turbulent": 0.1, "fitted": None}))  # fmt: skip
        rows += [
            (book.voices, {"of": number, "mind": mind, "model": "m", "in_sample": 1, "usd": "0",
                           "seconds": 0.0, "replies": "", "note": ""})
            for of, mind in trained
            if of == number
        ]  # fmt: skip
        for claim, one in both:
            if one.asked == number:
                rows += _asked(claim, one, when)
        ledger.append(number, rows)
    return ids


def _asked(claim: str, one: Entry, when: str) -> list[tuple[Any, dict[str, Any]]]:
    content = json.dumps({"kind": one.kind, "subject": one.subject, "op": "<", "hi": one.strike})
    return [
        (book.claims, {"id": claim, "kind": one.kind, "subject": one.subject,
                       "horizon": one.sessions, "theme": "index", "deadline": when,
                       "sentence": f"{one.subject} below {one.strike:g}", "content": content}),
        *((book.forecasts, {"claim": claim, "forecaster": who, "probability": p})
          for who, p in one.said.items()),
        (book.decisions, {"claim": claim, "role": one.role, "probability": one.desk[0],
                          "base_rate": one.desk[1], "gain": gain(*one.desk),
                          "verdict": one.verdict, "reason": ""}),
    ]  # fmt: skip


class Room:
    """One desk's cycles on a made-up world, one after another on one ledger.

    Args:
        world: The world.
        folder: Where its archive lies.
        root: A project with minds.
        cycles: Sessions that the clock's venue counts before the end.
    """

    def __init__(self, world: World, folder: Path, root: Path) -> None:
        folder.mkdir(parents=True)
        path = root / "params" / f"{folder.name}.yaml"
        text = f"desk: made\nfeeds: []\nfirst: 2018-01-29\n{world.params}"
        path.write_text(text, encoding="utf-8")
        self.desk: Desk = open_desk(path, folder / "outputs", folder / "archive")
        self.archive = Archive(self.desk.archive)
        clock = self.desk.params.clock
        self.sessions: list[Session] = venue(clock.venue).between(
            world.until - dt.timedelta(days=18), world.until
        )
        self.end = self.sessions[-1].close + dt.timedelta(minutes=clock.after_close)
        later = self.end + dt.timedelta(days=4) if clock.venue == "XNYS" else self.end
        made = [
            rows(world, one, later if one.venue == "24/7" else self.end)
            for one in self.desk.instruments
        ]
        for one in self.desk.params.indicators:
            if one.symbol in world.dark:
                continue
            counted = indicator(one.symbol).period == "tick"  # on weekends as well
            made.append(slow(one.symbol, later if counted else self.end))
        self.archive.append(pd.concat(made, ignore_index=True), origin="made",
                            through=self.end + dt.timedelta(days=4))  # fmt: skip
        self.ledger = Ledger("sqlite://")

    def bench(
        self, number: int, ago: int | dt.datetime = 0, evidence: Skill | None = OPEN
    ) -> Bench:
        """The bench of a cycle so many sessions before the end, with this evidence everywhere.

        A negative ``ago`` is so many hours after the end; a moment is itself.
        """
        clock = self.desk.params.clock
        if isinstance(ago, int):
            when = self.sessions[-1 - max(ago, 0)].close + dt.timedelta(minutes=clock.after_close)
            when += dt.timedelta(hours=max(-ago, 0))
        else:
            when = ago
        bench = Bench(self.desk, self.archive, self.ledger, number=number, as_of=when,
                      mode="replay", keep=False)  # fmt: skip
        kinds = ("direction", "level", "band", "magnitude", "relative", "stays", "touch", "range")
        if evidence is not None:
            kept = [
                [one.symbol, kind, horizon, asdict(evidence)]
                for one in self.desk.instruments
                for kind in kinds
                for horizon in self.desk.params.horizons
            ]
            bench.remember("evidence", kept)
        return bench

    def cycle(
        self, number: int, ago: int | dt.datetime = 0, evidence: Skill | None = OPEN
    ) -> write.Dispatch:
        """A whole cycle."""
        return replay.cycle(self.bench(number, ago, evidence))

    def facts(
        self, number: int, ago: int | dt.datetime = 0, evidence: Skill | None = OPEN
    ) -> Facts:
        """A whole cycle, and the facts that its dispatch was made of."""
        bench = self.bench(number, ago, evidence)
        replay.cycle(bench)
        found = Facts(past=write.past_plans(bench))
        tape.gather(found, bench, regime.read(bench))
        due.gather(found, bench)
        said.gather(found, bench)
        return found


@pytest.fixture(scope="session")
def room(
    new_project: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[World], Room]:
    """Opens a desk on a made-up world, with an empty ledger."""
    root = new_project(tmp_path_factory.mktemp("essay") / "project")
    count = iter(range(1000))
    return lambda world: Room(world, tmp_path_factory.mktemp("room") / f"r{next(count)}", root)


@pytest.fixture(scope="session")
def entry() -> type[Entry]:
    """The class of a made-up ledger's entries."""
    return Entry


@pytest.fixture(scope="session")
def enter() -> Callable[..., list[str]]:
    """Puts entries on a ledger."""
    return entered


@pytest.fixture(scope="session")
def world() -> type[World]:
    """The class of worlds, for tests that cannot import it."""
    return World


@pytest.fixture(scope="session")
def skill() -> Callable[..., Skill]:
    """Evidence with an interval."""

    def build(low: float, high: float, dates: int = 300) -> Skill:
        middle = (low + high) / 2
        p_value = 0.002 if low > 0 else 0.5
        return dataclasses.replace(
            SHUT, skill=middle, low=low, high=high, dates=dates, p_value=p_value
        )

    return build

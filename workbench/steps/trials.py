"""How a story is tested: what the desk's bars say of it, as a reading and as edges to bet on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.domain.calendars import Moments
from workbench.domain.figures import day, difference, share
from workbench.measures import leadlag, quality, together
from workbench.measures import stories as measure
from workbench.measures.leadlag import LeadLag, Pair
from workbench.measures.prices import Array
from workbench.measures.stories import Bets
from workbench.measures.together import Group, Togetherness
from workbench.steps.bench import Bench
from workbench.world.stories import Lead, Story, Together

Reading = LeadLag | Togetherness


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Why a story cannot be tested now, one sentence."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """A story's reading.

    Attributes:
        symbols: Whose bars are read; leader and follower, or the members.
        bars: They on their common sessions.
        dates: Those sessions, increasing.
        bets: Edges for and against, one column a session.
        points: Where a lead points on each session, -1 to 1; None without a leader.
        reading: The statistics of the latest window.
        finding: The same as the ledger keeps it.
        said: The same in a sentence.
    """

    symbols: tuple[str, ...]
    bars: Pair | Group
    dates: Moments
    bets: Bets
    points: Array | None
    reading: Reading
    finding: dict[str, Any]
    said: str


def tested(bench: Bench, story: Story) -> Tested | Blocked:
    """The story's reading as of the bench's moment, or why it has none; made once a bench."""
    params = story.params
    if isinstance(params, Lead):
        return bench.once(f"story {story.name}", lambda: _lead(bench, params))
    return bench.once(f"story {story.name}", lambda: _together(bench, params))


def _lead(bench: Bench, params: Lead) -> Tested | Blocked:
    table = {one.symbol: one for one in bench.instruments}
    ends = []
    for role, named in (("leader", params.leader), ("follower", params.follower)):
        have = [symbol for symbol in named if symbol in bench.bars]
        if not have:
            return _missing(bench, role, named)
        ends.append(have[0])
    first, second = ends
    both = leadlag.pair((table[first], bench.bars[first]), (table[second], bench.bars[second]))
    sign = 1 if params.sign == "same" else -1
    reading = leadlag.read(both, params.lags, sign)
    if reading is None:
        return _few(both.dates, ends)
    best, names = reading.best, bench.names
    said = (
        f"{names[first]} {best.lag} bar{'s' * (best.lag != 1)} ahead of {names[second]}: "
        f"correlation {difference(best.correlation, 2)} [{difference(best.low, 2)}, "
        f"{difference(best.high, 2)}] over {reading.n} sessions to "
        f"{day(reading.last.astype(object))}; taken the thesis’s way, that less the reverse is "
        f"{difference(reading.asymmetry, 2)}."
    )
    finding = {
        "lag": best.lag, "correlation": best.correlation, "low": best.low, "high": best.high,
        "p_value": reading.p_value, "asymmetry": reading.asymmetry,
        "asymmetry_p": reading.asymmetry_p, "n": reading.n,
    }  # fmt: skip
    return Tested(
        symbols=(first, second), bars=both, dates=both.dates,
        bets=measure.lead(leadlag.products(both, params.lags, sign), params.material),
        points=sign * both.led(1), reading=reading, finding=_kept(finding, reading), said=said,
    )  # fmt: skip


def _together(bench: Bench, params: Together) -> Tested | Blocked:
    have = tuple(symbol for symbol in params.members if symbol in bench.bars)
    if len(have) < max(params.least, 3):
        return _missing(bench, "group", [one for one in params.members if one not in have])
    own = together.group([bench.bars[symbol] for symbol in have])
    reading = together.read(own, params.least, params.down)
    if reading is None:
        return _few(own.dates, have)
    said = (
        f"At least {params.least} of {len(have)} fell together on {reading.falls} of the last "
        f"{reading.n} sessions to {day(reading.last.astype(object))}, against "
        f"{share(reading.usual)} of days before; pairs correlate at {reading.alike:.2f}, usually "
        f"{reading.low:.2f} to {reading.high:.2f}."
    )
    finding = {
        "falls": reading.falls, "usual": reading.usual, "alike": reading.alike,
        "low": reading.low, "high": reading.high, "p_value": reading.p_value, "n": reading.n,
        "past": reading.past,
    }  # fmt: skip
    return Tested(
        symbols=have, bars=own, dates=own.dates,
        bets=measure.joint_falls(own.falls(params.least, params.down), params.material),
        points=None, reading=reading, finding=_kept(finding, reading), said=said,
    )  # fmt: skip


def _kept(finding: dict[str, Any], reading: Reading) -> dict[str, Any]:
    rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in finding.items()}
    return rounded | {"first": str(reading.first), "last": str(reading.last)}


def _missing(bench: Bench, role: str, named: Sequence[str]) -> Blocked:
    """Why too few of the instruments named for a role can be read."""
    own = {one.symbol for one in bench.instruments}
    gone = [symbol for symbol in named if symbol in own and symbol not in bench.bars]
    if gone:
        seen = quality.reason(bench.flags, gone[0], f"{gone[0]} has no close that may be used")
        return Blocked(reason=f"No {role} can be read: {seen}.")
    listed = " or ".join([", ".join(named[:-1])] * (len(named) > 1) + [named[-1]])
    return Blocked(reason=f"No {role} can be read: {listed} is not among the desk's instruments.")


def _few(dates: Moments, symbols: Sequence[str]) -> Blocked:
    return Blocked(
        reason=f"The {len(dates)} common sessions of {', '.join(symbols)} are too few for a test, "
        "or one of them stands still."
    )


def leads(bench: Bench) -> pd.DataFrame:
    """What the desk's stories of a lead show, one row a story and lag.

    Returns:
        ``title leader follower pair lag correlation low high p_value asymmetry_p n last``; names
        of instruments and both tickers, ``p_value`` corrected for the lags searched.
    """
    rows = []
    short = {one.symbol: one.short for one in bench.instruments}
    for story in bench.desk.stories:
        seen = tested(bench, story)
        if isinstance(seen, Tested) and isinstance(seen.reading, LeadLag):
            one, other = (bench.names[symbol] for symbol in seen.symbols)
            pair = " → ".join(short[symbol] for symbol in seen.symbols)
            read = seen.reading
            rows += [
                (story.params.title, one, other, pair, lag.lag, lag.correlation, lag.low, lag.high,
                 read.p_value, read.asymmetry_p, read.n, read.last)
                for lag in read.lags
            ]  # fmt: skip
    names = "title leader follower pair lag correlation low high p_value asymmetry_p n last"
    return pd.DataFrame(rows, columns=names.split())


def joint(bench: Bench, sessions: int) -> pd.DataFrame:
    """What the desk's first story of shares that fall together shows.

    Returns:
        Indexed by session date, the last ``sessions`` with a reading: ``alike`` (mean correlation
        of pairs over 63 sessions), ``fell`` (a joint fall), and the same on every row ``low`` and
        ``high`` (nine in ten stretches of the past), ``usual`` (their share of joint falls),
        ``least`` and ``members``. Empty without such a story.
    """
    for story in bench.desk.stories:
        seen, params = tested(bench, story), story.params
        if not (isinstance(seen, Tested) and isinstance(params, Together)):
            continue
        own, read = seen.bars, seen.reading
        if isinstance(own, Group) and isinstance(read, Togetherness):
            frame = pd.DataFrame(
                {"alike": together.rolling(own), "fell": own.falls(params.least, params.down)},
                index=pd.DatetimeIndex(own.dates, name="session"),
            )
            frame["low"], frame["high"], frame["usual"] = read.low, read.high, read.usual
            frame["least"], frame["members"] = params.least, len(seen.symbols)
            return frame.dropna().iloc[-sessions:]
    names = "alike fell low high usual least members"
    return pd.DataFrame(columns=names.split(), index=pd.DatetimeIndex([], name="session"))

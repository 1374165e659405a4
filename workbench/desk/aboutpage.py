"""The page that says how settling and scoring work, who writes, and what is not promised.

Its terms are the desk's own params and the constants that settle, score and gate; its example is
computed by the function that scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workbench.desk import layout
from workbench.desk.editions import Edition
from workbench.desk.views import DispatchPage
from workbench.domain.records import Mode
from workbench.measures.clock import HOUR, STALE
from workbench.measures.gate import FALSE_DISCOVERIES, MIN_DATES
from workbench.measures.scoring import MIN_BLOCKS, desk_score
from workbench.measures.settling import GRACE
from workbench.world.params import Desk

_SAID, _BASE = 0.6, 0.5  # of the worked example: small numbers, to be checked in the head
_VENUES = {"XNYS": "the New York Stock Exchange", "24/7": "the days of UTC, which never close"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One line of the worked example: what happened, the sum, and what it comes to."""

    happened: str
    said_off: float
    base_off: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPage:
    """What the page shows.

    Attributes:
        venues: On whose calendars claims settle, in words.
        said: Probability of the worked example.
        base: Its base rate.
        example: What it is worth when it happens, and when not.
        expected: What it is worth on average to who is calibrated.
        material: Least expected gain that the gate asks for.
        points: The same as an edge at even odds, in points.
        trivial: Probability below which, and above whose opposite, nothing is said.
        dates: Dates of evidence that a family needs.
        false: Share of families that may be open by luck.
        blocks: Dates under which there is no skill.
        grace: Sessions that a missing bar is waited for.
        stale: Hours after which a price is too old for a claim that runs by the clock.
        minds: Each mind's name and who answers for it.
        writer: Who writes title and essay.
        sources: Of the last dispatch.
        notices: That its sources ask for.
        file: The params file, as a command takes it.
    """

    template: ClassVar[str] = "about.html.j2"
    venues: tuple[str, ...]
    said: float
    base: float
    example: tuple[Example, ...]
    expected: float
    material: float
    points: float
    trivial: float
    dates: int
    false: float
    blocks: int
    grace: int
    stale: int
    minds: tuple[tuple[str, str], ...]
    writer: str
    sources: tuple[str, ...]
    notices: tuple[str, ...]
    file: str
    mode: Mode


def files(edition: Edition, latest: DispatchPage) -> dict[str, str]:
    """The page.

    Args:
        edition: What is published.
        latest: Its dispatch, whose sources and notices are named.
    """
    return {"about/index.html": layout.html(page(edition.desk, latest), "../")}


def page(desk: Desk, latest: DispatchPage) -> AboutPage:
    """What the page shows of a desk."""
    terms = desk.params.gate
    calendars = sorted({one.venue for one in desk.instruments})
    return AboutPage(
        venues=tuple(_VENUES.get(name, name) for name in calendars),
        said=_SAID, base=_BASE,
        example=tuple(
            Example(happened=word, said_off=abs(_SAID - y), base_off=abs(_BASE - y),
                    score=desk_score(_SAID, _BASE, y))
            for word, y in (("It comes true", 1.0), ("It does not", 0.0))
        ),
        expected=sum(p * desk_score(_SAID, _BASE, y) for p, y in ((_SAID, 1.0), (1 - _SAID, 0.0))),
        material=terms.material, points=100 * (terms.material * 0.25) ** 0.5,
        trivial=terms.trivial, dates=MIN_DATES, false=FALSE_DISCOVERIES, blocks=MIN_BLOCKS,
        grace=GRACE, stale=int(STALE / HOUR),
        minds=tuple((one.name, "a small statistical program, by rules" if one.is_house
                     else one.params.model) for one in desk.minds),
        writer=desk.synthesis.params.model if desk.synthesis else "",
        sources=latest.sources, notices=latest.notices, file=desk.name, mode=latest.mode,
    )  # fmt: skip

"""What a desk has learned of its minds so far, cycle by cycle, and what it says because of it.

It is told of claims when they are asked and when they settle, in order, and says of later ones.
Weights of the pool move with every date that settles. Lines that cost a fit (each mind's and each
category's recalibration, how each mind is heard) and the rulings of the trials are drawn anew at a
review, of which the caller decides when, and stand until the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from workbench.measures import learning, trial
from workbench.measures.beliefs import Pool, Settled, Weight, start, weight
from workbench.measures.hearing import UNHEARD
from workbench.measures.histories import AS_STATED, Answers, History, Made, Question
from workbench.measures.logistic import logit
from workbench.measures.recalibration import HONEST, LANGUAGE_MODEL, Platt, Prior, platt
from workbench.measures.trial import NOBODY, Ruling, Trial

Cell = tuple[str, str]  # a mind and a category


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a claim because of what was learned.

    Attributes:
        pool: The learned pool of all present minds, which moves nothing by itself.
        published: The reference, recalibrated where it has credibly been off, moved by those
            minds alone whose gate is open in the claim's category.
        open: These minds.
    """

    pool: float
    published: float
    open: tuple[str, ...]


class Learned:
    """What was learned, as it stands; it grows by what it is told."""

    def __init__(self) -> None:
        self.pool: Pool = start()
        self._published: Pool = start()
        self._models: frozenset[str] = frozenset()
        self._lines: dict[str, Platt] = {}
        self._histories: dict[str, History] = defaultdict(History)
        self._asked: dict[str, Made] = {}
        self.trials: dict[Cell, Trial] = {}
        self.rulings: dict[Cell, Ruling] = {}

    def says(self, asked: Question) -> Said:
        """What is said of a claim, given what had settled."""
        made = self._made(asked)
        return Said(
            pool=learning.predict(self.pool, asked.category, asked.reference, made.said),
            published=self._net(asked, self._led(asked, made)),
            open=self._open(asked, made.said),
        )

    def ask(self, questions: Iterable[Question]) -> None:
        """Takes note of claims as they are asked, with what is made of them now."""
        for asked in questions:
            self._models |= asked.models
            self._asked[asked.claim] = self._made(asked)

    def settle(self, outcomes: Mapping[str, float | None]) -> None:
        """Learns from claims that settled.

        Args:
            outcomes: Claim id to 1, 0, or None where it is void, which teaches nothing. Claims
                that were never asked, such as those on which no mind spoke, are passed over.
        """
        dates: dict[int, list[tuple[Made, float]]] = defaultdict(list)
        for claim, happened in outcomes.items():
            made = self._asked.pop(claim, None)
            if made is not None and happened is not None:
                dates[made.asked.settles].append((made, happened))
        for _, settled in sorted(dates.items()):
            self._learn(settled)

    def _learn(self, settled: list[tuple[Made, float]]) -> None:
        """Learns from the claims of one date."""
        every = [_settled(made, happened, made.pool) for made, happened in settled]
        self.pool = learning.settle(self.pool, every)
        led = [_settled(m, y, m.led) for m, y in settled if m.led is not None]
        lead = learning.trusting(self._published, led).lead
        self._published = replace(self.pool, lead=lead)
        for made, happened in settled:
            self._histories[made.asked.category].add(made, happened)

    def review(self) -> dict[Cell, Ruling]:
        """Draws all lines anew, and rules on every mind in every category.

        Returns:
            The rulings that changed; a cell that was never ruled on was ``young``.
        """
        tried: dict[Cell, Trial] = {}
        every: dict[str, list[Answers]] = defaultdict(list)
        for name, own in sorted(self._histories.items()):
            if not own.y:
                continue
            for mind, (one, answers) in own.review().items():
                tried[mind, name] = one
                every[mind].append(answers)
        for mind, parts in every.items():
            q, y, counted = (np.concatenate(column) for column in zip(*parts, strict=True))
            self._lines[mind] = platt(q, y, _prior(model=mind in self._models), weight=counted)
        allowed = trial.opened(tried)
        before, self.trials = self.rulings, tried
        self.rulings = {cell: _ruled(one, cell in allowed) for cell, one in tried.items()}
        return {cell: now for cell, now in self.rulings.items() if now != before.get(cell, "young")}

    def _made(self, asked: Question) -> Made:
        """What is made of a claim as it is asked."""
        own = self._histories[asked.category]
        said = {
            mind: self.line(mind, model=mind in asked.models).at(q)
            for mind, q in asked.said.items()
        }
        z0 = own.line.at(asked.reference)
        heard = {mind: own.heard.get(mind, UNHEARD) for mind in said}
        part = {
            mind: heard[mind].own(asked.reference, q) if mind in own.heard else 0.0
            for mind, q in asked.said.items()
        }
        led = self._open(asked, said)
        return Made(
            asked=asked, said=said, z0=z0, own=part,
            z1={mind: heard[mind].of(z0, part[mind]) for mind in said},
            pool=learning.expert(self.pool, asked.category, asked.reference, said),
            led=learning.expert(
                self._published, asked.category, asked.reference, {m: said[m] for m in led}
            ) if led else None,
        )  # fmt: skip

    def _led(self, asked: Question, made: Made) -> float:
        """The reference, moved by the minds whose gate is open."""
        speaking = {mind: made.said[mind] for mind in self._open(asked, made.said)}
        return learning.predict(self._published, asked.category, asked.reference, speaking)

    def _net(self, asked: Question, p: float) -> float:
        """A probability as far from the recalibrated reference as it was from the reference."""
        own = self._histories[asked.category]
        if not own.off:
            return p
        return AS_STATED.at(own.line.at(asked.reference), logit(p) - logit(asked.reference))

    def _open(self, asked: Question, said: Mapping[str, float]) -> tuple[str, ...]:
        return tuple(sorted(m for m in said if self.rulings.get((m, asked.category)) == "open"))

    def line(self, mind: str, *, model: bool = False) -> Platt:
        """What a mind's stated odds are taken to mean; a language model's for less at first."""
        prior = _prior(model=model)
        return self._lines.get(mind, Platt(intercept=prior.intercept, slope=prior.slope))

    def corrected(self) -> dict[str, Platt]:
        """Categories in which the reference has credibly been off, with what mends it."""
        return {name: own.line for name, own in sorted(self._histories.items()) if own.off}

    def standing(self, mind: str, category: str) -> tuple[Ruling, Trial, Weight]:
        """A mind's ruling, evidence and weight in the pool, in a category."""
        cell = mind, category
        found = self.rulings.get(cell, "young"), self.trials.get(cell, NOBODY)
        return *found, weight(self.pool, mind, category)


def _prior(*, model: bool) -> Prior:
    return LANGUAGE_MODEL if model else HONEST


def _ruled(one: Trial, allowed: bool) -> Ruling:
    """The ruling among all cells: what is open alone may still be shut among many."""
    return "shut" if one.ruling == "open" and not allowed else one.ruling


def _settled(made: Made, happened: float, pooled: float | None) -> Settled:
    asked = made.asked
    return Settled(
        category=asked.category, reference=asked.reference, said=made.said, happened=happened,
        pooled=pooled, count=1 / asked.horizon,
    )  # fmt: skip

"""The desk's own essays, whose every figure is a finding, against the rules for anybody's."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from workbench.desk import replay
from workbench.measures import grounding
from workbench.measures.scoring import Skill

DESKS = {
    "index": "instruments: [SPX, COMP, VIX]\nhorizons: [1]\n",
    "share": "instruments: [TSLA]\nhorizons: [1, 3]\nminds: [flow]\n",
    "coin": 'instruments: [{symbol: BTC-USD, name: bitcoin}, ETH-USD]\nhorizons: [1]\n'
            'clock: {venue: "24/7", after_close: 30}\nminds: [flow]\n',
}  # fmt: skip
RULES = {"two minds"}  # fewer than two minds make no debate: a rule of the desk, no finding


@pytest.mark.parametrize("name", DESKS)
def test_an_essay_of_findings_binds(
    name: str, room: Callable[..., Any], world: Callable[..., Any], skill: Callable[..., Skill]
):
    """Nothing that the rules write is cut: prose, quotations and titles, three dispatches each."""
    made = room(world(params=DESKS[name]))
    for number, found in enumerate([None, skill(0.01, 0.1), skill(-0.1, -0.01)], 1):
        bench = made.bench(number, 3 - number, found)
        dispatch = replay.cycle(bench)
        texts = [dispatch.title, dispatch.dek]
        for section in dispatch.sections.values():
            texts += [html.unescape(re.sub(r"<[^>]+>", "", text)) for text in section.paragraphs]
        known = grounding.desk_of(list(dispatch.findings.values()), bench.snapshot,
                                  bench.snapshot.as_of, bench.desk.table)  # fmt: skip
        bound = grounding.bind("\n\n".join(texts), known)
        bad = {one.figure.text for one in bound if one.verdict in {"stale", "unbound"}}
        assert bad <= RULES
        assert sum(one.verdict == "bound" for one in bound) > 20

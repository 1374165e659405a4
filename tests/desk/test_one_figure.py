"""The same quantity is written in one way: heading, card, table, debate, essay and front page."""

import dataclasses
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.desk import layout, views
from workbench.domain.figures import difference, share

PERCENT = r"[<>]?\d+(?:\.\d+)?%"
ROOT = "../../../"


def read(page: str) -> str:
    """The page's words, without the sizes of drawings."""
    plain = re.sub(r"<(script|style|svg|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


@pytest.fixture(scope="module")
def dispatches(made: dict[str, Any]) -> dict[int, tuple[str, dict[str, Any]]]:
    """Number to the page of each dispatch on the site, and to what it was written from."""
    found = {}
    for path in (made["outputs"] / "site" / "read").glob("*/*/index.html"):
        if path.parent.name == "trail":
            continue
        number = int(path.parts[-3])
        kept: Path = made["outputs"] / "cycles" / str(number) / "dispatch.json"
        found[number] = (path.read_text("utf-8"), json.loads(kept.read_text("utf-8"))["part"])
    return found


def test_a_dispatch_writes_a_probability_in_one_way(
    dispatches: dict[int, tuple[str, dict[str, Any]]],
):
    """Call, base rate and edge of heading and essay are those of the card; minds, of the table."""
    calls = 0
    for page, kept in dispatches.values():
        told = {one["name"]: one for one in kept["findings"]}
        text = {name: one["text"] for name, one in told.items()}
        table = re.search(r'<p class="verdict">(.*?)</p>', page, re.DOTALL)
        voices = set(re.findall(PERCENT, html.unescape(table[1]))) if table else set()
        assert voices >= {text[name] for name in ("low_p", "high_p") if name in text}
        card = re.search(r'<div class="odds"><strong>([^<]+)</strong>.*?<p>([^<]+)</p>', page)
        if card is None:
            continue
        calls += 1
        said, against = html.unescape(card[1]), re.sub(r"[\u00a0\u202f]", " ", card[2])
        base = re.search(rf"Base rate ({PERCENT})\. Edge (\S+) points", html.unescape(against))
        assert base
        assert text.get("call_p", said) == said
        assert text.get("call_base", base[1]) == base[1]
        assert text.get("call_edge", f"{base[2]} points") == f"{base[2]} points"
        heading = re.findall(PERCENT, f"{kept['dek']}")
        assert set(heading) <= {one["text"] for one in told.values()}
    assert calls


def test_every_probability_of_an_essay_follows_the_rule(
    dispatches: dict[int, tuple[str, dict[str, Any]]],
):
    """What the writer was given is what the one function writes of that number and its base."""
    for _, kept in dispatches.values():
        told = {one["name"]: one for one in kept["findings"]}
        for stem in ("call", "due", "near"):
            if {f"{stem}_p", f"{stem}_base"} <= set(told):
                p, base = (told[f"{stem}_{end}"] for end in ("p", "base"))
                assert p["text"] == share(p["value"], base["value"])
                assert base["text"] == share(base["value"], p["value"])


@pytest.mark.parametrize(
    ("p", "base"),
    [(0.843, 0.838), (0.503, 0.4), (0.5003, 0.31), (0.004, 0.0002), (0.9996, 0.97), (0.62, 0.5)],
)
def test_a_page_with_awkward_numbers(
    sample_page: Callable[..., views.DispatchPage], p: float, base: float
):
    """Figures that rounding would make one, or certain, are told apart alike all over the page."""
    plain = sample_page()
    assert plain.call is not None
    assert plain.debate is not None
    row = dataclasses.replace(plain.predictions[0], probability=p, base_rate=base)
    page = dataclasses.replace(
        plain,
        call=dataclasses.replace(
            plain.call, probability=p, base_rate=base, edge_points=100 * (p - base)
        ),
        predictions=(row,),
        debate=dataclasses.replace(
            plain.debate, conviction=share(0.48), base_rate=base, probability=p,
            minds=(views.MindRow(name="Synthesis", probability=p),),
        ),
        body_html="",
    )  # fmt: skip
    shown = read(layout.html(page, ROOT))
    wrote = re.findall(rf"(?:Synthesis|base rate,|Base rate|{re.escape('I say')})\s+({PERCENT})",
                       shown)  # fmt: skip
    assert set(re.findall(PERCENT, shown)) >= {share(p, base), share(base, p)}
    assert set(wrote) <= {share(p, base), share(base, p)}
    assert share(p, base) != share(base, p)
    assert shown.count(difference(100 * (p - base))) >= 2

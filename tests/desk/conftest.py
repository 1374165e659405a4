"""A small site of made-up facts: one dispatch, its trail and the index, as a cycle would write."""

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode, v4

from tests.bench.visits import Visits
from workbench.desk import layout, render, site, views

PLOTLY = "application/vnd.plotly.v1+json"
DISPATCH = "read/126/the-index-stood-still/index.html"


def chart(**layout_keys: Any) -> dict[str, Any]:
    """A line, its threshold and a labelled end, as `workbench.desk.charts` would send them."""
    days = [f"2026-03-{d:02d}" for d in (16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 30, 31)]
    closes = [23.5, 22.4, 25.1, 24.1, 26.8, 26.2, 27.0, 25.3, 27.4, 31.05, 30.6, 25.3]
    meta = {
        "title": "Fear is back where it stood in mid-March, and 26 is one bad day away",
        "subtitle": "VIX at the close, 16 to 31 March 2026, in index points",
        "caption": "Dashed: the call’s threshold. Source: made up for this sample, as of "
        "3 Apr 17:44 UTC. n = 12.",
        "alt": "Line chart. VIX rises from 23.5 to 31.05 and falls to 25.3.",
        "table": {
            "columns": ["Day", "VIX"],
            "rows": [list(p) for p in zip(days, closes, strict=True)],
        },
    }
    line = {"type": "scatter", "mode": "lines", "x": days, "y": closes}
    dot = {"type": "scatter", "mode": "markers+text", "x": days[-1:], "y": closes[-1:]}
    return {
        "data": [
            {**line, "line": {"color": "ink", "width": 1.75}},
            {
                **dot,
                "text": ["25.3"],
                "textposition": "bottom center",
                "marker": {"color": "accent", "size": 9},
            },
        ],
        "layout": {
            "meta": meta,
            "margin": {"r": 64},
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 26,
                    "y1": 26,
                    "line": {"color": "accent", "width": 1.5, "dash": "dash"},
                }
            ],
            "annotations": [
                {
                    "xref": "paper",
                    "x": 1,
                    "xanchor": "left",
                    "y": 26,
                    "text": "<b>26.00</b><br>my call",
                    "showarrow": False,
                    "align": "left",
                    "font": {"color": "accent"},
                }
            ],
            **layout_keys,
        },
    }


def bars() -> dict[str, Any]:
    names = ["TSLA", "META", "GOOGL", "AMZN", "NVDA", "MSFT"]
    moves = [-5.42, -0.82, -0.54, -0.38, 0.93, 1.11]
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": moves,
                "y": names,
                "marker": {"color": ["accent", *["soft"] * 5]},
                "text": [f"{move:+.2f} %".replace("-", "−") for move in moves],
                "textposition": "outside",
                "cliponaxis": False,
            }
        ],
        "layout": {
            "height": 240,
            "margin": {"l": 8, "r": 40},
            "xaxis": {
                "showgrid": True,
                "showline": False,
                "ticks": "",
                "zeroline": True,
                "range": [-8, 2.5],
            },
            "yaxis": {"showgrid": False},
            "meta": {
                "title": "Four of six giants fell on a day the indices call flat",
                "subtitle": "Change on Thursday 2 April 2026, close to close, in per cent",
                "caption": "Source: made up for this sample, as of 3 Apr 17:44 UTC. n = 6.",
                "alt": "Bar chart of six changes. Tesla is far below the rest.",
                "table": {
                    "columns": ["Share", "Change, %"],
                    "rows": [list(pair) for pair in zip(names, moves, strict=True)],
                },
            },
        },
    }


def heat() -> dict[str, Any]:
    return {
        "data": [
            {
                "type": "heatmap",
                "z": [[0.1, 0.4, 0.2], [0.5, None, 0.3], [0.2, 0.6, 0.9]],
                "x": ["1 session", "5 sessions", "20 sessions"],
                "y": ["crisis", "choppy", "risk on"],
            }
        ],
        "layout": {
            "height": 220,
            "yaxis": {"showgrid": False},
            "meta": {
                "title": "Skill gathers where nothing happens",
                "subtitle": "Share right by regime and horizon",
                "caption": "Too few in choppy at 5 sessions. n = 80, worth about 21.",
                "alt": "Heat map of nine cells, darkest at risk on, 20 sessions.",
                "table": {"columns": ["Regime", "n"], "rows": [["crisis", 20]]},
            },
        },
    }


def output(mime: str, value: Any) -> NotebookNode:
    return v4.new_output("display_data", {mime: value})


FRAME = (
    '<div><style scoped>.dataframe td{color:red}</style><table border="1" class="dataframe">'
    '<thead><tr style="text-align: right;"><th></th>'
    + "".join(f"<th>{name}</th>" for name in ("close", "change", "known at", "source", "flag"))
    + "</tr></thead><tbody>"
    + "".join(
        f"<tr><th>{name}</th><td>{close}</td><td>{move}</td><td>2026-04-02 20:16</td>"
        "<td>sample feed</td><td>none</td></tr>"
        for name, close, move in (("SPY", "655.83", "+0.09 %"), ("QQQ", "563.10", "+0.11 %"))
    )
    + "</tbody></table></div>"
)
ESSAY = """There is no tape today. Anything that claims to read Friday’s market is reading \
Thursday’s a second time, so let me at least read it once properly. SPY closed at \
<a class="n nb" href="../trail/6_dispatch.html#spy">655.83</a>, up 0.09 %; QQQ rose 0.11 %. \
On those two numbers, nothing happened.

<div class="note" role="note" aria-label="Source"><p><b>655.83</b> SPY official close, Thu 2 Apr, \
known 20:16 UTC, rechecked today: unchanged.</p></div>

## One bad share is not bad breadth

Underneath, something did. Tesla lost 5.42 %, Meta 0.82 %, Alphabet 0.54 % and Amazon 0.38 %. \
Microsoft gained 1.11 %. Best and worst of the six giants ended 6.53 points apart on a day when \
the index moved a tenth of one, and ETH’s transfer volume still reads $0 on 1.8 million."""
SETTLED = """## What settled since the last one

| Call | I said | Base rate | Outcome |
|:--|--:|--:|:--|
| QQQ beats SPY on Thursday | 55 % | 52 % | <span class="chip" data-s="right">Right</span> |
| VIX closes above 30.00 on Tuesday | 41 % | 47 % | <span class="chip" data-s="wrong">Wrong</span> |
"""
UNKNOWN = """## What I do not know

Nor do I know what this weekend’s news is worth: nobody can trade on it before Monday.

<section class="aside"><h3 class="eyebrow">Sitting out</h3><p>I make no call on bitcoin. The \
pool’s 51 % against a base rate of 50 % does not pass the gate. Not calling is neither right nor \
wrong; the 51 % is kept and scored in the shadows, so that my silence has a known price.</p>\
</section>"""


def notebook(*extra: NotebookNode) -> NotebookNode:
    """An executed notebook with every kind of cell that a desk's own notebooks hold."""
    tagged = {"metadata": {"tags": ["parameters"]}}
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# What is the page of the moment?"),
            v4.new_markdown_cell("What is asked, of what.", metadata={"tags": ["question"]}),
            v4.new_code_cell('desk = "params/default.yaml"', **tagged),
            v4.new_code_cell("secret_preparation()", metadata={"tags": ["hide"]}),
            v4.new_code_cell(
                "write.essay(facts)",
                execution_count=3,
                outputs=[output("text/markdown", ESSAY)],
            ),
            v4.new_code_cell(
                "charts.moves(closes)", execution_count=4, outputs=[output(PLOTLY, bars())]
            ),
            v4.new_markdown_cell(SETTLED),
            v4.new_code_cell(
                "charts.line(closes)", execution_count=5, outputs=[output(PLOTLY, chart())]
            ),
            v4.new_code_cell(
                "snapshot.frame\n\nof_the_day(snapshot)",
                execution_count=6,
                outputs=[
                    v4.new_output("stream", name="stdout", text="2 rows\n"),
                    output("text/html", FRAME),
                ],
            ),
            v4.new_code_cell("record.skill()", execution_count=7, outputs=[output(PLOTLY, heat())]),
            *extra,
            v4.new_markdown_cell(UNKNOWN),
        ]
    )


def page(**changes: Any) -> views.DispatchPage:
    """A dispatch whose call is open."""
    made = views.DispatchPage(
        number=126,
        as_of=dt.datetime(2026, 4, 3, 17, 44, tzinfo=dt.UTC),
        local_time="13:44 in New York",
        mode="live",
        title="The index stood still. Four of its giants did not",
        dek="New York is closed for Good Friday. Every share price here is Thursday’s, and my "
        "one call runs to Monday.",
        banner=views.Banner(
            state="open",
            text="Waiting on the deadline, 3 days and 2 hours left.",
            others="+1 other right, 0 other wrong",
        ),
        call=views.CallCard(
            sentence="VIX stays below 26.00 until Monday’s close",
            direction="below",
            horizon="1 session",
            probability=0.843,
            base_rate=0.802,
            edge_points=4.1,
            wrong_if="VIX prints 26.00 or more in the regular session",
            deadline="Mon 6 Apr, 20:15 UTC, Cboe regular session. No session on 3 Apr",
            settles_on="highest VIX value of the session, reference 23.87",
            ledger_number=2418,
            ledger_hash="9f3c71e04ab85d12c6e790331fd2a5b8",
            registered_at="3 Apr, 17:44:09 UTC",
        ),
        body_html=render.dispatch_body(notebook()),
        predictions=(
            views.PredictionRow(
                sentence="SPY ends 0.3 to 0.8 % lower",
                horizon="1 session",
                probability=0.14,
                base_rate=0.13,
                state="shadow",
                reason="edge of 1 point is below the gate",
            ),
            views.PredictionRow(
                sentence="SPY closes below 655.83",
                horizon="5 sessions",
                probability=0.44,
                base_rate=0.46,
                state="right",
            ),
            views.PredictionRow(
                sentence="SPY moves more than 3 %",
                horizon="1 session",
                probability=0.004,
                base_rate=0.02,
                state="void",
                reason="series quarantined",
            ),
        ),
        debate=views.DebateView(
            label="aligned_bearish",
            conviction="0.62",
            formula="mean distance from the base rate × share of minds that agree",
            claim="VIX stays below 26.00",
            base_rate=0.802,
            minds=(
                views.MindRow(name="Macro", probability=0.90),
                views.MindRow(name="Flow", absent="no order-flow feed since 02:10 UTC"),
                views.MindRow(name="Contrarian", probability=0.74),
                views.MindRow(name="Synthesis", probability=0.843),
            ),
        ),
        permalink="read/126/the-index-stood-still/",
        older=views.Link(title="A relief rally with nobody selling into it", href=DISPATCH),
        newer=views.Link(title="Monday, and what it was worth", href=DISPATCH),
        previous=(
            views.Link(title="The second day of a bounce is the honest one", href=DISPATCH),
            views.Link(title="Nearly three per cent, and what it forgot", href=DISPATCH),
        ),
        sources=("a sample feed, no terms",),
        notices=("Sample data: nobody.",),
        written_by="rules, no language model",
        code_version="0.1.0",
        snapshot="b41d0c9a55e07e2fa113",
        trail="read/126/trail/6_dispatch.html",
    )
    return replace(made, **changes)


def trail(body_html: str | None = None) -> views.TrailPage:
    return views.TrailPage(
        number=126,
        title="What is the page of the moment?",
        name="6_dispatch",
        question=render.heading(notebook()),
        body_html=render.trail_body(notebook()) if body_html is None else body_html,
        notebooks=tuple(
            views.Link(title=name, href="read/126/trail/6_dispatch.html")
            for name in ("1_pull", "2_score", "3_regime", "4_debate", "5_predict", "6_dispatch")
        ),
        dispatch=views.Link(title="The index stood still", href=DISPATCH),
        download="read/126/trail/6_dispatch.ipynb",
    )


def index(latest: views.DispatchPage) -> views.IndexPage:
    states: tuple[tuple[views.State, str, str], ...] = (
        ("right", "QQQ beats SPY on Thursday", "score 0.51"),
        ("wrong", "VIX closes above 30.00 on Tuesday", "score 0.48, it left in a day"),
        ("none", "", ""),
        ("void", "ETH transfer volume rises on Sunday", "series quarantined"),
        ("awaiting", "CPI of March is above 2.4 %", ""),
    )
    return views.IndexPage(
        latest=latest,
        entries=tuple(
            views.IndexEntry(
                number=125 - i,
                mode="replay",
                date=f"{2 + i} April",
                title="The second day of a bounce is the honest one",
                href=DISPATCH,
                call=call,
                banner=views.Banner(state=state, text="No claim passed the gate."),
                score=score,
            )
            for i, (state, call, score) in enumerate(states)
        ),
        record=(
            ("Settled", "395, worth about 61"),
            ("Skill", "+1.8 %, 95 % from −2.1 to +5.6"),
        ),
    )


def build(folder: Path, dispatch: views.DispatchPage, of_trail: views.TrailPage) -> dict[str, Path]:
    """Writes a dispatch, its trail and the index below a folder with all assets."""
    pages = {
        "dispatch": (DISPATCH, layout.html(dispatch, "../../../")),
        "trail": (
            "read/126/trail/6_dispatch.html",
            layout.html(of_trail, "../../../"),
        ),
        "index": ("index.html", layout.html(index(dispatch), "")),
    }
    site.write(folder, layout.assets() | {path: html.encode() for path, html in pages.values()})
    return {name: folder / path for name, (path, _html) in pages.items()}


# What a desk's record keeps, made up: a board as `steps.scoreboard` makes it, and the account.


def forecaster(name: str, skill: float | None, **other: Any) -> dict[str, Any]:
    """A row of a record: a forecaster, over all regimes or in one."""
    half = None if skill is None else 0.04
    ends = (None, None) if skill is None or half is None else (skill - half, skill + half)
    return {
        "forecaster": name, "regime": "", "n": 6120, "n_eff": 612.4, "dates": 124, "brier": 0.2136,
        "skill": skill, "skill_low": ends[0], "skill_high": ends[1],
        "credible": None if skill is None else ends[0] is not None and ends[0] > 0, "tried": 17,
    } | other  # fmt: skip


def made_board(mode: str, *, empty: bool = False, **said: Any) -> dict[str, Any]:
    """One mode's record; ``empty`` of one that settled only voids, ``said`` of its headline."""
    reason = "a bar was still missing after the days of grace"
    voids = {"n": 17, "said": 4, "reasons": [{"reason": reason, "n": 17, "said": 4}]}
    none = {"n": 0, "n_eff": 0.0, "dates": 0, "skill": None, "low": None, "high": None,
            "brier": None, "base_brier": None, "right": 0, "wrong": 0, "times": None}  # fmt: skip
    if empty:
        return {
            "mode": mode, "settled": 17, "said": none, "course": [], "voids": voids,
            "calibration": [], "forecasters": [], "regimes": [],
            "debate": {"told": "No claim has settled yet.", "rows": []},
            "silence": {"told": "Nothing that I kept to myself has settled yet.", "rows": []},
            "coverage": [],
        }  # fmt: skip
    course = said.pop("course", None)
    figures = {"n": 395, "n_eff": 61.2, "dates": 124, "skill": 0.018, "low": -0.021,
               "high": 0.056, "brier": 0.1964, "base_brier": 0.2, "right": 231, "wrong": 164,
               "times": 4.66} | said  # fmt: skip
    days = ("2026-01-30", "2026-02-27", "2026-04-02")
    bins = [(0.08, 0.06, 0.02, 0.15), (0.36, 0.4, 0.27, 0.54), (0.74, 0.7, 0.54, 0.82)]
    regimes = [
        forecaster("Macro", 0.024, regime="risk_on", n=58, n_eff=31.0),
        forecaster("synthesis", 0.019, regime="risk_on"), forecaster("synthesis", None,
                                                                     regime="crisis", n=9),
        forecaster("Flow", None, regime="risk_on", n=12), forecaster("Flow", None,
                                                                     regime="crisis", n=3),
        forecaster("Contrarian", -0.031, regime="risk_on"),
    ]  # fmt: skip
    silent = {"n": 5725, "n_eff": 402.0, "dates": 124, "earned": 12.4, "low": -3.1, "high": 27.9}
    return {
        "mode": mode, "settled": 6137, "said": figures, "voids": voids,
        "course": course if course is not None else [
            {"cycle": 40 + k, "date": day, "n": 100 + 90 * k, "n_eff": 20.0 + 18 * k,
             "skill": 0.01 * k - 0.004, "low": 0.01 * k - 0.2 / (k + 1),
             "high": 0.01 * k + 0.2 / (k + 1)}
            for k, day in enumerate(days)
        ],
        "calibration": [
            {"said": p, "happened": share, "low": low, "high": high, "n": 2040, "n_eff": 210.0}
            for p, share, low, high in bins
        ],
        "forecasters": [
            forecaster("synthesis", 0.018), forecaster("scenario", 0.015, credible=False),
            forecaster("climatology", 0.0, credible=None), forecaster("persistence", -0.065),
            forecaster("Macro", 0.03), forecaster("Contrarian", -0.02), forecaster("Flow", None),
        ],
        "regimes": regimes,
        "debate": {"told": "The debate helps: +2.1% [+0.4, +3.8] on 6,120 claims of 124 dates.",
                   "rows": [{"forecaster": "synthesis", "verdict": "helps"}]},
        "silence": {
            "told": "What I kept to myself, 5,725 claims on 124 dates, would have scored +12.4 "
            "[−3.1, +27.9] in all against the base rate. That can be luck, so I call silence "
            "neither dear nor cheap.",
            "rows": [silent | {"verdict": "shut", "silence": "of families still shut"},
                     silent | {"verdict": "silent", "silence": "all that I kept to myself"}],
        },
        "coverage": [
            {"coverage": c, "n": round(6120 * c), "n_eff": 612.4 * c, "brier": 0.2 + c / 50,
             "skill": 0.05 - c / 50, "low": -0.02, "high": 0.09, "spoken": 0.0645}
            for c in (0.25, 0.5, 1.0)
        ],
    }  # fmt: skip


def made_books() -> dict[str, Any]:
    """The paper accounts: a live one of forty cycles, a replayed one that never began."""
    days = [f"2026-03-{day:02d}T22:00:00Z" for day in (2, 9, 16, 23, 30)]
    worth = (100.0, 101.0, 98.98, 102.0, 103.0)
    course = [
        {"as_of": day, "equity": value, "drawdown": -0.02 if k == 2 else 0.0,
         "hold": 100.0 + 0.3 * k, "hold_drawdown": 0.0}
        for k, (day, value) in enumerate(zip(days, worth, strict=True))
    ]  # fmt: skip
    live = {"cycles": 40, "trades": 7, "idle": False, "return": 0.03, "hold": 0.012,
            "drawdown": -0.02, "hold_drawdown": 0.0, "exposure": 0.25,
            "course": course}  # fmt: skip
    return {"lead": "S&P 500", "accounts": {"live": live, "replay": {"cycles": 0, "trades": 0}}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium; module by module, as its event loop would disturb kernels."""
    path = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have chromium and playwright")
        pytest.skip("no chromium or no playwright on this machine")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=options)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Visits]:
    """Opens pages; at the end none has said a word on the console, raised an error, failed to
    find a file or asked for one beyond its site.
    """
    visits = Visits(browser)
    yield visits
    visits.close()
    assert visits.said == []
    assert visits.outside == []


@pytest.fixture(scope="session")
def sample_notebook() -> Callable[..., NotebookNode]:
    return notebook


@pytest.fixture(scope="session")
def sample_chart() -> Callable[..., dict[str, Any]]:
    return chart


@pytest.fixture
def sample_page() -> Callable[..., views.DispatchPage]:
    return page


@pytest.fixture
def sample_trail() -> Callable[..., views.TrailPage]:
    return trail


@pytest.fixture
def build_site() -> Callable[..., dict[str, Path]]:
    return build


@pytest.fixture(scope="session")
def board() -> Callable[..., dict[str, Any]]:
    return made_board


@pytest.fixture(scope="session")
def books() -> dict[str, Any]:
    return made_books()

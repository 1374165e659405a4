"""Publishing: executed notebooks and the ledger's facts as static pages.

A dispatch's essay is the executed notebook, never edited; everything that becomes known later
(banner, scores, newer links) is rendered around it. Publishing a cycle writes its own pages, and
rewrites only those whose state it changed. All pages are made and checked before the first is
written, so one that fails the final check stops everything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import nbformat
import sqlalchemy as sa

from workbench.desk import guard, layout, render
from workbench.desk.notebooks import NAMES
from workbench.domain.calendars import moment, venue
from workbench.domain.claims import PATH_KINDS, Claim, from_content
from workbench.domain.errors import CycleFailed
from workbench.domain.records import CONTROLS
from workbench.domain.sentences import day
from workbench.measures.pooling import CONVICTION
from workbench.measures.scoring import edge, is_right
from workbench.steps import score
from workbench.world import ledger as book
from workbench.world.files import write_atomic
from workbench.world.ledger import Ledger
from workbench.world.params import Desk

_LISTED = 30  # dispatches on the front page
_SHADOWS = 6  # shadows shown below the predictions
_ROOT = "../../../"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A published dispatch: its file, its title, and its call in one line."""

    path: Path
    title: str
    call: str


def publish(desk: Desk, ledger: Ledger, number: int) -> Page:
    """Publishes one finished cycle.

    Args:
        desk: Whose site.
        ledger: All rows of the cycle are on it.
        number: The cycle.

    Returns:
        The dispatch's page.

    Raises:
        CycleFailed: A page holds something that could run, leak or load from elsewhere.
    """
    site = desk.outputs / "site"
    numbers = _published(site, number)
    files = _trail(desk, ledger, number)
    touched = {number, *numbers[-2:-1], *_settled_since(ledger, numbers)}
    touched |= set(_overdue(ledger, numbers))
    pages = {n: _dispatch(desk, ledger, n, numbers) for n in sorted(touched)}
    files |= {page.permalink: layout.dispatch_html(page, _ROOT) for page in pages.values()}
    latest = pages[number]
    files["index.html"] = _index(ledger, latest, numbers)
    for name, text in files.items():
        problems = guard.scan(text) if name.endswith(".html") else guard.leaks(text)
        if problems:
            raise CycleFailed(f"{name} is not published, nor anything else: {problems[0]}.")
    layout.write_assets(site)
    for name, text in files.items():
        _write(site / name, text.encode())
    return Page(path=site / latest.permalink, title=latest.title, call=_line(latest))


def _published(site: Path, number: int) -> list[int]:
    """Cycles with pages before this one, oldest first, and this one last."""
    known = sorted(int(path.name) for path in (site / "read").glob("[0-9]*"))
    return [n for n in known if n < number] + [number]


def _settled_since(ledger: Ledger, numbers: Sequence[int]) -> list[int]:
    """Published dispatches with a prediction that settled after the last publication."""
    before = numbers[-2] if len(numbers) > 1 else 0
    query = (
        sa.select(book.decisions.c.cycle)
        .join(book.settlements, book.settlements.c.claim == book.decisions.c.claim)
        .where(book.settlements.c.cycle > before, book.decisions.c.role != "shadow")
        .distinct()
    )
    return [row["cycle"] for row in ledger.read(query) if row["cycle"] in numbers]


def _overdue(ledger: Ledger, numbers: Sequence[int]) -> list[int]:
    """Published dispatches with a prediction past its deadline and not settled yet."""
    claims = ledger.due(moment(_row(ledger, numbers[-1])["as_of"]))
    query = sa.select(book.decisions.c.cycle, book.decisions.c.claim)
    waiting = {claim.id for claim in claims}
    rows = ledger.read(query.where(book.decisions.c.claim.in_(waiting)))
    return [row["cycle"] for row in rows if row["cycle"] in numbers]


def _trail(desk: Desk, ledger: Ledger, number: int) -> dict[str, str]:
    """The executed notebooks of a cycle, as pages and as downloads: path to text."""
    row = _row(ledger, number)
    dispatch = layout.Link(title=row["title"], href=_permalink(number, row["slug"]))
    links = tuple(
        layout.Link(title=name, href=f"read/{number}/trail/{name}.html") for name in NAMES
    )
    files: dict[str, str] = {}
    for link in links:
        nb = _notebook(desk, number, link.title)
        download = link.href.replace(".html", ".ipynb")
        page = layout.TrailPage(
            number=number,
            title=row["title"],
            name=link.title,
            question=render.heading(nb),
            body_html=render.trail_body(nb),
            notebooks=links,
            dispatch=dispatch,
            download=download,
        )
        files[link.href] = layout.trail_html(page, _ROOT)
        nb.metadata.pop("papermill", None)  # paths of the machine that ran it
        text: str = nbformat.writes(nb)  # type: ignore[no-untyped-call]  # nbformat is untyped
        files[download] = text
    return files


def _notebook(desk: Desk, number: int, name: str) -> nbformat.NotebookNode:
    path = desk.outputs / "cycles" / str(number) / "notebooks" / f"{name}.ipynb"
    found: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]  # nbformat is untyped
    return found


def _row(ledger: Ledger, number: int) -> sa.RowMapping:
    query = sa.select(book.dispatches, book.cycles).join(
        book.cycles, book.cycles.c.number == book.dispatches.c.of
    )
    found = ledger.read(query.where(book.dispatches.c.of == number))
    if not found:
        raise CycleFailed(f"Cycle {number} has no dispatch on the ledger. Run it again.")
    return found[0]


def _permalink(number: int, slug: str) -> str:
    return f"read/{number}/{slug}/index.html"


def _claims(ledger: Ledger, number: int) -> list[dict[str, Any]]:
    """Every decision of a cycle with its claim and settlement, calls first."""
    settled = book.settlements.c
    query = (
        sa.select(
            book.claims.c.content, book.claims.c.sentence, book.claims.c.kind,
            book.decisions.c.role,
            book.decisions.c.probability, book.decisions.c.base_rate, book.decisions.c.gain,
            book.decisions.c.reason.label("why"), book.claims.c.id,
            book.decisions.c.seq.label("number"), book.decisions.c.hash.label("chain"),
            book.decisions.c.registered_at, settled.outcome, settled.reason.label("how"),
        )
        .join(book.decisions, book.decisions.c.claim == book.claims.c.id)
        .outerjoin(book.settlements, settled.claim == book.claims.c.id)
        .where(book.claims.c.cycle == number)
        .order_by(book.decisions.c.role, book.decisions.c.gain.desc())
    )  # fmt: skip
    return [dict(row) for row in ledger.read(query)]


def _dispatch(
    desk: Desk, ledger: Ledger, number: int, numbers: Sequence[int]
) -> layout.DispatchPage:
    row = _row(ledger, number)
    kept = cast(dict[str, Any], json.loads((desk.outputs / "cycles" / str(number) / "dispatch.json")
                                           .read_text("utf-8")))  # fmt: skip
    claims = _claims(ledger, number)
    call = next((c for c in claims if c["role"] == "call"), None)
    as_of, local = moment(row["as_of"]), ZoneInfo(desk.params.zone)
    here = numbers.index(number)
    newest = moment(cast(str, (ledger.last_cycle() or row)["as_of"]))
    return layout.DispatchPage(
        number=number,
        cycle=number,
        as_of=as_of,
        local_time=f"{as_of.astimezone(local):%H:%M} in {_city(local)}",
        mode=row["mode"],
        title=row["title"],
        dek=kept["dek"],
        banner=_banner(claims, newest.timestamp()),
        call=None if call is None else _card(desk, call, kept["wrong_if"]),
        body_html=render.dispatch_body(_notebook(desk, number, "6_dispatch")),
        predictions=_predictions(claims, newest.timestamp()),
        debate=_debate(ledger, number, claims, kept),
        permalink=_permalink(number, row["slug"]),
        older=_link(ledger, numbers[here - 1]) if here else None,
        newer=_link(ledger, numbers[here + 1]) if here + 1 < len(numbers) else None,
        previous=tuple(
            _link(ledger, n) for n in reversed(numbers[max(0, here - 6) : max(0, here - 1)])
        ),
        sources=tuple(kept["sources"]),
        written_by="rules, from the findings of this cycle",
        code_version=row["code"],
        snapshot=row["snapshot"],
        trail=f"read/{number}/trail/1_pull.html",
    )


def _city(zone: ZoneInfo) -> str:
    """The last part of a zone's name: America/New_York gives New York."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def _link(ledger: Ledger, number: int) -> layout.Link:
    row = _row(ledger, number)
    return layout.Link(title=row["title"], href=_permalink(number, row["slug"]))


def _state(one: dict[str, Any], now: float) -> layout.State:
    if one["outcome"] is None:
        claim = from_content(json.loads(one["content"]))
        return "open" if claim.window.deadline.timestamp() > now else "awaiting"
    if one["outcome"] == "void":
        return "void"
    return "right" if is_right(one["probability"], one["outcome"] == "yes") else "wrong"


def _score(one: dict[str, Any]) -> float:
    return edge(one["probability"], one["base_rate"], float(one["outcome"] == "yes"))


def _banner(claims: list[dict[str, Any]], now: float) -> layout.Banner:
    call = next((c for c in claims if c["role"] == "call"), None)
    others = [_state(c, now) for c in claims if c["role"] == "other"]
    known = [state for state in others if state in {"right", "wrong"}]
    tally = (
        f"+{known.count('right')} other right, {known.count('wrong')} other wrong" if known else ""
    )
    if call is None:
        count = len(others)
        beside = f"{count} other prediction{'s' * (count != 1)}" if count else "Nothing"
        verb = "are" if count > 1 else "is"
        return layout.Banner(state="none", text=f"{beside} {verb} on record.", others=tally)
    state = _state(call, now)
    if state in {"right", "wrong"}:
        text = f"Score {_score(call):.2f}, where 0.50 is what the base rate earns. {call['how']}"
    elif state == "void":
        text = call["how"]
    else:
        claim = from_content(json.loads(call["content"]))
        waiting = (
            "Waiting on the deadline"
            if state == "open"
            else "The deadline has passed; waiting for data since"
        )
        text = f"{waiting}: {_deadline(claim)}."
    return layout.Banner(state=state, text=text, others=tally)


def _deadline(claim: Claim) -> str:
    return f"{day(claim.window.date)}, {claim.window.deadline:%H:%M} UTC"


def _card(desk: Desk, call: dict[str, Any], wrong_if: str) -> layout.CallCard:
    claim = from_content(json.loads(call["content"]))
    one = next(i for i in desk.table if i.symbol == claim.subject)
    session = venue(one.venue).session(claim.window.date)
    kind = "half-day close" if session.early else "close"
    count = claim.window.sessions
    what = "highs and lows" if claim.kind in PATH_KINDS else "official close"
    names = " and ".join(next(i for i in desk.table if i.symbol == s).name for s in claim.symbols)
    references = ", ".join(f"{r.value:,.2f}" for r in claim.references)
    return layout.CallCard(
        sentence=call["sentence"],
        direction=_direction(claim),
        horizon=f"{count} session{'s' * (count > 1)}",
        probability=call["probability"],
        base_rate=call["base_rate"],
        edge_points=100 * (call["probability"] - call["base_rate"]),
        wrong_if=wrong_if,
        deadline=f"{_deadline(claim)}, the {one.venue} {kind}",
        settles_on=f"{what} of {names}; reference {references}",
        ledger_number=call["number"],
        ledger_hash=call["chain"],
        registered_at=f"{call['registered_at'][:16].replace('T', ' ')} UTC",
    )


def _direction(claim: Claim) -> str:
    """Which way the claim points, as one word with an arrow."""
    up, down, width = "↑ Up", "↓ Down", "↔ Width"
    match claim.kind:
        case "direction" | "magnitude":
            return {"up": up, "down": down}.get(claim.side or "", width)
        case "level":
            return up if claim.lo is not None else down
        case "stays" | "touch" if claim.lo is None or claim.hi is None:
            return up if (claim.kind == "touch") == (claim.hi is not None) else down
        case "relative":
            return "↑ Relative"
        case _:
            return width


def _predictions(claims: list[dict[str, Any]], now: float) -> tuple[layout.PredictionRow, ...]:
    others = [c for c in claims if c["role"] == "other"]
    # Of each family only the shadow that came nearest to being said.
    nearest = {c["kind"]: c for c in reversed(claims) if c["role"] == "shadow"}
    shadows = sorted(nearest.values(), key=lambda c: -c["gain"])[:_SHADOWS]
    return tuple(
        layout.PredictionRow(
            sentence=c["sentence"],
            horizon=_horizon(c),
            probability=c["probability"],
            base_rate=c["base_rate"],
            state=_state(c, now) if c["role"] == "other" else "shadow",
            reason="" if c["role"] == "other" else c["why"],
        )
        for c in (*others, *shadows)
    )


def _horizon(one: dict[str, Any]) -> str:
    count = from_content(json.loads(one["content"])).window.sessions
    return f"{count} session{'s' * (count > 1)}"


def _debate(
    ledger: Ledger, number: int, claims: list[dict[str, Any]], kept: dict[str, Any]
) -> layout.DebateView | None:
    """Every mind on the call, or on the claim that came nearest to being one."""
    if not claims:
        return None
    shadows = [c for c in claims if c["role"] == "shadow"] or claims
    nearest = max(shadows, key=lambda c: (c["gain"], c["id"]))
    subject = next((c for c in claims if c["role"] == "call"), nearest)
    query = sa.select(book.forecasts.c.forecaster, book.forecasts.c.probability)
    rows = ledger.read(
        query.where(book.forecasts.c.claim == subject["id"]).order_by(book.forecasts.c.seq)
    )
    said = {
        row["forecaster"]: row["probability"] for row in rows if row["forecaster"] not in CONTROLS
    }
    gone = ledger.read(sa.select(book.absences).where(book.absences.c.cycle == number))
    subject_symbol = from_content(json.loads(subject["content"])).subject
    absent = {row["mind"]: row["reason"] for row in gone if row["scope"] in {"", subject_symbol}}
    minds = [
        layout.MindRow(name=who, probability=p, text="")
        for who, p in said.items()
        if who != "synthesis"
    ]
    minds += [
        layout.MindRow(name=who, probability=None, text=why)
        for who, why in absent.items()
        if who not in said
    ]
    minds.append(layout.MindRow(name="Synthesis", probability=said["synthesis"], text=""))
    conviction = kept["conviction"]
    return layout.DebateView(
        label=kept["label"],
        conviction="none" if conviction is None else f"{100 * conviction:.0f}%",
        formula=CONVICTION,
        claim=subject["sentence"],
        base_rate=subject["base_rate"],
        minds=tuple(minds),
    )


def _index(ledger: Ledger, latest: layout.DispatchPage, numbers: Sequence[int]) -> str:
    now = latest.as_of.timestamp()
    entries = []
    for number in reversed(numbers[-_LISTED - 1 : -1]):
        row, claims = _row(ledger, number), _claims(ledger, number)
        call = next((c for c in claims if c["role"] == "call"), None)
        banner = _banner(claims, now)
        settled = call is not None and banner.state in {"right", "wrong"}
        entries.append(
            layout.IndexEntry(
                number=number,
                date=day(moment(row["as_of"]).date()),
                title=row["title"],
                href=_permalink(number, row["slug"]),
                call="" if call is None else call["sentence"],
                banner=banner,
                score=f"score {_score(call):.2f}" if settled and call is not None else "",
            )
        )
    page = layout.IndexPage(latest=latest, entries=tuple(entries), record=_record(ledger, latest))
    return layout.index_html(page)


def _record(ledger: Ledger, latest: layout.DispatchPage) -> tuple[tuple[str, str], ...]:
    found = score.record_skill(score.on_record(ledger, latest.number, latest.mode))
    rows = [("Settled predictions", f"{found.n:,}"), ("Effective n", f"{found.n_eff:,.0f}")]
    if found.skill is None or found.low is None or found.high is None:
        return (*rows, ("Skill", "too few"))
    return (
        *rows,
        ("Skill over the base rate", f"{100 * found.skill:+.1f}%"),
        ("Interval, 95%", f"{100 * found.low:+.1f} to {100 * found.high:+.1f}%"),
    )


def _line(page: layout.DispatchPage) -> str:
    if page.call is None:
        return "I'm sitting this one out."
    p, b = page.call.probability, page.call.base_rate
    return (
        f"{page.call.sentence}: {100 * p:.0f}% (base rate {100 * b:.0f}%), due {page.call.deadline}"
    )


def _write(path: Path, data: bytes) -> None:
    if not path.is_file() or path.read_bytes() != data:
        write_atomic(path, data)

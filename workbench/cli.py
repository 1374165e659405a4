"""The command line: every command is one line of work, every mistake one line on stderr."""

from __future__ import annotations

import datetime as dt
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.exceptions import TyperException

from workbench.domain.errors import ClaimRefused, ParamsError, WorkbenchError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.world.params import Desk

app = typer.Typer(
    help="A research desk in notebooks whose every call settles itself.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False,
)  # fmt: skip
archive_app = typer.Typer(help="The observation store.", no_args_is_help=True)
app.add_typer(archive_app, name="archive")
site_app = typer.Typer(help="The static site.", no_args_is_help=True)
app.add_typer(site_app, name="site")

DeskFile = Annotated[str, typer.Option("-f", "--file", help="The desk's params file.")]
Outputs = Annotated[
    str | None, typer.Option("--outputs", help="Folder of everything that running makes.")
]
Store = Annotated[str | None, typer.Option("--archive", help="Folder of the archive.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
DEFAULT = "params/default.yaml"
_INTERRUPTED = 130  # as shells count a process that was stopped from the keyboard


def _desk(file: str, outputs: str | None, archive: str | None) -> Desk:
    from workbench.world.params import open_desk

    return open_desk(file, outputs, archive)


def _say(text: str) -> None:
    print(text)


def _frame(frame: pd.DataFrame, as_json: bool) -> None:
    """A frame as an aligned table or as JSON records, missing values as null."""
    if as_json:
        _say(_records(frame))
    else:
        _say(frame.to_string(index=False, na_rep="–", float_format=lambda v: f"{v:.4f}"))


def _records(frame: pd.DataFrame) -> str:
    return str(frame.to_json(orient="records", date_format="iso", indent=1))


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise ParamsError(f"{text!r} is not a date. Write it as 2018-01-29.") from error


@app.command()
def cycle(
    file: DeskFile = DEFAULT,
    parameter: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", help="key=value for the notebooks.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="The cycle's moment, ISO in UTC.")] = None,
    outputs: Outputs = None,
    archive: Store = None,
) -> None:
    """Run one cycle: six notebooks, then publish the dispatch."""
    from workbench.desk import cycle as cycles
    from workbench.desk.progress import Meter
    from workbench.domain.calendars import iso, moment

    given = {}
    for pair in parameter or []:
        name, found, value = pair.partition("=")
        if not found:
            raise ParamsError(f"-p {pair!r} is not key=value.")
        given[name.strip()] = value
    when = moment(as_of) if as_of else None
    with Meter() as meter:
        done = cycles.run(_desk(file, outputs, archive), given=given, as_of=when, told=meter.told)
    _say(f"Dispatch {done.number}, as of {iso(done.as_of)}: {done.title}")
    _say(f"My call: {done.call}")
    _say(f"Read it: {_near(done.page)}")
    if done.stale:
        numbers = ", ".join(map(str, done.stale))
        _say(f"Not renewed, because their folders under outputs/cycles are gone: {numbers}")


def _near(path: Path) -> str:
    """A path as seen from the working folder when it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@app.command()
def pull(
    file: DeskFile = DEFAULT, outputs: Outputs = None, archive: Store = None, as_json: Json = False
) -> None:
    """Ask every feed of the desk at once, and keep what comes with the moment it came."""
    _pulled(_desk(file, outputs, archive), None, as_json)


def _pulled(desk: Desk, since: dt.datetime | None, as_json: bool) -> None:
    """Pulls, says how each feed answered, and fails when all are dark."""
    from workbench.desk.lock import held
    from workbench.desk.progress import Meter
    from workbench.steps.opening import fill
    from workbench.steps.refresh import frame, refresh, summary

    with held(desk.outputs), Meter() as meter:
        done = refresh(desk, fill(desk), since=since, told=meter.told)
    if as_json:
        _frame(frame(done), as_json)
    else:
        _say(summary(done))
    if all(one.state == "dark" for one in done.health):
        raise typer.Exit(1)


@app.command()
def replay(
    first: Annotated[str, typer.Option("--from", help="First session.")],
    last: Annotated[str, typer.Option("--to", help="Last session.")],
    every: Annotated[int, typer.Option(help="Sessions from one cycle to the next.", min=1)] = 1,
    file: DeskFile = DEFAULT,
    outputs: Outputs = None,
    archive: Store = None,
) -> None:
    """Replay sessions through the step functions, without kernels."""
    from workbench.desk import replay as replays
    from workbench.desk.lock import held
    from workbench.desk.progress import Meter
    from workbench.steps.opening import fill
    from workbench.world.ledger import Ledger

    desk = _desk(file, outputs, archive)
    with held(desk.outputs), Meter() as meter:
        count = replays.replay(
            desk, fill(desk), Ledger(desk.ledger), _date(first), _date(last), every=every,
            progress=lambda done, of, session: meter.told(f"replay {session}", done, of),
        )  # fmt: skip
    _say(f"{count} cycles replayed, {first} to {last}.")


@app.command()
def record(
    file: DeskFile = DEFAULT, outputs: Outputs = None, archive: Store = None, as_json: Json = False
) -> None:
    """The track record: forecasters, whether the debate helps, regimes, and what silence cost."""
    import shutil

    from workbench.desk import reckoning
    from workbench.world.ledger import existing

    found = reckoning.reckoned(existing(_desk(file, outputs, archive).ledger))
    width = shutil.get_terminal_size((reckoning.WIDE, 24)).columns
    told = json.dumps(reckoning.answer(found), indent=1) if as_json else None
    _say(told or reckoning.text(found, width))


@app.command()
def evaluate(
    first: Annotated[
        str | None, typer.Option("--from", help="First session with a forecast.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last session with a forecast.")] = None,
    panel: Annotated[
        Literal["fixed", "sigma"],
        typer.Option(help="Strikes: fixed per cent, or multiples of the trailing deviation."),
    ] = "fixed",
    horizon: Annotated[
        list[int] | None, typer.Option(help="Sessions; may be repeated.", min=1, max=22)
    ] = None,
    minds: Annotated[
        bool, typer.Option("--minds", help="Also every house mind, which takes minutes.")
    ] = False,
    file: DeskFile = DEFAULT,
    outputs: Outputs = None,
    archive: Store = None,
    as_json: Json = False,
) -> None:
    """Walk every forecaster through the panel of claims on the whole archive."""
    from workbench.desk import evaluate as evaluation
    from workbench.desk.progress import Meter
    from workbench.steps.opening import fill

    desk = _desk(file, outputs, archive)
    horizons = tuple(dict.fromkeys(horizon or evaluation.HORIZONS))
    with Meter() as meter:
        found = evaluation.evaluate(
            desk, fill(desk), first=_date(first) if first else None,
            last=_date(last) if last else None, strikes=panel, horizons=horizons, minds=minds,
            progress=lambda done, of, what: meter.told(f"evaluate {what}", done, of),
        )  # fmt: skip
    for what, why in found.skipped:
        print(f"left out {what}: {why}", file=sys.stderr if as_json else sys.stdout)
    _frame(found.rows, as_json)


@app.command()
def verify(
    file: DeskFile = DEFAULT, outputs: Outputs = None, archive: Store = None, as_json: Json = False
) -> None:
    """Check the hash chain and settle every claim again; exit 1 on any difference."""
    from workbench.desk.verify import verify as check

    found = check(_desk(file, outputs, archive))
    answer: dict[str, Any] = {
        "rows": found.rows, "claims": found.claims, "differences": list(found.differences)
    }  # fmt: skip
    if as_json:
        _say(json.dumps(answer, indent=1))
    else:
        for line in found.differences:
            _say(line)
        state = "holds" if not found.differences else "does not hold"
        _say(f"{found.rows:,} rows and {found.claims:,} settlements: the ledger {state}.")
    if found.differences:
        raise typer.Exit(1)


@app.command()
def claim(
    text: Annotated[str | None, typer.Argument(help="A prediction in desk English.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Moment of issue, ISO in UTC.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="JSON lines with text and as_of, one claim each.")
    ] = None,
    desk: Annotated[str, typer.Option("-f", "--desk", help="The desk's params file.")] = DEFAULT,
    odds: Annotated[
        bool, typer.Option("--odds", help="Also what each forecaster says, from the archive.")
    ] = False,
    outputs: Outputs = None,
    archive: Store = None,
    as_json: Json = False,
) -> None:
    """Compile a prediction to claims that a rule can settle, or refuse it and say why."""
    from workbench.desk import compiling
    from workbench.domain.calendars import UTC, moment

    if (text is None) == (file is None):
        raise ParamsError("Give a text, or --file with JSON lines, and not both.")
    if odds and file is not None:
        raise ParamsError("--odds answers one text. Leave --file out.")
    opened = _desk(desk, outputs, archive)
    table = opened.table
    when = moment(as_of) if as_of else dt.datetime.now(UTC)
    if file is not None:
        for answered in compiling.batch(file, when, table):
            _say(json.dumps(answered) if as_json else compiling.block(answered))
        return
    asked = None
    if odds:
        from workbench.steps.odds import odds as odds_of
        from workbench.steps.opening import fill

        asked = partial(odds_of, opened, fill(opened))
    answered = compiling.answer(text or "", when, table, odds=asked)
    if answered["status"] == "refused":
        if not as_json:
            raise ClaimRefused(answered["code"], answered["reason"], answered["nearest"])
        _say(json.dumps(answered, indent=1))
        raise typer.Exit(2)
    _say(json.dumps(answered, indent=1) if as_json else compiling.block(answered))


@archive_app.command("status")
def archive_status(
    file: DeskFile = DEFAULT, outputs: Outputs = None, archive: Store = None, as_json: Json = False
) -> None:
    """What the archive holds, how fresh it is, what dated it, and what is wrong with it."""
    from workbench.domain.calendars import iso
    from workbench.steps.holdings import flags_at_end, gathered
    from workbench.steps.opening import fill

    desk = _desk(file, outputs, archive)
    store = fill(desk)
    held = store.status(instruments=desk.table)
    flags = flags_at_end(desk, store)
    told = {
        "parts": held.parts, "bytes": held.bytes, "series": held.series, "rows": held.rows,
        "items": held.items, "end": held.end and iso(held.end),
    }  # fmt: skip
    if as_json:
        frames = {"coverage": held.coverage, "flags": flags}
        told |= {name: json.loads(_records(frame)) for name, frame in frames.items()}
        _say(json.dumps(told, indent=1))
        return
    listed = gathered(held.coverage)
    days = {name: listed[name].dt.date for name in ("first", "last", "known")}
    _frame(listed.assign(**days), as_json)
    if len(flags):
        _say("")
        _frame(flags, as_json)
    end = iso(held.end) if held.end else "nowhere"
    _say(
        f"\n{held.rows:,} observations of {held.series:,} series and {held.items:,} items in "
        f"{held.parts:,} parts, {held.bytes / 1e6:,.1f} MB; known to {end}."
    )


@archive_app.command("backfill")
def archive_backfill(
    first: Annotated[str, typer.Option("--from", help="First date to ask for.")],
    file: DeskFile = DEFAULT,
    outputs: Outputs = None,
    archive: Store = None,
    as_json: Json = False,
) -> None:
    """Ask the feeds for history from a date on; what is there already is left alone."""
    from workbench.domain.calendars import UTC

    if not 1900 <= _date(first).year <= dt.datetime.now(UTC).year:
        raise ParamsError(f"No feed has history from {first} on. Give a date since 1900-01-01.")
    since = dt.datetime.combine(_date(first), dt.time(), UTC)
    _pulled(_desk(file, outputs, archive), since, as_json)


@archive_app.command("rebuild")
def archive_rebuild(
    into: Annotated[str, typer.Option("--into", help="Folder of the new archive.")],
    file: DeskFile = DEFAULT,
    outputs: Outputs = None,
    archive: Store = None,
) -> None:
    """Make an archive anew from the recorded responses of every pull."""
    from workbench.desk.progress import Meter
    from workbench.steps.refresh import rebuild
    from workbench.world.archive import Archive

    desk = _desk(file, outputs, archive)
    with Meter() as meter:
        pulls, rows = rebuild(desk, Archive(into), told=meter.told)
    _say(f"{rows:,} observations and items from {pulls:,} pulls.")


@archive_app.command("import")
def archive_import(
    path: Annotated[Path, typer.Argument(help="A long Parquet or CSV file, or a folder of them.")],
    file: DeskFile = DEFAULT,
    outputs: Outputs = None,
    archive: Store = None,
    as_json: Json = False,
) -> None:
    """Import long history; a malformed file imports nothing."""
    from workbench.desk.lock import held
    from workbench.world import importing
    from workbench.world.archive import Archive

    desk = _desk(file, outputs, archive)
    done = importing.read(path, desk.instruments)
    with held(desk.outputs):  # so that no running cycle of these outputs sees it change
        rows = importing.append(Archive(desk.archive), done)
    if as_json:
        _say(json.dumps({"rows": rows, "accepted": list(done.accepted),
                         "skipped": [list(pair) for pair in done.skipped],
                         "finer": list(done.finer)}, indent=1))  # fmt: skip
        return
    for name, reason in done.skipped:
        _say(f"left out {name}: {reason}")
    if done.finer:
        _say(f"Bars shorter than a session, kept apart from daily ones: {', '.join(done.finer)}.")
    _say(f"{rows:,} new observations from {len(done.accepted)} files.")


@site_app.command("build")
def site_build(file: DeskFile = DEFAULT, outputs: Outputs = None) -> None:
    """Make the whole site anew; interrupted, it goes on where it was."""
    from workbench.desk import building
    from workbench.desk.lock import held
    from workbench.desk.progress import Meter
    from workbench.world.ledger import existing

    desk = _desk(file, outputs, None)
    ledger = existing(desk.ledger)
    with held(desk.outputs), Meter() as meter:
        done = building.build(desk, ledger, told=meter.told)
    _say(f"{done.dispatches:,} dispatches: {_near(desk.outputs / 'site' / 'index.html')}")
    if done.old:
        numbers = ", ".join(map(str, done.old))
        _say(f"Left as they were, because their folders under outputs/cycles are gone: {numbers}")


@site_app.command("serve")
def site_serve(
    port: Annotated[int, typer.Option(help="0 for any that is free.", min=0, max=65535)] = 8000,
    file: DeskFile = DEFAULT,
    outputs: Outputs = None,
) -> None:
    """Serve the site to this machine alone, for looking."""
    from workbench.desk.serving import Server

    with Server(_desk(file, outputs, None).outputs / "site", port) as server:
        print(f"{server.address} (Ctrl-C to stop)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            _say("")


def main() -> None:
    """Entry point: every error that a person can mend becomes one line and an exit code."""
    try:
        code = app(standalone_mode=False)
        if code == _INTERRUPTED:  # typer says nothing of it
            code = _refused("Interrupted. What was finished stays; run it again.", code)
    except WorkbenchError as error:
        code = _refused(str(error), error.exit_code)
    except TyperException as error:
        told = getattr(error, "format_message", error.__str__)()
        code = _refused(told, 2)
    except OSError as error:
        code = _refused(
            f"{_culprit(error)} cannot be used: {error.strerror}. "
            "Choose another --outputs or --archive.",
            2,
        )
    except Exception as error:  # of an object store's own client, which no base class unites
        if not type(error).__module__.startswith("botocore"):
            raise
        code = _refused(f"The archive cannot be reached ({error}). Check its address and keys.", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _culprit(error: OSError) -> str:
    """The name of the file that stands where a folder should, else of the one asked for."""
    if not isinstance(error.filename, str):
        return "A file"
    path = Path(error.filename)
    return repr(next((p.name for p in (path, *path.parents) if p.is_file()), path.name))


def _refused(message: str, code: int) -> int:
    """Says why on stderr; a help text that typer hands over keeps its lines."""
    print(message if "\n" in message else f"workbench: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()

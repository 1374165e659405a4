"""A desk's params file and its minds, read once and validated before anything runs.

Unknown keys are refused with their nearest known neighbour. A relative path is looked for from
the working folder upwards, because JupyterLab runs a notebook in its own folder.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import (
    BaseModel,
    ValidationError,
)

from workbench.domain.errors import ParamsError
from workbench.domain.instruments import INSTRUMENTS, Instrument
from workbench.domain.records import HOUSE_MINDS, NOT_MINDS
from workbench.world import files
from workbench.world.files import Place
from workbench.world.schema import Mind, MindParams, Params, SynthesisFile, WriterParams
from workbench.world.stories import TESTS, Story, halves

_M = TypeVar("_M", bound=BaseModel)
_TAKEN = frozenset(NOT_MINDS)


class Desk:
    """A desk as opened: its params, minds, and where its outputs and archive lie.

    Args:
        path: The params file.
        outputs: Folder of everything that running makes.
        archive: Folder of the observation store.
    """

    def __init__(self, path: Path, outputs: Path, archive: Place) -> None:
        self.path, self.outputs, self.archive = path, outputs, archive
        self.params = read(path)
        folder = _beside(path, "minds")
        self.minds = tuple(mind(folder / f"{name}.md") for name in self.params.minds)
        _apart(self.minds)
        wanted = self.params.synthesis
        self.synthesis = writer(folder / f"{wanted}.md") if wanted else None
        folder = _beside(path, "stories")
        self.stories = tuple(story(folder / f"{name}.md") for name in self.params.stories)
        self.instruments = tuple(one.instrument() for one in self.params.instruments)
        _unlike(self.table)
        # The ledger's rows name this hash: other params, another desk. Layout and comments of
        # the file do not count. A story's own text names it, so a desk without any keeps its hash.
        # Where the site is read changes nothing that a cycle says.
        texts = (*self.minds, *self.stories, *([self.synthesis] if self.synthesis else []))
        content = self.params.model_dump_json(exclude={"stories", "site"})
        content += "".join(one.model_dump_json() for one in texts)
        self.hash = hashlib.sha256(content.encode()).hexdigest()

    @property
    def root(self) -> Path:
        """The project's root: the nearest folder above the params file that holds notebooks."""
        return root_of(self.path)

    @property
    def name(self) -> str:
        """The params file as notebooks and pages call it: as seen from the root, if it is below.

        Elsewhere it is only its name, which ``locate`` finds in the folder WORKBENCH_PARAMS.
        """
        below = self.path.is_relative_to(self.root)
        return self.path.relative_to(self.root).as_posix() if below else self.path.name

    @property
    def ledger(self) -> str:
        """The ledger's database address."""
        return f"sqlite:///{self.outputs / 'ledger.db'}"

    @property
    def house(self) -> tuple[Mind, ...]:
        """The minds that are statistics."""
        return tuple(one for one in self.minds if one.is_house)

    @property
    def claude(self) -> tuple[Mind, ...]:
        """The minds that a Claude model answers for."""
        return tuple(one for one in self.minds if not one.is_house)

    @property
    def table(self) -> tuple[Instrument, ...]:
        """Every instrument that sentences may name: the desk's own first."""
        own = {one.symbol for one in self.instruments}
        return (*self.instruments, *(one for one in INSTRUMENTS if one.symbol not in own))


def _apart(minds: Iterable[Mind]) -> None:
    """Refuses two minds that the record could not tell apart."""
    names = [one.name.casefold() for one in minds]
    for name in names:
        if names.count(name) > 1:
            raise ParamsError(f"Two minds are called {name!r}. Give each file its own 'mind'.")


def _unlike(table: Iterable[Instrument]) -> None:
    """Refuses two instruments that a sentence could not tell apart."""
    owners: dict[str, str] = {}
    known = list(table)
    symbols = [one.symbol for one in known]
    for one in known:
        if symbols.count(one.symbol) > 1:
            raise ParamsError(f"Instrument {one.symbol} is named twice under 'instruments'.")
        for name in {one.symbol, one.name, *one.aliases}:
            other = owners.setdefault(name.strip().casefold(), one.symbol)
            if not name.strip() or other != one.symbol:
                raise ParamsError(
                    f"Instruments {other} and {one.symbol} are both called {name!r}. Give each "
                    "its own name and aliases under 'instruments'."
                )


def locate(desk: str | Path) -> Path:
    """The params file: as given, or relative to the working folder or one above it.

    Raises:
        ParamsError: No such file up to the root of the file system.
    """
    wanted = Path(desk).expanduser()
    last = os.environ.get("WORKBENCH_PARAMS", "")
    for base in (Path.cwd(), *Path.cwd().parents, *([Path(last)] if last else [])):
        if (base / wanted).is_file():
            return (base / wanted).resolve()
    raise ParamsError(
        f"The params file {str(desk)!r} is neither in this folder nor in one above it. "
        "Give its path with -f, such as params/default.yaml."
    )


def root_of(path: Path) -> Path:
    """The project's root: the nearest folder with notebooks above a params file or this folder."""
    above = (*path.parents, Path.cwd(), *Path.cwd().parents)
    return next((folder for folder in above if (folder / "notebooks").is_dir()), path.parent.parent)


def open_desk(
    desk: str | Path, outputs: str | Path | None = None, archive: str | Path | None = None
) -> Desk:
    """The desk of a params file.

    Args:
        desk: Params file, see ``locate``.
        outputs: Outputs folder; else WORKBENCH_OUTPUTS, else ``outputs`` in the project's root.
        archive: Archive folder, or its address such as ``s3://bucket/desk``; else
            WORKBENCH_ARCHIVE, else ``archive`` in the outputs.

    Raises:
        ParamsError: The file or one of its minds is not valid.
    """
    path = locate(desk)
    place = outputs or os.environ.get("WORKBENCH_OUTPUTS") or root_of(path) / "outputs"
    store = archive or os.environ.get("WORKBENCH_ARCHIVE") or Path(place) / "archive"
    kept = files.place(store)
    kept = kept.expanduser().resolve() if isinstance(kept, Path) else kept
    return Desk(path, Path(place).expanduser().resolve(), kept)


def read(path: Path) -> Params:
    """A params file, validated.

    Raises:
        ParamsError: Not YAML, an unknown key, or a value outside its bounds; one line.
    """
    return _validated(Params, _mapping(_text(path), path), path)


def mind(path: Path) -> Mind:
    """A mind's file: YAML front matter between two lines of ``---``, then its mandate.

    Raises:
        ParamsError: No such file, no front matter, an unknown key, or an empty mandate.
    """
    keys, mandate = _parts(path, "Mind", "take the mind out of 'minds'")
    if not mandate:
        raise ParamsError(f"{path.name} has an empty mandate below its front matter.")
    found = _validated(MindParams, keys, path)
    made = Mind(params=found, mandate=mandate)
    if made.is_house and found.mind not in HOUSE_MINDS:
        raise ParamsError(
            f"{path.name}: no house mind is called {found.mind!r}. "
            f"House minds: {', '.join(HOUSE_MINDS)}."
        )
    if found.mind.casefold() in _TAKEN:
        raise ParamsError(
            f"{path.name}: {found.mind!r} is the name of another forecaster. Choose another 'mind'."
        )
    return made


def writer(path: Path) -> SynthesisFile:
    """The file of a Claude Synthesis: front matter, then the prompt by which it writes.

    Raises:
        ParamsError: No such file, no front matter, an unknown key, or an empty prompt.
    """
    remedy = "leave 'synthesis' empty, and rules write the dispatch"
    keys, mandate = _parts(path, "Synthesis", remedy)
    if not mandate:
        raise ParamsError(f"{path.name} has an empty mandate below its front matter.")
    return SynthesisFile(params=_validated(WriterParams, keys, path), mandate=mandate)


def story(path: Path) -> Story:
    """A story's file: YAML front matter, its thesis, and a last paragraph "Wrong if …".

    Raises:
        ParamsError: No such file, no front matter, an unknown key or test, no thesis, or nothing
            that would prove it wrong.
    """
    keys, body = _parts(path, "Story", "take the story out of 'stories'")
    kind = keys.get("test")
    if not isinstance(kind, str) or kind not in TESTS:
        raise ParamsError(f"{path.name}: test is {' or '.join(TESTS)} (got {kind!r}).")
    found = _validated(TESTS[kind], keys, path)
    if found.story != path.stem:
        raise ParamsError(f"{path.name} calls its story {found.story!r}. Give both one name.")
    thesis, wrong = halves(body, path.name)
    return Story(params=found, thesis=thesis, wrong=wrong)


def _beside(path: Path, name: str) -> Path:
    """A desk's own folder of files of one sort, or the project's."""
    own = path.parent / name
    return own if own.is_dir() else root_of(path) / "params" / name


def _parts(path: Path, sort: str, remedy: str) -> tuple[dict[str, Any], str]:
    """Front matter and body of a file that a desk's params name."""
    try:
        text = _text(path)
    except OSError as error:
        raise ParamsError(
            f"{sort} {path.stem!r} has no file {path.parent.name}/{path.name}: {error.strerror}. "
            f"Add it or {remedy}."
        ) from error
    parts = text.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise ParamsError(f"{path.name} has no front matter between two lines of '---'.")
    return _mapping(parts[1], path), parts[2].strip()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path.name} is not UTF-8 text: {error.reason}.") from error


def _mapping(text: str, path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        detail = " ".join(str(error).split())
        raise ParamsError(f"{path.name} is not YAML: {detail}.") from error
    if not isinstance(found, dict):
        raise ParamsError(f"{path.name} holds no keys.")
    return found


def _keys(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The keys that a params file may have at a place."""
    for step in place:
        field = next((f for name, f in model.model_fields.items() if step in {name, f.alias}), None)
        if field is not None:
            model = next(iter(_models(field.annotation)), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: object) -> list[type[BaseModel]]:
    """The models inside an annotation such as ``tuple[Model, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]


def _validated(model: type[_M], values: dict[str, Any], path: Path) -> _M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        # A misspelt key explains a missing one, so it is told first.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = _keys(model, first["loc"][:-1])
            close = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" Known keys: {', '.join(known)}."
            raise ParamsError(f"{path.name}: unknown key {where!r}.{hint}") from None
        said = first["msg"].removeprefix("Value error, ")
        if not where:  # what spans several keys says itself what it got
            raise ParamsError(f"{path.name}: {said}.") from None
        got = "" if first["type"] == "missing" else f" (got {first['input']!r})"
        raise ParamsError(f"{path.name}: {where}: {said}{got}.") from None

"""Durable files, here or in an object store: a reader sees the old bytes or the new ones.

Never a torn mixture: a local file is written beside its place, flushed and renamed; an object is
put whole. A folder is a path, or the address of one such as ``s3://bucket/desk``.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from workbench.domain.errors import ParamsError

if TYPE_CHECKING:
    from upath import UPath

Place: TypeAlias = "Path | UPath"  # a folder or file of this machine or of an object store


def place(folder: Place | str) -> Place:
    """The folder of a path or address: a plain path where it is of this machine.

    Raises:
        ParamsError: What reaches such an address is not installed, or no such kind is known.
    """
    if isinstance(folder, Path) or (isinstance(folder, str) and "://" not in folder):
        return Path(folder)
    from upath import UPath  # only where an address asks for it

    kind = str(folder).partition("://")[0]
    if kind in {"", "http", "https"}:
        raise ParamsError(
            f"The folder {str(folder)!r} cannot be written: nothing is kept "
            f"{'at a web address' if kind else 'without a name'}. "
            "Give a path, or an address such as s3://bucket/desk."
        )
    try:
        found = UPath(folder)
        if found.protocol in {"", "file", "local"}:
            return Path(found.path)
        found.fs.invalidate_cache()  # makes the file system, which needs its library
    except ImportError as error:
        extra = " with 'pip install workbench-desk[s3]'" if kind in {"s3", "s3a"} else ""
        raise ParamsError(
            f"The folder {str(folder)!r} cannot be reached: {' '.join(str(error).split())[:120]}. "
            f"Install what reads {kind}://{extra}, or give a folder of this machine."
        ) from error
    except ValueError as error:
        raise ParamsError(
            f"The folder {str(folder)!r} cannot be reached: {' '.join(str(error).split())[:120]}. "
            "Give a path, or an address such as s3://bucket/desk."
        ) from error
    return found


def write_atomic(path: Place, data: bytes) -> None:
    """Writes bytes whole: to a temporary neighbour that is renamed, or as one object.

    Args:
        path: Destination; its folder is made when missing.
        data: The whole content.
    """
    if not isinstance(path, Path):
        path.fs.pipe_file(path.path, data)
        return
    with _written(path, data) as temporary:
        temporary.replace(path)


def write_new(path: Place, data: bytes) -> bool:
    """The same where nothing stands yet: of several writers just one succeeds.

    Returns:
        Whether it was written; False when something stood there.
    """
    try:
        if not isinstance(path, Path):
            path.fs.pipe_file(path.path, data, mode="create")
            return True
        with _written(path, data) as temporary:
            path.hardlink_to(temporary)
            temporary.unlink()
    except FileExistsError:
        return False
    return True


@contextlib.contextmanager
def _written(path: Path, data: bytes) -> Iterator[Path]:
    """A flushed temporary neighbour with this content, gone if the block fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        yield temporary
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise


def names(folder: Place) -> list[str]:
    """Names of the files of a folder, in order; none when there is no such folder."""
    return [name for name, is_file in _listed(folder) if is_file]


def folders(folder: Place) -> list[str]:
    """Names of the folders of a folder, in order; none when there is no such folder."""
    return [name for name, is_file in _listed(folder) if not is_file]


def _listed(folder: Place) -> list[tuple[str, bool]]:
    """What a folder holds, in order of name, and whether each is a file."""
    try:
        if isinstance(folder, Path):
            with os.scandir(folder) as entries:
                return sorted((one.name, one.is_file()) for one in entries)
        folder.fs.invalidate_cache(folder.path)  # another writer's files count too
        found = folder.fs.ls(folder.path, detail=True)
    except FileNotFoundError:
        return []
    return sorted(
        (one["name"].rstrip("/").rpartition("/")[2], one["type"] == "file") for one in found
    )


def remove(path: Place) -> None:
    """Deletes a file; nothing when it is gone already."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()

"""One cycle at a time on one outputs folder: a lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.domain.errors import Busy, UserMistake


@contextmanager
def held(outputs: Path) -> Iterator[None]:
    """Holds the outputs' lock for the body.

    Raises:
        Busy: Another process holds it; names that process.
        UserMistake: The folder cannot be written.
    """
    path = outputs / ".lock"
    try:
        outputs.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UserMistake(
            f"The outputs folder {outputs.name!r} cannot be written: {error.strerror}. "
            "Choose another with --outputs or WORKBENCH_OUTPUTS."
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            raise Busy(
                f"Another cycle (process {holder}) is running on the outputs {outputs.name!r}. "
                "Wait for it, or choose another --outputs."
            ) from error
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        os.close(handle)

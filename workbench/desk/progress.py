"""Live progress on stderr: a bar on a terminal, sparse lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_QUIET_SECONDS = 10.0


class Meter:
    """Shows what is going on, how much is done, and how long it may take."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._bar = Progress(
            TextColumn("{task.description:<20}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("start", total=None)
        self._kind, self._told_at = "", 0.0

    def __enter__(self) -> Meter:
        if self._terminal:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._terminal:
            self._bar.stop()

    def told(self, what: str, done: int, total: int) -> None:
        """Takes one report of progress."""
        if self._terminal:
            self._bar.update(self._task, description=what, completed=done, total=total)
            return
        kind, now = what.split(maxsplit=1)[0], time.monotonic()
        if kind != self._kind or done == total or now - self._told_at > _QUIET_SECONDS:
            sys.stderr.write(f"{what}: {done} of {total}\n")
            sys.stderr.flush()
            self._kind, self._told_at = kind, now

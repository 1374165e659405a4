"""The papermill engine ``workbench``: a forked kernel a notebook, and no fixed waits.

What it does beside papermill's own: a kernel is ready when it says so, not after a pause; a
finished cell is on disk before the next begins, at a cost that does not grow with the cells before
it; one deadline holds for the whole notebook and one cap for all that it puts out; and while a
kernel shuts down, with its ``atexit`` and all, the next one is already at work.
"""

from __future__ import annotations

import atexit
import json
import time
from collections.abc import Mapping
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
from jupyter_core.utils import ensure_async, run_sync
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager
from papermill.log import logger

from workbench.desk.kernels.provisioner import NAME, offered

_START, _STEP = 60.0, 0.25  # seconds for a kernel to be ready; between two looks at its life
_LEAVE = 5.0  # seconds that a kernel has to shut down
MOST_BYTES = 10_000_000  # that all outputs of a notebook may come to


class WarmEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """Runs a notebook's cells in a kernel of the fork server."""

    @classmethod
    def execute_notebook(
        cls, nb: nbformat.NotebookNode, kernel_name: str, output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True, log_output: bool = False,
        autosave_cell_every: int = 30, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """As papermill's engines do, with saves of our own."""
        manager = _Manager(
            nb, output_path=output_path, progress_bar=progress_bar, log_output=log_output,
            autosave_cell_every=autosave_cell_every,
        )  # fmt: skip
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, log_output=log_output, **kwargs)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *, log_output: bool = False,
        start_timeout: float = _START, execution_timeout: float | None = None,
        deadline: float | None = None, most_bytes: int = MOST_BYTES,
        kernel_env: Mapping[str, str] | None = None, kernel_cwd: str | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """Runs the cells.

        Args:
            nb_man: Papermill's record of the run.
            kernel_name: Of the kernel's spec.
            log_output: Whether outputs are logged too.
            start_timeout: Seconds for the kernel to be ready.
            execution_timeout: Seconds for one cell; None for no limit.
            deadline: Seconds for all of them; None for no limit.
            most_bytes: That all outputs may come to.
            kernel_env: The kernel's whole environment; None for this process's.
            kernel_cwd: The kernel's folder; None for this process's.
            **kwargs: Traits of ``nbclient.NotebookClient``; papermill's other options are left.

        Raises:
            CellTimeoutError: A cell, or all of them, took too long.
            OutputTooLarge: They put out too much.
        """
        traits = {name: value for name, value in kwargs.items() if name in _Client.class_traits()}
        client = _Client(
            nb_man, kernel_name=kernel_name, log=logger, log_output=log_output,
            startup_timeout=start_timeout, **traits,
        )  # fmt: skip
        client.limit(execution_timeout, deadline, most_bytes)
        settle(wait=False)
        started: dict[str, Any] = {}
        if kernel_env is not None:
            started["env"] = dict(kernel_env)
        if kernel_cwd is not None:
            started["cwd"] = kernel_cwd
        client.execute(**started)


class OutputTooLarge(RuntimeError):
    """A notebook put out more than it may."""


class _Manager(NotebookExecutionManager):  # type: ignore[misc]  # papermill has no types
    """Papermill's record of a run, written whole and at once after each cell.

    The text of a cell that has ended is kept, so that a save writes and does not convert it again.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._texts: dict[int, str] = {}
        self._quiet = False
        super().__init__(*args, **kwargs)

    def cell_start(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Notes that a cell begins; what is on disk says so when it ends."""
        self._quiet = True
        try:
            super().cell_start(cell, cell_index=cell_index, **kwargs)
        finally:
            self._quiet = False

    def save(self, **_kwargs: Any) -> None:
        """Writes the notebook: whoever reads it sees it as it was after this cell or the last."""
        if self._quiet or not self.output_path:
            return
        if "://" in self.output_path:
            super().save()
        else:
            beside = Path(f"{self.output_path}.part")
            beside.write_text(self._text(), "utf-8")
            beside.replace(self.output_path)
        self.last_save_time = self.now()

    def _text(self) -> str:
        """What ``nbformat.writes`` gives, of which it converts no cell twice that has ended."""
        for index, cell in enumerate(self.nb.cells):
            if cell.metadata.papermill["end_time"] and index not in self._texts:
                self._texts[index] = _text_of(cell)
        texts = [self._texts.get(i) or _text_of(cell) for i, cell in enumerate(self.nb.cells)]
        whole = _written({**self.nb, "cells": []})
        return whole.replace(_EMPTY, _CELLS.format(",\n".join(texts)) if texts else _EMPTY, 1)


_EMPTY, _CELLS = '"cells": [],', '"cells": [\n{}\n ],'


def _written(notebook: Mapping[str, Any]) -> str:
    return str(nbformat.writes(nbformat.from_dict(notebook)))  # type: ignore[no-untyped-call]


def _text_of(cell: nbformat.NotebookNode) -> str:
    """A cell as it stands in the text of its notebook."""
    text = _written({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})
    return text[text.index("[\n") + 2 : text.rindex("\n ],")]


class _Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """A notebook's client of its kernel."""

    km: Any
    kc: Any
    task_poll_for_reply: Any

    def limit(self, cell: float | None, whole: float | None, most_bytes: int) -> None:
        """Sets the limits: seconds of a cell and of all, and bytes that they put out."""
        self._of_cell, self._whole = cell, whole
        self._until = None if whole is None else time.monotonic() + whole
        self._room = self._most = most_bytes
        self._broken = True
        self.timeout_func = self._left

    def _left(self, _cell: object) -> float | None:
        left = None if self._until is None else max(self._until - time.monotonic(), 0.001)
        return min((one for one in (self._of_cell, left) if one is not None), default=None)

    def create_kernel_manager(self) -> Any:
        """A manager whose kernel is forked, unless its spec says how it is started."""
        manager = super().create_kernel_manager()
        offered()
        manager.kernel_spec.metadata.setdefault("kernel_provisioner", {"provisioner_name": NAME})
        return manager

    async def async_start_new_kernel_client(self) -> Any:
        """Waits for the kernel's own word that it is ready, not for a while after it."""
        self.kc = self.km.client()
        self.kc.start_channels()
        try:
            await self._ready()
        except Exception:
            await self._async_cleanup_kernel()
            raise
        self.kc.allow_stdin = False
        return self.kc

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    async def _ready(self) -> None:
        """The kernel has answered, and what it says of it has come: no later word is missed."""
        until = time.monotonic() + (self.startup_timeout or _START)
        await self._next(self.kc.iopub_channel, until)  # it greets who listens, or says it starts
        asked = self.kc.kernel_info()
        reply: dict[str, Any] = {}
        while reply.get("parent_header", {}).get("msg_id") != asked:
            reply = await self._next(self.kc.shell_channel, until)
        self.kc._handle_kernel_info_reply(reply)
        said: dict[str, Any] = {}
        while said.get("parent_header", {}).get("msg_id") != asked or (
            said["content"].get("execution_state") != "idle"
        ):
            said = await self._next(self.kc.iopub_channel, until)

    async def _next(self, channel: Any, until: float) -> dict[str, Any]:
        """The next message of a channel, while the kernel lives and there is time."""
        while True:
            try:
                return dict(await channel.get_msg(timeout=_STEP))
            except Empty:
                if not await ensure_async(self.km.is_alive()):
                    raise RuntimeError("The kernel died before it was ready.") from None
                if time.monotonic() > until:
                    raise RuntimeError("The kernel was not ready in time.") from None

    def papermill_execute_cells(self) -> None:
        """Runs the cells; a kernel that did not come to an end of one is not asked to leave."""
        self._broken = True
        super().papermill_execute_cells()
        self._broken = False

    async def async_execute_cell(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a cell, which may put out only so much."""
        try:
            return await super().async_execute_cell(*args, **kwargs)
        except DeadKernelError:
            if self._room < 0:
                raise OutputTooLarge(
                    f"All outputs come to over {self._most / 1e6:g} MB. Show less of it."
                ) from None
            raise

    execute_cell = run_sync(async_execute_cell)

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Adds what a cell puts out, as long as there is room for it."""
        if msg["msg_type"] in {"stream", "display_data", "execute_result", "error"}:
            self._room -= len(json.dumps(msg["content"], default=str))
            if self._room < 0:
                self.task_poll_for_reply.cancel()  # nobody waits for the rest of it
                return None
        return super().process_message(msg, cell, cell_index)

    async def _async_cleanup_kernel(self) -> None:
        """Asks the kernel to shut down, and leaves it to that while others go on."""
        process = self.km.provisioner and self.km.provisioner.process
        try:
            if process is not None and process.poll() is None:
                if self._broken:
                    await ensure_async(self.km.shutdown_kernel(now=True))
                else:
                    await ensure_async(self.km.request_shutdown())
                    _leaving.append((time.monotonic() + _LEAVE, process))
        finally:
            if self.kc is not None:
                self.kc.stop_channels()
            if self.km is not None:
                await ensure_async(self.km.cleanup_resources())
            self.kc = self.km = None

    _cleanup_kernel = run_sync(_async_cleanup_kernel)


_leaving: list[tuple[float, Any]] = []  # until when, and which kernel's process


def settle(*, wait: bool = True) -> None:
    """Sees to the kernels that were asked to shut down; who takes too long is killed.

    Args:
        wait: For all of them, rather than look which have gone.
    """
    for one in list(_leaving):
        until, process = one
        while wait and process.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        if process.poll() is None and time.monotonic() >= until:
            process.kill()
            process.wait()
        if process.poll() is not None:
            _leaving.remove(one)


atexit.register(settle)

"""Kernels of the fork server for every client of Jupyter: papermill, nbclient, JupyterLab.

The provisioner ``workbench`` of the entry point ``jupyter_client.kernel_provisioners``. Name it in
a kernel's spec, or for all kernels in ``JUPYTER_DEFAULT_PROVISIONER_NAME``. Where there is no fork
server it is the ordinary one.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from workbench.desk.kernels import asking

NAME = "workbench"
_PAUSE = 0.005  # seconds between two looks at whether a kernel has ended


class ForkProvisioner(LocalProvisioner):
    """Has a kernel forked, and else starts it as any other."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Starts the kernel that a command names.

        Args:
            cmd: Of the kernel's spec, with its connection file.
            **kwargs: Of ``subprocess.Popen``; ``env`` and ``cwd`` above all.
        """
        found: asking.Forked | str = "it is to outlive this process"
        if {kwargs.get("stdout"), kwargs.get("stderr")} & {subprocess.PIPE, subprocess.STDOUT}:
            found = "its output is to be piped"
        elif not kwargs.get("independent"):
            with _output(kwargs) as output:
                env, cwd = kwargs.get("env") or os.environ, str(kwargs.get("cwd") or Path.cwd())
                found = await asyncio.to_thread(asking.kernel, cmd, env, cwd, output)
        if isinstance(found, str):
            self.log.info("An ordinary kernel is started, as %s.", found)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = cast("subprocess.Popen[bytes]", found)  # which it acts as
        self.pid = self.pgid = found.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info

    async def wait(self) -> int | None:
        """Its exit code once it has ended."""
        while await self.poll() is None:
            await asyncio.sleep(_PAUSE)
        return await super().wait()


def offered() -> None:
    """Makes the provisioner known by its name, also where nothing is installed."""
    entry = EntryPoint(
        name=NAME, value=f"{__name__}:{ForkProvisioner.__name__}",
        group=KernelProvisionerFactory.GROUP_NAME,
    )  # fmt: skip
    KernelProvisionerFactory.instance().provisioners.setdefault(NAME, entry)


@contextmanager
def _output(given: Mapping[str, Any]) -> Iterator[list[int]]:
    """The descriptors of output and error that Popen would give to a process."""
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123  # a device
        yield [_descriptor(given.get(name), number, nothing.fileno())
               for number, name in ((1, "stdout"), (2, "stderr"))]  # fmt: skip


def _descriptor(given: Any, inherited: int, nothing: int) -> int:
    if given is None:
        return inherited
    if given == subprocess.DEVNULL:
        return nothing
    return given if isinstance(given, int) else int(given.fileno())

"""Asking a fork server for kernels; this process starts its own when it first asks for one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import workbench
from workbench.desk.kernels.server import KERNEL, READY, RETIRE

_START = 60.0  # seconds to import everything, on a slow disk
_ANSWER = 10.0  # seconds to fork
_LAUNCHER = ["-m", "ipykernel_launcher"]
# What an interpreter or its libraries read when they start: later is too late to change it.
_EARLY = ("PYTHON", "LD_", "OMP_", "OPENBLAS_", "MKL_", "GOTO_", "MALLOC_", "ARROW_")

_NEEDED = frozenset({"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV"})


class Forked:
    """A kernel that is a child of the server, to hold as one holds a ``subprocess.Popen``.

    Args:
        lease: Tells its exit code; when it closes, the kernel is killed.
        pid: Of the kernel, and of its process group.
    """

    stdin = stdout = stderr = None

    def __init__(self, lease: socket.socket, pid: int) -> None:
        self.pid = pid
        self._lease, self._text = lease, b""
        self.returncode: int | None = None
        lease.setblocking(False)

    def poll(self) -> int | None:
        """Its exit code, minus the signal that killed it; None while it runs."""
        if self.returncode is None:
            try:
                part = self._lease.recv(256)
            except BlockingIOError:
                return None
            except OSError:
                part = b""
            self._text += part
            if not part or b"\n" in self._text:
                self._lease.close()
                # Without a word its server died, and took it along.
                self.returncode = json.loads(self._text)["exit"] if part else -signal.SIGKILL
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code once it has ended.

        Args:
            timeout: Seconds.

        Raises:
            subprocess.TimeoutExpired: It still runs then.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and timeout is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("kernel", timeout)
            time.sleep(0.002)
        return code

    def send_signal(self, number: int) -> None:
        """Sends it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)


class _Server:
    """The server of this process."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            theirs.set_inheritable(True)
            self.process = subprocess.Popen(  # noqa: S603  # this very Python
                [sys.executable, "-m", "workbench.desk.kernels.server", str(theirs.fileno())],
                stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], env=_bare(os.environ),
            )  # fmt: skip
        self.control, self.owner, self.source = ours, os.getpid(), source()
        self.early = early(os.environ)
        ours.settimeout(_START)

    def ready(self) -> bool:
        """Waits until it serves; False when it does not come to that."""
        try:
            return self.control.recv(16) == READY
        except OSError:
            return False

    def retire(self) -> None:
        """Has it end with its last kernel."""
        with contextlib.suppress(OSError):
            self.control.send(RETIRE)
        self.control.close()

    def ask(self, request: bytes, output: Sequence[int]) -> Forked | None:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [KERNEL], [theirs.fileno(), *output])
        try:
            ours.settimeout(_ANSWER)
            ours.sendall(request)
            answer = b""
            while not answer.endswith(b"\n"):
                part = ours.recv(256)
                if not part:
                    ours.close()
                    return None
                answer += part
        except OSError:
            ours.close()
            return None
        return Forked(ours, json.loads(answer)["pid"])


_lock = threading.Lock()
_servers: list[_Server] = []  # of this process, at most one
_retired: list[_Server] = []  # that wait for their last kernels


def kernel(
    cmd: Sequence[str], env: Mapping[str, str], cwd: str, output: Sequence[int]
) -> Forked | str:
    """A fresh kernel from the server, which is started first where there is none.

    A server whose package has changed since it was started is retired, and another one started.

    Args:
        cmd: What would be run: ``python -m ipykernel_launcher`` and its arguments.
        env: The kernel's environment.
        cwd: Its working folder.
        output: Descriptors of its standard output and standard error.

    Returns:
        The kernel, or why there is none: then it is started as any other.
    """
    if not sys.platform.startswith("linux"):
        return f"forking is not safe on {sys.platform}"
    if list(cmd[1:3]) != _LAUNCHER or not _same(cmd[0]):
        return "it is not a kernel of this Python"
    with _lock:
        server = _current()
        if server is None:
            return "its server did not start"
        if server.early != early(env):
            return "its environment differs in what Python reads when it starts"
        request = {"argv": list(cmd[3:]), "env": dict(env), "cwd": cwd}
        try:
            found = server.ask(json.dumps(request).encode() + b"\n", output)
        except OSError:
            found = None
        if found is None:
            _stop(server)
            return "its server does not answer"
        return found


def warm() -> bool:
    """Starts the server, if there is none; True when it serves."""
    with _lock:
        return sys.platform.startswith("linux") and _current() is not None


def stop() -> None:
    """Ends the server of this process, and its kernels with it."""
    with _lock:
        for one in (*_servers, *_retired):
            _stop(one)
        _retired.clear()


def source() -> int:
    """A figure that changes with the package's source: the latest change of its files, in ns."""
    root = Path(workbench.__file__).parent
    found = (one.stat().st_mtime_ns for one in root.rglob("*") if one.suffix in {".py", ".yaml"})
    return max(found)


def early(env: Mapping[str, str]) -> dict[str, str]:
    """What of an environment counts when an interpreter starts."""
    return {name: value for name, value in env.items() if name.startswith(_EARLY)}


def _bare(env: Mapping[str, str]) -> dict[str, str]:
    """What the server needs of an environment: a kernel's memory keeps it all, keys included."""
    return early(env) | {name: value for name, value in env.items() if name in _NEEDED}


def _current() -> _Server | None:
    """The server of this process, started or started anew where need be."""
    for one in list(_servers):
        if one.owner != os.getpid():  # that of a parent that forked
            _servers.remove(one)
        elif one.process.poll() is not None:
            _stop(one)
        elif one.source != source():
            _servers.remove(one)
            _retired.append(one)
            one.retire()
    _retired[:] = [one for one in _retired if one.process.poll() is None]
    if not _servers:
        server = _Server()
        if not server.ready():
            _stop(server)
            return None
        _servers.append(server)
    return _servers[0]


def _stop(server: _Server) -> None:
    server.control.close()
    try:
        server.process.wait(_ANSWER)
    except subprocess.TimeoutExpired:  # it was told to wait for kernels, or does not listen
        server.process.kill()
        server.process.wait()
    if server in _servers:
        _servers.remove(server)


def _same(python: str) -> bool:
    """Whether a command runs this very interpreter, its environment included."""
    return python == sys.executable or (
        Path(python).is_absolute() and Path(python).absolute() == Path(sys.executable).absolute()
    )

"""The fork server: imports what notebooks import once, and forks a fresh kernel when asked.

``python -m workbench.desk.kernels.server FD``, where FD is one end of a pair of sockets. It says
``ready`` on it, then takes one message a kernel: three descriptors, which are the kernel's *lease*
(a socket), its standard output and its standard error. On the lease comes the request, one line of
JSON with ``argv``, ``env`` and ``cwd``; its pid goes back and, when it has ended, its exit code, a
line each. Who holds the other end of a lease holds the kernel: when it closes, the kernel is
killed. When the pair closes the server ends, and its kernels with it; told to retire it waits for
them.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import selectors
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

READY, KERNEL, RETIRE = b"ready", b"k", b"r"
_PDEATHSIG = 1  # of prctl: the signal that comes when the parent dies
_PATIENCE = 5.0  # seconds to read a request that was announced
_NOTHING = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A kernel that was asked for.

    Attributes:
        argv: Arguments of ``ipykernel_launcher``.
        env: Its whole environment.
        cwd: Its working folder.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str


class Server:
    """The parent of all kernels: one thread, one loop, no lock.

    Args:
        control: Its end of the pair.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control: socket.socket | None = control
        self._leases: dict[int, socket.socket] = {}
        self._kernels: set[int] = set()
        self._events = selectors.DefaultSelector()
        self._events.register(control, selectors.EVENT_READ)
        self._wake, self._woken = os.pipe()
        for end in (self._wake, self._woken):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._woken)
        self._events.register(self._wake, selectors.EVENT_READ)

    def serve(self) -> Request | None:
        """Runs until there is nothing left to do.

        Returns:
            In the server None; in each child the kernel that it is to become.
        """
        while self._control is not None or self._kernels:
            for key, _ in self._events.select():
                if key.fileobj is self._control:
                    request = self._asked(self._control)
                    if request is not None:
                        return request
                elif key.fileobj == self._wake:
                    os.read(self._wake, 4096)
                else:
                    self._left(key.data)
            self._reap()
        return None

    def _asked(self, control: socket.socket) -> Request | None:
        message, descriptors, _, _ = socket.recv_fds(control, 16, 3)
        if message == KERNEL and len(descriptors) == 3:
            return self._forked(socket.socket(fileno=descriptors[0]), descriptors[1:])
        for one in descriptors:
            os.close(one)
        self._events.unregister(control)
        control.close()
        self._control = None
        if message != RETIRE:  # whoever started this server is gone
            for pid in list(self._leases):
                self._left(pid)
        return None

    def _forked(self, lease: socket.socket, output: list[int]) -> Request | None:
        request = _read(lease)
        if request is None:
            lease.close()
            for one in output:
                os.close(one)
            return None
        server, pid = os.getpid(), os.fork()
        if pid == 0:
            lease.close()
            self._forget()
            _detach(server, output)
            return request
        for one in output:
            os.close(one)
        self._kernels.add(pid)
        self._leases[pid] = lease
        self._events.register(lease, selectors.EVENT_READ, pid)
        _tell(lease, {"pid": pid})
        return None

    def _forget(self) -> None:
        """In a child: what belongs to the server alone."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._events.close()
        for end in (self._wake, self._woken):
            os.close(end)
        for lease in self._leases.values():
            lease.close()
        if self._control is not None:
            self._control.close()

    def _left(self, pid: int) -> None:
        """Kills a kernel whose holder has gone, or that nobody can hold any more."""
        self._release(pid)
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _release(self, pid: int) -> socket.socket | None:
        lease = self._leases.pop(pid, None)
        if lease is not None:
            self._events.unregister(lease)
        return lease

    def _reap(self) -> None:
        while self._kernels:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._kernels.discard(pid)
            lease = self._release(pid)
            if lease is not None:
                _tell(lease, {"exit": os.waitstatus_to_exitcode(status)})
                lease.close()


def _read(lease: socket.socket) -> Request | None:
    """The request on a lease; None when its holder went away or says nothing that is one."""
    lease.settimeout(_PATIENCE)
    text = _NOTHING
    try:
        while not text.endswith(b"\n"):
            part = lease.recv(1 << 16)
            if not part:
                return None
            text += part
        return Request(**json.loads(text))
    except (OSError, ValueError, TypeError):
        return None


def _tell(lease: socket.socket, what: Mapping[str, int]) -> None:
    try:
        lease.sendall(json.dumps(what).encode() + b"\n")
    except OSError:  # its holder has gone, as the loop will see
        return


def _detach(server: int, output: list[int]) -> None:
    """In a child: a group of its own, tied to the server, with its own input and output."""
    os.setsid()
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, own in enumerate((nothing, *output)):
        os.dup2(own, number)
        os.close(own)


def become(request: Request, added: Mapping[str, str]) -> None:
    """Is the kernel, as ``python -m ipykernel_launcher`` would be, until it is shut down.

    Args:
        request: What was asked for.
        added: What imports put into the environment, as they would in any kernel.
    """
    os.environ.clear()
    os.environ.update({**added, **request.env, "JPY_PARENT_PID": str(os.getppid())})
    os.chdir(request.cwd)
    time.tzset()
    _reseed()
    gc.enable()
    launcher = find_spec("ipykernel_launcher")
    sys.argv = [str(launcher and launcher.origin), *request.argv]
    from ipykernel.kernelapp import IPKernelApp

    # Whom it watches was read from the environment when the server imported it.
    IPKernelApp.launch_instance(parent_handle=os.getppid())


def _reseed() -> None:
    """Two kernels of one server must not draw the same random numbers."""
    random.seed()
    modules: Mapping[str, Any] = sys.modules
    if "numpy.random" in modules:
        modules["numpy"].random.seed()


def main() -> None:
    """Serves on the descriptor that is named; a child leaves here as a kernel."""
    control = socket.socket(fileno=int(sys.argv[1]))
    if sys.path[0] in {"", str(Path.cwd())}:  # the folder that the server was started in
        del sys.path[0]
    before = set(os.environ)
    from workbench.desk.kernels import preloaded

    preloaded.touch()
    added = {name: value for name, value in os.environ.items() if name not in before}
    gc.collect()
    gc.freeze()
    server = Server(control)
    control.sendall(READY)
    request = server.serve()
    if request is not None:
        become(request, added)


if __name__ == "__main__":
    main()

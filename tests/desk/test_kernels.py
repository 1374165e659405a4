"""Warm kernels: each is as a plain one, by itself, and gone when nobody holds it any more."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from workbench.desk.kernels import asking, provisioner

pytestmark = pytest.mark.timeout(180)
Start = Callable[..., "Kernel"]
LONG = 30.0  # seconds that nothing here should take


class Kernel:
    """A kernel and its one client."""

    def __init__(self, kind: str, **options: Any) -> None:
        provisioner.offered()
        self.manager = KernelManager()
        name = provisioner.NAME if kind == "warm" else "local-provisioner"
        self.manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": name}
        # Within a test ipykernel leaves its output's descriptors alone.
        env = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
        self.manager.start_kernel(extra_arguments=["--log-level=40"], **{"env": env, **options})
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LONG)

    @property
    def process(self) -> Any:
        """What the provisioner holds."""
        return self.manager.provisioner.process

    def run(self, code: str) -> list[str]:
        """What a cell puts out, in order: text, or an error's name and words."""
        asked = self.client.execute(textwrap.dedent(code), allow_stdin=False)
        return self.heard(asked)

    def heard(self, asked: str) -> list[str]:
        found: list[str] = []
        while True:
            message = self.client.get_iopub_msg(timeout=LONG)
            content, kind = message["content"], message["msg_type"]
            if message["parent_header"].get("msg_id") != asked:
                continue
            if kind == "stream":
                found.append(content["text"])
            elif kind in {"execute_result", "display_data"}:
                found.append(content["data"]["text/plain"])
            elif kind == "error":
                found.append(f"{content['ename']}: {content['evalue']}")
            elif content.get("execution_state") == "idle":
                return found

    def end(self) -> None:
        """Shuts it down, at once when it does not."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture(scope="module", autouse=True)
def _stopped() -> Iterator[None]:
    """No server outlives these tests."""
    yield
    asking.stop()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts kernels that end with the test."""
    kernels: list[Kernel] = []

    def started(kind: str = "warm", **options: Any) -> Kernel:
        kernels.append(Kernel(kind, **options))
        return kernels[-1]

    yield started
    for one in kernels:
        with contextlib.suppress(RuntimeError):
            one.end()


def said(found: list[str]) -> str:
    return "".join(found)


def gone(pid: int) -> bool:
    """Whether a process has ended, looked at for a while."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


ALIKE = {
    "folder": "import os; os.getcwd()",
    "arguments": "import sys; sys.argv[0].rpartition('/')[2]",
    "path": "import sys; sys.path",
    "environment": "import os; sorted(k for k in os.environ if k != 'JPY_PARENT_PID')",
    "main": "import sys; __name__, sys.modules['__main__'].__dict__ is globals()",
    "shell": "type(get_ipython()).__name__",
    "value": "21 * 2",
    "printed": "print('one'); print('two')",
    "errors": "import sys; print('that', file=sys.stderr)",
    "an exception": "1 / 0",
    "a syntax error": "1 +",
    "asked": "input('?')",
    "an exit": "import sys; sys.exit(3)",
    "threads": "import threading; [t.name for t in threading.enumerate()][:1]",
    "a pool of threads": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, -2])))""",
    "a pool of processes": """
        from concurrent.futures import ProcessPoolExecutor
        with ProcessPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, -2])))""",
    "a loop": "import asyncio; await asyncio.sleep(0, 'awaited')",
    "signals": "import signal; [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGCHLD)]",
    "linear algebra": "import numpy as np; float(np.linalg.svd(np.ones((300, 300)))[1][0])",
    "a table": "import pandas as pd; pd.DataFrame({'a': [1, 2]}).describe()",
    "arrow": "import pyarrow.compute as pc, pyarrow as pa; pc.sum(pa.array(range(9))).as_py()",
    "a renderer": "import plotly.io as pio; pio.renderers.default",
    "a zone": "import time; time.tzname",
    "a database": "import sqlite3; sqlite3.connect(':memory:').execute('select 6 * 7').fetchone()",
    "collection": "import gc; gc.isenabled(), gc.get_threshold()",
    "warnings": "import warnings; warnings.warn_explicit('careful', UserWarning, 'x.py', 1)",
    "logging": "import logging; logging.getLogger().handlers, logging.getLogger().level",
}  # fmt: skip


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Kernel, Kernel]]:
    """A warm kernel and a plain one."""
    env = {**os.environ, "TZ": "America/New_York", "OWN": "1"}
    env.pop("PYTEST_CURRENT_TEST", None)
    both = [Kernel(kind, env=env, cwd="/") for kind in ("warm", "plain")]
    yield both[0], both[1]
    for one in both:
        one.end()


@pytest.mark.parametrize("what", ALIKE)
def test_a_warm_kernel_is_as_a_plain_one(what: str, pair: tuple[Kernel, Kernel]):
    """Whatever a cell may look at or do, it sees and puts out the same."""
    warm, plain = (one.run(ALIKE[what]) for one in pair)
    assert warm == plain
    assert warm


@pytest.mark.parametrize(
    "cell", ["os.write(1, b'straight\\n')", "_ = os.system('echo straight')"], ids=["own", "child"]
)
def test_what_is_written_past_python_is_heard(cell: str, start: Start):
    """What goes to the descriptor of the output, by whomever, is part of what is put out."""
    kernel, found = start(), ""
    kernel.client.execute(f"import os; {cell}")
    while "straight" not in found:
        found += kernel.client.get_iopub_msg(timeout=LONG)["content"].get("text", "")


def test_it_is_forked(start: Start):
    """A warm kernel is a child of the server, and has imported what the desk needs."""
    kernel = start()
    assert isinstance(kernel.process, asking.Forked)
    assert said(kernel.run("import sys; print('workbench.steps.write' in sys.modules)")) == "True\n"


def test_each_is_by_itself(start: Start):
    """Nothing that one kernel does to a module, a variable or the environment reaches another."""
    start().run("""
        import os, math, builtins, numpy
        math.pi = 3; builtins.mine = 1; os.environ['MINE'] = '1'; numpy.seterr(all='raise')
        os.chdir('/tmp'); own = 1""")
    seen = start().run("""
        import os, math, builtins, numpy
        print(math.pi > 3.1, hasattr(builtins, 'mine'), 'MINE' in os.environ, 'own' in globals(),
              numpy.geterr()['divide'])""")
    assert said(seen) == "True False False False warn\n"


def test_each_draws_its_own_numbers(start: Start):
    """Two kernels of one server share no random number, by any of the usual ways."""
    code = """
        import random, uuid, secrets, tempfile, numpy
        print(random.random(), numpy.random.rand(), numpy.random.default_rng().random(),
              uuid.uuid4(), secrets.token_hex(4), tempfile.mktemp())"""
    one, other = (said(start().run(code)).split() for _ in range(2))
    assert not set(one) & set(other)


def test_an_interrupt_ends_a_cell_and_not_the_kernel(start: Start):
    """After an interrupt the cell has failed, and names still have their values."""
    kernel = start()
    kernel.run("kept = 7")
    asked = kernel.client.execute("import time\nprint('on', flush=True)\ntime.sleep(60)")
    while kernel.client.get_iopub_msg(timeout=LONG)["content"].get("text") != "on\n":
        pass
    kernel.manager.interrupt_kernel()
    assert kernel.heard(asked)[-1].startswith("KeyboardInterrupt")
    assert kernel.run("kept") == ["7"]


def test_a_restart_is_a_fresh_kernel(start: Start):
    """A restarted kernel has another process and none of the names."""
    kernel = start()
    kernel.run("own = 1")
    pid = kernel.process.pid
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=LONG)
    assert kernel.process.pid != pid
    assert gone(pid)
    assert kernel.run("'own' in globals()") == ["False"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [("import os; os._exit(7)", 7), ("import os; os.kill(os.getpid(), 9)", -9),
     ("import ctypes; ctypes.string_at(0)", -11)],
)  # fmt: skip
def test_a_dead_kernel_is_seen(cell: str, code: int, start: Start):
    """A kernel that dies in a cell is not alive, and its exit code or signal is known."""
    kernel = start()
    kernel.client.execute(cell)
    assert kernel.process.wait(LONG) == code
    assert not kernel.manager.is_alive()


def test_what_is_to_be_done_at_exit_is_done(start: Start, tmp_path: Path):
    """A kernel that is shut down does what cells and modules left for the end."""
    kernel, path = start(), tmp_path / "done"
    kernel.run(f"import atexit, pathlib; _ = atexit.register(pathlib.Path({str(path)!r}).touch)")
    kernel.manager.shutdown_kernel()
    assert path.is_file()


CLIENT = """
import sys, time
from tests.desk.test_kernels import Kernel
kernel = Kernel("warm")
print(kernel.process.pid, kernel.run("import os; print(os.getppid())")[0].strip(), flush=True)
{}
time.sleep(60)
"""
IN_C = """
kernel.client.execute("import re; re.match(r'(a+)+b', 'a' * 40)")
time.sleep(1)
"""


def client(code: str = "") -> tuple["subprocess.Popen[str]", int, int]:
    """Another process with a kernel: itself, the kernel and the server."""
    root = Path(__file__).parents[2]
    started = subprocess.Popen(  # this very Python
        [sys.executable, "-c", CLIENT.format(code) + "print('off', flush=True)"],
        stdout=subprocess.PIPE, text=True, cwd=root,
    )  # fmt: skip
    assert started.stdout is not None
    kernel, server = map(int, started.stdout.readline().split())
    return started, kernel, server


@pytest.mark.parametrize("code", ["", IN_C], ids=["idle", "in a C call"])
@pytest.mark.parametrize("who", ["client", "server"])
def test_no_kernel_is_left_behind(who: str, code: str):
    """When its client or its server is killed, a kernel goes too, even one deep in a C call."""
    process, kernel, server = client(code)
    try:
        time.sleep(1.5 * bool(code))
        os.kill(process.pid if who == "client" else server, signal.SIGKILL)
        assert gone(kernel)
        if who == "client":
            assert gone(server)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_no_secret_of_its_client_is_in_its_memory(start: Start, monkeypatch: pytest.MonkeyPatch):
    """A key of this process is neither in a kernel's environment nor in what it started with."""
    asking.stop()
    monkeypatch.setenv("SOME_API_KEY", "sk-hidden-0123456789")
    env = {name: value for name, value in os.environ.items() if name != "SOME_API_KEY"}
    seen = start(env=env).run("""
        import os, pathlib
        print('SOME_API_KEY' in os.environ,
              b'hidden' in pathlib.Path('/proc/self/environ').read_bytes(),
              b'hidden' in pathlib.Path(f'/proc/{os.getppid()}/environ').read_bytes())""")
    assert said(seen) == "False False False\n"


def test_a_changed_package_has_a_new_server(start: Start):
    """Once the source has changed kernels come from a new server; those that run go on."""
    old, path = start(), Path(asking.__file__)
    server, before = said(old.run("import os; print(os.getppid())")), path.stat()
    try:
        path.touch()
        assert said(start().run("import os; print(os.getppid())")) != server
    finally:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert old.run("6 * 7") == ["42"]
    old.end()
    assert gone(int(server))


def test_what_cannot_be_forked_is_started_as_ever(start: Start):
    """Where Python would start otherwise, or was asked to, the kernel is an ordinary one."""
    other = [{"env": {**os.environ, name: "1"}} for name in ("PYTHONHASHSEED", "OMP_NUM_THREADS")]
    for options in (*other, {"independent": True}):
        kernel = start(**options)
        assert isinstance(kernel.process, subprocess.Popen)
        assert kernel.run("6 * 7") == ["42"]


def test_a_server_that_dies_is_started_again(start: Start):
    """A killed server costs its kernels and no later one."""
    first = start()
    os.kill(int(said(first.run("import os; print(os.getppid())"))), signal.SIGKILL)
    assert first.process.wait(LONG) == -signal.SIGKILL
    assert isinstance(start().process, asking.Forked)


def test_a_server_that_does_not_start_is_done_without(monkeypatch: pytest.MonkeyPatch):
    """Without a server there is no forked kernel, and the reason is told."""
    asking.stop()
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # no Python starts like this
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "x.json"]
    assert asking.kernel(command, os.environ, "/", [1, 2]) == "its server did not start"


def test_nothing_runs_when_a_kernel_is_forked():
    """In the server there is no thread of Python, no message context and no open file."""
    asking.warm()
    server = asking._servers[0].process.pid
    own = [one for one in Path(f"/proc/{server}/fd").iterdir() if int(one.name) > 2]
    assert all(str(one.readlink()).startswith(("pipe:", "socket:", "anon_inode:")) for one in own)
    code = "from workbench.desk.kernels import preloaded; preloaded.touch(); import threading, zmq"
    code += "; assert threading.active_count() == 1 and zmq.Context._instance is None"
    subprocess.run([sys.executable, "-c", code], check=True)  # this very Python

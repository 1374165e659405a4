"""The client's tests: one event loop each, a fault server, and a guard of the loopback."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from tests.bench.wire import BEYOND, GUARD, _watch


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a coroutine to its end; nothing here may take longer than ten seconds."""

    def ran(what: Coroutine[Any, Any, Any]) -> Any:
        async def bounded() -> Any:
            async with asyncio.timeout(10):
                return await what

        return asyncio.run(bounded())

    return ran


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No socket beyond loopback, no proxy and no contact of whoever runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "workbench_contact"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    BEYOND.clear()
    _watch()
    yield
    GUARD["on"] = False
    assert BEYOND == []

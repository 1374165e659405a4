"""A made-up world behind a local server: every source of the live desk, consistent, with faults.

``python -m tests.bench.world`` runs it for people, prints a params file that asks it, and goes on
until it is interrupted; ``--fault yahoo=refuse`` spoils a source. Its numbers are invented.
"""

from __future__ import annotations

import argparse
import datetime as dt
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml

from tests.bench import made_coins, made_markets, made_texts
from tests.bench.made import UTC, Numbers
from tests.bench.served import Reply
from tests.bench.spoilt import spoilt

LIVE = Path(__file__).parents[2] / "params" / "live.yaml"
HELD = 30.0  # seconds that a hanging source keeps a connection at most
Answer = Callable[[Numbers, dt.datetime, str, dict[str, str]], Reply | None]
SOURCES: Mapping[str, Answer] = {
    "yahoo": made_markets.yahoo, "cboe": made_markets.cboe, "fred": made_markets.fred,
    "kraken": made_coins.kraken, "coinbase": made_coins.coinbase,
    "kraken_futures": made_coins.kraken_futures, "bybit": made_coins.bybit,
    "deribit": made_coins.deribit, "mempool": made_coins.mempool,
    "blockchair": made_coins.blockchair, "fear_greed": made_coins.fear_greed,
    "github": made_texts.github, "sec": made_texts.sec, "news": made_texts.news,
    "earnings": made_texts.earnings, "polymarket": made_texts.polymarket,
    "kalshi": made_texts.kalshi, "weights": made_markets.weights, "cftc": made_markets.cftc,
}  # fmt: skip
NAMES = (*SOURCES, "ethereum")


@dataclass(kw_only=True)
class World:
    """One world, with a clock of its own.

    Attributes:
        now: Its moment, which may be set forward; None for this machine's.
        start: Its first day; None for New Year's Day of the year before last.
        splits: Symbol to the session date from which its shares are others, and how many for one.
        faults: Source to what is wrong with it, one of ``spoilt.NAMES``.
        only: Of a spoilt source, the text that an address must hold to be spoilt; empty for all.
        ahead: Source to seconds by which its clock is ahead of the world's.
        instead: Changes an answer in any other way: source, path and answer to the answer.
        base: Source to its address while it is served.
        asked: Source and path with query of every request.
        changed: Sources of which an answer was another than without its fault.
    """

    now: dt.datetime | None = None
    start: dt.date | None = None
    splits: Mapping[str, tuple[dt.date, float]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    only: dict[str, str] = field(default_factory=dict)
    ahead: dict[str, float] = field(default_factory=dict)
    instead: Callable[[str, str, Reply], Reply] | None = None
    base: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        first = self.start or dt.date(self.clock().year - 2, 1, 1)
        self.numbers = _numbers(first, tuple(self.splits.items()))

    def clock(self) -> dt.datetime:
        """The world's time."""
        return self.now or dt.datetime.now(UTC)

    def answer(self, source: str, target: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """What a source says to a request, faults included."""
        self.asked.append((source, target))
        parts = urlsplit(target)
        path = unquote(parts.path).removeprefix(f"/{source}") or "/"
        query = dict(parse_qsl(parts.query))
        now = self.clock().replace(microsecond=0)
        if source == "ethereum":
            found = made_coins.ethereum(self.numbers, now, body)
        elif source == "sec" and "@" not in headers.get("user-agent", ""):
            found = Reply(body=b"Undeclared automated tool", status=403)
        else:
            found = SOURCES[source](self.numbers, now, path, query)
        if found is None:
            found = Reply(body=b'{"message": "Not Found"}', status=404)
        if self.faulty(source, target):
            found, true = spoilt(self.faults[source], found), found
            self.changed |= {source} if found != true else set()
        return self.instead(source, target, found) if self.instead else found

    def faulty(self, source: str, target: str) -> bool:
        """Whether what is wrong with a source concerns this address."""
        return source in self.faults and self.only.get(source, "") in target


@cache
def _numbers(start: dt.date, splits: tuple[tuple[str, tuple[dt.date, float]], ...]) -> Numbers:
    """Drawn once a process, and before anybody waits for an answer."""
    found = Numbers(start=start, splits=dict(splits))
    found.draw()
    return found


@contextmanager
def serving(world: World, port: int = 0) -> Iterator[World]:
    """Serves a world on loopback as long as the block, each source at a port of its own.

    Args:
        world: Its ``base`` is filled.
        port: That of the first source, the others follow; 0 for any free ones.
    """
    over = threading.Event()
    servers, closed = [], []
    for n, source in enumerate(NAMES):
        own = port + n if port else 0
        if world.faults.get(source) == "refuse":
            deaf = socket.socket()  # bound and not listening: connections are refused
            deaf.bind(("127.0.0.1", own))
            closed.append(deaf)
            number = deaf.getsockname()[1]
        else:
            server = _Server(("127.0.0.1", own), partial(_Handler, world, source, over))
            servers.append(server)
            number = server.server_address[1]
        world.base[source] = f"http://127.0.0.1:{number}/{source}"
    threads = [
        threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        for one in servers
    ]
    for thread in threads:
        thread.start()
    try:
        yield world
    finally:
        over.set()
        for one in servers:
            one.shutdown()
            one.server_close()
        for deaf in closed:
            deaf.close()
        for thread in threads:
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of clients that have gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, world: World, source: str, over: threading.Event, *given: Any) -> None:
        self.world, self.source, self.over = world, source, over
        super().__init__(*given)

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.world.faults.get(self.source) == "hang" and self.world.faulty(
            self.source, self.path
        ):
            self.over.wait(HELD)
            self.close_connection = True
            return
        sent = {name.lower(): value for name, value in self.headers.items()}
        reply = self.world.answer(self.source, self.path, body, sent)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = True

    do_GET = do_POST = _answer  # noqa: N815  # the names that http.server calls

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The world's time, and not this machine's."""
        ahead = dt.timedelta(seconds=self.world.ahead.get(self.source, 0.0))
        return format_datetime(self.world.clock().astimezone(UTC) + ahead, usegmt=True)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def params(world: World, **changes: Any) -> str:
    """``params/live.yaml`` with every feed's base set to the world's, and top-level changes."""
    told = yaml.safe_load(LIVE.read_text("utf-8"))
    feeds = [{"feed": one} if isinstance(one, str) else one for one in told["feeds"]]
    told["feeds"] = [one | {"base": world.base[one["feed"]]} for one in feeds]
    text: str = yaml.safe_dump(told | changes, sort_keys=False, default_flow_style=None, width=99)
    return text


def main() -> None:
    """Serves until interrupted."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.world", description=__doc__)
    asked.add_argument("--port", type=int, default=0, help="port of the first source")
    asked.add_argument("--fault", nargs="*", default=[], help="source=fault")
    given = asked.parse_args()
    world = World(faults=dict(one.split("=", 1) for one in given.fault))
    with serving(world, given.port):
        print(params(world), flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()

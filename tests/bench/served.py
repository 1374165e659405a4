"""A local server that answers with given bytes: what adapters are tried against, end to end."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server answers."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass(slots=True)
class Served:
    """A server that is running: its address, and what it was asked (method, path with query)."""

    base: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


Answering = Callable[[str, str, bytes], Reply | None]
"""Method, path with query, and body to the reply; None for 404."""


def by_path(routes: Mapping[str, Reply]) -> Answering:
    """The reply of the longest route that the path starts with."""

    def answer(_method: str, path: str, _body: bytes) -> Reply | None:
        found = [route for route in routes if path.startswith(route)]
        return routes[max(found, key=len)] if found else None

    return answer


@contextmanager
def served(answering: Answering) -> Iterator[Served]:
    """Runs a server on loopback as long as the block."""
    state = Served("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.asked.append((self.command, self.path))
            state.sent.append({k.lower(): v for k, v in self.headers.items()})
            state.bodies.append(body)
            reply = answering(self.command, self.path, body) or Reply(body=b"{}", status=404)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = _answer  # noqa: N815  # the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

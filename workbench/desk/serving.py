"""The site on this machine alone, for looking: read-only, to loopback, so many readers at once."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from workbench.desk.layout import CSP
from workbench.domain.errors import UserMistake

_READERS = 16  # connections answered at once; the next ones wait
_SECONDS = 15.0  # that a connection may idle
_TYPES = {".md": "text/markdown; charset=utf-8", ".html": "text/html; charset=utf-8",
          ".js": "text/javascript; charset=utf-8", ".xml": "application/xml; charset=utf-8",
          ".ipynb": "application/x-ipynb+json"}  # fmt: skip


class Server(ThreadingHTTPServer):
    """Serves one folder to 127.0.0.1; `close` it when done.

    Args:
        folder: The site.
        port: Where to listen; 0 for any that is free.

    Raises:
        UserMistake: There is no site, or the port is taken.
    """

    daemon_threads = True
    request_queue_size = _READERS

    def __init__(self, folder: Path, port: int) -> None:
        if not (folder / "index.html").is_file():
            raise UserMistake(
                f"There is no site in the outputs {folder.parent.name!r}. "
                "Run 'workbench cycle' or 'workbench site build' first."
            )
        self._free = threading.BoundedSemaphore(_READERS)
        try:
            super().__init__(("127.0.0.1", port), partial(_Reader, directory=str(folder)))
        except OSError as error:
            raise UserMistake(
                f"Port {port} cannot be used: {error.strerror}. Choose another with --port."
            ) from error

    @property
    def address(self) -> str:
        """Where the site is read."""
        return f"http://127.0.0.1:{self.server_port}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers in a thread of its own, once one is free."""
        self._free.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The same, and frees the thread for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class _Reader(SimpleHTTPRequestHandler):
    """GET and HEAD of files; no list of a folder is given, and nothing is said on the terminal."""

    timeout = _SECONDS
    extensions_map = SimpleHTTPRequestHandler.extensions_map | _TYPES

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def list_directory(self, _path: Any) -> None:
        self.send_error(404, "File not found")

    def log_message(self, *_args: Any) -> None:
        """Says nothing: a page with its scripts would fill the terminal."""

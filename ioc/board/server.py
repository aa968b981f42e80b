"""Answers the page on this machine alone: a closed list of files, three questions, and nothing else.

Another site's page cannot read it: the name that the browser asked for must be this machine's (no DNS rebinding), and
no answer allows another origin. The page itself may load from here only.
"""

from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from ...layers.errors import DothiError, EnvironmentTroubleError
from ...layers.messages import LANGUAGES, RESOURCES
from .received import Received
from .words import words

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_PAGE = RESOURCES / "board"
_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
    ".ttf": "font/ttf", ".svg": "image/svg+xml",
}  # fmt: skip
_LAYER = re.compile(r"/layers/([a-z][a-z0-9_]{0,62})\.geojson")
_HEADERS = {
    # MapLibre's control pictures are data: addresses inside its style sheet.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Address → content and kind of every file of the page."""
    found = {f"/{path.relative_to(_PAGE).as_posix()}": path for path in _PAGE.rglob("*") if path.suffix in _TYPES}
    found |= {f"/fonts/{name}.ttf": RESOURCES / "fonts" / f"IBMPlexSans-{name}.ttf" for name in ("Regular", "SemiBold")}
    found["/icon.svg"] = RESOURCES / "icons" / "dothi.svg"
    read = {address: (path.read_bytes(), _TYPES[path.suffix]) for address, path in found.items()}
    return read | {"/": read["/index.html"]}


class _Handler(BaseHTTPRequestHandler):
    server: ThreadingHTTPServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "dothi", ""
    timeout = 30  # s without a word, and the connection ends
    received: Received

    def log_message(self, *_: Any) -> None:
        """Say nothing: an address may hold what somebody typed."""

    def do_GET(self) -> None:
        """A file of the page, or an answer."""
        host, _, port = self.headers.get("Host", "").rpartition(":")
        if host not in _NAMES or port != str(self.server.server_port):
            return self._send(403, b"", "text/plain")
        address = urlsplit(self.path).path
        if address in files():
            return self._send(200, *files()[address])
        try:
            return self._answer(address)
        except DothiError as error:
            sentences = {language: error.sentence(language) for language in LANGUAGES}
            return self._json(503, {"code": error.code, "sentence": sentences})

    do_HEAD = do_GET  # noqa: N815 - a name of the standard library

    def _answer(self, address: str) -> None:
        if address == "/words.json":
            return self._json(200, words())
        if address == "/received.json":
            return self._json(200, self.received.summary())
        if address == "/proof.json":
            return self._json(200, asdict(self.received.proof()))
        wanted = _LAYER.fullmatch(address)
        content = self.received.features(wanted[1]) if wanted else None
        if content is None:
            return self._send(404, b"", "text/plain")
        return self._send(200, content, "application/geo+json")

    def _json(self, status: int, content: Any) -> None:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        self._send(status, text.encode("utf-8", "replace"), "application/json")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a browser keeps its connections open; the end does not wait for it

    def handle_error(self, *_: Any) -> None:
        """A browser that goes away in the middle of an answer is no trouble of ours."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(*_)


@contextmanager
def listening(received: Received, port: int) -> Iterator[tuple[ThreadingHTTPServer, str]]:
    """A server on loopback, and the address of its page; ``port`` 0: any that is free.

    Raises :class:`EnvironmentTroubleError` for a port that somebody else has.
    """
    handler = type("Handler", (_Handler,), {"received": received})
    try:
        server = _Server((HOST, port), handler)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise EnvironmentTroubleError("ioc.board.port", port=str(port)) from error
        raise
    try:
        yield server, f"http://{HOST}:{server.server_port}/"
    finally:
        server.server_close()

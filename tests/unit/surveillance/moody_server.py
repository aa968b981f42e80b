"""A web server on this machine that serves files as told: cut off, lying, changing, sending elsewhere."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


@dataclass
class Moods:
    """How the next answers are given. ``cuts`` are taken one by one: bytes of the body after which the line breaks."""

    root: Path
    target: Path = Path()
    cuts: list[int] = field(default_factory=list)
    etag: str | None = '"1"'
    ranges: bool = True
    extra_length: int = 0
    status: list[int] = field(default_factory=list)
    redirect: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    wrong_range: bool = False
    no_length: bool = False
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    posted: list[bytes] = field(default_factory=list)
    before: dict[int, object] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    moods: Moods

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        self.moods.posted.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.do_GET()

    def do_GET(self) -> None:
        moods = self.moods
        path = urlsplit(self.path).path
        moods.asked.append((self.command, self.path, self.headers.get("Range")))
        change = moods.before.pop(moods.count, None)
        if callable(change):
            change()
        if moods.status:
            status = moods.status.pop(0)
            if status != 200:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        if path in moods.redirect:
            self.send_response(302)
            self.send_header("Location", moods.redirect[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = moods.bodies.get(path)
        if body is None:
            file = moods.root / path.lstrip("/")
            if not file.is_file():
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = file.read_bytes()
        self._send(body)

    def _send(self, body: bytes) -> None:
        moods = self.moods
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        condition = self.headers.get("If-Range")
        start, status = 0, 200
        if match and moods.ranges and (condition is None or condition == moods.etag):
            start, status = int(match[1]), 206
            if start >= len(body):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        part = body[start:]
        self.send_response(status)
        if moods.etag:
            self.send_header("ETag", moods.etag)
        if status == 206:
            shown = start + 7 if moods.wrong_range else start
            self.send_header("Content-Range", f"bytes {shown}-{len(body) - 1}/{len(body)}")
        for name, value in moods.headers.items():
            self.send_header(name, value)
        if moods.no_length:
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(part) + moods.extra_length))
        self.end_headers()
        if moods.cuts:
            part = part[: moods.cuts.pop(0)]
            self.close_connection = True
        if moods.extra_length:
            self.close_connection = True
        self.wfile.write(part)


@contextmanager
def serving(root: Path) -> Iterator[tuple[str, Moods]]:
    """The address (without a slash at its end) and the moods of a server over ``root``."""
    moods = Moods(root)
    handler = type("Handler", (_Handler,), {"moods": moods})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", moods
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

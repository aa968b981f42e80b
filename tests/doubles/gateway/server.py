"""The gateway of ``contract/openapi.json``: routes, parameters and bodies come from that file alone.

It knows nothing of the product. What each operation does is written here; that it exists, how it is reached and what it
takes is the contract's. ``faults`` is asked before each request and may name one: ``lost`` (nothing is done and the
connection is cut), ``answer lost`` (done, and cut), ``kept nothing`` (a success is said and nothing done), ``half``
(every second record is taken), ``500``, ``429``, ``413``, ``restart empty``.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema
from referencing import Registry
from referencing.jsonschema import DRAFT202012

CONTRACT = Path(__file__).parent / "contract"
LARGEST = 1_000_000
# Operation → the collection that it works on.
COLLECTIONS = {"ThuaDat": "parcel", "TruNuoc": "hydrant", "CanhBao": "alert", "ChiDao": "said"}


@dataclass
class Gateway:
    """What is held, by collection and identifier; every request that was seen; the trouble that is made."""

    held: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {name: {} for name in ("parcel", "hydrant", "alert")}
    )
    said: list[dict[str, str]] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    faults: Callable[[str, str], str] = field(default=lambda method, path: "")
    answer: Callable[[str], tuple[int, bytes, dict[str, str]] | None] = field(default=lambda operation: None)
    token: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


class _AnswerNow(Exception):  # noqa: N818 - not an error
    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


def _problem(status: int, detail: str) -> _AnswerNow:
    return _AnswerNow(status, {"title": "lỗi", "detail": detail, "status": status})


class _Routes:
    """Operations of the contract by method and path, with a check of their bodies."""

    def __init__(self, folder: Path) -> None:
        files = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
        self._registry: Registry[Any] = Registry().with_resources(
            [(name, DRAFT202012.create_resource(content)) for name, content in files.items()]
        )
        self.found: list[tuple[str, re.Pattern[str], dict[str, Any], set[str]]] = []
        for path, item in files["openapi.json"]["paths"].items():
            pattern = re.compile(re.sub(r"\{\w+\}", "([^/]+)", path))
            for method, one in item.items():
                if method != "parameters":
                    names = {
                        p["name"]
                        for p in (*item.get("parameters", ()), *one.get("parameters", ()))
                        if p["in"] == "query"
                    }
                    self.found.append((method.upper(), pattern, one, names))

    def of(self, method: str, path: str, query: set[str]) -> tuple[dict[str, Any], str]:
        for of_method, pattern, one, names in self.found:
            fits = pattern.fullmatch(path)
            if fits and of_method == method:
                if query - names:
                    raise _problem(400, f"tham số không có trong hợp đồng: {sorted(query - names)}")
                return one, unquote(fits[1]) if fits.groups() else ""
        raise _problem(404, f"{method} {path}")

    def check(self, one: dict[str, Any], kind: str, raw: bytes) -> Any:
        """The body of a request, which must be as the contract says."""
        ((media, of),) = one["requestBody"]["content"].items()
        if kind != media:
            raise _problem(415, f"{kind}: cần {media}")
        body = json.loads(raw)
        schema = json.loads(json.dumps(of["schema"]).replace('"#/', '"openapi.json#/'))
        for error in jsonschema.Draft202012Validator(schema, registry=self._registry).iter_errors(body):
            raise _problem(422, f"{list(error.absolute_path)}: {error.validator}")
        return body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gateway: Gateway
    routes: _Routes
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        gateway, fault = self.gateway, self.gateway.faults(self.command, parts.path)
        if fault == "lost":
            return self._cut()
        try:
            with gateway.lock:
                gateway.seen.append((self.command, parts.path))
                gateway.bodies.append(raw)
                self._do(parts.path, query, raw, fault)
        except _AnswerNow as answer:
            if fault == "answer lost":
                return self._cut()
            self._send(answer.status, None if answer.body is None else json.dumps(answer.body).encode(), answer.headers)
        return None

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - names of the standard library

    def _do(self, path: str, query: dict[str, str], raw: bytes, fault: str) -> None:
        gateway = self.gateway
        if gateway.token and self.headers.get("Authorization") != f"Bearer {gateway.token}":
            raise _problem(401, "thiếu mã truy cập")
        if fault in ("500", "429"):
            raise _AnswerNow(int(fault), {"title": "bận"}, **{"Retry-After": "0"})
        if fault == "413" or len(raw) > LARGEST:
            raise _problem(413, "quá lớn")
        if fault == "restart empty":
            for of in gateway.held.values():
                of.clear()
        one, key = self.routes.of(self.command, path, set(query))
        operation = one["operationId"]
        hostile = gateway.answer(operation)
        if hostile is not None:
            self._send(*hostile)
            return
        body = self.routes.check(one, self.headers.get("Content-Type", ""), raw) if "requestBody" in one else None
        name = next(of for words, of in COLLECTIONS.items() if operation.endswith(words))
        if name == "said":
            raise _AnswerNow(200, gateway.said)
        held = gateway.held[name]
        if operation.startswith("ghi"):
            self._put(name, held, key, body, fault)
        if operation.startswith("xoa"):
            if fault != "kept nothing":
                for gone in [key] if body is None else body["ma"]:
                    self._require_match(held.get(gone))
                    held.pop(gone, None)
            raise _AnswerNow(200)
        self._give(name, held, key, query, body)

    def _put(self, name: str, held: dict[str, Any], key: str, body: Any, fault: str) -> None:
        given = [body] if key else body["features" if name == "parcel" else "danhSach"]
        word = "id" if name == "parcel" else "ma"
        if key and body[word] != key:
            raise _problem(422, "mã trong thân và trong đường dẫn khác nhau")
        if key:
            self._require_match(held.get(key))
        taken = [] if fault == "kept nothing" else given[::2] if fault == "half" and not key else given
        for one in taken:
            held[one[word]] = one
        refused = [{"ma": one[word], "lyDo": "bận"} for one in given if one not in taken] if fault == "half" else []
        raise _AnswerNow(200, {"loi": refused} if refused and name == "alert" else {"daNhan": len(taken)})

    def _require_match(self, now: Any) -> None:
        wanted = self.headers.get("If-Match")
        if wanted and (now is None or wanted not in ("*", tag(now))):
            raise _problem(412, "đã bị sửa")
        if self.headers.get("If-None-Match") == "*" and now is not None:
            raise _problem(412, "đã có")

    def _give(self, name: str, held: dict[str, Any], key: str, query: dict[str, str], body: Any) -> None:
        if key:
            if key not in held:
                raise _problem(404, "không có")
            raise _AnswerNow(200, _served(held[key]), ETag=tag(held[key]))
        wanted = body["ma"] if body is not None else query["ma"].split(",") if "ma" in query else None
        found = [held[one] for one in sorted(held) if wanted is None or one in wanted]
        total = len(found)
        if wanted is None:
            size = min(
                int(query.get("limit") or query.get("soLuong") or 20), 100
            )  # what is asked for is not always given
            start = (
                (int(query["trang"]) - 1) * size
                if "trang" in query
                else int(query.get("offset") or query.get("tu") or 0)
            )
            found = found[start : start + size]
        served = [_served(one) for one in found]
        if name == "parcel":
            raise _AnswerNow(200, {"type": "FeatureCollection", "numberMatched": total, "features": served})
        raise _AnswerNow(200, {"duLieu": served, "tongSo": total} if name == "hydrant" else served)

    def _send(self, status: int, content: bytes | None, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def tag(record: Any) -> str:
    """The version of a record."""
    return f'"{hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]}"'


def _served(record: dict[str, Any]) -> dict[str, Any]:
    """As gateways give things back: members of their own, numbers and instants in another way of writing."""
    made: dict[str, Any] = {**record, "capNhatLuc": "2026-06-02T08:00:00+07:00"}
    for name in ("dienTichM2", "duongKinhMm"):
        if isinstance(made.get(name), int):
            made[name] = float(made[name])
    if isinstance(made.get("phatLuc"), str):
        made["phatLuc"] = made["phatLuc"].replace(".000Z", "+00:00")
    return made


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A publisher that is killed closes its connection: that is what it is tested for."""


@contextmanager
def serving(gateway: Gateway, contract: Path = CONTRACT, port: int = 0) -> Iterator[str]:
    """The gateway on a port of loopback (0: a free one); yields its address."""
    handler = type("Handler", (_Handler,), {"gateway": gateway, "routes": _Routes(contract)})
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""The HTTP binding (clause 6) over :class:`Entities`, on loopback, with tenants, limits and, if asked, faults.

``faults`` is asked before each request and may name one: ``lost`` (nothing is done and the connection is cut),
``answer lost`` (done, and cut), ``kept nothing`` (a success is said and nothing done), ``half`` (207 with every second
entity refused), ``500``, ``429``, ``413``, ``restart empty``, ``slow``.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .entities import Entities, ProblemError, bad, concise, key_values

API = "/ngsi-ld/v1"
LARGEST = 1_000_000  # bytes: what brokers take by default
AT_ONCE = 1_000


@dataclass
class Broker:
    """Tenants by name, every request that was seen, and the trouble that is made."""

    tenants: defaultdict[str, Entities] = field(default_factory=lambda: defaultdict(Entities))
    seen: list[tuple[str, str]] = field(default_factory=list)
    faults: Callable[[str, str], str] = field(default=lambda method, path: "")
    token: str = ""
    largest: int = LARGEST
    slow_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _AnswerNow(Exception):  # noqa: N818 - not an error
    def __init__(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    broker: Broker
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        fault = self.broker.faults(self.command, parts.path)
        if fault in ("lost", "slow"):
            time.sleep(self.broker.slow_s if fault == "slow" else 0)
            return self._cut()
        try:
            with self.broker.lock:
                self.broker.seen.append((self.command, parts.path))
                self._do(parts.path, query, raw, fault)
        except _AnswerNow as answer:
            if fault == "answer lost":
                return self._cut()
            self._send(answer.status, answer.body, answer.headers)
        except ProblemError as problem:
            self._send(problem.status, problem.body, {"Content-Type": "application/problem+json"})
        return None

    do_GET = do_POST = do_DELETE = do_PATCH = _handle  # noqa: N815 - names of the standard library

    def _do(self, path: str, query: dict[str, str], raw: bytes, fault: str) -> None:
        if self.broker.token and self.headers.get("Authorization") != f"Bearer {self.broker.token}":
            raise _AnswerNow(401, {"title": "no valid token"})
        if fault in ("500", "429"):
            raise _AnswerNow(int(fault), {"title": "busy"}, {"Retry-After": "0"})
        if fault == "413" or len(raw) > self.broker.largest:
            raise ProblemError(413, "RequestEntityTooLarge", "the request is too large")
        if fault == "restart empty":
            self.broker.tenants.clear()
        self._require_link()
        tenant = self.broker.tenants[self.headers.get("NGSILD-Tenant", "")]
        if not path.startswith(API):
            raise ProblemError(404, "ResourceNotFound", path)
        words = [unquote(word) for word in path.removeprefix(API).strip("/").split("/")]
        if words[0] == "entityOperations":
            self._batch(tenant, words[1], query, read(raw), fault)
        self._entity(tenant, words[1:], query, raw)

    def _require_link(self) -> None:
        """6.3.5: a Link to a context must say its relation; application/ld+json carries the context itself."""
        link = self.headers.get("Link", "")
        if link and 'rel="http://www.w3.org/ns/json-ld#context"' not in link:
            raise bad("Link without the relation of a JSON-LD context")
        if link and "ld+json" in self.headers.get("Content-Type", ""):
            raise bad("both a Link and application/ld+json")

    def _batch(self, tenant: Entities, what: str, query: dict[str, str], body: Any, fault: str) -> None:
        if what == "query":
            return self._query_by_post(tenant, query, body)
        if not isinstance(body, list) or not body:
            raise bad("a batch is a list that is not empty")
        if len(body) > AT_ONCE:
            raise ProblemError(413, "RequestEntityTooLarge", f"more than {AT_ONCE} entities")
        if fault == "kept nothing":
            raise _AnswerNow(204)
        refused = body[1::2] if fault == "half" else []
        body = body[::2] if fault == "half" else body
        errors = [
            {
                "entityId": one if isinstance(one, str) else one.get("id"),
                "error": {"title": "out of luck", "status": 500},
            }
            for one in refused
        ]
        if what == "delete":
            done, more = tenant.delete_all(body)
            raise _AnswerNow(207, {"success": done, "errors": errors + more}) if errors + more else _AnswerNow(204)
        if what == "create":
            done = []
            for one in body:
                try:
                    done.append(tenant.create(one))
                except ProblemError as problem:
                    errors.append({"entityId": one.get("id"), "error": problem.body})
            raise _AnswerNow(207, {"success": done, "errors": errors}) if errors else _AnswerNow(201, done)
        if what != "upsert":
            raise ProblemError(404, "ResourceNotFound", what)
        created, updated, more = tenant.upsert(body, update=query.get("options") == "update")
        if errors + more:
            raise _AnswerNow(207, {"success": created + updated, "errors": errors + more})
        raise _AnswerNow(201, created) if created else _AnswerNow(204)

    def _query_by_post(self, tenant: Entities, query: dict[str, str], body: Any) -> None:
        if not isinstance(body, dict) or body.get("type") != "Query":
            raise bad("not a Query")
        chosen = body.get("entities", [])
        keys = [one["id"] for one in chosen if "id" in one]
        kinds = [one["type"] for one in chosen if "id" not in one and "type" in one]
        found = tenant.query(kinds, having=body.get("q", ""), keys=keys or None)
        self._page(found, query)

    def _entity(self, tenant: Entities, words: list[str], query: dict[str, str], raw: bytes) -> None:
        if not words:
            if self.command == "POST":
                key = tenant.create(read(raw))
                raise _AnswerNow(201, None, {"Location": f"{API}/entities/{key}"})
            if not any(name in query for name in ("type", "id", "q", "attrs", "georel")):
                raise bad("a query needs a type, identifiers, attributes or a condition")
            keys = query["id"].split(",") if "id" in query else None
            kinds = query["type"].split(",") if "type" in query else ()
            self._page(tenant.query(kinds, query.get("idPattern", ""), query.get("q", ""), keys), query)
        key = words[0]
        if self.command == "GET":
            raise _AnswerNow(200, self._form([tenant.get(key)], query)[0])
        if self.command == "DELETE" and len(words) == 3:
            tenant.delete_attribute(key, words[2])
        elif self.command == "DELETE":
            tenant.delete(key)
        else:
            tenant.update(key, read(raw))
        raise _AnswerNow(204)

    def _page(self, found: list[dict[str, Any]], query: dict[str, str]) -> None:
        """6.3.10, 6.3.13: limit, offset and count."""
        limit, start = int(query.get("limit", "20")), int(query.get("offset", "0"))
        if limit < 0 or limit > AT_ONCE or start < 0 or (limit == 0 and query.get("count") != "true"):
            raise bad("limit or offset out of range")
        headers = {"NGSILD-Results-Count": str(len(found))} if query.get("count") == "true" else {}
        if start + limit < len(found) and limit:
            headers["Link"] = f'<{API}/entities?offset={start + limit}&limit={limit}>; rel="next"'
        raise _AnswerNow(200, self._form(found[start : start + limit], query), headers)

    def _form(self, found: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
        options = set(query.get("options", "").split(",")) | {query.get("format", "")}
        made = concise if "concise" in options else key_values if options & {"keyValues", "simplified"} else dict
        return [made(entity) for entity in found]

    def _send(self, status: int, body: Any, headers: dict[str, str]) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if content and "Content-Type" not in headers:
            self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def read(raw: bytes) -> Any:
    """The body as JSON."""
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ProblemError(400, "InvalidRequest", "not JSON") from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A publisher that is killed closes its connection: that is what it is tested for."""


@contextmanager
def serving(broker: Broker, port: int = 0) -> Iterator[str]:
    """Serve on a port of loopback (0: a free one); yields the address."""
    handler = type("Handler", (_Handler,), {"broker": broker})
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Requests to a target over HTTP: certificates always verified, no redirects, and answers that are bounded.

An address is ``https``, or ``http`` on this machine alone. What an answer says is data of a stranger: its size, its
depth and the time it may take have limits, and none of it is ever followed to another place.
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from ..layers.errors import EnvironmentTroubleError, InputError
from ..store.troubles import told
from .targets.target import UnansweredError

CONNECT_S, READ_S, WHOLE_S = 10.0, 60.0, 300.0  # to be reached, between two parts of an answer, for all of it
LARGEST = 64 << 20  # bytes of an answer
DEEPEST = 60  # levels of an answer: a MultiPolygon in a property needs ten
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_SILENT = {500, 502, 503, 504}  # whether it was done is not said
# Asked to wait: urllib3 waits as long as Retry-After says, within bounds, and asks again.
_RETRY = Retry(
    total=4, connect=2, read=0, status=4, status_forcelist=(429, 503), backoff_factor=0.2, backoff_max=10.0,
    allowed_methods=None, raise_on_status=False, respect_retry_after_header=True, retry_after_max=30,
)  # fmt: skip


@dataclass(frozen=True)
class Credentials:
    """``token`` for a bearer, or ``user`` and ``password``; all empty: none. Never printed."""

    token: str = ""
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return "Credentials(…)"


def credentials_in(path: Path) -> Credentials:
    """Credentials from a JSON file that its owner alone can read. Raises :class:`InputError`."""
    with told(path, writing=False):
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise InputError("ioc.secret_open", path=str(path))
        text = path.read_text(encoding="utf-8")
    try:
        given = json.loads(text)
        return Credentials(**{name: str(given[name]) for name in given})
    except (ValueError, TypeError) as error:
        raise InputError("ioc.secret_wrong", path=str(path)) from error


def require_address(address: str) -> str:
    """``address`` without a slash at its end. Raises :class:`InputError` unless HTTPS, or HTTP on this machine."""
    parts = urlsplit(address)
    if parts.username or parts.password:
        raise InputError("ioc.secret_in_address", host=parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise InputError("ioc.address_wrong", address=address[:200])
    return address.rstrip("/")


class Web:
    """One connection pool to one host. ``authority`` is a file of the province's own certificate authority."""

    def __init__(
        self,
        address: str,
        credentials: Credentials | None = None,
        headers: Mapping[str, str] | None = None,
        authority: str = "",
    ) -> None:
        self.address = require_address(address)
        self._session = requests.Session()
        self._session.trust_env = False  # no netrc, no proxy that the address book of the machine does not name
        self._session.verify = authority or True
        self._session.headers.update(headers or {})
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=4, max_retries=_RETRY)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        if credentials and credentials.token:
            self._session.headers["Authorization"] = f"Bearer {credentials.token}"
        elif credentials and credentials.user:
            self._session.auth = (credentials.user, credentials.password)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and read the whole answer.

        Raises :class:`UnansweredError` where there is none or it says nothing of what was done,
        :class:`EnvironmentTroubleError` for a certificate that does not fit, and :class:`InputError` where the other
        side refuses who we are, sends us elsewhere, or sends too much.
        """
        try:
            with self._session.request(
                method, self.address + path, params=query, data=body, headers=dict(headers or {}),
                timeout=(CONNECT_S, READ_S), allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                found = Answer(answer.status_code, self._content(answer.raw), answer.headers)
        except requests.exceptions.SSLError as error:
            raise EnvironmentTroubleError("ioc.certificate", host=self.host) from error
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            raise UnansweredError from error
        if found.status in (401, 403):
            raise InputError("ioc.not_allowed", host=self.host, status=found.status)
        if 300 <= found.status < 400:
            raise InputError("ioc.redirected", host=self.host, status=found.status)
        if found.status in _SILENT and method != "GET":
            raise UnansweredError
        return found

    def _content(self, raw: Any) -> bytes:
        """The body, as long as it comes in time and is not too large, unpacked included."""
        until, content = time.monotonic() + WHOLE_S, bytearray()
        for part in raw.stream(1 << 16, decode_content=True):
            content += part
            if len(content) > LARGEST:
                raise InputError("ioc.answer_too_large", host=self.host, limit=LARGEST >> 20)
            if time.monotonic() > until:
                raise UnansweredError
        return bytes(content)

    @property
    def host(self) -> str:
        """Name of the other side, for sentences."""
        return urlsplit(self.address).hostname or ""

    def close(self) -> None:
        """End the connections."""
        self._session.close()


@dataclass(frozen=True)
class Answer:
    """Status, whole body and headers of an answer."""

    status: int
    content: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:
        """The body as JSON with whole numbers as integers. Raises :class:`UnansweredError` for what is none."""
        return read_json(self.content)


def whole(text: str) -> float | int:
    """A JSON number as everybody may write it back: 5.0 and 5 are the same number."""
    number = float(text)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def read_json(content: bytes | str) -> Any:
    """JSON of a stranger: no NaN, not deeper than :data:`DEEPEST`. Raises :class:`UnansweredError`."""
    try:
        found = json.loads(content, parse_float=whole, parse_constant=whole)
    except (ValueError, RecursionError) as error:
        raise UnansweredError from error
    if depth(found) > DEEPEST:
        raise UnansweredError
    return found


def depth(value: Any) -> int:
    """Levels of lists and objects, counted without recursion."""
    level, levels = [value], 0
    while level:
        levels += 1
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]
    return levels

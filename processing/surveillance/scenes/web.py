"""Requests to catalogues of scenes and their files: known hosts only, bounded in size and time, retried with patience.

What a catalogue says is data of a stranger. An address leads to another host only if the user listed it, a redirect is
an address like any other, and nothing but http and https is ever asked. The machine's own proxy settings do not count:
proxy and certificate authority are the job's parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from .... import __version__
from ....layers.errors import EnvironmentTroubleError, InputError

CONNECT_S, READ_S = 10.0, 60.0  # to be reached; between two parts of an answer
MOST_JSON = 32 * 1024**2  # bytes of one document of a catalogue, unpacked
_MOST_REDIRECTS = 5
_PART = 1 << 16
# Said to be busy, or not reached: asked again, waiting 0.5, 1, 2 … s, or as long as Retry-After says within bounds.
_RETRY = Retry(
    total=5, connect=3, read=2, redirect=0, status=4, status_forcelist=(429, 500, 502, 503, 504),
    backoff_factor=0.5, backoff_max=20.0, allowed_methods=("GET", "HEAD", "POST"), raise_on_status=False,
    respect_retry_after_header=True, retry_after_max=60,
)  # fmt: skip


def host_of(address: str) -> str:
    """Host, and port where one is named, in small letters. Raises :class:`InputError` for what is no http address."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError("scene.address_wrong", address=address[:200]) from error
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        raise InputError("scene.address_wrong", address=address[:200])
    return host.lower() if port is None else f"{host.lower()}:{port}"


class Guarded(requests.Session):
    """A session that asks the listed hosts only, redirects included, and never goes from https to http."""

    def __init__(self, hosts: Iterable[str], *, proxy: str = "", authority: str = "", retry: Retry = _RETRY) -> None:
        super().__init__()
        self.hosts = frozenset(host.lower() for host in hosts)
        self.trust_env = False
        self.max_redirects = _MOST_REDIRECTS
        self.verify = authority or True
        if proxy:
            self.proxies = {"http": proxy, "https": proxy}
        self.headers["User-Agent"] = f"dothi/{__version__}"
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(max_retries=retry))

    def require(self, address: str) -> None:
        """Raise :class:`InputError` unless ``address`` is of a listed host."""
        host = host_of(address)
        if host not in self.hosts:
            raise InputError("scene.host_refused", host=host, address=address[:200], hosts=sorted(self.hosts))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where an answer sends us, if we may go there."""
        target = super().get_redirect_target(resp)
        if target is not None:
            try:
                whole = urljoin(resp.url, target)
            except ValueError as error:
                raise InputError("scene.address_wrong", address=target[:200]) from error
            self.require(whole)
            if resp.url.startswith("https:") and not whole.startswith("https:"):
                raise InputError("scene.host_refused", host=host_of(whole), address=whole[:200], hosts=["https"])
        return target

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """As requests does it, after a look at the address; always streamed, so that nobody fills the memory."""
        self.require(str(request.url))
        bounded = not options.get("stream")
        options["stream"] = True
        options.setdefault("timeout", (CONNECT_S, READ_S))
        answer = super().send(request, **options)
        if bounded:
            _fill(answer)
        return answer

    def text(self, address: str) -> str:
        """A document of a catalogue. Raises an error of input or machine."""
        with named(address):
            answer = self.get(address, headers={"Accept": "application/geo+json, application/json"})
        if answer.status_code != 200:
            raise InputError("scene.answer_wrong", address=address[:200], status=answer.status_code)
        return answer.content.decode("utf-8", "replace")


def _fill(answer: requests.Response) -> None:
    """Read the whole body of ``answer``, unless it is larger unpacked than any document."""
    content = bytearray()
    for part in answer.raw.stream(_PART, decode_content=True):
        content += part
        if len(content) > MOST_JSON:
            answer.close()
            raise InputError("scene.answer_too_large", address=answer.url[:200], limit=MOST_JSON >> 20)
    answer._content = bytes(content)  # where requests itself keeps what it has read
    answer._content_consumed = True  # type: ignore[attr-defined]


class named:  # noqa: N801 - used as a phrase: with named(address)
    """Failures of the network inside become the machine's troubles, with the host's name."""

    def __init__(self, address: str) -> None:
        self.address = address

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, requests.exceptions.SSLError):
            raise EnvironmentTroubleError("scene.certificate", host=urlsplit(self.address).hostname or "") from error
        if isinstance(error, (requests.exceptions.RequestException, HTTPError, OSError)):
            raise EnvironmentTroubleError(
                "scene.network", host=urlsplit(self.address).hostname or "", reason=str(error)[:200]
            ) from error

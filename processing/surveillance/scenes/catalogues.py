"""Catalogues of scenes: a STAC API (through pystac-client), or a static STAC catalogue in a folder or on a server.

A static catalogue is read within its root: its own folder, or the addresses below its own. A link that leads out of it
(``../``, ``file://``, another host) is not followed. Both are bounded in documents and bytes.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pystac
import shapely
from pystac_client import Client
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from requests import Request
from shapely.geometry.base import BaseGeometry
from urllib3.util.retry import Retry

from ....layers.errors import InputError
from ....layers.report import SILENT, Report
from .stac import Item, read_item
from .web import MOST_JSON, READ_S, Guarded, host_of, named

_MOST_DOCUMENTS = 20_000
MOST_ITEMS = 2_000
_NEVER = Retry(0)

# What pystac-client raises over answers that are not what they should be.
_NONSENSE = (
    APIError, pystac.STACError, KeyError, TypeError, ValueError, AttributeError, IndexError, NotImplementedError,
    RecursionError,
)  # fmt: skip

logging.getLogger("pystac_client").setLevel(logging.ERROR)  # says in English what has a sentence here


@dataclass(frozen=True)
class Query:
    """What to look for: days that count at both ends, percent of cloud over the tile, names of collections."""

    area: BaseGeometry | None = None
    first: date | None = None
    last: date | None = None
    max_cloud: float | None = None
    collections: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    most: int = MOST_ITEMS

    def takes(self, item: Item) -> bool:
        """Whether the item is what was looked for; what a server sends is looked at again."""
        return not (
            (self.area is not None and not self.area.intersects(item.footprint))
            or (self.first is not None and item.taken < self.first)
            or (self.last is not None and item.taken > self.last)
            or (self.max_cloud is not None and item.cloud is not None and item.cloud > self.max_cloud)
            or (self.collections and item.collection not in self.collections)
            or (self.ids and item.id not in self.ids)
        )


class Catalogue:
    """A catalogue at ``place``: a folder or ``catalog.json`` on this machine, or an http(s) address.

    ``asset_hosts`` are hosts beside the catalogue's own that files may come from. Close it, or use it in a ``with``.
    """

    def __init__(self, place: str, *, asset_hosts: Sequence[str] = (), proxy: str = "", authority: str = "") -> None:
        self.local: Path | None = None
        self.place = place
        if urlsplit(place).scheme in ("http", "https"):
            hosts = {host_of(place)}
        elif "://" in place:
            raise InputError("scene.address_wrong", address=place[:200])
        else:
            self.local, hosts = _local(place), set()
        self.session = Guarded(hosts, proxy=proxy, authority=authority)
        # Downloads resume by themselves, and may come from hosts that may not answer for the catalogue.
        self.files = Guarded({*hosts, *asset_hosts}, proxy=proxy, authority=authority, retry=_NEVER)

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self.session.close()
        self.files.close()

    def search(self, query: Query, report: Report = SILENT) -> list[Item]:
        """Items that fit, newest first. A damaged one is told and passed over. Raises an error of input or machine."""
        report.progress(0.0, "scene.step_search")
        found: dict[tuple[str, str], Item] = {}
        for told, href in self._documents(query):
            try:
                item = read_item(told, href, self._resolve)
            except InputError as error:
                report.message(error.code, "warning", **error.arguments)
                continue
            if query.takes(item):
                found[item.collection, item.id] = item
            if len(found) >= query.most:
                break
        return sorted(found.values(), key=lambda item: (item.taken, item.id), reverse=True)

    def _documents(self, query: Query) -> Iterator[tuple[Any, str]]:
        """Items as JSON with their own address."""
        start = str(self.local) if self.local else self.place
        root = self._read(start)
        if isinstance(root, Mapping) and any(
            isinstance(link, Mapping) and link.get("rel") == "search" for link in _links(root)
        ):
            if self.local:
                raise InputError("scene.catalogue_wrong", place=self.place[:200], reason="search")
            return self._searched(query)
        return self._walked(root, start)

    # ---- a static catalogue

    def _walked(self, root: Any, start: str) -> Iterator[tuple[Any, str]]:
        """All items below ``root``, each document once, however the links run."""
        waiting, seen = [(root, start)], {start}
        while waiting:
            told, href = waiting.pop()
            if not isinstance(told, Mapping):
                raise InputError("scene.catalogue_wrong", place=href[:200], reason="JSON")
            if told.get("type") == "Feature":
                yield told, href
                continue
            for link in _links(told):
                if not isinstance(link, Mapping) or link.get("rel") not in ("child", "item"):
                    continue
                below = self._resolve(href, str(link.get("href", "")), within=True)
                if below not in seen:
                    seen.add(below)
                    if len(seen) > _MOST_DOCUMENTS:
                        raise InputError("scene.catalogue_wrong", place=self.place[:200], reason=f"> {_MOST_DOCUMENTS}")
                    waiting.append((self._read(below), below))

    def _read(self, href: str) -> Any:
        if self.local:
            try:
                with Path(href).open("rb") as file:
                    text: str | bytes = file.read(MOST_JSON + 1)
            except OSError as error:  # not there, a folder, a name too long
                raise InputError("engine.file_missing", path=href[:200]) from error
            if len(text) > MOST_JSON:
                raise InputError("scene.answer_too_large", address=href[:200], limit=MOST_JSON >> 20)
        else:
            text = self.session.text(href)
        return _json(text, href)

    def _resolve(self, base: str, href: str, *, within: bool = False) -> str:
        """``href`` as seen from ``base``. ``within``: only below the catalogue's own place; files may also come from a
        listed host. Raises :class:`InputError`.
        """
        if self.local:
            if "://" in href or "\x00" in href or href.startswith(("/vsi", "\\")):
                return self._listed(href, within=within)
            path = (Path(base).parent / href).resolve()
            if not path.is_relative_to(self.local.parent):
                raise InputError("scene.href_refused", href=href[:200], root=str(self.local.parent))
            return str(path)
        whole = _joined(base, href)
        root = urljoin(self.place, ".")
        if host_of(whole) == host_of(self.place) and (not within or whole.startswith(root)):
            return whole
        return self._listed(whole, within=within)

    def _listed(self, href: str, *, within: bool) -> str:
        if within or host_of(href) not in self.files.hosts:
            raise InputError("scene.href_refused", href=href[:200], root=self.place[:200])
        return href

    # ---- an API

    def _searched(self, query: Query) -> Iterator[tuple[Any, str]]:
        days = [f"{day.isoformat()}T{clock}Z" if day else ".." for day, clock in (
            (query.first, "00:00:00"), (query.last, "23:59:59"))]  # fmt: skip
        io = _ApiIO(self.session)
        try:
            client = Client.open(self.place, stac_io=io)
            asked = client.search(
                intersects=shapely.geometry.mapping(query.area) if query.area is not None and not query.ids else None,
                datetime="/".join(days) if days != ["..", ".."] and not query.ids else None,
                collections=list(query.collections) or None,
                ids=list(query.ids) or None,
                query={"eo:cloud_cover": {"lte": query.max_cloud}} if query.max_cloud is not None else None,
                max_items=query.most,
                limit=100,
            )
            for page in asked.pages_as_dicts():
                for told in page.get("features", []):
                    yield told, self._own_address(told)
        except _NONSENSE as error:
            raise InputError("scene.catalogue_wrong", place=self.place[:200], reason=str(error)[:200]) from error

    def _own_address(self, told: Any) -> str:
        for link in _links(told):
            if isinstance(link, Mapping) and link.get("rel") == "self" and isinstance(link.get("href"), str):
                return _joined(self.place, str(link["href"]))
        return self.place


class _ApiIO(StacApiIO):
    """pystac-client's requests through the guarded session: known host, bounded, with errors of ours."""

    def __init__(self, session: Guarded) -> None:
        super().__init__(max_retries=None, timeout=READ_S)
        self.session = session
        self.pages = 0

    def read_text(self, source: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(source, pystac.Link) and urlsplit(str(source)).scheme not in ("http", "https"):
            raise InputError("scene.href_refused", href=str(source)[:200], root="")
        text: str = super().read_text(source, *args, **kwargs)
        return text

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        self.pages += 1
        if self.pages > _MOST_DOCUMENTS:
            raise InputError("scene.catalogue_wrong", place=href[:200], reason=f"> {_MOST_DOCUMENTS}")
        posted = (method or "GET").upper() == "POST"
        asked = Request(
            "POST" if posted else "GET", href, headers, **{"json" if posted else "params": parameters or {}}
        )
        with named(href):
            answer = self.session.send(self.session.prepare_request(asked), proxies=self.session.proxies,
                                       verify=self.session.verify)  # fmt: skip
        if answer.status_code != 200:
            raise InputError("scene.answer_wrong", address=href[:200], status=answer.status_code)
        text: str = answer.content.decode("utf-8", "replace")
        return text


def _local(place: str) -> Path:
    path = Path(place).resolve()
    if path.is_dir():
        path = next((path / name for name in ("catalog.json", "collection.json") if (path / name).is_file()), path)
    if not path.is_file():
        raise InputError("scene.catalogue_wrong", place=place[:200], reason="catalog.json")
    return path


def _joined(base: str, href: str) -> str:
    """``href`` as seen from ``base``. Raises :class:`InputError` for what no address looks like."""
    try:
        return urljoin(base, href)
    except ValueError as error:
        raise InputError("scene.address_wrong", address=href[:200]) from error


def _links(told: Any) -> list[Any]:
    links = told.get("links") if isinstance(told, Mapping) else None
    return links if isinstance(links, list) else []


def _json(text: str | bytes, href: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("scene.catalogue_wrong", place=href[:200], reason="JSON") from error

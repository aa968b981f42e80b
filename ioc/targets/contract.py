"""The contract of a gateway: an OpenAPI 3 file and what it refers to, all of it from one folder and nothing else.

Read with limits and never followed to another place: a reference leads into the same folder, or all is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

from jsonschema import Draft4Validator, Draft202012Validator, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT4, DRAFT202012

from ...layers.errors import InputError
from ...store.troubles import told
from ..web import depth

NAME = "openapi.json"
LARGEST = 4 << 20  # bytes of a file
DEEPEST = 60
FILES = 50
CHAIN = 20  # references that lead to references
_METHODS = ("get", "put", "post", "delete", "patch")


class Validator(Protocol):
    """What of a validator of jsonschema is used."""

    def iter_errors(self, instance: Any) -> Iterator[ValidationError]:
        """Errors of a value."""


@dataclass(frozen=True)
class Place:
    """A value of the contract, and where it stands: address of the file with a JSON pointer."""

    address: str
    value: Any

    def to(self, name: str | int) -> Place:
        """A member or an item."""
        step = quote(str(name).replace("~", "~0").replace("/", "~1"), safe="~")
        return Place(f"{self.address}/{step}", self.value[name])


@dataclass(frozen=True)
class Operation:
    """One operation: ``path`` with at most one ``{name}``, the names of its parameters, its body and its media type."""

    id: str
    method: str
    path: str
    query: frozenset[str]
    headers: frozenset[str]
    body: Place | None
    media: str

    @property
    def of_one(self) -> bool:
        """Whether a request is about one record, which the path names."""
        return "{" in self.path


class Contract:
    """The operations of ``folder/openapi.json`` by their ``operationId``.

    Raises :class:`InputError` (``ioc.contract_wrong``) for a file that is none, is too large, or refers elsewhere.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.path = self._folder / NAME
        first = self._load(self.path)
        version = str(first.get("openapi", "")) if isinstance(first, dict) else ""
        if not version.startswith("3."):
            raise self.wrong(f"openapi: {version or '?'}")
        # OpenAPI 3.0 has a dialect of its own, of which draft 4 is what can be checked; 3.1 is JSON Schema 2020-12.
        self._old = version.startswith("3.0")
        self._registry = self._files(first)
        self._root = Place(f"{self.path.as_uri()}#", first)
        self.operations = self._operations()

    def follow(self, place: Place) -> Place:
        """``place``, or what its reference leads to."""
        for _ in range(CHAIN):
            if not (isinstance(place.value, dict) and isinstance(place.value.get("$ref"), str)):
                return place
            address = urljoin(place.address, place.value["$ref"])
            try:
                place = Place(address, self._registry.resolver().lookup(address).contents)
            except Unresolvable as error:
                raise self.wrong(f"$ref: {place.value['$ref']}") from error
        raise self.wrong(f"$ref: > {CHAIN}")

    def within(self, place: Place, *names: str | int) -> Place | None:
        """A member of a member …, references followed; None where there is none."""
        for name in names:
            place = self.follow(place)
            if not isinstance(place.value, dict) or name not in place.value:
                return None
            place = place.to(name)
        return self.follow(place)

    def property(self, schema: Place, name: str) -> Place | None:
        """The schema of a member of an object, looked for in all parts of ``allOf``."""
        here = self.within(schema, "properties", name)
        if here is not None:
            return here
        for part in self._items(schema, "allOf"):
            found = self.property(part, name)
            if found is not None:
                return found
        return None

    def validator(self, schema: Place) -> Validator:
        """Checks values against a schema of the contract."""
        kind = Draft4Validator if self._old else Draft202012Validator
        made: Validator = kind({"$ref": schema.address}, registry=self._registry, format_checker=kind.FORMAT_CHECKER)
        return made

    def wrong(self, reason: str) -> InputError:
        """The error for a contract that cannot be used."""
        return InputError("ioc.contract_wrong", path=str(self.path), reason=reason[:300])

    def _items(self, place: Place, name: str) -> list[Place]:
        """The items of a member that is a list, references followed; none where there is no such member."""
        found = self.within(place, name)
        if found is None or not isinstance(found.value, list):
            return []
        return [self.follow(found.to(number)) for number in range(len(found.value))]

    def _operations(self) -> dict[str, Operation]:
        paths = self.within(self._root, "paths")
        if paths is None or not isinstance(paths.value, dict):
            raise self.wrong("paths")
        found: dict[str, Operation] = {}
        for path in paths.value:
            item = self.follow(paths.to(path))
            for method in _METHODS if isinstance(item.value, dict) else ():
                one = self.within(item, method)
                if one is not None and isinstance(one.value, dict) and isinstance(one.value.get("operationId"), str):
                    made = self._operation(one, item, method, path)
                    if made.id in found:
                        raise self.wrong(f"operationId: {made.id}")
                    found[made.id] = made
        return found

    def _operation(self, one: Place, item: Place, method: str, path: str) -> Operation:
        names: dict[str, set[str]] = {"query": set(), "header": set(), "path": set()}
        for holder in (item, one):
            for given in self._items(holder, "parameters"):
                if isinstance(given.value, dict):
                    names.get(str(given.value.get("in")), set()).add(str(given.value.get("name")))
        if path.count("{") > 1 or not path.startswith("/"):
            raise self.wrong(f"path: {path}")
        content = self.within(one, "requestBody", "content")
        media = next((name for name in content.value if "json" in name), "") if content is not None else ""
        return Operation(
            id=one.value["operationId"],
            method=method.upper(),
            path=path,
            query=frozenset(names["query"]),
            headers=frozenset(name.lower() for name in names["header"]),
            body=self.within(content, media, "schema") if content is not None and media else None,
            media=media,
        )

    def _files(self, first: Any) -> Registry[Any]:
        """The contract and all files that it refers to; every reference must lead to one of them."""
        files, waiting = {self.path.as_uri(): first}, [(self.path.as_uri(), first)]
        while waiting:
            base, content = waiting.pop()
            for reference in _references(content):
                file = urldefrag(urljoin(base, reference)).url
                if file not in files:
                    files[file] = self._load(self._inside(file, reference))
                    waiting.append((file, files[file]))
                if len(files) > FILES:
                    raise self.wrong(f"> {FILES}")
        dialect = DRAFT4 if self._old else DRAFT202012
        return Registry().with_resources([(file, dialect.create_resource(content)) for file, content in files.items()])

    def _inside(self, file: str, reference: str) -> Path:
        """The file of the folder that an address means; no other is ever opened."""
        parts = urlsplit(file)
        path = Path(url2pathname(parts.path)).resolve()
        if parts.scheme != "file" or parts.netloc or not path.is_relative_to(self._folder):
            raise self.wrong(f"$ref: {reference}")
        return path

    def _load(self, path: Path) -> Any:
        with told(path, writing=False), path.open("rb") as file:
            text = file.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise self.wrong(f"{path.name}: > {LARGEST >> 20} MB")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.wrong(f"{path.name}: {error}") from error
        if depth(found) > DEEPEST:
            raise self.wrong(f"{path.name}: > {DEEPEST}")
        return found


def _references(content: Any) -> Iterator[str]:
    """All that ``$ref`` names below a value."""
    if isinstance(content, dict):
        if isinstance(content.get("$ref"), str):
            yield content["$ref"]
        for inner in content.values():
            yield from _references(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _references(inner)


def first_error(validator: Validator, value: Any) -> str:
    """Where and why a value does not fit; empty if it does. The value itself is not repeated."""
    error = next(iter(validator.iter_errors(value)), None)
    if error is None:
        return ""
    where = ".".join(map(str, error.absolute_path))
    limits: Mapping[str, Any] = {str(error.validator): error.validator_value}
    return f"{where or '-'}: {json.dumps(limits, ensure_ascii=False, default=str)[:200]}"

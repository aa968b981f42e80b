"""Data models of entities: JSON Schemas read from local copies, and what they allow of each attribute.

The Smart Data Models constrain each attribute by itself (``allOf`` of ``properties``, and ``required``). So an entity
is valid exactly if every attribute it has is valid and none that is required is absent; a whole column is checked by
its distinct values. A schema that says more about the entity as a whole is refused when it is read, so that this stays
true. Key-values form: normalized entities never pass these schemas, by their design.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any

import numpy as np
from jsonschema import Draft202012Validator, FormatChecker
from numpy.typing import NDArray
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource
from referencing.jsonschema import DRAFT202012

from ..layers.messages import RESOURCES

NGSI = RESOURCES / "ngsi"

_SMART = "smart-data-models/"
OWN_ATTRIBUTES = "urn:dothi:v1:schema:attributes.schema.json"

# Address of a schema → folder of our copy. Nothing else is ever looked up.
_COPIES = (
    ("https://smart-data-models.github.io/", _SMART),
    ("https://raw.githubusercontent.com/smart-data-models/", _SMART),
    ("https://geojson.org/schema/", _SMART + "geojson.org/schema/"),
    ("urn:dothi:v1:schema:", "dothi/v1/"),
)
# What a schema may say about an entity as a whole; the rest would make the check by attribute wrong.
_ENTITY_WORDS = {"type", "allOf", "$ref", "properties", "required", "unevaluatedProperties"}
_NOTES = {"$schema", "$schemaVersion", "$id", "modelTags", "title", "description", "definitions"}

_formats = FormatChecker(formats=())


@_formats.checks("date-time")
def _is_instant(value: object) -> bool:
    """RFC 3339 with an offset; jsonschema alone would let any text pass."""
    if not isinstance(value, str):
        return True
    try:
        return "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


@_formats.checks("date")
def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


@_formats.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", value) is not None


def local_copy(address: str) -> str:
    """Path below ``resources/ngsi`` of the schema at ``address``; raises ``NoSuchResource`` for any other address."""
    for prefix, folder in _COPIES:
        if address.startswith(prefix):
            path = re.sub(r"/(?:refs/heads/)?master/", "/", folder + address.removeprefix(prefix))
            if ".." not in path and (NGSI / path).is_file():
                return path
    raise NoSuchResource(address)


def read_json(path: str) -> Any:
    """A JSON file below ``resources/ngsi``."""
    return json.loads((NGSI / path).read_text(encoding="utf-8-sig"))


@cache
def _registry() -> Registry[Any]:
    @cache  # the registry itself asks again for every reference
    def retrieve(address: str) -> Resource[Any]:
        return Resource.from_contents(read_json(local_copy(address)), default_specification=DRAFT202012)

    registry: Registry[Any] = Registry(retrieve=retrieve)  # type: ignore[call-arg]
    return registry


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """A validator that resolves references in local copies alone and checks dates, instants and addresses."""
    return Draft202012Validator(schema, registry=_registry(), format_checker=_formats)


@dataclass(frozen=True)
class Model:
    """What an entity of one type must be, by the path of its schema below ``resources/ngsi``.

    An entity of a Smart Data Model may carry our own attributes too, so it must pass both schemas.
    """

    path: str

    @cached_property
    def source(self) -> dict[str, Any]:
        """The schema as it is in the file."""
        contents: dict[str, Any] = read_json(self.path)
        return contents

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The whole condition on an entity in key-values form."""
        if not self.path.startswith(_SMART):
            return self.source
        address = _COPIES[0][0] + self.path.removeprefix(_SMART)
        return {"allOf": [{"$ref": address}, {"$ref": OWN_ATTRIBUTES}], "required": ["simulated"]}

    @property
    def version(self) -> str:
        """``$schemaVersion``, empty if the schema states none."""
        return str(self.source.get("$schemaVersion", ""))

    @cached_property
    def _parts(self) -> list[dict[str, Any]]:
        return list(_parts(self.schema, self.path))

    @cached_property
    def attributes(self) -> dict[str, list[dict[str, Any]]]:
        """Attribute → the subschemas that all hold for it."""
        found: dict[str, list[dict[str, Any]]] = {}
        for part in self._parts:
            for name, subschema in part.get("properties", {}).items():
                found.setdefault(name, []).append(subschema)
        return found

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Attributes that an entity must have, ``id`` and ``type`` included."""
        return tuple(sorted({name for part in self._parts for name in part.get("required", ())}))

    def is_list(self, attribute: str) -> bool:
        """Whether the attribute holds a list."""
        return any(part.get("type") == "array" for part in self.attributes[attribute])

    def is_instant(self, attribute: str) -> bool:
        """Whether the attribute holds a date with time."""
        return any(part.get("format") == "date-time" for part in self.attributes[attribute])

    def allows(self, attribute: str, values: Sequence[Any]) -> NDArray[np.bool_]:
        """Per value whether the schema allows it (key-values form). Absent values (None) are not allowed."""
        keys = [key(value) for value in values]
        judge = validator({"allOf": self.attributes[attribute]})
        verdicts = {same: judge.is_valid(value) for same, value in dict(zip(keys, values, strict=True)).items()}
        verdicts[key(None)] = False
        return np.array([verdicts[same] for same in keys], dtype=bool)


def key(value: Any) -> Hashable:
    """The same for equal JSON values alone: 1, 1.0 and true differ, as they do in JSON."""
    return json.dumps(value, sort_keys=True) if isinstance(value, (list, dict)) else (value.__class__, value)


def _parts(schema: dict[str, Any], where: str) -> Iterator[dict[str, Any]]:
    """The pieces of an entity's schema, references followed and made absolute."""
    unknown = set(schema) - _ENTITY_WORDS - _NOTES
    if unknown:
        raise ValueError(f"{where}: {sorted(unknown)} cannot be checked attribute by attribute")
    base = str(schema.get("$id", ""))
    schema = _absolute(schema, base)
    yield schema
    for part in schema.get("allOf", ()):
        yield from _parts({**part, "$id": base} if base else part, where)
    if "$ref" in schema:
        resolved = _registry().resolver().lookup(schema["$ref"])
        address = schema["$ref"].partition("#")[0]
        yield from _parts({**resolved.contents, "$id": address}, schema["$ref"])


def _absolute(part: Any, base: str) -> Any:
    """``part`` with references inside its own document made absolute, so that it can stand alone."""
    if isinstance(part, dict):
        made = {key: _absolute(value, base) for key, value in part.items()}
        if str(part.get("$ref", "")).startswith("#"):
            made["$ref"] = base + part["$ref"]
        return made
    return [_absolute(item, base) for item in part] if isinstance(part, list) else part


@cache
def model(path: str) -> Model:
    """The model at ``path`` below ``resources/ngsi``, read once."""
    return Model(path)


@cache
def terms(path: str) -> dict[str, Any]:
    """The terms of a JSON-LD context file below ``resources/ngsi``."""
    found: dict[str, Any] = read_json(path)["@context"]
    return found

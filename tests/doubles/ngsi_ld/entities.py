"""Entities of one tenant, and what the operations of the specification do with them. Knows nothing of HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

NULL = "urn:ngsi-ld:null"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_KINDS = {
    "Property": "value", "GeoProperty": "value", "Relationship": "object", "LanguageProperty": "languageMap",
    "VocabProperty": "vocab", "JsonProperty": "json", "ListProperty": "valueList", "ListRelationship": "objectList",
}  # fmt: skip
_GEOMETRIES = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}
_RESERVED = {"id", "type", "scope", "@context"}


class ProblemError(Exception):
    """An error type of table 6.3.2-1 with its HTTP status."""

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail

    @property
    def body(self) -> dict[str, Any]:
        """RFC 7807 problem details."""
        return {"type": f"https://uri.etsi.org/ngsi-ld/errors/{self.kind}", "title": self.detail, "detail": self.detail}


def bad(detail: str) -> ProblemError:
    """400 BadRequestData."""
    return ProblemError(400, "BadRequestData", detail)


def normalized(entity: Any) -> dict[str, Any]:
    """An entity in normalized form from normalized or concise (4.5.1, 4.5.18). Raises :class:`ProblemError`."""
    if not isinstance(entity, dict):
        raise bad("an entity is a JSON object")
    if not isinstance(entity.get("id"), str) or not _URI.fullmatch(entity["id"]):
        raise bad("id must be a URI")
    if not isinstance(entity.get("type"), (str, list)) or not entity["type"]:
        raise bad("type is missing")
    return {
        name: value if name in _RESERVED else attribute(name, value)
        for name, value in entity.items()
        if name != "@context"
    }


def attribute(name: str, value: Any) -> dict[str, Any]:
    """One attribute in normalized form."""
    if re.search(r"[<>\"'=;()\s]", name):
        raise bad(f"{name}: forbidden character")
    if not isinstance(value, dict):
        value = {"value": value}
    elif value.get("type") in _GEOMETRIES:
        value = {"type": "GeoProperty", "value": value}
    if "type" not in value:
        member = next((m for m in ("object", "languageMap", "vocab", "json", "value") if m in value), None)
        if member is None:
            raise bad(f"{name}: neither value nor object")
        kind = {v: k for k, v in reversed(_KINDS.items())}[member]
        if member == "value" and isinstance(value["value"], dict) and value["value"].get("type") in _GEOMETRIES:
            kind = "GeoProperty"
        value = {"type": kind, **value}
    if value["type"] not in _KINDS:
        raise bad(f"{name}: unknown type {value['type']}")
    if _KINDS[value["type"]] not in value:
        raise bad(f"{name}: {_KINDS[value['type']]} is missing")
    if value["type"] == "GeoProperty" and value["value"] != NULL:
        geometry(name, value["value"])
    return value


def geometry(name: str, value: Any) -> None:
    """Refuse what is no GeoJSON geometry with positions in range."""
    if not isinstance(value, dict) or value.get("type") not in _GEOMETRIES:
        raise bad(f"{name}: not a geometry")

    def positions(part: Any) -> Iterable[Any]:
        if isinstance(part, list) and part and isinstance(part[0], (int, float)):
            yield part
        elif isinstance(part, list):
            for inner in part:
                yield from positions(inner)

    found = list(positions(value.get("coordinates")))
    if not found or any(len(p) < 2 or abs(p[0]) > 180 or abs(p[1]) > 90 for p in found):
        raise bad(f"{name}: coordinates out of range")


def concise(entity: dict[str, Any]) -> dict[str, Any]:
    """The concise form (4.5.18)."""
    made: dict[str, Any] = {}
    for name, value in entity.items():
        if name in _RESERVED:
            made[name] = value
            continue
        rest = {member: inner for member, inner in value.items() if member != "type"}
        made[name] = rest["value"] if set(rest) == {"value"} else rest
    return made


def key_values(entity: dict[str, Any]) -> dict[str, Any]:
    """The simplified form (4.5.4)."""
    return {name: value if name in _RESERVED else value[_KINDS[value["type"]]] for name, value in entity.items()}


class Entities:
    """One tenant."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}

    def create(self, entity: Any) -> str:
        """5.6.1."""
        made = normalized(entity)
        if made["id"] in self.held:
            raise ProblemError(409, "AlreadyExists", made["id"])
        self.held[made["id"]] = made
        return str(made["id"])

    def get(self, key: str) -> dict[str, Any]:
        """5.7.1."""
        if key not in self.held:
            raise ProblemError(404, "ResourceNotFound", key)
        return self.held[key]

    def delete(self, key: str) -> None:
        """5.6.6."""
        self.get(key)
        del self.held[key]

    def delete_attribute(self, key: str, name: str) -> None:
        """5.6.5."""
        if name not in self.get(key) or name in _RESERVED:
            raise ProblemError(404, "ResourceNotFound", f"{key} {name}")
        del self.held[key][name]

    def update(self, key: str, attributes: Any) -> None:
        """Update or append attributes (5.6.2, 5.6.3); ``urn:ngsi-ld:null`` deletes one."""
        entity = self.get(key)
        made = normalized({"id": key, "type": entity["type"], **{k: v for k, v in attributes.items() if k != "id"}})
        for name, value in made.items():
            if name not in _RESERVED and NULL in (value.get("value"), value.get("object")):
                entity.pop(name, None)
            else:
                entity[name] = value

    def upsert(self, entities: Any, *, update: bool) -> tuple[list[str], list[str], list[dict[str, Any]]]:
        """5.6.8: identifiers created, identifiers updated, errors. The same identifier twice in one batch: merged."""
        created, updated, errors = [], [], []
        for entity in entities:
            key = entity.get("id") if isinstance(entity, dict) else None
            try:
                made = normalized(entity)
                if made["id"] not in self.held:
                    self.held[made["id"]] = made
                    created.append(made["id"])
                    continue
                if update:
                    self.update(made["id"], entity)
                else:
                    self.held[made["id"]] = made
                if made["id"] not in created:
                    updated.append(made["id"])
            except ProblemError as problem:
                errors.append({"entityId": str(key), "error": {**problem.body, "status": problem.status}})
        return created, updated, errors

    def delete_all(self, keys: Iterable[Any]) -> tuple[list[str], list[dict[str, Any]]]:
        """5.6.10."""
        done, errors = [], []
        for key in keys:
            try:
                self.delete(str(key))
                done.append(str(key))
            except ProblemError as problem:
                errors.append({"entityId": str(key), "error": {**problem.body, "status": problem.status}})
        return done, errors

    def query(
        self, kinds: Iterable[str] = (), pattern: str = "", having: str = "", keys: Iterable[str] | None = None
    ) -> list[dict[str, Any]]:
        """5.7.2, as far as types, identifiers, an identifier pattern, and the existence of an attribute (q)."""
        wanted, found = set(kinds), []
        for key in sorted(self.held) if keys is None else [key for key in keys if key in self.held]:
            entity = self.held[key]
            of = entity["type"] if isinstance(entity["type"], list) else [entity["type"]]
            if (
                (not wanted or wanted & set(of))
                and (not pattern or re.search(pattern, key))
                and (not having or having in entity)
            ):
                found.append(entity)
        return found

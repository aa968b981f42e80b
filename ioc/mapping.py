"""What of a layer may leave the house, and as which entities: a TOML file per layer in ``resources/ngsi/mapping``.

A layer without a file does not leave; a field that ``fields`` does not name does not leave (default deny). A province
puts files for its own layers, or stricter ones for ours, into the folder ``ngsi`` beside its data set.

``fields`` holds for every output. Each ``[[entity]]`` has a type, a schema and its attributes::

    status = "status"                                                    a field, as it is
    category = { field = "use", values = { factory = "industrial" } }    translated; what has no word is left out
    refPipe = { field = "pipe_id", refers = "Pipe" }                     a relationship to another entity
    streetPoleNum = { field = "pole_id", through = "lighting_pole.code" }    a field of the feature referred to
    landUseState = { always = "planned" }                                the same for all
    address = "@address"                                                 a fact of this publication
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..layers import catalogue
from ..layers.errors import InputError
from ..layers.model import Layer
from .models import NGSI, OWN_ATTRIBUTES, Model, model

# Facts of a publication: instant its data describe, address of the province, instant and state of an alert.
FACTS = ("@data_date", "@address", "@issued_at", "@state")
MAPPINGS = NGSI / "mapping"


@dataclass(frozen=True)
class Attribute:
    """Where one attribute of an entity comes from; exactly one of ``field``, ``always`` and ``fact`` is set."""

    id: str
    field: str = ""
    always: Any = None
    fact: str = ""
    values: Mapping[str, Any] | None = None
    through: tuple[str, str] | None = None
    refers: str = ""


@dataclass(frozen=True)
class EntityMapping:
    """One entity type that features of a layer become."""

    type: str
    model: Model
    context: tuple[str, ...]
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True)
class LayerMapping:
    """What leaves of one layer. ``withhold``: field → values whose features stay in the house."""

    layer: Layer
    fields: tuple[str, ...]
    entities: tuple[EntityMapping, ...] = ()
    withhold: tuple[tuple[str, tuple[str, ...]], ...] = ()


def path_of(layer_id: str, own: Path | None = None) -> Path | None:
    """The file that lets ``layer_id`` leave: the province's (folder ``own``) before ours; None if there is none."""
    for folder in (own, MAPPINGS):
        if folder is not None and (folder / f"{layer_id}.toml").is_file():
            return folder / f"{layer_id}.toml"
    return None


def mapping(layer: Layer, own: Path | None = None) -> LayerMapping:
    """What leaves of ``layer``. Raises :class:`InputError` if nothing may, or if the file contradicts the catalogue."""
    path = path_of(layer.id, own)
    if path is None:
        raise InputError("ioc.layer_stays", layer=layer.id)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        made = LayerMapping(
            layer=layer,
            fields=tuple(raw.pop("fields")),
            entities=tuple(_entity(item) for item in raw.pop("entity", [])),
            withhold=tuple((field, tuple(values)) for field, values in raw.pop("withhold", {}).items()),
        )
        if raw:
            raise ValueError(f"unknown: {', '.join(raw)}")
        _check(made)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError("ioc.mapping_wrong", path=str(path), reason=str(error)) from error
    return made


def _entity(raw: dict[str, Any]) -> EntityMapping:
    path = raw["schema"]
    folder = Path(path).parts[:2]
    contexts = ["dothi/v1/context.jsonld"]
    if folder[0] != "dothi":
        contexts.insert(0, Path(*folder, "context.jsonld").as_posix())
    return EntityMapping(
        type=raw["type"],
        model=model(path),
        context=tuple(contexts),
        attributes=tuple(_attribute(name, value) for name, value in raw["attributes"].items()),
    )


def _attribute(name: str, raw: Any) -> Attribute:
    if isinstance(raw, str):
        return Attribute(name, fact=raw) if raw.startswith("@") else Attribute(name, field=raw)
    if "through" in raw:
        layer_id, _, field = raw["through"].partition(".")
        raw = {**raw, "through": (layer_id, field)}
    return Attribute(name, **raw)


def _check(made: LayerMapping) -> None:
    """Raise ``ValueError`` or ``KeyError`` where the mapping names what does not exist or must not leave."""
    for field in (*made.fields, *(name for name, _ in made.withhold)):
        if made.layer.find(field).personal:
            raise ValueError(f"{field}: personal")
    for entity in made.entities:
        if entity.type not in _allowed_types(entity.model):
            raise ValueError(f"type {entity.type}: not of {entity.model.path}")
        for attribute in entity.attributes:
            if attribute.id not in entity.model.attributes:
                raise ValueError(f"{entity.type}.{attribute.id}: not in the schema")
            if attribute.fact and attribute.fact not in FACTS:
                raise ValueError(f"{attribute.fact}: unknown")
            if attribute.field and attribute.field not in ("uid", *made.fields):
                raise ValueError(f"{entity.type}.{attribute.id}: {attribute.field} is not in fields")


def _allowed_types(of: Model) -> list[str]:
    return [word for part in of.attributes["type"] for word in part.get("enum", [])]


def address_of(of: Model) -> str:
    """The public address of a model's schema, for manifests."""
    if of.path.startswith("dothi/"):
        return OWN_ATTRIBUTES.replace("attributes.schema.json", Path(of.path).name)
    return "https://smart-data-models.github.io/" + of.path.removeprefix("smart-data-models/")


def declarations(layer_ids: Sequence[str], own: Path | None, extra: Path | None) -> str:
    """SHA-256 over the declarations and mappings that decide what leaves: the version of the catalogue."""
    digest = hashlib.sha256()
    for layer_id in layer_ids:
        declared = (extra / f"{layer_id}.toml") if extra else None
        if declared is None or not declared.is_file():
            declared = catalogue.HERE / f"{layer_id}.toml"
        for path in (declared, path_of(layer_id, own)):
            if path is not None:
                digest.update(path.read_bytes())
    for name in ("_shared.toml", "_domains.toml"):
        digest.update((catalogue.HERE / name).read_bytes())
    return digest.hexdigest()

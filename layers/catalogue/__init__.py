"""The declared layers: one TOML file each, shared fields in ``_shared.toml``, closed lists in ``_domains.toml``.

``layer("parcel")`` reads only what it needs. A province adds its own layers (and its own ``_domains.toml``) in a folder
``catalogue`` beside its data; pass that folder as ``extra``. What a file may hold is in ``catalogue.schema.json``.
"""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..model import FIELD_TYPES, GEOMETRIES, Check, Domain, Field, Layer, Text

HERE = Path(__file__).resolve().parent


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("schema.declaration_unreadable", path=str(path), reason=str(error)) from error


def _text(value: dict[str, str] | None) -> Text | None:
    return None if value is None else Text(**value)


def _field(raw: dict[str, Any], path: Path) -> Field:
    raw = dict(raw)
    try:
        raw["name"] = Text(**raw["name"])
        raw["help"] = _text(raw.get("help"))
        raw["check"] = Check(**raw["check"]) if "check" in raw else None
        if "range" in raw:
            raw["range"] = (float(raw["range"][0]), float(raw["range"][1]))
        made = Field(**raw)
    except (KeyError, TypeError) as error:
        raise InputError("schema.declaration_wrong", path=str(path), reason=f"{raw.get('id')}: {error}") from error
    if made.type not in FIELD_TYPES:
        raise InputError("schema.declaration_wrong", path=str(path), reason=f"{made.id}: type {made.type}")
    return made


@cache
def _shared() -> dict[str, tuple[Field, ...]]:
    path = HERE / "_shared.toml"
    return {group: tuple(_field(raw, path) for raw in raws) for group, raws in _read(path)["group"].items()}


@cache
def ids(extra: Path | None = None) -> tuple[str, ...]:
    """Ids of all declared layers, in reading order of the file names."""
    folders = [HERE] if extra is None else [HERE, extra]
    return tuple(sorted({p.stem for folder in folders for p in folder.glob("*.toml") if not p.stem.startswith("_")}))


@cache
def layer(layer_id: str, extra: Path | None = None) -> Layer:
    """The declaration of ``layer_id``. Raises :class:`InputError` if there is none or it is malformed."""
    for folder in [HERE] if extra is None else [extra, HERE]:
        path = folder / f"{layer_id}.toml"
        if layer_id.isidentifier() and path.is_file():
            return _layer(_read(path), path)
    raise InputError("schema.unknown_layer", layer=layer_id, known=list(ids(extra)))


def _layer(raw: dict[str, Any], path: Path) -> Layer:
    raw = dict(raw)
    own = tuple(_field(item, path) for item in raw.pop("field", []))
    groups = _shared()
    before = groups["identity"]
    after = tuple(f for name in raw.pop("shared", []) for f in groups[name])
    try:
        made = Layer(
            id=raw.pop("id"),
            geometry=raw.pop("geometry"),
            sector=raw.pop("sector"),
            name=Text(**raw.pop("name")),
            description=Text(**raw.pop("description")),
            fields=before + own + after,
            label=raw.pop("label", ""),
            exchange=raw.pop("exchange", {}),
            style=raw.pop("style", {}),
            beside=raw.pop("beside", ""),
        )
    except (KeyError, TypeError) as error:
        raise InputError("schema.declaration_wrong", path=str(path), reason=str(error)) from error
    if raw:
        raise InputError("schema.declaration_wrong", path=str(path), reason=f"unknown: {', '.join(raw)}")
    if made.id != path.stem or made.geometry not in GEOMETRIES:
        raise InputError("schema.declaration_wrong", path=str(path), reason=f"{made.id} {made.geometry}")
    return made


def layers(extra: Path | None = None) -> tuple[Layer, ...]:
    """All declared layers."""
    return tuple(layer(layer_id, extra) for layer_id in ids(extra))


@cache
def domains(extra: Path | None = None) -> dict[str, Domain]:
    """All closed lists, keyed by id: ``_domains.toml`` and the land codes of ``_land_use_codes.csv``."""
    made = _lists(HERE / "_domains.toml") | {"land_use": _land_use()}
    if extra is not None and (extra / "_domains.toml").is_file():
        made |= _lists(extra / "_domains.toml")
    return made


def domain(field: Field, extra: Path | None = None) -> Domain:
    """The list that a ``choice`` field takes its codes from. Raises :class:`InputError` if it is not declared."""
    try:
        return domains(extra)[field.domain]
    except KeyError as error:
        raise InputError("schema.unknown_domain", field=field.id, domain=field.domain) from error


def _lists(path: Path) -> dict[str, Domain]:
    try:
        return {
            domain_id: Domain(
                id=domain_id,
                values={code: Text(**words) for code, words in body["values"].items()},
                colours=body.get("colours", {}),
                source=body.get("source", ""),
                status=body.get("status", ""),
                closed=body.get("closed", True),
            )
            for domain_id, body in _read(path)["domain"].items()
        }
    except (KeyError, TypeError) as error:
        raise InputError("schema.declaration_wrong", path=str(path), reason=str(error)) from error


def _land_use() -> Domain:
    """Land codes of TT 08/2024 with display names and colours; status per row stays in the CSV."""
    with (HERE / "_land_use_codes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Domain(
        id="land_use",
        values={row["code"]: Text(row["name_vi"], row["name_en"]) for row in rows},
        colours={row["code"]: row["hex"] for row in rows if row["hex"]},
        source="TT 08/2024/TT-BTNMT, TT 25/2014/TT-BTNMT",
        status="unverified",
        closed=False,  # old data carry codes that the list lacks; they must not be dropped
    )


@cache
def aliases(layer_id: str, field_id: str) -> tuple[str, ...]:
    """Names under which other programs keep a field; those of the layer first."""
    known = _read(HERE / "_aliases.toml")["alias"]
    return (*known.get(f"{layer_id}.{field_id}", ()), *known.get(field_id, ()))

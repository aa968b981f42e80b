"""Features as NGSI-LD entities: key-values, checked against the model of their type, then normalized.

An attribute that its model does not allow is left out; an entity that would lack a required one is not published. Both
are counted with their reason. Work goes by column: each distinct value is checked and written once (see ``models``).
The context is named by a path inside the published folder: nobody has to fetch anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from .mapping import Attribute, EntityMapping
from .models import Model, key
from .selection import DECIMALS, Leaving, LeftOut

# UN/CEFACT Recommendation 20 codes of the catalogue's units.
UNIT_CODES = {
    "m": "MTR", "mm": "MMT", "m²": "MTK", "m³": "MTQ", "ha": "HAR", "%": "P1", "°": "DD", "W": "WTT", "kW": "KWT",
    "kVA": "KVA", "kWh": "KWH", "V": "VLT", "kV": "KVT", "A": "AMP", "bar": "BAR", "l/s": "G51", "lm": "LUM",
    "K": "KEL",
}  # fmt: skip
_TOO_LONG = re.compile(rf"-?\d+\.\d{{{DECIMALS + 1},}}(?:[eE][-+]?\d+)?")

# Reads columns of another layer: layer id, columns → frame with ``uid``.
Lookup = Callable[[str, list[str]], pd.DataFrame]


@dataclass(frozen=True)
class Entities:
    """What one layer became: a line of JSON per entity, in the order of ``uid``."""

    type: str
    model: Model
    lines: list[str]
    left_out: tuple[LeftOut, ...]


def urn(kind: str, province: str, uid: str) -> str:
    """The identity of an entity, the same for ever."""
    return f"urn:ngsi-ld:{kind}:{province}:{uid}"


# JSON without blanks, letters as they are; refuses NaN.
compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def geometry_texts(geometries: NDArray[np.object_]) -> list[str]:
    """GeoJSON of each geometry. GEOS writes some rounded numbers with all their digits; those are shortened again."""

    def shorten(found: re.Match[str]) -> str:
        return repr(round(float(found[0]), DECIMALS))

    return [_TOO_LONG.sub(shorten, text) for text in shapely.to_geojson(geometries)]


def key_values(
    attribute: Attribute, entity: EntityMapping, leaving: Leaving, province: str, lookup: Lookup
) -> tuple[list[Any], NDArray[np.bool_]]:
    """The column of one attribute in key-values form (None: absent), and where a value had no word in the model."""
    size = len(leaving.frame)
    no_word = np.zeros(size, dtype=bool)
    if attribute.fact:
        fact = leaving.facts.get(attribute.fact)
        values = list(fact) if isinstance(fact, np.ndarray) else [fact] * size
    elif not attribute.field:
        values = [attribute.always] * size
    else:
        column = leaving.frame[attribute.field]
        if attribute.through:
            other, field = attribute.through
            column = column.map(lookup(other, [field]).set_index("uid")[field])
        values = _plain(column, _kind(attribute, leaving), instant=entity.model.is_instant(attribute.id))
        if attribute.values is not None:
            words = [None if value is None else attribute.values.get(value) for value in values]
            no_word = np.array([a is not None and b is None for a, b in zip(values, words, strict=True)], dtype=bool)
            values = words
        if attribute.refers:
            values = [None if value is None else urn(attribute.refers, province, value) for value in values]
    if entity.model.is_list(attribute.id):
        values = [value if value is None or isinstance(value, list) else [value] for value in values]
    return values, no_word


def _kind(attribute: Attribute, leaving: Leaving) -> str:
    return "text" if attribute.through else leaving.mapping.layer.find(attribute.field).type


def _plain(column: pd.Series, kind: str, *, instant: bool) -> list[Any]:
    """Python values by the catalogue's type, None where absent. A date becomes an instant at midnight UTC if asked."""
    absent = column.isna().to_numpy()
    values: list[Any]
    if kind in ("date", "datetime"):
        values = column.dt.strftime("%Y-%m-%dT%H:%M:%SZ" if instant or kind == "datetime" else "%Y-%m-%d").tolist()
    elif kind == "integer":
        values = column.fillna(0).astype(np.int64).tolist()
    elif kind == "boolean":
        values = column.fillna(0).astype(bool).tolist()
    elif kind == "real":
        values = column.astype(float).tolist()
    else:
        values = column.astype(object).tolist()
    return [None if gone or value == "" else value for value, gone in zip(values, absent, strict=True)]


def normalized(attribute: Attribute, value: Any, model: Model, unit: str) -> dict[str, Any]:
    """One attribute in normalized form (ETSI GS CIM 009, 4.5)."""
    if attribute.refers:
        return {"type": "Relationship", "object": value}
    if model.is_instant(attribute.id):
        return {"type": "Property", "value": {"@type": "DateTime", "@value": value}}
    code = {"unitCode": UNIT_CODES[unit]} if unit in UNIT_CODES else {}
    return {"type": "Property", "value": value, **code}


def make(
    entity: EntityMapping, leaving: Leaving, province: str, contexts: Mapping[str, str], lookup: Lookup
) -> Entities:
    """The entities of one type that the features of ``leaving`` become; ``contexts`` gives each context's new path."""
    layer, uids = leaving.mapping.layer, leaving.uids
    model, size = entity.model, len(leaving.frame)
    out: list[LeftOut] = []
    published = np.ones(size, dtype=bool)
    written: dict[str, list[str]] = {}

    def refuse(bad: NDArray[np.bool_], reason: str, attribute: str) -> None:
        nonlocal published
        bad &= published
        if bad.any():
            out.append(LeftOut.of(layer.id, "entity", reason, uids[bad], entity.type, attribute))
            published = published & ~bad

    for attribute in sorted(entity.attributes, key=lambda item: item.id):
        values, no_word = key_values(attribute, entity, leaving, province, lookup)
        present = np.array([value is not None for value in values], dtype=bool)
        wrong = no_word | (present & ~model.allows(attribute.id, values))
        if attribute.id in model.required:
            refuse(wrong, "value_not_allowed", attribute.id)
            refuse(~present, "required_missing", attribute.id)
        elif wrong.any():
            out.append(LeftOut.of(layer.id, "value", "value_not_allowed", uids[wrong], entity.type, attribute.id))
        unit = layer.find(attribute.field).unit if attribute.field and not attribute.through else ""
        written[attribute.id] = _texts(attribute, values, present & ~wrong, model, unit)

    geometries = _location(leaving, model)
    if geometries is not None:
        written["location"] = [f',"location":{{"type":"GeoProperty","value":{text}}}' for text in geometries]
    elif "location" in model.required:
        refuse(np.ones(size, dtype=bool), "required_missing", "location")
    mark = compact({"type": "Property", "value": leaving.simulated})
    written["simulated"] = [f',"simulated":{mark}'] * size
    context = compact([contexts[path] for path in entity.context])
    columns = [written[name] for name in sorted(written)]

    def line(row: int) -> str:
        identity = f'"id":{compact(urn(entity.type, province, uids[row]))},"type":{compact(entity.type)}'
        return f'{{{identity}{"".join(column[row] for column in columns)},"@context":{context}}}'

    lines = [line(int(row)) for row in np.flatnonzero(published)]
    return Entities(entity.type, model, lines, tuple(out))


def _texts(attribute: Attribute, values: list[Any], keep: NDArray[np.bool_], model: Model, unit: str) -> list[str]:
    """The JSON of one attribute per entity, with the comma before it; empty where it is left out."""
    known: dict[Hashable, str] = {}

    def text(value: Any) -> str:
        same = key(value)
        if same not in known:
            known[same] = f",{compact(attribute.id)}:{compact(normalized(attribute, value, model, unit))}"
        return known[same]

    return [text(value) if kept else "" for value, kept in zip(values, keep, strict=True)]


def _location(leaving: Leaving, model: Model) -> list[str] | None:
    """GeoJSON geometries, one of each kind checked against the model: Shapely keeps the structure of a kind."""
    if not leaving.mapping.layer.is_spatial or "location" not in model.attributes:
        return None
    texts = geometry_texts(leaving.wgs84)
    _, first = np.unique(shapely.get_type_id(leaving.wgs84), return_index=True)
    for row in first:
        if not model.allows("location", [json.loads(texts[row])])[0]:
            raise ValueError(f"{model.path}: location {texts[row][:80]}")
    return texts


def write(path: Path, entities: list[Entities]) -> None:
    """A JSON array with one entity a line, in the order in which a broker should take them."""
    lines = [line for part in entities for line in part.lines]
    path.write_text("[\n" + ",\n".join(lines) + ("\n]\n" if lines else "]\n"), encoding="utf-8", newline="\n")

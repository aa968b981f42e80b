"""A feature as plain JSON values: as a gateway takes them, and as a preview shows them to people."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..entities import geometry_texts
from ..plan import Made
from ..records import Record, canonical
from ..selection import Leaving
from ..web import read_json, whole
from .columns import columns


def values(leaving: Leaving) -> dict[str, list[Any]]:
    """Values of each field as JSON may hold them; None where absent."""
    table = columns(leaving)
    told: dict[str, list[Any]] = {}
    for name, values, mask in zip(table.names, table.values, table.masks, strict=True):
        absent = np.zeros(len(values), dtype=bool) if mask is None else mask
        listed: list[Any]
        if values.dtype.kind == "M":
            absent = absent | np.isnat(values)
            texts = np.datetime_as_string(values)
            suffix = "" if values.dtype == np.dtype("datetime64[D]") else "Z"
            listed = [f"{text}{suffix}" for text in texts.tolist()]
        elif values.dtype.kind == "f":
            absent = absent | ~np.isfinite(values)
            listed = [None if gone else whole(repr(value)) for value, gone in zip(values.tolist(), absent, strict=True)]
        else:
            listed = values.tolist()
        told[name] = [None if gone else value for value, gone in zip(listed, absent, strict=True)]
    return told


def form(leaving: Leaving) -> Made:
    """Turns what leaves of a layer into its fields and, as GeoJSON in WGS 84, its shape.

    What is told once more as withdrawn is a message, and no feature.
    """
    layer, members = leaving.mapping.layer, values(leaving)
    states = leaving.facts.get("@state", [None] * len(leaving.uids))
    if layer.is_spatial:
        members["geometry"] = [read_json(text) for text in geometry_texts(leaving.wgs84)]
    found = []
    for row, uid in enumerate(str(one) for one in leaving.uids):
        body = {name: of[row] for name, of in members.items() if of[row] is not None}
        if states[row] != "withdrawn":
            found.append(Record(layer.id, uid, "", f"{layer.id}/{uid}", canonical(body)))
    return Made(found, leaving.left_out)

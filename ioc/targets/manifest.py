"""The manifest of a publication: what is in the folder, by which rules it left, and how to prove that it is whole.

It carries no time of the run: the same data give the same manifest, and equal manifests mean equal folders.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ... import __version__
from ...layers import crs
from ..forms.staging import Staged
from ..mapping import address_of, declarations
from ..models import Model
from ..selection import LeftOut
from .drop import FORMAT, MANIFEST, fingerprint

GEOJSON_CRS = "OGC:CRS84"
# Brokers add the core context themselves; a reader of the files needs it to expand them fully.
CORE_CONTEXT = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.7.jsonld"


@dataclass(frozen=True)
class Kind:
    """Entities of one type that a layer became."""

    type: str
    model: Model
    count: int


@dataclass(frozen=True)
class Published:
    """One layer as it went out; ``extent`` is west, south, east, north in degrees, none without a feature."""

    staged: Staged
    extent: tuple[float, float, float, float] | None
    kinds: tuple[Kind, ...]
    left_out: tuple[LeftOut, ...]
    uids: pa.ChunkedArray
    faulty: frozenset[str] = frozenset()


def write(
    folder: Path, published: Sequence[Published], *, province: str, data_date: str, own: Path | None, extra: Path | None
) -> dict[str, Any]:
    """Write ``manifest.json`` over all files in ``folder`` and return it."""
    files = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        size, digest = fingerprint(path)
        files.append({"path": path.relative_to(folder).as_posix(), "bytes": size, "sha256": digest})
    manifest = {
        "format": FORMAT,
        "made_by": f"dothi {__version__}",
        "province": province,
        "simulated": any(item.staged.simulated for item in published),
        "data_date": data_date,
        "coordinates": coordinates([item.staged for item in published]),
        "catalogue_sha256": declarations([item.staged.layer.id for item in published], own, extra),
        "layers": [layer(item) for item in published],
        "entities": [entity for item in published for entity in entity_types(item)],
        "left_out": [as_json(left) for item in published for left in item.left_out],
        "core_context": CORE_CONTEXT,
        "files": files,
    }
    text = json.dumps(manifest, ensure_ascii=False, allow_nan=False, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
    return manifest


def coordinates(staged: Sequence[Staged]) -> dict[str, Any]:
    """The one operation between the systems, named and as the pipeline that was used."""
    systems = sorted({item.crs for item in staged if item.layer.is_spatial})
    return {
        "operation": crs.OPERATION,
        "operation_name": crs.OPERATION_NAME,
        "pipelines_to_wgs84": {code: crs.to_wgs84(code) for code in systems},
    }


def layer(item: Published) -> dict[str, Any]:
    """What the manifest says of one layer. ``withheld`` are the fields that stayed in the house."""
    staged = item.staged
    declared = staged.layer
    degrees = dict.fromkeys(("geojson", "ngsi-ld", "parquet", "csv", "fgb"), GEOJSON_CRS)
    return {
        "id": declared.id,
        "name": {"vi": declared.name.vi, "en": declared.name.en},
        "geometry": declared.geometry,
        "features": staged.rows,
        "simulated": staged.simulated,
        "crs": {"gpkg": staged.crs, **degrees} if declared.is_spatial else None,
        "extent": list(item.extent) if item.extent else None,
        "fields": list(staged.mapping.fields),
        "withheld": [f.id for f in declared.fields if f.id != "uid" and f.id not in staged.mapping.fields],
    }


def entity_types(item: Published) -> list[dict[str, Any]]:
    """Count, schema and version of each entity type of a layer, in the order in which a broker should take them."""
    return [
        {
            "layer": item.staged.layer.id,
            "type": part.type,
            "count": part.count,
            "schema": address_of(part.model),
            "schema_version": part.model.version,
        }
        for part in item.kinds
    ]


def as_json(left: LeftOut) -> dict[str, Any]:
    """A reason with its features, without what does not apply."""
    return {key: list(value) if key == "uids" else value for key, value in asdict(left).items() if value != ""}

"""The manifest of a publication: what is in the folder, by which rules it left, and how to prove that it is whole.

It carries no time of the run: the same data give the same manifest, and equal manifests mean equal folders.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import shapely

from .. import __version__
from ..layers import catalogue, crs
from .drop import FORMAT, MANIFEST, fingerprint
from .entities import Entities
from .mapping import address_of, path_of
from .selection import Leaving, LeftOut

GEOJSON_CRS = "OGC:CRS84"
# Brokers add the core context themselves; a reader of the files needs it to expand them fully.
CORE_CONTEXT = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.7.jsonld"


@dataclass(frozen=True)
class Published:
    """One layer as it went out: what left, and the entities made of it."""

    leaving: Leaving
    entities: tuple[Entities, ...]

    @property
    def left_out(self) -> list[LeftOut]:
        """All that did not go, with the reasons."""
        return [*self.leaving.left_out, *(item for part in self.entities for item in part.left_out)]


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
        "simulated": any(item.leaving.simulated for item in published),
        "data_date": data_date,
        "coordinates": coordinates([item.leaving for item in published]),
        "catalogue_sha256": declarations([item.leaving.mapping.layer.id for item in published], own, extra),
        "layers": [layer(item) for item in published],
        "entities": [entity for item in published for entity in entity_types(item)],
        "left_out": [as_json(left) for item in published for left in item.left_out],
        "core_context": CORE_CONTEXT,
        "files": files,
    }
    text = json.dumps(manifest, ensure_ascii=False, allow_nan=False, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
    return manifest


def coordinates(leaving: Sequence[Leaving]) -> dict[str, Any]:
    """The one operation between the systems, named and as the pipeline that was used."""
    systems = sorted({item.crs for item in leaving if item.mapping.layer.is_spatial})
    return {
        "operation": crs.OPERATION,
        "operation_name": crs.OPERATION_NAME,
        "pipelines_to_wgs84": {code: crs.to_wgs84(code) for code in systems},
    }


def layer(item: Published) -> dict[str, Any]:
    """What the manifest says of one layer. ``withheld`` are the fields that stayed in the house."""
    leaving = item.leaving
    declared = leaving.mapping.layer
    box = [round(float(n), 9) for n in shapely.total_bounds(leaving.wgs84)] if len(leaving.wgs84) else None
    return {
        "id": declared.id,
        "name": {"vi": declared.name.vi, "en": declared.name.en},
        "geometry": declared.geometry,
        "features": len(leaving.frame),
        "simulated": leaving.simulated,
        "crs": {"gpkg": leaving.crs, "geojson": GEOJSON_CRS, "ngsi-ld": GEOJSON_CRS} if declared.is_spatial else None,
        "extent": box,
        "fields": list(leaving.mapping.fields),
        "withheld": [f.id for f in declared.fields if f.id != "uid" and f.id not in leaving.mapping.fields],
    }


def entity_types(item: Published) -> list[dict[str, Any]]:
    """Count, schema and version of each entity type of a layer, in the order in which a broker should take them."""
    return [
        {
            "layer": item.leaving.mapping.layer.id,
            "type": part.type,
            "count": len(part.lines),
            "schema": address_of(part.model),
            "schema_version": part.model.version,
        }
        for part in item.entities
    ]


def declarations(layer_ids: Sequence[str], own: Path | None, extra: Path | None) -> str:
    """SHA-256 over the declarations and mappings that decided what left: the version of the catalogue."""
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


def as_json(left: LeftOut) -> dict[str, Any]:
    """A reason with its features, without what does not apply."""
    return {key: list(value) if key == "uids" else value for key, value in asdict(left).items() if value != ""}

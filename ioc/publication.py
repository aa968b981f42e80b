"""From a data set to a published folder: choose, take, write each form, list it all, then let it become the target."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from ..layers import catalogue, crs
from ..layers.errors import InputError
from ..layers.model import Layer
from ..layers.profiles import profile
from ..layers.report import SILENT, Report
from ..store.coordinates import code_of
from ..store.place import misplaced
from . import entities, geojson, geopackage, manifest
from .drop import Drop
from .manifest import Published
from .mapping import LayerMapping, mapping
from .models import NGSI
from .selection import Leaving, take

ALERT = "alert"
GEOPACKAGE = "layers.gpkg"
CONTEXTS = "ngsi-ld/context"

Read = Callable[[str, Sequence[str]], gpd.GeoDataFrame]


@dataclass(frozen=True)
class Source:
    """Where features come from: ``read`` gives ``uid``, the named columns and the geometry of a layer."""

    layers: tuple[str, ...]
    read: Read
    simulated: bool
    issued_at: str = ""


@dataclass(frozen=True)
class Publication:
    """What to publish. ``data_date`` is the instant the data describe (RFC 3339, UTC).

    ``own`` is the province's folder of mappings, ``extra`` that of its own layers; both may be missing.
    """

    province: str
    data_date: str
    data: Source
    runs: tuple[Source, ...] = ()
    formats: tuple[str, ...] = ("gpkg", "geojson", "ngsi")
    own: Path | None = None
    extra: Path | None = None
    known: dict[str, pd.DataFrame] = field(default_factory=dict)

    def lookup(self, layer_id: str, columns: list[str]) -> pd.DataFrame:
        """Columns of another layer of the data set, only such as may leave; empty where the layer is not there."""
        allowed = mapping(catalogue.layer(layer_id, self.extra), self.own).fields
        if not set(columns) <= set(allowed):
            raise InputError("ioc.mapping_wrong", path=layer_id, reason=f"{columns}")
        if layer_id not in self.data.layers:
            return pd.DataFrame(columns=["uid", *columns])
        if layer_id not in self.known:
            self.known[layer_id] = pd.DataFrame(self.data.read(layer_id, allowed)).drop_duplicates("uid")
        return self.known[layer_id]


def layers_to_publish(publication: Publication, wanted: Sequence[str] | None) -> list[LayerMapping]:
    """The chosen layers, or all that may leave. Raises :class:`InputError` for one that may not."""
    if wanted:
        return [
            mapping(catalogue.layer(layer_id, publication.extra), publication.own) for layer_id in sorted(set(wanted))
        ]
    present = [*publication.data.layers, *([ALERT] if publication.runs else [])]
    found = []
    for layer_id in sorted(set(present) & set(catalogue.ids(publication.extra))):
        try:
            found.append(mapping(catalogue.layer(layer_id, publication.extra), publication.own))
        except InputError as error:
            if error.code != "ioc.layer_stays":
                raise
    if not found:
        raise InputError("ioc.nothing_to_publish")
    return found


def publish(publication: Publication, wanted: Sequence[str] | None, drop: Drop, report: Report) -> dict[str, Any]:
    """Publish into ``drop`` and return the manifest; ``unchanged`` tells whether the target was left as it was."""
    chosen = layers_to_publish(publication, wanted)
    with drop.writing() as folder:
        published = []
        for done, of in enumerate(chosen):
            report.progress(done / len(chosen), "ioc.step_layer", layer=of.layer.name.vi)
            published.append(write_layer(folder, publication, leaving(publication, of, report)))
        if "ngsi" in publication.formats:
            copy_contexts(folder, chosen)
        made = manifest.write(
            folder,
            published,
            province=publication.province,
            data_date=publication.data_date,
            own=publication.own,
            extra=publication.extra,
        )
        unchanged = drop.same_as(folder)
        report.progress(0.99, "ioc.step_swap")
    return {**made, "unchanged": unchanged}


def leaving(publication: Publication, of: LayerMapping, report: Report = SILENT) -> Leaving:
    """What leaves of one layer, with the facts its entities may need. A wrong VN-2000 zone is told to ``report``."""
    if of.layer.id == ALERT:
        frame, simulated, issued = alerts(publication, of)
    else:
        frame, simulated = publication.data.read(of.layer.id, needed(of)), publication.data.simulated
        issued = None
    if of.layer.is_spatial and not isinstance(frame, gpd.GeoDataFrame):
        raise InputError("schema.geometry_missing", layer=of.layer.id, geometry=of.layer.geometry)
    code = code_of(frame.crs) if of.layer.is_spatial else ""
    if of.layer.is_spatial:
        found = misplaced(frame.geometry.to_numpy(), code, publication.province)
        if found is not None and found.code == "crs_wrong_zone":
            report.message("ioc.wrong_zone", level="warning", layer=of.layer.id, crs=code, likely=found.zone)
    return ready(publication, of, frame, simulated, issued)


def ready(
    publication: Publication,
    of: LayerMapping,
    frame: gpd.GeoDataFrame,
    simulated: bool,
    issued: Mapping[str, str] | None = None,
) -> Leaving:
    """What leaves of the rows in ``frame``, with the facts; ``issued`` says when each alert was raised."""
    code = code_of(frame.crs) if of.layer.is_spatial else ""
    taken = take(of, frame, code, simulated=simulated)
    facts: dict[str, Any] = {
        "operation": crs.OPERATION if crs.is_vn2000(code) else "none",
        "@data_date": publication.data_date,
        "@address": address(publication.province),
    }
    if issued is not None:
        facts["@issued_at"] = np.array([issued.get(uid) for uid in taken.uids], dtype=object)
    return taken.with_facts(**facts)


def needed(of: LayerMapping) -> list[str]:
    """Columns to read: what may leave, and what decides whether it does."""
    return list(dict.fromkeys((*of.fields, *(name for name, _ in of.withhold))))


def alerts(publication: Publication, of: LayerMapping) -> tuple[gpd.GeoDataFrame, bool, dict[str, str]]:
    """The alerts of all runs in one frame (system of the first), whether any is simulated, and when each was raised."""
    if not publication.runs:
        raise InputError("ioc.no_run")
    frames = [run.read(ALERT, needed(of)) for run in publication.runs]
    issued = {
        uid: run.issued_at for run, frame in zip(publication.runs, frames, strict=True) for uid in frame["uid"].tolist()
    }
    systems = {code_of(frame.crs) for frame in frames}
    if len(systems) > 1:
        raise InputError("ioc.runs_differ", systems=sorted(systems))
    together = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    return together, any(run.simulated for run in publication.runs), issued


def address(province: str) -> dict[str, str] | None:
    """The address that all features of a province share; none for a province without a profile."""
    try:
        return {"addressRegion": profile(province).name.vi, "addressCountry": "VN"}
    except InputError:
        return None


def write_layer(folder: Path, publication: Publication, item: Leaving) -> Published:
    """Write one layer in every form asked for."""
    layer: Layer = item.mapping.layer
    made: list[entities.Entities] = []
    if "gpkg" in publication.formats:
        geopackage.add(folder / GEOPACKAGE, item, publication.data_date)
    if "geojson" in publication.formats:
        (folder / "geojson").mkdir(exist_ok=True)
        geojson.write(folder / "geojson" / f"{layer.id}.geojson", item)
    if "ngsi" in publication.formats and item.mapping.entities:
        names = dict(context_names(item.mapping))
        made = [
            entities.make(entity, item, publication.province, names, publication.lookup)
            for entity in item.mapping.entities
        ]
        (folder / "ngsi-ld").mkdir(exist_ok=True)
        entities.write(folder / "ngsi-ld" / f"{layer.id}.jsonld", made)
    return Published(item, tuple(made))


def context_names(of: LayerMapping) -> Iterator[tuple[str, str]]:
    """Context file below ``resources/ngsi`` → its path as entities name it, relative to their own file."""
    for path in dict.fromkeys(context for entity in of.entities for context in entity.context):
        name = "dothi-v1" if path.startswith("dothi/") else Path(path).parts[1]
        yield path, f"context/{name}.jsonld"


def copy_contexts(folder: Path, chosen: Sequence[LayerMapping]) -> None:
    """Put the contexts that the entities name beside them, with the notice their licence asks for."""
    names = {path: name for of in chosen for path, name in context_names(of)}
    if not names:
        return
    (folder / CONTEXTS).mkdir(parents=True)
    for path, name in names.items():
        shutil.copyfile(NGSI / path, folder / "ngsi-ld" / name)
    shutil.copyfile(NGSI / "NOTICE.md", folder / CONTEXTS / "NOTICE.md")

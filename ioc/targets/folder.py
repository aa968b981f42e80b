"""A folder as a target: every form of every layer, listed in a manifest, becoming the target as a whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
import shapely

from ...layers.report import SILENT, Report
from ...store.place import misplaced
from .. import entities
from ..forms import cap, flatgeobuf, geojson, geopackage, geoparquet, table
from ..forms.staging import Staged, stage
from ..mapping import LayerMapping
from ..models import NGSI
from ..outgoing import Outgoing
from ..publication import ALERT, Publication
from ..selection import NAMED, Leaving, LeftOut
from . import manifest, signature
from .drop import Drop
from .manifest import Kind, Published
from .signature import Signer

GEOPACKAGE = "layers.gpkg"
CONTEXTS = "ngsi-ld/context"
_STAGING = ".staging"
# One file a layer: form → folder, suffix, writer.
_FILES = {
    "geojson": ("geojson", ".geojson", geojson.write),
    "parquet": ("geoparquet", ".parquet", geoparquet.write),
    "csv": ("csv", ".csv", table.write),
    "fgb": ("flatgeobuf", ".fgb", flatgeobuf.write),
}


@dataclass(frozen=True)
class Folder:
    """What a publication left in the folder: its manifest, and the features of each layer by ``uid``.

    ``faulty`` are features that are not in it because something is wrong with them.
    """

    manifest: dict[str, Any]
    unchanged: bool
    uids: dict[str, pa.ChunkedArray]
    faulty: dict[str, frozenset[str]]


def publish(
    publication: Publication,
    source: Outgoing,
    chosen: Sequence[LayerMapping],
    drop: Drop,
    told: frozenset[str] = frozenset(),
    report: Report = SILENT,
    agreed: Callable[[Folder, Path], None] = lambda made, folder: None,
    signer: Signer | None = None,
) -> Folder:
    """Publish into ``drop``; where it would hold the same bytes it is left as it was.

    ``told`` are the alerts that the folder ever held: those that are withdrawn become a Cancel. ``agreed`` is asked
    before the new folder takes the place of the old one, and may refuse by raising. ``signer`` signs the manifest.
    """
    with drop.writing() as folder:
        published = []
        for done, of in enumerate(chosen):
            report.progress(done / len(chosen), "ioc.step_layer", layer=of.layer.name.vi)
            published.append(write_layer(folder, publication, source, of, report))
        if "ngsi" in publication.formats:
            copy_contexts(folder, chosen)
        if "cap" in publication.formats and ALERT in source.layers:
            cap.write(folder / "cap", source.withdrawn(ALERT, told), publication.province)
        made = manifest.write(
            folder,
            published,
            province=publication.province,
            data_date=publication.data_date,
            own=publication.own,
            extra=publication.extra,
        )
        if signer is not None:
            signature.put(folder, drop.folder, signer)
        uids = {item.staged.layer.id: item.uids for item in published}
        faulty = {item.staged.layer.id: item.faulty for item in published}
        whole = Folder(made, drop.same_as(folder), uids, faulty)
        agreed(whole, folder)
        report.progress(0.99, "ioc.step_swap")
    return whole


def write_layer(
    folder: Path, publication: Publication, source: Outgoing, of: LayerMapping, report: Report
) -> Published:
    """Write one layer in every form asked for, part by part."""
    staging = folder / _STAGING
    staging.mkdir()
    try:
        with Collected(folder, staging, publication, of, report) as collected:
            staged = stage(staging / "layer.arrow", of, collected.through(source.parts(of.layer.id)))
        if "gpkg" in publication.formats:
            geopackage.add(folder / GEOPACKAGE, staged, publication.data_date)
        for form in (form for form in _FILES if form in publication.formats):
            place, suffix, write = _FILES[form]
            (folder / place).mkdir(exist_ok=True)
            write(folder / place / f"{of.layer.id}{suffix}", staged)
        return collected.published(staged)
    finally:
        shutil.rmtree(staging)


def forms_in(folder: Path) -> tuple[str, ...]:
    """The forms that a published folder holds."""
    places = {"gpkg": GEOPACKAGE, "ngsi": "ngsi-ld", "cap": "cap", **{form: part[0] for form, part in _FILES.items()}}
    return tuple(form for form, place in places.items() if (folder / place).exists())


class Collected:
    """What is made of a layer while its parts pass by: entities, alerts, its extent, and what was left out."""

    def __init__(self, folder: Path, staging: Path, publication: Publication, of: LayerMapping, report: Report) -> None:
        self._folder, self._staging, self._publication, self._of, self._report = (
            folder,
            staging,
            publication,
            of,
            report,
        )
        self._names = dict(context_names(of))
        self._counts = [0] * len(of.entities)
        self._left: dict[tuple[str, str, str, str], LeftOut] = {}
        self._extent = np.array([np.inf, np.inf, -np.inf, -np.inf])
        self._files: list[TextIO] = []
        self._uids: list[pa.Array] = []  # in a million objects of Python they would hold on to much more memory
        self._faulty: set[str] = set()
        self._closing = ExitStack()
        self._told = False

    def __enter__(self) -> Collected:
        if "ngsi" in self._publication.formats:
            for number in range(len(self._of.entities)):
                path = self._staging / f"{number}.lines"
                self._files.append(self._closing.enter_context(path.open("w", encoding="utf-8", newline="\n")))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._closing.close()
        if kind is None and self._files:
            self._entities()

    def through(self, parts: Iterator[Leaving]) -> Iterator[Leaving]:
        """The parts, looked at as they pass."""
        for part in parts:
            self._leave(part.left_out)
            if len(part.wgs84):
                bounds = shapely.bounds(part.wgs84)
                self._extent[:2] = np.minimum(self._extent[:2], bounds[:, :2].min(axis=0))
                self._extent[2:] = np.maximum(self._extent[2:], bounds[:, 2:].max(axis=0))
                self._warn(part)
            self._uids.append(pa.array(part.uids, pa.string()))
            self._faulty |= part.faulty
            for number, file in enumerate(self._files):
                entity = self._of.entities[number]
                made = entities.make(entity, part, self._publication.province, self._names, self._publication.lookup)
                file.writelines(f"{line}\n" for line in made.lines)
                self._counts[number] += len(made.lines)
                self._leave(made.left_out)
            if "cap" in self._publication.formats and self._of.layer.id == ALERT:
                cap.write(self._folder / "cap", part, self._publication.province)
            yield part

    def published(self, staged: Staged) -> Published:
        """What the manifest says of the layer."""
        west, south, east, north = (round(float(side), 9) for side in self._extent)
        kinds = zip(self._of.entities, self._counts, strict=True) if self._files else ()
        return Published(
            staged,
            (west, south, east, north) if np.isfinite(self._extent).all() else None,
            tuple(Kind(entity.type, entity.model, count) for entity, count in kinds),
            tuple(self._left.values()),
            pa.chunked_array(self._uids, pa.string()),
            frozenset(self._faulty),
        )

    def _leave(self, left_out: Sequence[LeftOut]) -> None:
        """One entry a reason, however many parts it was met in."""
        for one in left_out:
            key = (one.what, one.reason, one.type, one.attribute)
            before = self._left.get(key)
            uids = one.uids if before is None else tuple(sorted({*before.uids, *one.uids}))[:NAMED]
            count = one.count + (before.count if before else 0)
            self._left[key] = LeftOut(one.layer, one.what, one.reason, count, uids, one.type, one.attribute)

    def _warn(self, part: Leaving) -> None:
        """Tell once of a VN-2000 zone that cannot be right."""
        found = (
            None if self._told else misplaced(part.frame["geometry"].to_numpy(), part.crs, self._publication.province)
        )
        if found is not None and found.code == "crs_wrong_zone":
            self._told = True
            self._report.message(
                "ioc.wrong_zone", level="warning", layer=self._of.layer.id, crs=part.crs, likely=found.zone
            )

    def _entities(self) -> None:
        """A JSON array with one entity a line, in the order in which a broker should take them."""
        (self._folder / "ngsi-ld").mkdir(exist_ok=True)
        path = self._folder / "ngsi-ld" / f"{self._of.layer.id}.jsonld"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            before = "[\n"
            for number in range(len(self._files)):
                with (self._staging / f"{number}.lines").open(encoding="utf-8", newline="\n") as lines:
                    for line in lines:
                        file.write(before + line.rstrip("\n"))
                        before = ",\n"
            file.write("[\n]\n" if before == "[\n" else "\n]\n")


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

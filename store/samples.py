"""Samples for accuracy: ``NAME.dothi/samples/NAME.gpkg`` with the layer ``sample_point``; and the accuracy of a run.

The engine makes a sample once; people label its points (in QGIS or at a desk) and only labels are ever written then.
What the labels say of a run is a JSON file beside it, ``<run>.accuracy.json``: runs are never written again.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd

from ..layers import catalogue
from ..layers.errors import InputError, UsageError
from . import coordinates, dataset
from .geopackage import writing
from .whole import made_whole

LAYER = "sample_point"
# What each of several people says (``store/interpretations.py``).
INTERPRETATIONS = "sample_interpretation"
_PUT = 'UPDATE "sample_point" SET "label" = ?, "labeller" = ?, "labelled_on" = ?, "remark" = ? WHERE "uid" = ?'
_SPATIAL = ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,80}")


def path_of(data: Path | None, run: Path, name: str) -> Path:
    """Where the sample ``name`` lies: beside the data set, else beside the run. Raises :class:`UsageError`."""
    if not _NAME.fullmatch(name) or name.startswith("."):
        raise UsageError("accuracy.name_wrong", name=name)
    folder = dataset.beside(data) if data else run.parent
    return folder / "samples" / f"{name}.gpkg"


def write(path: Path, points: gpd.GeoDataFrame, about: Mapping[str, Any], *, simulated: bool) -> None:
    """Write a new sample with ``about`` it (run, strata, seed). Raises :class:`InputError` where one is there."""
    if path.exists():
        raise InputError("accuracy.sample_exists", path=str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    with made_whole(path, new=True) as temporary:
        dataset.create(temporary, [LAYER, INTERPRETATIONS], coordinates.code_of(points.crs), simulated=simulated)
        dataset.set_meta(temporary, sample=dict(about))
        dataset.append(temporary, LAYER, points)


def read(path: Path) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """The points with their labels, and what the sample is about. Raises :class:`InputError` where it is no sample."""
    if not path.is_file():
        raise InputError("engine.file_missing", path=str(path))
    about = dataset.meta(path).get("sample")
    if not isinstance(about, dict) or LAYER not in dataset.layers_in(path):
        raise InputError("accuracy.not_a_sample", path=str(path))
    return dataset.read(path, LAYER), about


@dataclass(frozen=True)
class Label:
    """What somebody says of one point: ``label`` of the domain ``sample_label``, None takes it back."""

    uid: str
    label: str | None
    labeller: str
    labelled_on: date
    remark: str = ""


def put_labels(path: Path, labels: Iterable[Label]) -> int:
    """Write labels in one transaction; returns how many points they met. Raises :class:`InputError`."""
    known = catalogue.domains()["sample_label"].values
    rows = []
    for one in labels:
        if one.label is not None and one.label not in known:
            raise InputError("accuracy.label_unknown", label=one.label, known=list(known))
        rows.append((one.label, one.labeller, one.labelled_on.isoformat(), one.remark or None, one.uid))
    met = 0
    with writing(path) as database:
        labels_only(database)
        for row in rows:
            met += database.execute(_PUT, row).rowcount
    return met


def labels_only(database: sqlite3.Connection) -> None:
    """Let labels be written: triggers of the spatial index name functions that are called only where a point moves."""
    for name in _SPATIAL:
        database.create_function(name, 1, _never)


def _never(blob: bytes) -> None:
    raise RuntimeError("a label moves no point")


def accuracy_path(run: Path) -> Path:
    """Where the accuracy of a run is kept."""
    return run.with_suffix(".accuracy.json")


def keep_accuracy(run: Path, found: Mapping[str, Any]) -> None:
    """Keep what was found of a run, in place of what was there."""
    with made_whole(accuracy_path(run)) as temporary:
        temporary.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def accuracy_of(run: Path) -> dict[str, Any] | None:
    """What is known of a run's accuracy; None where nobody has labelled."""
    path = accuracy_path(run)
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError("accuracy.unreadable", path=str(path)) from error
    return found if isinstance(found, dict) else None

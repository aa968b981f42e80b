"""Data of another program brought into a data set: read, mapped, checked, placed; written in one go or not at all."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from numpy.typing import NDArray

from ..layers import catalogue
from ..layers.errors import InputError
from ..layers.model import Layer
from ..layers.report import SILENT, Report
from . import coordinates, dataset, mapping, sources
from .checking import check_column, check_geometries
from .mapping import Match
from .place import misplaced
from .problems import Problems
from .rows import promote
from .troubles import told
from .values import blank

# What is told but does not keep a row out: the planner mends it on the map, old codes are kept as they are.
_ONLY_NOTICED = {"schema.problem.geometry_invalid", "schema.problem.domain_open"}


@dataclass
class Imported:
    """What came in, what did not and why, what was noticed, and by which mapping."""

    count: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    rejected_count: int = 0
    noticed: list[dict[str, Any]] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)


def columns_of(path: str | Path, source_layer: str, layer: Layer) -> tuple[Path, str, list[str]]:
    """The file, the layer that is meant and its columns. Raises :class:`InputError`."""
    file = sources.local_file(path)
    name = sources.layer_name(file, source_layer, prefer=layer.id)
    with told(file, writing=False):
        columns = [str(column) for column in pyogrio.read_info(file, layer=name)["fields"]]
    return file, name, columns


def bring_in(
    source: str | Path,
    data: str | Path,
    layer_id: str,
    *,
    source_layer: str = "",
    given: Any = None,
    source_crs: str = "",
    report: Report = SILENT,
) -> Imported:
    """Append the features of ``source`` to a layer of the data set ``data``.

    Without ``given`` the proposed mapping is used. ``source_crs`` holds where the file names no system. A row whose
    geometry or values do not fit is rejected and told with its ``fid``; the others are written in one transaction.
    Raises :class:`InputError` where nothing can be brought in.
    """
    layer = dataset.declared(data, layer_id)
    target_crs = dataset.crs_of(data, layer_id)
    if layer.is_spatial and not target_crs:
        raise InputError("crs.missing")
    file, name, columns = columns_of(source, source_layer, layer)
    matches = mapping.given(given, columns, layer) if given else mapping.propose(columns, layer)
    report.progress(0.05, "schema.step_reading", layer=name)
    frame = _read(file, name, [match.source for match in matches])
    frame = _named(frame, matches)
    extra = dataset.own_catalogue(data)
    _require_mapped(layer, frame)
    if layer.is_spatial:
        frame = _placed(frame, layer, name, target_crs, source_crs, str(dataset.meta(data).get("province", "")))
    report.progress(0.4, "schema.step_checking", layer=name)
    _words_to_codes(frame, layer, extra)
    keep, problems = _judge(frame, layer, data, extra)
    report.progress(0.7, "schema.step_writing", layer=layer_id)
    written = dataset.append(data, layer_id, frame[keep]) if keep.any() else 0
    return Imported(
        count=written,
        rejected=[row for row in problems.rows if row["code"] not in _ONLY_NOTICED],
        rejected_count=int((~keep).sum()),
        noticed=[row for row in problems.rows if row["code"] in _ONLY_NOTICED],
        matches=matches,
    )


def _read(file: Path, name: str, columns: list[str]) -> pd.DataFrame:
    try:
        with told(file, writing=False):
            frame: pd.DataFrame = pyogrio.read_dataframe(
                file, layer=name, columns=columns, fid_as_index=True, on_invalid="ignore"
            )
    except UnicodeDecodeError as error:  # 8-bit text of old drawings; guessing an encoding would corrupt it
        raise InputError("schema.not_readable", path=str(file), reason=str(error)) from error
    if frame.empty:
        raise InputError("schema.layer_empty", path=str(file), layer=name)
    return frame


def _named(frame: pd.DataFrame, matches: list[Match]) -> pd.DataFrame:
    """Columns under their declared names, text in composed Unicode (NFC)."""
    frame = frame.rename(columns={match.source: match.target for match in matches})
    for match in matches:
        column = frame[match.target]
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
            frame[match.target] = column.map(
                lambda value: unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value
            ).astype(object)
    return frame


def _require_mapped(layer: Layer, frame: pd.DataFrame) -> None:
    missing = [
        one.id
        for one in layer.fields
        if one.required and one.default is None and one.id != "uid" and one.id not in frame.columns
    ]
    if missing:
        raise InputError("schema.mapping_incomplete", layer=layer.id, columns=missing)


def _placed(
    frame: pd.DataFrame, layer: Layer, name: str, target_crs: str, source_crs: str, province: str
) -> gpd.GeoDataFrame:
    """The frame in the layer's system, geometries 2D and multiple; refuses degrees and a wrong zone."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError("schema.geometry_missing", layer=layer.id, geometry=layer.geometry)
    system = coordinates.code_of(source_crs or frame.crs)
    geometries = frame.geometry.to_numpy()
    wrong = misplaced(geometries, system, province)
    if wrong and wrong.code in ("crs_wrong_zone", "crs_degrees"):
        place = wrong.province.name.vi if wrong.province else ""
        raise InputError(f"schema.{wrong.code}", layer=name, crs=system, zone=wrong.zone, province=place)
    moved = coordinates.transform_geometries(promote(geometries), system, target_crs)
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=target_crs))


def _words_to_codes(frame: pd.DataFrame, layer: Layer, extra: Path | None) -> None:
    """Words of a list (``Cột thép``) become its codes (``steel_column``), in place."""
    for one in layer.fields:
        if one.type == "choice" and one.id in frame.columns:
            by_word = mapping.codes_by_word(catalogue.domain(one, extra))
            frame[one.id] = frame[one.id].map(
                lambda value, by_word=by_word: (
                    by_word.get(mapping.key(value), value) if isinstance(value, str) else value
                )
            )


def _judge(
    frame: pd.DataFrame, layer: Layer, data: str | Path, extra: Path | None
) -> tuple[NDArray[np.bool_], Problems]:
    """Which rows may come in, and what is wrong with the others (named by the ``fid`` of their file)."""
    problems = Problems()
    names = np.array([f"fid {number}" for number in frame.index], dtype=object)
    refused = np.zeros(len(frame), dtype=bool)
    if layer.is_spatial:
        refused |= check_geometries(frame.geometry.to_numpy(), layer, names, problems)
    for one in layer.fields:
        if one.id not in frame.columns:
            continue
        domain = catalogue.domain(one, extra) if one.type == "choice" else None
        wrong, _ = check_column(frame, layer, one, domain, names, problems)
        if one.unique:
            there = set(dataset.read(data, layer.id, [one.id])[one.id])
            twice = ~blank(frame[one.id]) & frame[one.id].isin(there).to_numpy()
            for at in np.flatnonzero(twice).tolist():
                problems.add("unique", layer, one, str(names[at]), value=str(frame[one.id].iloc[at])[:80])
            wrong |= twice
        refused |= wrong
    return ~refused, problems

"""Every row of a data set against its declaration; nothing is changed, and one bad row hides no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from ..layers import catalogue, crs
from ..layers.errors import InputError
from ..layers.model import Domain, Field, Layer
from ..layers.report import SILENT, Report, steps
from . import dataset
from .place import misplaced
from .problems import Problems
from .rows import misfits
from .troubles import told
from .values import blank, cast

Marks = NDArray[np.bool_]


def check(path: str | Path, layer_ids: Sequence[str] | None = None, report: Report = SILENT) -> Problems:
    """Problems of the data set ``path``, in the layers named or in all declared ones that it holds.

    Raises :class:`InputError` if the file is no GeoPackage or a name is not in the catalogue; what is wrong inside the
    data is returned.
    """
    path = Path(path)
    extra = dataset.own_catalogue(path)
    present = dataset.layers_in(path)
    known = catalogue.ids(extra)
    chosen = list(layer_ids) if layer_ids else [name for name in present if name in known]
    problems = Problems()
    for layer in steps(report, [catalogue.layer(name, extra) for name in chosen], len(chosen)):
        if layer.id not in present:
            problems.add("layer_missing", layer)
            continue
        _check_layer(path, layer, problems, extra)
    return problems


def _check_layer(path: Path, layer: Layer, problems: Problems, extra: Path | None) -> None:
    with told(path, writing=False):
        frame = pyogrio.read_dataframe(path, layer=layer.id, fid_as_index=True, on_invalid="ignore")
    names = feature_names(frame)
    for field in layer.fields:
        if field.id not in frame.columns:
            problems.add("column_missing", layer, field)
            continue
        domain = catalogue.domain(field, extra) if field.type == "choice" else None
        _, nothing = check_column(frame, layer, field, domain, names, problems)
        if field.type == "reference":
            _references(path, frame[field.id], ~nothing, layer, field, names, problems)
    if layer.is_spatial:
        system = _system(path, layer, problems)
        geometries = frame.geometry.to_numpy() if isinstance(frame, gpd.GeoDataFrame) else np.full(len(frame), None)
        check_geometries(geometries, layer, names, problems)
        wrong = misplaced(geometries, system, str(dataset.meta(path).get("province", ""))) if system else None
        if wrong:
            place = wrong.province.name.vi if wrong.province else ""
            problems.add(wrong.code, layer, crs=system, zone=wrong.zone, province=place, count=wrong.count)


def feature_names(frame: pd.DataFrame) -> NDArray[np.object_]:
    """What each feature is called in a sentence: its ``uid``, or ``fid n`` where it has none."""
    numbers = np.array([f"fid {number}" for number in frame.index], dtype=object)
    if "uid" not in frame.columns:
        return numbers
    return np.where(blank(frame["uid"]), numbers, frame["uid"].astype(object))


def check_column(
    frame: pd.DataFrame,
    layer: Layer,
    field: Field,
    domain: Domain | None,
    names: NDArray[np.object_],
    problems: Problems,
) -> tuple[Marks, Marks]:
    """Check one column and tell ``problems``; returns where values are wrong and where there are none."""
    raw = frame[field.id]
    nothing = blank(raw)
    wrong = np.zeros(len(frame), dtype=bool)
    values, misread = cast(raw, field)

    def tell(code: str, marks: Marks, arguments: Callable[[int], dict[str, object]]) -> None:
        wrong[marks] = True
        for at in np.flatnonzero(marks).tolist():
            problems.add(code, layer, field, str(names[at]), **arguments(at))

    def shown(at: int) -> str:
        return str(raw.iloc[at])[:80]

    if field.required and field.default is None and field.id != "uid":
        tell("required", nothing, lambda at: {})
    tell("type", misread, lambda at: {"value": shown(at), "type": {"message": f"schema.type.{field.type}"}})
    there = ~nothing & ~misread
    if domain is not None:
        foreign = there & ~values.isin(list(domain.values)).to_numpy()
        if domain.closed:
            tell("domain", foreign, lambda at: {"value": shown(at)})
        else:
            for at in np.flatnonzero(foreign).tolist():
                problems.add("domain_open", layer, field, str(names[at]), value=shown(at))
    if field.range is not None:
        low, high = field.range
        numbers = values.to_numpy(dtype=float)
        tell(
            "range",
            there & ((numbers < low) | (numbers > high)),
            lambda at: {"value": float(numbers[at]), "minimum": low, "maximum": high},
        )
    if field.length:
        lengths = values.where(there, "").astype(str).str.len().to_numpy()
        tell("length", there & (lengths > field.length), lambda at: {"length": int(lengths[at]), "limit": field.length})
    if field.unique:
        tell("unique", there & values.duplicated(keep=False).to_numpy(), lambda at: {"value": shown(at)})
    broken = there & _breaks(field, values, frame, layer)
    sentence = {"message": field.check.message if field.check else ""}
    tell("check", broken, lambda at: {"value": shown(at), "sentence": sentence})
    return wrong, nothing


def _breaks(field: Field, values: pd.Series, frame: pd.DataFrame, layer: Layer) -> Marks:
    """Where the field's own check does not hold."""
    broken: Marks = np.zeros(len(frame), dtype=bool)
    if field.check is None:
        return broken
    if field.check.pattern:
        broken |= ~values.where(values.notna(), "").astype(str).str.fullmatch(field.check.pattern).to_numpy(dtype=bool)
    if field.check.at_least and field.check.at_least in frame.columns:
        least, _ = cast(frame[field.check.at_least], layer.find(field.check.at_least))
        broken |= (values < least).to_numpy(dtype=bool)
    return broken


def _references(
    path: Path,
    raw: pd.Series,
    there: Marks,
    layer: Layer,
    field: Field,
    names: NDArray[np.object_],
    problems: Problems,
) -> None:
    try:
        known = set(dataset.read(path, field.to, ["uid"])["uid"])
    except InputError as error:
        if error.code != "schema.layer_missing":
            raise
        known = set()
    for at in np.flatnonzero(there & ~raw.isin(known).to_numpy()).tolist():
        problems.add("reference", layer, field, str(names[at]), value=str(raw.iloc[at])[:80], to=field.to)


def check_geometries(
    geometries: NDArray[np.object_], layer: Layer, names: NDArray[np.object_], problems: Problems
) -> Marks:
    """Null, empty, of another type, invalid; returns where a geometry cannot be stored (all but invalid)."""
    null = shapely.is_missing(geometries)
    empty = ~null & shapely.is_empty(geometries)
    other = ~empty & misfits(geometries, layer)
    problems.each("geometry_null", layer, None, names[null])
    problems.each("geometry_empty", layer, None, names[empty])
    for at in np.flatnonzero(other).tolist():
        problems.add(
            "geometry_type", layer, None, str(names[at]), found=geometries[at].geom_type, geometry=layer.geometry
        )
    for at in np.flatnonzero(~null & ~empty & ~other & ~shapely.is_valid(geometries)).tolist():
        reason = str(shapely.is_valid_reason(geometries[at]))
        problems.add("geometry_invalid", layer, None, str(names[at]), reason=reason)
    unusable: Marks = null | empty | other
    return unusable


def _system(path: Path, layer: Layer, problems: Problems) -> str:
    """``EPSG:n`` of the layer if coordinates can be judged in it, else empty."""
    system = dataset.crs_of(path, layer.id)
    if not system:
        problems.add("crs_missing", layer)
    elif system in (crs.WGS84, crs.VN2000_GEOGRAPHIC):
        problems.add("crs_geographic", layer, crs=system)
    elif not crs.knows(system):
        problems.add("crs_unknown", layer, crs=system)
    else:
        return system
    return ""

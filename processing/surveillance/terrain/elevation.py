"""One elevation model: opened behind the guards of scenes, its heights in metres, its height system asked or said.

A model in feet is converted where the file or the user says so; nothing is guessed from the numbers alone, but two
models whose heights stand in the ratio of foot to metre are refused (:func:`refuse_mixed_units`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS as PROJ_CRS
from rasterio.crs import CRS
from rasterio.enums import ColorInterp

from ....layers.errors import InputError
from ..scenes.grid import Grid, grid_of
from ..scenes.opening import local_path, open_raster
from ..scenes.scene import Band, Scene

# Metres in each unit (EPSG 9001, 9002, 9003).
UNITS = {"m": 1.0, "ft": 0.3048, "us-ft": 1200.0 / 3937.0}
_WORDS = {
    "m": {"m", "metre", "meter", "metres", "meters"},
    "ft": {"ft", "foot", "feet", "international foot", "international feet"},
    "us-ft": {"us-ft", "ftus", "us survey foot", "us survey feet", "us_survey_foot", "survey foot"},
}
# Heights of two models of one place whose ratio lies this near to foot/metre, over at least so many metres of height.
_FOOT_RATIO, _LEAST_HEIGHT = 0.03, 20.0


@dataclass(frozen=True)
class Elevation:
    """A model as a scene of one band whose numbers become metres. ``datum`` is the height system's name, empty where
    neither the file nor the user says it; ``unit_stated`` false: metres are assumed.
    """

    scene: Scene
    unit: str
    unit_stated: bool
    datum: str

    @property
    def grid(self) -> Grid:
        """Its own grid."""
        return self.scene.grid


def open_elevation(given: str | Path, unit: str | None = None, datum: str | None = None) -> Elevation:
    """The model at ``given``; only its header is read. ``unit`` (of :data:`UNITS`) and ``datum`` go where the file is
    silent, and must agree with it where it is not.

    Raises :class:`InputError`: not a raster of one band, in degrees, without position, units that contradict or that
    nobody knows.
    """
    path = local_path(given)
    with open_raster(path) as raster:
        grid = grid_of(raster, str(path))
        heights = [at for at in raster.indexes if raster.colorinterp[at - 1] is not ColorInterp.alpha]
        if len(heights) != 1:
            raise InputError("terrain.not_one_band", path=str(path), bands=raster.count)
        index = heights[0]
        told = {word for word in (raster.units[index - 1] or "",) if word}
        nodata = raster.nodatavals[index - 1]
        scale, offset = float(raster.scales[index - 1]), float(raster.offsets[index - 1])
    horizontal, vertical_unit, vertical_name = _parts(grid.crs)
    if horizontal.is_geographic:
        raise InputError("terrain.in_degrees", path=str(path))
    known = {_unit(word, path) for word in told} | ({vertical_unit} if vertical_unit else set())
    if len(known | ({unit} if unit else set())) > 1:
        raise InputError("terrain.units_contradict", path=str(path), units=sorted(known | ({unit} if unit else set())))
    chosen = unit or next(iter(known), "m")
    if datum and vertical_name and datum_key(datum) != datum_key(vertical_name):
        raise InputError("terrain.datum_contradicts", path=str(path), given=datum, found=vertical_name)
    metres = UNITS[chosen]
    band = Band("height", str(path), index, scale * metres, offset * metres, nodata)
    scene = Scene(path, "dem", (band,), None, Grid(horizontal, grid.transform, grid.width, grid.height))
    return Elevation(scene, chosen, bool(unit or known), datum or vertical_name)


def _unit(word: str, path: Path) -> str:
    plain = word.strip().lower()
    for unit, words in _WORDS.items():
        if plain in words:
            return unit
    raise InputError("terrain.unit_unknown", path=str(path), unit=word[:40], known=list(UNITS))


def _parts(system: CRS) -> tuple[CRS, str, str]:
    """The horizontal part of a system, and unit and name of its vertical one (empty: it has none)."""
    whole: Any = PROJ_CRS.from_user_input(system.to_wkt())
    if not whole.is_compound:
        return system, "", ""
    flat, high = whole.sub_crs_list[:2]
    factor = high.axis_info[0].unit_conversion_factor
    unit = next((name for name, metres in UNITS.items() if abs(metres - factor) < 1e-9), "")
    if not unit:
        raise InputError("terrain.unit_unknown", path=whole.name, unit=high.axis_info[0].unit_name, known=list(UNITS))
    return CRS.from_wkt(flat.to_wkt()), unit, str(high.name)


def datum_key(name: str) -> str:
    """A height system's name for comparing: ``Hòn Dấu``, ``HON DAU 1992`` and ``VN-2000 (Hòn Dấu)`` are one."""
    from ....store.mapping import key

    plain = key(name)
    return "hondau" if "hondau" in plain else plain


def refuse_mixed_units(before: NDArray[np.float32], after: NDArray[np.float32]) -> None:
    """Raise where the same ground is a foot/metre ratio higher in one model. Both (n,) in metres as read."""
    if not len(before):
        return
    low, high = float(np.median(before)), float(np.median(after))
    if min(abs(low), abs(high)) < _LEAST_HEIGHT or low * high < 0:
        return
    ratio = high / low
    for factor in (UNITS["ft"], 1.0 / UNITS["ft"]):
        if abs(ratio / factor - 1.0) < _FOOT_RATIO:
            raise InputError("terrain.looks_like_feet", before=round(low, 1), after=round(high, 1))

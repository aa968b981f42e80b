"""Streets by their cross-section, ports by their land, industrial parks by their plan."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from ..columns import Numbers, absent, numbers, pick, words
from ..land.overlay import Geometries, Indices, overlay
from ..land.scene import Scene
from ..table import named, when
from .lots import ZONE_FIELDS
from .model import Kind, Subjects
from .separation import areal

# Land codes of TT 08/2024 that Bảng 2.6 of QCVN 01:2021/BXD counts as roads, green and technical works (our reading);
# water and these three may lie in the belt along a park's border.
ROADS = ("DGT",)
GREEN = ("DKV",)
TECHNICAL = ("DNL", "DRA", "DBV", "DCT", "DTL")
OPEN = (*ROADS, *GREEN, "SON", "MNC", "TVC")
# A park is known when its zones cover all but this share: slivers between drawings of different scale.
UNKNOWN_SHARE = 0.01


def sections(scene: Scene) -> Subjects:
    """One subject per street, with its widths."""
    streets = scene.layers["street_centreline"]
    _, flaw = scene.sound("street_centreline")
    table = named(streets)
    name = words(streets, "name")
    table["street"] = pick(absent(name), table["code"], name)
    table["flaw"] = flaw
    table["section"] = _positive(numbers(streets, "width_m"))
    table["sidewalk"] = _positive(numbers(streets, "sidewalk_m"), zero=True)
    table["design_speed"] = _positive(numbers(streets, "design_speed_kmh"))
    table["road_class"] = words(streets, "road_class")
    table["area"] = scene.states.area or words(streets, "area_state")
    whole = areal(streets.geometry.to_numpy())
    return Subjects("street_centreline", table, whole, lambda rows, _limit: whole[rows])


def sections_at_speed(scene: Scene) -> Subjects:
    """The same; a street whose design speed nobody entered is judged by the least width of its class alone."""
    made = sections(scene)
    made.table["scope"] = when(np.isnan(made.table["design_speed"]), "no_speed")
    return made


def ports(scene: Scene) -> Subjects:
    """One subject per port."""
    layer = scene.layers["logistics_port"]
    table = named(layer)
    table["port_kind"] = words(layer, "port_kind")
    table["port_area"], table["quay"] = _positive(numbers(layer, "area_ha")), _positive(numbers(layer, "quay_m"))
    whole = areal(layer.geometry.to_numpy())
    return Subjects("logistics_port", table, whole, lambda rows, _limit: whole[rows])


def parks(scene: Scene) -> Subjects:
    """One subject per industrial park, with what its planned zones give to roads, green and technical works."""
    layer = scene.layers["industrial_park"]
    shapes, flaw = scene.sound("industrial_park")
    zones, grounds = scene.zones
    use = zones["land_use"].to_numpy(dtype=object).astype(str)
    laid = overlay(shapes, grounds)
    count, area = len(shapes), shapely.area(shapes)
    uses, park = use[laid.zone], laid.lot

    def of(codes: tuple[str, ...]) -> Numbers:
        return np.bincount(park, laid.area * np.isin(uses, codes), minlength=count).astype(float)

    unknown = np.bincount(park, laid.area, minlength=count) < (1.0 - UNKNOWN_SHARE) * area
    table = named(layer)
    table["flaw"] = flaw
    table["park_area"] = area
    for name, codes in (("park_roads", ROADS), ("park_green", GREEN), ("park_technical", TECHNICAL)):
        table[name] = np.where(unknown, np.nan, of(codes))
    inside = np.flatnonzero(~np.isin(uses, OPEN) & (laid.area > UNKNOWN_SHARE))
    lot = shapely.intersection(grounds[laid.zone[inside]], shapes[park[inside]])
    apart = np.full(count, np.inf)
    np.minimum.at(apart, park[inside], shapely.distance(lot, shapely.boundary(shapes[park[inside]])))
    table["buffer"] = np.where(unknown | ~np.isfinite(apart), np.nan, apart)
    table["scope"] = when(absent(flaw) & ~unknown & ~np.isfinite(apart), "no_lots")

    def offending(rows: Indices, _limit: NDArray[np.float64]) -> Geometries:
        return np.asarray(shapes[rows])

    return Subjects("industrial_park", table, layer.geometry.to_numpy(), offending)


def _positive(values: Numbers, *, zero: bool = False) -> Numbers:
    """Only what a length can be."""
    return np.where(values >= 0.0 if zero else values > 0.0, values, np.nan)


_STREETS = (
    "code", "name", "width_m", "road_class", "area_state", "design_speed_kmh", "sidewalk_m",
)  # fmt: skip
SECTIONS = Kind(sections, {"street_centreline": _STREETS}, required=("street_centreline",), reach_m=0.0)
SECTIONS_AT_SPEED = Kind(sections_at_speed, {"street_centreline": _STREETS}, ("street_centreline",), 0.0)
PORTS = Kind(
    ports, {"logistics_port": ("code", "port_kind", "area_ha", "quay_m")}, required=("logistics_port",), reach_m=0.0
)
PARKS = Kind(
    parks,
    {"industrial_park": ("code",), "planned_zone": ZONE_FIELDS},
    required=("industrial_park", "planned_zone"),
    reach_m=0.0,
    whole=("planned_zone",),  # shares are summed from an overlay that asks whether all zones tile the ground
)

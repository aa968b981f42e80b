"""Dwellings on their way to public services, and housing units as wholes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from ..columns import Mask, Numbers, Words, absent, nothing, numbers, pick, words
from ..land.overlay import Geometries, Indices
from ..land.scene import Scene
from ..land.walking import network, ways
from ..measures.services import SCHOOLS, WALKED
from ..table import ColumnTable, when
from .lots import BUILDING_FIELDS, PARCEL_FIELDS, ZONE_FIELDS
from .model import Kind, Subjects

# Uses in which people live.
DWELLINGS = ("detached", "apartment", "mixed")
# Land code of rural housing (TT 08/2024): service radii there are another table's (QCVN 01:2021/BXD, Bảng 2.32).
RURAL = "ONT"
# Streets that nobody walks along.
NOT_WALKED = ("expressway",)


def homes(scene: Scene) -> Subjects:
    """Buildings in which people live, with the way on foot from their middle to each kind of service.

    A kind of which the data set has no facility is missing, not infinitely far: the list may just not be entered yet.
    """
    frame = scene.buildings
    shapes, flaw = scene.shapes
    use = words(frame, "use")
    streets = scene.layers["street_centreline"]
    walked = ~np.isin(words(streets, "road_class").astype(str), NOT_WALKED)
    known = network(scene.sound("street_centreline")[0][walked])
    facilities = scene.layers["service_facility"]
    sites, _ = scene.sound("service_facility")
    kind, label = words(facilities, "kind"), _label(facilities)
    lives = np.isin(use.astype(str), DWELLINGS)
    table = scene.named_buildings.beside(scene.states_of_all)
    table["flaw"], table["use"] = flaw, use
    places = pick(lives, shapely.centroid(shapes))
    for one in WALKED:
        goals = np.flatnonzero((kind == one) & ~absent(sites))
        found = ways(known, places, sites[goals])
        table[f"walk_{one}"] = found.distance
        if len(goals):
            table[f"walk_{one}.lacking"] = "way_on_foot"
            table[f"nearest_{one}"] = pick(found.goal >= 0, label[goals][found.goal])
    rural = lives & _rural(scene, table.words("zone_uid"))
    table["scope"] = when(~lives & ~absent(use), "not_dwelling", when(rural, "rural"))
    whole: Geometries = frame.geometry.to_numpy()
    return Subjects("building", table, whole, lambda at, _limit: shapes[at])


def _rural(scene: Scene, zone: Words) -> Mask:
    """Whether the ``zone`` of each dwelling is land for rural housing."""
    zones, _ = scene.zones
    return np.isin(zone.astype(str), words(zones, "uid")[words(zones, "land_use") == RURAL].astype(str))


def _label(frame: pd.DataFrame) -> Words:
    name, code = words(frame, "name"), words(frame, "code")
    return pick(absent(name), code, name)


def units(scene: Scene) -> Subjects:
    """Housing units: the planned zones that carry the same ``unit``, taken together.

    Where one zone lacks its role or a dwelling zone its population, nothing that needs it can be said of the unit. A
    unit's feature is its largest zone, its code the name of the unit.
    """
    frame = scene.layers["planned_zone"]
    shapes, flaw = scene.sound("planned_zone")
    unit, role = words(frame, "unit"), words(frame, "role")
    inside = np.flatnonzero(~absent(unit))
    names, group = np.unique(unit[inside].astype(str), return_inverse=True)
    count = len(names)
    area = shapely.area(shapes[inside])
    population = numbers(frame, "population")[inside]
    housed = role[inside] == "housing"
    people = _total(np.where(np.isnan(population) & ~housed, 0.0, population), group, count)
    roleless = _total(absent(role[inside]).astype(float), group, count) > 0
    broken = _total((~absent(flaw[inside])).astype(float), group, count) > 0

    def land(wanted: str) -> Numbers:
        """Area (m²) of a role in each unit, NaN where a role is missing."""
        return np.where(roleless, np.nan, _total(np.where(role[inside] == wanted, area, 0.0), group, count))

    green = land("public_green")
    park = np.zeros(count)
    np.maximum.at(park, group, np.where(role[inside] == "public_green", np.nan_to_num(area), 0.0))
    largest = inside[_last_of_largest(group, area, count)]
    table = ColumnTable(
        {
            "uid": words(frame, "uid")[largest],
            "code": names.astype(object),
            "flaw": when(broken, "planned_zone.geometry"),
            "unit_population": people,
            "population": people,
            "zones": _codes(words(frame, "code")[inside], group, count),
            "green_area": green,
            "green_per_person": _each(green, people),
            "largest_park": np.where(roleless, np.nan, park),
            "parking_per_person": _each(land("parking"), people),
            "plan_state": words(frame, "plan_state")[largest],
            "approved_on": words(frame, "approved_on")[largest],
            "area": words(frame, "area_state")[largest],
        },
        count,
    )
    for name in ("green_per_person", "parking_per_person"):
        table[f"{name}.lacking"] = when(~(people > 0), "planned_zone.population")
    whole = nothing(count)
    for i in range(count):
        whole[i] = shapely.union_all(shapes[inside[group == i]])
    table["city_population"] = _city(scene, whole)
    _schools(scene, table, whole)
    return Subjects("planned_zone", table, whole, lambda at, _limit: whole[at])


def _codes(code: Words, group: Indices, count: int) -> Words:
    """The codes of each group, one after the other."""
    made = nothing(count)
    made[:] = [", ".join(code[group == i].astype(str)) for i in range(count)]
    return made


def _each(amount: Numbers, people: Numbers) -> Numbers:
    """``amount`` for each of ``people``, NaN where there are none or nobody knows."""
    made = np.full(len(people), np.nan)
    np.divide(amount, people, out=made, where=people > 0)
    return made


def _total(values: Numbers, group: Indices, count: int) -> Numbers:
    return np.bincount(group, values, minlength=count).astype(float)


def _last_of_largest(group: Indices, area: Numbers, count: int) -> Indices:
    """The position of the largest member of each group."""
    order: Indices = np.lexsort((np.nan_to_num(area), group))
    last = np.cumsum(np.bincount(group, minlength=count)) - 1
    found: Indices = order[last]
    return found


def _city(scene: Scene, places: Geometries) -> Numbers:
    """The population of the city that holds each place: the largest of the administrative units around it."""
    made = np.full(len(places), np.nan)
    around = scene.layers.get("admin_unit")
    if around is None:
        return made
    shapes, _ = scene.sound("admin_unit")
    people = numbers(around, "population")
    place, city = shapely.STRtree(shapes).query(shapely.point_on_surface(places), predicate="intersects")
    for at, found in zip(place, people[city], strict=True):
        made[at] = np.fmax(made[at], found)
    return made


def _schools(scene: Scene, table: ColumnTable, places: Geometries) -> None:
    """School places inside each unit for a thousand of its people; a school without capacity makes them unknown."""
    facilities = scene.layers.get("service_facility")
    if facilities is None:
        return
    sites, _ = scene.sound("service_facility")
    kind, capacity = words(facilities, "kind"), numbers(facilities, "capacity")
    unit, site = shapely.STRtree(sites).query(places, predicate="intersects")
    for school in SCHOOLS:
        mine = kind[site] == school
        places_there = _total(capacity[site[mine]], unit[mine], len(table))
        table[f"places_{school}"] = 1000.0 * _each(places_there, table["unit_population"])


_STATES: dict[str, Any] = {"parcel": PARCEL_FIELDS, "building": BUILDING_FIELDS, "planned_zone": ZONE_FIELDS}
HOMES = Kind(
    homes,
    {
        **_STATES,
        "street_centreline": ("code", "name", "road_class"),
        "service_facility": ("code", "name", "kind", "capacity"),
    },
    required=("parcel", "building", "street_centreline", "service_facility"),
    reach_m=0.0,
    whole=("street_centreline", "service_facility"),
)
UNITS = Kind(
    units,
    {
        "planned_zone": (*ZONE_FIELDS, "unit", "role", "population"),
        "admin_unit": ("code", "population"),
        "service_facility": ("code", "kind", "capacity"),
    },
    required=("planned_zone",),
    reach_m=0.0,
    refers={"planned_zone": ("unit", "unit")},
    whole=("admin_unit", "service_facility"),  # of all the unit's zones, not only of the one asked about
)

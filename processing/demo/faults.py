"""Faults planted among the buildings and lots, and the truth about them: which feature breaks which rule, and how.

Every fault is made so that it breaks exactly the rules written down with it; all else complies. ``truth`` rows name the
layer, uid and code of the feature, the rule, the outcome that a correct check gives, and the kind of fault.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
import shapely.affinity
from shapely import MultiPolygon

from .buildings import BACK_YARD, WALL, back_edges, shrunk
from .cadastre import BUILDING_LINES, Frames, Land
from .lot_faults import more_faults
from .planting import Planting, reshape
from .shapes import polygons_of

KINDS = (
    "density_over", "far_over", "setback_short", "red_line_crossed", "use_against_zone",
    "height_missing", "width_missing", "building_line_crossed", "gap_short", "backs_short", "frontage_short",
    "green_short", "gross_over",
)  # fmt: skip
# Share of a lot from 150 m² on that no table allows a house to cover.
_FULL = 0.83
# Streets that Bảng 2.7 (setback) is about: area level and up.
_AREA_LEVEL = ("main", "area_main", "area")
# Beginnings of rules whose input no layer of the demo holds: never checkable, and not a fault.
NOT_IN_DATA: tuple[str, ...] = ()


def plant(seed: int, land: Land, frames: Frames, fronts: pd.DataFrame) -> tuple[Frames, pd.DataFrame]:
    """Frames with faults, and the truth about them."""
    parcels, streets = frames["parcel"].copy(), frames["street_centreline"].copy()
    zones, rng = frames["planned_zone"], np.random.default_rng([seed, 4])
    boundaries = frames["street_boundary"].copy()
    work = Planting(parcels, frames["building"].copy(), zones, streets, boundaries, land.lots, fronts, rng)
    facts = _facts(work)
    single = facts.buildings == 1
    detached = single & (facts.use == "detached")
    row_house = detached & (facts.kind == "residential")
    area = facts.area
    quiet = ~facts.area_level

    _without_width(work, facts, row_house & quiet)
    _too_dense(work, facts, row_house & ~facts.lined & (area > 150) & (area < 300))
    _too_dense_public(work, facts)
    _too_much_floor(work, facts, single & (facts.use == "mixed") & ~facts.new & quiet & (area < 2900))
    _too_near(work, facts, row_house & facts.narrow_area_street & (facts.gap < 0.6) & (area > 105))
    _too_near_tall(work, facts, single & (facts.use == "mixed") & facts.new & facts.area_level & (area > 420))
    _over_red_line(
        work, facts, row_house & quiet & ~facts.lined & (area > 90) & (facts.gap < 2.6) & (facts.front > 5.0)
    )
    _wrong_use(work, facts)
    _without_height(work, facts, row_house & facts.area_level & (area > 110), single & (facts.use == "mixed"))

    more_faults(work, facts, seed)

    changed = {**frames, "parcel": work.parcel, "building": work.building, "street_centreline": work.street}
    changed["street_boundary"] = work.boundary
    truth = pd.DataFrame(work.truth).sort_values(["kind", "layer", "code", "rule"], ignore_index=True)
    return changed, truth


def _facts(work: Planting) -> pd.DataFrame:
    """What the choice of lots needs, one row per lot."""
    n = len(work.parcel)
    position = pd.Series(np.arange(n), index=work.parcel.uid)
    of_lot = position.reindex(work.building.parcel).to_numpy()
    facts = pd.DataFrame({"area": work.parcel.geometry.area.to_numpy(), "kind": work.lots.use, "new": work.lots.new})
    facts["buildings"] = np.bincount(of_lot, minlength=n)
    first = pd.Series(np.arange(len(of_lot)), index=of_lot).groupby(level=0).first()
    facts["building"] = first.reindex(np.arange(n)).to_numpy()
    has = facts.building.notna()
    facts["use"] = ""
    facts.loc[has, "use"] = work.building.use.to_numpy()[facts.building[has].astype(int)]
    road_class = work.street.road_class.to_numpy()[work.fronts.street]
    width = work.street.width_m.to_numpy()[work.fronts.street]
    is_area = pd.Series(np.isin(road_class, _AREA_LEVEL)).groupby(work.fronts.lot.to_numpy()).any()
    facts["fronts"] = np.bincount(work.fronts.lot, minlength=n)
    facts["area_level"] = is_area.reindex(np.arange(n), fill_value=False).to_numpy()
    is_lined = pd.Series(np.isin(road_class, list(BUILDING_LINES))).groupby(work.fronts.lot.to_numpy()).any()
    facts["lined"] = is_lined.reindex(np.arange(n), fill_value=False).to_numpy()
    longest = work.fronts.loc[work.fronts.groupby("lot")["length_m"].idxmax()]
    facts["front"] = longest.set_index("lot").length_m.reindex(np.arange(n)).to_numpy()
    narrow = (road_class == "area") & (width < 19.0)
    sole = work.fronts.groupby("lot")["street"].transform("size").to_numpy() == 1
    facts["narrow_area_street"] = np.isin(np.arange(n), work.fronts.lot.to_numpy()[narrow & sole])
    front = longest.set_index("lot")[["x", "y"]].reindex(np.arange(n))
    gap = np.full(n, np.inf)
    lot = np.flatnonzero(has & front.x.notna())
    points = shapely.points(front.to_numpy()[lot])
    gap[lot] = shapely.distance(points, work.building.geometry.to_numpy()[facts.building[lot].astype(int)])
    facts["gap"] = gap
    return facts


def _too_dense(work: Planting, facts: pd.DataFrame, mask: pd.Series) -> None:
    """Houses that fill their lot; the same number in existing and in new areas."""
    for state in (facts.new, ~facts.new):
        full = np.array(
            [bool(m) and shapely.area(_filled(work, k)) > _FULL * facts.area[k] for k, m in enumerate(mask & state)]
        )
        for lot in work.pick(full, 3):
            reshape(work, int(facts.building[lot]), _filled(work, lot), floors=3, height=11.2)
            work.note("density_over", "parcel", lot, "qcvn01.net_density.detached")


def _filled(work: Planting, lot: int) -> shapely.Geometry:
    """All of a lot but its back yard."""
    shape = work.parcel.geometry[lot]
    inward = work.fronts[work.fronts.lot == lot][["nx", "ny"]].to_numpy()
    yard = back_edges(polygons_of(shape)[0], inward).buffer(BACK_YARD)
    filled: shapely.Geometry = shapely.difference(shapely.buffer(shape, -WALL, join_style="mitre"), yard)
    return filled


def _too_dense_public(work: Planting, facts: pd.DataFrame) -> None:
    """A school in a new area that covers half of its lot."""
    for lot in work.pick(((facts.kind == "school") & facts.new).to_numpy(), 1):
        rows = np.flatnonzero(work.building.parcel == work.parcel.uid[lot])
        footprint = shrunk(polygons_of(work.parcel.geometry[lot])[0], 4.0, 0.52)
        if footprint is None:
            continue
        reshape(work, int(rows[0]), footprint, floors=2, height=8.2)
        work.building = work.building.drop(index=rows[1:]).reset_index(drop=True)
        facts.loc[facts.building > rows[0], "building"] -= len(rows) - 1
        work.note("density_over", "parcel", lot, "qcvn01.net_density.public_new")


def _too_much_floor(work: Planting, facts: pd.DataFrame, mask: pd.Series) -> None:
    """Mixed-use buildings of an existing area with six storeys and three counted basements."""
    for lot in work.pick(mask.to_numpy(), 3):
        row = int(facts.building[lot])
        footprint = shrunk(polygons_of(work.parcel.geometry[lot])[0], 0.6, 0.74)
        if footprint is None:
            continue
        reshape(work, row, footprint, floors=6, height=22.0)
        storeys = 6 + 3
        work.building.loc[row, "floor_area_m2"] = round(work.parcel.geometry[lot].area * 0.74 * storeys, 1)
        work.note("far_over", "parcel", lot, "qcvn01.far.existing")


def _too_near(work: Planting, facts: pd.DataFrame, mask: pd.Series) -> None:
    """Six-storey houses at the red line of an area street under 19 m."""
    for lot in work.pick(mask.to_numpy(), 5):
        row = int(facts.building[lot])
        reshape(work, row, work.building.geometry[row], floors=6, height=20.6)
        work.note("setback_short", "building", row, "qcvn01.setback")


def _too_near_tall(work: Planting, facts: pd.DataFrame, mask: pd.Series) -> None:
    """A tower two metres from a main street, where six are asked of it."""
    for lot in work.pick(mask.to_numpy(), 2):
        row = int(facts.building[lot])
        footprint = shrunk(polygons_of(work.parcel.geometry[lot])[0], 2.0, 0.5)
        if footprint is None:
            continue
        reshape(work, row, footprint, floors=9, height=33.0)
        streets = work.fronts[work.fronts.lot == lot]
        near = shapely.distance(shapely.points(streets[["x", "y"]].to_numpy()), work.building.geometry[row])
        level = np.isin(work.street.road_class.to_numpy()[streets.street], _AREA_LEVEL)
        if (near[level] < 5.5).any():
            crossed = ("qcvn01.building_line",) if facts.lined[lot] else ()
            work.note("setback_short", "building", row, "qcvn01.setback", *crossed)


def _over_red_line(work: Planting, facts: pd.DataFrame, mask: pd.Series) -> None:
    """Houses pushed 1.6 m over the red line."""
    longest = work.fronts.loc[work.fronts.groupby("lot")["length_m"].idxmax()].set_index("lot")
    for lot in work.pick(mask.to_numpy(), 5):
        row = int(facts.building[lot])
        shift = facts.gap[lot] + 1.6
        moved = shapely.affinity.translate(
            work.building.geometry[row], -longest.nx[lot] * shift, -longest.ny[lot] * shift
        )
        work.building.loc[row, "geometry"] = MultiPolygon(polygons_of(shapely.set_precision(moved, 0.001)))
        work.note("red_line_crossed", "building", row, "qcvn01.red_line")


def _wrong_use(work: Planting, facts: pd.DataFrame) -> None:
    """Workshops among houses, houses on paddy, orchards and a park's land."""
    cases = (("residential", "SKC", 3), ("rice", "ONT", 2), ("orchard", "ONT", 1), ("riverside", "ODT", 1))
    for kind, land_use, count in cases:
        for lot in work.pick((facts.kind == kind).to_numpy(), count):
            work.parcel.loc[lot, "land_use"] = land_use
            work.note("use_against_zone", "parcel", lot, "plan.land_use")


def _without_height(work: Planting, facts: pd.DataFrame, houses: pd.Series, mixed: pd.Series) -> None:
    """Buildings whose height nobody entered: what depends on it cannot be checked."""
    for lot in work.pick(houses.to_numpy(), 4):
        row = int(facts.building[lot])
        work.building.loc[row, "height_m"] = np.nan
        work.note("height_missing", "building", row, "qcvn01.setback", outcome="not_checkable")
    for lot in work.pick(mixed.to_numpy(), 2):
        row = int(facts.building[lot])
        work.building.loc[row, "height_m"] = np.nan
        rules = ["qcvn01.net_density.mixed", "qcvn01.far.tall"] + ([] if facts.new[lot] else ["qcvn01.far.existing"])
        work.note("height_missing", "parcel", lot, *rules, outcome="not_checkable")
        if facts.area_level[lot]:
            work.note("height_missing", "building", row, "qcvn01.setback", outcome="not_checkable")


def _without_width(work: Planting, facts: pd.DataFrame, mask: pd.Series) -> None:
    """An area street whose width nobody entered: setbacks along it cannot be checked.

    The street is a narrow one with few lots of houses only; it becomes an area street in the data.
    """
    lots_of: dict[int, list[int]] = {}
    for street, lot in zip(work.fronts.street.tolist(), work.fronts.lot.tolist(), strict=True):
        lots_of.setdefault(street, []).append(lot)
    few = {s: lots for s, lots in lots_of.items() if 4 <= len(lots) <= 16}
    all_houses = [s for s, lots in few.items() if mask.iloc[lots].sum() >= len(lots) * 0.7]
    chosen = min(all_houses, key=lambda s: (len(few[s]), s))
    lots = sorted(few[chosen])
    work.street.loc[chosen, "road_class"] = "area"
    work.street.loc[chosen, "width_m"] = np.nan
    work.taken.update(lots)
    rows = np.flatnonzero(work.building.parcel.isin(work.parcel.uid.iloc[lots]))
    for row in rows:
        work.note("width_missing", "building", int(row), "qcvn01.setback", outcome="not_checkable")

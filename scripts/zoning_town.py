"""The zoning benchmark's town in one GeoPackage: lots, zones, streets, buildings, green; and a compatibility matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from ..store import dataset
from . import zoning_ground

SEED = 20261122
CRS = "EPSG:9210"
# One lot in so many comes from a quarter that is cut in two: lots of old streets, about half of them below 100 m².
HALVED = 25
CODED = ("parcel", "planned_zone", "street_centreline", "building")
USES = ("ODT", "TMD", "SKC", "DGD", "CLN")


def land_uses(
    lots: NDArray[np.object_], zones: NDArray[np.object_], planned: NDArray[np.str_], rng: np.random.Generator
) -> NDArray[np.str_]:
    """Land codes of the lots: what the zone at the lot's middle is planned for, but one lot in twenty at random."""
    uses = np.array(USES)[rng.integers(0, len(USES), len(lots))]
    lot, zone = shapely.STRtree(zones).query(shapely.point_on_surface(lots), predicate="intersects")
    follows = rng.random(len(lot)) < 0.95
    uses[lot[follows]] = planned[zone[follows]]
    return uses


def build(folder: Path, lots_wanted: int, zones_wanted: int) -> Path:
    """The data set, made once: lots, zones, streets, buildings and green, and a matrix beside it."""
    path = folder / f"town-{lots_wanted // 1000}k.gpkg"
    if path.exists():
        return path
    rng = np.random.default_rng(SEED)
    uncut = lots_wanted - lots_wanted // HALVED
    lattice = zoning_ground.make_lattice(uncut, rng)
    lots, paved = zoning_ground.make_lots(uncut, lattice, rng)
    lots, paved = zoning_ground.halve(lots, paved, lots_wanted - uncut, rng)
    zones = zoning_ground.make_zones(zones_wanted, lattice.side, rng)
    planned = np.array(USES)[rng.integers(0, len(USES), len(zones))]
    uses = land_uses(lots, zones, planned, rng)
    known = zoning_ground.make_streets(lattice)
    buildings = zoning_ground.make_buildings(lots, paved, rng)
    greens = zoning_ground.make_greens(lots, buildings, rng)
    uid = {name: uids(count, rng) for name, count in (("lot", len(lots)), ("street", len(known.land)))}
    west = shapely.get_x(shapely.centroid(zones)) < zoning_ground.EAST + lattice.side / 2
    layers: dict[str, tuple[dict[str, Any], NDArray[np.object_]]] = {
        "parcel": ({"uid": uid["lot"], "land_use": uses}, lots),
        "planned_zone": (
            {"land_use": planned, "area_state": np.where(west, "existing", "new"), "plan_state": "approved"}
            | {"max_density_pct": 75.0, "max_far": 4.0, "max_height_m": 36.0},
            zones,
        ),
        "street_centreline": (
            {"uid": uid["street"], "width_m": known.width, "road_class": "area"},
            known.middle,
        ),
        "street_boundary": ({"street": uid["street"]}, known.land),
        "red_line": ({"street": uid["street"]}, known.red),
        "building": (
            {name: buildings[name] for name in ("use", "floors", "height_m", "floor_area_m2")}
            | {"parcel": uid["lot"][buildings["lot"]]},
            buildings["geometry"].to_numpy(),
        ),
        "green_space": (
            {"kind": greens["kind"], "parcel": uid["lot"][greens["lot"]]},
            greens["geometry"].to_numpy(),
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part.gpkg")
    half.unlink(missing_ok=True)
    dataset.create(half, list(layers), CRS)
    dataset.set_meta(half, judged_on="2026-06-01", simulated=True)
    for layer_id, (columns, shapes) in layers.items():
        table = pd.DataFrame(columns, index=range(len(shapes)))
        if layer_id in CODED:
            table["code"] = [f"{layer_id[0].upper()}{i}" for i in range(len(shapes))]
        if "uid" not in table:
            table["uid"] = uids(len(shapes), rng)
        dataset.append(half, layer_id, gpd.GeoDataFrame(table, geometry=shapes, crs=CRS))
    rules = dataset.beside(path) / "rules"
    rules.mkdir(parents=True, exist_ok=True)
    (rules / "land-use-compatibility.toml").write_text(MATRIX, encoding="utf-8")
    half.rename(path)
    return path


def uids(count: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """``count`` identifiers, the same at every making."""
    return np.array([str(UUID(bytes=rng.bytes(16), version=4)) for _ in range(count)], dtype=object)


# Made up for the measurement: three of five uses are permitted everywhere, so about one lot in ten fails.
MATRIX = (
    'id = "bench.land_use"\nversion = 1\ntitle = { vi = "Đo tốc độ", en = "Benchmark" }\n'
    'source = { document = "benchmark", clause = "-" }\nstatus = "simulated"\n'
    + "".join(f'\n[[compatibility]]\nzone = "{use}"\npermits = ["ODT", "TMD", "DGD"]\n' for use in USES)
)

"""The overlap stage alone, data in memory: every lot against every zone, beside PostGIS and geopandas.

``python -m dothi.scripts.bench_overlay [--runs 5] [--lots 200000] [--zones 2000]``. PostGIS has both tables loaded,
indexed and analysed before the clock starts, and two workers; our side has two threads, geopandas the one it uses. All
sides must give the same pairs and areas.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..processing.zoning.land.overlay import LEAST_AREA_M2, overlay
from . import postgis, zoning_ground, zoning_town

# What all sides gave for this size and seed when it was first measured.
KNOWN = {(200_000, 2_000): (251_281, 49_961_350.98)}
TIMES = 3.0
SAME_M2 = 0.01
Shapes = NDArray[np.object_]
JOIN = (
    "CREATE UNLOGGED TABLE shared AS SELECT lot, zone, area FROM (SELECT lot.i AS lot, zone.i AS zone, "
    "ST_Area(ST_Intersection(lot.g, zone.g)) AS area FROM lot JOIN zone ON ST_Intersects(lot.g, zone.g)) AS pairs "
    "WHERE area > 1e-4"  # the least area that counts as shared, as in our own stage
)


def ours(lots: Shapes, zones: Shapes) -> Callable[[], pd.DataFrame]:
    """The stage as the check uses it, on two threads."""

    def run() -> pd.DataFrame:
        found = overlay(lots, zones, threads=2)
        return pd.DataFrame({"lot": found.lot, "zone": found.zone, "area": found.area})

    return run


def by_geopandas(lots: Shapes, zones: Shapes) -> Callable[[], pd.DataFrame]:
    """``geopandas.overlay``, which makes the shapes too."""
    mine = gpd.GeoDataFrame({"lot": range(len(lots))}, geometry=lots, crs=zoning_town.CRS)
    theirs = gpd.GeoDataFrame({"zone": range(len(zones))}, geometry=zones, crs=zoning_town.CRS)

    def run() -> pd.DataFrame:
        found = gpd.overlay(mine, theirs, how="intersection")
        return pd.DataFrame({"lot": found["lot"], "zone": found["zone"], "area": found.area})

    return run


def by_postgis(cluster: postgis.Cluster) -> Callable[[], pd.DataFrame]:
    """The indexed join of two loaded tables into a third."""

    def run() -> pd.DataFrame:
        cluster.ask("DROP TABLE IF EXISTS shared")
        cluster.ask(JOIN)
        return pd.DataFrame()

    return run


def of_postgis(cluster: postgis.Cluster) -> pd.DataFrame:
    """The pairs that PostGIS found."""
    rows = [line.split("\t") for line in cluster.ask("COPY shared TO STDOUT").splitlines()]
    return pd.DataFrame(rows, columns=["lot", "zone", "area"]).astype({"lot": int, "zone": int, "area": float})


def differences(one: pd.DataFrame, other: pd.DataFrame) -> tuple[int, float]:
    """Pairs that only one side has, and the largest difference of a shared area (m²)."""
    joined = one.merge(other[other["area"] > LEAST_AREA_M2], on=["lot", "zone"], how="outer", suffixes=("", "_other"))
    lonely = joined["area"].isna() | joined["area_other"].isna()
    return int(lonely.sum()), float((joined["area"] - joined["area_other"]).abs().max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--lots", type=int, default=200_000)
    parser.add_argument("--zones", type=int, default=2_000)
    given = parser.parse_args()
    rng = np.random.default_rng(zoning_town.SEED)
    lattice = zoning_ground.make_lattice(given.lots, rng)
    lots, _ = zoning_ground.make_lots(given.lots, lattice, rng)
    zones = zoning_ground.make_zones(given.zones, lattice.side, rng)
    with ExitStack() as stack:
        sides = {"dothi": ours(lots, zones), "geopandas.overlay": by_geopandas(lots, zones)}
        cluster = stack.enter_context(postgis.cluster()) if postgis.is_there() else None
        if cluster is not None:
            cluster.load("lot", lots)
            cluster.load("zone", zones)
            sides["PostGIS"] = by_postgis(cluster)
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        found: dict[str, pd.DataFrame] = {}
        for run in range(given.runs):
            for name, measure in sides.items():
                started = time.perf_counter()
                found[name] = measure()
                seconds[name].append(time.perf_counter() - started)
                print(f"run {run + 1}: {name} {seconds[name][-1]:.2f} s", flush=True)
        if cluster is not None:
            found["PostGIS"] = of_postgis(cluster)
    pairs, area = len(found["dothi"]), float(found["dothi"]["area"].sum())
    print(f"{given.lots} lots x {given.zones} zones: {pairs} pairs, {area:.2f} m²")
    known = KNOWN.get((given.lots, given.zones), (pairs, area))
    kept = [pairs == known[0] and abs(area - known[1]) <= SAME_M2]
    for name in sides:
        if name == "dothi":
            continue
        lonely, off = differences(found["dothi"], found[name])
        kept.append(lonely == 0 and off <= SAME_M2)
        print(f"{name}: {lonely} pairs differ, areas by at most {off:.6f} m² (budget 0 pairs, {SAME_M2} m²)")
        times = statistics.median(seconds[name]) / statistics.median(seconds["dothi"])
        kept.append(times >= TIMES)
        print(f"overlap of lots and zones, faster than {name}: {times:.2f} × (budget at least {TIMES:.0f})")
    if cluster is None:
        print("PostGIS is not there: install postgresql-15-postgis-3")
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())

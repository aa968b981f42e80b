"""The ground of the zoning benchmark, from one seed: lots, zones, streets with widths, buildings with heights.

Lots are quarters, halves and wholes of a grid whose inner nodes are shared and moved; zones are Voronoi cells whose
edges are wavy polylines shared by both neighbours. Every sixth row and column of cells is a street; nine in ten of the
other lots carry a building, and what is neither a house nor a shed has green around it. Lengths in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi

EAST, NORTH = 580_000.0, 1_190_000.0
MEAN_LOT_M2 = 250.0
CELL_M2 = 3.3 * MEAN_LOT_M2
# A street takes every so many rows and columns of cells: blocks of five cells, 144 m.
STREET_EVERY = 6
BUILT_SHARE = 0.9
FLATS = ("apartment", "mixed")
PLANTED_USES = ("apartment", "public", "factory")
WATER_SHARE = 0.1
HEIGHT_UNKNOWN_SHARE = 0.01
FLOOR_M = 3.3

Geometries = NDArray[np.object_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Lattice:
    """``nodes`` (rows, columns, 2) shared by neighbours, four steps to a cell; ``across`` cells; ``side`` in metres."""

    nodes: Numbers
    across: int
    side: float


def make_lattice(count: int, rng: np.random.Generator) -> Lattice:
    """The lattice for ``count`` lots: 2 % more cells than needed, nodes moved by up to 0.18 of a step."""
    side = np.sqrt(CELL_M2)
    per_cell = 0.7 * 4 + 0.2 * 2 + 0.1
    across = int(np.ceil(np.sqrt(count * 1.02 / per_cell)))
    n = across * 4 + 1
    step = side / 4
    x, y = np.meshgrid(np.arange(n) * step, np.arange(n) * step)
    x[:, 1:-1] += rng.uniform(-0.18, 0.18, (n, n - 2)) * step
    y[1:-1, :] += rng.uniform(-0.18, 0.18, (n - 2, n)) * step
    return Lattice(np.round(np.stack([x + EAST, y + NORTH], axis=-1), 3), across, across * side)


def make_lots(count: int, lattice: Lattice, rng: np.random.Generator) -> tuple[Geometries, NDArray[np.bool_]]:
    """``count`` lots in random order, and which of them lie on the streets' land.

    70 % of the cells are split in quarters, 20 % in halves, 10 % left whole; about one lot in fifty is missing.
    """
    kind = rng.random((lattice.across, lattice.across))
    vertical = rng.random((lattice.across, lattice.across)) < 0.5
    rings, paved = [], []
    for i in range(lattice.across):
        for j in range(lattice.across):
            a, b = 4 * i, 4 * j
            if kind[i, j] < 0.7:
                parts = [(a + p, b + q, 2, 2) for p in (0, 2) for q in (0, 2)]
            elif kind[i, j] < 0.9:
                parts = [(a, b, 4, 2), (a, b + 2, 4, 2)] if vertical[i, j] else [(a, b, 2, 4), (a + 2, b, 2, 4)]
            else:
                parts = [(a, b, 4, 4)]
            rings += [_ring(lattice.nodes, *part) for part in parts]
            paved += [i % STREET_EVERY == 0 or j % STREET_EVERY == 0] * len(parts)
    lots = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    chosen = rng.permutation(len(lots))[:count]
    return lots[chosen], np.array(paved)[chosen]


def _ring(nodes: Numbers, row: int, column: int, rows: int, columns: int) -> Numbers:
    """The nodes around a block of the lattice, counter-clockwise."""
    south = nodes[row, column : column + columns]
    east = nodes[row : row + rows, column + columns]
    north = nodes[row + rows, column + columns : column : -1]
    west = nodes[row + rows : row : -1, column]
    return np.concatenate([south, east, north, west])


def halve(
    lots: Geometries, paved: NDArray[np.bool_], count: int, rng: np.random.Generator
) -> tuple[Geometries, NDArray[np.bool_]]:
    """``count`` quarters beside the streets cut in two along their middle nodes, the second halves after all others."""
    quarters = np.flatnonzero((shapely.get_num_coordinates(lots) == 9) & ~paved)
    chosen = rng.permutation(quarters)[:count]
    rings = shapely.get_coordinates(lots[chosen]).reshape(-1, 9, 2)
    cut = lots.copy()
    cut[chosen] = shapely.polygons(rings[:, [0, 1, 5, 6, 7]])
    others = np.asarray(shapely.polygons(rings[:, [1, 2, 3, 4, 5]]), dtype=object)
    return np.concatenate([cut, others]), np.concatenate([paved, np.zeros(len(others), dtype=bool)])


def make_zones(count: int, side: float, rng: np.random.Generator) -> Geometries:
    """``count`` Voronoi cells that fill the square of ``side`` metres, with wavy shared borders."""
    points = rng.uniform(0.0, side, (count, 2))
    mirrored = [points]
    for axis in (0, 1):
        for border in (0.0, side):
            other = points.copy()
            other[:, axis] = 2 * border - other[:, axis]
            mirrored.append(other)
    cells = Voronoi(np.concatenate(mirrored))
    borders: dict[tuple[int, int], Numbers] = {}
    zones = []
    for i in range(count):
        region = cells.regions[cells.point_region[i]]
        ring = []
        for a, b in zip(region, [*region[1:], region[0]], strict=True):
            key = (min(a, b), max(a, b))
            if key not in borders:
                borders[key] = _wavy(cells.vertices[key[0]], cells.vertices[key[1]], side, rng)
            edge = borders[key] if a == key[0] else borders[key][::-1]
            ring.append(edge[:-1])
        shape = shapely.Polygon(np.round(np.concatenate(ring) + np.array([EAST, NORTH]), 3))
        zones.append(shape if shape.is_valid else shapely.make_valid(shape))
    return np.array(zones, dtype=object)


def _wavy(start: Numbers, end: Numbers, side: float, rng: np.random.Generator) -> Numbers:
    """One polyline for both neighbours: displaced sideways, straight on the outer border."""
    inner = int(rng.integers(7, 34))
    t = np.linspace(0.0, 1.0, inner + 2)
    line = start + (end - start) * t[:, None]
    outer = any(abs(start[k] - c) < 1e-6 and abs(end[k] - c) < 1e-6 for k in (0, 1) for c in (0.0, side))
    length = float(np.hypot(*(end - start)))
    if outer or length == 0:
        return line
    waves, phase = rng.uniform(0.5, 2.0), rng.random()
    across = np.array([start[1] - end[1], end[0] - start[0]]) / length
    bend = 0.035 * length * np.sin(np.pi * t) * np.sin(2 * np.pi * (waves * t + phase))
    return np.asarray(line + across * bend[:, None])


@dataclass(frozen=True)
class Streets:
    """Per street: its land, the two red lines along it, the line in its middle, and its width."""

    land: Geometries
    red: Geometries
    middle: Geometries
    width: Numbers


def make_streets(lattice: Lattice) -> Streets:
    """Streets from crossing to crossing; the crossings belong to those along the rows."""
    land, red, middle = [], [], []
    for at in range(0, lattice.across, STREET_EVERY):
        for start in range(0, lattice.across, STREET_EVERY):
            stop = min(start + STREET_EVERY, lattice.across)
            for nodes, first in ((lattice.nodes, start), (lattice.nodes.swapaxes(0, 1), start + 1)):
                if first >= stop:
                    continue
                along = slice(4 * first, 4 * stop + 1)
                left, right = nodes[4 * at, along], nodes[4 * at + 4, along]
                land.append(shapely.Polygon(np.concatenate([left, right[::-1]])))
                red.append(shapely.MultiLineString([left, right]))
                middle.append(shapely.MultiLineString([(left + right) / 2]))
    width = np.full(len(land), round(float(np.sqrt(CELL_M2)), 1))
    return Streets(np.array(land), np.array(red), np.array(middle), width)


def make_buildings(lots: Geometries, paved: NDArray[np.bool_], rng: np.random.Generator) -> pd.DataFrame:
    """Buildings: the lot drawn smaller around its middle, two floors or more; ``lot`` is the lot's position.

    Most are houses that keep their table; every tenth covers more than it may, every hundredth has no known height.
    """
    lot = np.flatnonzero(~paved & (rng.random(len(lots)) < BUILT_SHARE))
    covered = np.where(rng.random(len(lot)) < 0.1, rng.uniform(0.8, 0.95, len(lot)), rng.uniform(0.3, 0.6, len(lot)))
    shapes = shapely.polygons(_drawn_smaller(lots[lot], covered))
    uses = ("detached", "apartment", "mixed", "public", "factory", "other")
    use = np.array(uses)[rng.choice(len(uses), len(lot), p=(0.86, 0.03, 0.03, 0.04, 0.02, 0.02))]
    most = np.where(use == "detached", 4, np.where(np.isin(use, FLATS), 20, 12))
    floors = rng.integers(np.where(use == "detached", 1, 3), most + 1)
    height = np.where(rng.random(len(lot)) < HEIGHT_UNKNOWN_SHARE, np.nan, floors * FLOOR_M)
    return pd.DataFrame({"lot": lot, "use": use, "floors": floors, "height_m": height, "geometry": shapes}).assign(
        floor_area_m2=np.round(shapely.area(shapes) * floors, 2)
    )


def _drawn_smaller(lots: Geometries, share: Numbers) -> Geometries:
    """Rings that hold ``share`` of each lot's area, around its middle."""
    middle = shapely.get_coordinates(shapely.centroid(lots))
    points, of = shapely.get_coordinates(lots, return_index=True)
    points = middle[of] + (points - middle[of]) * np.sqrt(share)[of, None]
    return np.asarray(shapely.linearrings(np.round(points, 3), indices=of), dtype=object)


def make_greens(lots: Geometries, buildings: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """What is planted around the buildings of :data:`PLANTED_USES`, one in ten of them water; ``lot`` as there."""
    around = buildings[buildings["use"].isin(PLANTED_USES)]
    lot, built = lots[around["lot"]], around["geometry"].to_numpy()
    share = np.minimum(shapely.area(built) / shapely.area(lot) + rng.uniform(0.05, 0.6, len(lot)), 0.97)
    rings = shapely.get_exterior_ring(built)
    shapes = [shapely.Polygon(outer, [inner]) for outer, inner in zip(_drawn_smaller(lot, share), rings, strict=True)]
    kind = np.where(rng.random(len(lot)) < WATER_SHARE, "water", "planted")
    return pd.DataFrame({"lot": around["lot"].to_numpy(), "kind": kind, "geometry": shapes})

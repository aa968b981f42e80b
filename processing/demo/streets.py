"""Streets of the simulated town and island: centrelines, their land between the red lines, red and building lines.

The town's streets follow the bank and cross it; nodes are shaken and whole runs are left out, so that blocks differ and
T-junctions appear. The island has a ring road behind the bank, spine roads to both bridges, and curved lanes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Polygon

from .ground import BankGrid, Ground
from .shapes import Points, Rng, crossing, curve, polygons_of, wiggle

# Streets parallel to the bank: metres inland, width between red lines, class (_domains.toml, road_class).
_PARALLEL = (
    (30.0, 17.0, "area"), (84.0, 9.0, "housing_group"), (132.0, 10.0, "housing_group"), (186.0, 20.5, "area"),
    (242.0, 9.0, "housing_group"), (292.0, 12.0, "housing_group"), (352.0, 32.0, "main"), (420.0, 13.0, "distributor"),
    (474.0, 10.5, "housing_group"), (530.0, 24.0, "area_main"), (592.0, 13.0, "distributor"),
    (646.0, 10.5, "housing_group"),
)  # fmt: skip
# Streets away from the bank: metres along it, width, class.
_ACROSS = (
    (40.0, 13.0, "distributor"), (172.0, 10.0, "housing_group"), (318.0, 16.5, "area"), (432.0, 9.0, "housing_group"),
    (566.0, 13.0, "distributor"), (690.0, 26.0, "area_main"), (828.0, 10.0, "housing_group"),
    (946.0, 13.0, "distributor"), (1082.0, 20.0, "area"), (1214.0, 10.0, "housing_group"),
    (1352.0, 13.0, "distributor"),
)  # fmt: skip
TOWN_LENGTH, TOWN_DEPTH = 1392.0, 682.0
BRIDGE = 5  # the street across that goes on over the river

# Ranges of cells (first across, last across, first parallel, last parallel; ends excluded) that no street divides.
SUPERBLOCKS: dict[str, tuple[int, int, int, int, str]] = {
    "industry_1": (0, 2, 9, 11, "industry"),
    "industry_2": (0, 2, 7, 9, "industry"),
    "industry_3": (2, 3, 9, 11, "industry"),
    "apartment_1": (5, 6, 7, 9, "apartment"),
    "apartment_2": (6, 7, 7, 9, "apartment"),
    "school_1": (8, 9, 7, 9, "school"),
    "hospital": (3, 4, 7, 9, "hospital"),
    "park_1": (7, 8, 7, 9, "park"),
    "market": (4, 5, 1, 3, "market"),
    "school_2": (2, 3, 1, 3, "school"),
    "administration": (5, 6, 4, 6, "administration"),
    "park_2": (8, 9, 1, 3, "park"),
    "apartment_3": (9, 10, 4, 6, "apartment"),
    "sport": (9, 10, 9, 11, "sport"),
}
_NAMES_PARALLEL = (
    "Đường Bờ Sông", "Đường Chợ Cũ", "Đường Lý Tự Trọng", "Đường Trần Hưng Đạo", "Đường Bà Huyện Thanh Quan",
    "Đường Nguyễn Khuyến", "Đường ĐT.747", "Đường N1", "Đường N2", "Đường Vành đai Đông", "Đường N4", "Đường N5",
)  # fmt: skip
_NAMES_ACROSS = (
    "Đường D1", "Đường Bến Đò", "Đường Võ Thị Sáu", "Đường Huỳnh Văn Lũy", "Đường Phan Bội Châu", "Đường Bạch Đằng",
    "Đường Đình Thần", "Đường Tô Vĩnh Diện", "Đường Lê Lợi", "Đường D9", "Đường D10",
)  # fmt: skip
_LANES = {"main": 6, "area_main": 4, "area": 2, "distributor": 2, "housing_group": 2, "rural": 1, "path": 1}


# Pavement on each side by class (m); what is left between them is the carriageway.
PAVEMENT = {"main": 6.0, "area_main": 5.0, "area": 3.5, "distributor": 3.0, "housing_group": 2.0}


@dataclass(frozen=True)
class Street:
    """A street: ``width_m`` between red lines; ``line`` its centreline; ``place`` is ``town`` or ``island``."""

    name: str
    road_class: str
    width_m: float
    line: LineString
    place: str
    settled: bool = False

    @property
    def pavement_m(self) -> float:
        """Width of the pavement on each side."""
        return PAVEMENT.get(self.road_class, 0.0)

    @property
    def carriageway_m(self) -> float:
        """Width between the kerbs."""
        return round(self.width_m - 2.0 * self.pavement_m, 1)

    @property
    def lanes(self) -> int:
        """Traffic lanes in both directions."""
        return _LANES[self.road_class]


@dataclass(frozen=True)
class Town:
    """The town's streets, the land they divide, and the land of each superblock (whose cells no street divides)."""

    streets: tuple[Street, ...]
    land: Polygon
    superblocks: dict[str, Polygon]
    bank: LineString
    bridge: Points


def town(rng: Rng, ground: Ground) -> Town:
    """Streets along and across the bank."""
    grid = BankGrid(ground.bank)
    start = (grid.length - TOWN_LENGTH) * 0.42
    nodes = _nodes(rng)
    nodes[:, :, 0] += start

    def place(uv: Points) -> Points:
        return grid.to_map(np.asarray(uv, dtype=float))

    streets: list[Street] = []
    closed = _closed_runs(rng)
    for j, (_, width, road_class) in enumerate(_PARALLEL):
        for run in _runs([(i, j, "u") not in closed for i in range(len(_ACROSS) - 1)]):
            path = nodes[run[0] : run[1] + 1, j]
            streets.append(Street(_NAMES_PARALLEL[j], road_class, width, LineString(place(curve(path, 10))), "town"))
    for i, (_, width, road_class) in enumerate(_ACROSS):
        for run in _runs([(i, j, "v") not in closed for j in range(len(_PARALLEL) - 1)]):
            path = nodes[i, run[0] : run[1] + 1]
            streets.append(Street(_NAMES_ACROSS[i], road_class, width, LineString(place(curve(path, 10))), "town"))
    edge = np.vstack(
        [
            [(start + u, -30.0) for u in np.linspace(0, TOWN_LENGTH, 60)],
            [(start + TOWN_LENGTH, v) for v in np.linspace(0, TOWN_DEPTH, 20)],
            [(start + u, TOWN_DEPTH) for u in np.linspace(TOWN_LENGTH, 0, 60)],
            [(start, v) for v in np.linspace(TOWN_DEPTH, 0, 20)],
        ]
    )
    land = Polygon(place(edge)).buffer(0).difference(ground.river)
    blocks = {
        name: Polygon(place(_outline(nodes, i0, i1, j0, j1))) for name, (i0, i1, j0, j1, _) in SUPERBLOCKS.items()
    }
    bank = LineString(place(np.array([(start + u, 0.0) for u in np.linspace(0, TOWN_LENGTH, 80)])))
    return Town(tuple(streets), polygons_of(land)[0], blocks, bank, place(nodes[BRIDGE, :1])[0])


def _nodes(rng: Rng) -> Points:
    """Crossings in bank coordinates (across, parallel, 2), shaken; nearer the river they are the old quarter."""
    u = np.array([a[0] for a in _ACROSS])
    v = np.array([p[0] for p in _PARALLEL])
    grid = np.stack(np.meshgrid(u, v, indexing="ij"), axis=-1)
    old = np.clip((352.0 - grid[:, :, 1]) / 200.0, 0.25, 1.0)
    grid[:, :, 0] += rng.normal(0.0, 9.0, grid.shape[:2]) * old
    grid[:, :, 1] += rng.normal(0.0, 4.2, grid.shape[:2]) * old
    grid[:, :, 0] += wiggle(rng, grid[:, :, 1], (520.0, 260.0), 24.0)
    for j in range(len(v)):  # each street along the bank bows in its own way
        grid[:, j, 1] += wiggle(rng, grid[:, j, 0], (900.0, 380.0), 4.0 + 5.0 * old[0, j])
    grid[:, 0, 1] = v[0] + wiggle(rng, grid[:, 0, 0], (800.0,), 3.0)
    return grid


def _closed_runs(rng: Rng) -> set[tuple[int, int, str]]:
    """Street pieces that are not built: inside superblocks, and some of the narrow streets."""
    closed: set[tuple[int, int, str]] = set()
    for i0, i1, j0, j1, _ in SUPERBLOCKS.values():
        closed |= {(i, j, "u") for i in range(i0, i1) for j in range(j0 + 1, j1)}
        closed |= {(i, j, "v") for i in range(i0 + 1, i1) for j in range(j0, j1)}
    taken = {(i, j) for i0, i1, j0, j1, _ in SUPERBLOCKS.values() for i in range(i0, i1) for j in range(j0, j1)}
    narrow = [i for i, (_, width, _c) in enumerate(_ACROSS) if width <= 10.0]
    for i in narrow:
        for j in range(len(_PARALLEL) - 1):
            if rng.random() < 0.3 and not taken & {(i - 1, j), (i, j)}:
                closed.add((i, j, "v"))
    return closed


def _runs(kept: list[bool]) -> list[tuple[int, int]]:
    """First and last node of every unbroken run of kept pieces."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for k, keep in enumerate([*kept, False]):
        if keep and start is None:
            start = k
        elif not keep and start is not None:
            runs.append((start, k))
            start = None
    return runs


def _outline(nodes: Points, i0: int, i1: int, j0: int, j1: int) -> Points:
    return np.vstack(
        [nodes[i0 : i1 + 1, j0], nodes[i1, j0 + 1 : j1 + 1], nodes[i0:i1, j1][::-1], nodes[i0, j0 + 1 : j1][::-1]]
    )


def island(rng: Rng, ground: Ground, landing: Points) -> tuple[Street, ...]:
    """Ring road, spines and lanes of the island; ``landing`` is where the first bridge leaves the town."""
    inner = polygons_of(ground.island.buffer(-190.0).buffer(80.0).simplify(25.0))[0]
    ring_points = np.asarray(inner.exterior.coords)[:-1]
    ring = curve(ring_points, 6, closed=True)
    ring_line = LineString(np.vstack([ring, ring[:1]]))
    inside = Polygon(ring)

    centre = (614540.0, 1221060.0)
    north_west = ring_line.interpolate(ring_line.project(shapely.Point(landing)))
    across = [tuple(landing), (north_west.x, north_west.y), (613560, 1221420), (614050, 1221160), centre]
    east = [centre, (615020, 1221020), (615420, 1221160), (615850, 1221120), (616330, 1221050)]
    south = [
        centre,
        (614470, 1220480),
        (614180, 1219900),
        (613990, 1219250),
        (613960, 1218600),
        (613950, 1218110),
        (613970, 1217600),
    ]
    north = [centre, (614600, 1221600), (614480, 1222150), (614560, 1222640), (614600, 1223050)]
    west = [(611900, 1220380), (612400, 1220400), (612860, 1220520), (613320, 1220640), (613900, 1220860), centre]

    def inside_ring(points: list[tuple[float, float]]) -> LineString:
        parts = shapely.get_parts(LineString(curve(points, 12)).intersection(inside))
        longest: LineString = max((p for p in parts if p.geom_type == "LineString"), key=lambda p: p.length)
        return longest

    spines = [
        Street("Đường Cầu Bạch Đằng 1", "area_main", 26.0, LineString(curve(across, 12)), "island", settled=True),
        Street("Đường Cầu Bạch Đằng 2", "area", 20.0, LineString(curve(east, 12)), "island", settled=True),
        Street("Đường Điều Hòa", "area", 16.0, inside_ring(south), "island", settled=True),
        Street("Đường Bình Hưng", "area", 16.0, inside_ring(north), "island", settled=True),
        Street("Đường Tân Trạch", "distributor", 13.0, inside_ring(west), "island", settled=True),
    ]
    ring_street = Street("Đường vòng Cù lao", "area", 19.5, ring_line, "island", settled=True)
    return (ring_street, *spines, *_lanes(rng, inside, [ring_line, *(s.line for s in spines)], centre))


def _lanes(rng: Rng, inside: Polygon, roads: list[LineString], centre: tuple[float, float]) -> list[Street]:
    """Curved lanes that cut the land between ``roads``; denser around the commune's centre."""
    edges = shapely.node(shapely.GeometryCollection([line.intersection(inside) for line in roads[1:]] + [roads[0]]))
    todo = [p for p in shapely.get_parts(shapely.polygonize([edges])) if p.area > 2_000]
    heart = shapely.Point(centre)
    lanes: list[Street] = []
    while todo:
        block = todo.pop(0)
        distance = block.centroid.distance(heart)
        limit = 9_500.0 if distance < 260.0 else 60_000.0 if distance < 420.0 else 300_000.0
        if block.area < limit:
            continue
        line = crossing(rng, block, bend=0.07, skew=0.16).intersection(block.buffer(0.5))
        pieces = [p for p in shapely.get_parts(line) if p.geom_type == "LineString"]
        if not pieces:
            continue
        line = max(pieces, key=lambda p: p.length)
        parts = polygons_of(shapely.polygonize([shapely.node(shapely.GeometryCollection([block.exterior, line]))]))
        if len(parts) != 2 or min(p.area for p in parts) < 0.12 * block.area:
            continue
        near = distance < 420.0
        number = len(lanes) + 1
        name = f"Đường làng {number}" if near else f"Đường nội đồng {number}"
        width = float(rng.choice([7.0, 9.0, 10.5])) if near else float(rng.choice([7.0, 7.5]))
        lanes.append(Street(name, "housing_group" if near else "rural", width, line, "island", settled=near))
        todo += sorted(parts, key=lambda p: -p.area)
    return lanes

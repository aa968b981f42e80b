"""Blocks: what the streets leave of the land, and what each block is planned for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import LineString, MultiLineString, Polygon

from .ground import Ground
from .shapes import Rng, box_axes, crossing, halve, polygons_of
from .streets import SUPERBLOCKS, Street, Town

_FILLET = 4.0  # metres; blocks lose their sharp corners where streets meet
_DEEPEST = 76.0  # metres; a deeper block of houses gets an alley
_ALLEY = 7.0  # metres between red lines
_SLIVER = 60.0  # m²; smaller leftovers stay with the street
_EDGE = 30_000.0  # m²; larger pieces are the town's outer edge
_MAIN = "Đường ĐT.747"
_RIVERSIDE = "Đường Bờ Sông"
_HEART = shapely.Point(614540.0, 1221060.0)  # the commune's centre on the island


@dataclass(frozen=True)
class Block:
    """A piece of land between streets. ``kind`` is what it is planned for; ``new`` marks areas planned anew."""

    polygon: Polygon
    kind: str
    place: str
    new: bool = False
    name: str = ""


def street_land(streets: tuple[Street, ...]) -> shapely.Geometry:
    """The land of all streets together, corners rounded."""
    lines = np.array([s.line for s in streets])
    half = np.array([s.width_m / 2 for s in streets])
    bands = shapely.buffer(lines, half, cap_style="flat", quad_segs=4)
    corners = np.array([c for s in streets for c in (s.line.coords[0], s.line.coords[-1])])
    ends = np.asarray(shapely.points(corners))
    end, street = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=0.5)
    narrowest = np.full(len(ends), np.inf)  # a turn is as wide as the narrower street; a wide one does not bulge
    np.minimum.at(narrowest, end, half[street])
    turns = shapely.buffer(ends, narrowest, quad_segs=4)
    joined = shapely.union_all([*bands, *turns])
    return joined.buffer(_FILLET, quad_segs=3).buffer(-_FILLET, quad_segs=3)


def town_blocks(rng: Rng, town: Town) -> tuple[list[Block], tuple[Street, ...]]:
    """Blocks of the town, and its streets together with the alleys that deep blocks need."""
    streets = town.streets
    blocks = _divide_town(town, streets)
    for _ in range(3):
        lines = _alleys(rng, blocks, shapely.MultiLineString([s.line for s in streets]))
        if not lines:
            break
        first = len(streets) - len(town.streets) + 1
        streets += tuple(Street(f"Hẻm {first + k}", "path", _ALLEY, line, "town") for k, line in enumerate(lines))
        blocks = _divide_town(town, streets)
    return _with_mixed(rng, blocks), streets


def _divide_town(town: Town, streets: tuple[Street, ...]) -> list[Block]:
    main = MultiLineString([s.line for s in streets if s.name == _MAIN])
    river_road = MultiLineString([s.line for s in streets if s.name == _RIVERSIDE])
    found: list[Block] = []
    edge = np.random.default_rng(7)  # the ring outside the outermost streets; its own cuts, the same in every round
    land = polygons_of(town.land.difference(street_land(streets)))
    pieces = [
        (p, part.area > _EDGE) for part in land for p in (halve(edge, part, 4_200.0) if part.area > _EDGE else [part])
    ]
    for polygon, outer in pieces:
        if polygon.area < _SLIVER:
            continue
        centre = polygon.representative_point()
        superblock = next((name for name, land in town.superblocks.items() if land.contains(centre)), "")
        inland = centre.distance(town.bank)
        if superblock:
            kind = SUPERBLOCKS[superblock][4]
        elif inland < river_road.distance(town.bank) + 4.0:
            kind = "riverside"
        elif outer:
            kind = "edge"
        else:
            kind = "residential"
        new = inland > main.distance(town.bank) and centre.distance(river_road) > main.distance(river_road)
        found.append(Block(polygon, kind, "town", new=new, name=superblock))
    return found


def _with_mixed(rng: Rng, blocks: list[Block]) -> list[Block]:
    """Some of the medium blocks of houses become commercial and mixed."""
    medium = [k for k, b in enumerate(blocks) if b.kind == "residential" and 1_800 < b.polygon.area < 6_500]
    chosen = {int(k) for k in rng.choice(medium, size=min(9, len(medium)), replace=False)}
    return [replace(block, kind="mixed") if k in chosen else block for k, block in enumerate(blocks)]


def _alleys(rng: Rng, blocks: list[Block], net: MultiLineString) -> list[LineString]:
    """A line through every block of houses that is too deep for two rows, long enough to meet the streets."""
    lines: list[LineString] = []
    for block in blocks:
        _, _, _, width = box_axes(block.polygon)
        if block.kind != "residential" or width <= _DEEPEST:
            continue
        cut_line = crossing(rng, block.polygon, bend=0.02, skew=0.05)
        reach = cut_line.intersection(block.polygon.buffer(0.1))
        if isinstance(reach, LineString):
            lines.append(_to_streets(reach, net))
    return lines


def _to_streets(line: LineString, net: MultiLineString) -> LineString:
    """``line`` with both ends led to the nearest centreline within 25 m."""
    ends = [shapely.Point(line.coords[0]), shapely.Point(line.coords[-1])]
    led = [shapely.shortest_line(end, net) for end in ends]
    before = [led[0].coords[-1]] if led[0].length < 25.0 else []
    after = [led[1].coords[-1]] if led[1].length < 25.0 else []
    return LineString([*before, *line.coords, *after])


def island_blocks(ground: Ground, streets: tuple[Street, ...]) -> list[Block]:
    """Blocks of the island: the commune's centre, land behind the bank, and the fields between the roads."""
    found: list[Block] = []
    shore = ground.island.exterior
    for polygon in polygons_of(ground.island.difference(street_land(streets))):
        if polygon.area < _SLIVER:
            continue
        if polygon.intersects(shore):
            kind = "shore"
        elif polygon.area < 30_000.0 and polygon.distance(_HEART) < 360.0:
            kind = "village"
        else:
            kind = "fields"
        found.append(Block(polygon, kind, "island"))
    centre = sorted(
        (k for k, b in enumerate(found) if b.kind == "village"), key=lambda k: found[k].polygon.distance(_HEART)
    )
    for k, kind in zip(centre, ("administration", "school", "market", "park", "clinic", "culture"), strict=False):
        found[k] = replace(found[k], kind=kind, name=f"island_{kind}")
    return found

"""Lots: each block divided the way its kind is.

Houses stand in rows: every lot is the land nearest to its own piece of street front (a Voronoi partition), so side
borders are square to the street on curves too, rows meet back to back, and corner plots face two streets. Larger uses
are halved again and again; what is near the bank is cut by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiLineString, Point, Polygon

from .blocks import Block
from .shapes import Points, Rng, box_axes, halve, piece_of, polygons_of

_STEP = 1.0  # metres between the samples of a street front
_CORNER = 12.0  # m²; a corner cut off by the outline joins its neighbour
_LEFTOVER = 900.0  # m²; too small for a field
_STRAIGHTEN = 1.2  # metres; how far a lot border may move to become straight


@dataclass(frozen=True)
class Lot:
    """A lot before its borders are joined with its neighbours'. ``block`` is the number of its block."""

    polygon: Polygon
    use: str
    block: int


@dataclass(frozen=True)
class Rows:
    """How houses are lotted: mean width of the front and its relative spread."""

    width: float
    spread: float = 0.16


_HALVED = {"mixed": 900.0, "industry": 11_000.0, "riverside": 1_900.0, "apartment": 9_000.0}
_WHOLE = ("school", "hospital", "park", "market", "administration", "sport", "clinic", "culture", "parking")
_HAMLETS = (
    ("Bình Hưng", Point(614520, 1222480), 380.0), ("Bình Chữ", Point(612560, 1220900), 430.0),
    ("Điều Hòa", Point(613960, 1218900), 430.0), ("Tân Trạch", Point(613050, 1220560), 330.0),
    ("An Chữ", Point(615640, 1221300), 400.0), ("Trung tâm", Point(614540, 1221060), 560.0),
    ("Cầu Bạch Đằng", Point(613380, 1221800), 420.0),
)  # fmt: skip


def hamlet_of(point: Point) -> str:
    """The hamlet (ấp) that ``point`` of the island belongs to, or an empty word."""
    near = [(point.distance(centre) / radius, name) for name, centre, radius in _HAMLETS]
    share, name = min(near)
    return name if share < 1.0 else ""


def lots_of(rng: Rng, number: int, block: Block, net: shapely.Geometry, settled: shapely.Geometry) -> list[Lot]:
    """The lots of one block. ``net`` is the street land; ``settled`` that of the island's roads with houses."""
    if block.kind in _WHOLE:
        return [Lot(block.polygon, block.kind, number)]
    if block.kind in _HALVED:
        return [Lot(part, block.kind, number) for part in halve(rng, block.polygon, _HALVED[block.kind])]
    if block.kind in ("residential", "village"):
        width = (9.4 if not block.new else 8.4) if block.kind == "residential" else 17.0
        rows = in_rows(rng, block.polygon, net, Rows(width, 0.24 if not block.new else 0.08))
        if rows:
            return [Lot(part, "residential", number) for part in rows]
        return [Lot(block.polygon, "park", number)]
    if block.kind == "edge":
        rows = in_rows(rng, block.polygon, net, Rows(17.0, 0.3), every_side=True)
        return [Lot(part, "garden", number) for part in rows or [block.polygon]]
    return _rural(rng, number, block, settled)


def _rural(rng: Rng, number: int, block: Block, net: shapely.Geometry) -> list[Lot]:
    """House gardens along the road inside the hamlets, orchards by the water, fields behind."""
    fronts = _fronts(block.polygon, net, every_side=True)
    settled = [line for line in _pieces(fronts, 30.0) if hamlet_of(line.interpolate(0.5, normalized=True))]
    lots: list[Lot] = []
    rest: shapely.Geometry = block.polygon
    if settled:
        depth = 46.0 if block.kind == "fields" else 62.0
        front = shapely.line_merge(MultiLineString(settled))
        strip = front.buffer(depth, cap_style="flat").intersection(block.polygon)
        for part in polygons_of(strip.buffer(-1.0).buffer(1.0).intersection(block.polygon)):
            lots += [Lot(p, "garden", number) for p in in_rows(rng, part, net, Rows(28.0, 0.3), every_side=True)]
        rest = block.polygon.difference(shapely.union_all([lot.polygon for lot in lots]))
    pieces = polygons_of(rest)
    if lots:
        gardens = absorb([lot.polygon for lot in lots], [p for p in pieces if p.area < _LEFTOVER])
        lots = [Lot(polygon, "garden", number) for polygon in gardens]
        pieces = [p for p in pieces if p.area >= _LEFTOVER]
    for part in pieces:
        size = 12_000.0 if block.kind == "shore" else 30_000.0
        lots += [Lot(p, "orchard" if block.kind == "shore" else "field", number) for p in halve(rng, part, size)]
    return lots


def absorb(parts: list[Polygon], leftovers: list[Polygon]) -> list[Polygon]:
    """``parts`` with each of the ``leftovers`` joined to the part it shares the longest border with."""
    joined = list(parts)
    for leftover in leftovers:
        near = leftover.buffer(0.01)
        shared = [near.intersection(part.boundary).length for part in joined]
        best = int(np.argmax(shared))
        union = shapely.union_all([joined[best], leftover], grid_size=1e-6)
        joined[best] = polygons_of(union)[0]
    return joined


def _pieces(lines: list[LineString], length: float) -> list[LineString]:
    out: list[LineString] = []
    for line in lines:
        n = max(1, round(line.length / length))
        out += [piece_of(line, k / n, (k + 1) / n) for k in range(n)]
    return out


def _fronts(polygon: Polygon, net: shapely.Geometry, *, every_side: bool) -> list[LineString]:
    """The parts of the outline that lie on a street; of a block of houses only the two longer sides."""
    ring = np.asarray(shapely.segmentize(polygon.exterior, 4.0).coords)
    middle = (ring[1:] + ring[:-1]) / 2
    on_street = np.asarray(shapely.distance(shapely.points(middle), net) < 0.3)
    if not every_side:
        _, long, _, _ = box_axes(polygon)
        along = ring[1:] - ring[:-1]
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        on_street &= np.abs(along @ long) > 0.66
    if on_street.all():
        return [LineString(ring)]
    start = int(np.flatnonzero(~on_street)[0])
    order = np.roll(np.arange(len(middle)), -start)
    lines: list[LineString] = []
    run: list[int] = []
    for k in [*order, start]:
        if on_street[k]:
            run.append(int(k))
        elif run:
            lines.append(LineString(np.vstack([ring[run[0]][None], ring[[j + 1 for j in run]]])))
            run = []
    return [line for line in lines if line.length > 4.0]


def in_rows(
    rng: Rng, polygon: Polygon, net: shapely.Geometry, rows: Rows, *, every_side: bool = False
) -> list[Polygon]:
    """``polygon`` divided among pieces of its street fronts. Empty where it has no front."""
    fronts = _fronts(polygon, net, every_side=every_side)
    samples: list[Points] = []
    owner: list[int] = []
    lots = 0
    for line in fronts:
        n = max(1, round(line.length / rows.width))
        widths = np.clip(rng.normal(1.0, rows.spread, n), 0.6, 1.9)
        widths[[0, -1]] *= 1.45  # corner plots are wider
        ends = np.cumsum(widths) / widths.sum() * line.length
        at = np.arange(_STEP / 2, line.length, _STEP)
        samples.append(shapely.get_coordinates(shapely.line_interpolate_point(line, at)))
        owner += (lots + np.searchsorted(ends, at)).tolist()
        lots += n
    if lots == 0:
        return []
    if lots == 1:
        return [polygon]
    points = shapely.multipoints(np.vstack(samples))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=polygon, ordered=True))
    owners = np.asarray(owner)
    land = [shapely.coverage_union_all(cells[owners == k]).intersection(polygon) for k in range(lots)]
    parts = [part for piece in land for part in polygons_of(piece)]
    whole = [p for p in parts if p.area > _CORNER]
    whole = absorb(whole, [p for p in parts if p.area <= _CORNER])
    return list(shapely.coverage_simplify(whole, _STRAIGHTEN, simplify_boundary=False))

"""Curves and cuts that the simulated land is drawn with. Metres; no randomness but the given ``rng``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from shapely import LineString, Polygon

Points = NDArray[np.float64]
Rng = np.random.Generator


def curve(points: Sequence[tuple[float, float]] | Points, samples: int = 12, *, closed: bool = False) -> Points:
    """A centripetal-looking Catmull–Rom curve through ``points`` (n, 2), ``samples`` points per span.

    A closed curve does not repeat its first point.
    """
    p = np.asarray(points, dtype=float)
    if len(p) < 3 and not closed:
        t = np.linspace(0.0, 1.0, samples + 1)[:, None]
        return np.asarray(p[0] + (p[-1] - p[0]) * t)
    padded = np.vstack([p[-1], p, p[0], p[1]]) if closed else np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    t = np.arange(samples)[:, None] / samples
    spans = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True)
    ]
    if not closed:
        spans.append(p[-1:])
    return np.vstack(spans)


def normals(points: Points, *, closed: bool = False) -> Points:
    """Unit normals to the left of a polyline (n, 2), one per point."""
    ring = np.vstack([points[-1:], points, points[:1]]) if closed else points
    along = np.gradient(ring, axis=0)[1:-1] if closed else np.gradient(ring, axis=0)
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    return np.column_stack([-along[:, 1], along[:, 0]])


def wiggle(rng: Rng, at: Points, wavelengths: Sequence[float], amplitude: float) -> Points:
    """Smooth noise over ``at`` (any shape, metres along something): sines of random phase, longest strongest."""
    total = np.zeros_like(np.asarray(at, dtype=float))
    for wavelength in wavelengths:
        weight = wavelength / max(wavelengths)
        total += weight * np.sin(2 * np.pi * (at / wavelength + rng.random()))
    return total * amplitude / sum(w / max(wavelengths) for w in wavelengths)


def box_axes(polygon: Polygon) -> tuple[Points, Points, float, float]:
    """Centre, unit long axis, long and short side of the smallest rotated box around ``polygon``."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(polygon))[:4]
    first, second = corners[1] - corners[0], corners[3] - corners[0]
    a, b = float(np.hypot(*first)), float(np.hypot(*second))
    long = first if a >= b else second
    return corners.mean(axis=0), long / np.hypot(*long), max(a, b), min(a, b)


def piece_of(line: LineString, start: float, end: float) -> LineString:
    """``line`` between two shares of its length, 0 to 1."""
    piece = shapely.ops.substring(line, start, end, normalized=True)
    return LineString(shapely.get_coordinates(piece))


def polygons_of(geometry: shapely.Geometry) -> list[Polygon]:
    """The polygons in ``geometry``, largest first."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon" and part.area > 0]
    return sorted(parts, key=lambda part: -part.area)


def cut(polygon: Polygon, lines: Sequence[LineString]) -> list[Polygon]:
    """``polygon`` cut by ``lines``; the parts in a stable order."""
    edges = shapely.union_all([polygon.boundary, *lines])
    parts = shapely.get_parts(shapely.polygonize([edges]))
    inside = polygon.buffer(1e-6)
    kept = [part for part in parts if inside.contains(part.representative_point())]
    return sorted(kept, key=lambda part: (round(part.centroid.x, 3), round(part.centroid.y, 3)))


def halve(rng: Rng, polygon: Polygon, area: float, *, bend: float = 0.0, skew: float = 0.06) -> list[Polygon]:
    """Cut ``polygon`` across its longer side, again and again, until every part is under ``area`` (m²).

    ``skew`` turns each cut a little (radians, standard deviation), ``bend`` bows it by that share of its length.
    """
    if polygon.area <= area * rng.uniform(0.75, 1.35):
        return [polygon]
    line = crossing(rng, polygon, bend=bend, skew=skew)
    parts = cut(polygon, [line])
    if len(parts) < 2:
        return [polygon]
    return [piece for part in parts for piece in halve(rng, part, area, bend=bend, skew=skew)]


def crossing(rng: Rng, polygon: Polygon, *, bend: float = 0.0, skew: float = 0.06) -> LineString:
    """A line across the middle of the longer side of ``polygon``, ends outside it."""
    centre, long, length, width = box_axes(polygon)
    at = centre + long * length * rng.uniform(-0.09, 0.09)
    angle = rng.normal(0.0, skew)
    across = np.array([-long[1], long[0]])
    across = np.array(
        [across[0] * np.cos(angle) - across[1] * np.sin(angle), across[0] * np.sin(angle) + across[1] * np.cos(angle)]
    )
    reach = width * 0.75 + 5.0
    bow = long * width * bend * rng.normal()
    return LineString(curve([tuple(at - across * reach), tuple(at + bow), tuple(at + across * reach)], 10))


def half_plane(point: Points, inward: Points, near: float, far: float, half_width: float = 400.0) -> Polygon:
    """The band between ``near`` and ``far`` metres from ``point`` in the direction ``inward``."""
    along = np.array([-inward[1], inward[0]])
    corners = [
        point + inward * near - along * half_width,
        point + inward * near + along * half_width,
        point + inward * far + along * half_width,
        point + inward * far - along * half_width,
    ]
    return Polygon(corners)

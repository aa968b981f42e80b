"""The drawing of one verdict as shapes in map units: the plot, the buildings, the street line, what breaches.

What it looks like on paper is ``drawing``'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle

from ..language import tr
from . import words
from .surroundings import LAYERS, Around, Thing

ROOM = 60.0  # metres read around the subject
_LEAST = 14.0  # metres across, so that a sliver keeps its lot
_AROUND = 1.35  # how much more than the subject the drawing shows
_CLOSE = 0.05  # metres: a distance that is a point on paper


@dataclass(frozen=True)
class Shape:
    """A geometry with the role that decides its pen, and the text written in it."""

    role: str
    geometry: QgsGeometry
    label: str = ""


@dataclass(frozen=True)
class Dimension:
    """A measured distance: an arrow between two points with its value."""

    start: QgsPointXY
    end: QgsPointXY
    text: str


@dataclass(frozen=True)
class Sketch:
    """What to draw within ``extent``; ``measured`` and ``limit`` are told in a corner, ``outcome`` colours them."""

    extent: QgsRectangle
    shapes: tuple[Shape, ...]
    dimensions: tuple[Dimension, ...] = ()
    outcome: str = ""
    severity: str = ""
    measured: str = ""
    limit: str = ""
    legend: tuple[tuple[str, str], ...] = field(default=())


def sketch(finding: Mapping[str, Any], offending: QgsGeometry, around: Around) -> Sketch | None:
    """The drawing of ``finding`` (a whole row of the run); None where neither it nor its feature has a place."""
    subject = around.subject.shape if around.subject is not None else QgsGeometry()
    focus = _focus(subject, offending)
    if focus is None:
        return None
    how = finding.get("how") or {}
    inputs = how.get("inputs") or {}
    failed = finding["outcome"] == "fail"
    shapes = _surroundings(around, finding, set(inputs.get("buildings") or ()))
    if not subject.isNull():
        shapes.append(Shape("subject", subject, around.subject.label if around.subject else ""))
    line = _street_line(around, inputs, subject if not subject.isNull() else offending, finding.get("unit"))
    dimensions: list[Dimension] = []
    if line is not None and finding.get("measured") is not None:
        limit = finding.get("limit_value")
        if limit:
            shapes.append(Shape("limit", _limit_line(line, float(limit), focus, around), _limit_words(finding)))
        dimensions = _dimensions(subject, line, finding)
    if failed and not offending.isNull():
        shapes.append(Shape("offending", offending))
    return Sketch(
        extent=focus,
        shapes=tuple(shapes),
        dimensions=tuple(dimensions),
        outcome=str(finding["outcome"]),
        severity=str(finding["severity"]),
        measured=words.quantity(finding.get("measured"), str(finding.get("unit") or "")),
        limit=words.quantity(finding.get("limit_value"), str(finding.get("unit") or "")),
        legend=_legend(shapes),
    )


def _focus(subject: QgsGeometry, offending: QgsGeometry) -> QgsRectangle | None:
    box = QgsRectangle()
    for shape in (subject, offending):
        if not shape.isNull():
            box.combineExtentWith(shape.boundingBox())
    if box.isNull():
        return None
    box.scale(_AROUND)
    box.grow(max(0.0, (_LEAST - max(box.width(), box.height())) / 2))
    return box


def _surroundings(around: Around, finding: Mapping[str, Any], counted: set[str]) -> list[Shape]:
    """Neighbours, undermost first. ``counted`` are the buildings whose area was measured."""
    shapes: list[Shape] = []
    zones = "land_use" in str(finding.get("rule")) or "misused" in str(finding.get("message_code"))
    for layer_id in LAYERS:
        if layer_id == "planned_zone" and not zones:
            continue
        for thing in around.layers.get(layer_id, ()):
            role = "counted" if layer_id == "building" and thing.uid in counted else layer_id
            if thing.uid != finding.get("feature_uid"):
                shapes.append(Shape(role, thing.shape, thing.label))
    return shapes


def _street_line(around: Around, inputs: Mapping[str, Any], subject: QgsGeometry, unit: Any) -> QgsGeometry | None:
    """The red line that a distance was measured from: that of the street named, else the nearest."""
    if unit != "m" or "street" not in inputs:
        return None
    lines: list[Thing] = around.layers.get("red_line", [])
    own = [line for line in lines if line.street == inputs.get("street_uid")]
    near = sorted(own or lines, key=lambda line: line.shape.distance(subject))
    return near[0].shape if near else None


def _limit_line(line: QgsGeometry, limit: float, focus: QgsRectangle, around: Around) -> QgsGeometry:
    """Where the limit runs: ``limit`` metres from the street line, within what is drawn and not in a street."""
    strip = line.clipped(_grown(focus, limit)).buffer(limit, 12)
    if strip.isEmpty():
        return QgsGeometry()
    edge = QgsGeometry(strip.constGet().boundary()).clipped(focus)
    for street in around.layers.get("street_boundary", ()):
        edge = edge.difference(street.shape) if street.shape.intersects(edge) else edge
    return edge


def _grown(box: QgsRectangle, by: float) -> QgsRectangle:
    grown = QgsRectangle(box)
    grown.grow(2 * by + 20)
    return grown


def _dimensions(subject: QgsGeometry, line: QgsGeometry, finding: Mapping[str, Any]) -> list[Dimension]:
    if subject.isNull():
        return []
    shortest = subject.shortestLine(line)
    if shortest.isNull() or shortest.isEmpty():
        return []
    start, end = shortest.asPolyline()[0], shortest.asPolyline()[-1]
    if start.distance(end) < _CLOSE:
        return []
    return [Dimension(start, end, words.quantity(finding["measured"], str(finding.get("unit") or "")))]


def _limit_words(finding: Mapping[str, Any]) -> str:
    return tr(
        "plugin.findings.drawing.limit_line",
        limit=words.quantity(finding.get("limit_value"), str(finding.get("unit") or "")),
    )


def _legend(shapes: list[Shape]) -> tuple[tuple[str, str], ...]:
    """Roles that occur, each with its words, in the order of importance."""
    roles = {shape.role for shape in shapes}
    order = (
        "subject",
        "offending",
        "limit",
        "red_line",
        "building_line",
        "counted",
        "building",
        "parcel",
        "planned_zone",
    )
    return tuple((role, tr(f"plugin.findings.drawing.{role}")) for role in order if role in roles)

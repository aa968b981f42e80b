"""Symbols from data: each symbol layer of ``[style]`` names a kind of this file and its measures.

Every kind takes ``colour`` (hex, ``class``, ``class/dark``, ``class/light``, ``none``) and ``opacity``. Lengths carry
their unit: ``_mm`` on paper, ``_m`` on the ground (with ``least_mm`` and ``most_mm`` as bounds on paper). ``*_by`` is a
QGIS expression that takes the place of the number.

=========  ===========================================================================================
fill       ``outline``, ``width_mm``, ``dash``
edge       line along a polygon's ring: ``width_mm``, ``dash``, ``offset_mm`` (positive: inside)
hatch      ``spacing_mm``, ``width_mm``, ``angle``, ``dash``
dots       ``spacing_mm``, ``size_mm``, ``shape``
line       ``width_mm`` | ``width_m`` (also ``width_mm_by``, ``width_m_by``), ``dash``, ``cap``, ``offset_mm``
ticks      short strokes across a line: ``spacing_mm``, ``length_mm``, ``width_mm``, ``angle``, ``offset_mm``
beads      markers along a line: ``shape``, ``size_mm``, ``spacing_mm``, ``outline``
marker     ``shape``, ``size_mm`` | ``size_m``, ``outline``, ``width_mm``, ``angle_by``
svg        ``file`` of ``resources/styles/symbols`` (``{value}``: of the class), sizes, ``outline``, ``angle_by``
centre     a marker at a polygon's inner point: as ``marker`` or ``svg`` (with ``file``)
=========  ===========================================================================================
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qgis.core import (
    Qgis,
    QgsCentroidFillSymbolLayer,
    QgsFillSymbol,
    QgsHashedLineSymbolLayer,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMapUnitScale,
    QgsMarkerLineSymbolLayer,
    QgsMarkerSymbol,
    QgsPointPatternFillSymbolLayer,
    QgsProperty,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSvgMarkerSymbolLayer,
    QgsSymbol,
    QgsSymbolLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ...layers.errors import InputError
from ...layers.messages import RESOURCES

SYMBOLS = RESOURCES / "styles" / "symbols"
GREY = "#9a9a9a"

_SHADES = {"dark": 145, "darker": 200, "light": 125, "lighter": 150}
_DASHES = {
    "solid": Qt.PenStyle.SolidLine,
    "dash": Qt.PenStyle.DashLine,
    "dot": Qt.PenStyle.DotLine,
    "dash_dot": Qt.PenStyle.DashDotLine,
}
_CAPS = {
    "round": Qt.PenCapStyle.RoundCap,
    "flat": Qt.PenCapStyle.FlatCap,
    "square": Qt.PenCapStyle.SquareCap,
}
_SHAPES = {
    "circle": Qgis.MarkerShape.Circle,
    "square": Qgis.MarkerShape.Square,
    "diamond": Qgis.MarkerShape.Diamond,
    "triangle": Qgis.MarkerShape.Triangle,
    "pentagon": Qgis.MarkerShape.Pentagon,
    "hexagon": Qgis.MarkerShape.Hexagon,
    "star": Qgis.MarkerShape.Star,
    "cross": Qgis.MarkerShape.Cross,
    "saltire": Qgis.MarkerShape.Cross2,
    "arrow": Qgis.MarkerShape.ArrowHeadFilled,
    "rounded": Qgis.MarkerShape.RoundedSquare,
    "line": Qgis.MarkerShape.Line,
}

Style = Mapping[str, Any]


def colour(value: str, of_class: str = "") -> QColor:
    """``value`` as a colour; ``class`` and its shades stand for ``of_class``, ``none`` for nothing at all.

    Raises ``ValueError`` if it is not a colour.
    """
    if value == "none":
        return QColor(0, 0, 0, 0)
    word, _, shade = value.partition("/")
    made = QColor((of_class or GREY) if word == "class" else word)
    if not made.isValid() or (shade and shade not in _SHADES):
        raise ValueError(value)
    if not shade:
        return made
    return made.darker(_SHADES[shade]) if shade.startswith("dark") else made.lighter(_SHADES[shade])


def _length(style: Style, what: str, default_mm: float) -> tuple[float, Qgis.RenderUnit]:
    if f"{what}_m" in style or f"{what}_m_by" in style:
        return float(style.get(f"{what}_m", 1.0)), Qgis.RenderUnit.MetersInMapUnits
    return float(style.get(f"{what}_mm", default_mm)), Qgis.RenderUnit.Millimeters


def _bounds(style: Style) -> QgsMapUnitScale:
    scale = QgsMapUnitScale()
    if "least_mm" in style:
        scale.minSizeMMEnabled, scale.minSizeMM = True, float(style["least_mm"])
    if "most_mm" in style:
        scale.maxSizeMMEnabled, scale.maxSizeMM = True, float(style["most_mm"])
    return scale


def _by(made: QgsSymbolLayer, style: Style, key: str, target: QgsSymbolLayer.Property) -> None:
    if key in style:
        made.setDataDefinedProperty(target, QgsProperty.fromExpression(style[key]))


def _joined(kind: type[QgsSymbol], layers: Sequence[QgsSymbolLayer]) -> QgsSymbol:
    """A symbol of ``layers``. Its constructor would not take them over from Python, ``appendSymbolLayer`` does."""
    made = kind()
    for layer in layers:
        made.appendSymbolLayer(layer)
    made.deleteSymbolLayer(0)  # the one that every new symbol has
    return made


def _pen(style: Style, of_class: str, default_mm: float = 0.26) -> QgsSimpleLineSymbolLayer:
    pen = colour(style.get("colour", "class"), of_class)
    pen.setAlphaF(pen.alphaF() * float(style.get("opacity", 1.0)))
    made = QgsSimpleLineSymbolLayer(pen)
    width, unit = _length(style, "width", default_mm)
    made.setWidth(width)
    made.setWidthUnit(unit)
    made.setWidthMapUnitScale(_bounds(style))
    _by(made, style, "width_m_by", QgsSymbolLayer.Property.StrokeWidth)
    _by(made, style, "width_mm_by", QgsSymbolLayer.Property.StrokeWidth)
    dash = style.get("dash", "solid")
    if isinstance(dash, str):
        made.setPenStyle(_DASHES[dash])
    else:
        made.setUseCustomDashPattern(True)
        made.setCustomDashVector([float(length) for length in dash])
        made.setCustomDashPatternUnit(Qgis.RenderUnit.Millimeters)
    made.setPenCapStyle(_CAPS[style.get("cap", "round" if dash == "solid" else "flat")])
    made.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
    made.setOffset(float(style.get("offset_mm", 0.0)))
    made.setOffsetUnit(Qgis.RenderUnit.Millimeters)
    return made


def _fill(style: Style, of_class: str) -> QgsSymbolLayer:
    made = QgsSimpleFillSymbolLayer()
    fill = colour(style.get("colour", "class"), of_class)
    fill.setAlphaF(fill.alphaF() * float(style.get("opacity", 1.0)))
    made.setColor(fill)
    if style.get("outline", "none") == "none":
        made.setStrokeStyle(Qt.PenStyle.NoPen)
    else:
        made.setStrokeColor(colour(style["outline"], of_class))
        made.setStrokeStyle(_DASHES[style.get("dash", "solid")])
    made.setStrokeWidth(float(style.get("width_mm", 0.16)))
    made.setPenJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return made


def _edge(style: Style, of_class: str) -> QgsSymbolLayer:
    return _pen(style, of_class)


def _hatch(style: Style, of_class: str) -> QgsSymbolLayer:
    made = QgsLinePatternFillSymbolLayer()
    made.setSubSymbol(_joined(QgsLineSymbol, [_pen({"cap": "flat", **style}, of_class, 0.2)]))
    made.setDistance(float(style.get("spacing_mm", 2.0)))
    made.setLineAngle(float(style.get("angle", 45.0)))
    return made


def _dots(style: Style, of_class: str) -> QgsSymbolLayer:
    made = QgsPointPatternFillSymbolLayer()
    made.setSubSymbol(_joined(QgsMarkerSymbol, [_marker({"size_mm": 0.5, **style}, of_class)]))
    spacing = float(style.get("spacing_mm", 2.0))
    made.setDistanceX(spacing)
    made.setDistanceY(spacing)
    made.setDisplacementX(spacing / 2.0)
    return made


def _line(style: Style, of_class: str) -> QgsSymbolLayer:
    return _pen(style, of_class)


def _ticks(style: Style, of_class: str) -> QgsSymbolLayer:
    made = QgsHashedLineSymbolLayer()
    made.setSubSymbol(_joined(QgsLineSymbol, [_pen({**style, "offset_mm": 0.0, "cap": "flat"}, of_class)]))
    made.setInterval(float(style.get("spacing_mm", 3.0)))
    made.setHashLength(float(style.get("length_mm", 1.5)))
    made.setHashAngle(float(style.get("angle", 0.0)))
    made.setOffset(float(style.get("offset_mm", 0.0)))
    return made


def _beads(style: Style, of_class: str) -> QgsSymbolLayer:
    made = QgsMarkerLineSymbolLayer()
    made.setSubSymbol(_joined(QgsMarkerSymbol, [_point(style, of_class)]))
    made.setPlacements(Qgis.MarkerLinePlacement.Interval)
    made.setInterval(float(style.get("spacing_mm", 10.0)))
    made.setOffset(float(style.get("offset_mm", 0.0)))
    return made


def _marker(style: Style, of_class: str) -> QgsSymbolLayer:
    made = QgsSimpleMarkerSymbolLayer(_SHAPES[style.get("shape", "circle")])
    size, unit = _length(style, "size", 2.0)
    made.setSize(size)
    made.setSizeUnit(unit)
    made.setSizeMapUnitScale(_bounds(style))
    fill = colour(style.get("colour", "class"), of_class)
    fill.setAlphaF(fill.alphaF() * float(style.get("opacity", 1.0)))
    made.setFillColor(fill)
    if style.get("outline", "none") == "none":
        made.setStrokeStyle(Qt.PenStyle.NoPen)
    else:
        made.setStrokeColor(colour(style["outline"], of_class))
    made.setStrokeWidth(float(style.get("width_mm", 0.2)))
    made.setAngle(float(style.get("angle", 0.0)))
    _by(made, style, "angle_by", QgsSymbolLayer.Property.Angle)
    return made


def embedded(file: str) -> str:
    """An SVG of ``resources/styles/symbols`` as text that projects carry with them, wherever they go."""
    return "base64:" + base64.b64encode((SYMBOLS / file).read_bytes()).decode("ascii")


def _svg(style: Style, of_class: str) -> QgsSymbolLayer:
    made = QgsSvgMarkerSymbolLayer(embedded(style["file"]))
    size, unit = _length(style, "size", 4.0)
    made.setSize(size)
    made.setSizeUnit(unit)
    made.setSizeMapUnitScale(_bounds(style))
    made.setFillColor(colour(style.get("colour", "class"), of_class))
    made.setStrokeColor(colour(style.get("outline", "#ffffff"), of_class))
    made.setStrokeWidth(float(style.get("width_mm", 0.2)))
    made.setAngle(float(style.get("angle", 0.0)))
    _by(made, style, "angle_by", QgsSymbolLayer.Property.Angle)
    return made


def _point(style: Style, of_class: str) -> QgsSymbolLayer:
    return _svg(style, of_class) if "file" in style else _marker(style, of_class)


def _centre(style: Style, of_class: str) -> QgsSymbolLayer:
    made = QgsCentroidFillSymbolLayer()
    made.setSubSymbol(_joined(QgsMarkerSymbol, [_point(style, of_class)]))
    made.setPointOnSurface(True)
    made.setPointOnAllParts(False)
    return made


_KINDS: dict[str, dict[str, Callable[[Style, str], QgsSymbolLayer]]] = {
    "MultiPolygon": {"fill": _fill, "edge": _edge, "hatch": _hatch, "dots": _dots, "centre": _centre},
    "MultiLineString": {"line": _line, "ticks": _ticks, "beads": _beads},
    "Point": {"marker": _marker, "svg": _svg},
}
_SYMBOLS = {"MultiPolygon": QgsFillSymbol, "MultiLineString": QgsLineSymbol, "Point": QgsMarkerSymbol}
_PLAIN: dict[str, list[Style]] = {
    "MultiPolygon": [{"kind": "fill", "opacity": 0.6, "outline": "class/dark"}],
    "MultiLineString": [{"kind": "line", "width_mm": 0.5}],
    "Point": [{"kind": "marker", "size_mm": 2.2, "outline": "#ffffff"}],
}


def symbol(
    geometry: str, styles: Sequence[Style], of_class: str = "", value: str = "", *, crossings: bool = False
) -> QgsSymbol:
    """The symbol of ``styles`` (bottom first) for a declared geometry; a plain one where nothing is declared.

    ``of_class`` is the hex colour that ``class`` stands for, ``value`` what ``{value}`` in a file name stands for. With
    ``crossings`` each symbol layer gets a rendering pass of its own. Raises :class:`InputError` where a kind, colour or
    word is not known.
    """
    made: list[QgsSymbolLayer] = []
    for level, declared in enumerate(styles or _PLAIN[geometry]):
        style = {**declared, "file": declared["file"].replace("{value}", value)} if "file" in declared else declared
        try:
            made.append(_KINDS[geometry][style["kind"]](style, of_class))
        except (KeyError, ValueError, TypeError, OSError) as error:
            raise InputError("schema.declaration_wrong", path="[style]", reason=f"{dict(style)}: {error!r}") from error
        if crossings:
            made[-1].setRenderingPass(level)
    return _joined(_SYMBOLS[geometry], made)

"""A drawing as inline SVG, one unit a millimetre."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import Any

from .drawing import Drawing, Item, Label, Raster, Shape, encoded
from .fonts import printable

_EM = 25.4 / 72.0


def svg(drawing: Drawing) -> str:
    """The ``<svg>`` element; all texts escaped."""
    inside = "".join(_item(item, drawing) for item in drawing.items)
    told = escape(printable(drawing.description))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width:g} {drawing.height:g}" role="img" '
        f'aria-label="{told}" font-family="IBM Plex Sans, Be Vietnam Pro, Noto Sans, sans-serif">{inside}</svg>'
    )


def _item(item: Item, drawing: Drawing) -> str:
    if isinstance(item, Shape):
        return _shape(item, drawing)
    return _raster(item, drawing) if isinstance(item, Raster) else _label(item, drawing)


def _raster(raster: Raster, drawing: Drawing) -> str:
    data, kind = encoded(raster)
    top = drawing.height - raster.y - raster.height
    return (
        f'<image x="{raster.x:g}" y="{top:g}" width="{raster.width:g}" height="{raster.height:g}" '
        f'preserveAspectRatio="none" href="data:{kind};base64,{b64encode(data).decode("ascii")}"/>'
    )


def _shape(shape: Shape, drawing: Drawing) -> str:
    path = "".join(_ring(ring, drawing.height) + ("Z" if shape.closed else "") for ring in shape.rings)
    pen = shape.pen
    fill = f'fill="{pen.fill or "none"}" fill-rule="evenodd"'
    fill += f' fill-opacity="{pen.opacity:g}"' if pen.opacity < 1 else ""
    line = f' stroke="{pen.stroke}" stroke-width="{pen.width:g}" stroke-linejoin="round"' if pen.stroke else ""
    if pen.stroke and pen.dash:
        line += f' stroke-dasharray="{" ".join(f"{part:g}" for part in pen.dash)}"'
    return f'<path d="{path}" {fill}{line}/>'


def _ring(ring: Any, height: float) -> str:
    return "M" + "L".join(f"{round(float(x), 2):g},{round(height - float(y), 2):g}" for x, y in ring)


def _label(label: Label, drawing: Drawing) -> str:
    x, y = round(float(label.x), 2), round(drawing.height - float(label.y), 2)
    style = ' font-weight="600"' if label.bold else ""
    style += ' font-style="italic"' if label.italic else ""
    style += f' transform="rotate({-label.angle:.2f} {x:g} {y:g})"' if label.angle else ""
    style += ' stroke="#ffffff" stroke-width="0.7" paint-order="stroke" stroke-linejoin="round"' if label.halo else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{label.size * _EM:.2f}" fill="{label.colour}" '
        f'text-anchor="{label.anchor}"{style}>{escape(printable(label.text))}</text>'
    )

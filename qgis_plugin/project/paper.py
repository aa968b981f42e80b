"""The paper of a drawing: its measures and what is put on it: frames and words.

Places and sizes come from ``resources/layouts/a3_landscape.toml``, in millimetres.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from qgis.core import (
    Qgis,
    QgsFillSymbol,
    QgsLayoutItemLabel,
    QgsLayoutItemShape,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsPrintLayout,
)
from qgis.PyQt.QtCore import Qt

from ...layers.messages import RESOURCES
from ..styling.labels import text_format

INK = "#2f2f2f"
MM = Qgis.LayoutUnit.Millimeters


@cache
def sheet() -> dict[str, Any]:
    """``resources/layouts/a3_landscape.toml``."""
    with (RESOURCES / "layouts" / "a3_landscape.toml").open("rb") as file:
        return tomllib.load(file)


def place(item: Any, box: Sequence[float], page: int = 0) -> None:
    """Move ``item`` to ``box`` (left, top, width, height) of a page."""
    item.attemptMove(QgsLayoutPoint(box[0], box[1], MM), True, False, page)
    item.attemptResize(QgsLayoutSize(box[2], box[3], MM))


def frame(made: QgsPrintLayout, box: Sequence[float], width: float, page: int = 0, fill: str = "none") -> None:
    """A rectangle with a line of ``width`` mm."""
    shape = QgsLayoutItemShape(made)
    shape.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
    style = {"outline_color": INK, "outline_width": str(width), "joinstyle": "miter"}
    shape.setSymbol(QgsFillSymbol.createSimple({**style, **({"style": "no"} if fill == "none" else {"color": fill})}))
    shape.setId("frame")
    made.addLayoutItem(shape)
    place(shape, box, page)


def label(
    made: QgsPrintLayout, text: str, box: Sequence[float], look: Mapping[str, Any], page: int = 0
) -> QgsLayoutItemLabel:
    """Words in a box, from its top."""
    item = QgsLayoutItemLabel(made)
    item.setText(text)
    item.setTextFormat(text_format({**look, "buffer_mm": 0}))
    item.setVAlign(Qt.AlignmentFlag.AlignTop)
    item.setMarginX(0)
    item.setMarginY(0)
    made.addLayoutItem(item)
    place(item, box, page)
    return item

"""The pinned operation of ``layers.crs`` in QGIS: every project and every algorithm transforms as the engine does.

QGIS left alone takes the first operation it finds, other programs another one; they disagree by 0.8 m inside Bình
Dương. A coordinate operation is looked up in both directions, so one entry per pair of systems is enough.
"""

from __future__ import annotations

from functools import cache

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransformContext, QgsProject

from ..layers import crs

_TARGETS = (crs.WGS84, "EPSG:3857", *(code for code, grid in crs.GRIDS.items() if grid.datum == "WGS 84"))
_SOURCES = (crs.VN2000_GEOGRAPHIC, *(code for code, grid in crs.GRIDS.items() if grid.datum == "VN-2000"))


@cache
def _operations() -> tuple[tuple[QgsCoordinateReferenceSystem, QgsCoordinateReferenceSystem, str], ...]:
    system = {code: QgsCoordinateReferenceSystem(code) for code in (*_SOURCES, *_TARGETS)}
    return tuple(
        (system[source], system[target], crs.between(source, target)) for source in _SOURCES for target in _TARGETS
    )


def pin(context: QgsCoordinateTransformContext) -> QgsCoordinateTransformContext:
    """``context`` with the pinned operation for every pair of VN-2000 and another system; a new one, no fallback."""
    pinned = QgsCoordinateTransformContext(context)
    for source, target, operation in _operations():
        pinned.addCoordinateOperation(source, target, operation, False)
    return pinned


def pin_project(project: QgsProject | None = None) -> None:
    """Pin the operations in ``project`` (the open one), once; whether it needs saving does not change."""
    project = project or QgsProject.instance()
    if all(project.transformContext().hasTransform(source, target) for source, target, _ in _operations()):
        return
    dirty = project.isDirty()
    project.setTransformContext(pin(project.transformContext()))
    project.setDirty(dirty)

"""A 3D view of one lot: buildings, the allowed envelope and what lies outside it, in the light of the engine's sun.

QGIS 3.40 has no sun of its own, so the engine computes where it stands and a directional light is set from there.

A view belongs to QGIS and the user: it stays when the plugin is unloaded, and ``close`` here ends only the engine. It
goes by its close button, by ``iface.closeMapCanvas3D(title)``, with its project, or by ``close()`` of its own window,
all of them tried in QGIS 3.40.6. A script must not close every window with "3D" in its title: among them is the hidden
measuring tool of the view, and closing that one is what ends QGIS with signal 11.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateTransform,
    QgsExpression,
    QgsProject,
    QgsRectangle,
    QgsVector3D,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from ...engine.contract import zoning_seeing
from ...layers import catalogue
from ...layers.errors import DothiError, EnvironmentTroubleError
from ..language import tr
from ..project_data import layer_id, selected
from ..serve_client import ServeClient
from ..styling import extrusion

# Hour of the clock (UTC+7) whose light is set where no shadow layer says another: low enough to model the walls.
HOUR = 9.0
# Times the subject's box that the scene spans, and at least so many metres.
AROUND, LEAST_M = 6.0, 150.0
_GLASS = 0.25  # opacity of a building of which a part is outside the envelope: that part must be seen


class View3D:
    """The command and the engine behind it. ``say`` shows a sentence to the user."""

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self.client = ServeClient()
        self.opened = 0

    def open(self) -> Any | None:
        """Open a view of what is selected, else of the newest envelope; None, and a sentence, where there is none."""
        if not extrusion.possible():
            self._say(tr("plugin.view3d.no_3d"))
            return None
        box = subject_box(QgsProject.instance())
        if box is None:
            self._say(tr("plugin.view3d.nothing"))
            return None
        dress(QgsProject.instance())
        self.opened += 1
        view = self.iface.createNewMapCanvas3D(tr("plugin.view3d.title", number=self.opened))
        if view is None:
            self._say(tr("plugin.view3d.no_3d"))
            return None
        look_at(view, box, *view_point(QgsProject.instance(), box))
        self._light(view, box)
        return view

    def _light(self, view: Any, box: QgsRectangle) -> None:
        """Set the light: of the newest shadow layer, else of today as the engine computes it."""
        drawn = drawn_sun(QgsProject.instance())
        if drawn is not None:
            shine(view, *drawn)
            return
        project = QgsProject.instance()
        asked = {
            "x": box.center().x(),
            "y": box.center().y(),
            "crs": project.crs().authid(),
            "date": date.today().isoformat(),
            "hour": HOUR,
        }
        try:
            self.client.ask(
                zoning_seeing.SUN,
                asked,
                lambda value: shine(view, value["azimuth_deg"], value["elevation_deg"]),
                self._refused,
            )
        except EnvironmentTroubleError as error:
            self._refused(error)

    def _refused(self, error: DothiError) -> None:
        self._say(tr(error.code, **error.arguments))

    def _say(self, text: str) -> None:
        self.iface.messageBar().pushMessage(tr("plugin.name"), text, Qgis.MessageLevel.Info)

    def close(self) -> None:
        """Let the engine rest."""
        self.client.stop()


def _of(project: QgsProject, wanted: str) -> list[QgsVectorLayer]:
    """The layers of the project that follow a declaration, top first."""
    order = project.layerTreeRoot().layerOrder()
    return [one for one in order if isinstance(one, QgsVectorLayer) and layer_id(one) == wanted]


def subject_box(project: QgsProject) -> QgsRectangle | None:
    """Around the selected parcels or buildings, else the newest envelope; in the project's system."""
    boxes = [(layer, feature.geometry().boundingBox()) for layer, feature in selected(project, ("parcel", "building"))]
    if not boxes:
        boxes = [(layer, layer.extent()) for layer in _of(project, "envelope_tier")[:1]]
    found = QgsRectangle()
    for layer, box in boxes:
        if not box.isEmpty():
            move = QgsCoordinateTransform(layer.crs(), project.crs(), project)
            found.combineExtentWith(move.transformBoundingBox(box))
    return None if found.isEmpty() else found


def drawn_sun(project: QgsProject) -> tuple[float, float] | None:
    """Azimuth (from the map's north) and elevation of the shadow drawn nearest to :data:`HOUR`, in degrees."""
    for layer in _of(project, "shadow")[:1]:
        rows = [
            (abs(_hour(row["code"]) - HOUR), row["azimuth_deg"], row["elevation_deg"]) for row in layer.getFeatures()
        ]
        if rows:
            _, azimuth, elevation = min(rows)
            return float(azimuth), float(elevation)
    return None


def _hour(code: str) -> float:
    hour, _, minute = str(code).partition(":")
    return float(hour) + float(minute or 0) / 60.0


def dress(project: QgsProject) -> None:
    """Blocks for all layers that have them; buildings with a part outside their envelope become glass."""
    uids = [row["feature_uid"] for layer in _of(project, "envelope_breach") for row in layer.getFeatures()]
    for wanted in ("envelope_tier", "envelope_breach", "building"):
        for layer in _of(project, wanted):
            extrusion.extrude(layer, catalogue.layer(wanted), glass=_glass(uids) if wanted == "building" else None)


def _glass(uids: Sequence[str]) -> tuple[str, float] | None:
    if not uids:
        return None
    listed = ", ".join(QgsExpression.quotedString(str(uid)) for uid in dict.fromkeys(uids))
    return f'"uid" IN ({listed})', _GLASS


def look_at(view: Any, box: QgsRectangle, top: float, heading: float) -> None:
    """Show the subject, ``top`` metres high, half from above, in a scene not much larger than it.

    The camera looks towards ``heading`` (degrees clockwise from the map's north).
    """
    settings = view.mapSettings()
    size = max(box.width(), box.height())
    scene = QgsRectangle(box)
    scene.grow(max(LEAST_M, AROUND * size / 2.0))
    settings.setExtent(scene)
    settings.setBackgroundColor(QColor("#dfe8ef"))
    settings.setMapTileResolution(1024)
    settings.setMaxTerrainGroundError(0.2)
    origin, middle = settings.origin(), box.center()
    point = _world(middle.x() - origin.x(), middle.y() - origin.y(), top / 2.0)
    view.cameraController().setLookingAtPoint(point, max(80.0, 1.7 * size + 2.2 * top), 58.0, -heading)


def view_point(project: QgsProject, box: QgsRectangle) -> tuple[float, float]:
    """The height of what is to be seen (m), and the heading from which its breaches face the camera.

    Without breaches the view is to the north, a little from the side.
    """
    tops = [row["top_m"] for layer in _of(project, "envelope_tier") for row in layer.getFeatures()]
    top = max((float(one) for one in tops), default=25.0)
    for layer in _of(project, "envelope_breach")[:1]:
        move = QgsCoordinateTransform(layer.crs(), project.crs(), project)
        for row in layer.getFeatures():
            at = move.transform(row.geometry().centroid().asPoint())
            middle = box.center()
            if at.distance(middle) > 1.0:
                return top, math.degrees(math.atan2(middle.x() - at.x(), middle.y() - at.y())) + 25.0
    return top, 25.0


def _world(east: float, north: float, up: float) -> QgsVector3D:
    """A place or direction in the coordinates of the 3D scene: QGIS turned them upright in 3.42."""
    return QgsVector3D(east, north, up) if Qgis.versionInt() >= 34200 else QgsVector3D(east, up, -north)


def shine(view: Any, azimuth: float, elevation: float) -> None:
    """Light from where the sun stands (degrees, azimuth from the map's north); below the horizon the light stays."""
    from qgis._3d import QgsDirectionalLightSettings

    if elevation <= 0.0:
        return
    across, turn = math.cos(math.radians(elevation)), math.radians(azimuth)
    light = QgsDirectionalLightSettings()
    light.setDirection(_world(-math.sin(turn) * across, -math.cos(turn) * across, -math.sin(math.radians(elevation))))
    light.setColor(QColor("#fff6e5"))
    light.setIntensity(0.6)
    view.mapSettings().setLightSources([light])

"""Inside QGIS (``qgis --code``): what a wider street takes; a lot's envelope on the map and in 3D; its shadow."""

import os
import traceback
from pathlib import Path

import qgis.utils
from qgis import processing
from qgis.core import (
    QgsCoordinateTransform,
    QgsExpression,
    QgsFeatureRequest,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
)
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QApplication, QDockWidget
from qgis.utils import iface

OUT = Path(os.environ["DOTHI_PICTURES"])
WIDTH, HEIGHT = (int(side) for side in os.environ["DOTHI_PICTURE_SIZE"].split("x"))
POLL_MS = 300
STILL = 5
BUILDING = "CT-01406"  # 33 m high on a corner; too close to one of its streets from 28 m up
DAY = "2026-12-22"
STREET, WIDENED_M = "D017", 22.0  # 13 m today


def layer(layer_id):
    layers = QgsProject.instance().mapLayers().values()
    return next(one for one in layers if one.customProperty("dothi/layer") == layer_id)


def photograph(name):
    iface.messageBar().clearWidgets()
    QApplication.processEvents()
    if not QApplication.primaryScreen().grabWindow(0, 0, 0, WIDTH, HEIGHT).save(str(OUT / f"{name}.png")):
        raise OSError(name)


def zoom(extent, crs, times):
    canvas = iface.mapCanvas()
    box = QgsCoordinateTransform(crs, canvas.mapSettings().destinationCrs(), QgsProject.instance()).transform(extent)
    box.scale(times)
    canvas.setExtent(box)
    canvas.refresh()


def arrange():
    main = iface.mainWindow()
    main.showNormal()
    main.setGeometry(0, 0, WIDTH, HEIGHT)
    for dock in main.findChildren(QDockWidget):
        if dock.objectName() in ("Browser", "Browser2", "LayerOrder", "Undo", "GPSInformation", "MessageLog"):
            dock.hide()
    main.resizeDocks([main.findChild(QDockWidget, "Layers")], [330], Qt.Orientation.Horizontal)


def hide(*layer_ids, shown=False):
    root = QgsProject.instance().layerTreeRoot()
    for layer_id in layer_ids:
        root.findLayer(layer(layer_id)).setItemVisibilityChecked(shown)


def widened_street(data):
    """The lots and buildings that a street takes if it becomes wider."""
    streets = layer("street_centreline")
    streets.selectByExpression(f"\"code\" = '{STREET}'")
    line = streets.selectedFeatures()[0]
    chosen = QgsProcessingFeatureSourceDefinition(streets.id(), selectedFeaturesOnly=True)
    processing.runAndLoadResults("dothi:street_impact", {"data": data, "centrelines": chosen, "width": WIDENED_M})
    streets.removeSelection()
    for _ in range(3):
        yield
    zoom(line.geometry().boundingBox(), streets.crs(), 0.55)
    yield
    photograph("plan-impact")
    hide("affected_lot", "affected_building")


def scenes():
    arrange()
    yield
    building = layer("building")
    feature = next(building.getFeatures(QgsFeatureRequest(QgsExpression(f"\"code\" = '{BUILDING}'"))))
    data = building.source().split("|")[0]
    hide("finding")
    yield from widened_street(data)
    processing.runAndLoadResults("dothi:allowed_envelope", {"data": data, "uid": feature["uid"]})
    for _ in range(3):
        yield
    zoom(feature.geometry().boundingBox(), building.crs(), 3.2)
    yield
    photograph("envelope")
    hide("envelope_tier", "envelope_breach")
    processing.runAndLoadResults("dothi:building_shadow", {"data": data, "uids": feature["uid"], "date": DAY})
    for _ in range(3):
        yield
    zoom(layer("shadow").extent(), layer("shadow").crs(), 1.15)
    yield
    photograph("shadow")
    hide("shadow", "shadow_effect")
    hide("envelope_tier", "envelope_breach", shown=True)
    zoom(feature.geometry().boundingBox(), building.crs(), 3.2)
    yield
    building.selectByIds([feature.id()])
    qgis.utils.plugins["dothi"].window.view3d_action.trigger()
    building.removeSelection()
    yield
    for window in QApplication.topLevelWidgets():
        if window.isVisible() and "3D" in window.windowTitle():
            window.setGeometry(0, 0, WIDTH, HEIGHT)
    for _ in range(8):
        yield
    photograph("envelope-3d")


class Tour:
    """Steps through the scenes, each when the maps have come to rest."""

    def __init__(self):
        self.steps = scenes()
        self.still = 0
        self.timer = QTimer()
        self.timer.timeout.connect(self.look)
        self.timer.start(POLL_MS)

    def look(self):
        """Take the next step if nothing is being drawn any more."""
        self.still = 0 if any(one.isDrawing() for one in iface.mapCanvases()) else self.still + 1
        if self.still < STILL or not QgsProject.instance().mapLayers():
            return
        self.still = 0
        try:
            next(self.steps)
        except StopIteration:
            self.end(0)
        except Exception:
            traceback.print_exc()
            self.end(1)

    def end(self, code):
        """Leave QGIS without its questions."""
        self.timer.stop()
        QgsProject.instance().setDirty(False)
        os._exit(code)  # QGIS would ask and save settings; the profile is thrown away


tour = Tour()

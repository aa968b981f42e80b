"""Inside QGIS (``qgis --code``): what a wider street takes; a lot's envelope on the map and in 3D; its shadow."""

import qgis.utils
from pictures_tour import HEIGHT, WIDTH, Tour, arrange, layer
from pictures_tour import photograph_without_messages as photograph
from qgis import processing
from qgis.core import (
    QgsCoordinateTransform,
    QgsExpression,
    QgsFeatureRequest,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QApplication, QDockWidget
from qgis.utils import iface

BUILDING = "CT-01406"  # 33 m high on a corner; too close to one of its streets from 28 m up
DAY = "2026-12-22"
STREET, WIDENED_M = "D017", 22.0  # 13 m today


def zoom(extent, crs, times):
    canvas = iface.mapCanvas()
    box = QgsCoordinateTransform(crs, canvas.mapSettings().destinationCrs(), QgsProject.instance()).transform(extent)
    box.scale(times)
    canvas.setExtent(box)
    canvas.refresh()


def arranged():
    arrange()
    main = iface.mainWindow()
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
    arranged()
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


tour = Tour(scenes(), poll_ms=300)

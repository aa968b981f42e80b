"""Inside QGIS (``qgis --code``): the timeline at work, photographed; see ``pictures_timeline``."""

import qgis.utils
from pictures_tour import Tour, arrange, photograph
from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsPointXY, QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface

PANEL, LAYERS, CONTROLLER = 640, 330, 120
SERIES = "Chuỗi «Đồi cát Suối Nhum» (ảnh mô phỏng)"
UTM = "EPSG:32649"
PIT = (172_000 + 505, 1_196_000 - 605)  # the first of ``pictures_timeline.PITS``


def on_map(x, y):
    canvas = iface.mapCanvas()
    system = QgsCoordinateReferenceSystem(UTM)
    move = QgsCoordinateTransform(system, canvas.mapSettings().destinationCrs(), QgsProject.instance())
    return move.transform(QgsPointXY(x, y))


def show(east, north, metres):
    """The map around a place, so many metres across."""
    canvas = iface.mapCanvas()
    corner, other = (on_map(east + way * metres / 2, north + way * metres / 2) for way in (-1, 1))
    box = canvas.extent()
    box.set(corner, other)
    canvas.setExtent(box)
    canvas.refresh()


def scenes():
    arrange()
    yield
    window = qgis.utils.plugins["dothi"].window
    window.surveillance_action.trigger()
    dock = window.surveillance
    arrange("Layers")
    tab = dock.show_tab("timeline")
    iface.mainWindow().resizeDocks([dock], [PANEL], Qt.Orientation.Horizontal)
    while len(tab.scenes) < 40 or not tab.series:
        yield
    tab.choose("S2-20260123", "before")
    tab.choose("S2-20260523", "after")
    tab.page.swipe.setChecked(True)
    while tab.comparison.swipe is None:
        yield
    show(172_800, 1_195_200, 1_700)
    yield
    tab.charting.ask({"x": PIT[0], "y": PIT[1], "crs": UTM})
    while tab.page.chart.answer is None:
        yield
    tab.comparison.swipe.curtain.move_to(iface.mapCanvas().width() * 0.28)
    yield
    photograph("surveillance-timeline")
    tab.page.swipe.setChecked(False)
    tab.page.cursor.setChecked(True)
    tab.charting.tool.pin(on_map(*PIT))
    tab.show_series()
    show(172_650, 1_195_250, 1_100)
    while tab.page.chart.answer is None or tab.charting.latest._busy:
        yield
    layers = iface.mainWindow().findChild(QDockWidget, "Layers")
    layers.show()
    iface.mainWindow().resizeDocks([layers, dock], [LAYERS, PANEL], Qt.Orientation.Horizontal)
    yield
    yield
    photograph("surveillance-chart")
    series = next(one for one in QgsProject.instance().mapLayersByName(SERIES))
    QgsProject.instance().layerTreeRoot().findLayer(series.id()).setItemVisibilityChecked(False)
    tab.detect()
    while tab.task is not None:
        yield
    yield
    iface.messageBar().clearWidgets()
    yield
    photograph("surveillance-detected")
    tab.page.cursor.setChecked(False)
    tab.charting.tool.clear()
    tab.page.say("")
    QgsProject.instance().layerTreeRoot().findGroup("Kết quả Đô Thị").setItemVisibilityChecked(False)
    show(172_800, 1_195_200, 1_700)
    tab.page.play.setChecked(True)
    while tab.player.is_loading or tab.player._caption is None:
        yield
    beside = iface.mainWindow().findChild(QDockWidget, "Temporal Controller")
    iface.mainWindow().resizeDocks([beside], [CONTROLLER], Qt.Orientation.Vertical)
    iface.mainWindow().resizeDocks([layers, dock], [LAYERS, PANEL], Qt.Orientation.Horizontal)
    controller = iface.mapCanvas().temporalController()
    controller.setCurrentFrameNumber(controller.totalFrameCount() - 3)
    yield
    yield
    photograph("surveillance-series")


tour = Tour(scenes(), still=4)

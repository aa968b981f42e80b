"""Inside QGIS (``qgis --code``): the panel of scenarios at work, photographed; see ``pictures_scenarios``."""

import os

import qgis.utils
from pictures_tour import WIDTH, Tour, arrange, photograph
from qgis.core import QgsProject, QgsRectangle
from qgis.PyQt.QtCore import Qt
from qgis.utils import iface

AROUND = float(os.environ.get("DOTHI_PICTURE_AROUND", "2.2"))
BLOCKS = "\"code\" IN ('QH-ODT-086', 'QH-ODT-094')"


def show_planning():
    project = QgsProject.instance()
    place = next(one for one in project.bookmarkManager().bookmarks() if one.id() == "tan_uyen")
    model = iface.layerTreeView().layerTreeModel()
    project.mapThemeCollection().applyTheme(place.group(), project.layerTreeRoot(), model)
    for group in project.layerTreeRoot().findGroups():
        group.setExpanded(False)


def go():
    zones = next(
        one for one in QgsProject.instance().mapLayers().values() if one.customProperty("dothi/layer") == "planned_zone"
    )
    box = QgsRectangle()
    zones.selectByExpression(BLOCKS)
    box.combineExtentWith(zones.boundingBoxOfSelected())
    zones.removeSelection()
    box.scale(AROUND)
    iface.mapCanvas().setExtent(box)
    iface.mapCanvas().refresh()


def pick(dock, word):
    for row in range(dock.page.list.count()):
        if word in dock.page.list.item(row).text():
            dock.page.list.setCurrentRow(row)


def scenes():
    arrange()
    yield
    show_planning()
    window = qgis.utils.plugins["dothi"].window
    window.scenarios_action.trigger()
    dock = window.scenarios
    arrange("Layers")
    iface.mainWindow().resizeDocks([dock], [760], Qt.Orientation.Horizontal)
    while dock.page.list.count() < 2:
        yield
    go()
    yield
    dock.page.floor.setValue(25.0)
    dock.page.green.setText("DKV")
    dock.compare()
    while dock.task is not None:
        yield
    pick(dock, "A –")
    dock.page.swipe.setChecked(True)
    yield
    iface.messageBar().clearWidgets()
    yield
    photograph("scenario-compare")
    dock.page.swipe.setChecked(False)
    pick(dock, "B –")
    dock.page.linked.setChecked(True)
    iface.mainWindow().removeDockWidget(dock)
    beside = dock.linked
    iface.mainWindow().resizeDocks([beside], [WIDTH // 2 - 8], Qt.Orientation.Horizontal)
    yield
    yield
    photograph("scenario-linked")


tour = Tour(scenes())

"""Inside QGIS (``qgis --code``): the panel of publishing at work, photographed; see ``pictures_ioc``."""

import qgis.utils
from pictures_tour import Tour, arrange
from pictures_tour import photograph_without_messages as photograph
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.utils import iface

PANEL = 900  # pixels
PLAN, TROUBLES, SAID = range(3)


def show_networks():
    project = QgsProject.instance()
    place = next(one for one in project.bookmarkManager().bookmarks() if one.id() == "tan_uyen")
    themes = project.mapThemeCollection()
    model = iface.layerTreeView().layerTreeModel()
    names = [name for name in themes.mapThemes() if "iếu sáng" in name or "ạ tầng" in name] or [place.group()]
    themes.applyTheme(names[0], project.layerTreeRoot(), model)
    iface.mapCanvas().setReferencedExtent(place.extent())
    iface.mapCanvas().refresh()


def scenes():
    arrange()
    yield
    show_networks()
    window = qgis.utils.plugins["dothi"].window
    window.ioc_action.trigger()
    dock = window.ioc
    arrange("Layers")
    iface.mainWindow().resizeDocks([dock], [PANEL], Qt.Orientation.Horizontal)
    while len(dock.known) < 2:
        yield
    page = dock.page
    for row in range(page.targets.topLevelItemCount() - 1, -1, -1):
        page.targets.setCurrentItem(page.targets.topLevelItem(row))
        dock.preview()
        while dock.running.task is not None:
            yield
    last = page.targets.topLevelItemCount() - 1
    page.targets.setCurrentItem(page.targets.topLevelItem(last))
    page.tabs.setCurrentIndex(PLAN)
    yield
    photograph("ioc-panel")
    page.tabs.setCurrentIndex(TROUBLES)
    page.troubles.topLevelItem(0).child(0).setSelected(True)  # a conflict that somebody may decide
    yield
    photograph("ioc-conflict")
    page.tabs.setCurrentIndex(SAID)
    yield
    photograph("ioc-said")


tour = Tour(scenes())

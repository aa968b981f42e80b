"""Inside QGIS (``qgis --code``): the panel of rules at work, photographed; see ``pictures_rules``."""

import os
import traceback
from pathlib import Path

import qgis.utils
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QApplication, QDockWidget
from qgis.utils import iface

OUT = Path(os.environ["DOTHI_PICTURES"])
WIDTH, HEIGHT = (int(side) for side in os.environ["DOTHI_PICTURE_SIZE"].split("x"))
POLL_MS, STILL = 250, 4
PANEL = 900
APARTMENT = "qcvn01.net_density.apartment"
READ, TABLE, FIELDS, EXAMPLES, CALCULATOR = range(5)


def photograph(name):
    picture = QApplication.primaryScreen().grabWindow(0, 0, 0, WIDTH, HEIGHT)
    if not picture.save(str(OUT / f"{name}.png")):
        raise OSError(name)


def arrange():
    main = iface.mainWindow()
    main.showNormal()
    main.setGeometry(0, 0, WIDTH, HEIGHT)
    hidden = ("Browser", "Browser2", "LayerOrder", "Undo", "GPSInformation", "MessageLog", "Layers")
    for dock in main.findChildren(QDockWidget):
        if dock.objectName() in hidden:
            dock.hide()
    iface.messageBar().clearWidgets()


def settled(dock):
    return not dock._pause.isActive() and not dock._opening and (not dock.draft.editable or dock.answer)


def choose(dock, rule):
    dock.page.list.choose(rule)
    while dock.entry.get("rule") != rule or not settled(dock):
        yield


def scenes():
    arrange()
    yield
    dock_of = qgis.utils.plugins["dothi"].window
    dock_of.rules_action.trigger()
    dock = dock_of.rules
    arrange()
    iface.mainWindow().resizeDocks([dock], [PANEL], Qt.Orientation.Horizontal)
    while not dock.page.list.tree.topLevelItemCount():
        yield
    dock.page.list.search.setText("mật độ")
    yield from choose(dock, APARTMENT)
    yield
    if os.environ.get("DOTHI_PICTURES_ALL"):
        photograph("x-read")
        yield from choose(dock, "qcvn01.net_density.detached")
        dock.page.tabs.setCurrentIndex(TABLE)
        yield
        photograph("x-one")
        dock.page.list.search.setText("")
        yield from choose(dock, "qcvn01.setback")
        yield
        photograph("x-steps")
        for item in dock.page.list._items():
            line = item.data(0, Qt.ItemDataRole.UserRole)
            if line["limit"] == "classes":
                yield from choose(dock, line["rule"])
                break
        yield
        photograph("x-classes")
        dock.page.list.search.setText("mật độ")
        yield from choose(dock, APARTMENT)
    dock.edit()
    while not dock.answer:
        yield
    dock.draft.set(("source", "document"), "Quyết định thử nghiệm của UBND tỉnh (mô phỏng)")
    dock.draft.set(("source", "clause"), "Điều 5")
    dock.draft.set(("status",), "simulated")
    view, model = dock.page.grid.view, dock.page.model
    dock.page.tabs.setCurrentIndex(TABLE)
    view.setCurrentIndex(model.index(5, 2))
    model.setData(model.index(5, 2), "48,5")
    yield
    while not settled(dock):
        yield
    yield
    photograph("rules-panel")
    if os.environ.get("DOTHI_PICTURES_ALL"):
        for tab, name in ((FIELDS, "fields"), (EXAMPLES, "examples"), (CALCULATOR, "calculator")):
            dock.page.tabs.setCurrentIndex(tab)
            yield
            yield
            photograph(f"x-{name}")
        dock.draft.stack.undo()
        dock.draft.set(("mode",), "replace")
        model.setData(model.index(5, 2), "49")
        dock.page.tabs.setCurrentIndex(EXAMPLES)
        yield
        while not settled(dock):
            yield
        for row in range(dock.page.examples.model.rowCount()):
            dock.page.examples.view.setCurrentIndex(dock.page.examples.model.index(row, 1))
            dock.page.examples.accept_result()
        yield
        while not settled(dock):
            yield
        photograph("x-sound")
        dock.ask_to_save()
        yield
        photograph("x-save")


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
        QgsApplication.instance().processEvents()
        os._exit(code)  # QGIS would ask and save settings; the profile is thrown away


tour = Tour()

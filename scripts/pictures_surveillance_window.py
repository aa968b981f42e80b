"""Inside QGIS (``qgis --code``): alerts, triage and cases at work, photographed; see ``pictures_surveillance``."""

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
POLL_MS, STILL = 250, 5
REASON = "Vệt đục là hệ quả của bãi cát, xử lý chung trong hồ sơ của bãi cát"
NOTE = "Đã báo đơn vị quản lý đường dọn cát (mô phỏng)"


def photograph(name):
    picture = QApplication.primaryScreen().grabWindow(0, 0, 0, WIDTH, HEIGHT)
    if not picture.save(str(OUT / f"{name}.png")):
        raise OSError(name)


def arrange(*away):
    main = iface.mainWindow()
    main.showNormal()
    main.setGeometry(0, 0, WIDTH, HEIGHT)
    hidden = ("Browser", "Browser2", "LayerOrder", "Undo", "GPSInformation", "MessageLog", *away)
    for dock in main.findChildren(QDockWidget):
        if dock.objectName() in hidden:
            dock.hide()
    iface.messageBar().clearWidgets()


def show_image():
    """The scene after the event beneath licences, road and coast."""
    project = QgsProject.instance()
    themes = project.mapThemeCollection()
    wanted = next(one for one in themes.mapThemes() if "sau" in one.lower())
    themes.applyTheme(wanted, project.layerTreeRoot(), iface.layerTreeView().layerTreeModel())


def select(tab, kind):
    row = next(n for n, one in enumerate(tab.model.rows) if one.change_class == kind)
    tab.view.setCurrentIndex(tab.model.index(row, 0))


def scenes():
    arrange()
    yield
    show_image()
    window = qgis.utils.plugins["dothi"].window
    window.surveillance_action.trigger()
    dock = window.surveillance
    arrange("Layers")
    iface.mainWindow().resizeDocks([dock], [900], Qt.Orientation.Horizontal)
    alerts = dock.tab("alerts")
    while alerts.run is None or not alerts.card.toPlainText():
        yield
    select(alerts, "sand_deposit")
    yield
    yield
    photograph("surveillance-alerts")
    alerts.view.setFocus()
    alerts.bar.act("confirmed")
    while alerts.acts.waiting:
        yield
    select(alerts, "pond_lost")
    yield
    alerts.bar.act("in_field")
    while alerts.acts.waiting:
        yield
    select(alerts, "plume")
    yield
    alerts.bar.act("rejected")
    alerts.bar.words.setText(REASON)
    yield
    photograph("surveillance-triage")
    alerts.bar.give_up()
    cases = dock.show_tab("cases")
    while cases.model.rowCount() < 3:
        yield
    select(cases, "sand_deposit")
    yield
    for given in ({"assignee": "Tổ kiểm tra số 2 (mô phỏng)"}, {"note": NOTE}):
        cases.acts.set(cases.data, cases.current().uid, **given)
        while cases.acts.waiting:
            yield
    yield
    yield
    iface.messageBar().clearWidgets()
    photograph("surveillance-cases")


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

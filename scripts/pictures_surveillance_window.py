"""Inside QGIS (``qgis --code``): alerts, triage and cases at work, photographed; see ``pictures_surveillance``."""

import qgis.utils
from pictures_tour import Tour, arrange, photograph
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.utils import iface

REASON = "Vệt đục là hệ quả của bãi cát, xử lý chung trong hồ sơ của bãi cát"
NOTE = "Đã báo đơn vị quản lý đường dọn cát (mô phỏng)"


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


tour = Tour(scenes())

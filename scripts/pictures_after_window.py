"""Inside QGIS (``qgis --code``): checks compared, a breach waived, a house judged while drawn, typed edges."""

import qgis.utils
from pictures_tour import Tour, arrange, layer
from pictures_tour import photograph_without_messages as photograph
from qgis.core import QgsExpression, QgsFeature, QgsFeatureRequest, QgsGeometry
from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface


def zoom(geometry, times):
    box = geometry.boundingBox()
    box.scale(times)
    iface.mapCanvas().setExtent(box)
    iface.mapCanvas().refresh()


def arranged():
    arrange()
    main = iface.mainWindow()
    main.resizeDocks([main.findChild(QDockWidget, "Layers")], [270], Qt.Orientation.Horizontal)


def first_row(panel, wanted):
    model = panel.model
    for group in range(model.rowCount()):
        parent = model.index(group, 0)
        for number in range(model.rowCount(parent)):
            if wanted(model.row_at(model.index(number, 0, parent))):
                return model.index(number, 0, parent)
    raise LookupError("no such finding")


def scenes():
    arranged()
    yield
    window = qgis.utils.plugins["dothi"].window
    window.findings_action.trigger()
    panel = window.findings.panel
    iface.mainWindow().resizeDocks([window.findings], [760], Qt.Orientation.Horizontal)
    for _ in range(3):
        yield
    panel.comparison.earlier.setCurrentIndex(1)
    while panel.comparison.told.text():
        yield
    panel.filters.grouping.setCurrentIndex(panel.filters.grouping.findData("state"))
    for _ in range(3):
        yield
    panel.view.expandAll()
    for _ in range(2):
        yield
    panel.view.setCurrentIndex(first_row(panel, lambda row: row.state in ("new", "fixed")))
    yield
    panel.go()
    yield
    photograph("findings-compared")
    row = panel.model.row_at(first_row(panel, lambda one: one.outcome == "fail" and one.state != "fixed"))
    dialog = panel.waiving.open(row)
    dialog.document.setText("Quyết định 12/QĐ-UBND ngày 05/5/2026 (mô phỏng)")
    dialog.author.setText("UBND phường Tân Uyên")
    dialog.ends.setChecked(True)
    dialog.end.setDate(QDate(2027, 6, 1))
    dialog.note.setPlainText("Cho tồn tại đến khi mở rộng đường.")
    yield
    photograph("waiver-dialog")
    dialog.buttons.button(dialog.buttons.StandardButton.Ok).click()
    for _ in range(4):
        yield
    panel.filters.grouping.setCurrentIndex(panel.filters.grouping.findData("rule"))
    panel.filters.standing.setCurrentIndex(panel.filters.standing.findData("waived"))
    for _ in range(2):
        yield
    panel.view.expandAll()
    yield
    panel.view.setCurrentIndex(first_row(panel, lambda one: bool(one.waiver)))
    for _ in range(2):
        yield
    photograph("findings-waived")
    window.findings_action.trigger()

    window.explain_action.trigger()
    iface.mainWindow().resizeDocks([window.explain.dock], [520], Qt.Orientation.Horizontal)
    building, parcel = layer("building"), layer("parcel")
    lot = next(
        parcel.getFeatures(QgsFeatureRequest(QgsExpression("\"land_use\" = 'ODT' and $area between 300 and 900")))
    )
    zoom(lot.geometry(), 3.0)
    building.startEditing()
    house = QgsFeature(building.fields())
    house.setGeometry(QgsGeometry(lot.geometry()).buffer(-0.6, 1))
    for name, value in (
        ("code", "MỚI-1"), ("use", "detached"), ("height_m", 14.0), ("floors", 4), ("floor_area_m2", 900.0),
    ):  # fmt: skip
        house[name] = value
    house.geometry().convertToMultiType()
    building.addFeature(house)
    for _ in range(5):
        yield
    photograph("drawn")
    building.rollBack()
    window.explain.dock.close()
    window.explain_action.setChecked(False)
    window.explain.use(False)

    window.edges_action.trigger()
    window.edges.pick(parcel, lot)
    for _ in range(4):
        yield
    number = next(n for n, edge in enumerate(window.edges.edges) if edge.kind == "back")
    window.edges._agrees = lambda: True
    window.edges.decide(number, "public")
    for _ in range(2):
        yield
    menu = window.edges.menu(number)
    menu.popup(iface.mapCanvas().mapToGlobal(iface.mapCanvas().rect().center()))
    for _ in range(2):
        yield
    photograph("lot-edges")
    menu.close()


tour = Tour(scenes(), poll_ms=300)

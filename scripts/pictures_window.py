"""Inside QGIS (``qgis --code``): go from scene to scene and photograph the window.

A scene is a step of :func:`scenes`; it changes the window, then yields, and goes on when the map has been still for a
while. The first line of trouble ends QGIS with an error code.
"""

import qgis.utils
from pictures_tour import HEIGHT, OUT, WIDTH, Tour, arrange, layer, photograph
from qgis.core import QgsCoordinateTransform, QgsExpression, QgsFeatureRequest, QgsProject
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtWidgets import QDockWidget, QTabWidget
from qgis.utils import iface


def project():
    return QgsProject.instance()


def found(layer_id, expression):
    """The first feature of a layer that an expression holds for, in the order of its code."""
    request = QgsFeatureRequest(QgsExpression(expression))
    request.addOrderBy("code" if layer(layer_id).fields().indexOf("code") >= 0 else "feature_code")
    return next(layer(layer_id).getFeatures(request))


def show_theme(name):
    root = project().layerTreeRoot()
    model = iface.layerTreeView().layerTreeModel()
    project().mapThemeCollection().applyTheme(name, root, model)
    for group in root.findGroups():
        group.setExpanded(any(node.isVisible() for node in group.findLayers()))


def go(place_id):
    place = next(one for one in project().bookmarkManager().bookmarks() if one.id() == place_id)
    show_theme(place.group())
    zoom(place.extent(), place.extent().crs())


def zoom(extent, crs):
    canvas = iface.mapCanvas()
    move = QgsCoordinateTransform(crs, canvas.mapSettings().destinationCrs(), project())
    canvas.setExtent(move.transformBoundingBox(extent))
    canvas.refresh()


def zoom_to(of, feature, times):
    box = feature.geometry().boundingBox()
    box.scale(times)
    zoom(box, of.crs())


def arranged():
    arrange()
    layers = iface.mainWindow().findChild(QDockWidget, "Layers")
    layers.show()
    iface.mainWindow().resizeDocks([layers], [330], Qt.Orientation.Horizontal)


def window():
    """What the plugin shows in the window."""
    return qgis.utils.plugins["dothi"].window


def dock(object_name, width):
    made = iface.mainWindow().findChild(QDockWidget, object_name)
    iface.mainWindow().resizeDocks([made], [width], Qt.Orientation.Horizontal)
    return made


def image_before():
    """A second map view with the image before, floating at first; its window and its canvas."""
    themes = project().mapThemeCollection().mapThemes()
    now = next(one for one in project().bookmarkManager().bookmarks() if one.id() == "suoi_nhum").group()
    name = next(one for one in themes if one != now and "rước" in one)
    view = iface.createNewMapCanvas("before")
    view.setTheme(name)
    view.setDestinationCrs(project().crs())
    beside = view.parent()
    while not isinstance(beside, QDockWidget):
        beside = beside.parent()
    beside.setWindowTitle(name)
    return beside, view


def put_left(beside):
    """Half of the window for ``beside``, the other half for the main map; the list of layers away."""
    main = iface.mainWindow()
    main.findChild(QDockWidget, "Layers").hide()
    beside.setFloating(False)
    main.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, beside)
    beside.show()
    main.resizeDocks([beside], [WIDTH // 2 - 10], Qt.Orientation.Horizontal)


def scenes():
    arranged()
    yield
    go("tan_uyen")
    yield
    photograph("tan-uyen")
    zoom_to(layer("building"), found("building", "\"use\" = 'mixed'"), 9)
    yield
    photograph("tan-uyen-lots")
    for place, name in (
        ("bach_dang", "bach-dang"),
        ("trung_tam_bach_dang", "networks"),
        ("cang_an_tay", "an-tay-port"),
        ("cang_thai_hoa", "thai-hoa-port"),
        ("suoi_nhum", "suoi-nhum"),
    ):
        go(place)
        yield
        photograph(name)
    beside, view = image_before()
    yield
    put_left(beside)
    yield
    put_left(beside)
    view.setCenter(iface.mapCanvas().center())
    view.zoomScale(iface.mapCanvas().scale())
    yield
    photograph("before-after")
    beside.close()
    arranged()
    go("tan_uyen")
    yield
    building = layer("building")
    feature = found("building", '"floors" >= 4 AND "parcel" IS NOT NULL')
    zoom_to(building, feature, 12)
    yield
    for layer_id, tab, name in (("building", 1, "form"), ("luminaire", 1, "form-luminaire")):
        of = layer(layer_id)
        of.startEditing()
        form = iface.getFeatureForm(of, feature if layer_id == "building" else found(layer_id, '"power_w" > 0'))
        form.setGeometry(600, 200, 640, 470 if layer_id == "building" else 640)
        form.findChild(QTabWidget).setCurrentIndex(tab)
        form.show()
        yield
        photograph(name)
        form.close()
        of.rollBack()
    window().findings_action.trigger()
    dock("dothi_findings", 600)
    for _ in range(2):
        yield
    for wanted, name in (("qcvn01.setback", "findings"), ("qcvn01.net_density", "findings-density")):
        show_groups()
        yield
        select(wanted)
        for _ in range(3):
            yield
        photograph(name)
    window().findings.hide()
    window().explain_action.trigger()
    dock("dothi_verdict", 520)
    feature = broken()
    zoom_to(building, feature, 8)
    yield
    window().explain.ask(building, feature)
    for _ in range(4):
        yield
    photograph("verdict")
    window().explain_action.trigger()
    window().explain.dock.hide()
    for drawing in project().layoutManager().printLayouts():
        number = drawing.name().split()[0]
        if number != "QH-01":
            continue
        designer = iface.openLayoutDesigner(drawing)
        frame = designer.window()
        frame.showNormal()
        frame.setGeometry(0, 0, WIDTH, HEIGHT)
        yield
        designer.view().zoomFull()
        for _ in range(4):
            yield
        photograph("layout-window")
        designer.close()
        yield


def show_groups():
    """Unfold all groups of findings; their rows come from the panel's thread."""
    panel = window().findings.panel
    for number in range(panel.model.rowCount()):
        panel.view.expand(panel.model.index(number, 0))


def select(rule):
    """Select the finding of ``rule`` that is furthest beyond its limit and go there."""
    panel = window().findings.panel
    model = panel.model
    groups = [model.index(number, 0) for number in range(model.rowCount())]
    rows = [model.index(row, 0, group) for group in groups for row in range(model.rowCount(group))]
    index = min(
        (one for one in rows if model.row_at(one).rule.startswith(rule)),
        key=lambda one: (model.row_at(one).severity, model.row_at(one).margin),
    )
    panel.view.setCurrentIndex(index)
    panel.view.scrollTo(index, panel.view.ScrollHint.PositionAtCenter)
    panel.go()


def broken():
    """A building that the newest check says something about: the first that fails."""
    finding = found("finding", "\"outcome\" = 'fail' AND \"layer\" = 'building'")
    return found("building", f"\"uid\" = '{finding['feature_uid']}'")


def export():
    from qgis.core import QgsLayoutExporter

    for drawing in project().layoutManager().printLayouts():
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.imageSize = QSize(1754, 1240)
        path = OUT / f"layout-{drawing.name().split()[0].lower()}.png"
        if QgsLayoutExporter(drawing).exportToImage(str(path), settings) != QgsLayoutExporter.ExportResult.Success:
            raise OSError(str(path))


tour = Tour(scenes(), at_end=export)

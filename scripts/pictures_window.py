"""Inside QGIS (``qgis --code``): go from scene to scene and photograph the window.

A scene is a step of :func:`scenes`; it changes the window, then yields, and goes on when the map has been still for a
while. The first line of trouble ends QGIS with an error code.
"""

import os
import traceback
from pathlib import Path

import qgis.utils
from qgis.core import QgsApplication, QgsCoordinateTransform, QgsExpression, QgsFeatureRequest, QgsProject
from qgis.PyQt.QtCore import QSize, Qt, QTimer
from qgis.PyQt.QtWidgets import QApplication, QDockWidget, QTabWidget
from qgis.utils import iface

OUT = Path(os.environ["DOTHI_PICTURES"])
WIDTH, HEIGHT = (int(side) for side in os.environ["DOTHI_PICTURE_SIZE"].split("x"))
POLL_MS = 250
STILL = 5  # polls without any drawing before a picture is taken


def project():
    return QgsProject.instance()


def layer(layer_id):
    return next(one for one in project().mapLayers().values() if one.customProperty("dothi/layer") == layer_id)


def found(layer_id, expression):
    """The first feature of a layer that an expression holds for, in the order of its code."""
    request = QgsFeatureRequest(QgsExpression(expression))
    request.addOrderBy("code" if layer(layer_id).fields().indexOf("code") >= 0 else "feature_code")
    return next(layer(layer_id).getFeatures(request))


def photograph(name):
    screen = QApplication.primaryScreen()
    picture = screen.grabWindow(0, 0, 0, WIDTH, HEIGHT)
    if not picture.save(str(OUT / f"{name}.png")):
        raise OSError(name)


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


def arrange():
    main = iface.mainWindow()
    main.showNormal()
    main.setGeometry(0, 0, WIDTH, HEIGHT)
    for dock in main.findChildren(QDockWidget):
        if dock.objectName() in ("Browser", "Browser2", "LayerOrder", "Undo", "GPSInformation", "MessageLog"):
            dock.hide()
    layers = main.findChild(QDockWidget, "Layers")
    layers.show()
    main.resizeDocks([layers], [330], Qt.Orientation.Horizontal)
    iface.messageBar().clearWidgets()


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
    arrange()
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
    arrange()
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
        drawing = any(one.isDrawing() for one in iface.mapCanvases())
        self.still = 0 if drawing else self.still + 1
        if self.still < STILL or not project().mapLayers():
            return
        self.still = 0
        try:
            next(self.steps)
        except StopIteration:
            self.end(self.exported())
        except Exception:
            traceback.print_exc()
            self.end(1)

    def exported(self):
        """Print the drawings to files; the exit code."""
        try:
            export()
        except Exception:
            traceback.print_exc()
            return 1
        return 0

    def end(self, code):
        """Leave QGIS without its questions."""
        self.timer.stop()
        project().setDirty(False)
        QgsApplication.instance().processEvents()
        os._exit(code)  # QGIS would ask and save settings; the profile is thrown away


tour = Tour()

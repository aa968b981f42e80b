"""Inside QGIS (``qgis --code``): what every tour of pictures shares. ``pictures.take`` puts this folder on the path.

A scene is a step of a generator: it changes the window, then yields, and goes on when the maps have been still for a
while. The first line of trouble ends QGIS with an error code.
"""

import os
import traceback
from pathlib import Path

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication, QDockWidget
from qgis.utils import iface

OUT = Path(os.environ["DOTHI_PICTURES"])
WIDTH, HEIGHT = (int(side) for side in os.environ["DOTHI_PICTURE_SIZE"].split("x"))
AWAY = ("Browser", "Browser2", "LayerOrder", "Undo", "GPSInformation", "MessageLog")


def layer(layer_id):
    layers = QgsProject.instance().mapLayers().values()
    return next(one for one in layers if one.customProperty("dothi/layer") == layer_id)


def photograph(name):
    picture = QApplication.primaryScreen().grabWindow(0, 0, 0, WIDTH, HEIGHT)
    if not picture.save(str(OUT / f"{name}.png")):
        raise OSError(name)


def photograph_without_messages(name):
    iface.messageBar().clearWidgets()
    QApplication.processEvents()
    photograph(name)


def arrange(*away):
    """The window at its size, without the docks that nobody needs and those named."""
    main = iface.mainWindow()
    main.showNormal()
    main.setGeometry(0, 0, WIDTH, HEIGHT)
    for dock in main.findChildren(QDockWidget):
        if dock.objectName() in (*AWAY, *away):
            dock.hide()
    iface.messageBar().clearWidgets()


class Tour:
    """Steps through ``scenes``, each when the maps have come to rest: ``still`` looks, ``poll_ms`` apart, without any
    drawing. ``at_end`` is called when all is seen.
    """

    def __init__(self, scenes, still=5, poll_ms=250, at_end=lambda: None):
        self.steps, self.still_enough, self.at_end = scenes, still, at_end
        self.still = 0
        self.timer = QTimer()
        self.timer.timeout.connect(self.look)
        self.timer.start(poll_ms)

    def look(self):
        """Take the next step if nothing is being drawn any more."""
        self.still = 0 if any(one.isDrawing() for one in iface.mapCanvases()) else self.still + 1
        if self.still < self.still_enough or not QgsProject.instance().mapLayers():
            return
        self.still = 0
        try:
            if next(self.steps, self) is self:
                self.at_end()
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

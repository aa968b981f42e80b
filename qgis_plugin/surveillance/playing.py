"""The temporal controller of QGIS plays the series: a frame for each scene, alerts appear on the day they began."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsInterval,
    QgsProject,
    QgsRasterLayer,
    QgsTemporalNavigationObject,
    QgsVectorLayer,
    QgsVectorLayerTemporalProperties,
)
from qgis.PyQt.QtWidgets import QDockWidget

_FRAMES_A_SECOND = 1.0  # long enough to see what is new
_DOCK = "Temporal Controller"  # QGIS's own name of its panel
_BEGINS = "first_on"  # field of an alert of a series


def set_controller(iface: Any, layers: Sequence[QgsRasterLayer]) -> QgsTemporalNavigationObject | None:
    """Range, frames and speed for ``layers``, which have fixed ranges; the first frame is shown.

    Returns the map's controller, None where its canvas has none (a window of tests).
    """
    shown = sorted((layer.temporalProperties().fixedTemporalRange() for layer in layers), key=lambda one: one.begin())
    if not shown:
        return None
    whole = QgsDateTimeRange(shown[0].begin(), shown[-1].end())
    settings = QgsProject.instance().timeSettings()
    settings.setTemporalRange(whole)
    settings.setTimeStepUnit(Qgis.TemporalUnit.IrregularStep)
    settings.setTimeStep(1)
    settings.setFramesPerSecond(_FRAMES_A_SECOND)
    settings.setIsTemporalRangeCumulative(False)
    controller = iface.mapCanvas().temporalController()
    if not isinstance(controller, QgsTemporalNavigationObject):
        return None
    controller.setNavigationMode(QgsTemporalNavigationObject.NavigationMode.Animated)
    controller.setAvailableTemporalRanges(shown)
    controller.setTemporalExtents(whole)
    controller.setFrameDuration(QgsInterval(1, Qgis.TemporalUnit.IrregularStep))
    controller.setFramesPerSecond(_FRAMES_A_SECOND)
    controller.setTemporalRangeCumulative(False)
    controller.setCurrentFrameNumber(0)
    dock = iface.mainWindow().findChild(QDockWidget, _DOCK)
    if dock is not None:
        dock.show()
        dock.raise_()
    return controller


def let_go(iface: Any) -> None:
    """The controller off again: the map shows all times."""
    controller = iface.mapCanvas().temporalController()
    if isinstance(controller, QgsTemporalNavigationObject):
        controller.pause()
        controller.setNavigationMode(QgsTemporalNavigationObject.NavigationMode.NavigationOff)
    elif iface.mapCanvas().mapSettings().isTemporal():
        iface.mapCanvas().setTemporalRange(QgsDateTimeRange())


def let_alerts_appear(layer: QgsVectorLayer) -> bool:
    """Alerts of a series are seen from the day they began; False where ``layer`` has no such day."""
    if layer.fields().lookupField(_BEGINS) < 0:
        return False
    times = layer.temporalProperties()
    times.setMode(QgsVectorLayerTemporalProperties.TemporalMode.ModeFeatureDateTimeStartAndEndFromFields)
    times.setStartField(_BEGINS)
    times.setEndField("")
    times.setIsActive(True)
    return True


def day_of_frame(controller: QgsTemporalNavigationObject, frame: int) -> date:
    """The day that a frame shows from."""
    begin = controller.dateTimeRangeForFrameNumber(frame).begin().date()
    return date(begin.year(), begin.month(), begin.day())


def follow(controller: QgsTemporalNavigationObject, tell: Callable[[date | None], None]) -> Callable[[], None]:
    """Tell the day of each frame that is shown; the function that comes back ends it."""

    def told(shown: QgsDateTimeRange) -> None:
        begin = shown.begin().date()
        tell(date(begin.year(), begin.month(), begin.day()) if begin.isValid() else None)

    controller.updateTemporalRange.connect(told)

    def end() -> None:
        controller.updateTemporalRange.disconnect(told)
        tell(None)

    return end

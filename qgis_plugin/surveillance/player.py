"""Loads the scenes as a series, hands them to the temporal controller, and captions the map with the day shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QObject

from ...layers.errors import DothiError
from ..language import tr
from ..scenarios.steps import Steps
from . import images, loading, playing
from .caption import Caption
from .scenes import Scene, cloud_text, day_text
from .timeline_page import TimelinePage


class Player(QObject):
    """:meth:`start` makes layers a few milliseconds at a time; :meth:`stop` takes all of it away."""

    def __init__(self, iface: Any, page: TimelinePage, refused: Callable[[DothiError], None]) -> None:
        super().__init__(page)
        self.iface, self.page = iface, page
        self._refused = refused
        self._steps: Steps | None = None
        self._unfollow: Callable[[], None] | None = None
        self._caption: Caption | None = None
        self._scenes: list[Scene] = []
        self._simulated = False

    @property
    def is_loading(self) -> bool:
        """Whether layers are still being made."""
        return self._steps is not None

    def start(self, data: str, scenes: Sequence[Scene], colours: str, *, simulated: bool) -> None:
        """Play ``scenes`` that have a decoded copy; alerts of the newest series appear on the day they began."""
        self.stop()
        self._scenes, self._simulated = [one for one in scenes if one.copy is not None], simulated
        images.show(QgsProject.instance(), images.PAIR, False)  # else it would be seen through masked clouds
        made = images.add_series(QgsProject.instance(), self._scenes, colours, simulated=simulated)
        self._steps = Steps(made, lambda layers: self._loaded(data, layers), self._stopped, self)

    def _stopped(self, error: DothiError) -> None:
        self._steps = None
        images.clear(QgsProject.instance(), images.SERIES)
        self._refused(error)

    def _loaded(self, data: str, layers: list[QgsRasterLayer]) -> None:
        self._steps = None
        source = loading.newest_alerts_of_series(data)
        if source:
            alerts = loading.add_alerts(QgsProject.instance(), source, tr("plugin.surveillance.timeline.alerts"))
            if alerts is not None:
                playing.let_alerts_appear(alerts)
                node = QgsProject.instance().layerTreeRoot().findLayer(alerts.id())
                if node is not None:
                    node.setItemVisibilityCheckedParentRecursive(True)
        self._caption = Caption(self.iface.mapCanvas())
        controller = playing.set_controller(self.iface, layers)
        if controller is None:
            return
        self._unfollow = playing.follow(controller, self._show_day)
        self._show_day(playing.day_of_frame(controller, controller.currentFrameNumber()))

    def _show_day(self, day: date | None) -> None:
        self.page.strip.show_day(day)
        if self._caption is None:
            return
        shown = [one for one in self._scenes if day is not None and one.day <= day]
        if not shown:
            self._caption.say("")
            return
        scene = shown[-1]
        told = [day_text(scene.day), scene.sensor, cloud_text(scene)]
        if self._simulated:
            told.append(tr("plugin.surveillance.timeline.simulated"))
        self._caption.say(" · ".join(told))

    def stop(self) -> None:
        """The layers of the series leave the project, the map shows all times."""
        if self._steps is None and self._caption is None:
            return
        if self._steps is not None:
            self._steps.stop()
            self._steps = None
        if self._unfollow is not None:
            self._unfollow()
            self._unfollow = None
            playing.let_go(self.iface)
        if self._caption is not None:
            self._caption.close()
            self._caption = None
        self.page.strip.show_day(None)
        images.show(QgsProject.instance(), images.PAIR, True)
        images.clear(QgsProject.instance(), images.SERIES)

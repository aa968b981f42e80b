"""Publishing every few hours while QGIS is open and a project of the data set is loaded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, QTimer

from ...engine.contract import ioc
from ...layers.errors import DothiError
from ..credentials import is_open
from ..language import tr
from ..project_data import data_of_project
from .keeping import keep, scheduled
from .running import Running

LOOK_MS = 60_000


class Schedule(QObject):
    """Looks once a minute whether a target of the open project is due; one at a time.

    It never asks for the master password and never answers a question for the user: where a publication needs a
    decision, the message bar says so and the panel waits.
    """

    def __init__(self, iface: Any, running: Running, published: Callable[[], None]) -> None:
        super().__init__(iface.mainWindow())
        self._iface, self._running, self._published = iface, running, published
        self._told: dict[str, str] = {}  # the last trouble of each target, so that it is not said every minute
        self.timer = QTimer(self)
        self.timer.setInterval(LOOK_MS)
        self.timer.timeout.connect(self.look)
        self.timer.start()

    def look(self) -> None:
        """Start what is due."""
        data = data_of_project()
        if not data or self._running.task is not None:
            return
        for name, one in scheduled(data).items():
            if not one.is_due():
                continue
            if one.authcfg and not is_open():
                self._say(name, tr("plugin.ioc.locked", target=name))
                continue
            keep(data, name, replace(one, tried_at=time.time()))
            answered, refused = partial(self._answered, name), partial(self._refused, name)
            self._running.start(ioc.PUBLISH, data, name, answered, refused)
            return

    def _answered(self, name: str, value: Mapping[str, Any], _warnings: list[str]) -> None:
        troubles = {key: int(value[key]) for key in ("unproved", "failed", "conflicts")}
        if any(troubles.values()):
            self._say(name, tr("plugin.ioc.scheduled_in_part", target=name, **troubles))
        else:
            self._told.pop(name, None)
        self._published()

    def _refused(self, name: str, error: DothiError) -> None:
        self._say(name, tr("plugin.ioc.scheduled_failed", target=name, reason=tr(error.code, **error.arguments)))
        self._published()

    def _say(self, name: str, text: str) -> None:
        if self._told.get(name) != text:
            self._told[name] = text
            self._iface.messageBar().pushMessage(tr("plugin.name"), text, Qgis.MessageLevel.Warning)

    def shut(self) -> None:
        """Leave nothing behind."""
        self.timer.stop()
        self.deleteLater()

"""The shell of surveillance: a dock with one tab each for alerts, cases and the timeline.

A tab is a widget with ``read(data)``, called when it comes into sight and when something changed, ``rest()`` when the
dock is closed, and ``shut()`` before it goes. A tab is made when it is first looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from qgis.core import Qgis, QgsProject
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from ..language import tr
from ..project_data import data_of_project
from .acts import Acts
from .mark import Mark

DOCK = "dothi_surveillance"


class Tab(Protocol):
    """What the shell asks of a tab, which is a ``QWidget`` as well."""

    def read(self, data: str) -> None:
        """Show what there is of the data set ``data`` (a path; empty: the project stands on none)."""

    def rest(self) -> None:
        """The dock was closed: the map goes back to what it was, the engine may rest."""

    def shut(self) -> None:
        """Leave nothing behind."""


class _Place(QWidget):
    """Where a tab will stand as soon as somebody looks at it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        super().__init__()
        self._make = make
        self.tab: Any = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)

    def made(self) -> Any:
        """The tab itself, made now at the latest."""
        if self.tab is None:
            self.tab = self._make()
            self.layout().addWidget(self.tab)
        return self.tab


class SurveillanceDock(QgsDockWidget):
    """Alerts, cases and scenes of the project's data set."""

    def __init__(self, iface: Any) -> None:
        super().__init__(tr("plugin.surveillance.title"), iface.mainWindow())
        self.setObjectName(DOCK)
        self.iface = iface
        self.acts = Acts(self)
        self.acts.refused.connect(self._refused)
        self.mark = Mark(iface)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self._places = {
            "alerts": _Place(self._make_alerts),
            "cases": _Place(self._make_cases),
            "timeline": _Place(self._make_timeline),
        }
        for name, place in self._places.items():
            self.tabs.addTab(place, tr(f"plugin.surveillance.tab.{name}"))
        self.setWidget(self.tabs)
        self.tabs.currentChanged.connect(lambda _: self.read())
        self.closed.connect(self._rest)
        QgsProject.instance().readProject.connect(self._project_read)
        QgsProject.instance().cleared.connect(self._project_read)

    def _make_alerts(self) -> Any:
        from .alerts_tab import AlertsTab

        return AlertsTab(self.iface, self.acts, self.mark, self.read)

    def _make_cases(self) -> Any:
        from .cases_tab import CasesTab

        return CasesTab(self.iface, self.acts, self.mark)

    def _make_timeline(self) -> Any:
        from .timeline import TimelineTab

        return TimelineTab(self.iface)

    def _refused(self, sentence: str) -> None:
        self.iface.messageBar().pushMessage(tr("plugin.name"), sentence, Qgis.MessageLevel.Warning)

    def tab(self, name: str) -> Any:
        """The tab that stands under ``alerts``, ``cases`` or ``timeline``; made now at the latest."""
        return self._places[name].made()

    def show_tab(self, name: str) -> Any:
        """Bring the tab to the front, and return it."""
        self.tabs.setCurrentWidget(self._places[name])
        return self.tab(name)

    def read(self) -> None:
        """Read again what the tab in sight shows."""
        place: _Place = self.tabs.currentWidget()
        place.made().read(data_of_project())

    def _project_read(self, *_: Any) -> None:
        if self.isUserVisible():
            self.read()

    def _made(self) -> list[Any]:
        return [place.tab for place in self._places.values() if place.tab is not None]

    def _rest(self) -> None:
        for tab in self._made():
            tab.rest()
        self.acts.rest()

    def shut(self) -> None:
        """Leave nothing behind."""
        QgsProject.instance().readProject.disconnect(self._project_read)
        QgsProject.instance().cleared.disconnect(self._project_read)
        for tab in self._made():
            tab.shut()
        self.acts.shut()
        self.iface.removeDockWidget(self)
        self.deleteLater()

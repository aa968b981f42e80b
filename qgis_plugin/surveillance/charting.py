"""The index chart under the cursor: the map tool asks, the warm engine answers, the chart is drawn."""

from __future__ import annotations

from typing import Any

from qgis.gui import QgsMapTool

from ...engine.contract import series
from ...layers.errors import DothiError
from ..language import tr
from .asking import Latest, WarmEngine
from .chart import place_title
from .cursor import ChartTool
from .timeline_page import TimelinePage


class Charting:
    """Holds the tool while one of its two buttons is down."""

    def __init__(self, iface: Any, page: TimelinePage, engine: WarmEngine) -> None:
        self.iface, self.page = iface, page
        self.data = ""
        self._before: QgsMapTool | None = None
        self._place: dict[str, Any] | None = None
        self.latest = Latest(engine, series.CHART, self._answered, self._refused)
        self.tool = ChartTool(iface.mapCanvas(), self.ask)
        self.tool.deactivated.connect(self._left)
        page.cursor.toggled.connect(lambda on: self._use(on, drawing=False))
        page.polygon.toggled.connect(lambda on: self._use(on, drawing=True))
        page.series.currentIndexChanged.connect(lambda _: self.again())

    def about(self, data: str) -> None:
        """Of which data set the series are."""
        if data != self.data:
            self.data, self._place = data, None
            self.latest.forget()
            self.tool.clear()
        if self.page.chart.answer is None:
            ready = bool(self.page.series.count())
            self.page.chart.say(tr(f"plugin.surveillance.timeline.{'chart_pick' if ready else 'chart_none'}"))

    def ask(self, place: dict[str, Any]) -> None:
        """Ask for the chart of a place in the series that is chosen."""
        self._place = place
        name = self.page.series.currentText()
        if self.data and name:
            self.latest.ask({"data": self.data, "name": name, **place})

    def again(self) -> None:
        """Another series was chosen, or the same one has new dates."""
        if self._place is not None:
            self.ask(self._place)

    def _answered(self, answer: dict[str, Any]) -> None:
        title = place_title(str(answer["measure"]), self.page.series.currentText(), int(answer["pixels"]))
        self.page.chart.show_answer(answer, title)

    def _refused(self, error: DothiError) -> None:
        self.page.chart.say(tr(error.code, **error.arguments))

    def _use(self, wanted: bool, *, drawing: bool) -> None:
        canvas = self.iface.mapCanvas()
        other = self.page.cursor if drawing else self.page.polygon
        if wanted:
            other.blockSignals(True)
            other.setChecked(False)
            other.blockSignals(False)
            self.tool.draw(drawing)
            if canvas.mapTool() is not self.tool:
                self._before = canvas.mapTool()
                canvas.setMapTool(self.tool)
            word = "chart_draw" if drawing else "chart_pick"
            if self.page.chart.answer is None:
                self.page.chart.say(tr(f"plugin.surveillance.timeline.{word}"))
        elif not other.isChecked() and canvas.mapTool() is self.tool:
            canvas.unsetMapTool(self.tool)
            if self._before is not None:
                canvas.setMapTool(self._before)

    def _left(self) -> None:
        """Another tool was taken."""
        for button in (self.page.cursor, self.page.polygon):
            button.blockSignals(True)
            button.setChecked(False)
            button.blockSignals(False)

    def rest(self) -> None:
        """The map goes back to the tool it had."""
        self.latest.forget()
        self._use(False, drawing=False)
        if self.iface.mapCanvas().mapTool() is self.tool:
            self.iface.mapCanvas().unsetMapTool(self.tool)
        self._left()
        self.tool.clear()

    def shut(self) -> None:
        """Leave nothing behind."""
        self.rest()
        self.tool.deleteLater()

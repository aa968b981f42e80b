"""What the timeline tab looks like: tools, strip, pair, scenes, chart. It knows nothing of engine or map."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..language import tr
from .chart import ChartView
from .scene_list import SceneList, SceneModel
from .strip import TimelineStrip

_QGIS = ":/images/themes/default/"
_WORDS = "plugin.surveillance.timeline"


class TimelinePage(QWidget):
    """The inside of the tab."""

    def __init__(self) -> None:
        super().__init__()
        self.head = QLabel(wordWrap=True)
        self.add = _tool("mActionFolder.svg", "add")
        self.newest = _tool("mActionFindReplace.svg", "newest")
        self.decode = _tool("mActionFileSave.svg", "decode")
        self.again = _tool("mActionRefresh.svg", "refresh", words=False)
        self.strip = TimelineStrip()
        self.colours = QComboBox()
        for name in ("true", "false"):
            self.colours.addItem(tr(f"{_WORDS}.colours_{name}"), name)
        self.colours.setToolTip(tr(f"{_WORDS}.colours_tip"))
        self.colours.setAccessibleName(tr(f"{_WORDS}.colours_tip"))
        self.swipe = _tool("mActionSplitFeatures.svg", "swipe", checked=True)
        self.detect = _tool("processingAlgorithm.svg", "detect")
        self.play = _tool("mTemporalNavigationAnimated.svg", "play", checked=True)
        self.model = SceneModel(self)
        self.list = SceneList(self.model)
        self.series = QComboBox()
        self.series.setToolTip(tr(f"{_WORDS}.series_tip"))
        self.series.setAccessibleName(tr(f"{_WORDS}.series_tip"))
        self.series.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.series_on_map = _tool("mActionAddRasterLayer.svg", "series_on_map", words=False)
        self.cursor = _tool("mActionIdentify.svg", "cursor", checked=True)
        self.polygon = _tool("mActionAddPolygon.svg", "polygon", checked=True)
        self.chart = ChartView()
        self.message = QLabel(wordWrap=True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.message.hide()
        self.progress = QProgressBar(maximum=0, textVisible=False)
        self.progress.setFixedHeight(4)
        self.progress.hide()
        self._arrange()

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(_row(self.add, self.newest, self.decode, None, self.again))
        layout.addWidget(self.head)
        layout.addWidget(self.strip)
        layout.addLayout(_row(self.swipe, self.colours, self.detect, None, self.play))
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(_row(self.series, self.series_on_map, self.cursor, self.polygon))
        column.addWidget(self.chart, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.list)
        split.addWidget(lower)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 4)
        split.setSizes([260, 330])
        line = QFrame(frameShape=QFrame.Shape.HLine, frameShadow=QFrame.Shadow.Sunken)
        layout.addWidget(line)
        layout.addWidget(split, 1)
        layout.addWidget(self.message)
        layout.addWidget(self.progress)

    def enable(self, *, data: bool, scenes: bool, pair: bool, series: bool) -> None:
        """Which tools make sense now."""
        for tool in (self.add, self.newest):
            tool.setEnabled(data)
        for tool in (self.decode, self.play, self.colours):
            tool.setEnabled(scenes)
        for tool in (self.swipe, self.detect):
            tool.setEnabled(pair)
        for tool in (self.series, self.series_on_map, self.cursor, self.polygon):
            tool.setEnabled(series)

    def busy(self, working: bool) -> None:
        """A job of the engine runs: no second one is begun."""
        self.progress.setVisible(working)
        for tool in (self.add, self.newest, self.decode, self.detect):
            tool.setEnabled(not working and tool.isEnabled())

    def say(self, text: str, *, bad: bool = False) -> None:
        """One sentence at the foot; empty: none."""
        self.message.setText(text)
        self.message.setStyleSheet("color:#b3261e" if bad else "")
        self.message.setVisible(bool(text))


def _tool(icon: str, name: str, *, checked: bool = False, words: bool = True) -> QToolButton:
    made = QToolButton(autoRaise=True)
    made.setIcon(QIcon(_QGIS + icon))
    made.setText(tr(f"{_WORDS}.{name}"))
    made.setToolTip(tr(f"{_WORDS}.{name}_tip"))
    made.setCheckable(checked)
    if words:
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return made


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Widgets side by side; None is the room between."""
    made = QHBoxLayout()
    made.setSpacing(2)
    for widget in widgets:
        if widget is None:
            made.addStretch(1)
        else:
            made.addWidget(widget)
    return made

"""The list of scenes: a small picture, the day, sensor, cloud, season, and whether a decoded copy is there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QAbstractListModel, QModelIndex, QObject, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFont, QFontMetricsF, QImage, QImageReader, QPainter, QPalette, QPen
from qgis.PyQt.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ..language import tr
from .scenes import Scene, cloud_text, day_text, season_text, told
from .strip import ROLE_COLOURS

_PICTURE, _PAD = 52, 5
_NO_PICTURE = QColor("#e3e3dd")
_GONE = QColor("#b3261e")


@lru_cache(maxsize=256)
def _picture(path: Path, _changed: int) -> QImage:
    """The thumbnail at the size it is drawn; null where it cannot be read."""
    reader = QImageReader(str(path))
    size = reader.size()
    if size.isValid():
        reader.setScaledSize(size.scaled(_PICTURE, _PICTURE, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


def picture_of(scene: Scene) -> QImage:
    """The small picture of ``scene``; null where there is none."""
    if scene.thumbnail is None:
        return QImage()
    try:
        return _picture(scene.thumbnail, scene.thumbnail.stat().st_mtime_ns)
    except OSError:  # deleted since it was listed
        return QImage()


class SceneModel(QAbstractListModel):
    """Newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scenes: list[Scene] = []
        self.chosen: dict[str, str] = {}

    def show_scenes(self, scenes: Sequence[Scene]) -> None:
        """Show ``scenes``, given by day."""
        self.beginResetModel()
        self.scenes = list(reversed(scenes))
        self.endResetModel()

    def mark(self, before: str, after: str) -> None:
        """Which two are chosen (codes, or empty)."""
        self.chosen = {"before": before, "after": after}
        if self.scenes:
            self.dataChanged.emit(self.index(0), self.index(len(self.scenes) - 1))

    def row_of(self, code: str) -> int:
        """The row of a scene; -1 where it is not listed."""
        return next((row for row, scene in enumerate(self.scenes) if scene.code == code), -1)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Called by Qt."""
        return 0 if parent is not None and parent.isValid() else len(self.scenes)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Called by Qt: the words for screen readers and the search of the list; :class:`Delegate` draws."""
        scene = self.scenes[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return scene
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return told(scene)
        return None


class Delegate(QStyledItemDelegate):
    """Draws one scene."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Called by Qt."""
        return QSize(220, _PICTURE + 2 * _PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Called by Qt."""
        scene: Scene = index.data(Qt.ItemDataRole.UserRole)
        picked = bool(option.state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if picked:
            painter.fillRect(option.rect, palette.brush(QPalette.ColorRole.Highlight))
        inside = QRectF(option.rect).adjusted(_PAD, _PAD, -_PAD, -_PAD)
        self._paint_picture(painter, QRectF(inside.left(), inside.top(), _PICTURE, _PICTURE), scene)
        ink = palette.color(QPalette.ColorRole.HighlightedText if picked else QPalette.ColorRole.Text)
        self._paint_words(painter, inside.adjusted(_PICTURE + 2 * _PAD, 0, 0, 0), scene, ink, option.font)
        self._paint_role(painter, inside, scene, option.font, self._roles(index))
        painter.restore()

    def _roles(self, index: QModelIndex) -> list[str]:
        model = index.model()
        scene: Scene = index.data(Qt.ItemDataRole.UserRole)
        chosen = model.chosen if isinstance(model, SceneModel) else {}
        return [role for role in ROLE_COLOURS if chosen.get(role) == scene.code]

    def _paint_picture(self, painter: QPainter, frame: QRectF, scene: Scene) -> None:
        picture = picture_of(scene)
        painter.fillRect(frame, _NO_PICTURE)
        if not picture.isNull():
            size = picture.size()
            corner = frame.center() - QPointF(size.width() / 2, size.height() / 2)
            painter.drawImage(corner, picture)

    def _paint_words(self, painter: QPainter, frame: QRectF, scene: Scene, ink: QColor, font: QFont) -> None:
        bold = QFont(font)
        bold.setBold(True)
        metrics = QFontMetricsF(font)
        line = max(metrics.height(), frame.height() / 3)
        kept = tr(f"plugin.surveillance.timeline.{'cached' if scene.copy else 'not_cached'}")
        gone = scene.state != "present"
        state = tr(f"plugin.surveillance.timeline.state_{scene.state}") if gone else kept
        lines = (day_text(scene.day), f"{scene.sensor} · {cloud_text(scene)}", f"{season_text(scene)} · {state}")
        painter.setPen(QPen(QColor(scene.colour), 1.6))
        painter.setBrush(QColor(scene.colour) if scene.copy else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(frame.left() + 5, frame.top() + line / 2), 4.2, 4.2)
        for number, text in enumerate(lines):
            painter.setFont(bold if number == 0 else font)
            painter.setPen(_GONE if number == 2 and gone else ink)
            left = 16 if number == 0 else 0
            row = QRectF(frame.left() + left, frame.top() + number * line, frame.width() - left, line)
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, row.width())
            painter.drawText(row, int(Qt.AlignmentFlag.AlignVCenter), shown)

    def _paint_role(self, painter: QPainter, frame: QRectF, scene: Scene, font: QFont, roles: list[str]) -> None:
        right = frame.right()
        for role in roles:
            text = tr(f"plugin.surveillance.timeline.role_{role}")
            metrics = QFontMetricsF(font)
            badge = QRectF(0, frame.top(), metrics.horizontalAdvance(text) + 10, metrics.height() + 2)
            badge.moveRight(right)
            painter.setFont(font)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ROLE_COLOURS[role]))
            painter.drawRoundedRect(badge, 3, 3)
            painter.setPen(QColor("white"))
            painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), text)
            right = badge.left() - 4


class SceneList(QListView):
    """The list itself."""

    def __init__(self, model: SceneModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(Delegate(self))
        self.setUniformItemSizes(True)
        self.setAlternatingRowColors(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(tr("plugin.surveillance.timeline.list"))

"""The timeline: a dot for each scene, in the colour of its season, grey where cloudy; clicking chooses two of them.

The wheel narrows the time that is shown, dragging moves along it, a double click shows all of it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from qgis.PyQt.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from ..language import tr
from .scenes import CLOUDY_COLOUR, COLOURS, Scene, day_text, told

_PAPER, _INK, _FAINT, _GRID = QColor("#fdfdfb"), QColor("#2b2b2b"), QColor("#77777a"), QColor("#d9d9d2")
ROLE_COLOURS = {"before": "#5b3fa0", "after": "#b3261e"}
_SIDE, _GAP = 12.0, 5.0
_RADIUS, _REACH = 4.6, 11.0  # pixels: a dot, and how far from it a click still means it
_DRAG = 4.0  # pixels the mouse must move before it is a drag
_LEAST_DAYS = 20.0
_STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60)
_DRY = (11, 12, 1, 2, 3, 4)  # months; only the shade behind the dots, each scene tells its own season


class TimelineStrip(QWidget):
    """Shows scenes along time. ``picked(code, role)``: the user made a scene ``before`` or ``after``."""

    picked = pyqtSignal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scenes: list[Scene] = []
        self.chosen: dict[str, str] = {}
        self.shown_day: date | None = None
        self._view = (0.0, 1.0)
        self._held: tuple[float, tuple[float, float]] | None = None
        self._dragged = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("plugin.surveillance.timeline.strip"))

    def show_scenes(self, scenes: Sequence[Scene]) -> None:
        """Show ``scenes``; the time in view stays where it was if they still lie in it."""
        former = (self._whole(), self._view)
        self.scenes = list(scenes)
        self._view = former[1] if former[0] == self._whole() else self._whole()
        self.setAccessibleDescription("; ".join(told(scene) for scene in self.scenes[-20:]))
        self.update()

    def mark(self, before: str, after: str) -> None:
        """Which scenes are chosen (codes, or empty)."""
        self.chosen = {"before": before, "after": after}
        self.update()

    def show_day(self, day: date | None) -> None:
        """The day that the map shows while the series is played."""
        self.shown_day = day
        self.update()

    def role_of_click(self, scene: Scene) -> str:
        """What a plain click on ``scene`` makes of it: earlier than both is before, later is after, between: the
        nearer of the two moves.
        """
        days = {role: one.day for role in ROLE_COLOURS if (one := self._scene(self.chosen.get(role, "")))}
        if "before" not in days:
            return "after" if "after" in days and scene.day > days["after"] else "before"
        if "after" not in days:
            return "after" if scene.day >= days["before"] else "before"
        if scene.day <= days["before"]:
            return "before"
        if scene.day >= days["after"]:
            return "after"
        return "before" if scene.day - days["before"] < days["after"] - scene.day else "after"

    def sizeHint(self) -> QSize:
        """Flags, dots, dates and a legend."""
        return QSize(420, int(6.9 * QFontMetricsF(self.font()).height()))

    def minimumSizeHint(self) -> QSize:
        """Narrow docks still show it."""
        return QSize(240, self.sizeHint().height())

    # ---- where things are

    def _scene(self, code: str) -> Scene | None:
        return next((scene for scene in self.scenes if scene.code == code), None)

    def _whole(self) -> tuple[float, float]:
        if not self.scenes:
            return (0.0, 1.0)
        first, last = self.scenes[0].day.toordinal(), self.scenes[-1].day.toordinal()
        room = max(4.0, 0.02 * (last - first))
        return (first - room, last + room)

    def x_of(self, day: float) -> float:
        """Pixels from the left of a day (its ordinal number)."""
        first, last = self._view
        return _SIDE + (day - first) / (last - first) * (self.width() - 2 * _SIDE)

    def _day_at(self, x: float) -> float:
        first, last = self._view
        return first + (x - _SIDE) / max(1.0, self.width() - 2 * _SIDE) * (last - first)

    def _line(self) -> float:
        """Height of the line that the dots stand on."""
        return 2.75 * QFontMetricsF(self.font()).height()

    def scene_at(self, place: QPointF) -> Scene | None:
        """The scene whose dot is nearest to ``place``; None where none is near."""
        if abs(place.y() - self._line()) > 2.2 * _REACH:
            return None
        near = [(abs(self.x_of(scene.day.toordinal()) - place.x()), scene.cloudy, scene) for scene in self.scenes]
        found = min(near, key=lambda one: one[:2], default=None)
        return found[2] if found is not None and found[0] <= _REACH else None

    # ---- what the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held, self._dragged = (_at(event).x(), self._view), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Called by Qt: drag, or show what is under the mouse."""
        place = _at(event)
        if self._held is not None and (self._dragged or abs(place.x() - self._held[0]) > _DRAG):
            self._dragged = True
            start, (first, last) = self._held
            days = (start - place.x()) / max(1.0, self.width() - 2 * _SIDE) * (last - first)
            self._show(first + days, last + days)
            return
        scene = self.scene_at(place)
        self.setCursor(Qt.CursorShape.PointingHandCursor if scene else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Called by Qt: a click that was no drag chooses."""
        held, self._held = self._held, None
        if held is None or self._dragged or event.button() != Qt.MouseButton.LeftButton:
            return
        scene = self.scene_at(_at(event))
        if scene is not None:
            self.picked.emit(scene.code, self.role_of_click(scene))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Called by Qt: all of the time again."""
        if self.scene_at(_at(event)) is None:
            self._show(*self._whole())

    def contextMenuEvent(self, event: Any) -> None:
        """Called by Qt: say which of the two it shall be."""
        scene = self.scene_at(QPointF(event.pos()))
        if scene is None:
            return
        menu = QMenu(self)
        for role in ROLE_COLOURS:
            made = menu.addAction(tr(f"plugin.surveillance.timeline.as_{role}", day=scene.day))
            made.triggered.connect(lambda _=False, role=role: self.picked.emit(scene.code, role))
        menu.exec(event.globalPos())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Called by Qt: less or more time, around the mouse."""
        middle = self._day_at(event.position().x())
        times = 0.8 if event.angleDelta().y() > 0 else 1.25
        first, last = self._view
        self._show(middle - (middle - first) * times, middle + (last - middle) * times)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt: arrows move the later scene, with Shift the earlier one."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key(), 0)
        if not step or not self.scenes:
            super().keyPressEvent(event)
            return
        role = "before" if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else "after"
        codes = [scene.code for scene in self.scenes]
        now = codes.index(self.chosen[role]) if self.chosen.get(role) in codes else len(codes) - (step > 0)
        self.picked.emit(codes[min(max(now + step, 0), len(codes) - 1)], role)

    def _show(self, first: float, last: float) -> None:
        """Bring the days from ``first`` to ``last`` into view, within what there is."""
        low, high = self._whole()
        wide = min(max(last - first, min(_LEAST_DAYS, high - low)), high - low)
        start = min(max((first + last - wide) / 2, low), high - wide)
        self._view = (start, start + wide)
        self.update()

    def event(self, event: QEvent) -> bool:
        """Called by Qt: the tip of a dot."""
        if isinstance(event, QHelpEvent):
            scene = self.scene_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), told(scene) if scene else "", self)
            return True
        return bool(super().event(event))

    # ---- drawing

    def paintEvent(self, event: Any) -> None:
        """Called by Qt."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), _PAPER)
        metrics = QFontMetricsF(self.font())
        if not self.scenes:
            painter.setPen(_FAINT)
            middle = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect(), middle, tr("plugin.surveillance.timeline.none"))
            painter.end()
            return
        self._paint_time(painter, metrics)
        for scene in sorted(self.scenes, key=lambda one: not one.cloudy):
            self._paint_dot(painter, scene)
        self._paint_flags(painter, metrics)
        self._paint_legend(painter, metrics)
        painter.end()

    def _paint_time(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        """Seasons behind, the line, and dates below it."""
        line, high = self._line(), metrics.height()
        first, last = (date.fromordinal(max(1, int(day))) for day in self._view)
        for start, end in _months(first, last):
            left = max(self.x_of(start.toordinal()), _SIDE)
            right = min(self.x_of(end.toordinal()), self.width() - _SIDE)
            if right > left:
                shade = QColor(COLOURS["dry" if start.month in _DRY else "rainy"])
                shade.setAlpha(26)
                painter.fillRect(QRectF(left, line - 0.95 * high, right - left, 1.9 * high), shade)
        painter.setPen(QPen(_GRID, 1.4))
        painter.drawLine(QPointF(_SIDE, line), QPointF(self.width() - _SIDE, line))
        until = -1e9
        for day in _ticks(first, last, (self.width() - 2 * _SIDE) / (1.6 * metrics.horizontalAdvance("00/0000"))):
            x = self.x_of(day.toordinal())
            text = f"{day:%m/%Y}"
            half = metrics.horizontalAdvance(text) / 2
            if x < _SIDE or x - half < max(2.0, until) or x + half > self.width() - 2:
                continue
            until = x + half + _GAP
            painter.setPen(QPen(_FAINT, 1.0))
            painter.drawLine(QPointF(x, line + 0.95 * high), QPointF(x, line + 1.15 * high))
            painter.setPen(_INK)
            painter.drawText(QPointF(x - half, line + 1.15 * high + metrics.ascent()), text)
        if self.shown_day is not None:
            x = self.x_of(self.shown_day.toordinal())
            painter.setPen(QPen(_INK, 1.6))
            painter.drawLine(QPointF(x, line - 0.95 * high), QPointF(x, line + 0.95 * high))

    def _paint_dot(self, painter: QPainter, scene: Scene) -> None:
        x = self.x_of(scene.day.toordinal())
        if not _SIDE / 2 <= x <= self.width() - _SIDE / 2:
            return
        colour, place = QColor(scene.colour), QPointF(x, self._line())
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(colour if scene.copy else _PAPER)
        if scene.kind == "radar":
            painter.drawRect(QRectF(x - _RADIUS + 0.6, place.y() - _RADIUS + 0.6, 2 * _RADIUS - 1.2, 2 * _RADIUS - 1.2))
        else:
            painter.drawEllipse(place, _RADIUS, _RADIUS)
        for role, ink in ROLE_COLOURS.items():
            if self.chosen.get(role) == scene.code:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(ink), 2.4))
                painter.drawEllipse(place, _RADIUS + 3.4, _RADIUS + 3.4)

    def _paint_flags(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        """Above the dots, which is before and which is after; two that would touch stand apart."""
        frames: list[QRectF] = []
        for role, ink in ROLE_COLOURS.items():
            scene = self._scene(self.chosen.get(role, ""))
            if scene is None:
                continue
            text = tr(f"plugin.surveillance.timeline.flag_{role}", day=scene.day)
            wide = metrics.horizontalAdvance(text) + 2 * _GAP
            x = self.x_of(scene.day.toordinal())
            left = x - wide if role == "before" else x
            left = min(max(left, 2.0), self.width() - wide - 2.0)
            if frames and left < frames[0].right() + 3:
                left = min(frames[0].right() + 3, self.width() - wide - 2.0)
                frames[0].moveRight(min(frames[0].right(), left - 3))
            frames.append(QRectF(left, 2.0, wide, 1.2 * metrics.height()))
            painter.setPen(QPen(QColor(ink), 1.4))
            if _SIDE <= x <= self.width() - _SIDE:
                painter.drawLine(QPointF(x, frames[-1].bottom()), QPointF(x, self._line() - _RADIUS - 4))
        roles = [role for role in ROLE_COLOURS if self._scene(self.chosen.get(role, ""))]
        for role, frame in zip(roles, frames, strict=True):
            scene = self._scene(self.chosen[role])
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ROLE_COLOURS[role]))
            painter.drawRoundedRect(frame, 3, 3)
            painter.setPen(QColor("white"))
            if scene is not None:
                text = tr(f"plugin.surveillance.timeline.flag_{role}", day=scene.day)
                painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_legend(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        x, y = _SIDE, self._line() + 3.15 * metrics.height()
        entries: Iterable[tuple[str, str, bool]] = (
            ("dry", COLOURS["dry"], True),
            ("rainy", COLOURS["rainy"], True),
            ("cloudy", CLOUDY_COLOUR, True),
            ("not_cached", "#555555", False),
        )
        for name, colour, full in entries:
            text = tr(f"plugin.surveillance.timeline.legend_{name}")
            wide = 2 * _RADIUS + _GAP + metrics.horizontalAdvance(text) + 3 * _GAP
            if x + wide - 3 * _GAP > self.width() - 2:
                break
            painter.setPen(QPen(QColor(colour), 1.6))
            painter.setBrush(QColor(colour) if full else _PAPER)
            painter.drawEllipse(QPointF(x + _RADIUS, y), _RADIUS - 0.6, _RADIUS - 0.6)
            painter.setPen(_INK)
            painter.drawText(QPointF(x + 2 * _RADIUS + _GAP, y + metrics.ascent() / 2 - 1), text)
            x += wide


def _months(first: date, last: date) -> list[tuple[date, date]]:
    """Each month from that of ``first`` to that of ``last``: its first day and the next month's."""
    found = []
    start = first.replace(day=1)
    while start <= last:
        end = (start + timedelta(days=32)).replace(day=1)
        found.append((start, end))
        start = end
    return found


def _ticks(first: date, last: date, most: float) -> list[date]:
    """First days of months, as many as have room, in steps that a year divides into."""
    months = [start for start, _ in _months(first, last)]
    step = next((one for one in _STEPS_MONTHS if len(months) / one <= max(most, 1.0)), _STEPS_MONTHS[-1])
    return [start for start in months if (12 * start.year + start.month - 1) % step == 0]


def _at(event: QMouseEvent) -> QPointF:
    return QPointF(event.position()) if hasattr(event, "position") else QPointF(event.pos())


def date_range(scenes: Sequence[Scene]) -> str:
    """``04/01/2025 – 29/05/2026``; empty for none."""
    return f"{day_text(scenes[0].day)} – {day_text(scenes[-1].day)}" if scenes else ""

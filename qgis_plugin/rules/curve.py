"""The curve beside the grid, painted anew at every change and size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QWidget

from ..language import tr
from . import figures
from .curve_lines import Dot, Line, Point, bars, dots, lines
from .rule_words import Words

# Told apart by eye also where red and green are not: from light to dark along one hue is not enough for four lines.
_COLOURS = ("#0b7a75", "#c2571a", "#4b57b5", "#a3297a", "#6b7d0f", "#2f8fc0", "#8a5a2b", "#555555")
_PAPER, _INK, _GRID, _FAINT = QColor("#fdfdfb"), QColor("#2b2b2b"), QColor("#e3e3dd"), QColor("#77777a")
_GOOD, _BAD = QColor("#2e7d32"), QColor("#c62828")
_LEAST = QSize(300, 220)
_TICKS = 6  # about so many along an axis
_GAP = 6.0


def _steps(low: float, high: float) -> list[float]:
    """Round numbers from ``low`` to ``high``."""
    span = high - low or 1.0
    raw = span / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= raw - 1e-12)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, math.floor(high / step + 1e-9) + 1)]


class CurveView(QWidget):
    """Shows the limit of one rule. :meth:`show_rule` after every change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(_LEAST)
        self.lines: list[Line] = []
        self.dots: list[Dot] = []
        self.bars: list[tuple[str, float]] = []
        self.x_title = self.y_title = self.of_title = ""
        self._marked: tuple[int, int] | None = None
        self.setAccessibleName(tr("plugin.rules.curve"))

    def show_rule(self, values: Mapping[str, Any], examples: Sequence[Mapping[str, Any]], words: Words) -> None:
        """Draw what ``values`` say now; ``examples`` are the engine's last answers."""
        limit = values.get("limit") or {}
        self.dots = dots(values, examples)
        self.lines = lines(limit, max((dot.at[0] for dot in self.dots), default=0.0))
        by = limit.get("by") or [""]
        self.x_title = words.axis(by[0])
        self.of_title = words.axis(by[1]) if len(by) > 1 else ""
        self.y_title = words.limit_axis(values)
        self.bars = [(words.value(str(limit.get("by_class")), name), value) for name, value in bars(limit)]
        told = [f"{self.y_title} / {self.x_title}"] if self.lines else []
        told += [f"{name}: {figures.show(value)}" for name, value in self.bars]
        self.setAccessibleDescription("; ".join(told))
        self.update()

    def mark(self, row: int, column: int) -> None:
        """Ring the entry that is being edited: number of the row and column among the table's own; -1: none."""
        self._marked = (row, column) if row >= 0 and column >= 0 else None
        self.update()

    def sizeHint(self) -> QSize:
        """Room for axes and a legend."""
        return QSize(380, 260)

    def paintEvent(self, event: Any) -> None:
        """All of it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), _PAPER)
        painter.setFont(self.font())
        if self.lines:
            self._paint_lines(painter)
        elif self.bars:
            self._paint_bars(painter)
        else:
            painter.setPen(_FAINT)
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(20, 0, -20, 0), int(middle), tr("plugin.rules.curve_none"))
        painter.end()

    def _all(self) -> Iterable[Point]:
        for line in self.lines:
            yield from (*line.solid, *line.above, *(point for part in line.dashed for point in part))
        yield from (dot.at for dot in self.dots)

    def _paint_lines(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(self.font())
        points = list(self._all())
        left, right = min(x for x, _ in points), max(x for x, _ in points)
        low, high = min(0.0, *(y for _, y in points)), max(y for _, y in points)
        high += 0.06 * (high - low or 1.0)
        across, up = _steps(left, right), _steps(low, high)
        beside = max(metrics.horizontalAdvance(figures.show(y)) for y in up) + 2 * _GAP
        legend = self._legend_rows(metrics, self.width() - beside - 2 * _GAP) if len(self.lines) > 1 else []
        top = metrics.height() * (1 + len(legend)) + _GAP * (3 if legend else 2)
        frame = QRectF(beside, top, self.width() - beside - 3 * _GAP, self.height() - top - 2.6 * metrics.height())

        def at(point: Point) -> QPointF:
            x = frame.left() + (point[0] - left) / (right - left or 1.0) * frame.width()
            return QPointF(x, frame.bottom() - (point[1] - low) / (high - low or 1.0) * frame.height())

        self._paint_axes(painter, metrics, frame, at, (across, up), (left, low))
        self._paint_legend(painter, metrics, legend, QPointF(beside, metrics.height() + 1.5 * _GAP))
        for i, line in enumerate(self.lines):
            self._paint_line(painter, line, QColor(_COLOURS[i % len(_COLOURS)]), at)
        for dot in self.dots:
            self._paint_dot(painter, metrics, dot, at(dot.at))
        if self._marked is not None and self._marked[1] < len(self.lines):
            marks = self.lines[self._marked[1]].marks
            if self._marked[0] < len(marks):
                painter.setPen(QPen(_INK, 1.6))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at(marks[self._marked[0]]), 6.0, 6.0)

    def _paint_axes(
        self, painter: QPainter, metrics: QFontMetricsF, frame: QRectF, at: Any, steps: Any, corner: Point
    ) -> None:
        across, up = steps
        for y in up:
            place = at((corner[0], y))
            painter.setPen(QPen(_GRID, 1.0))
            painter.drawLine(QPointF(frame.left(), place.y()), QPointF(frame.right(), place.y()))
            painter.setPen(_INK)
            text = figures.show(y)
            place = QPointF(frame.left() - _GAP - metrics.horizontalAdvance(text), place.y() + metrics.ascent() / 2 - 1)
            painter.drawText(place, text)
        until = -1e9
        for x in across:
            place = at((x, corner[1]))
            painter.setPen(QPen(_GRID, 1.0))
            painter.drawLine(QPointF(place.x(), frame.top()), QPointF(place.x(), frame.bottom()))
            text = figures.show(x)
            half = metrics.horizontalAdvance(text) / 2
            if place.x() - half > until:  # numbers that would touch are left out
                painter.setPen(_INK)
                painter.drawText(QPointF(place.x() - half, frame.bottom() + metrics.height()), text)
                until = place.x() + half + _GAP
        painter.setPen(QPen(_FAINT, 1.2))
        painter.drawLine(frame.bottomLeft(), frame.bottomRight())
        painter.drawLine(frame.bottomLeft(), frame.topLeft())
        painter.setPen(_INK)
        painter.drawText(QPointF(_GAP, metrics.ascent() + 2), _fit(metrics, self.y_title, self.width() - 2 * _GAP))
        title = _fit(metrics, self.x_title, frame.width())
        middle = max(frame.left(), frame.center().x() - metrics.horizontalAdvance(title) / 2)
        painter.drawText(QPointF(middle, frame.bottom() + 2.2 * metrics.height()), title)

    def _legend_rows(self, metrics: QFontMetricsF, room: float) -> list[list[tuple[int, str]]]:
        """Which names stand in which row: index and text; the first entry (-1) says what they are."""
        rows: list[list[tuple[int, str]]] = [[(-1, _fit(metrics, f"{self.of_title}:", room))]]
        used = metrics.horizontalAdvance(rows[0][0][1]) + 2 * _GAP
        for i, line in enumerate(self.lines):
            text = figures.show(line.name)
            wide = metrics.horizontalAdvance(text) + 18.0 + 2 * _GAP
            if used + wide > room and rows[-1]:
                rows.append([])
                used = 0.0
            rows[-1].append((i, text))
            used += wide
        return rows

    def _paint_legend(
        self, painter: QPainter, metrics: QFontMetricsF, rows: list[list[tuple[int, str]]], place: QPointF
    ) -> None:
        for number, row in enumerate(rows):
            x, y = place.x(), place.y() + number * metrics.height()
            for i, text in row:
                if i >= 0:
                    painter.setPen(QPen(QColor(_COLOURS[i % len(_COLOURS)]), 3.0))
                    painter.drawLine(QPointF(x, y + metrics.height() / 2), QPointF(x + 14.0, y + metrics.height() / 2))
                    x += 18.0
                painter.setPen(_INK)
                painter.drawText(QPointF(x, y + metrics.ascent()), text)
                x += metrics.horizontalAdvance(text) + 2 * _GAP

    def _paint_line(self, painter: QPainter, line: Line, colour: QColor, at: Any) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2.0))
        painter.drawPolyline(QPolygonF([at(point) for point in line.solid]))
        painter.setPen(QPen(colour, 1.4, Qt.PenStyle.DashLine))
        for part in line.dashed:
            painter.drawPolyline(QPolygonF([at(point) for point in part]))
        painter.setPen(QPen(colour, 2.0))
        if line.above:
            painter.drawPolyline(QPolygonF([at(point) for point in line.above]))
            painter.setBrush(_PAPER)  # an open ring: the last row's own number does not belong to it
            painter.drawEllipse(at(line.above[0]), 3.2, 3.2)
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        for mark in line.marks:
            painter.drawEllipse(at(mark), 2.6, 2.6)

    def _paint_dot(self, painter: QPainter, metrics: QFontMetricsF, dot: Dot, place: QPointF) -> None:
        colour = _FAINT if dot.holds is None else _GOOD if dot.holds else _BAD
        painter.setPen(QPen(colour, 2.0))
        painter.setBrush(colour if dot.holds else _PAPER)
        if dot.holds is False:
            for sign in (-1, 1):
                painter.drawLine(place + QPointF(-4.5, -4.5 * sign), place + QPointF(4.5, 4.5 * sign))
        else:
            painter.drawPolygon(
                QPolygonF([place + QPointF(*way) for way in ((0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0))])
            )
        text = tr("plugin.rules.example_short", number=dot.number)
        painter.setPen(colour)
        right = place.x() + 8 + metrics.horizontalAdvance(text) < self.width()
        x = place.x() + 8 if right else place.x() - 8 - metrics.horizontalAdvance(text)
        below = dot.number % 2 == 0  # examples often stand side by side
        painter.drawText(QPointF(x, place.y() + (metrics.ascent() + 2 if below else -4)), text)

    def _paint_bars(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(self.font())
        most = max(abs(value) for _, value in self.bars) or 1.0
        room = self.width() - 2 * _GAP
        each = min(46.0, (self.height() - metrics.height() - 3 * _GAP) / len(self.bars))
        painter.setPen(_INK)
        painter.drawText(QPointF(_GAP, metrics.ascent() + 2), _fit(metrics, self.y_title, room))
        ending = max(metrics.horizontalAdvance(figures.show(value)) for _, value in self.bars) + _GAP
        for i, (name, value) in enumerate(self.bars):
            y = metrics.height() + 2 * _GAP + i * each
            painter.setPen(_INK)
            painter.drawText(QPointF(_GAP, y + metrics.ascent()), _fit(metrics, name, room))
            long = max(1.0, abs(value) / most * (room - ending))
            painter.fillRect(
                QRectF(_GAP, y + metrics.height(), long, max(3.0, each - metrics.height() - 6)), QColor(_COLOURS[0])
            )
            painter.drawText(
                QPointF(2 * _GAP + long, y + metrics.height() + metrics.ascent() / 2 + 2), figures.show(value)
            )


def _fit(metrics: QFontMetricsF, text: str, room: float) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)

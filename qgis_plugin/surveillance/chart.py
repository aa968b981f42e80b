"""An index at one place over time: values, what the season lets expect and its bounds, and where they were left.

Painted anew at every change and size; what it shows is one answer of ``series.chart``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QToolTip, QWidget

from ...layers.messages import has, number
from ..language import language, tr

_PAPER, _INK, _GRID, _FAINT = QColor("#fdfdfb"), QColor("#2b2b2b"), QColor("#e3e3dd"), QColor("#77777a")
_BAND, _EXPECTED, _VALUE = QColor(11, 122, 117, 44), QColor("#0b7a75"), QColor("#1d3557")
_DEPARTED, _MASKED = QColor("#c62828"), QColor("#a8adb3")
_STATE = {"suspected": QColor("#d9822b"), "confirmed": QColor("#c62828"), "ended": QColor("#4a6d94")}
_LEAST = QSize(260, 190)
_GAP, _DOT, _REACH = 6.0, 3.4, 9.0
_TICKS = 5
_MONTHS = (1, 2, 3, 6, 12, 24, 60)


@dataclass(frozen=True)
class Point:
    """One date of a place. ``value`` None: masked; ``low`` and ``high`` None: the season is not known there."""

    day: date
    value: float | None
    history: bool
    low: float | None
    high: float | None

    @property
    def departed(self) -> bool:
        """Whether it lies outside the bounds, after monitoring began."""
        if self.value is None or self.low is None or self.high is None or self.history:
            return False
        return not self.low <= self.value <= self.high


def points_of(answer: Mapping[str, Any]) -> list[Point]:
    """The dates of an answer of ``series.chart``."""
    return [
        Point(date.fromisoformat(one["date"]), one["value"], one["history"], one["low"], one["high"])
        for one in answer["points"]
    ]


class ChartView(QWidget):
    """Shows one answer; :meth:`show_answer` after every question, :meth:`say` where there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(_LEAST)
        self.setMouseTracking(True)
        self.answer: Mapping[str, Any] | None = None
        self.points: list[Point] = []
        self.message = ""
        self.title = ""
        self._curve: list[tuple[date, float, float, float]] = []
        self._span = (0, 1, 0.0, 1.0)
        self.setAccessibleName(tr("plugin.surveillance.timeline.chart"))

    def show_answer(self, answer: Mapping[str, Any], title: str) -> None:
        """Draw ``answer``; ``title`` says which series and place."""
        self.answer, self.title, self.message = answer, title, ""
        self.points = points_of(answer)
        self._curve = [
            (date.fromisoformat(one["date"]), one["expected"], one["low"], one["high"])
            for one in answer["curve"]
            if one["expected"] is not None
        ]
        self._span = self._spanned()
        self.setAccessibleDescription("; ".join(self._told(one) for one in self.points if one.value is not None))
        self.update()

    def say(self, message: str) -> None:
        """Show a sentence instead."""
        self.answer, self.message, self.points, self._curve = None, message, [], []
        self.update()

    def sizeHint(self) -> QSize:
        """Room for axes, legend and the line below."""
        return QSize(420, 260)

    def state_line(self) -> str:
        """What the series says of the place, in a sentence."""
        if self.answer is None:
            return ""
        state = self.answer["state"]
        if state is None:
            return tr("plugin.surveillance.timeline.place_unknown")
        if state == "none":
            return tr("plugin.surveillance.timeline.place_none")
        return tr(
            f"plugin.surveillance.timeline.place_{state}",
            first=date.fromisoformat(self.answer["first"]),
            last=date.fromisoformat(self.answer["last"]),
            count=int(self.answer["count"]),
        )

    def event(self, event: Any) -> bool:
        """Called by Qt: the numbers of the date under the mouse."""
        if isinstance(event, QHelpEvent):
            near = self._nearest(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self._told(near) if near else "", self)
            return True
        return bool(super().event(event))

    def _told(self, point: Point) -> str:
        if point.value is None:
            return tr("plugin.surveillance.timeline.tip_masked", day=point.day)
        low, high = (("–" if one is None else self._figure(one)) for one in (point.low, point.high))
        word = "tip_departed" if point.departed else "tip"
        value = self._figure(point.value)
        return tr(f"plugin.surveillance.timeline.{word}", day=point.day, value=value, low=low, high=high)

    def _figure(self, value: float) -> str:
        return number(value, language(), 3).replace("-", "−")

    # ---- where things are

    def _frame(self) -> QRectF:
        metrics = QFontMetricsF(self.font())
        beside = metrics.horizontalAdvance("−0,000") + 2 * _GAP
        top = metrics.height() * (1 + len(self._legend(metrics, self.width() - 2 * _GAP))) + 2.5 * _GAP
        below = 2.6 * metrics.height() + _GAP
        return QRectF(beside, top, self.width() - beside - 2 * _GAP, max(10.0, self.height() - top - below))

    def _spanned(self) -> tuple[int, int, float, float]:
        """First and last day, lowest and highest value, with some room."""
        if not self.points:
            return (0, 1, 0.0, 1.0)
        days = [one.day.toordinal() for one in self.points]
        numbers = [one.value for one in self.points if one.value is not None]
        numbers += [edge for _, _, low, high in self._curve for edge in (low, high)]
        low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
        room = 0.06 * (high - low or 1.0)
        return min(days), max(days), low - room, high + room

    def _at(self, frame: QRectF, day: date, value: float) -> QPointF:
        first, last, low, high = self._span
        x = frame.left() + (day.toordinal() - first) / max(last - first, 1) * frame.width()
        return QPointF(x, frame.bottom() - (value - low) / (high - low) * frame.height())

    def _nearest(self, place: QPointF) -> Point | None:
        if not self.points:
            return None
        frame = self._frame()
        near = [(abs(self._at(frame, one.day, 0.0).x() - place.x()), n) for n, one in enumerate(self.points)]
        away, found = min(near)
        return self.points[found] if away <= _REACH else None

    # ---- drawing

    def paintEvent(self, event: Any) -> None:
        """Called by Qt."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), _PAPER)
        painter.setFont(self.font())
        if not self.points:
            painter.setPen(_FAINT)
            middle = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(16, 8, -16, -8), middle, self.message)
            painter.end()
            return
        metrics, frame = QFontMetricsF(self.font()), self._frame()
        self._paint_heading(painter, metrics)
        self._paint_axes(painter, metrics, frame)
        self._paint_expected(painter, frame)
        self._paint_moments(painter, metrics, frame)
        self._paint_values(painter, frame)
        painter.setPen(_STATE.get(str((self.answer or {}).get("state")), _FAINT))
        line = metrics.elidedText(self.state_line(), Qt.TextElideMode.ElideRight, self.width() - 2 * _GAP)
        painter.drawText(QPointF(_GAP, self.height() - metrics.descent() - 3), line)
        painter.end()

    def _paint_heading(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        title = self.title
        simulated = bool(self.answer and self.answer["simulated"])
        mark = tr("plugin.surveillance.timeline.simulated") if simulated else ""
        room = self.width() - 3 * _GAP - metrics.horizontalAdvance(mark)
        painter.setPen(_INK)
        painter.drawText(
            QPointF(_GAP, metrics.ascent() + 3), metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
        )
        painter.setPen(_DEPARTED)
        painter.drawText(QPointF(self.width() - _GAP - metrics.horizontalAdvance(mark), metrics.ascent() + 3), mark)
        for line, row in enumerate(self._legend(metrics, self.width() - 2 * _GAP)):
            x, y = _GAP, metrics.height() * (1.5 + line) + _GAP
            for name, text in row:
                self._paint_key(painter, name, QPointF(x + 8, y))
                painter.setPen(_INK)
                painter.drawText(QPointF(x + 20, y + metrics.ascent() / 2 - 1), text)
                x += 20 + metrics.horizontalAdvance(text) + 2 * _GAP

    def _legend(self, metrics: QFontMetricsF, room: float) -> list[list[tuple[str, str]]]:
        """Names in rows that have room."""
        rows: list[list[tuple[str, str]]] = [[]]
        used = 0.0
        for name in ("value", "departed", "masked", "expected", "bounds"):
            text = tr(f"plugin.surveillance.timeline.key_{name}")
            wide = 20 + metrics.horizontalAdvance(text) + 2 * _GAP
            if rows[-1] and used + wide - 2 * _GAP > room:
                rows.append([])
                used = 0.0
            rows[-1].append((name, text))
            used += wide
        return rows

    def _paint_key(self, painter: QPainter, name: str, place: QPointF) -> None:
        if name == "bounds":
            painter.fillRect(QRectF(place.x() - 8, place.y() - 4, 16, 8), _BAND)
        elif name == "expected":
            painter.setPen(QPen(_EXPECTED, 1.8))
            painter.drawLine(place - QPointF(8, 0), place + QPointF(8, 0))
        else:
            self._dot(painter, place, name)

    def _dot(self, painter: QPainter, place: QPointF, name: str) -> None:
        colour = {"value": _VALUE, "departed": _DEPARTED, "masked": _MASKED}[name]
        painter.setPen(QPen(colour, 1.6))
        if name == "masked":
            for sign in (-1, 1):
                painter.drawLine(place + QPointF(-3, -3 * sign), place + QPointF(3, 3 * sign))
            return
        painter.setBrush(colour)
        painter.drawEllipse(place, _DOT + (name == "departed"), _DOT + (name == "departed"))

    def _paint_axes(self, painter: QPainter, metrics: QFontMetricsF, frame: QRectF) -> None:
        first, last, low, high = self._span
        values = _round_steps(low, high)
        digits = _digits(values)
        for value in values:
            y = self._at(frame, date.fromordinal(first), value).y()
            painter.setPen(QPen(_GRID, 1.0))
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setPen(_INK)
            text = number(value, language(), digits).replace("-", "−")
            painter.drawText(
                QPointF(frame.left() - _GAP - metrics.horizontalAdvance(text), y + metrics.ascent() / 2 - 1), text
            )
        room = frame.width() / (metrics.horizontalAdvance("00/0000") * 1.5)
        until = -1e9
        for day in _month_steps(date.fromordinal(first), date.fromordinal(last), room):
            x = self._at(frame, day, low).x()
            painter.setPen(QPen(_GRID, 1.0))
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            text = f"{day:%m/%Y}"
            half = metrics.horizontalAdvance(text) / 2
            left = min(max(x - half, 2.0), self.width() - 2 * half - 2.0)
            if left > until:
                painter.setPen(_INK)
                painter.drawText(QPointF(left, frame.bottom() + metrics.height()), text)
                until = left + 2 * half + _GAP
        painter.setPen(QPen(_FAINT, 1.2))
        painter.drawLine(frame.bottomLeft(), frame.bottomRight())
        painter.drawLine(frame.bottomLeft(), frame.topLeft())

    def _paint_expected(self, painter: QPainter, frame: QRectF) -> None:
        """The season and its bounds; months that nobody knows are left out."""
        painter.save()
        painter.setClipRect(frame)
        for part in _together(self._curve):
            upper = [self._at(frame, day, high) for day, _, _, high in part]
            lower = [self._at(frame, day, low) for day, _, low, _ in part]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_BAND)
            painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))
            painter.setPen(QPen(_EXPECTED, 1.8))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF([self._at(frame, day, middle) for day, middle, _, _ in part]))
        painter.restore()

    def _paint_moments(self, painter: QPainter, metrics: QFontMetricsF, frame: QRectF) -> None:
        """When monitoring began, and when the alert of this place did."""
        if self.answer is None:
            return
        began = date.fromisoformat(self.answer["begins"])
        moments = [(began, _FAINT, tr("plugin.surveillance.timeline.begins"))]
        if self.answer["first"]:
            colour = _STATE.get(str(self.answer["state"]), _DEPARTED)
            first = date.fromisoformat(self.answer["first"])
            moments.append((first, colour, tr("plugin.surveillance.timeline.alert_from", day=first)))
        for line, (day, colour, text) in enumerate(moments):
            if not self.points[0].day <= day <= self.points[-1].day:
                continue
            x = self._at(frame, day, 0.0).x()
            painter.setPen(QPen(colour, 1.4, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            wide = metrics.horizontalAdvance(text)
            left = x - wide - 4 if x - wide - 4 > frame.left() else x + 4
            place = QPointF(left, frame.top() + metrics.ascent() + line * metrics.height())
            painter.fillRect(
                QRectF(left - 2, place.y() - metrics.ascent(), wide + 4, metrics.height()), QColor(253, 253, 251, 205)
            )
            painter.setPen(colour)
            painter.drawText(place, text)

    def _paint_values(self, painter: QPainter, frame: QRectF) -> None:
        seen = [one for one in self.points if one.value is not None]
        painter.setPen(QPen(QColor(29, 53, 87, 90), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([self._at(frame, one.day, one.value or 0.0) for one in seen]))
        for one in self.points:
            if one.value is None:
                self._dot(painter, QPointF(self._at(frame, one.day, 0.0).x(), frame.bottom() - 5), "masked")
            else:
                self._dot(painter, self._at(frame, one.day, one.value), "departed" if one.departed else "value")


def index_name(measure: str) -> str:
    """What an index is called: ``Độ sáng``; a band by its own name."""
    code = f"plugin.surveillance.timeline.index_{measure}"
    return tr(code) if has(code) else measure


def _together(curve: Sequence[tuple[date, float, float, float]]) -> list[list[tuple[date, float, float, float]]]:
    """The curve in pieces without a gap of more than three weeks."""
    parts: list[list[tuple[date, float, float, float]]] = []
    for one in curve:
        if not parts or (one[0] - parts[-1][-1][0]).days > 21:
            parts.append([])
        parts[-1].append(one)
    return parts


def _round_steps(low: float, high: float) -> list[float]:
    raw = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= raw - 1e-12)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _digits(values: Sequence[float]) -> int:
    """Decimals that tell all of ``values`` apart."""
    return next((n for n in range(6) if all(abs(round(one, n) - one) < 1e-9 for one in values)), 6)


def _month_steps(first: date, last: date, most: float) -> list[date]:
    """First days of months, as many as have room."""
    months = range(12 * first.year + first.month, 12 * last.year + last.month)
    step = next((one for one in _MONTHS if len(months) / one <= max(most, 1.0)), _MONTHS[-1])
    return [date(n // 12, n % 12 + 1, 1) for n in months if n % step == 0]


def place_title(measure: str, series: str, pixels: int) -> str:
    """``Độ sáng · chuỗi «Đồi cát» · 1 điểm ảnh``."""
    name = index_name(measure)
    return tr("plugin.surveillance.timeline.chart_title", index=name, series=series, pixels=pixels)

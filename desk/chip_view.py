"""One chip on the screen: the image in its own pixels, the map's pixel outlined, a scale bar, the date."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..layers.messages import number, sentence
from .imagery import Chip

_PAPER, _INK, _PLATE, _RED = QColor("#e2e2e2"), QColor("#1a1a1a"), QColor(255, 255, 255, 230), QColor("#b4231f")
_OUTLINE = QColor("#ffd400")
_BAR_SHARE = 0.35  # of the chip's side that the scale bar takes at most


class ChipView(QWidget):
    """Draws a chip as a square; ``title`` stands before its date."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chip: Chip | None = None
        self._image = QImage()
        self._outline = QPolygonF()
        self._title = ""
        self._note = ""
        self._language = "vi"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(160, 160))

    def sizeHint(self) -> QSize:
        """A size at which a pixel of 10 m is a dozen dots."""
        return QSize(380, 380)

    def show_chip(self, chip: Chip, outline: NDArray[np.float64], title: str, language: str) -> None:
        """Show ``chip`` with the pixel whose corners lie ``outline`` metres from its middle."""
        self._chip, self._title, self._language, self._note = chip, title, language, ""
        rows, columns = chip.picture.shape[:2]
        plain = QImage(chip.picture.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
        self._image = plain.copy()  # the array may go before the widget does
        self._outline = QPolygonF([QPointF(float(x), float(-y)) for x, y in outline])
        self.setAccessibleName(self._words())
        self.update()

    def show_note(self, note: str) -> None:
        """Show a sentence where there is no chip."""
        self._chip, self._note = None, note
        self.setAccessibleName(note)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Image, outline, plates, scale bar; or the note."""
        painter = QPainter(self)
        side = float(min(self.width(), self.height()))
        frame = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        painter.fillRect(frame, _PAPER)
        if self._chip is None:
            painter.setPen(_INK)
            painter.drawText(frame.adjusted(12, 12, -12, -12), _centred(), self._note)
            return
        painter.drawImage(frame, self._image)  # not smoothed: a pixel is what was seen, nothing between
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metre = side / (2 * self._chip.half_m)
        painter.save()
        painter.translate(frame.center())
        painter.scale(metre, metre)
        for colour, width in ((_INK, 4.0), (_OUTLINE, 2.0)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawPolygon(self._outline)
        painter.restore()
        self._plates(painter, frame)
        self._bar(painter, frame, metre)

    def _words(self) -> str:
        if self._chip is None:
            return self._note
        day = self._chip.day
        unknown = sentence("desk.no_date", self._language)
        return f"{self._title} · {sentence('desk.day', self._language, day=day) if day else unknown}"

    def _plates(self, painter: QPainter, frame: QRectF) -> None:
        """Title and date in the upper left corner; below it that the image is simulated, or that it shows nothing."""
        lines = [(self._words(), _INK)]
        if self._chip is not None and self._chip.simulated:
            lines.append((sentence("desk.simulated_short", self._language), _RED))
        if self._chip is not None and self._chip.seen == 0.0:
            lines.append((sentence("desk.nothing_seen", self._language), _RED))
        metrics = painter.fontMetrics()
        top = frame.top() + 6
        for text, colour in lines:
            plate = QRectF(frame.left() + 6, top, metrics.horizontalAdvance(text) + 12, metrics.height() + 4)
            painter.fillRect(plate, _PLATE)
            painter.setPen(colour)
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
            top = plate.bottom() + 2

    def _bar(self, painter: QPainter, frame: QRectF, metre: float) -> None:
        length = bar_length(frame.width() / metre)
        text = sentence("desk.metres", self._language, length=number(length, self._language, 0))
        metrics = painter.fontMetrics()
        wide = max(length * metre, metrics.horizontalAdvance(text)) + 16
        plate = QRectF(
            frame.right() - 6 - wide, frame.bottom() - 12 - metrics.height() - 6, wide, metrics.height() + 12
        )
        painter.fillRect(plate, _PLATE)
        painter.setPen(_INK)
        painter.drawText(plate.adjusted(0, 1, 0, -8), Qt.AlignmentFlag.AlignCenter, text)
        bar = QRectF(plate.center().x() - length * metre / 2, plate.bottom() - 7, length * metre, 3)
        painter.fillRect(bar, _INK)


def bar_length(ground_m: float) -> float:
    """The longest of 1, 2, 5 × 10ⁿ metres that takes at most :data:`_BAR_SHARE` of ``ground_m``."""
    most = ground_m * _BAR_SHARE
    tens = 10.0 ** math.floor(math.log10(most))
    return float(max(step * tens for step in (1, 2, 5) if step * tens <= most))


def _centred() -> int:
    return int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)

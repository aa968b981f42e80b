"""Work in small pieces, one for each turn of the event loop, so that the window stays fluid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from qgis.PyQt.QtCore import QObject, QTimer

from ...layers.errors import DothiError


class Steps(QObject):
    """Takes everything out of ``items``, then calls ``done`` with the list, or ``refused`` with what went wrong."""

    def __init__(
        self,
        items: Iterator[Any],
        done: Callable[[list[Any]], None],
        refused: Callable[[DothiError], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._items, self._done, self._refused = items, done, refused
        self._taken: list[Any] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._next)
        self._timer.start(0)

    def _next(self) -> None:
        try:
            self._taken.append(next(self._items))
        except StopIteration:
            self.stop()
            self._done(self._taken)
        except DothiError as error:
            self.stop()
            self._refused(error)

    def stop(self) -> None:
        """Nobody wants the result any more."""
        self._timer.stop()
        self.deleteLater()

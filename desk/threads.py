"""Work away from the window: chips are cut ahead of the labeller, labels are written in the order they were given."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from ..engine.run import as_dothi_error
from ..layers.errors import DothiError
from .imagery import Chips, cut
from .session import Point, Session

# Chips kept: those just seen, the one shown, those to come. A point's four pictures are about 0.2 MB.
_KEPT = 64
_AHEAD = 4
_NOW, _SOON = 10, 0


class _Task(QRunnable):
    """``work`` in a thread; what it gives, or the error it ends with, goes to ``done`` there."""

    def __init__(self, work: Callable[[], Any], done: Callable[[Any, DothiError | None], None]) -> None:
        super().__init__()
        self._work, self._done = work, done

    def run(self) -> None:
        """Called by the pool in its thread."""
        try:
            made = self._work()
        except Exception as error:  # a thread has nobody above it: whatever went wrong is told in the window
            self._done(None, as_dothi_error(error))
        else:
            self._done(made, None)


class Background(QObject):
    """Any single piece of work in a thread; ``done`` arrives in the window's own thread."""

    done = Signal(object, object, object)  # what it was for, what it gave, its error

    def __init__(self, parent: QObject | None = None, threads: int = 1) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)

    def start(self, what: Any, work: Callable[[], Any], priority: int = _SOON) -> None:
        """Do ``work`` for ``what``; pieces of one priority run in order."""
        self._pool.start(_Task(work, lambda made, error: self.done.emit(what, made, error)), priority)

    def forget(self) -> None:
        """Drop what has not begun."""
        self._pool.clear()

    def wait(self) -> None:
        """Until all that was started is done."""
        self._pool.waitForDone()


class ChipLoader(QObject):
    """Chips by point. :meth:`want` answers with ``loaded`` or ``failed``, at once where they are kept."""

    loaded = Signal(str, object)
    failed = Signal(str, object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._infrared = False
        self._kept: OrderedDict[str, Chips] = OrderedDict()
        self._wanted: set[str] = set()
        self._work = Background(self)
        self._work.done.connect(self._arrived)

    @property
    def infrared(self) -> bool:
        """Whether chips show near infrared as red."""
        return self._infrared

    def set_infrared(self, infrared: bool) -> None:
        """Cut chips anew with other bands."""
        self._infrared = infrared
        self._work.forget()
        self._kept.clear()
        self._wanted.clear()

    def want(self, row: int) -> None:
        """The chips of the point at ``row`` now, then those of the next ones."""
        uid = self._session.points[row].uid
        if uid in self._kept:
            self._kept.move_to_end(uid)
            self.loaded.emit(uid, self._kept[uid])
        else:
            self._start(self._session.points[row], _NOW)
        for ahead in range(row + 1, min(row + 1 + _AHEAD, len(self._session.points))):
            if self._session.points[ahead].uid not in self._kept:
                self._start(self._session.points[ahead], _SOON)

    def stop(self) -> None:
        """Begin nothing more."""
        self._work.forget()
        self._wanted.clear()

    def wait(self) -> None:
        """Until all chips that were asked for are cut."""
        self._work.wait()

    def _start(self, point: Point, priority: int) -> None:
        if point.uid in self._wanted and priority == _SOON:
            return
        self._wanted.add(point.uid)
        session, infrared = self._session, self._infrared
        self._work.start(
            (point.uid, infrared),
            lambda: cut(session.scenes, point.place, point.half_m, point.pixel, session.crs, infrared=infrared),
            priority,
        )

    def _arrived(self, what: tuple[str, bool], made: Chips | None, error: DothiError | None) -> None:
        uid, infrared = what
        if infrared != self._infrared:
            return
        self._wanted.discard(uid)
        if made is None:
            self.failed.emit(uid, error)
            return
        self._kept[uid] = made
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.loaded.emit(uid, made)

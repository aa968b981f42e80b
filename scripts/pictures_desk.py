"""The pictures of the labelling desk, taken from its real window: at work, and its result.

Run on a (virtual) screen. The sample is of the simulated event of 2016; the labels of both people are made up here, for
the picture alone.
"""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtWidgets import QApplication

from ..desk.session import Session, open_session
from ..desk.window import DeskWindow
from ..engine.contract import JOBS
from ..engine.jobs import perform
from ..layers.report import SILENT
from ..store import interpretations
from .files import ROOT

SIZE = (1440, 900)
PEOPLE = ("Nguyễn Thị An", "Trần Văn Bình")
# A point at the edge of the lost pond, where both dates show something.
SHOWN = "pond_lost"


def sample_of_event(folder: Path) -> Path:
    """The event built, detected, and a sample of it drawn."""
    made = perform(JOBS["demo.event"], {"out": str(folder)}, SILENT)
    pair = {name: made[name] for name in ("before", "after", "data")}
    perform(JOBS["change.detect"], pair, SILENT)
    design = {"data": made["data"], "by": "classes", "least": 20, "error": 0.05}
    return Path(perform(JOBS["accuracy.design"], design, SILENT)["sample"])


def label_all(session: Session) -> None:
    """Both people label: mostly as the map says, a tenth otherwise, and the second differs on three points of sand."""
    differ = [point.uid for point in session.points if point.stratum == "sand_deposit"][:3]
    for row, point in enumerate(session.points):
        seen = "no_change" if row % 10 == 0 else point.stratum
        for person in PEOPLE:
            label = "haul_track" if person == PEOPLE[1] and point.uid in differ else seen
            interpretations.put(session.sample, point.uid, person, label, date(2016, 7, 1))


def settle(application: QApplication, window: DeskWindow) -> None:
    """Let threads and window come to rest; what ends in one round may start something for the next."""
    for _ in range(12):
        window.wait()
        application.processEvents()
        time.sleep(0.1)


def take(folder: Path) -> None:
    """Write ``desk-label.png`` and ``desk-result.png`` into ``folder``."""
    application = QApplication.instance() or QApplication([])
    if not isinstance(application, QApplication):
        raise TypeError("a window needs a QApplication")
    with TemporaryDirectory() as place:
        sample = sample_of_event(Path(place))
        session = open_session(sample, PEOPLE[0])
        for point in session.points[:24]:
            session.label(point.stratum)
        window = DeskWindow(session, "vi")
        window.resize(*SIZE)
        window.show()
        session.go(next(row for row, point in enumerate(session.points) if row > 23 and point.stratum == SHOWN))
        window.show_point()
        settle(application, window)
        window.grab().save(str(folder / "desk-label.png"))
        window.close()
        label_all(session)
        window = DeskWindow(open_session(sample, PEOPLE[0]), "vi")
        window.resize(*SIZE)
        window.show()
        settle(application, window)
        window.grab().save(str(folder / "desk-result.png"))
        window.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures")

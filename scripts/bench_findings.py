"""The findings panel with 100,000 findings: how long the window waits, at worst, while it is used.

``python -P -m dothi.scripts.bench_findings [--rows 100000]`` in the environment of the plugin's tests (QGIS's Python).
A timer of the window's event loop beats every 5 ms while the panel opens the run, groups by everything, filters, types
a search, scrolls to the end of a page and selects; a late beat is time the window stood still.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import QgsApplication, QgsGeometry, QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QTimer
from qgis.PyQt.QtWidgets import QMainWindow

BEAT_MS = 5
BUDGET_MS = 50
_SENTENCE = (
    "Thửa {n}: mật độ xây dựng 95,6 % vượt mức tối đa 66,79 % của lô 232,13 m² (QCVN 01:2021/BXD, Bảng 2.8). " * 2
)
_HOW = (
    '{{"limit": {{"table": "Bảng 2.8", "lookup": "linear", "rows": [{{"plot_area": 200.0, "weight": 0.68}}]}}, '
    '"level": "national", "inputs": {{"plot_area": 232.1, "height": 11.2, "street": "Đường số {street}"}}}}'
)


class Window:
    """As much of QGIS's window as the panel asks for."""

    def __init__(self) -> None:
        self.main = QMainWindow()
        self.canvas = QgsMapCanvas(self.main)

    def mainWindow(self) -> QMainWindow:  # noqa: N802 - as QGIS calls it
        """The window."""
        return self.main

    def mapCanvas(self) -> QgsMapCanvas:  # noqa: N802 - as QGIS calls it
        """The map."""
        return self.canvas


class Pulse:
    """Beats in the event loop and remembers the longest wait between two beats, ms."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(0)
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.worst = max(self.worst, 1000 * (now - self._last) - BEAT_MS)
        self._last = now

    def during(self, do: Callable[[], Any], until: Callable[[], bool]) -> tuple[float, float]:
        """Longest wait and whole time (ms) of ``do`` and what follows, until ``until``."""
        QCoreApplication.processEvents()
        self.worst, self._last = 0.0, time.perf_counter()
        begun = time.perf_counter()
        do()
        QCoreApplication.processEvents()
        while not until():
            QCoreApplication.processEvents()
            time.sleep(0.0005)
            if time.perf_counter() - begun > 60:
                raise TimeoutError
        self._beat()
        return self.worst, 1000 * (time.perf_counter() - begun)


def make(folder: Path, rows: int) -> Path:
    """A data set that is only there, and a run of ``rows`` findings with sentences and geometry; returns the first."""
    from dothi.layers import catalogue

    data = folder / "tỉnh.gpkg"
    data.write_bytes(b"")
    runs = folder / "tỉnh.dothi" / "runs"
    runs.mkdir(parents=True)
    columns = [field.id for field in catalogue.layer("finding").fields]
    rules = [f"qcvn01.rule_{number}" for number in range(20)]
    with closing(sqlite3.connect(runs / "20260601T000000000Z-zoning.check-aaaaaa.gpkg")) as base, base:
        base.execute("PRAGMA page_size = 16384")
        base.execute("CREATE TABLE run (uid, judged_on, engine, simulated, counts, inputs)")
        counts = (
            f'{{"pass": 900000, "fail": {rows // 2}, "not_applicable": 5000000, "not_checkable": {rows - rows // 2}}}'
        )
        base.execute("INSERT INTO run VALUES ('r', '2026-06-01', '0.1.0', 1, ?, '{}')", (counts,))
        named = ", ".join(columns)
        base.execute(f"CREATE TABLE finding (fid INTEGER PRIMARY KEY, geom BLOB, {named})")
        base.execute("CREATE TABLE gpkg_geometry_columns (table_name, column_name, srs_id)")
        base.execute("CREATE TABLE gpkg_spatial_ref_sys (srs_id, organization, organization_coordsys_id)")
        base.execute("INSERT INTO gpkg_geometry_columns VALUES ('finding', 'geom', 9210)")
        base.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (9210, 'EPSG', 9210)")
        marks = ", ".join("?" * (len(columns) + 2))
        filled = f"INSERT INTO finding VALUES ({marks})"  # noqa: S608 - question marks
        base.executemany(filled, (_row(n, columns, rules) for n in range(rows)))
    return data


def _row(n: int, columns: list[str], rules: list[str]) -> list[Any]:
    east, north = 600_000 + 5 * (n % 1000), 1_200_000 + 20 * (n // 1000)
    ring = ", ".join(f"{east + x} {north + y}" for x, y in ((0, 0), (5, 0), (5, 20), (0, 20), (0, 0)))
    wkb = bytes(QgsGeometry.fromWkt(f"MultiPolygon((({ring})))").asWkb())
    failed = n % 2 == 0
    values = {
        "uid": f"{n:08x}-0000-4000-8000-000000000000", "outcome": "fail" if failed else "not_checkable",
        "severity": "error" if failed else "info", "message_vi": _SENTENCE.format(n=n), "message_en": "", "run": "r",
        "rule": rules[n % 20], "rule_version": 1, "rule_status": "transcribed", "layer": "parcel",
        "feature_uid": f"{n // 3:08x}-0000-4000-8000-000000000001", "feature_code": f"25888-{n % 60:02d}-{n // 3:04d}",
        "measured": 50 + n % 45 if failed else None, "limit_value": 60.0 if failed else None, "unit": "%",
        "how": _HOW.format(street=n % 400), "source": "QCVN 01:2021/BXD, 2.6.3, Bảng 2.8",
        "missing": None if failed else '["building.height_m"]',
    }  # fmt: skip
    return [n + 1, b"GP\x00\x01" + (9210).to_bytes(4, "little") + wkb, *(values.get(column) for column in columns)]


def main() -> int:
    """Print the waits; 0 when none is over the budget."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=100_000)
    rows = asked.parse_args().rows
    application = QgsApplication([], True)
    application.initQgis()
    with tempfile.TemporaryDirectory() as folder:
        worst = _measure(make(Path(folder), rows), rows)
    application.exitQgis()
    print(f"{'worst wait':34} {worst:7.1f} ms  (budget {BUDGET_MS})")
    return 0 if worst <= BUDGET_MS else 1


def _measure(data: Path, rows: int) -> float:
    from dothi.qgis_plugin import project_data
    from dothi.qgis_plugin.findings.panel import FindingsPanel

    project_data.remember(QgsProject.instance(), str(data))
    window = Window()
    panel = FindingsPanel(window)
    panel.resize(560, 900)
    panel.show()
    pulse, worst = Pulse(), 0.0
    model, filters = panel.model, panel.filters

    def settled() -> bool:
        return bool(panel.count.text()) and model.rowCount() > 0 and model.rowCount(model.index(0, 0)) > 0

    def choose(box: Any, value: str) -> Callable[[], None]:
        return lambda: (panel.count.clear(), box.setCurrentIndex(box.findData(value)))[0]

    def scroll() -> None:
        panel.view.verticalScrollBar().setValue(panel.view.verticalScrollBar().maximum())

    def typed() -> None:
        panel.count.clear()
        filters.search.setText("duong so 17")

    def seen(number: int) -> Callable[[], bool]:
        return lambda: model.rowCount(model.index(0, 0)) >= number

    first = lambda: panel.view.setCurrentIndex(model.index(0, 0, model.index(0, 0)))  # noqa: E731
    for name, do, until in (
        ("open the run", panel.read, settled),
        ("both outcomes", choose(filters.outcome, ""), settled),
        ("group by lot", choose(filters.grouping, "feature"), settled),
        ("group by street", choose(filters.grouping, "street"), settled),
        ("group by severity", choose(filters.grouping, "severity"), settled),
        ("scroll to the next page", scroll, seen(min(400, rows // 2))),
        ("search", typed, settled),
        ("select", first, lambda: panel.shown is not None),
    ):
        wait, whole = pulse.during(do, until)
        worst = max(worst, wait)
        print(f"{name:34} {wait:7.1f} ms of {whole:7.0f} ms")
    panel.shut()
    for widget in (panel, window.main):
        widget.deleteLater()  # before QGIS ends, which they need
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QgsProject.instance().clear()
    return worst


if __name__ == "__main__":
    sys.exit(main())

"""How long the plugin holds QGIS's main thread at start-up: fresh processes, files warm, median of five.

Run with QGIS's own Python: ``python -P -m dothi.scripts.bench_startup``. Measures the import of the plugin,
``initProcessing`` (toolbox) and ``initGui`` (menu, toolbar) on a window of Qt; QGIS itself is not counted.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

BUDGET_MS = 60.0
ROUNDS = 5

_ONE = """
import json, sys, time
from qgis.core import QgsApplication, QgsProject, QgsCoordinateReferenceSystem
from qgis.gui import QgsOptionsWidgetFactory  # QGIS's window has loaded it long before plugins
from qgis.PyQt.QtWidgets import QMainWindow
app = QgsApplication([], True); app.initQgis()
QgsProject.instance()
QgsCoordinateReferenceSystem("EPSG:4326"); QgsCoordinateReferenceSystem("EPSG:3857")
class Desk:
    def __init__(self):
        self.main = QMainWindow(); self.help = self.main.menuBar().addMenu("Help")
    def mainWindow(self): return self.main
    def firstRightStandardMenu(self): return self.help
    def addToolBar(self, name): return self.main.addToolBar(name)
    def registerOptionsWidgetFactory(self, page): pass
    def unregisterOptionsWidgetFactory(self, page): pass
desk = Desk()
def now(): return time.perf_counter(), time.thread_time()
moments = [now()]
import dothi
plugin = dothi.classFactory(desk); moments.append(now())
plugin.initProcessing(); moments.append(now())
plugin.initGui(); moments.append(now())
spent = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(moments, moments[1:])]
print(json.dumps({"import": spent[0][0], "processing": spent[1][0], "window": spent[2][0],
                  "total": sum(wall for wall, _ in spent), "cpu": sum(cpu for _, cpu in spent)}))
plugin.unload()
app.exitQgis()
"""


def rounds(count: int = ROUNDS) -> list[dict[str, float]]:
    """Milliseconds of ``count`` fresh starts, after one that warms the files."""
    found = []
    with tempfile.TemporaryDirectory() as profile:
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "QGIS_CUSTOM_CONFIG_PATH": profile}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed plugin is compiled once
        for _ in range(count + 1):
            done = subprocess.run(
                [sys.executable, "-P", "-c", _ONE], env=environment, capture_output=True, text=True, check=True
            )
            found.append({part: 1000.0 * seconds for part, seconds in json.loads(done.stdout).items()})
    return found[1:]


def main() -> int:
    """Print the medians; the exit code is 1 over budget."""
    measured = rounds()
    medians = {part: statistics.median(one[part] for one in measured) for part in measured[0]}
    shares = ", ".join(f"{part} {medians[part]:.1f}" for part in ("import", "processing", "window"))
    print(
        f"plugin start-up: {medians['total']:.1f} ms of the main thread ({shares}; computing {medians['cpu']:.1f}); "
        f"budget {BUDGET_MS:.0f} ms"
    )
    return int(medians["total"] > BUDGET_MS)


if __name__ == "__main__":
    sys.exit(main())

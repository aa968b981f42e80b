"""A QGIS Server on loopback for tests: ``qgis_mapserver`` with a project written here, over a PostGIS schema."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAM = "qgis_mapserver"
PYTHON = "/usr/bin/python3"  # the Python that QGIS's own modules belong to
# Run by QGIS's Python: the project as QGIS itself writes it. Arguments: where to, and the source of the layer.
_WRITE = """
import sys
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
layer = QgsVectorLayer(sys.argv[2], "parcel", "postgres")
assert layer.isValid(), layer.error().message()
project = QgsProject.instance()
project.setCrs(layer.crs())
project.addMapLayer(layer)
project.writeEntry("WFSLayers", "/", [layer.id()])
project.writeEntryBool("WMSAddWktGeometry", "/", True)
project.writeEntry("WMSPrecision", "/", 9)
assert project.write(sys.argv[1])
"""


def is_there() -> bool:
    """Whether QGIS Server is on this machine (Debian: ``qgis-server`` of bookworm-backports)."""
    return shutil.which(PROGRAM) is not None and Path("/usr/lib/python3/dist-packages/qgis").is_dir()


@contextmanager
def serving(folder: Path, connection: str) -> Iterator[str]:
    """Serve the view ``ioc.parcel`` of a database (``connection`` is libpq's); yields the address."""
    source = (
        f"{connection} key='uid' srid=4326 type=MultiPolygon checkPrimaryKeyUnicity='1' table=\"ioc\".\"parcel\" (geom)"
    )
    project = folder / "ioc.qgs"
    around = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "QGIS_SERVER_LOG_STDERR": "1"}
    made = subprocess.run(
        [PYTHON, "-c", _WRITE, str(project), source],
        env=around,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if not project.is_file():
        raise RuntimeError(made.stderr)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PROGRAM, "-p", str(project), f"127.0.0.1:{port}"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=around, cwd=folder, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _await(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/wfs3/collections.json", timeout=60):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"qgis_mapserver: {process.poll()}")

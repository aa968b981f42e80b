"""QGIS's process stays free of the science libraries, and the code is ready for Qt 6."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

SCIENCE = {
    "geopandas",
    "pandas",
    "pyproj",
    "rasterio",
    "shapely",
    "pyogrio",
    "skimage",
    "scipy",
    "sqlite_utils",
    "PySide6",
}
SOURCES = sorted((ROOT / "qgis_plugin").rglob("*.py"))

# Loads the plugin as QGIS does and prints what that imported, with the time it took.
_LOAD = """
import sys
from qgis.core import QgsApplication
app = QgsApplication([], False); app.initQgis()
before = set(sys.modules)
import dothi
plugin = dothi.classFactory(None)
plugin.initProcessing()
print("\\n".join(sorted(set(sys.modules) - before)))
plugin.unload(); app.exitQgis()
"""


def test_processing_is_qgis_own(plugin):
    from qgis import processing

    import processing as own

    assert "qgis" in Path(processing.__file__).parts
    assert "qgis" in Path(own.__file__).parts
    assert ROOT not in Path(own.__file__).parents


def test_start_up_imports_nothing_beyond_qgis_and_the_standard_library(tmp_path):
    environment = {**os.environ, "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", _LOAD], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    loaded = {line for line in done.stdout.split() if line}
    foreign = {
        name
        for name in loaded
        if name.split(".")[0] not in {"qgis", "dothi", "PyQt5", "PyQt6"} | set(sys.stdlib_module_names)
    }
    assert not foreign, foreign
    assert "dothi.qgis_plugin.plugin" in loaded
    for late in ("dothi.qgis_plugin.window", "dothi.qgis_plugin.map", "dothi.qgis_plugin.styling", "dothi.store"):
        assert late not in loaded, f"{late} is not needed at start-up"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_science_library_and_only_qgis_own_qt(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            assert top not in SCIENCE, f"{path} imports {name}"
            assert top == "qgis" or top in sys.stdlib_module_names, f"{path} imports {name}"


# Qt and QGIS enums that lost their unscoped names in Qt 6: what follows them must be the enum's name.
_QT = re.compile(r"^Q[A-Z]|^Qt$|^Qgs|^Qgis$")
_SCOPED = re.compile(r"^[A-Z]")


def _is_type(owner: object, name: str) -> bool:
    return isinstance(getattr(owner, name, None), type)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_enums_are_scoped(path):
    import qgis.core
    import qgis.gui
    from qgis.PyQt import QtCore, QtGui, QtWidgets

    modules = (QtCore, QtGui, QtWidgets, qgis.core, qgis.gui)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and _QT.match(node.value.id)):
            continue
        owner = next((getattr(m, node.value.id) for m in modules if hasattr(m, node.value.id)), None)
        if owner is None or not _SCOPED.match(node.attr):
            continue
        value = getattr(owner, node.attr, None)
        assert isinstance(value, type) or callable(value), f"{path}:{node.lineno}: {node.value.id}.{node.attr}"

"""The talk between the engine and whoever started it: one JSON object a line.

``{"event": "hello", "protocol": 1, "engine": "0.1.0", …}`` comes first; then any number of ``progress`` (``share``,
``code``, ``arguments``) and ``message`` (``level``, ``code``, ``arguments``); last exactly one ``result`` (``value``)
or ``error`` (``code``, ``arguments``, ``exit``). A process that ends without either has died; its last words are on
standard error.
"""

from __future__ import annotations

from collections.abc import Mapping

PROTOCOL = 1

EXIT_OK = 0
EXIT_UNEXPECTED = 1
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_ENVIRONMENT = 4
EXIT_CANCELLED = 130

# Variables that leak from QGIS, OSGeo4W or a user's shell and would make the child load foreign libraries.
_FORBIDDEN_PREFIXES = ("PYTHON", "PROJ_", "GDAL_", "OSGEO4W", "VIRTUAL_ENV", "CONDA", "OGR_", "CPL_")
_FORBIDDEN = {"QT_PLUGIN_PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "QGIS_PREFIX_PATH", "DYLD_LIBRARY_PATH"}


def clean_environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment for an engine process: ``given`` without what leaks, with a plain PATH and UTF-8."""
    kept = {
        name: value
        for name, value in given.items()
        if name not in _FORBIDDEN and not name.upper().startswith(_FORBIDDEN_PREFIXES)
    }
    if "SYSTEMROOT" in given or "SystemRoot" in given:  # Windows needs its own folder to load anything
        root = given.get("SYSTEMROOT") or given["SystemRoot"]
        kept["PATH"] = f"{root}\\System32;{root}"
    else:
        kept["PATH"] = "/usr/local/bin:/usr/bin:/bin"
    kept["PYTHONUTF8"] = "1"
    return kept

"""Đô Thị: planning and infrastructure editing for Vietnamese provinces.

The repository root is this package. Rooms, from the ground up: ``layers`` (vocabulary), ``store`` (data sets),
``processing`` and ``ioc`` (computing, publishing), ``engine`` (the door: contract, command line, serve) and
``qgis_plugin`` (all that needs QGIS). ``docs/architecture.md`` says what each may know.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def classFactory(iface: Any) -> Any:  # noqa: N802 - the name QGIS calls
    """Entry point of the QGIS plugin."""
    from .qgis_plugin.plugin import DothiPlugin

    return DothiPlugin(iface)

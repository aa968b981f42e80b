"""All that is shown of one finding, read in the worker's thread: its row, its place, its drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import QgsGeometry

from ...layers.errors import DothiError, InputError
from . import runs, surroundings
from .sketch import ROOM, Sketch, sketch


@dataclass(frozen=True)
class Details:
    """``place`` is what to zoom to, in ``system``. ``gone``: the feature no longer exists. ``trouble``: the data set
    could not be read, so there is no drawing of what lies around.
    """

    finding: Mapping[str, Any]
    place: QgsGeometry
    system: str
    drawn: Sketch | None
    gone: bool
    trouble: DothiError | None


def details(run: Path, uid: str, data: Path) -> Details:
    """Read the finding ``uid`` of ``run`` with its surroundings in ``data``. Raises as :mod:`runs`."""
    finding = runs.full(run, uid)
    if finding is None:
        raise InputError("plugin.findings.run_damaged", path=run.name, reason=uid)
    system = runs.system_of(run)
    offending = surroundings.geometry_of(finding["geometry"])
    feature = finding.get("feature_uid")
    around, trouble = surroundings.Around(None), None
    try:
        around = surroundings.read(data, finding["layer"], feature, offending, system, ROOM)
    except DothiError as error:  # the run itself is whole: what it says is shown, with the reason beside it
        trouble = error
    place = offending
    if place.isNull() and around.subject is not None:
        place = around.subject.shape
    return Details(
        finding=finding,
        place=place,
        system=system,
        drawn=sketch(finding, offending, around),
        gone=bool(feature) and around.subject is None and trouble is None,
        trouble=trouble,
    )

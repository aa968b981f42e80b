"""What the demo runs on: the simulated province, or the data of the folder that ``DOTHI_DATA`` names.

A folder of one's own holds one GeoPackage and, for change detection, two images: files or products whose names begin
with ``before`` and ``after``, else two Sentinel-2 ``.SAFE`` products or zips, of which the earlier sensing date comes
first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..layers.errors import InputError

_IMAGES = {".tif", ".tiff", ".safe", ".zip"}
_SENSED = re.compile(r"_(\d{8}T\d{6})_")  # of a product's name: S2B_MSIL2A_20240301T030539_N0510_…


@dataclass(frozen=True)
class Subject:
    """A data set, its QGIS project, its two images where there are any, and the folder for what is made from them."""

    data: Path
    project: Path
    images: tuple[Path, Path] | None
    out: Path
    simulated: bool


def demo(out: Path) -> Subject:
    """The simulated province in ``out``."""
    scenes = (out / "scenes" / "before.tif", out / "scenes" / "after.tif")
    return Subject(out / "dothi.gpkg", out / "dothi.qgz", scenes, out, simulated=True)


def chosen(folder: str, out: Path) -> Subject:
    """The data in ``folder``; the demo's where it is empty. Raises :class:`InputError`."""
    return own(Path(folder).resolve(), out) if folder else demo(out / "demo")


def own(folder: Path, out: Path) -> Subject:
    """What lies in ``folder``. Raises :class:`InputError` without exactly one GeoPackage."""
    if not folder.is_dir():
        raise InputError("doors.no_folder", folder=str(folder))
    packages = sorted(folder.glob("*.gpkg"))
    if len(packages) != 1:
        raise InputError("doors.not_one_gpkg", folder=str(folder), count=len(packages))
    data = packages[0]
    project = out / data.stem / f"{data.stem}.qgz"
    return Subject(data, project, images(folder), out / data.stem, simulated=False)


def images(folder: Path) -> tuple[Path, Path] | None:
    """The image before and the one after; None where they cannot be told."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in _IMAGES)
    before = [path for path in found if path.name.lower().startswith("before")]
    after = [path for path in found if path.name.lower().startswith("after")]
    if len(before) == len(after) == 1:
        return before[0], after[0]
    products = sorted((match[1], path) for path in found if (match := _SENSED.search(path.name)))
    return (products[0][1], products[1][1]) if len(products) == 2 else None

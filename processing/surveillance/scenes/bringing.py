"""From a catalogue to the library: the files of an item fetched into a folder of ours, added, decoded; and the newest.

A product lies in ``NAME.dothi/products/ID``; while its files come, the folder is called ``.fetch-ID``, so half a
product is never taken for one. An item of a catalogue on this machine stays where it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....layers.errors import InputError
from ....layers.report import Report, Stage
from ....store import dataset
from .catalogues import Catalogue
from .download import Fetched, fetch
from .stac import Item, files_of

_NOTE = "dothi-fetched.json"


@dataclass(frozen=True)
class Wanted:
    """Which files of an item: names of bands (empty: the sensor's usual ones) and metres of Sentinel-2."""

    bands: tuple[str, ...] = ()
    resolution: int = 10


def products_folder(library: Path) -> Path:
    """Where fetched products lie."""
    return dataset.beside(library) / "products"


def bring(catalogue: Catalogue, item: Item, folder: Path, wanted: Wanted, report: Report) -> Path:
    """The product of ``item``, whole on this machine: fetched into ``folder`` unless it is there.

    Raises an error of input or machine; what has come by then serves the next call.
    """
    files = files_of(item, wanted.bands, wanted.resolution)
    if catalogue.local is not None:
        found = _in_place(files)
        if found is not None:
            return found
    name = f"{item.id}.SAFE" if "MTD_MSIL2A.xml" in files and not item.id.endswith(".SAFE") else item.id
    target = folder / name
    note = {path: asset.href for path, asset in files.items()}
    if target.is_dir() and _noted(target).items() >= note.items():
        return _product(target, files)
    coming = target if target.is_dir() else folder / f".fetch-{name}"
    told: dict[str, Any] = {}
    for number, (path, asset) in enumerate(files.items()):
        stage = Stage(report, number / len(files), (number + 1) / len(files))
        stage.progress(0.0, "scene.step_fetch", name=path)
        if (coming / path).is_file() and _complete(coming / path, asset.size):
            continue
        came = fetch(catalogue.files, asset.href, coming / path, size=asset.size, checksum=asset.checksum, report=stage)
        told[path] = _told(came)
    (coming / _NOTE).write_text(
        json.dumps({"item": item.href, "files": note, "came": told}, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    if coming != target:
        coming.rename(target)
    return _product(target, files)


def _product(folder: Path, files: dict[str, Any]) -> Path:
    """What the library opens: the one file, or the folder."""
    return folder / next(iter(files)) if len(files) == 1 else folder


def _in_place(files: dict[str, Any]) -> Path | None:
    """The product where its files lie on this machine already; None where one of them has to be fetched."""
    paths = [Path(asset.href) for asset in files.values()]
    if any("://" in str(asset.href) for asset in files.values()):
        return None
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise InputError("change.product_incomplete", path=str(paths[0].parent), missing=missing)
    return paths[0] if len(paths) == 1 else paths[0].parent


def _complete(path: Path, size: int | None) -> bool:
    return size is None or path.stat().st_size == size


def _noted(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / _NOTE).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _told(came: Fetched) -> dict[str, Any]:
    return {"bytes": came.size, "sha256": came.sha256, "version": came.version, "checked": came.checked}

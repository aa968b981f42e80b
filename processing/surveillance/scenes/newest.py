"""Bring the newest clear scene of an area: one action over catalogue, download, library and cache.

A catalogue tells cloud over the whole tile; what counts is the cloud over the area, which is known only from the mask
of the product. So candidates are taken newest first, measured, and the first that is clear enough over the area is it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from ....layers.errors import InputError
from ....layers.report import Report, Stage
from . import cataloguing
from .bringing import Wanted, bring, products_folder
from .catalogues import Catalogue, Query
from .library import scenes_of

# Candidates that are fetched before giving up: each is up to a gigabyte.
MOST_TRIES = 5


@dataclass
class Newest:
    """The scene's code, its decoded copy, and what was looked at before it: item, cloud over the area (percent)."""

    code: str = ""
    copy: str = ""
    tried: list[dict[str, Any]] = field(default_factory=list)


def newest(
    library: Path,
    catalogue: Catalogue,
    query: Query,
    area: BaseGeometry,
    max_cloud: float,
    report: Report,
    wanted: Wanted | None = None,
    tries: int = MOST_TRIES,
) -> Newest:
    """The newest scene with at most ``max_cloud`` percent of cloud over ``area`` (WGS 84), in the library and decoded.

    Raises :class:`InputError` where the catalogue has none that is clear enough among the ``tries`` newest.
    """
    wanted = wanted or Wanted()
    found = Newest()
    items = catalogue.search(query, Stage(report, 0.0, 0.1))
    for number, item in enumerate(items[:tries]):
        stage = Stage(report, 0.1 + 0.8 * number / tries, 0.1 + 0.8 * (number + 1) / tries)
        product = bring(catalogue, item, products_folder(library), wanted, Stage(stage, 0.0, 0.8))
        made = cataloguing.add(
            library,
            [product],
            Stage(stage, 0.8, 1.0),
            area=area,
            bands=wanted.bands,
            resolution=None if wanted.resolution == 10 else wanted.resolution,
            day=item.taken,
        )
        if made.refused:
            found.tried.append({"item": item.id, "cloud_pct": None, "refused": made.refused[0][1].code})
            continue
        code = (made.added + made.replaced + made.unchanged + made.older)[0]
        row = next(row for row in scenes_of(library) if row["code"] == code)
        found.tried.append({"item": item.id, "cloud_pct": row["cloud_pct"], "valid_pct": row["valid_pct"]})
        if row["cloud_pct"] is not None and row["cloud_pct"] > max_cloud:
            continue
        if row["valid_pct"] < 100.0 - max_cloud:  # a corner of a swath, mostly nodata
            continue
        found.code = code
        found.copy = cataloguing.decode(library, [code], area, Stage(report, 0.9, 1.0))[code]
        return found
    days = {"first": query.first or "…", "last": query.last or "…"}
    raise InputError("scene.none_clear", **days, max_cloud=max_cloud, tried=len(found.tried))

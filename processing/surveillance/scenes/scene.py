"""A scene as every reader gives it: named bands with scale and offset, a mask, a grid, a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .grid import Grid
from .masks import MaskKind

# The name two sensors share for a band (STAC eo:common_name).
COMMON_NAMES = ("coastal", "blue", "green", "red", "nir", "swir16", "swir22")


@dataclass(frozen=True)
class Band:
    """One band: where GDAL finds it and how its numbers become reflectance, ``number * scale + offset``.

    ``nodata`` None: the file says nothing; then a pixel that is 0 in all bands is nodata (integers only).
    """

    name: str
    path: str
    index: int = 1
    scale: float = 1.0
    offset: float = 0.0
    nodata: float | None = None
    common: str = ""


@dataclass(frozen=True)
class Mask:
    """A classified band that says what is ground."""

    kind: MaskKind
    path: str
    index: int = 1


@dataclass(frozen=True)
class Scene:
    """One date. ``grid`` is that of its finest band; ``acquired_on`` None where the image does not say."""

    path: Path
    sensor: str
    bands: tuple[Band, ...]
    mask: Mask | None
    grid: Grid
    acquired_on: date | None = None
    baseline: str = ""
    named: bool = True
    simulated: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Band names in order."""
        return tuple(band.name for band in self.bands)

"""A scene as every reader gives it: named bands with scale and offset, a mask, a grid, a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from .grid import Grid
from .masks import MaskKind

# The name two sensors share for a band (STAC eo:common_name).
COMMON_NAMES = ("coastal", "blue", "green", "red", "nir", "swir16", "swir22")


@dataclass(frozen=True)
class Band:
    """One band: where GDAL finds it and how its numbers become reflectance, ``number * scale + offset``.

    ``nodata`` None: the file says nothing; then a pixel that is 0 in all bands is nodata (integers only).
    ``decibels``: the numbers are 10·log10 of power, and become power.
    """

    name: str
    path: str
    index: int = 1
    scale: float = 1.0
    offset: float = 0.0
    nodata: float | None = None
    common: str = ""
    decibels: bool = False


@dataclass(frozen=True)
class Mask:
    """A classified band that says what is ground; ``most`` is the highest probability that passes (percent)."""

    kind: MaskKind
    path: str
    index: int = 1
    most: int = 0


@dataclass(frozen=True)
class Scene:
    """One date. ``grid`` is that of its finest band; ``acquired_on`` None where the image does not say.

    ``further`` masks are asked beside ``mask``. ``product`` is the provider's name of it, ``sensed`` and ``processed``
    are its moments (ISO 8601, UTC) as far as it tells them, ``tile`` and ``orbit`` its place in the sensor's scheme.
    """

    path: Path
    sensor: str
    bands: tuple[Band, ...]
    mask: Mask | None
    grid: Grid
    acquired_on: date | None = None
    baseline: str = ""
    named: bool = True
    simulated: bool = False
    kind: Literal["optical", "radar"] = "optical"
    further: tuple[Mask, ...] = ()
    product: str = ""
    tile: str = ""
    orbit: int | None = None
    sensed: str = ""
    processed: str = ""

    @property
    def masks(self) -> tuple[Mask, ...]:
        """All masks, the classified one first."""
        return (*((self.mask,) if self.mask else ()), *self.further)

    @property
    def names(self) -> tuple[str, ...]:
        """Band names in order."""
        return tuple(band.name for band in self.bands)

"""Bands that show the air rather than the ground are left out, unless they are asked for by name."""

from __future__ import annotations

from dataclasses import replace

from ....layers.report import Report
from ..scenes.scene import Scene

# Sentinel-2: aerosols (443 nm), water vapour (945 nm), cirrus (1375 nm), all of 60 m. They made IR-MAD fit the weather.
OF_THE_AIR = ("B01", "B09", "B10")


def with_ground(before: Scene, after: Scene, report: Report) -> tuple[Scene, Scene]:
    """Both scenes without the bands of the air; as they are where nothing else is left, or where no band is named."""
    left: set[str] = set()
    kept = []
    for scene in (before, after):
        ground = tuple(band for band in scene.bands if not (scene.named and band.name in OF_THE_AIR))
        left |= {band.name for band in scene.bands} - {band.name for band in ground} if ground else set()
        kept.append(replace(scene, bands=ground) if ground else scene)
    if left:
        report.message("change.bands_of_the_air", bands=sorted(left))
    return kept[0], kept[1]

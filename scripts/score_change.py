"""How well two-date change is found: OSCD's three cities pooled, and small pits on the simulated coast.

``python -m dothi.scripts.score_change [--oscd FOLDER] [--seeds 20]``. OSCD: every method and stack of bands at an area
budget of 4 % against the labels (for testing only: CC BY-NC-SA). Coast: of new pits of 0.1 to 0.3 ha outside licences
and clear of cloud, the share of which at least half the pixels are flagged, at the same budget; with its 95 % interval
(Wilson 1927, JASA 22, 209-212).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.warp import reproject

from ..layers.report import SILENT
from ..processing.demo import trial_coast
from ..processing.surveillance.change.change_map import Settings, change_map
from ..processing.surveillance.change.fitting import Method

CITIES = ("abudhabi", "mumbai", "rennes")
FOUR = ("B02", "B03", "B04", "B08")
TEN = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
ALL = ("B01", *TEN[:8], "B09", "B10", *TEN[8:])
BUDGET = 0.04
METHODS: tuple[tuple[Method, int], ...] = (
    ("cva", 3), ("cva", 9), ("pca", 3), ("mad", 3), ("irmad", 3), ("fusion", 1),
)  # fmt: skip
SMALL = (1_000.0, 3_000.0)  # m²
# More and smaller pits than a trial has by itself: an interval needs numbers.
PITS = 8


def stacked(folder: Path, bands: tuple[str, ...], out: Path) -> Path:
    """One date of a city as a stack on the grid of its 10 m bands."""
    with rasterio.open(next(folder.glob("*_B04.tif"))) as fine:
        profile = fine.profile | {"count": len(bands), "driver": "GTiff", "dtype": "uint16"}
    with rasterio.open(out, "w", **profile) as made:
        for number, name in enumerate(bands, start=1):
            with rasterio.open(next(folder.glob(f"*_{name}.tif"))) as band:
                layer = np.zeros((profile["height"], profile["width"]), np.uint16)
                reproject(
                    rasterio.band(band, 1), layer, dst_transform=profile["transform"], dst_crs=profile["crs"],
                    resampling=Resampling.bilinear,
                )  # fmt: skip
                made.write(layer, number)
        made.descriptions = bands
    return out


def flagged(before: Path, after: Path, out: Path, method: Method, smooth: int) -> NDArray[np.bool_]:
    """Where change is flagged within the budget."""
    settings = Settings(method=method, rule="budget", value=BUDGET, smooth=smooth)
    change_map(before, after, out, settings, SILENT)
    with rasterio.open(out) as raster:
        return np.asarray(raster.read(1) == 1)


def oscd(folder: Path, scratch: Path) -> None:
    """Print F1 per city and pooled."""
    for name, bands in (("4", FOUR), ("10", TEN), ("13", ALL)):
        pairs = {
            city: [stacked(folder / city / f"imgs_{n}", bands, scratch / f"{city}{n}.tif") for n in (1, 2)]
            for city in CITIES
        }
        for method, smooth in METHODS:
            sums, single = np.zeros(3), []
            for city, (before, after) in pairs.items():
                found = flagged(before, after, scratch / "o.tif", method, smooth)
                with rasterio.open(folder / city / "cm" / f"{city}-cm.tif") as truth:
                    changed = truth.read(1) == 2
                counts = np.array([(found & changed).sum(), found.sum(), changed.sum()], float)
                single.append(2 * counts[0] / counts[1:].sum())
                sums += counts
            shown = " ".join(f"{city} {value:.3f}" for city, value in zip(CITIES, single, strict=True))
            print(
                f"{name:>2} bands, {method} {smooth}: pooled {2 * sums[0] / sums[1:].sum():.3f} ({shown})", flush=True
            )


def coast(seeds: int, scratch: Path) -> None:
    """Print the recall of small pits."""
    trial_coast._PITS, trial_coast._SMALLEST, trial_coast._LARGEST = PITS, *SMALL
    hits: dict[tuple[Method, int], list[bool]] = {key: [] for key in METHODS}
    for seed in range(seeds):
        made = trial_coast.trial(seed)
        before, after, _ = trial_coast.write(made, scratch / "coast")
        with rasterio.open(before) as scene:
            shape, transform = scene.shape, scene.transform
        pits = [e for e in made.events if e.kind == "new_pit" and e.outside and e.seen >= trial_coast.SEEN]
        for key in METHODS:
            found = flagged(before, after, scratch / "o.tif", *key)
            for pit in pits:
                inside = rasterize([(pit.shape, 1)], shape, transform=transform) > 0
                hits[key].append(bool(found[inside].mean() >= 0.5))
    for (method, smooth), told in hits.items():
        low, high = wilson(sum(told), len(told))
        print(f"coast, {method} {smooth}: {sum(told)} of {len(told)} pits ({low:.3f} to {high:.3f})", flush=True)


def wilson(hits: int, total: int) -> tuple[float, float]:
    """95 % interval of a share."""
    z, share = 1.959964, hits / total
    middle = share + z**2 / (2 * total)
    reach = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return float((middle - reach) / (1 + z**2 / total)), float((middle + reach) / (1 + z**2 / total))


def main() -> int:
    """Print both tables."""
    options = argparse.ArgumentParser(description=__doc__)
    given = os.environ.get("DOTHI_TEST_DATA")
    options.add_argument("--oscd", type=Path, default=Path(given) / "satellite" / "oscd" if given else None)
    options.add_argument("--seeds", type=int, default=20)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.seeds:
            coast(chosen.seeds, Path(folder))
        if chosen.oscd:
            oscd(chosen.oscd, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Series of many dates: CPU seconds by number of dates and by size, and the answer to the cursor.

Simulated dates of one coast, warm files. Seconds are of the processor (user and system), because the machine may have
other work: building with 12, 24 and 48 dates monitored (it must grow linearly), a quarter of the ground (it must cost a
quarter), one more date, and a chart of 24 dates through a warm process (at most 100 ms).
``python scripts/bench_series.py [--size 1024] [--folder build/bench]``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import shapely  # noqa: E402 - after the threads are settled
from rasterio.crs import CRS  # noqa: E402

from dothi.layers.report import SILENT  # noqa: E402
from dothi.processing.demo import year  # noqa: E402
from dothi.processing.surveillance.series import dates, follow  # noqa: E402
from dothi.processing.surveillance.series.chart import chart  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
HISTORY = 24
FIRST, STEP = date(2023, 1, 4), 15
MOST_CHART_S = 0.1
# Twice the dates may cost this much more than twice: the baseline is fitted in either.
MOST_RATIO = 1.15


def cpu(work: Callable[[], Any]) -> float:
    """CPU seconds of this process, all threads."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def build(folder: Path, images: list[Path], count: int) -> None:
    """A series of the history and ``count`` dates after it."""
    begins = FIRST + timedelta(days=STEP * HISTORY)
    data = folder / "bench.gpkg"
    chosen = dates.files(data, [str(image) for image in images[: HISTORY + count]])
    follow.build(data, follow.Asked(f"bench {count}", begins=begins), chosen, SILENT)


def measured(folder: Path, size: int, counts: tuple[int, ...]) -> dict[int, float]:
    """Seconds by number of dates monitored, on ``size`` × ``size`` pixels."""
    days = [FIRST + timedelta(days=STEP * number) for number in range(HISTORY + max(counts))]
    images = year.write(folder / f"dates-{size}", year.land(3, size), days)
    build(folder, images, counts[0])  # warm files, all imported
    return {count: cpu(partial(build, folder, images, count)) for count in counts}


def main() -> int:
    """Measure, print JSON, and return 1 where a budget is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--size", type=int, default=1024)
    options.add_argument("--folder", type=Path, default=ROOT / "build" / "bench" / "series")
    given = options.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    quarter = measured(given.folder, given.size // 2, (24,))
    whole = measured(given.folder, given.size, (12, 24, 48))
    data, crs = given.folder / "bench.gpkg", CRS.from_epsg(32649)
    x, y = year.CORNER[0] + 3_000.0, year.CORNER[1] - 3_000.0
    begins = FIRST + timedelta(days=STEP * HISTORY)
    images = sorted((given.folder / f"dates-{given.size}").glob("*.tif"))
    more = dates.files(data, [str(image) for image in images[: HISTORY + 25]])
    one_more = cpu(lambda: follow.update(data, "bench 24", more, SILENT))
    # 24 dates in all: half of them the history
    few = follow.Asked("bench chart", begins=FIRST + timedelta(days=STEP * 12))
    follow.build(data, few, dates.files(data, [str(image) for image in images[:24]]), SILENT)
    chart(data, "bench chart", shapely.Point(x, y), crs)
    charts, walls = [], []
    for number in range(20):
        place = shapely.Point(x + 40.0 * number, y)
        started = time.perf_counter()
        charts.append(cpu(partial(chart, data, "bench chart", place, crs)))
        walls.append(time.perf_counter() - started)
    per_date = (whole[48] - whole[12]) / 36
    told = {
        "megapixels": round(given.size**2 / 1e6, 2),
        "history_dates": HISTORY,
        "build_cpu_s": {count: round(seconds, 2) for count, seconds in whole.items()},
        "per_date_and_megapixel_cpu_s": round(per_date / (given.size**2 / 1e6), 3),
        "growth_24_to_48": round((whole[48] - whole[24]) / (2 * (whole[24] - whole[12])), 2),
        "quarter_share": round(quarter[24] / whole[24], 3),
        "one_more_date_cpu_s": round(one_more, 2),
        "chart_24_dates_cpu_ms": round(1000 * statistics.median(charts), 1),
        "chart_24_dates_wall_ms": round(1000 * statistics.median(walls), 1),
        "monitored_from": begins.isoformat(),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 0),
    }
    print(json.dumps(told, indent=2))
    missed = told["growth_24_to_48"] > MOST_RATIO or statistics.median(charts) > MOST_CHART_S
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

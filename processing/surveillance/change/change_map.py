"""From two images to a raster of change: decision and certainty of every pixel, in blocks, memory independent of size.

The images are read once for statistics (large ones in part) and once for the score. Scores wait in an unnamed file
until the threshold is known. The result is written under a temporary name and renamed when it is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ....layers.errors import InputError
from ....layers.report import Report, Stage
from ..alignment.normalisation import Normalise
from ..alignment.pair import Pair, pair_of
from ..alignment.registration import Shift
from ..scenes.grid import Grid
from ..scenes.opening import processors, raster_session, writing
from ..scenes.reading import open_scene
from ..scenes.scene import Scene
from .bands import with_ground
from .blocks import Area, Source, Threads, Workers, windows_of
from .change_raster import RASTER_NODATA, ChangeRaster, rounded
from .codes import CodeFile, scores_of_codes, smooth_codes
from .direction import write_directions
from .fitting import Fit, Method, fitted
from .objects import large_only
from .scoring import scored
from .threshold import MISFIT, NoChange, Rule, ScoreHistogram, fit_no_change, threshold

# An automatic threshold that flags more than this share has found a season, or a coast of two kinds of ground.
_MUCH = 0.1


@dataclass(frozen=True)
class Settings:
    """How to compare. ``rule`` with ``value``: see :func:`.threshold.threshold`; ``smooth``: odd number of pixels.

    Fusion smooths at its own three scales; ``smooth`` is for the other methods. ``cluster``: address of a Dask
    scheduler whose workers work on the blocks; empty: threads of this machine. Groups of fewer changed
    pixels than ``sieve`` are dropped (pixels that touch at a corner belong together).
    """

    method: Method = "irmad"
    rule: Rule = "auto"
    value: float | None = None
    smooth: int = 3
    bands: Sequence[str] = ()
    resolution: int | None = None
    max_shift: float = 3.0
    cluster: str = ""
    sieve: int = 1
    normalise: Normalise = "auto"
    direction_out: Path | None = None


@dataclass(frozen=True)
class ChangeMap:
    """What was found, beside the raster itself. Shares are of all pixels of the first image (or of the area asked
    for).
    """

    path: Path
    grid: Grid
    fit: Fit
    unchanged: NoChange
    threshold: float
    changed: int
    valid: int
    total: int
    shift: Shift
    shift_m: dict[str, float]
    date_before: date | None
    date_after: date | None

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of the bands compared."""
        return self.fit.bands

    @property
    def changed_share(self) -> float:
        """Share of the valid pixels that changed."""
        return self.changed / self.valid

    @property
    def valid_share(self) -> float:
        """Share of the pixels that could be compared."""
        return self.valid / self.total


def change_map(
    before: str | Path, after: str | Path, out: Path, settings: Settings, report: Report, area: Area | None = None
) -> ChangeMap:
    """Write the change raster ``out`` (see :class:`.change_raster.ChangeRaster`) and say what is in it.

    Raises :class:`InputError`: unreadable or hostile image, no overlap, no common or usable band, nothing but cloud or
    nodata, shift beyond ``settings.max_shift``; :class:`EnvironmentTroubleError` where the machine or the cluster
    refuses.
    """
    with raster_session(processors()), _workers(settings.cluster) as team:
        report.progress(0.0, "change.step_open")
        first, second = (
            open_scene(given, bands=settings.bands, resolution=settings.resolution) for given in (before, after)
        )
        _check_outputs(first, second, out, settings.direction_out)
        _tell_of_dates(first, second, report)
        if not settings.bands:
            first, second = with_ground(first, second, report)
        with pair_of(first, second, report) as pair:
            report.progress(0.02, "change.step_shift")
            pair.align(settings.max_shift, report)
            source = Source(pair.before.scene, pair.after.scene, pair.after.shift, area)
            return _map(pair, source, team, out, settings, report)


def _check_outputs(first: Scene, second: Scene, out: Path, direction_out: Path | None) -> None:
    """Neither result may take the place of an image, nor of the other."""
    taken = {first.path.resolve(), second.path.resolve()}
    for path in (out, direction_out):
        if path is not None:
            if path.resolve() in taken:
                raise InputError("change.out_is_input", path=str(path))
            taken.add(path.resolve())


def _tell_of_dates(first: Scene, second: Scene, report: Report) -> None:
    """Say where the pair is one scene twice, two of one day, or the wrong way round."""
    before, after = first.acquired_on, second.acquired_on
    if first.path.resolve() == second.path.resolve():
        report.message("change.same_scene", "warning", path=str(first.path))
    elif before and after and before == after:
        report.message("change.same_date", "warning", date=before.isoformat())
    elif before and after and before > after:
        report.message("change.wrong_way_round", "warning", before=before.isoformat(), after=after.isoformat())
    if first.baseline and second.baseline and first.baseline != second.baseline:
        report.message("change.baselines_differ", before=first.baseline, after=second.baseline)


def _workers(cluster: str) -> AbstractContextManager[Workers]:
    if not cluster:
        return Threads(processors())
    from .cluster import Cluster  # Dask is optional, and slow to import

    return Cluster(cluster)


def _map(pair: Pair, source: Source, workers: Workers, out: Path, settings: Settings, report: Report) -> ChangeMap:
    fit = fitted(pair, source, workers, settings.method, settings.normalise, Stage(report, 0.1, 0.3))
    out.parent.mkdir(parents=True, exist_ok=True)
    smooth = 1 if settings.method == "fusion" else settings.smooth
    with writing(out), CodeFile(pair.grid, out.parent) as raw, CodeFile(pair.grid, out.parent) as codes:
        total = _score(source, workers, windows_of(pair), fit, raw, Stage(report, 0.3, 0.7))
        counts = smooth_codes(raw, codes, fit.reach, smooth, Stage(report, 0.7, 0.8))
        histogram = ScoreHistogram.of_codes(fit.reach, counts)
        unchanged = fit_no_change(histogram, fit.scorer.degrees)
        if settings.rule == "false_alarm" and abs(unchanged.misfit) > MISFIT:
            report.message("change.no_change_misfit", "warning", misfit=round(100 * abs(unchanged.misfit), 1))
        limit = _limit(histogram, unchanged, fit, settings, report)
        scenes = (pair.before.scene, pair.after.scene)
        tags = {"method": settings.method, "rule": settings.rule, "threshold": f"{limit:.6g}"}
        for key, scene in zip(("date_before", "date_after"), scenes, strict=True):
            if scene.acquired_on:
                tags[key] = scene.acquired_on.isoformat()
        meaning = Meaning.of(unchanged, fit.reach, limit)
        with ChangeRaster(out, pair.grid, tags) as raster:
            changed = _write(raster, codes, meaning, settings.sieve, Stage(report, 0.8, 1.0))
    if settings.direction_out is not None:
        settings.direction_out.parent.mkdir(parents=True, exist_ok=True)
        write_directions(
            settings.direction_out, out, pair.grid, fit.vectors, fit.bands, source, workers, windows_of(pair), report
        )
    if histogram.total < total:
        report.message("change.not_compared", share=round(100.0 * (1.0 - histogram.total / total), 2))
    if settings.rule == "auto" and changed > _MUCH * histogram.total:
        report.message("change.much_changed", "warning", share=round(100.0 * changed / histogram.total, 1))
    dates = (scene.acquired_on for scene in scenes)
    return ChangeMap(
        out, pair.grid, fit, unchanged, limit, changed, histogram.total, total, pair.shift, pair.metres(), *dates
    )


def _limit(histogram: ScoreHistogram, unchanged: NoChange, fit: Fit, settings: Settings, report: Report) -> float:
    """The threshold; an automatic one never flags more than can have changed (:attr:`.fitting.Fit.most`)."""
    limit = threshold(histogram, unchanged, settings.rule, settings.value)
    if settings.rule != "auto" or 1.0 - histogram.share_below(limit) <= fit.most:
        return limit
    report.message("change.threshold_raised", most=round(100.0 * fit.most, 3))
    return histogram.quantile(1.0 - fit.most)


def _score(
    source: Source,
    workers: Workers,
    windows: Sequence[tuple[int, Window]],
    fit: Fit,
    codes: CodeFile,
    report: Report,
) -> int:
    """Second pass: codes of every block. Returns the number of pixels asked for."""
    total = 0
    compute = partial(scored, fit.scorer, fit.reach)
    found = workers.map(compute, source, windows, fit.scorer.rim)
    for (number, window), block in zip(windows, found, strict=True):
        codes.write(window, block.codes)
        total += block.asked
        report.progress((number + 1) / len(windows), "change.step_score")
    return total


@dataclass(frozen=True)
class Meaning:
    """What each code means: changed or not, and how certain."""

    decision: NDArray[np.float32]
    confidence: NDArray[np.float32]

    @classmethod
    def of(cls, unchanged: NoChange, reach: float, limit: float) -> Meaning:
        """Tables over all codes, from the score above which a pixel counts as changed."""
        score = scores_of_codes(reach)
        decision = (score > limit).astype(np.float32)
        confidence = rounded(unchanged.confidence(reach)(score))
        decision[0] = confidence[0] = RASTER_NODATA
        return cls(decision, confidence)


def _write(raster: ChangeRaster, codes: CodeFile, meaning: Meaning, sieve: int, report: Report) -> int:
    """Last pass, over the codes alone: decision and confidence. Returns the number of changed pixels."""

    def above(window: Window) -> NDArray[np.bool_]:
        return np.asarray(meaning.decision.take(codes.read(window)) == 1)

    changed = 0
    windows = codes.grid.blocks()
    large = large_only(above, codes.grid, sieve, Stage(report, 0.0, 0.3)) if sieve > 1 else None
    for done, window in enumerate(windows, start=1):
        code = codes.read(window)
        decision = meaning.decision.take(code)
        if large is not None:
            decision[(decision == 1) & ~next(large)] = 0.0
        changed += int(np.count_nonzero(decision == 1))
        raster.write_bands(window, (decision, meaning.confidence.take(code)))
        report.progress(0.3 + 0.7 * done / len(windows), "change.step_write")
    return changed

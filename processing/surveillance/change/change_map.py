"""From two images to a raster of change: decision and certainty of every pixel, in blocks, memory independent of size.

The images are read twice: once for statistics and a sample, once for the score. Scores wait in an unnamed file until
the threshold is known. The result is written under a temporary name and renamed when it is whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ....layers.errors import InputError
from ....layers.report import Report, Stage
from ..alignment.pair import Pair, pair_of
from ..alignment.registration import Shift
from ..scenes.grid import Grid, clipped, widened
from ..scenes.opening import processors, raster_session, writing
from ..scenes.reading import open_scene
from .change_raster import RASTER_NODATA, ChangeRaster
from .score import LinearScore, Moments, Pixels, change_vector, irmad, mad, usable_bands
from .smoothing import smoothed
from .threshold import MISFIT, NoChange, Rule, ScoreHistogram, fit_no_change, reach_of, threshold

Method = Literal["irmad", "mad", "cva"]
# Where the analysis may look, on a block's grid: True inside.
Area = Callable[[Grid], NDArray[np.bool_]]

# IR-MAD iterates on a sample of at most this many pixels, one from each stretch of equal length (systematic with a
# random start in each stretch), drawn with a fixed seed.
SAMPLE = 1 << 18
_SEED = 37
# Fewer pixels than this per band and date give no covariance worth the name.
_FEWEST_PER_BAND = 10
# An automatic threshold that flags more than this share has found a season, or a coast of two kinds of ground.
_MUCH = 0.1


@dataclass(frozen=True)
class Settings:
    """How to compare. ``rule`` with ``value``: see :func:`.threshold.threshold`; ``smooth``: odd number of pixels."""

    method: Method = "irmad"
    rule: Rule = "auto"
    value: float | None = None
    smooth: int = 3
    bands: Sequence[str] = ()
    resolution: int | None = None
    max_shift: float = 3.0


@dataclass(frozen=True)
class ChangeMap:
    """What was found, beside the raster itself. Shares are of all pixels of the first image (or of the area asked
    for).
    """

    path: Path
    grid: Grid
    bands: tuple[str, ...]
    score: LinearScore
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
    nodata, shift beyond ``settings.max_shift``; :class:`EnvironmentTroubleError` where the machine refuses.
    """
    with raster_session(processors()):
        report.progress(0.0, "change.step_open")
        first, second = (
            open_scene(given, bands=settings.bands, resolution=settings.resolution) for given in (before, after)
        )
        for path in (first.path, second.path):
            if path.resolve() == out.resolve():
                raise InputError("change.out_is_input", path=str(out))
        with pair_of(first, second, report) as pair:
            report.progress(0.02, "change.step_shift")
            pair.align(settings.max_shift, report)
            return _map(pair, out, settings, report, area)


def _map(pair: Pair, out: Path, settings: Settings, report: Report, area: Area | None) -> ChangeMap:
    names = pair.names
    whole, sample, total = _statistics(pair, settings.method, area, Stage(report, 0.1, 0.4))
    kept, score = _score(whole, sample, names, settings.method, report)
    reach = reach_of(score.score(_columns(sample, kept, len(names))), score.degrees)
    out.parent.mkdir(parents=True, exist_ok=True)
    with writing(out), tempfile.TemporaryFile(dir=out.parent) as scores:
        histogram = _transform(pair, score, kept, reach, settings.smooth, area, scores, Stage(report, 0.4, 0.8))
        unchanged = fit_no_change(histogram, score.degrees)
        if settings.rule == "false_alarm" and abs(unchanged.misfit) > MISFIT:
            report.message("change.no_change_misfit", "warning", misfit=round(100 * abs(unchanged.misfit), 1))
        limit = threshold(histogram, unchanged, settings.rule, settings.value)
        scenes = (pair.before.scene, pair.after.scene)
        tags = {"method": settings.method, "rule": settings.rule, "threshold": f"{limit:.6g}"}
        for key, scene in zip(("date_before", "date_after"), scenes, strict=True):
            if scene.acquired_on:
                tags[key] = scene.acquired_on.isoformat()
        changed = _write(pair.grid, scores, out, unchanged, reach, limit, tags, Stage(report, 0.8, 1.0))
    if settings.rule == "auto" and changed > _MUCH * histogram.total:
        report.message("change.much_changed", "warning", share=round(100.0 * changed / histogram.total, 1))
    return ChangeMap(
        out,
        pair.grid,
        tuple(names[i] for i in kept),
        score,
        unchanged,
        limit,
        changed,
        histogram.total,
        total,
        pair.shift,
        pair.metres(),
        *(scene.acquired_on for scene in scenes),
    )


@dataclass(frozen=True)
class _Block:
    """A window with a rim around it: stacked bands and valid pixels of both, where the window lies in them, and how
    many of its pixels are asked for.
    """

    stacked: Pixels
    valid: NDArray[np.bool_]
    inside: tuple[slice, slice]
    asked: int


def _blocks(pair: Pair, rim: int, area: Area | None) -> Iterator[_Block]:
    """Every block of the pair, in order; one is read ahead."""

    def read(window: Window) -> _Block:
        wide = clipped(widened(window, rim), pair.grid)
        row, column = int(window.row_off - wide.row_off), int(window.col_off - wide.col_off)
        inside = slice(row, row + int(window.height)), slice(column, column + int(window.width))
        if area is None:
            return _Block(*pair.read(wide), inside, int(window.width * window.height))
        wanted = area(pair.grid.window(wide))
        if not wanted.any():
            return _Block(np.zeros((2 * len(pair.names), *wanted.shape), np.float32), wanted, inside, 0)
        stacked, valid = pair.read(wide)
        return _Block(stacked, valid & wanted, inside, int(np.count_nonzero(wanted[inside])))

    windows = pair.grid.blocks()
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(read, windows[0])
        for following in windows[1:]:
            block = coming.result()
            coming = reader.submit(read, following)
            yield block
        yield coming.result()


def _statistics(pair: Pair, method: Method, area: Area | None, report: Report) -> tuple[Moments, Pixels, int]:
    """First pass: moments over all pixels (IR-MAD: of the sample), the sample (2p, n), number of pixels asked for."""
    blocks = pair.grid.blocks()
    width = 2 * len(pair.names)
    whole = Moments(0.0, np.zeros(width), np.zeros((width, width)))
    stride = max(1, -(-pair.grid.pixels // SAMPLE))
    samples: list[Pixels] = []
    total = 0
    for number, block in enumerate(_blocks(pair, 0, area)):
        total += block.asked
        pixels = _pixels(block.stacked, block.valid)
        samples.append(pixels[:, _every(pixels.shape[1], stride, number)])
        if method != "irmad":
            whole += Moments.of(pixels)
        report.progress((number + 1) / len(blocks), "change.step_statistics")
    sample = np.concatenate(samples, axis=1)
    if sample.shape[1] < _FEWEST_PER_BAND * width:
        raise InputError("change.nothing_valid", before=str(pair.before.scene.path), after=str(pair.after.scene.path))
    return Moments.of(sample) if method == "irmad" else whole, sample, total


def _pixels(stacked: Pixels, valid: NDArray[np.bool_]) -> Pixels:
    flat = stacked.reshape(len(stacked), -1)
    return flat if valid.all() else flat[:, valid.ravel()]


def _every(count: int, stride: int, number: int) -> NDArray[np.int64]:
    starts = np.arange(0, count - stride + 1, stride)
    return starts + np.random.default_rng([_SEED, number]).integers(0, stride, len(starts))


def _columns(pixels: Pixels, kept: Sequence[int], bands: int) -> Pixels:
    if len(kept) == bands:
        return pixels
    return pixels[[*kept, *(bands + i for i in kept)]]


def _score(
    whole: Moments, sample: Pixels, names: Sequence[str], method: Method, report: Report
) -> tuple[list[int], LinearScore]:
    kept, dropped = usable_bands(whole, names)
    for reason in ("constant", "duplicate"):
        bands = [name for name, why in dropped.items() if why == reason]
        if bands:
            report.message(f"change.bands_{reason}", "warning", bands=bands)
    if not kept:
        raise InputError("change.no_usable_band", bands=list(names))
    chosen = [*kept, *(len(names) + i for i in kept)]
    moments = Moments(whole.weight, whole.mean[chosen], whole.covariance[np.ix_(chosen, chosen)])
    if method == "irmad":
        return kept, irmad(_columns(sample, kept, len(names)))
    return kept, (mad if method == "mad" else change_vector)(moments)


def _transform(
    pair: Pair,
    score: LinearScore,
    kept: Sequence[int],
    reach: float,
    smooth: int,
    area: Area | None,
    scores: BinaryIO,
    report: Report,
) -> ScoreHistogram:
    """Second pass: smoothed scores into ``scores``, block after block (-1 where there is none), and their histogram."""
    blocks = pair.grid.blocks()
    rim = smooth // 2
    histogram = ScoreHistogram.empty(reach)
    rows = [*kept, *(len(pair.names) + i for i in kept)]
    for number, block in enumerate(_blocks(pair, rim, area)):
        bands = block.stacked if len(rows) == len(block.stacked) else block.stacked[rows]
        length = score.score(bands.reshape(len(bands), -1)).reshape(block.valid.shape)
        np.minimum(length, np.float32(reach), out=length)
        mean = np.ascontiguousarray(smoothed(length, block.valid, smooth)[block.inside])
        seen = block.valid[block.inside]
        if seen.all():
            histogram.add(mean)
        else:
            histogram.add(mean[seen])
            mean[~seen] = -1.0
        scores.write(mean.data)
        report.progress((number + 1) / len(blocks), "change.step_score")
    return histogram


def _write(
    grid: Grid,
    scores: BinaryIO,
    out: Path,
    unchanged: NoChange,
    reach: float,
    limit: float,
    tags: dict[str, str],
    report: Report,
) -> int:
    """Third pass, over the scores alone: decision and confidence into ``out``. Returns the number of changed pixels."""
    blocks = grid.blocks()
    certain = unchanged.confidence(reach)
    changed = 0
    scores.seek(0)
    with ChangeRaster(out, grid, tags) as raster:
        for number, window in enumerate(blocks):
            score = np.fromfile(scores, np.float32, int(window.width * window.height))
            score = score.reshape(int(window.height), int(window.width))
            seen = score >= 0
            flagged = score > np.float32(limit)
            changed += int(np.count_nonzero(flagged))
            decision, confidence = flagged.astype(np.float32), certain(np.maximum(score, 0))
            if not seen.all():
                decision[~seen] = confidence[~seen] = RASTER_NODATA
            raster.write(window, decision, confidence)
            report.progress((number + 1) / len(blocks), "change.step_write")
    return changed

"""What a score needs to know of the pair before it can judge a pixel: moments, a sample, the bands that can be used.

Small pairs are seen whole. Of large ones IR-MAD and fusion see windows spread evenly over the area (eight million
pixels of them) and of those a sample; MAD, change vectors and PCA difference, which need no iteration, see every pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from rasterio.windows import Window
from scipy.special import gammaincinv

from ....layers.errors import InputError
from ....layers.report import Report
from ..alignment.normalisation import Normalisation, Normalise, normalisation
from ..alignment.pair import Pair
from .blocks import STRIP_COLUMNS, Block, Source, Workers, windows_of
from .fusion import fit
from .score import (
    LinearScore,
    Moments,
    Pixels,
    change_vector,
    irmad,
    mad,
    no_change_probability,
    pca_difference,
    usable_bands,
)
from .scoring import Fused, Linear, Scorer, chosen_rows
from .threshold import ScoreHistogram, fit_no_change, reach_of, threshold

Method = Literal["irmad", "mad", "cva", "pca", "fusion"]
_DIFFERENCES: dict[str, Callable[[Moments, Normalisation | None], LinearScore]] = {
    "cva": change_vector,
    "pca": pca_difference,
}
_NORMALISED = {"off": (), "auto": ("cva",), "on": ("cva", "pca", "fusion")}
_TROUBLES = {"too_few": "change.invariant_too_few", "not_linear": "change.invariant_not_linear"}
_EVERY_PIXEL = ("mad", "cva", "pca")

# IR-MAD iterates on a sample of about this many pixels at most, one from each stretch of equal length (systematic with
# a random start in each stretch), drawn with a fixed seed.
SAMPLE = 1 << 18
_SEED = 37
# Beyond this many pixels a pair is sampled in windows of this side: tiles are decoded whole, never a few pixels of all.
SEEN_WHOLE, SEEN = 1 << 24, 1 << 23
_WINDOW, _STRIP = 512, 64
# A fusion is fitted on so many blocks at most, and on as many pixels of them as a sample has.
_FUSED_BLOCKS = 16
# Fewer pixels than this per band and date give no covariance worth the name.
_FEWEST_PER_BAND = 10


@dataclass(frozen=True)
class Fit:
    """A scorer, the score at which it is certain, and the bands it uses.

    ``vectors`` are change vectors of these bands, for the direction, whatever method scores. ``most``: the share of the
    area that can have changed, as far as an automatic threshold may believe (see :func:`most_changed`).
    """

    scorer: Scorer
    reach: float
    bands: tuple[str, ...]
    vectors: Linear
    correlations: tuple[float, ...] = ()
    iterations: int = 0
    normal: Normalisation | None = None
    most: float = 1.0


def fitted(pair: Pair, source: Source, workers: Workers, method: Method, normalise: Normalise, report: Report) -> Fit:
    """Fit ``method`` to the pair. Raises :class:`InputError`: nothing to compare, no usable band, no trustworthy
    normalisation where one is demanded.
    """
    names = pair.names
    whole, sample = _statistics(pair, source, workers, method, report)
    _tell_of_negative(sample, names, report)
    kept = _kept(whole, names, report)
    rows = (*kept, *(len(names) + i for i in kept))
    bands = tuple(names[i] for i in kept)
    pixels = chosen_rows(sample, rows)
    normal = _normal(pixels, bands, method, normalise, report)
    vectors = Linear(change_vector(Moments.of(pixels), normal), rows)
    if method == "fusion":
        fused = _fused(pair, source, workers, pixels, rows, normal)
        return Fit(fused, _REACH_OF_FUSION, bands, vectors, normal=normal, most=most_changed(pixels))
    if method == "irmad":
        linear = irmad(pixels)
    else:
        moments = Moments(whole.weight, whole.mean[list(rows)], whole.covariance[np.ix_(rows, rows)])
        linear = mad(moments) if method == "mad" else _DIFFERENCES[method](moments, normal)
    reach = reach_of(linear.score(pixels), linear.degrees)
    return Fit(Linear(linear, rows), reach, bands, vectors, linear.correlations, linear.iterations, normal)


# How certain the upper bound of the changed share is.
_CERTAIN = 0.95


def most_changed(sample: Pixels) -> float:
    """The largest share of the area that may have changed, from IR-MAD's automatic threshold on a sample (2p, n).

    A fused score follows no known distribution: at the edge of a haze its tail grows without any change, one-humped
    and smooth, and no threshold on it alone can tell. IR-MAD is blind to gain, offset and much of the haze and does
    have one, so it says how much can have changed, and fusion says where. The bound is Poisson's, upper 95 %: three
    pixels of the sample where none is flagged.
    """
    found = irmad(sample)
    score = found.score(sample)
    histogram = ScoreHistogram.empty(reach_of(score, found.degrees))
    histogram.add(score)
    limit = threshold(histogram, fit_no_change(histogram, found.degrees), "auto", None)
    flagged = int(np.count_nonzero(score > limit))
    return min(1.0, float(gammaincinv(flagged + 1, _CERTAIN)) / len(score))


def _normal(
    sample: Pixels, names: Sequence[str], method: Method, normalise: Normalise, report: Report
) -> Normalisation | None:
    """Gain and offset for the methods that difference the dates; MAD and IR-MAD are blind to them.

    Used where it can be trusted, and told; in fusion, which brings the dates together locally, and in PCA only where
    demanded (figures: ``docs/surveillance/change.md``). Raises :class:`InputError` where it is demanded and
    cannot be trusted.
    """
    if method not in _NORMALISED[normalise]:
        return None
    found = irmad(sample)
    normal = normalisation(sample, no_change_probability(found.score(sample), found.degrees))
    if normal.trusted:
        report.message("change.normalised", bands=normal.lines(names), pixels=normal.pixels)
        return normal
    if normalise == "on":
        raise InputError(_TROUBLES[normal.trouble], pixels=normal.pixels)
    report.message("change.not_normalised", pixels=normal.pixels)
    return None


# A fused score counts in units of its upper tail; change of eight spreads in every band reaches some tens of them.
_REACH_OF_FUSION = 64.0


def _fused(
    pair: Pair, source: Source, workers: Workers, sample: Pixels, rows: Sequence[int], normal: Normalisation | None
) -> Fused:
    windows = _spread(windows_of(pair), _FUSED_BLOCKS)

    def over(compute: Callable[[Block], Pixels], rim: int) -> Sequence[Pixels]:
        return list(workers.map(compute, source, windows, rim))

    return Fused(fit(sample, rows, over, SAMPLE // len(windows), normal), tuple(rows))


def _statistics(pair: Pair, source: Source, workers: Workers, method: Method, report: Report) -> tuple[Moments, Pixels]:
    """Moments over all pixels (where windows were sampled: over the sample), and the sample (2p, n)."""
    all_windows = windows_of(pair)
    windows, every = all_windows, method in _EVERY_PIXEL
    if not every and pair.grid.pixels > SEEN_WHOLE:
        rows, columns = (_WINDOW, _WINDOW) if pair.before.tiled else (_STRIP, STRIP_COLUMNS)
        small = list(enumerate(pair.grid.blocks(rows, columns)))
        windows = _spread(small, -(-SEEN // (rows * columns)))
    while True:
        whole, sample = _gathered(pair, source, workers, windows, every, report)
        if sample.shape[1] >= _FEWEST_PER_BAND * 2 * len(pair.names):
            return whole if every else Moments.of(sample), sample
        if windows is all_windows:
            scenes = (str(scene.scene.path) for scene in (pair.before, pair.after))
            raise InputError("change.nothing_valid", before=next(scenes), after=next(scenes))
        windows = all_windows  # a narrow strip of ground between cloud and sea: look everywhere


def _gathered(
    pair: Pair, source: Source, workers: Workers, windows: Sequence[tuple[int, Window]], every: bool, report: Report
) -> tuple[Moments, Pixels]:
    width = 2 * len(pair.names)
    whole = Moments(0.0, np.zeros(width), np.zeros((width, width)))
    seen = sum(int(window.width * window.height) for _, window in windows)
    samples: list[Pixels] = []
    compute = partial(_gather, max(1, -(-seen // SAMPLE)), every)
    for done, (moments, sample) in enumerate(workers.map(compute, source, windows, 0), start=1):
        whole += moments
        samples.append(sample)
        report.progress(done / len(windows), "change.step_statistics")
    return whole, np.concatenate(samples, axis=1)


def _gather(stride: int, every: bool, block: Block) -> tuple[Moments, Pixels]:
    """What one block adds: its moments (if ``every`` pixel counts) and its part of the sample."""
    flat = block.stacked.reshape(len(block.stacked), -1)
    pixels = flat if block.valid.all() else flat[:, block.valid.ravel()]
    starts = np.arange(0, pixels.shape[1] - stride + 1, stride)
    chosen = starts + np.random.default_rng([_SEED, block.number]).integers(0, stride, len(starts))
    moments = Moments.of(pixels) if every else Moments.of(pixels[:, :0])
    return moments, np.ascontiguousarray(pixels[:, chosen])


def _spread(windows: Sequence[tuple[int, Window]], most: int) -> list[tuple[int, Window]]:
    """At most ``most`` of ``windows``, evenly spread."""
    if len(windows) <= most:
        return list(windows)
    return [windows[(2 * number + 1) * len(windows) // (2 * most)] for number in range(most)]


# Reflectance just below zero is legal over water and shadow; more of it than this is an offset taken off twice.
_MOST_NEGATIVE = 0.05


def _tell_of_negative(sample: Pixels, names: Sequence[str], report: Report) -> None:
    """Say which bands lie below zero in a good part of the area, on either date."""
    share = (sample < 0.0).mean(axis=1).reshape(2, len(names)).max(axis=0)
    bands = [name for name, one in zip(names, share, strict=True) if one > _MOST_NEGATIVE]
    if bands:
        report.message("change.negative", "warning", bands=bands, share=round(100.0 * float(share.max()), 1))


def _kept(whole: Moments, names: Sequence[str], report: Report) -> list[int]:
    kept, dropped = usable_bands(whole, names)
    for reason in ("constant", "duplicate"):
        bands = [name for name, why in dropped.items() if why == reason]
        if bands:
            report.message(f"change.bands_{reason}", "warning", bands=bands)
    if not kept:
        raise InputError("change.no_usable_band", bands=list(names))
    return kept

"""One labeller at one sample: the points in their random order, the labels given, undo, progress. Knows no Qt.

Labelling is blind. The session holds the map's stratum of a point but shows it to nobody before all points have this
labeller's label; what others said is hidden as long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from ..engine.jobs.accuracy import CANNOT_TELL, CHANGE
from ..layers import catalogue
from ..layers.errors import UsageError
from ..processing.surveillance.accuracy.strata import NO_CHANGE
from ..store import coordinates, dataset, interpretations, samples
from ..store.interpretations import Interpretation
from .imagery import Scene, data_set_of, pixels, run_of, scenes_of

# Progress by stratum moves once in so many labels: if it moved with each, it would tell the stratum of the point.
STEP = 10
_BY_CHANGE = (NO_CHANGE, CHANGE, "natural_dune_shift")


@dataclass(frozen=True)
class Point:
    """A point of the sample: place in metres, half side of its chip, corners (5, 2) of the map's pixel around it."""

    uid: str
    code: str
    stratum: str
    place: tuple[float, float]
    half_m: float
    pixel: NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """What one key did to one point, so that it can be taken back."""

    row: int
    before: str | None
    after: str | None


@dataclass
class Session:
    """State of the desk; :meth:`label` and :meth:`undo` change it and say what is to be written."""

    sample: Path
    labeller: str
    points: Sequence[Point]
    choices: tuple[str, ...]
    crs: str
    scenes: tuple[Scene, Scene]
    labels: dict[str, str]
    simulated: bool
    run: str
    row: int = 0
    _done: list[Step] = field(default_factory=list)

    @property
    def point(self) -> Point:
        """The point that is shown."""
        return self.points[self.row]

    @property
    def finished(self) -> bool:
        """Whether every point has this labeller's label."""
        return all(point.uid in self.labels for point in self.points)

    def go(self, row: int) -> None:
        """Show the point of ``row``; stays within the sample."""
        self.row = min(max(row, 0), len(self.points) - 1)

    def next_open(self) -> int:
        """Row of the next point without a label, from the one shown around to it; the one shown where there is none."""
        order = [*range(self.row + 1, len(self.points)), *range(self.row)]
        return next((row for row in order if self.points[row].uid not in self.labels), self.row)

    def label(self, label: str) -> Point:
        """Give the point that is shown ``label``, go on to the next open one; returns the point."""
        point = self.point
        self._done.append(Step(self.row, self.labels.get(point.uid), label))
        self.labels[point.uid] = label
        self.row = self.next_open()
        return point

    def undo(self) -> tuple[Point, str | None] | None:
        """Take the last label back and show its point; returns it with the label it has now. None: nothing to undo."""
        if not self._done:
            return None
        step = self._done.pop()
        self.row = step.row
        self.put_back(self.point.uid, step.before)
        return self.point, step.before

    def put_back(self, uid: str, label: str | None) -> None:
        """Set what is known of a point's label, as where it could not be written."""
        if label is None:
            self.labels.pop(uid, None)
        else:
            self.labels[uid] = label

    def progress(self) -> dict[str, tuple[int, int]]:
        """Labelled and all points of each stratum, as they stood after the last :data:`STEP` labels (or the end)."""
        every = Counter(point.stratum for point in self.points)
        count = len(self.labels)
        shown = count if count == len(self.points) else count - count % STEP
        known = set(list(self.labels)[:shown])
        labelled = Counter(point.stratum for point in self.points if point.uid in known)
        return {name: (labelled[name], total) for name, total in sorted(every.items())}


def open_session(sample: Path, labeller: str) -> Session:
    """Open ``sample`` for ``labeller``, at the first point that they have not labelled.

    Raises :class:`InputError` where it is no sample, or its run or images are gone; :class:`UsageError` without a name.
    """
    labeller = labeller.strip()
    if not labeller:
        raise UsageError("desk.no_name")
    frame, about = samples.read(sample)
    interpretations.prepare(sample)
    run = run_of(sample, about["run"])
    crs = coordinates.code_of(frame.crs)
    frame = frame.sort_values("code").reset_index(drop=True)
    places = shapely.get_coordinates(frame.geometry.to_numpy())
    points = [
        Point(str(uid), str(code), str(stratum), (float(x), float(y)), float(half), pixel)
        for uid, code, stratum, (x, y), half, pixel in zip(
            frame["uid"], frame["code"], frame["stratum"], places, frame["chip_m"], pixels(run, places, crs),
            strict=True,
        )
    ]  # fmt: skip
    labels = {one.point: one.label for one in interpretations.read(sample) if one.labeller == labeller}
    session = Session(
        sample, labeller, points, choices_of(about), crs, scenes_of(run, data_set_of(sample)), labels,
        bool(dataset.meta(sample).get("simulated")), str(about["run"]),
    )  # fmt: skip
    session.row = len(points) - 1
    session.go(session.next_open() if not session.finished else 0)
    return session


def choices_of(about: Mapping[str, object]) -> tuple[str, ...]:
    """The labels that the strata can be held against; that one cannot tell is always there beside them."""
    if about["by"] == CHANGE:
        return _BY_CHANGE
    known = catalogue.domains()["sample_label"].values
    return tuple(name for name in known if name not in (CHANGE, CANNOT_TELL))


def differing(session: Session) -> list[tuple[Point, list[Interpretation]]]:
    """Points whose interpreters differ, with what each says, in the order of the sample."""
    said = interpretations.disputed(interpretations.read(session.sample))
    return [(point, said[point.uid]) for point in session.points if point.uid in said]

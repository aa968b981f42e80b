"""What a subject is: the things that one kind of verdict is about, and the layers they are measured on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..land.overlay import Geometries, Indices
from ..table import ColumnTable

if TYPE_CHECKING:
    import numpy as np

    from ....store.drawn import Drawn
    from ..land.scene import Scene


@dataclass(frozen=True)
class Chosen:
    """The features ``of`` a layer at the positions ``at``, none of which is made before it is asked for."""

    of: Geometries | Drawn
    at: Indices

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, rows: Any) -> Any:
        """Those of ``rows``."""
        return self.of[self.at[rows]]


@dataclass(frozen=True)
class Subjects:
    """What one kind of verdict is about.

    ``table`` has ``uid``, ``code`` and the judge's columns; ``whole`` the feature of each row; ``offending`` gives the
    breaching part of chosen rows for given limits.
    """

    layer: str
    table: ColumnTable
    whole: Geometries | Drawn | Chosen
    offending: Callable[[Indices, NDArray[np.float64]], Geometries]


@dataclass(frozen=True)
class Kind:
    """One kind of subject.

    ``reads`` are the layers and fields looked at; a data set without one of ``required`` cannot be judged at all, the
    others may be absent.

    The rest says what must be known around a feature, beside the lots or buildings that lie on it, for its verdict to
    be that of the whole map: other layers within ``reach_m`` (None: only the whole layers tell), features of its own
    layer within ``own_reach_m``, all that ``refers`` to it (by layer: the feature's field and the other's), and all of
    the layers ``whole``. ``chained``: beside what is nearest, all that stands in one row with it, as far as it goes.
    ``on_its_lots``: of its own layer only what stands on the same lots or between that.
    """

    build: Callable[[Scene], Subjects]
    reads: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...] = field(default=())
    reach_m: float | None = None
    own_reach_m: float = 0.0
    refers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    chained: bool = False
    on_its_lots: bool = False

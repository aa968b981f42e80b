"""What a measure and an input are. Each module beside this one is a family of measures, with the inputs it adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..columns import Numbers


@dataclass(frozen=True)
class Input:
    """A column that rules may speak of. ``lacking`` is the missing-information code when a feature has no value.

    A text is one of the values of the catalogue's ``domain``; any text where it names none.
    """

    unit: str
    lacking: str
    is_text: bool = False
    domain: str = ""


@dataclass(frozen=True)
class Measure:
    """One formula over the columns of a subject.

    ``subject`` is the kind of thing a verdict is about (``subjects.KINDS``), on features of ``layer``. ``inputs`` are
    what the formula takes; the result has ``unit``. ``spoken`` are the columns that the measure's sentences name beside
    measured value, limit, margin and source; ``told`` those that an explanation lists.
    """

    id: str
    unit: str
    subject: str
    layer: str
    inputs: tuple[str, ...]
    formula: Callable[[Mapping[str, Numbers]], Numbers]
    spoken: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def as_measured(name: str) -> Callable[[Mapping[str, Numbers]], Numbers]:
    """The formula of what the map itself gives: the column ``name`` as it is."""
    return lambda columns: columns[name]

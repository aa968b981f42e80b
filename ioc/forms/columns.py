"""Columns of a frame as GDAL writes them: typed by the catalogue, whatever type the frame brought them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...layers.model import Field
from ..selection import Leaving

SIMULATED = "simulated"


@dataclass(frozen=True)
class Columns:
    """Names, values and masks (True where absent) of equal length, in form order; the last says what is simulated."""

    names: list[str]
    values: list[NDArray[Any]]
    masks: list[NDArray[np.bool_] | None]


def typed(values: pd.Series, field: Field) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """One column, as ``store.values.cast`` leaves it, and where it is absent.

    Dates become ``datetime64[D]``, times ``datetime64[ms]`` in UTC; both carry their own mark of absence, as reals do.
    """
    absent = values.isna().to_numpy()
    if field.type == "date":
        return values.to_numpy(dtype="datetime64[D]"), None
    if field.type == "datetime":
        return values.to_numpy(dtype="datetime64[ms]"), None
    if field.type == "integer":
        return values.fillna(0).to_numpy(dtype=np.int64), absent
    if field.type == "boolean":
        return values.fillna(0).to_numpy(dtype=bool), absent
    if field.type == "real":
        return values.to_numpy(dtype=float), None
    return values.where(~absent, None).to_numpy(dtype=object), None


def columns(leaving: Leaving) -> Columns:
    """All that leaves of a layer but its geometry, ``uid`` first."""
    made = Columns([], [], [])
    for name in ("uid", *leaving.mapping.fields):
        values, mask = typed(leaving.frame[name], leaving.mapping.layer.find(name))
        made.names.append(name)
        made.values.append(values)
        made.masks.append(mask)
    made.names.append(SIMULATED)
    made.values.append(np.full(len(leaving.frame), leaving.simulated))
    made.masks.append(None)
    return made

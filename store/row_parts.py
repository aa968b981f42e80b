"""The rows of a layer part by part, as GDAL hands them over through Arrow: memory does not grow with the layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyogrio.raw import open_arrow

from ..layers.errors import InputError
from . import dataset
from .troubles import told

AT_ONCE = 16_384  # rows of a part
FID, SHAPE = "@fid", "@shape"  # no field is called so


def row_parts(
    path: str | Path, layer_id: str, columns: Sequence[str], area: Any = None, *, shapes: bool = True
) -> Iterator[pa.RecordBatch]:
    """``uid``, those of ``columns`` that the layer has, its shapes as WKB (:data:`SHAPE`) and numbers (:data:`FID`).

    No part is empty. Rows come in the order in which SQLite finds them fastest. ``area`` is a geometry in the system of
    the layer: only rows that meet it are told. Raises :class:`InputError`.
    """
    present = set(dataset.fields_in(path, layer_id))
    if "uid" not in present:
        raise InputError("schema.column_missing", path=str(path), layer=layer_id, columns=["uid"])
    wanted = [name for name in dict.fromkeys(("uid", *columns)) if name in present]
    with ExitStack() as stack:
        with told(Path(path), writing=False):
            about, reader = stack.enter_context(
                open_arrow(
                    path,
                    layer=layer_id,
                    columns=wanted,
                    mask=area,
                    read_geometry=shapes,
                    return_fids=True,
                    batch_size=AT_ONCE,
                    use_pyarrow=True,
                )
            )
        names = {**{name: name for name in wanted}, about["fid_column"] or "OGC_FID": FID}
        if shapes and about["geometry_name"]:
            names[about["geometry_name"]] = SHAPE
        while True:
            with told(Path(path), writing=False):
                part = next(reader, None)
            if part is None:
                return
            if len(part):
                yield pa.RecordBatch.from_arrays([part.column(name) for name in names], names=list(names.values()))

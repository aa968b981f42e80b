"""One layer as GeoParquet 1.1 in WGS 84 (OGC:CRS84), with a covering box per row and row groups of bounded size.

https://geoparquet.org/releases/v1.1.0/
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray

from ...store.troubles import told
from .staging import WGS84, Staged

VERSION = "1.1.0"
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_BOX = pa.struct([pa.field(side, pa.float64()) for side in _SIDES])


def write(path: Path, staged: Staged) -> None:
    """Write ``path``; a layer without geometry becomes plain Parquet."""
    spatial = staged.layer.is_spatial
    batches = staged.batches(WGS84 if spatial else "")
    schema = batches.schema
    if spatial:
        schema = schema.append(pa.field("bbox", _BOX))
    total = np.full(4, np.nan)
    with told(path, writing=True), pq.ParquetWriter(path, schema, compression="zstd", version="2.6") as writer:
        for part in batches:
            arrays = list(part.columns)
            if spatial:
                bounds = shapely.bounds(shapely.from_wkb(part.column("geom").to_numpy(zero_copy_only=False)))
                total = _widened(total, bounds)
                arrays.append(pa.StructArray.from_arrays([pa.array(side) for side in bounds.T], names=list(_SIDES)))
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
        if spatial:
            writer.add_key_value_metadata({"geo": json.dumps(_metadata(staged, total))})


def _widened(total: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(bounds):
        return total
    return np.concatenate(
        [np.fmin(total[:2], bounds[:, :2].min(axis=0)), np.fmax(total[2:], bounds[:, 2:].max(axis=0))]
    )


def _metadata(staged: Staged, total: NDArray[np.float64]) -> dict[str, Any]:
    """What readers need to know of the geometry; without ``crs`` it is OGC:CRS84 by the standard."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [staged.layer.geometry],
        "orientation": "counterclockwise",
        "edges": "planar",
        "covering": {"bbox": {side: ["bbox", side] for side in _SIDES}},
    }
    if np.isfinite(total).all():
        column["bbox"] = total.tolist()
    return {"version": VERSION, "primary_column": "geom", "columns": {"geom": column}}

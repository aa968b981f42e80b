"""A layer that leaves, staged once as an Arrow file, from which every form is written without holding it in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from ...layers.messages import sentence
from ...layers.model import Layer
from ...store.troubles import told
from ..mapping import LayerMapping
from ..selection import Leaving
from .columns import SIMULATED, columns

WGS84, NATIONAL = "wgs84", "national"
_TYPES = {
    "integer": pa.int64(), "real": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
    "datetime": pa.timestamp("ms", tz="UTC"),
}  # fmt: skip


@dataclass(frozen=True)
class Staged:
    """One layer ready to be written: ``path`` holds its columns, and its shapes as WKB in both systems."""

    path: Path
    mapping: LayerMapping
    crs: str
    simulated: bool
    operation: str
    rows: int

    @property
    def layer(self) -> Layer:
        """Its declaration."""
        return self.mapping.layer

    @property
    def fields(self) -> list[str]:
        """Names of the columns that are no shapes."""
        return ["uid", *self.mapping.fields, SIMULATED]

    def described(self, language: str = "vi") -> str:
        """The layer's description with the mark of simulated data."""
        text = self.layer.description[language]
        return f"{text} ({sentence('ioc.simulated', language)})" if self.simulated else text

    def batches(self, shape: str = "") -> pa.RecordBatchReader:
        """All rows in parts, with the shapes of one system (``WGS84``, ``NATIONAL``) as column ``geom``, or without."""
        source = pa.ipc.open_file(pa.OSFile(str(self.path)))
        names = [*self.fields, *([shape] if shape else [])]
        schema = _renamed(pa.schema([source.schema.field(name) for name in names]), shape)

        def parts() -> Iterator[pa.RecordBatch]:
            for number in range(source.num_record_batches):
                part = source.get_batch(number).select(names)
                yield pa.RecordBatch.from_arrays(part.columns, schema=schema)

        return pa.RecordBatchReader.from_batches(schema, parts())


def stage(path: Path, mapping: LayerMapping, parts: Iterable[Leaving]) -> Staged:
    """Write the parts of a layer to ``path``; there is at least one, empty where the layer is."""
    schema = _schema(mapping)
    rows, last = 0, None
    with told(path, writing=True), pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for last in parts:
            writer.write_batch(_batch(last, schema))
            rows += len(last.frame)
    if last is None:
        raise ValueError(f"{mapping.layer.id}: no part")
    return Staged(path, mapping, last.crs, last.simulated, str(last.facts["operation"]), rows)


def _schema(mapping: LayerMapping) -> pa.Schema:
    layer = mapping.layer
    fields = [pa.field(name, _TYPES.get(layer.find(name).type, pa.string())) for name in ("uid", *mapping.fields)]
    shapes = [pa.field(name, pa.binary()) for name in (WGS84, NATIONAL)] if layer.is_spatial else []
    return pa.schema([*fields, pa.field(SIMULATED, pa.bool_()), *shapes])


def _batch(leaving: Leaving, schema: pa.Schema) -> pa.RecordBatch:
    table = columns(leaving)
    arrays: list[Any] = [
        pa.array(values, type=schema.field(name).type, mask=mask, from_pandas=True)
        for name, values, mask in zip(table.names, table.values, table.masks, strict=True)
    ]
    if leaving.mapping.layer.is_spatial:
        arrays += [pa.array(shapely.to_wkb(shapes)) for shapes in (leaving.wgs84, leaving.frame["geometry"].to_numpy())]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _renamed(schema: pa.Schema, shape: str) -> pa.Schema:
    return pa.schema([field.with_name("geom") if field.name == shape else field for field in schema])

"""A data set as the source of records: which layers, what each row was made of, and the records of chosen features.

``form`` turns what leaves into records: entities for a broker, GeoJSON features for a gateway, rows for a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from ..layers.errors import InputError
from ..store import dataset
from ..store.coordinates import code_of, transform_geometries
from ..store.row_parts import FID, row_parts
from .mapping import LayerMapping, declarations
from .plan import Made, Scan
from .publication import ALERT, Alerts, Publication, alerts, needed, ready
from .records import hash_of
from .scanning import Rows, rows
from .selection import Leaving

Form = Callable[[Leaving], Made]
UNITS = "admin_unit"
PART = 50_000  # rows held at a time
_FORM = 3  # raise it where the same row would make another record, or another number


class Outgoing:
    """What leaves a data set, in the order of ``chosen``: layers that others refer to come first."""

    def __init__(
        self,
        path: Path,
        publication: Publication,
        chosen: Sequence[LayerMapping],
        form: Form,
        wards: Sequence[str] = (),
    ) -> None:
        self._path, self._publication, self._form, self._wards = path, publication, form, tuple(wards)
        self.chosen = tuple(chosen)
        self._mappings = {of.layer.id: of for of in chosen}
        self._rows: dict[str, tuple[pd.Index[Any], NDArray[np.int64]]] = {}  # uid and number of the rows told
        self._alerts: Alerts | None = None

    @property
    def layers(self) -> Sequence[str]:
        """Layers that leave."""
        return tuple(self._mappings)

    def scan(self, layer: str, agreed: frozenset[bytes] = frozenset()) -> Scan:
        """The layer as it is now; of blocks whose digests are ``agreed``, only that they are there."""
        of = self._mappings[layer]
        if layer == ALERT:
            found = self._alert_rows(of)
        else:
            dataset.require_layer(self._path, layer)
            self._require_withholding(of)
            area = self._area(of, dataset.crs_of(self._path, layer))
            found = rows(self._path, layer, needed(of), self._led_to(of), self._recipe(of), area, agreed)
        self._rows[layer] = pd.Index(found.uid, dtype=object), found.fid
        return Scan(found.uid, found.hash, found.nameless, found.blocks, found.kept)

    def _require_withholding(self, of: LayerMapping) -> None:
        """What a column keeps at home must not leave because the column is not there."""
        there = dataset.fields_in(self._path, of.layer.id)
        missing = [name for name, _ in of.withhold if name not in there]
        if missing:
            raise InputError("schema.column_missing", path=str(self._path), layer=of.layer.id, columns=missing)

    def parts(self, layer: str) -> Iterator[Leaving]:
        """All that leaves of a layer, in the order of the file and in parts of bounded size; at least one."""
        of = self._mappings[layer]
        if layer == ALERT:
            told = self._alerts_of(of)
            yield ready(self._publication, of, told.frame, told.simulated, told.issued, told.states)
            return
        area = self._area(of, dataset.crs_of(self._path, layer))
        uids, fids = _named(row_parts(self._path, layer, [], area, shapes=False))
        repeated = _repeated(uids)
        for start in range(0, max(len(uids), 1), PART):
            frame = self._read(layer, of, uids.slice(start, PART).to_pylist(), fids[start : start + PART])
            yield ready(self._publication, of, frame, self._publication.data.simulated, repeated=repeated)

    @property
    def issued(self) -> list[str]:
        """When the alerts that leave were raised (RFC 3339, UTC)."""
        return sorted(self._alerts_of(self._mappings[ALERT]).issued.values()) if ALERT in self._mappings else []

    def withdrawn(self, layer: str, there: frozenset[str]) -> Leaving:
        """Alerts that the centre was told of and that may not leave any more: they are told once more, as withdrawn."""
        of, told = self._mappings[layer], self._alerts_of(self._mappings[layer])
        held = pd.Series(False, index=told.frame.index)
        for name, values in of.withhold:
            held |= told.frame[name].isin(values)
        frame = told.frame[held & told.frame["uid"].isin(there)]
        freed = replace(of, withhold=())
        states = dict.fromkeys(frame["uid"], "withdrawn")
        return ready(self._publication, freed, frame, told.simulated, told.issued, states)

    def records(self, layer: str, uids: Sequence[str], there: frozenset[str]) -> Made:
        """The records of some features, as they are at this moment."""
        of = self._mappings[layer]
        if layer == ALERT:
            told = self._alerts_of(of)
            frame = told.frame[told.frame["uid"].isin(set(uids))]
            leaving = ready(self._publication, of, frame, told.simulated, told.issued, told.states)
            made = self._form(leaving)
            taken_back = self._form(self.withdrawn(layer, there & set(uids)))
            return Made([*made.records, *taken_back.records], made.left_out, leaving.faulty)
        names, numbers = self._rows[layer]
        at = names.get_indexer_for(pd.Index(list(uids), dtype=object))
        frame = self._read(layer, of, uids, numbers[at[at >= 0]])
        leaving = ready(self._publication, of, frame, self._publication.data.simulated)
        return replace(self._form(leaving), faulty=leaving.faulty)

    def _read(self, layer: str, of: LayerMapping, uids: Sequence[str], fids: NDArray[np.int64]) -> gpd.GeoDataFrame:
        """Rows by their number, which is fast; by ``uid`` where numbers were given anew since the scan."""
        wanted = needed(of)
        present = [name for name in wanted if name in dataset.fields_in(self._path, layer)]
        frame = dataset.read(self._path, layer, present, fids=np.unique(fids).tolist())
        named = set(uids) - {None}
        frame = frame[frame["uid"].isin(named) | (frame["uid"].isna() if None in uids else False)]
        missed = sorted(named - set(frame["uid"]))
        if missed:
            frame = pd.concat([frame, dataset.read(self._path, layer, present, uids=missed)], ignore_index=True)
        return frame.assign(**{name: None for name in wanted if name not in present})

    def _led_to(self, of: LayerMapping) -> dict[str, list[pd.Series[Any]]]:
        """Field → what its values lead to in other layers, so that a change there is seen here."""
        found: dict[str, list[pd.Series[Any]]] = {}
        for entity in of.entities:
            for attribute in entity.attributes:
                if attribute.through:
                    other, field = attribute.through
                    led_to = self._publication.lookup(other, [field]).set_index("uid")[field]
                    found.setdefault(attribute.field, []).append(led_to)
        return found

    def _area(self, of: LayerMapping, system: str) -> Any:
        """The chosen units as one geometry in ``system``; None for no limit."""
        if not self._wards or not of.layer.is_spatial:
            return None
        units = dataset.read(self._path, UNITS, ["code"])
        missing = sorted(set(self._wards) - set(units["code"]))
        if missing:
            raise InputError("ioc.wards_unknown", wards=missing[:10])
        shapes = units.geometry[units["code"].isin(self._wards)].to_numpy()
        return shapely.union_all(transform_geometries(shapes, code_of(units.crs), system))

    def _recipe(self, of: LayerMapping) -> int:
        """64 bits for the rules by which rows of a layer become records."""
        publication = self._publication
        catalogued = declarations([of.layer.id], publication.own, publication.extra)
        told = [catalogued, publication.province, of.fields, of.withhold, of.entities, _FORM]
        if any(attribute.fact == "@data_date" for entity in of.entities for attribute in entity.attributes):
            told.append(publication.data_date)
        version = getattr(self._form, "version", "")  # the contract of a gateway decides what a row becomes, too
        if version:
            told.append(version)
        return hash_of(repr(told))

    def _alerts_of(self, of: LayerMapping) -> Alerts:
        if self._alerts is None:
            told = alerts(self._publication, of)
            area = self._area(of, code_of(told.frame.crs))
            if area is not None:
                told = replace(told, frame=told.frame[shapely.intersects(told.frame.geometry.to_numpy(), area)])
            self._alerts = told
        return self._alerts

    def _alert_rows(self, of: LayerMapping) -> Rows:
        """Alerts come from several files and are few: hashed from the frame."""
        of_all = self._alerts_of(of)
        frame = of_all.frame
        told = pd.DataFrame(frame.drop(columns="geometry")).assign(
            shape=frame.geometry.to_wkb(), issued=frame["uid"].map(of_all.issued), state=frame["uid"].map(of_all.states)
        )
        hashed = pd.util.hash_pandas_object(told, index=False).to_numpy() + np.uint64(self._recipe(of) % 2**64)
        return Rows(frame["uid"].to_numpy(dtype=object), np.arange(len(frame)), hashed.view(np.int64))


def _named(parts: Iterable[pa.RecordBatch]) -> tuple[pa.ChunkedArray, NDArray[np.int64]]:
    """Identifier and number of each row, by number: SQLite tells rows by identifier where nothing else is asked for."""
    uids, fids = [], [np.empty(0, dtype=np.int64)]
    for part in parts:
        uids.append(part.column("uid"))
        fids.append(part.column(FID).to_numpy())
    numbers = np.concatenate(fids)
    order = np.argsort(numbers, kind="stable")
    return pa.chunked_array(uids, pa.string()).take(pa.array(order)), numbers[order]


def _repeated(uids: pa.ChunkedArray) -> frozenset[str]:
    """Identifiers that more than one row has."""
    if pc.count_distinct(uids, mode="all").as_py() == len(uids):
        return frozenset()
    counted = pc.value_counts(uids)
    return frozenset(counted.field("values").filter(pc.greater(counted.field("counts"), 1)).to_pylist())

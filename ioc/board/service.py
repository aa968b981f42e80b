"""What a service holds of a data set's layers: counts, the alerts, and the shapes of a layer when asked."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from ...layers.errors import EnvironmentTroubleError
from ..mapping import LayerMapping
from ..publication import ALERT, Publication
from ..targets.target import Said, Target, UnansweredError
from .alerts import Alert, bounds
from .readings import Reading
from .received import LARGEST, MOST, Proof, Shown, summary

_LAST = re.compile("[:/]")  # the key of a record ends with the uid of its feature


@dataclass
class Held:
    """The records of a broker, a database or a gateway (``kind``), read as ``reading`` says.

    ``prove`` reads everything back and compares it with the data set. The page may ask several things at once; the
    other side is asked one at a time.
    """

    kind: str
    target: Target
    reading: Reading
    publication: Publication
    chosen: Sequence[LayerMapping]
    prove: Callable[[], Proof]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def summary(self) -> dict[str, Any]:
        """Counts, alerts and what the centre said of them. Raises :class:`EnvironmentTroubleError`."""
        with self.lock:
            try:
                layers = [self._layer(of) for of in self.chosen]
                alerts = [one for of in self.chosen if of.layer.id == ALERT for one in self._alerts(of)]
                simulated = self.publication.data.simulated or any(run.simulated for run in self.publication.runs)
            except UnansweredError as error:
                raise EnvironmentTroubleError("ioc.no_answer", target=self.target.identity) from error
        return summary(
            self.target.identity, self.kind, self.publication.province, simulated, self.publication.data_date,
            "", layers, alerts,
        )  # fmt: skip

    def features(self, layer: str) -> bytes | None:
        """The records of a layer as GeoJSON, as many as a page draws."""
        of = next((of for of in self.chosen if of.layer.id == layer and of.layer.is_spatial), None)
        if of is None:
            return None
        with self.lock:
            try:
                records = list(islice(self.target.everything(layer), MOST))
            except UnansweredError as error:
                raise EnvironmentTroubleError("ioc.no_answer", target=self.target.identity) from error
        made = [self.reading.feature(of, json.loads(record.body)) for record in records]
        features = [one for one in made if bounds(one["geometry"])]
        content = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
        return content if len(content) <= LARGEST else None

    def proof(self) -> Proof:
        """Read everything back."""
        with self.lock:
            return self.prove()

    def _layer(self, of: LayerMapping) -> Shown:
        name = {"vi": of.layer.name.vi, "en": of.layer.name.en}
        count = self.target.count(of.layer.id)
        return Shown(of.layer.id, name, of.layer.geometry, count, None, of.layer.is_spatial and 0 < count <= MOST)

    def _alerts(self, of: LayerMapping) -> list[Alert]:
        found = [self.reading.alert(of, json.loads(one.body)) for one in islice(self.target.everything(ALERT), MOST)]
        said: dict[str, list[Said]] = {}
        for one in self.target.said([ALERT]):
            said.setdefault(_LAST.split(one.key)[-1], []).append(one)
        return [
            replace(
                alert,
                said=[
                    {"kind": one.kind, "text": one.text, "sender": one.sender, "at": one.at}
                    for one in said.get(alert.uid, ())
                ],
            )
            for alert in found
        ]

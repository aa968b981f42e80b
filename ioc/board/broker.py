"""What a broker holds of a data set's layers: counts by type, the alerts, and the shapes of a layer when asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from ...layers.errors import EnvironmentTroubleError
from ..mapping import LayerMapping
from ..publication import ALERT, Publication
from ..targets.target import Said, Target, UnansweredError
from .alerts import Alert, bounds, of_entity
from .received import LARGEST, MOST, Proof, Shown, summary


@dataclass
class Held:
    """The entities of a broker. ``prove`` reads everything back and compares it with the data set.

    The page may ask several things at once; the broker is asked one at a time.
    """

    target: Target
    publication: Publication
    chosen: Sequence[LayerMapping]
    prove: Callable[[], Proof]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def summary(self) -> dict[str, Any]:
        """Counts, alerts and what the centre said of them. Raises :class:`EnvironmentTroubleError`."""
        with self.lock:
            try:
                layers = [self._layer(of) for of in self.chosen]
                alerts = self._alerts() if any(of.layer.id == ALERT for of in self.chosen) else []
                simulated = self.publication.data.simulated or any(run.simulated for run in self.publication.runs)
            except UnansweredError as error:
                raise EnvironmentTroubleError("ioc.no_answer", target=self.target.identity) from error
        return summary(
            self.target.identity, "broker", self.publication.province, simulated, self.publication.data_date,
            "", layers, alerts,
        )  # fmt: skip

    def features(self, layer: str) -> bytes | None:
        """The entities of a layer as GeoJSON, as many as a page draws."""
        if layer not in {of.layer.id for of in self.chosen if of.layer.is_spatial}:
            return None
        with self.lock:
            try:
                bodies = [json.loads(record.body) for record in islice(self.target.everything(layer), MOST)]
            except UnansweredError as error:
                raise EnvironmentTroubleError("ioc.no_answer", target=self.target.identity) from error
        features = [_feature(entity) for entity in bodies if bounds(_location(entity))]
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

    def _alerts(self) -> list[Alert]:
        found = [of_entity(json.loads(record.body)) for record in islice(self.target.everything(ALERT), MOST)]
        said: dict[str, list[Said]] = {}
        for one in self.target.said([ALERT]):
            said.setdefault(one.key.rpartition(":")[2], []).append(one)
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


def _location(entity: dict[str, Any]) -> Any:
    location = entity.get("location")
    return location.get("value") if isinstance(location, dict) else None


def _feature(entity: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": str(entity["id"]).rpartition(":")[2],
        "properties": {"code": of_entity(entity).code},
        "geometry": _location(entity),
    }

"""What the page asks of the other side, and the shape of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from ...layers import catalogue
from ...layers.errors import InputError
from .alerts import Alert

LARGEST = 64 << 20  # bytes of one layer that a page still draws
MOST = 20_000  # alerts, or features of a layer that come from a service


@dataclass(frozen=True)
class Shown:
    """One received layer. ``extent`` is west, south, east, north in degrees; ``drawn`` false: too large, or no file."""

    id: str
    name: dict[str, str]
    geometry: str
    count: int
    extent: list[float] | None
    drawn: bool


@dataclass(frozen=True)
class Proof:
    """Whether what lies there is what was published.

    ``kind``: ``hashes`` (files against the manifest) or ``compared`` (records against the data set). ``checked`` of
    them; ``problems`` names the first that differ, ``wrong`` counts all.
    """

    kind: str
    checked: int
    wrong: int
    problems: list[str]


class Received(Protocol):
    """The other side as the page sees it. Every call may raise ``DothiError``."""

    def summary(self) -> dict[str, Any]:
        """See :func:`summary`."""

    def features(self, layer: str) -> bytes | None:
        """One layer as GeoJSON in UTF-8; None for a layer that is not there or is too large to draw."""

    def proof(self) -> Proof:
        """Check anew."""


def summary(
    target: str, kind: str, province: str, simulated: bool, data_date: str, version: str, layers: Sequence[Shown],
    alerts: Sequence[Alert],
) -> dict[str, Any]:  # fmt: skip
    """The answer to ``received.json``; alerts that need a look come first.

    ``kind``: ``folder``, ``broker``, ``database`` or ``gateway``. ``version`` changes with the shapes of the layers,
    where that can be known.
    """
    return {
        "target": target,
        "kind": kind,
        "province": province,
        "simulated": simulated,
        "data_date": data_date,
        "version": version,
        "layers": [asdict(layer) | {"colours": colours(layer.id)} for layer in layers],
        "alerts": [asdict(alert) for alert in sorted(alerts, key=Alert.order)[:MOST]],
    }


def colours(layer_id: str) -> dict[str, Any] | None:
    """The field by which the catalogue colours a layer, with colour and words of each value."""
    try:
        layer = catalogue.layer(layer_id)
    except InputError:  # a layer of the province's own catalogue, which the board does not know
        return None
    for field in layer.fields:
        if field.id == "land_use" and field.domain:
            domain = catalogue.domain(field)
            if domain.colours:
                return {"field": field.id, "values": dict(domain.colours)}
    return None

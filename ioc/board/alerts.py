"""One shape for an alert, whether it came as fields, a GeoJSON feature, an NGSI-LD entity or a CAP message."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from xml.etree import ElementTree as ET  # nosec B405 - of_cap lets no document type get here

from ..forms.cap import NAMESPACE

_STATES = {"Alert": "raised", "Update": "updated", "Cancel": "withdrawn"}
_SEVERITIES = ("critical", "high", "medium", "low", "informational", "")
_CAP_SEVERITY = {"Extreme": "critical", "Severe": "high", "Moderate": "medium", "Minor": "low"}
_ENTITY = {
    "code": "name", "state": "alertState", "review": "reviewStatus", "severity": "severity", "relation": "relation",
    "concession": "concessionCode", "issued_at": "dateIssued", "before": "imageBefore", "after": "imageAfter",
}  # fmt: skip
_FEATURE = {
    "code": "code", "review": "status", "relation": "relation", "concession": "concession_code",
    "before": "date_before", "after": "date_after",
}  # fmt: skip
LONGEST = 200  # signs of a text that the page gets


@dataclass(frozen=True)
class Alert:
    """An alert at the centre; empty texts and None where the centre does not hold it.

    ``state``: ``raised``, ``updated``, ``withdrawn``. ``bounds``: west, south, east, north in degrees. ``area_m2`` in
    m². ``said``: what the centre answered (kind, text, sender, at).
    """

    uid: str
    code: str = ""
    state: str = ""
    review: str = ""
    severity: str = ""
    relation: str = ""
    concession: str = ""
    issued_at: str = ""
    before: str = ""
    after: str = ""
    area_m2: float | None = None
    bounds: tuple[float, float, float, float] | None = None
    said: list[dict[str, str]] = field(default_factory=list)

    def order(self) -> tuple[int, int, float, str]:
        """What needs a look first: not withdrawn, grave, large."""
        state = int(self.state == "withdrawn")
        grave = _SEVERITIES.index(self.severity) if self.severity in _SEVERITIES else len(_SEVERITIES)
        return state, grave, -(self.area_m2 or 0.0), self.uid

    def with_more(self, other: Alert) -> Alert:
        """What this one lacks, taken from ``other``."""
        missing = {f.name: getattr(other, f.name) for f in fields(self) if getattr(self, f.name) in ("", None, [])}
        return replace(self, **missing)


def of_feature(feature: Mapping[str, Any]) -> Alert:
    """A feature of ``geojson/alert.geojson``."""
    return of_fields(feature.get("id"), _mapping(feature.get("properties")), "", "", "", feature.get("geometry"))


def of_fields(uid: Any, given: Mapping[str, Any], state: Any, issued_at: Any, severity: str, geometry: Any) -> Alert:
    """An alert whose members are called as the fields of the layer ``alert``; ``geometry`` is GeoJSON in WGS 84."""
    texts: dict[str, Any] = {name: _text(given.get(key)) for name, key in _FEATURE.items()}
    return Alert(
        _text(uid),
        **texts,
        state=_text(state),
        issued_at=_text(issued_at),
        severity=severity,
        area_m2=_number(given.get("area_m2")),
        bounds=bounds(geometry),
    )


def of_entity(entity: Mapping[str, Any]) -> Alert:
    """An entity of type ``Alert`` in normalized form."""
    texts: dict[str, Any] = {name: _text(_value(entity.get(key))) for name, key in _ENTITY.items()}
    return Alert(
        _text(entity.get("id")).rpartition(":")[2],
        **texts,
        area_m2=_number(_value(entity.get("area"))),
        bounds=bounds(_value(entity.get("location"))),
    )


def of_cap(content: bytes) -> Alert:
    """A CAP 1.2 message. Raises ``ValueError`` for what is none, and for a document type, which can explode."""
    text = content.decode("utf-8")
    if "<!" in text:
        raise ValueError("document type")
    try:
        root = ET.fromstring(text)  # noqa: S314  # nosec B314 - no document type gets here, see above
    except ET.ParseError as error:
        raise ValueError("not XML") from error
    cap = {"cap": NAMESPACE}
    name = root.findtext("cap:identifier", "", cap).removesuffix(":cancel").removesuffix(":update")
    parameters = {
        one.findtext("cap:valueName", "", cap): one.findtext("cap:value", "", cap)
        for one in root.iterfind("cap:info/cap:parameter", cap)
    }
    points = [
        [float(side) for side in reversed(pair.split(","))]
        for polygon in root.iterfind("cap:info/cap:area/cap:polygon", cap)
        for pair in (polygon.text or "").split()
    ]
    return Alert(
        name.rpartition(":")[2][:LONGEST],
        code=_text(parameters.get("code")),
        area_m2=_number_in(parameters.get("area_m2")),
        state=_STATES.get(root.findtext("cap:msgType", "", cap), ""),
        review=_text(parameters.get("status")),
        severity=_CAP_SEVERITY.get(root.findtext("cap:info/cap:severity", "", cap), ""),
        relation=_text(parameters.get("relation")),
        concession=_text(parameters.get("concession_code")),
        issued_at=root.findtext("cap:sent", "", cap)[:LONGEST],
        bounds=bounds({"type": "MultiPoint", "coordinates": points}),
    )


def bounds(geometry: Any) -> tuple[float, float, float, float] | None:
    """West, south, east, north of a GeoJSON geometry; None for one that is empty or is none on this earth."""
    if not isinstance(geometry, dict):
        return None
    points = list(_points(geometry.get("coordinates")))
    if not points or not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in points):
        return None
    east, north = [x for x, _ in points], [y for _, y in points]
    return min(east), min(north), max(east), max(north)


def _points(coordinates: Any) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list) or not coordinates:
        return
    if _number(coordinates[0]) is not None:
        x, y = (_number(side) for side in [*coordinates, None][:2])
        yield (x, y) if x is not None and y is not None else (math.inf, math.inf)
        return
    for inner in coordinates:
        if not isinstance(inner, list):
            yield math.inf, math.inf
        yield from _points(inner)


def _value(attribute: Any) -> Any:
    """The value of an attribute; a moment comes as a typed literal."""
    value = attribute.get("value") if isinstance(attribute, dict) else attribute
    return value["@value"] if isinstance(value, dict) and "@value" in value else value


def _text(value: Any) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _number_in(text: str | None) -> float | None:
    """Raises ``ValueError`` for a text that is no number."""
    number = float(text) if text else None
    if number is not None and not math.isfinite(number):
        raise ValueError(text)
    return number


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

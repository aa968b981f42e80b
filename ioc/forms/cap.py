"""Alerts as CAP 1.2 (OASIS, ITU-T X.1303bis): one file an alert, which warning systems take as it is.

The identifier is that of the alert for ever; an alert that is withdrawn is a Cancel that names it. What a satellite saw
is possible or likely and never certain, and nobody is told what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET  # nosec B405 - only written here, nothing is parsed

import shapely

from ...layers.messages import sentence
from ...layers.model import Layer
from ...store.troubles import told
from ..entities import urn
from ..selection import DECIMALS, Leaving

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
# (severity, urgency) by relation to the licences: how urgent a look is, not how grave an offence.
_GRAVE = {"outside": "Severe", "straddling": "Moderate", "none": "Moderate", "tolerance": "Minor", "inside": "Minor"}
_MESSAGES = {"raised": "Alert", "updated": "Update", "withdrawn": "Cancel"}
LIKELY = 0.9  # confidence from which a change is called likely
_LANGUAGES = {"vi": "vi-VN", "en": "en-US"}


def write(folder: Path, leaving: Leaving, province: str) -> int:
    """Write a file per alert into ``folder``; returns their number."""
    folder.mkdir(exist_ok=True)
    issued, states = leaving.facts["@issued_at"], leaving.facts["@state"]
    layer = leaving.mapping.layer
    rows: list[dict[str, Any]] = leaving.frame.drop(columns="geometry").to_dict("records")  # type: ignore[assignment]
    for row, shape, moment, state in zip(rows, leaving.wgs84, issued, states, strict=True):
        path = folder / f"{row['uid']}.xml"
        with told(path, writing=True):
            path.write_bytes(alert(layer, row, shape, str(moment), province, leaving.simulated, state))
    return len(rows)


def alert(
    layer: Layer, row: dict[str, Any], shape: Any, issued: str, province: str, simulated: bool, state: str = "raised"
) -> bytes:
    """One alert; ``issued`` is an instant in UTC, ``shape`` a (Multi)Polygon in WGS 84.

    An alert whose ``state`` is not ``raised`` names the message that raised it.
    """
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(_name("alert"))
    sent = issued.removesuffix("Z") + "-00:00"  # CAP wants the offset written out
    name, sender = urn("Alert", province, str(row["uid"])), f"dothi@{province}"
    kind = _MESSAGES.get(state, "Alert")
    _texts(root, identifier=name if kind == "Alert" else f"{name}:{kind.lower()}", sender=sender, sent=sent)
    # Simulated data are an exercise, whatever they show.
    _texts(root, status="Exercise" if simulated else "Actual", msgType=kind, scope="Restricted")
    _texts(root, restriction=sentence("ioc.cap.restriction", "vi"))
    if kind != "Alert":
        _texts(root, references=f"{sender},{name},{sent}")
    for language in _LANGUAGES:
        root.append(_info(layer, row, shape, language, simulated))
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _info(layer: Layer, row: dict[str, Any], shape: Any, language: str, simulated: bool) -> ET.Element:
    info = ET.Element(_name("info"))
    likely = (row.get("confidence") or 0) >= LIKELY
    relation = str(row.get("relation") or "none")
    area = float(row.get("area_m2") or 0) / 10_000  # ha
    said = {"alert": row.get("code"), "area": round(area, 2)}
    said |= {"before": _day(row, "date_before"), "after": _day(row, "date_after")}
    mark = f"[{sentence('ioc.simulated', language)}] " if simulated else ""
    _texts(info, language=_LANGUAGES[language], category="Env", event=sentence("ioc.cap.event", language))
    _texts(info, urgency="Expected" if relation == "outside" else "Unknown", severity=_GRAVE.get(relation, "Unknown"))
    _texts(
        info,
        certainty="Likely" if likely else "Possible",
        headline=mark + sentence("ioc.cap.headline", language, **said),
    )
    _texts(info, description=mark + sentence("ioc.cap.description", language, **said))
    for name in ("code", "area_m2", "relation", "concession_code", "status"):
        if row.get(name):
            parameter = ET.SubElement(info, _name("parameter"))
            _texts(parameter, valueName=name, value=str(row[name]))
    place = ET.SubElement(info, _name("area"))
    _texts(place, areaDesc=str(row.get("concession_code") or layer.name[language]))
    for polygon in shapely.get_parts(shape):
        points = shapely.get_coordinates(shapely.get_exterior_ring(polygon))
        _texts(place, polygon=" ".join(f"{lat:.{DECIMALS}f},{lon:.{DECIMALS}f}" for lon, lat in points))
    return info


def _day(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None or value != value else str(value)[:10]


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _texts(parent: ET.Element, **texts: str) -> None:
    for tag, text in texts.items():
        ET.SubElement(parent, _name(tag)).text = text

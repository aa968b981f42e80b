"""Take the picture of the panel of publishing: a copy of the demo, a folder, and a broker that has written back."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from ..engine.contract import JOBS
from ..engine.jobs import perform
from ..layers.report import SILENT
from ..tests.doubles.ngsi_ld.server import Broker, serving
from . import pictures
from .files import ROOT

COPY = ROOT / "build" / "pictures-ioc"
WINDOW = ROOT / "scripts" / "pictures_ioc_window.py"
CONTEXT = "https://ioc.example/context/dothi-v1.jsonld"
CENTRE, DISTRICT = "trung-tam-tinh", "quan"


def run(job: str, data: Path, **given: Any) -> dict[str, Any]:
    """A job of the contract on ``data``."""
    return perform(JOBS[job], {"data": str(data), **given}, SILENT)


def _answer(held: dict[str, Any], kind: str, name: str, attribute: Mapping[str, Any]) -> None:
    """Write ``attribute`` as ``name`` on the first entity of a type, as the centre would."""
    first = min(key for key, one in held.items() if one["type"] == kind)
    held[first][name] = dict(attribute)


def _edited(data: Path, change: str) -> None:
    """Change luminaires in the copy; no shape moves, so that the index need not know."""
    with closing(sqlite3.connect(data)) as base, base:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            base.create_function(name, 1, lambda _geometry: 0)
        base.execute(f"UPDATE luminaire SET {change}")  # noqa: S608 - our own two sentences


def _published(data: Path, broker: Broker, address: str) -> None:
    """Two targets, published; then the centre answers, changes a pole itself, and our data go on."""
    layers = ["alert", "lighting_pole", "luminaire", "hydrant"]
    run("ioc.add_target", data, name=CENTRE, address=f"ngsi-ld+{address}", context=CONTEXT, layers=layers)
    run("ioc.add_target", data, name=DISTRICT, address=str(COPY / "quan"), without=["luminaire.power_w"])
    for target in (CENTRE, DISTRICT):
        run("ioc.publish", data, target=target)
    held = broker.tenants[""].held
    sender = {"type": "Property", "value": "Trực ban IOC"}
    for kind, name, text, at in (
        ("Alert", "acknowledgement", "Đã tiếp nhận cảnh báo", "2026-06-02T01:15:00Z"),
        ("Alert", "instruction", "Kiểm tra tại thực địa trước ngày 05/6", "2026-06-02T03:40:00Z"),
        ("Streetlight", "acknowledgement", "Đã chuyển đội chiếu sáng", "2026-06-02T07:05:00Z"),
    ):
        if any(one["type"] == kind for one in held.values()):
            _answer(held, kind, name, {"type": "Property", "value": text, "observedAt": at, "sender": sender})
    _edited(data, "power_w = power_w + 10 WHERE fid <= 3")
    with closing(sqlite3.connect(data)) as base:
        (uid,) = base.execute("SELECT uid FROM luminaire WHERE fid = 1").fetchone()
    changed = next(one for key, one in held.items() if key.endswith(uid) and one["type"] == "Streetlight")
    changed["powerRating"] = {"type": "Property", "value": 111}
    run("ioc.publish", data, target=CENTRE)
    _edited(data, "status = 'brokenLantern' WHERE fid BETWEEN 10 AND 24")


def main() -> int:
    """Take the picture; 0 when it is there."""
    raw, profile = pictures.fresh(COPY)
    project = pictures.copied_demo(COPY)
    broker = Broker()
    with serving(broker) as address, pictures.virtual_screen() as display:
        _published(project.with_suffix(".gpkg"), broker, address)
        pictures.take(display, project, WINDOW, raw, profile)
    pictures.publish(raw)
    return 0


if __name__ == "__main__":
    sys.exit(main())

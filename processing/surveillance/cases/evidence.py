"""Evidence of a case: field photos with position, reports of citizens, documents; copied, and known by their SHA-256.

The bytes are kept as they came: a photo that was touched proves nothing. Who reported is not asked for.
"""

from __future__ import annotations

import shutil
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from ....layers.crs import WGS84
from ....layers.errors import InputError
from ....layers.report import SILENT, Report
from ....store import case_changes, cases
from ....store.coordinates import transform
from ....store.scenarios import slug_of
from ....store.troubles import told
from ....store.whole import made_whole
from ..scenes.checksum import sha256
from .life import LONGEST, living
from .photo import read_photo

MOST_BYTES = 500 * 1024**2
# Where Viet Nam and its waters lie (degrees); a photo from elsewhere has a wrong position.
_HERE = (102.0, 8.0, 118.0, 24.0)
_FAR_M = 1_000.0  # from the case: somebody should look whether it is the right one
_NAME = 60


@dataclass(frozen=True)
class Added:
    """The row of the evidence; ``known``: this file belonged to the case already, and nothing was changed."""

    uid: str
    case: str
    file: str | None
    sha256: str | None
    position: tuple[float, float] | None
    position_from: str
    taken_at: datetime | None
    distance_m: float | None
    known: bool = False


def add(
    data: Path,
    word: str,
    kind: str,
    *,
    file: Path | None = None,
    position: tuple[float, float] | None = None,
    note: str = "",
    author: str = "",
    report: Report = SILENT,
) -> Added:
    """Add a photo, a citizen's report or a document to the case ``word``; ``position`` (longitude, latitude) goes
    before that of the photo.

    The file is copied whole before the case tells of it: killed in between, the next attempt finds it. Raises
    :class:`InputError` for an unknown case, no or a huge file, what is no photo, and a position outside the country.
    """
    if len(note) > LONGEST or not note.replace("\n", " ").isprintable():
        raise InputError("case.text_wrong", most=LONGEST)
    if file is None and (kind == "photo" or not note.strip()):
        raise InputError("case.evidence_empty")
    if position is not None and not _in_country(position):
        raise InputError("case.position_outside", longitude=position[0], latitude=position[1])
    case = cases.find(data, word)
    taken_at = direction = stored = sum_ = None
    source = "given" if position else "none"
    if file is not None:
        _readable(file)
        if kind == "photo":
            photo = read_photo(file)
            taken_at, direction = photo.taken_at, photo.direction
            if position is None and photo.position is not None:
                if _in_country(photo.position):
                    position, source = photo.position, "exif"
                else:
                    report.message("case.photo_elsewhere", "warning", name=file.name)
            if source == "none":
                report.message("case.photo_without_position", "warning", name=file.name)
        sum_ = sha256(file)
        stored = _copied(file, sum_, cases.folder_of(data, case["uid"]))
    with case_changes.changing(data) as changes:
        case = living(changes, case["uid"])
        earlier = cases.belonging(changes.rows("case_evidence"), case["uid"])
        same = earlier[earlier["sha256"] == sum_] if sum_ else earlier.iloc[:0]
        if file is not None and len(same):
            report.message("case.evidence_known", name=file.name, case=case["code"])
            return Added(str(same["uid"].iloc[0]), case["code"], same["file"].iloc[0], sum_, position, source, taken_at,
                         None, known=True)  # fmt: skip
        point = _point(position, changes.crs)
        distance = None if point is None else round(float(shapely.distance(point, case["geometry"])), 1)
        if distance is not None and distance > _FAR_M:
            report.message("case.evidence_far", "warning", case=case["code"], km=round(distance / 1000, 1))
        name = stored.relative_to(cases.path_of(data).parent).as_posix() if stored else None
        uid = changes.insert(
            "case_evidence", case=case["uid"], kind=kind, file=name, sha256=sum_, taken_at=taken_at,
            original_name=unicodedata.normalize("NFC", file.name)[:200] if file else None,
            bytes=file.stat().st_size if file else None, position_from=source, direction=direction,
            note=note.strip() or None, author=author or None, added_at=changes.now, geometry=point,
        )  # fmt: skip
        changes.event(
            case["uid"], "evidence", author=author, status=case["status"], text=note.strip() or None,
            facts={"evidence": uid, "kind": kind, "sha256": sum_},
        )  # fmt: skip
    return Added(uid, case["code"], name, sum_, position, source, taken_at, distance)


def _readable(file: Path) -> None:
    with told(file, writing=False):
        if not file.is_file():
            raise InputError("engine.file_missing", path=str(file))
        size = file.stat().st_size
    if not 0 < size <= MOST_BYTES:
        raise InputError("case.evidence_size", path=str(file), megabytes=round(size / 1024**2, 1))


def _copied(file: Path, sum_: str, folder: Path) -> Path:
    """The file under a name that any system takes: its sum, then its own name in plain letters."""
    target = folder / f"{sum_[:12]}-{slug_of(file.stem)[:_NAME]}{file.suffix.lower()[:6]}"
    if not target.exists():
        with told(folder, writing=True):
            folder.mkdir(parents=True, exist_ok=True)
        with made_whole(target) as temporary:
            shutil.copyfile(file, temporary)
            if sha256(temporary) != sum_:
                raise InputError("case.evidence_changing", path=str(file))
    return target


def _in_country(position: tuple[float, float]) -> bool:
    west, south, east, north = _HERE
    return west <= position[0] <= east and south <= position[1] <= north


def _point(position: tuple[float, float] | None, crs: str) -> Any:
    if position is None:
        return None
    x, y = transform(np.array([position[0]]), np.array([position[1]]), WGS84, crs)
    return shapely.Point(float(x[0]), float(y[0]))

"""The scenes of a library as the window shows them: from the engine's answer to plain rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ...layers import catalogue
from ...layers.messages import number
from ..language import language, tr

# The season's colour in the strip and the list; cloudy scenes are grey. Told apart without red and green.
COLOURS = {"dry": "#d98e04", "rainy": "#1f78b4"}
CLOUDY_COLOUR = "#a8adb3"
MUCH_CLOUD = "much_cloud"  # the engine's own mark of quality


@dataclass(frozen=True)
class Scene:
    """One row of the library. ``cloud`` and ``usable`` are percent of the area of interest, None where unknown;
    ``copy`` is the decoded copy where it is on the disk.
    """

    code: str
    day: date
    sensor: str
    kind: str
    season: str
    cloud: float | None
    usable: float | None
    cloudy: bool
    state: str
    copy: Path | None
    thumbnail: Path | None

    @property
    def colour(self) -> str:
        """Of its season, or grey where much of it is cloud."""
        return CLOUDY_COLOUR if self.cloudy else COLOURS.get(self.season, "#555555")


def scenes_of(data: str, rows: Iterable[Mapping[str, Any]]) -> list[Scene]:
    """What ``scene.list`` answered about the data set ``data``, by day; touches only the names of files."""
    folder = Path(data).parent
    found = [_scene(folder, row) for row in rows]
    return sorted(found, key=lambda scene: (scene.day, scene.code))


def _scene(folder: Path, row: Mapping[str, Any]) -> Scene:
    copy = _file(folder, row.get("cached"))
    return Scene(
        str(row["code"]),
        date.fromisoformat(str(row["acquired_on"])[:10]),
        str(row.get("sensor") or ""),
        str(row.get("kind") or "optical"),
        str(row.get("season") or ""),
        _share(row.get("cloud_pct")),
        _share(row.get("valid_pct")),
        MUCH_CLOUD in str(row.get("quality") or ""),
        str(row.get("state") or "present"),
        copy,
        _file(folder, row.get("thumbnail")),
    )


def _file(folder: Path, noted: Any) -> Path | None:
    path = folder / str(noted) if noted else None
    return path if path is not None and path.is_file() else None


def _share(value: Any) -> float | None:
    return None if value is None else float(value)


def day_text(day: date) -> str:
    """``05/03/2026`` in Vietnamese, ``2026-03-05`` in English."""
    return f"{day:%d/%m/%Y}" if language() == "vi" else day.isoformat()


def season_text(scene: Scene) -> str:
    """``Mùa khô``; empty where the season is not known."""
    words = catalogue.domain(catalogue.layer("scene").find("season")).values
    return words[scene.season][language()] if scene.season in words else ""


def cloud_text(scene: Scene) -> str:
    """How much of the area of interest is cloud, in words; of radar nothing."""
    if scene.kind == "radar":
        return tr("plugin.surveillance.timeline.radar")
    if scene.cloud is None:
        return tr("plugin.surveillance.timeline.cloud_unknown")
    return tr("plugin.surveillance.timeline.cloud", share=number(scene.cloud, language(), 0))


def told(scene: Scene) -> str:
    """A scene in one line: day, sensor, cloud, season, whether a decoded copy is there."""
    parts = [day_text(scene.day), scene.sensor, cloud_text(scene), season_text(scene)]
    parts.append(tr(f"plugin.surveillance.timeline.{'cached' if scene.copy else 'not_cached'}"))
    if scene.state != "present":
        parts.append(tr(f"plugin.surveillance.timeline.state_{scene.state}"))
    return " · ".join(part for part in parts if part)


def ranges(scenes: Iterable[Scene]) -> list[tuple[Scene, date, date]]:
    """Each scene with its first day and the day before the next scene's; the last one lasts as the one before it.

    Of several scenes of one day the clearest stays.
    """
    clearest: dict[date, Scene] = {}
    for scene in scenes:
        held = clearest.get(scene.day)
        if held is None or (scene.cloud or 0.0) < (held.cloud or 0.0):
            clearest[scene.day] = scene
    days = sorted(clearest)
    ends = [later - timedelta(days=1) for later in days[1:]]
    last = max((days[-1] - days[-2]).days - 1, 0) if len(days) > 1 else 0
    ends += [days[-1] + timedelta(days=last)] if days else []
    return [(clearest[day], day, end) for day, end in zip(days, ends, strict=True)]

"""What a published folder holds. The folder is opened anew for each question: a publication swaps it as a whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...layers.errors import InputError
from ...store.troubles import told
from ..publication import ALERT
from ..targets.drop import FORMAT, MANIFEST, problems
from ..targets.target import UnansweredError
from ..web import read_json
from .alerts import Alert, of_cap, of_entity, of_feature
from .received import LARGEST, MOST, Proof, Shown, summary

_LAYER = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MESSAGE = re.compile(r"cap/[0-9A-Za-z-]{1,64}\.xml")
_LARGEST_MANIFEST = 16 << 20
_LARGEST_MESSAGE = 1 << 20
NAMED = 20  # files that a proof names


@dataclass(frozen=True)
class Folder:
    """A file drop as the centre has it."""

    path: Path

    def summary(self) -> dict[str, Any]:
        """Layers, alerts and facts. Raises :class:`InputError` for a folder that holds no publication."""
        manifest = self._manifest()
        listed = self._listed(manifest)
        layers = [
            Shown(
                layer["id"],
                {language: str(layer["name"].get(language, layer["id"]))[:200] for language in ("vi", "en")},
                str(layer["geometry"])[:40],
                int(layer["features"]),
                _extent(layer["extent"]),
                0 < listed.get(f"geojson/{layer['id']}.geojson", 0) <= LARGEST,
            )
            for layer in manifest["layers"]
            if _LAYER.fullmatch(layer["id"])
        ]
        return summary(
            "/".join(self.path.parts[-2:]), "folder", str(manifest["province"])[:80], manifest["simulated"] is True,
            str(manifest["data_date"])[:40], _version(manifest), layers, list(self._alerts(listed).values())[:MOST],
        )  # fmt: skip

    def features(self, layer: str) -> bytes | None:
        """The file of a layer that the manifest lists."""
        name = f"geojson/{layer}.geojson"
        if not _LAYER.fullmatch(layer) or name not in self._listed(self._manifest()):
            return None
        return self._bytes(name, LARGEST)

    def proof(self) -> Proof:
        """Hash every file again and compare it with the manifest."""
        listed = self._listed(self._manifest())
        with told(self.path, writing=False):
            wrong = problems(self.path)
        return Proof("hashes", len(listed), len(wrong), wrong[:NAMED])

    def _manifest(self) -> dict[str, Any]:
        """The manifest, whose shape has been looked at. Raises :class:`InputError`."""
        content = self._bytes(MANIFEST, _LARGEST_MANIFEST)
        if content is None:
            raise InputError("ioc.board.no_publication", folder=str(self.path))
        try:
            manifest = read_json(content)
            fits = manifest["format"] == FORMAT and all(
                isinstance(layer["id"], str) and isinstance(layer["name"], dict) and int(layer["features"]) >= 0
                and {"geometry", "extent"} <= set(layer)
                for layer in manifest["layers"]
            ) and all(
                isinstance(file["path"], str) and isinstance(file["bytes"], int) and isinstance(file["sha256"], str)
                for file in manifest["files"]
            ) and {"province", "simulated", "data_date"} <= set(manifest)  # fmt: skip
        except (UnansweredError, KeyError, TypeError, ValueError):
            fits = False
        if not fits:
            raise InputError("ioc.board.no_publication", folder=str(self.path))
        found: dict[str, Any] = manifest
        return found

    def _listed(self, manifest: dict[str, Any]) -> dict[str, int]:
        return {file["path"]: file["bytes"] for file in manifest["files"]}

    def _alerts(self, listed: dict[str, int]) -> dict[str, Alert]:
        """By uid, from whichever forms are there: entities know the most, messages alone know what was withdrawn."""
        found: dict[str, Alert] = {}
        for one in self._entities(listed):
            _join(found, one)
        for one in self._features(listed):
            _join(found, one)
        for name in [name for name in listed if _MESSAGE.fullmatch(name)][:MOST]:
            content = self._bytes(name, _LARGEST_MESSAGE)
            try:
                _join(found, of_cap(content or b""))
            except ValueError:  # the proof tells of a file that is not what was published
                continue
        return found

    def _entities(self, listed: dict[str, int]) -> Iterator[Alert]:
        held = self._json(f"ngsi-ld/{ALERT}.jsonld", listed)
        yield from (of_entity(one) for one in held or () if isinstance(one, dict) and one.get("type") == "Alert")

    def _features(self, listed: dict[str, int]) -> Iterator[Alert]:
        held = self._json(f"geojson/{ALERT}.geojson", listed)
        given = held.get("features") if isinstance(held, dict) else None
        yield from (of_feature(one) for one in given or () if isinstance(one, dict))

    def _json(self, name: str, listed: dict[str, int]) -> Any:
        content = self._bytes(name, LARGEST) if name in listed else None
        try:
            return None if content is None else read_json(content)
        except UnansweredError:  # the proof tells of it
            return None

    def _bytes(self, name: str, most: int) -> bytes | None:
        """A file of the folder itself, no link to another place; None where it is not there or larger than ``most``."""
        path = self.path / name
        if path.resolve() != self.path.resolve() / name:
            return None
        with told(path, writing=False):
            if not path.is_file():
                return None
            with path.open("rb") as file:
                content = file.read(most + 1)
        return content if len(content) <= most else None


def _join(found: dict[str, Alert], one: Alert) -> None:
    if one.uid:
        found[one.uid] = found[one.uid].with_more(one) if one.uid in found else one


def _version(manifest: dict[str, Any]) -> str:
    """Changes with any of the files."""
    digests = "".join(file["sha256"] for file in manifest["files"])
    return hashlib.sha256(digests.encode()).hexdigest()[:16]


def _extent(value: Any) -> list[float] | None:
    if isinstance(value, list) and len(value) == 4 and all(isinstance(side, (int, float)) for side in value):
        return [float(side) for side in value]
    return None

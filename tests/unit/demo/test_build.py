from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import rasterio
import shapely

from dothi.layers.errors import InputError
from dothi.processing.demo import build as building
from dothi.processing.zoning.rulebook import packs
from dothi.store import dataset


def content(folder: Path) -> dict[str, str]:
    """A hash of every table's rows and geometries, every scene's pixels and tags, and every text file."""
    hashes = {}
    for layer_id in dataset.layers_in(folder / "dothi.gpkg"):
        frame = dataset.read(folder / "dothi.gpkg", layer_id)
        rows = frame.drop(columns="geometry").to_csv().encode() + b"".join(shapely.to_wkb(frame.geometry.to_numpy()))
        hashes[layer_id] = hashlib.sha256(rows).hexdigest()
    for scene in sorted((folder / "scenes").iterdir()):
        with rasterio.open(scene) as file:
            pixels = file.read().tobytes() + repr(sorted(file.tags().items())).encode()
        hashes[scene.name] = hashlib.sha256(pixels).hexdigest()
    for text in (folder / "truth.json", *sorted((folder / "dothi.dothi" / "rules").iterdir())):
        hashes[text.name] = hashlib.sha256(text.read_bytes()).hexdigest()
    return hashes


@pytest.mark.slow
def test_the_same_seed_gives_the_same_province_and_replaces_the_last_one(demo, tmp_path):
    building.build(tmp_path, 2026)
    kept = tmp_path / "dothi.dothi" / "runs" / "ghi-chú.txt"
    kept.parent.mkdir()
    kept.write_text("của tôi", encoding="utf-8")
    first = content(demo)
    assert content(tmp_path) == first
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".demo-")]


def test_data_of_somebody_are_not_overwritten(tmp_path):
    dataset.create(tmp_path / "dothi.gpkg", ["parcel"], "EPSG:9210")
    before = (tmp_path / "dothi.gpkg").read_bytes()
    with pytest.raises(InputError) as caught:
        building.build(tmp_path, 1)
    assert caught.value.code == "demo.not_ours"
    assert (tmp_path / "dothi.gpkg").read_bytes() == before


def test_a_build_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fails(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(building, "province", fails)
    with pytest.raises(OSError, match="No space"):
        building.build(tmp_path / "demo", 1)
    assert list((tmp_path / "demo").iterdir()) == []


def test_the_rule_pack_is_read_and_says_that_it_is_simulated(demo):
    _, matrix = packs.load(demo / "dothi.dothi" / "rules")
    assert matrix is not None
    assert matrix.status == "simulated"
    assert "SKC" in matrix.permits["SKN"]

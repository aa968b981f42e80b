from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from dothi.processing.demo.build import build
from dothi.store import dataset


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo province, built once. Read only."""
    folder = tmp_path_factory.mktemp("mô phỏng") / "tỉnh demo"
    build(folder, 2026)
    return folder


@pytest.fixture(scope="session")
def layer(demo: Path) -> Callable[[str], gpd.GeoDataFrame]:
    """A layer of the demo by its id, read once."""
    read: dict[str, gpd.GeoDataFrame] = {}

    def one(layer_id: str) -> gpd.GeoDataFrame:
        if layer_id not in read:
            read[layer_id] = dataset.read(demo / "dothi.gpkg", layer_id)
        return read[layer_id]

    return one


@pytest.fixture(scope="session")
def truth(demo: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((demo / "truth.json").read_text(encoding="utf-8"))
    return told

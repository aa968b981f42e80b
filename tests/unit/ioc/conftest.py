from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dothi.engine.contract.ioc import PUBLISH
from dothi.engine.jobs.ioc import publish
from dothi.layers.report import SILENT

from . import province


def run(data: Path, target: Path | str, **more: Any) -> dict[str, Any]:
    """The job as both doors run it."""
    return publish(PUBLISH.read({"data": str(data), "target": str(target), **more}), SILENT)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set with a detection run, in a folder with blanks and Vietnamese letters. Read only."""
    path = province.build(tmp_path_factory.mktemp("ioc") / "Tỉnh Bình Dương.gpkg")
    province.detect(path)
    return path


@pytest.fixture(scope="session")
def published(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One publication of it, with the job's result. Read only."""
    folder = tmp_path_factory.mktemp("đích đến") / "trung tâm điều hành"
    return run(data, folder)


@pytest.fixture
def publication() -> Callable[..., dict[str, Any]]:
    return run

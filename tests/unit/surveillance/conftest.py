from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def satellite() -> Path:
    """The folder of real images; tests that need it are skipped where it is not named."""
    given = os.environ.get("DOTHI_TEST_DATA")
    if not given:
        pytest.skip("DOTHI_TEST_DATA is not set")
    return Path(given) / "satellite"

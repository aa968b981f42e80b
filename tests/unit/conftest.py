"""The unit tests know no QGIS: whoever imports it there fails, as on a machine without it."""

from __future__ import annotations

import sys

sys.modules["qgis"] = None  # type: ignore[assignment]

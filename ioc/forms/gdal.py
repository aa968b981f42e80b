"""Writing a staged layer with a driver of GDAL, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pyogrio import raw

from ...store.troubles import told
from .staging import WGS84, Staged


def write_with_gdal(
    path: Path,
    staged: Staged,
    driver: str,
    shape: str,
    layer_options: Mapping[str, str],
    dataset_options: Mapping[str, str] | None = None,
) -> None:
    """Write or add the layer to ``path``; ``shape`` is the system of its geometries (``WGS84``, ``NATIONAL``)."""
    spatial = staged.layer.is_spatial
    system = "EPSG:4326" if shape == WGS84 else staged.crs
    with told(path, writing=True):
        raw.write_arrow(
            staged.batches(shape if spatial else ""),
            path,
            layer=staged.layer.id,
            driver=driver,
            geometry_name="geom" if spatial else None,
            geometry_type=staged.layer.geometry if spatial else None,
            crs=system if spatial else None,
            encoding="UTF-8",
            append=False,
            dataset_options=dict(dataset_options or {}),
            layer_options=dict(layer_options),
        )

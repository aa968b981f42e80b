"""What changed ground lies on or near, besides licences: mineral reserve, forest, coast, roads.

Each comes from a layer of the data set. A layer that is not there, or holds nothing, proves nothing: it is named as
missing and never read as "clear". No legal distance to dunes, coast or forest is known, so distances are told and not
judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from ....store import dataset
from ....store.coordinates import to

# Topic → the layer that holds it.
LAYERS = {
    "reserve": "mineral_reserve",
    "forest": "existing_land_use",
    "coast": "coastline",
    "road": "street_centreline",
}
# Forest land of all three kinds and mangrove: codes of TT 08/2024/TT-BTNMT, in the list of land codes.
FOREST = (
    "RSX", "RSN", "RST", "RSM", "RPH", "RPN", "RPT", "RPM", "RDD", "RDN", "RDT", "RDM", "MVR",
)  # fmt: skip
_NAMES = {"reserve": "name", "forest": "land_use", "coast": "name", "road": "name"}
_NAMED = 3  # names told per topic
# A layer whose nearest feature lies further off is of another place and says nothing here.
_ELSEWHERE_M = 50_000.0

Around = Mapping[str, gpd.GeoDataFrame | None]


def read_around(data: Path | None, crs: str) -> dict[str, gpd.GeoDataFrame | None]:
    """The layers of ``data`` by topic, brought to ``crs``; None for one that is not there or empty."""
    present = set(dataset.layers_in(data)) if data else set()
    found: dict[str, gpd.GeoDataFrame | None] = {}
    for topic, layer_id in LAYERS.items():
        frame = dataset.read(data, layer_id) if data and layer_id in present else None
        if frame is not None:
            frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty & frame.geometry.is_valid]
            frame = to(frame.reset_index(drop=True), crs) if len(frame) else None
        found[topic] = frame
    return found


def missing(around: Around) -> list[str]:
    """Layers that nothing can be said without."""
    return [LAYERS[topic] for topic in LAYERS if around.get(topic) is None]


def surroundings(alerts: NDArray[np.object_], around: Around) -> list[dict[str, Any]]:
    """Per alert (polygons in the layers' system, m): topic → what is known.

    ``state`` is ``missing``, ``touches`` or ``clear``; with ``touches`` come ``area_m2`` (areas) or ``length_m``
    (lines) and names; ``distance_m`` is to the nearest, 0 where it touches; more than 50 km off the layer is
    ``missing`` here. Forest: ``state`` is ``clear`` only over
    ground that the land-use layer covers at all.
    """
    made: list[dict[str, Any]] = [{} for _ in alerts]
    for topic, layer_id in LAYERS.items():
        frame = around.get(topic)
        if frame is None:
            told: Sequence[dict[str, Any]] = [{"layer": layer_id, "state": "missing"} for _ in alerts]
        elif topic == "forest":
            told = _forest(alerts, frame)
        else:
            told = _topic(alerts, frame, topic)
        for one, row in zip(made, told, strict=True):
            one[topic] = row
    return made


def _forest(alerts: NDArray[np.object_], land: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    covered = np.zeros(len(alerts), dtype=bool)
    covered[shapely.STRtree(land.geometry.to_numpy()).query(alerts, predicate="intersects")[0]] = True
    wooded = land[land["land_use"].isin(FOREST)].reset_index(drop=True)
    if wooded.empty:
        told: list[dict[str, Any]] = [{"layer": LAYERS["forest"], "state": "clear"} for _ in alerts]
    else:
        told = _topic(alerts, wooded, "forest")
    for row, known in zip(told, covered, strict=True):
        if not known:
            row["state"] = "missing"
    return told


def _topic(alerts: NDArray[np.object_], frame: gpd.GeoDataFrame, topic: str) -> list[dict[str, Any]]:
    shapes = frame.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    (rows, _), apart = tree.query_nearest(alerts, return_distance=True, all_matches=False)
    distance = np.full(len(alerts), np.nan)
    distance[rows] = apart
    told: list[dict[str, Any]] = [
        {"layer": LAYERS[topic], "state": "clear", "distance_m": round(float(value), 1)}
        if value <= _ELSEWHERE_M
        else {"layer": LAYERS[topic], "state": "missing"}
        for value in distance
    ]
    hits: dict[int, list[int]] = {}
    for row, found in tree.query(alerts, predicate="intersects").T:
        hits.setdefault(int(row), []).append(int(found))
    flat = shapely.get_dimensions(shapes).max() == 1
    for row, places in hits.items():
        shared = shapely.intersection(alerts[row], shapely.union_all(shapes[places]))
        size = float(shapely.length(shared) if flat else shapely.area(shared))
        names = dict.fromkeys(str(name) for name in frame[_NAMES[topic]].iloc[places] if isinstance(name, str))
        told[row] |= {
            "state": "touches",
            "length_m" if flat else "area_m2": round(size, 1),
            "names": list(names)[:_NAMED],
        }
    return told

"""The whole simulated province: data set, scenes, rule pack and truth, written to a folder."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from shapely import MultiPolygon

from ...layers import catalogue
from ...layers.errors import InputError
from ...layers.report import SILENT, Report, Stage
from ...store import dataset
from ...store.coordinates import transform_geometries
from . import coast as coasts
from . import labels, scenes
from .buildings import buildings
from .cadastre import Frames, Land, concat, land
from .faults import NOT_IN_DATA, plant
from .greens import greens
from .ground import CRS
from .harbours import harbours
from .lighting import lighting
from .permits import permits
from .places import places
from .plan_faults import plan_faults
from .plan_limits import upper_plan, zone_limits
from .power import power
from .protected import Book, protected
from .services import services
from .units import WARD_POPULATION, quarters, units
from .views import PLACES
from .water import water
from .water_faults import water_faults

DATA, TRUTH = "dothi.gpkg", "truth.json"


def province(seed: int, report: Report = SILENT) -> tuple[Frames, pd.DataFrame]:
    """All vector layers but ``concession`` and ``scene``, and the truth about the faults planted in them."""
    report.progress(0.0, "demo.step_land")
    made = land(seed)
    frames = dict(made.frames)
    report.progress(0.5, "demo.step_buildings")
    frames["building"], fronts = buildings(seed, made)
    frames, truth = plant(seed, made, frames, fronts)
    frames |= greens(seed, made, frames, bare=set(truth.uid[truth.kind == "green_short"]))
    report.progress(0.8, "demo.step_networks")
    frames |= power(seed, made.streets)
    frames |= lighting(seed, made.streets, frames)
    frames |= water(seed, made.streets, frames)
    frames |= places(seed, made)
    more, near = protected(seed, made, frames)
    frames |= more
    truth = pd.concat([truth, near, plan_faults(frames), water_faults(frames)], ignore_index=True)
    planned, of_plan = _plan(seed, made, frames, faulty=set(truth["uid"]))
    frames |= planned
    truth = pd.concat([truth, of_plan], ignore_index=True)
    around = harbours(seed, frames["logistics_port"])
    frames["existing_land_use"] = concat([frames["existing_land_use"], around])
    report.progress(1.0)
    return frames, truth


def _plan(seed: int, made: Land, frames: Frames, faulty: set[str]) -> tuple[Frames, pd.DataFrame]:
    """What plan and permits say of the finished town, and the truth about it: none of the ``faulty`` breaks more."""
    book, frames = Book(), dict(frames)
    frames["planned_zone"] = zone_limits(frames, faulty, book)
    frames["upper_zone"] = upper_plan(seed, frames, quarters(made, frames["planned_zone"]), book)
    frames["planned_zone"] = units(made, frames)
    frames |= permits(seed, frames, faulty, book)
    frames["service_facility"] = services(seed, made, frames, book)
    ward = frames["admin_unit"]["code"] == labels.WARD
    frames["admin_unit"] = frames["admin_unit"].assign(
        population=pd.Series(WARD_POPULATION, index=frames["admin_unit"].index, dtype="Int64").where(ward)
    )
    return frames, pd.DataFrame(book.rows)


def build(out: Path, seed: int, report: Report = SILENT) -> dict[str, Any]:
    """Build the demo in ``out``; returns paths and the number of features per layer.

    An earlier demo there is replaced; its runs (``dothi.dothi/runs``) stay. Raises :class:`InputError` where
    ``dothi.gpkg`` in ``out`` is not a simulated data set.
    """
    data = out / DATA
    if data.exists() and not dataset.meta(data).get("simulated"):
        raise InputError("demo.not_ours", path=str(data))
    out.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".demo-", dir=out))  # in the same folder, so that renaming is one step
    try:
        counts = _make(work, seed, report)
        _put_in_place(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report.progress(1.0)
    return {
        "data": str(data),
        "before": str(out / "scenes" / "before.tif"),
        "after": str(out / "scenes" / "after.tif"),
        "truth": str(out / TRUTH),
        "counts": counts,
    }


def _make(work: Path, seed: int, report: Report) -> dict[str, int]:
    frames, truth = province(seed, Stage(report, 0.0, 0.5))
    report.progress(0.5, "demo.step_scenes")
    coast = coasts.coast(seed)
    (work / "scenes").mkdir()
    made = scenes.scenes(seed, coast)
    cloud = {which: scenes.write(work / "scenes" / f"{which}.tif", made[which], coast, which) for which in made}
    frames["concession"] = coasts.concessions(seed, coast)
    frames["scene"] = _scene_rows(seed, coast, cloud)
    report.progress(0.8, "demo.step_write")
    data = work / DATA
    ids = [layer_id for layer_id in catalogue.ids() if catalogue.layer(layer_id).in_data_set]
    other = dict.fromkeys(("concession", "scene"), coasts.LICENCE_CRS)
    dataset.create(data, ids, CRS, other, profile="binh_duong", simulated=True)
    dataset.set_meta(
        data,
        judged_on=labels.JUDGED_ON,
        plan_state=labels.PLAN_STATE,
        title="Tân Uyên – Bạch Đằng – Suối Nhum (mô phỏng)",
        seed=seed,
        places=PLACES,
    )
    counts = {layer_id: dataset.append(data, layer_id, frames[layer_id]) for layer_id in ids if layer_id in frames}
    _write_rules(dataset.beside(data) / "rules")
    _write_truth(work, seed, frames, truth, [*coast.events, *scenes.cloud_events(coast)])
    return counts


def _put_in_place(work: Path, out: Path) -> None:
    """Scenes, rules and truth first, the data set last: what is there is then complete."""
    for part in ("scenes", f"{Path(DATA).stem}.dothi/rules"):
        (out / part).mkdir(parents=True, exist_ok=True)
        for file in sorted((work / part).iterdir()):
            file.replace(out / part / file.name)
    for name in ("truth.gpkg", TRUTH, DATA):
        (work / name).replace(out / name)


def _scene_rows(seed: int, coast: coasts.Coast, cloud: dict[str, float]) -> gpd.GeoDataFrame:
    west, north = coast.origin
    side = coasts.SIZE * coasts.PIXEL
    footprint = shapely.segmentize(shapely.box(west, north - side, west + side, north), 1000.0)
    shape = transform_geometries([footprint], coasts.GRID_CRS, coasts.LICENCE_CRS)[0]
    dates = {"before": coasts.BEFORE, "after": coasts.AFTER}
    return gpd.GeoDataFrame(
        {
            "uid": [labels.uid(seed, "scene", which) for which in dates],
            "code": [f"SN-{day}" for day in dates.values()],
            "sensor": "Sentinel-2 L2A",
            "acquired_on": list(dates.values()),
            "path": [f"scenes/{which}.tif" for which in dates],
            "scene_crs": coasts.GRID_CRS,
            "resolution_m": coasts.PIXEL,
            "cloud_pct": [round(cloud[which], 2) for which in dates],
            "baseline": scenes.BASELINE,
            "offset": float(scenes.OFFSET),
            "source": labels.SOURCE,
            "remark": "Ảnh mô phỏng theo định dạng Sentinel-2 L2A",
        },
        geometry=[MultiPolygon([shape])] * 2,
        crs=coasts.LICENCE_CRS,
    )


def _write_rules(folder: Path) -> None:
    """The province's own pack: which land uses a planned zone permits. Simulated."""
    folder.mkdir(parents=True)
    head = (
        "# Mô phỏng: không phải quyết định của tỉnh nào. Simulated: not the decision of any province.\n"
        'id = "demo.land_use"\nversion = 1\n'
        'title = { vi = "Mục đích sử dụng đất được phép trong ô quy hoạch (mô phỏng)", '
        'en = "Land uses permitted in planned zones (simulated)" }\n'
        f'source = {{ document = "{labels.PLAN_NAME}", clause = "phụ lục mô phỏng" }}\nstatus = "simulated"\n'
    )
    rows = [
        f'\n[[compatibility]]\nzone = "{zone}"\npermits = {json.dumps(list(permits))}\n'
        for zone, permits in labels.PERMITS.items()
    ]
    (folder / "land-use-compatibility.toml").write_text(head + "".join(rows), encoding="utf-8")


def _write_truth(work: Path, seed: int, frames: Frames, truth: pd.DataFrame, events: list[coasts.Event]) -> None:
    shapes = pd.concat([frames[layer].set_index("uid").geometry for layer in truth["layer"].unique()])
    faults = gpd.GeoDataFrame(truth, geometry=shapes.reindex(truth["uid"]).to_numpy(), crs=CRS)
    happened = gpd.GeoDataFrame(
        {
            "id": [event.id for event in events],
            "kind": [event.kind for event in events],
            "expected": [event.expected for event in events],
            "relations": [",".join(event.relations) for event in events],
            "concession": [event.concession for event in events],
        },
        geometry=[MultiPolygon([event.shape]) for event in events],
        crs=coasts.GRID_CRS,
    )
    pyogrio.write_dataframe(faults, work / "truth.gpkg", layer="fault", driver="GPKG")
    pyogrio.write_dataframe(happened, work / "truth.gpkg", layer="event", driver="GPKG")
    told = {
        "simulated": True,
        "seed": seed,
        "judged_on": labels.JUDGED_ON,
        "plan_state": labels.PLAN_STATE,
        "not_in_data": list(NOT_IN_DATA),
        "faults": truth.to_dict(orient="records"),
        "events": [
            {
                "id": event.id,
                "kind": event.kind,
                "expected": event.expected,
                "relations": list(event.relations),
                "concession": event.concession,
                "area_m2": round(event.shape.area, 1),
            }
            for event in events
        ],
    }
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (work / TRUTH).write_text(text + "\n", encoding="utf-8")

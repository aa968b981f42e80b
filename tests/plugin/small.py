"""A data set that fits in the head: one street block in Tân Uyên, drawn in QGIS as a planner would, and two images."""

from __future__ import annotations

import random
from pathlib import Path

from osgeo import gdal, osr
from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

EAST, NORTH = 612_350.0, 1_220_500.0  # Bạch Đằng, EPSG:9210
LOT_WIDTH, LOT_DEPTH = 5.0, 20.0  # metres: 100 m², of which QCVN 01:2021 lets a house cover 90 %
JUDGED = {"date": "2026-06-01", "plan_state": "approved", "area_state": "new"}


def box(x: float, y: float, width: float, height: float) -> QgsGeometry:
    """A rectangle, metres from the corner of the block."""
    west, south = EAST + x, NORTH + y
    ring = (
        f"{west} {south},{west + width} {south},{west + width} {south + height},{west} {south + height},{west} {south}"
    )
    return QgsGeometry.fromWkt(f"MultiPolygon((({ring})))")


def table(data: Path | str, name: str) -> QgsVectorLayer:
    layer = QgsVectorLayer(f"{data}|layername={name}", name, "ogr")
    assert layer.isValid(), name
    return layer


def draw(layer: QgsVectorLayer, geometry: QgsGeometry, **values: object) -> None:
    feature = QgsFeature(layer.fields())
    for name, value in values.items():
        feature[name] = value
    feature.setGeometry(geometry)
    assert layer.addFeature(feature)


def fill(data: Path) -> None:
    """Three lots of a planned block: a house that keeps the density, one that breaks it, and an empty lot."""
    zones, parcels, buildings = (table(data, name) for name in ("planned_zone", "parcel", "building"))
    zones.startEditing()
    draw(zones, box(-20, -20, 80, 80), code="Z1", land_use="ODT", area_state="new", plan_state="approved")
    assert zones.commitChanges(), zones.commitErrors()
    parcels.startEditing()
    for number in range(3):
        draw(parcels, box(number * LOT_WIDTH, 0, LOT_WIDTH, LOT_DEPTH), code=f"1-{number + 1}", land_use="ODT")
    assert parcels.commitChanges(), parcels.commitErrors()
    uids = {feature["code"]: feature["uid"] for feature in parcels.getFeatures()}
    buildings.startEditing()
    for number, depth in ((0, 16.0), (1, 19.0)):  # 80 % and 95 % of the lot
        draw(
            buildings,
            box(number * LOT_WIDTH, 0, LOT_WIDTH, depth),
            code=f"N{number + 1}",
            use="detached",
            height_m=12.0,
            floors=3,
            floor_area_m2=3 * depth * LOT_WIDTH,
            parcel=uids[f"1-{number + 1}"],
        )
    assert buildings.commitChanges(), buildings.commitErrors()


BANDS = ("B02", "B03", "B04", "B08")
SIZE, PIXEL = 96, 10.0
PIT = (40, 50, 12, 10)  # column, row, columns, rows: 1.2 ha


def images(folder: Path) -> tuple[Path, Path]:
    """Two scenes of sand with grass; in the second, somebody has dug."""
    grain = random.Random(2026)
    noise = [[[grain.gauss(0, 25) for _ in range(SIZE)] for _ in range(SIZE)] for _ in range(2 * len(BANDS))]
    paths = folder / "trước.tif", folder / "sau.tif"
    for when, path in enumerate(paths):
        made = gdal.GetDriverByName("GTiff").Create(str(path), SIZE, SIZE, len(BANDS), gdal.GDT_UInt16)
        system = osr.SpatialReference()
        system.ImportFromEPSG(32649)
        made.SetProjection(system.ExportToWkt())
        made.SetGeoTransform((180_000.0, PIXEL, 0.0, 1_210_000.0, 0.0, -PIXEL))
        for index, name in enumerate(BANDS):
            band = made.GetRasterBand(index + 1)
            band.SetDescription(name)
            rows = bytearray()
            for y in range(SIZE):
                for x in range(SIZE):
                    value = (
                        2000 + 300 * index + 250 * ((x // 24 + y // 24) % 2) + noise[when * len(BANDS) + index][y][x]
                    )
                    dug = PIT[0] <= x < PIT[0] + PIT[2] and PIT[1] <= y < PIT[1] + PIT[3]
                    value += 1500 * when * dug * (1 if index % 2 else -0.6)
                    rows += int(value).to_bytes(2, "little")
            band.WriteRaster(0, 0, SIZE, SIZE, bytes(rows), buf_type=gdal.GDT_UInt16)
        made.FlushCache()
        del made
    return paths

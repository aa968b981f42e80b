"""Images and results in a project, and the algorithm that builds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsMultiBandColorRenderer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtCore import QDate

from ...qgis_plugin import styling
from ...qgis_plugin.project import builder
from ...qgis_plugin.project.algorithm import BuildProject
from .test_project import EAST, NORTH, ROWS, layer_named, square, write

gdal.UseExceptions()
BANDS = ("B02", "B03", "B04", "B08")


def image(path: Path, bands: tuple[str, ...] = BANDS, kind: int = gdal.GDT_UInt16) -> Path:
    """A small raster with named bands of random reflectance."""
    made = gdal.GetDriverByName("GTiff").Create(str(path), 40, 30, len(bands), kind)
    made.SetGeoTransform([612_000.0, 10.0, 0.0, 1_221_000.0, 0.0, -10.0])
    system = osr.SpatialReference()
    system.ImportFromEPSG(32648)
    made.SetProjection(system.ExportToWkt())
    rng = np.random.default_rng(3)
    for number, name in enumerate(bands, start=1):
        band = made.GetRasterBand(number)
        band.SetDescription(name)
        band.WriteArray(rng.integers(1000, 4000, (30, 40)))
    made.FlushCache()
    return path


def run_file(folder: Path, name: str, job: str, table: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    row: tuple[str, dict[str, object]] = (square(EAST, NORTH, 10), {"run": "x", "outcome": "fail", "severity": "error"})
    if table == "alert":
        row = (square(EAST, NORTH, 10), {"run": "x", "code": "BD-1", "relation": "outside", "area_m2": 100.0})
    told = ("Point(0 0)", {"job": job, "status": "finished", "judged_on": QDate(2026, 6, 1)})
    return write(folder / name, {"run": [told], table: [row]}, {})


@pytest.fixture
def data(tmp_path):
    return write(tmp_path / "a.gpkg", ROWS, {"province": "binh_duong", "simulated": True})


def test_both_images_of_a_pair_are_stretched_alike(data, tmp_path):
    scenes = [image(tmp_path / "old.tif"), image(tmp_path / "new.tif")]
    project = builder.build(data, tmp_path / "a.qgz", scenes=scenes)
    drawn = {one.name(): one.renderer() for one in project.mapLayers().values() if isinstance(one, QgsRasterLayer)}
    assert set(drawn) == {"Ảnh trước", "Ảnh sau"}
    for renderer in drawn.values():
        assert isinstance(renderer, QgsMultiBandColorRenderer)
        assert (renderer.redBand(), renderer.greenBand(), renderer.blueBand()) == (3, 2, 1)
        assert renderer.redContrastEnhancement().minimumValue() == 1000
    themes = project.mapThemeCollection()
    before = themes.mapThemeVisibleLayerIds("Ảnh trước và giấy phép")
    assert [project.mapLayer(one).name() for one in before if "Ảnh" in project.mapLayer(one).name()] == ["Ảnh trước"]
    project.clear()


def test_an_image_without_band_names_is_drawn_by_its_own_values(tmp_path):
    layer = QgsRasterLayer(str(image(tmp_path / "x.tif", ("", "", ""), gdal.GDT_Byte)), "x")
    styling.apply_raster(layer, "scene")
    assert (layer.renderer().redBand(), layer.renderer().blueBand()) == (3, 1)
    styling.apply_raster(layer, "change")
    assert isinstance(layer.renderer(), QgsSingleBandPseudoColorRenderer)


def test_the_newest_result_of_each_kind_is_shown_and_kept_from_edits(data, tmp_path):
    runs = tmp_path / "a.dothi" / "runs"
    run_file(runs, "20260601T080000Z-zoning.check-a.gpkg", "zoning.check", "finding")
    newest = run_file(runs, "20260602T080000Z-zoning.check-b.gpkg", "zoning.check", "finding")
    run_file(runs, "20260603T080000Z-change.detect-c.gpkg", "change.detect", "alert")
    project = builder.build(data, tmp_path / "a.qgz")
    finding, alert = layer_named(project, "finding"), layer_named(project, "alert")
    assert newest.name in finding.source()
    assert finding.name() == "Kiểm tra quy hoạch – 01/06/2026"
    assert finding.readOnly()
    assert alert.featureCount() == 1
    assert project.layerTreeRoot().children()[0].name() == "Kết quả kiểm tra, cảnh báo"
    project.clear()


def test_the_algorithm_builds_the_project_without_an_engine(data, tmp_path):
    algorithm = BuildProject().create()
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
    path = tmp_path / "từ thuật toán.qgz"
    given = {"data": str(data), "project": str(path)}
    assert algorithm.checkParameterValues(given, context)[0]
    results, ok = algorithm.run(given, context, feedback)
    assert ok
    assert results["project"] == str(path)
    opened = QgsProject()
    assert opened.read(str(path))
    assert len(opened.mapLayers()) == results["layers"]
    opened.clear()


def test_the_algorithm_says_in_a_sentence_what_is_wrong(tmp_path):
    feedback = QgsProcessingFeedback(False)
    given = {"data": str(tmp_path / "không có.gpkg"), "project": str(tmp_path / "x.qgz")}
    _results, ok = BuildProject().create().run(given, QgsProcessingContext(), feedback)
    assert not ok
    assert not (tmp_path / "x.qgz").exists()

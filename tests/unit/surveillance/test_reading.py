"""Products and stacks: what is read out of them, and what is refused before it is read."""

from __future__ import annotations

import os
import re
import shutil
import struct
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from dothi.layers.errors import InputError
from dothi.layers.messages import has
from dothi.processing.surveillance.scenes.image import Image
from dothi.processing.surveillance.scenes.metadata_xml import elements
from dothi.processing.surveillance.scenes.reading import open_scene

from .scenes import BANDS, UTM49, grid, ground, landsat, numbers, safe, write

ALL = Window(0, 0, 60, 60)


def opened(path: str | Path, **options) -> None:
    scene = open_scene(path, **options)
    with Image(scene, scene.grid) as image:
        image.read(Window(0, 0, scene.grid.width, scene.grid.height))


def refused(code: str, path: str | Path, **options) -> InputError:
    with pytest.raises(InputError) as told:
        opened(path, **options)
    assert told.value.code == code
    assert has(code)
    assert re.search(r"\{\w+\}", told.value.sentence("vi") + told.value.sentence("en")) is None
    return told.value


# ---- Sentinel-2


@pytest.mark.parametrize("offset", [-1000, -7000])
def test_safe_reads_offset_scale_mask_date_and_system(tmp_path, offset):
    scene = open_scene(safe(tmp_path, offset=offset))
    assert scene.names == BANDS
    assert (scene.acquired_on, scene.baseline, scene.sensor) == (date(2026, 2, 21), "05.11", "Sentinel-2A")
    assert (scene.grid.code, scene.grid.transform) == (UTM49, grid())
    with Image(scene, scene.grid) as image:
        values, valid = image.read(ALL)
    expected = (numbers(ground(60)).astype(float) + offset) / 10_000
    assert values[:, valid] == pytest.approx(expected[:, valid], abs=1e-6)
    assert not valid[:3].any()  # nodata
    # the cloud of SCL pixels 10 to 13 lies on 20 to 27, grown by two pixels of 10 m
    assert not valid[18:30, 18:30].any()
    assert valid[4:18, :].all()
    assert valid[30:, :].all()


def test_before_baseline_4_there_is_no_offset(tmp_path):
    scene = open_scene(safe(tmp_path, baseline="02.14", offset=None))
    assert {band.offset for band in scene.bands} == {0.0}


def test_from_baseline_4_on_a_missing_offset_is_an_error(tmp_path):
    refused("change.offset_missing", safe(tmp_path, offset=None))


@pytest.mark.parametrize("missing", ["B03", "SCL"])
def test_a_missing_band_is_an_error_and_not_zeros(tmp_path, missing):
    told = refused("change.product_incomplete", safe(tmp_path, without=(missing,)))
    assert f"_{missing}_" in told.sentence("vi")


def test_an_unknown_band_is_named_with_those_there_are(tmp_path):
    assert "B04" in refused("change.band_unknown", safe(tmp_path), bands=("B11",)).sentence("en")


def test_a_zip_reads_as_the_folder_does(tmp_path):
    folder = safe(tmp_path)
    archive = Path(shutil.make_archive(str(tmp_path / "sản phẩm"), "zip", tmp_path, folder.name))
    from_folder, from_zip = open_scene(folder), open_scene(archive)
    with Image(from_folder, from_folder.grid) as one, Image(from_zip, from_zip.grid) as other:
        assert (one.read(ALL)[0] == other.read(ALL)[0]).all()


def test_the_metadata_file_stands_for_its_product(tmp_path):
    assert open_scene(safe(tmp_path) / "MTD_MSIL2A.xml").names == BANDS


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;">]>',
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd">',
    ],
)
def test_a_document_type_declaration_is_refused(tmp_path, doctype):
    refused("change.metadata_refused", safe(tmp_path, doctype=doctype))


def test_xml_that_is_too_deep_or_broken_is_refused():
    with pytest.raises(InputError, match="metadata_refused"):
        elements(b"<a>" * 100, "x.xml")
    with pytest.raises(InputError, match="metadata_damaged"):
        elements(b"<a><b></a>", "x.xml")


def test_a_path_out_of_the_product_is_refused(tmp_path):
    folder = safe(tmp_path)
    metadata = folder / "MTD_MSIL2A.xml"
    metadata.write_text(metadata.read_text(encoding="utf-8").replace("<IMAGE_FILE>GRANULE", "<IMAGE_FILE>../GRANULE"))
    refused("change.metadata_refused", folder)


def test_a_link_out_of_the_product_is_no_part_of_it(tmp_path):
    folder = safe(tmp_path)
    band = next(folder.rglob("*B03_10m.jp2"))
    elsewhere = shutil.move(band, tmp_path / "elsewhere.jp2")
    band.symlink_to(elsewhere)
    refused("change.product_incomplete", folder)


def test_level_1_is_refused(tmp_path):
    (tmp_path / "MTD_MSIL1C.xml").write_text("<a/>")
    refused("change.not_level_2", tmp_path)


# ---- Landsat


def test_landsat_reads_the_level_2_scale_and_the_quality_bits(tmp_path):
    scene = open_scene(landsat(tmp_path))
    assert scene.names == ("SR_B2", "SR_B3", "SR_B4", "SR_B5")
    assert [band.common for band in scene.bands] == ["blue", "green", "red", "nir"]
    assert {(band.scale, band.offset) for band in scene.bands} == {(2.75e-05, -0.2)}
    assert scene.acquired_on == date(2026, 2, 20)
    with Image(scene, scene.grid) as image:
        values, valid = image.read(ALL)
    assert values[:, valid] == pytest.approx(ground(60)[:, valid], abs=2e-5)
    assert not valid[0].any()
    assert not valid[20:25, 20:25].any()
    assert valid.sum() == 60 * 60 - 60 - 25


def test_a_missing_landsat_band_is_an_error(tmp_path):
    folder = landsat(tmp_path)
    (folder / "X_SR_B4.TIF").unlink()
    assert refused("change.product_incomplete", folder).arguments["missing"] == ["X_SR_B4.TIF"]


# ---- plain files


def test_a_stack_reads_names_date_offset_tags_and_its_own_mask(tmp_path):
    scl = np.full((1, 60, 60), 4, np.uint16)
    scl[0, 30:40, 30:40] = 3
    tags = {"DATE": "2026-02-21", "BOA_ADD_OFFSET": "-1000", "BOA_QUANTIFICATION_VALUE": "10000", "SIMULATED": "yes"}
    path = write(tmp_path / "ảnh.tif", np.vstack([numbers(ground(60)), scl]), (*BANDS, "SCL"), tags=tags)
    scene = open_scene(path)
    assert (scene.names, scene.acquired_on, scene.simulated) == (BANDS, date(2026, 2, 21), True)
    with Image(scene, scene.grid) as image:
        values, valid = image.read(ALL)
    assert values[:, valid] == pytest.approx(ground(60)[:, valid], abs=1e-4)
    assert not valid[28:42, 28:42].any()
    assert (~valid).sum() == 14 * 14


def test_zero_in_all_bands_nan_and_infinity_are_no_ground(tmp_path):
    whole = numbers(ground(60))
    whole[:, 5, 5], whole[0, 6, 6] = 0, 0
    scene = open_scene(write(tmp_path / "a.tif", whole))
    with Image(scene, scene.grid) as image:
        assert np.argwhere(~image.read(ALL)[1]).tolist() == [[5, 5]]
    real = ground(60).astype(np.float32)
    real[1, 7, 7], real[2, 8, 8] = np.nan, np.inf
    scene = open_scene(write(tmp_path / "b.tif", real))
    with Image(scene, scene.grid) as image:
        values, valid = image.read(ALL)
    assert np.argwhere(~valid).tolist() == [[7, 7], [8, 8]]
    assert np.isfinite(values).all()


def test_bands_are_chosen_by_name_or_number(tmp_path):
    path = write(tmp_path / "a.tif", numbers(ground(60)))
    assert open_scene(path, bands=("B08", "1")).names == ("B08", "B02")
    refused("change.band_unknown", path, bands=("B99",))


def test_reading_over_the_edge_gives_no_ground_there(tmp_path):
    scene = open_scene(write(tmp_path / "a.tif", numbers(ground(60))))
    with Image(scene, scene.grid) as image:
        _, valid = image.read(Window(-4, 50, 70, 20))
    assert valid[:10, 4:64].all()
    assert valid.sum() == 10 * 60


# ---- what is refused


def test_a_virtual_file_dressed_as_tif_is_refused(tmp_path):
    real = write(tmp_path / "a.tif", numbers(ground(60)))
    dressed = tmp_path / "dressed.tif"
    dressed.write_text(
        f'<VRTDataset rasterXSize="60" rasterYSize="60"><VRTRasterBand dataType="UInt16" band="1"><SimpleSource>'
        f"<SourceFilename>{real}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    refused("change.not_an_image", dressed)


@pytest.mark.parametrize(
    "path",
    ["/vsicurl/http://example.org/a.tif", "https://example.org/a.tif", "GTIFF_DIR:1:/tmp/a.tif", "<VRTDataset/>"],
)
def test_what_is_not_a_local_file_is_refused(path):
    refused("change.not_local", path)


def test_a_file_that_is_not_there(tmp_path):
    refused("engine.file_missing", tmp_path / "không có.tif")


@pytest.mark.skipif(os.name == "nt", reason="POSIX")
@pytest.mark.timeout(20)
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path):
    pipe = tmp_path / "ống.tif"
    os.mkfifo(pipe)
    refused("change.not_an_image", pipe)
    refused("change.not_an_image", "/dev/zero")
    loop = tmp_path / "vòng.tif"
    loop.symlink_to(loop.name)
    refused("engine.file_missing", loop)


def test_a_header_of_more_pixels_than_any_image_is_refused(tmp_path):
    path = tmp_path / "huge.tif"
    entries = [(256, 4, 2_000_000_000), (257, 4, 2_000_000_000), (258, 3, 16), (259, 3, 1), (262, 3, 1), (277, 3, 1),
               (322, 3, 256), (323, 3, 256), (324, 4, 8), (325, 4, 8)]  # fmt: skip
    body = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries))
    body += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries) + struct.pack("<I", 0)
    path.write_bytes(body)
    with pytest.raises(InputError) as told:
        open_scene(path)
    assert told.value.code in ("change.too_large", "change.damaged")
    header = tmp_path / "huge.hdr"
    header.write_text("ENVI\nsamples = 1000000000\nlines = 1000000000\nbands = 1\ndata type = 2\ninterleave = bsq\n")
    (tmp_path / "huge").write_bytes(b"\0" * 100)
    with pytest.raises(InputError) as told:
        open_scene(tmp_path / "huge")
    assert told.value.code in ("change.too_large", "change.damaged")


def test_a_truncated_file_is_an_error_and_not_zeros(tmp_path):
    path = write(tmp_path / "a.tif", numbers(ground(200)), compress="deflate")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refused("change.damaged", path)


def test_an_image_that_lies_nowhere_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    with rasterio.open(write(tmp_path / "b.tif", numbers(ground(60)))) as placed:
        bands = placed.read()
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        write(path, bands, crs=None, transform=rasterio.Affine.identity())
    refused("change.no_position", path)


def test_text_and_an_empty_zip_and_folder_are_no_images(tmp_path):
    text = tmp_path / "a.tif"
    text.write_text("not an image")
    refused("change.not_an_image", text)
    empty = tmp_path / "empty.zip"
    zipfile.ZipFile(empty, "w").close()
    refused("change.not_a_product", empty)
    (tmp_path / "b.zip").write_bytes(b"PK\3\4 broken")
    refused("change.damaged", tmp_path / "b.zip")
    refused("change.not_a_product", tmp_path)

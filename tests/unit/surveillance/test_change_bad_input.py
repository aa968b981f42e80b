"""Bad pairs from the command line: each is told by a code, with a sentence in both languages, and harms nothing."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from dothi.engine import cli
from dothi.engine.contract import JOBS
from dothi.engine.jobs import change
from dothi.layers.messages import sentence

from .scenes import BANDS, Told, pair, safe, write

Images = tuple[Path, Path]
Dates = tuple[np.ndarray, np.ndarray]
SCL = (*BANDS, "SCL")


def dothi(
    capsys: pytest.CaptureFixture[str], images: Images, out: Path, *options: str
) -> tuple[int, dict[str, Any], str]:
    """Exit code and JSON of ``dothi change map``, and what it said beside."""
    given = ["change", "map", "--before", str(images[0]), "--after", str(images[1]), "--out", str(out), "--json"]
    code = cli.main([*given, *options])
    printed = capsys.readouterr()
    return code, json.loads(printed.out), printed.err


def written(folder: Path, dates: Dates, names: tuple[str, ...] = BANDS, **tags: str) -> Images:
    """Both dates as files."""
    return write(folder / "a.tif", dates[0], names, tags=tags), write(folder / "b.tif", dates[1], names, tags=tags)


def constant(folder: Path) -> Images:
    before, after = pair()
    after[2] = 1_700
    return written(folder, (before, after))


def repeated(folder: Path) -> Images:
    before, after = pair()
    before[1], after[1] = before[0], after[0]
    return written(folder, (before, after))


def not_numbers(folder: Path) -> Images:
    before, after = (date.astype(np.float32) for date in pair())
    before[:, 10:20], after[1, 30:40], after[2, :, 5] = np.nan, np.inf, -np.inf
    return written(folder, (before, after))


def stripes(folder: Path) -> Images:
    before, after = pair()
    after[:, :, ::8] = 0
    return written(folder, (before, after))


def below_zero(folder: Path) -> Images:
    before, after = (date / 10_000.0 - 0.2 for date in pair())  # the offset of 0.1 taken off twice
    return written(folder, (before.astype(np.float32), after.astype(np.float32)))


def same_file(folder: Path) -> Images:
    first, _ = written(folder, pair())
    return first, first


def same_day(folder: Path) -> Images:
    return written(folder, pair(), DATE="2026-02-21")


def wrong_way_round(folder: Path) -> Images:
    before, after = pair()
    first = write(folder / "a.tif", before, tags={"DATE": "2026-02-21"})
    return first, write(folder / "b.tif", after, tags={"DATE": "2025-02-16"})


def two_baselines(folder: Path) -> Images:
    old = safe(folder / "old", baseline="03.01", offset=None, cloud=False)
    return old, safe(folder / "new", baseline="05.11", cloud=False)


TOLD: dict[str, tuple[Callable[[Path], Images], dict[str, Any]]] = {
    "change.bands_constant": (constant, {"bands": ["B04"]}),
    "change.bands_duplicate": (repeated, {"bands": ["B03"]}),
    "change.not_compared": (not_numbers, {}),
    "change.negative": (below_zero, {}),
    "change.same_scene": (same_file, {}),
    "change.same_date": (same_day, {"date": "2026-02-21"}),
    "change.wrong_way_round": (wrong_way_round, {"before": "2026-02-21", "after": "2025-02-16"}),
    "change.baselines_differ": (two_baselines, {"before": "03.01", "after": "05.11"}),
}


@pytest.mark.parametrize("code", TOLD)
def test_what_can_be_compared_is_compared_and_the_trouble_told(tmp_path, capsys, code):
    make, arguments = TOLD[code]
    images, out = make(tmp_path), tmp_path / "o.tif"
    told = Told()
    change.map_(JOBS["change.map"].read({"before": str(images[0]), "after": str(images[1]), "out": str(out)}), told)
    assert code in told.codes
    assert arguments.items() <= told.arguments[code].items()
    done, _, said = dothi(capsys, images, out)
    assert done == 0
    sentences = [sentence(code, lang, **told.arguments[code]) for lang in ("vi", "en")]
    assert sentences[0] != sentences[1]
    assert any(one in said for one in sentences)
    with rasterio.open(out) as raster:
        assert set(np.unique(raster.read(1))) <= {0, 1, 255}


def test_stripes_are_left_out_and_their_share_is_told(tmp_path, capsys):
    done, told, said = dothi(capsys, stripes(tmp_path), tmp_path / "o.tif")
    assert done == 0
    assert told["valid_share"] == pytest.approx(7 / 8)
    assert sentence("change.not_compared", cli.language(), share=12.5) in said
    with rasterio.open(tmp_path / "o.tif") as raster:
        decision = raster.read(1)
    assert (decision[:, ::8] == 255).all()
    assert (decision[100:115, 60:80] == 1).sum() > 0.9 * 15 * 17


def test_the_same_scene_twice_has_not_changed(tmp_path, capsys):
    assert dothi(capsys, same_file(tmp_path), tmp_path / "o.tif", "--method", "cva")[1]["changed_share"] == 0.0


def all_constant(folder: Path) -> Images:
    before, after = pair()
    return written(folder, (before, np.full_like(after, 900)))


def all_cloud(folder: Path) -> Images:
    mask = [np.full((1, 240, 240), value, np.uint16) for value in (5, 9)]
    before, after = (np.vstack([date, scl]) for date, scl in zip(pair(), mask, strict=True))
    return written(folder, (before, after), SCL)


def no_number_at_all(folder: Path) -> Images:
    before, after = (date.astype(np.float32) for date in pair())
    return written(folder, (before, np.full_like(after, np.inf)))


def endless(folder: Path) -> Images:
    """A header of 2,000,000,000 × 2,000,000,000 pixels in two hundred bytes."""
    first, _ = written(folder, pair())
    tags = ((256, 4, 2_000_000_000), (257, 4, 2_000_000_000), (258, 3, 16), (259, 3, 1), (262, 3, 1), (277, 3, 1),
            (322, 3, 256), (323, 3, 256), (324, 4, 8), (325, 4, 8))  # fmt: skip
    body = b"II*\0" + struct.pack("<IH", 8, len(tags))
    body += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags) + struct.pack("<I", 0)
    (folder / "huge.tif").write_bytes(body)
    return first, folder / "huge.tif"


REFUSED: dict[str, tuple[Callable[[Path], Images], set[str]]] = {
    "constant": (all_constant, {"change.no_usable_band"}),
    "cloud": (all_cloud, {"change.nothing_valid"}),
    "infinite": (no_number_at_all, {"change.nothing_valid"}),
    "endless": (endless, {"change.too_large", "change.damaged"}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_compared_is_refused_with_a_sentence(tmp_path, capsys, what):
    make, codes = REFUSED[what]
    images = make(tmp_path)
    there = sorted(tmp_path.iterdir())
    done, told, _ = dothi(capsys, images, tmp_path / "o.tif")
    assert done == 3
    assert told["error"]["code"] in codes
    assert set(told["error"]["sentence"]) == {"vi", "en"}
    assert sorted(tmp_path.iterdir()) == there

"""Our MAD against Orfeo ToolBox's, where it is installed: the same mathematics gives the same variates."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
import rasterio

from dothi.processing.surveillance.change.score import Moments, mad

from .scenes import write_pair

OTB = "otbcli_MultivariateAlterationDetector"


@pytest.mark.skipif(shutil.which(OTB) is None, reason="Orfeo ToolBox (Debian: otb-bin) is not installed")
def test_mad_variates_are_those_of_orfeo(tmp_path):
    before, after = write_pair(tmp_path)
    out = tmp_path / "otb.tif"
    subprocess.run([OTB, "-in1", before, "-in2", after, "-out", out, "float"], check=True, capture_output=True)
    with rasterio.open(before) as first, rasterio.open(after) as second, rasterio.open(out) as theirs:
        pixels = np.concatenate([first.read(), second.read()]).reshape(8, -1).astype(np.float32)
        variates = theirs.read().reshape(4, -1)
    ours = mad(Moments.of(pixels)).variates(pixels)
    alike = np.abs(np.corrcoef(ours, variates)[:4, 4:])
    assert alike.max(axis=1).min() > 0.999
    assert sorted(alike.argmax(axis=1)) == [0, 1, 2, 3]

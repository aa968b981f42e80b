"""Lots that were read as corners are judged as lots that were read as shapes, and stay corners."""

from __future__ import annotations

from datetime import date
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from dothi.processing.zoning.land import inputs
from dothi.processing.zoning.land.inputs import FIELDS
from dothi.processing.zoning.land.layers import Cornered, LayersRead, drawn, system, table
from dothi.processing.zoning.rulebook import packs
from dothi.processing.zoning.verdicts.check import check, judged, layers_needed
from dothi.processing.zoning.verdicts.incremental import ROWS
from dothi.store.layer_rows import read_rows

from .scenes import CRS
from .towns import town

ON = date(2026, 6, 1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return town(tmp_path_factory.mktemp("cornered") / "town.gpkg")


def layers(data, *, cornered: bool, needed: set[str] | None = None) -> LayersRead:
    rows = {"parcel": read_rows(data, "parcel", FIELDS["parcel"], made="drawn")} if cornered else {}
    found = inputs.whole(data, needed or set(FIELDS), {}, rows=rows)
    assert isinstance(found, LayersRead)
    return found


def test_all_rules_find_the_same(data):
    rules = packs.load()[0]
    one, other = (check(layers(data, cornered=cornered), rules, ON) for cornered in (True, False))
    assert len(one) > 500
    mine, theirs = (shapely.normalize(found.geometry.to_numpy()) for found in (one, other))
    assert shapely.equals_exact(mine, theirs, tolerance=1e-9)[~shapely.is_missing(mine)].all()
    plain = [pd.DataFrame(found).drop(columns=["uid", "geometry"]) for found in (one, other)]
    assert_frame_equal(plain[0], plain[1])


def test_lots_that_nobody_cuts_stay_corners(data):
    rules = [rule for rule in packs.load()[0] if rule.measure in ("net_density", "far", "setback")]
    with mock.patch.object(inputs, "ENOUGH_TO_PLACE", 3):
        found = layers(data, cornered=True, needed=layers_needed(rules))
    assert list(judged(found, rules, ON, wanted=ROWS))
    lots = found.cornered["parcel"].drawn
    assert 0 < np.count_nonzero(lots._known) < len(lots) / 2
    assert isinstance(found._layers["parcel"], Cornered)


def test_whoever_asks_for_the_frame_has_it_made(data):
    cornered, plain = (layers(data, cornered=one) for one in (True, False))
    assert system(cornered) == system(plain) == CRS
    assert cornered.keys() == plain.keys()
    assert_frame_equal(table(cornered, "parcel"), table(plain, "parcel").drop(columns="geometry"))
    alike = [np.asarray(drawn(one, "parcel"), dtype=object) for one in (cornered, plain)]
    assert shapely.equals(*alike).all()
    assert shapely.equals(cornered["parcel"].geometry.to_numpy(), alike[1]).all()
    assert cornered["parcel"] is cornered["parcel"]

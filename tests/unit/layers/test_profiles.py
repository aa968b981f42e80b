from __future__ import annotations

from datetime import date

import pytest

from dothi.layers import crs
from dothi.layers.errors import InputError
from dothi.layers.profiles import profile, profiles


def test_provinces_know_their_system_and_what_they_became():
    binh_duong, binh_thuan = profile("binh_duong"), profile("binh_thuan")
    assert (binh_duong.crs, binh_duong.code, binh_duong.successor.code) == ("EPSG:9210", "74", "79")
    assert (binh_thuan.crs, binh_thuan.code, binh_thuan.successor.code) == ("EPSG:9218", "60", "68")
    assert binh_thuan.systems == ("EPSG:9218", "EPSG:5899")
    assert {one.successor.since for one in profiles()} == {date(2025, 7, 1)}


def test_their_systems_can_be_transformed():
    assert all(crs.is_vn2000(system) for one in profiles() for system in one.systems)


def test_an_unknown_province_is_named():
    with pytest.raises(InputError) as caught:
        profile("ha_noi")
    assert caught.value.code == "store.unknown_province"

"""A schedule on a machine whose clock was wrong."""

from __future__ import annotations

from dothi.qgis_plugin.ioc.keeping import HOUR, Kept

NOW, YEAR = 1_790_000_000.0, 365 * 24 * HOUR


def test_a_last_time_that_is_still_to_come_is_no_reason_to_wait():
    assert Kept("", 2, NOW + YEAR).is_due(NOW)
    assert not Kept("", 2, NOW - HOUR).is_due(NOW)
    assert Kept("", 2, NOW - 2 * HOUR).is_due(NOW)
    assert not Kept("", 0, NOW + YEAR).is_due(NOW)

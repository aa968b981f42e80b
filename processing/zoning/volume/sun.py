"""Where the sun stands: the NOAA formulas, good to 0.02° against NREL's SPA while the sun is above 5°.

Source: NOAA Global Monitoring Laboratory, *Solar Calculation Details* (gml.noaa.gov/grad/solcalc), after J. Meeus,
*Astronomical Algorithms*. Elevations are geometric, without refraction. Local time is UTC+7 all year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np

from ....layers import crs
from ....layers.errors import InputError
from ....store import coordinates
from ..columns import Numbers

VIETNAM = timezone(timedelta(hours=7))
SOURCE = "NOAA Solar Calculation Details (J. Meeus, Astronomical Algorithms)"
_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_DAYS_PER_CENTURY = 36525.0


@dataclass(frozen=True)
class Sun:
    """Positions at ``moments`` (UTC+7): ``azimuth`` clockwise from north and ``elevation``, both in degrees."""

    moments: tuple[datetime, ...]
    azimuth: Numbers
    elevation: Numbers


def at(moments: Sequence[datetime], latitude: float, longitude: float) -> Sun:
    """The sun over a place (degrees, east and north positive); azimuth from true north.

    Raises :class:`InputError` for a place that is none. ``moments`` carry their time zone.
    """
    if not (np.isfinite(latitude) and np.isfinite(longitude) and abs(latitude) <= 90.0 and abs(longitude) <= 360.0):
        raise InputError("zoning.sun_place", latitude=str(latitude), longitude=str(longitude))
    utc = [moment.astimezone(UTC) for moment in moments]
    days = np.array([(moment - _J2000).total_seconds() / 86400.0 for moment in utc])
    minutes = np.array([moment.hour * 60.0 + moment.minute + moment.second / 60.0 for moment in utc])
    declination, equation_of_time = _of_day(days / _DAYS_PER_CENTURY)
    hour_angle = np.radians((minutes + equation_of_time + 4.0 * longitude) / 4.0 - 180.0)
    phi = np.radians(latitude)
    sine = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    elevation = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
    east = -np.sin(hour_angle) * np.cos(declination)
    north = np.cos(phi) * np.sin(declination) - np.sin(phi) * np.cos(declination) * np.cos(hour_angle)
    return Sun(tuple(moments), np.degrees(np.arctan2(east, north)) % 360.0, elevation)


def _of_day(t: Numbers) -> tuple[Numbers, Numbers]:
    """Declination (radians) and equation of time (minutes) at ``t`` Julian centuries after J2000.0."""
    mean_longitude = np.radians((280.46646 + t * (36000.76983 + 0.0003032 * t)) % 360.0)
    anomaly = np.radians(357.52911 + t * (35999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = (
        np.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + np.sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + np.sin(3 * anomaly) * 0.000289
    )
    node = np.radians(125.04 - 1934.136 * t)
    apparent = mean_longitude + np.radians(centre - 0.00569 - 0.00478 * np.sin(node))
    seconds = 21.448 - t * (46.815 + t * (0.00059 - 0.001813 * t))
    obliquity = np.radians(23.0 + (26.0 + seconds / 60.0) / 60.0 + 0.00256 * np.cos(node))
    y = np.tan(obliquity / 2) ** 2
    equation = (
        y * np.sin(2 * mean_longitude)
        - 2 * eccentricity * np.sin(anomaly)
        + 4 * eccentricity * y * np.sin(anomaly) * np.cos(2 * mean_longitude)
        - 0.5 * y**2 * np.sin(4 * mean_longitude)
        - 1.25 * eccentricity**2 * np.sin(2 * anomaly)
    )
    return np.arcsin(np.sin(obliquity) * np.sin(apparent)), 4.0 * np.degrees(equation)


def on_map(moments: Sequence[datetime], x: float, y: float, code: str) -> Sun:
    """The sun over the map point ``x``, ``y`` (metres in the grid ``code``); azimuth from the map's north.

    True north and the map's differ by the meridian convergence, 0.17° in Thủ Dầu Một. Raises :class:`InputError`.
    """
    longitude, latitude = (float(value) for value in coordinates.transform(x, y, code, crs.WGS84))
    seen = at(moments, latitude, longitude)
    turned = (seen.azimuth - coordinates.convergence(longitude, latitude, code)) % 360.0
    return Sun(seen.moments, turned, seen.elevation)


def hours(day: date, first: float, last: float, step_min: float, *, middle: bool = False) -> tuple[datetime, ...]:
    """Moments of ``day`` from ``first`` to ``last`` o'clock (UTC+7), ``step_min`` minutes apart, both ends included.

    ``middle``: the middles of those steps instead, of which each stands for the whole step.
    """
    count = int(np.floor((last - first) * 60.0 / step_min + 1e-9))
    start = datetime(day.year, day.month, day.day, tzinfo=VIETNAM) + timedelta(hours=first)
    offset = 0.5 if middle else 0.0
    return tuple(start + timedelta(minutes=step_min * (i + offset)) for i in range(count + (not middle)))

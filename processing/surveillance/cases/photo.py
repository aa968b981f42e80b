"""What a field photo says of itself: where it was taken, when and in which direction (EXIF 2.32, GPS IFD)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import IFD

from ....layers.errors import InputError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 200_000_000  # the largest phone sensors have 200 Mpx; beyond lies what is meant to fill the memory
# EXIF says a clock's reading without its zone unless the camera adds it: in the field that is the clock of Viet Nam.
_VIET_NAM_TIME = timezone(timedelta(hours=7))
_ORIGINAL, _OFFSET = 0x9003, 0x9011  # DateTimeOriginal, OffsetTimeOriginal
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _TIME, _DIRECTION, _DATE = 1, 2, 3, 4, 7, 17, 29


@dataclass(frozen=True)
class Photo:
    """``position`` is longitude, latitude in degrees of WGS 84, ``direction`` in degrees clockwise from north; None
    where the photo does not say or says nonsense. ``width`` and ``height`` in pixels.
    """

    width: int
    height: int
    position: tuple[float, float] | None
    taken_at: datetime | None
    direction: float | None


def read_photo(path: Path) -> Photo:
    """Open ``path``, decode it once and read its facts. Raises :class:`InputError` for what is no whole photo."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is just below
            with Image.open(path, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise InputError("case.photo_too_large", path=str(path), pixels=image.width * image.height)
                exif = image.getexif()
                gps, camera = dict(exif.get_ifd(IFD.GPSInfo)), dict(exif.get_ifd(IFD.Exif))
                size = image.size
                image.draft("RGB", (512, 512))  # a JPEG is decoded small: all of it is read, little is kept
                image.load()
    except Image.DecompressionBombError as error:
        raise InputError("case.photo_too_large", path=str(path), pixels=MOST_PIXELS) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise InputError("case.photo_unreadable", path=str(path), formats=list(FORMATS)) from error
    return Photo(*size, _position(gps), _moment(gps, camera), _direction(gps))


def _position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    longitude = _degrees(gps.get(_LONGITUDE), gps.get(_LONGITUDE_REF), "W")
    latitude = _degrees(gps.get(_LATITUDE), gps.get(_LATITUDE_REF), "S")
    if longitude is None or latitude is None or abs(longitude) > 180 or abs(latitude) > 90:
        return None
    return None if longitude == latitude == 0 else (longitude, latitude)  # what a phone writes before its first fix


def _degrees(value: Any, hemisphere: Any, negative: str) -> float | None:
    """Degrees, minutes, seconds as rationals; a denominator of 0 stands for "not known"."""
    if not isinstance(value, tuple) or len(value) != 3:
        return None
    parts = [_number(part) for part in value]
    if any(part is None for part in parts):
        return None
    found = sum((part / 60.0**power for power, part in enumerate(parts) if part is not None), 0.0)
    return -found if str(hemisphere).strip("\x00 ").upper() == negative else found


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _moment(gps: Mapping[int, Any], camera: Mapping[int, Any]) -> datetime | None:
    """The satellites' time, else the camera's with its zone, else the camera's as Vietnamese time."""
    clock = [_number(part) for part in gps.get(_TIME) or ()]
    day = _parsed(str(gps.get(_DATE, "")).strip("\x00 "), "%Y:%m:%d")
    if day is not None and len(clock) == 3 and all(part is not None for part in clock):
        hours, minutes, seconds = (float(part or 0) for part in clock)
        if 0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61:
            return day.replace(tzinfo=UTC) + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    taken = _parsed(str(camera.get(_ORIGINAL, "")).strip("\x00 "), "%Y:%m:%d %H:%M:%S")
    if taken is None:
        return None
    zone = _parsed(str(camera.get(_OFFSET, "")).strip("\x00 ").replace(":", ""), "%z")
    return taken.replace(tzinfo=zone.tzinfo if zone else _VIET_NAM_TIME)


def _parsed(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern)
    except ValueError:
        return None


def _direction(gps: Mapping[int, Any]) -> float | None:
    found = _number(gps.get(_DIRECTION))
    return found if found is not None and 0 <= found <= 360 else None

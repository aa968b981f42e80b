"""Spectral indices over reflectances of any shape; a band that is not there gives NaN.

Names of bands are those that sensors share: blue, green, red, nir, swir16, swir22.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating]
Bands = Mapping[str, Plane]

BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")


def ndvi(bands: Bands) -> Plane:
    """Plants: (N − R)/(N + R) (Rouse et al. 1974)."""
    return _ratio(_band(bands, "nir"), _band(bands, "red"))


def bsi(bands: Bands) -> Plane:
    """Bare soil: ((S1 + R) − (N + B))/((S1 + R) + (N + B)) (Rikimaru et al. 2002)."""
    return _ratio(_band(bands, "swir16") + _band(bands, "red"), _band(bands, "nir") + _band(bands, "blue"))


def mndwi(bands: Bands) -> Plane:
    """Open water: (G − S1)/(G + S1) (Xu 2006)."""
    return _ratio(_band(bands, "green"), _band(bands, "swir16"))


def ndwi(bands: Bands) -> Plane:
    """Open water where there is no shortwave infrared: (G − N)/(G + N) (McFeeters 1996)."""
    return _ratio(_band(bands, "green"), _band(bands, "nir"))


def ndti(bands: Bands) -> Plane:
    """Turbidity of water: (R − G)/(R + G) (Lacaux et al. 2007). Over land the same ratio is the redness of soil."""
    return _ratio(_band(bands, "red"), _band(bands, "green"))


def redness(bands: Bands) -> Plane:
    """Iron oxide on sand grains: (R − B)/(R + B). Washed sand is paler."""
    return _ratio(_band(bands, "red"), _band(bands, "blue"))


def brightness(bands: Bands) -> Plane:
    """Mean reflectance of blue, green and red, 0 to 1."""
    return (_band(bands, "blue") + _band(bands, "green") + _band(bands, "red")) / 3.0


INDICES = {
    "ndvi": ndvi,
    "bsi": bsi,
    "mndwi": mndwi,
    "ndwi": ndwi,
    "ndti": ndti,
    "redness": redness,
    "brightness": brightness,
}


def spectral_angle(one: Plane, other: Plane) -> Plane:
    """Angle in degrees between spectra along the first axis (Kruse et al. 1993): change of colour, not of light."""
    norm = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.sum(one * other, axis=0) / norm
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _band(bands: Bands, name: str) -> Plane:
    if name in bands:
        return bands[name]
    some = next(iter(bands.values()))
    return np.full(np.shape(some), np.nan, np.float32)


def _ratio(high: Plane, low: Plane) -> Plane:
    """(high − low)/(high + low), NaN where the sum vanishes."""
    total = high + low
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(np.abs(total) > 1e-9, (high - low) / total, np.nan))

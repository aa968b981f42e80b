"""How satellite images and change scores are drawn."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from qgis.core import (
    Qgis,
    QgsColorRampShader,
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsRasterLayer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtGui import QColor

from ...layers.errors import InputError
from ...layers.messages import RESOURCES

SAMPLE = 250_000  # pixels looked at for a stretch


@cache
def declared() -> dict[str, Any]:
    """``resources/styles/rasters.toml``."""
    with (RESOURCES / "styles" / "rasters.toml").open("rb") as file:
        return tomllib.load(file)


def apply_raster(layer: QgsRasterLayer, kind: str = "scene") -> None:
    """Draw ``layer`` as a ``scene`` (natural colours) or as a ``change`` score.

    Both images of a pair get the same stretch where their bands are reflectances, so that what looks different is
    different. Raises :class:`InputError` for an unknown kind.
    """
    if kind not in declared():
        raise InputError("schema.declaration_wrong", path="rasters.toml", reason=kind)
    style = declared()[kind]
    layer.setRenderer(_natural(layer, style) if kind == "scene" else _score(layer, style))
    layer.setCustomProperty("dothi/raster", kind)
    layer.triggerRepaint()


def apply_scene(layer: QgsRasterLayer, colours: str) -> None:
    """Draw a decoded scene of the library in ``true`` or ``false`` colours, radar in grey.

    Its numbers are reflectances (decibels of radar), so the stretch is one for all dates and sensors. A scene that
    lacks the bands for false colours is drawn in true ones, else by its first band.
    """
    style, named = declared()["scene_colours"], bands(layer)
    for wanted in dict.fromkeys((colours, "true")):
        numbers = _numbers_of(style, named, style[wanted])
        if numbers:
            layer.setRenderer(_stretched(layer, numbers, style["low"], style["high"][wanted]))
            break
    else:
        low, high = style["decibels"] if any(name[:2] in ("VV", "VH", "HH", "HV") for name in named) else (0.0, 0.5)
        layer.setRenderer(_stretched(layer, [1, 1, 1], low, high))
    layer.setCustomProperty("dothi/raster", "scene")
    layer.triggerRepaint()


def _numbers_of(style: dict[str, Any], named: dict[str, int], wanted: list[str]) -> list[int]:
    for sensor in style["sensor"]:
        names = [sensor[colour] for colour in wanted]
        if all(name in named for name in names) and sensor.get("only_with", names[0]) in named:
            return [named[name] for name in names]
    return []


def _stretched(layer: QgsRasterLayer, numbers: list[int], low: float, high: float) -> QgsMultiBandColorRenderer:
    provider = layer.dataProvider()
    made = QgsMultiBandColorRenderer(provider, *numbers)
    gives = (made.setRedContrastEnhancement, made.setGreenContrastEnhancement, made.setBlueContrastEnhancement)
    for band, give in zip(numbers, gives, strict=True):
        give(_stretch(provider.dataType(band), low, high))
    return made


def _stretch(kind: Qgis.DataType, low: float, high: float) -> QgsContrastEnhancement:
    made = QgsContrastEnhancement(kind)
    made.setMinimumValue(low)
    made.setMaximumValue(high)
    made.setContrastEnhancementAlgorithm(QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum)
    return made


def bands(layer: QgsRasterLayer) -> dict[str, int]:
    """Band name → number, of bands that carry a name."""
    found = {}
    for number in range(1, layer.bandCount() + 1):
        name = layer.dataProvider().generateBandName(number)
        # QGIS shows a named band as "Band 1: B02"; the words before the colon are translated
        found[name.rpartition(":")[2].strip()] = number
    return found


def _natural(layer: QgsRasterLayer, style: dict[str, Any]) -> QgsMultiBandColorRenderer:
    named = bands(layer)
    wanted = [style[colour] for colour in ("red", "green", "blue")]
    known = all(name in named for name in wanted)
    several = layer.bandCount() >= 3
    numbers = [named[name] for name in wanted] if known else [3, 2, 1] if several else [1, 1, 1]
    provider = layer.dataProvider()
    made = QgsMultiBandColorRenderer(provider, *numbers)
    reflectance = known and provider.dataType(numbers[0]) in (Qgis.DataType.UInt16, Qgis.DataType.Int16)
    for number, give in zip(
        numbers,
        (made.setRedContrastEnhancement, made.setGreenContrastEnhancement, made.setBlueContrastEnhancement),
        strict=True,
    ):
        low, high = (
            (style["low"], style["high"])
            if reflectance
            else provider.cumulativeCut(number, style["cut"][0], style["cut"][1], layer.extent(), SAMPLE)
        )
        give(_stretch(provider.dataType(number), low, high))
    return made


def _score(layer: QgsRasterLayer, style: dict[str, Any]) -> QgsSingleBandPseudoColorRenderer:
    provider = layer.dataProvider()
    low, high = provider.cumulativeCut(1, style["cut"][0], style["cut"][1], layer.extent(), SAMPLE)
    steps = style["colours"]
    ramp = QgsColorRampShader(low, high)
    ramp.setColorRampType(Qgis.ShaderInterpolationMethod.Linear)
    ramp.setColorRampItemList(
        [
            QgsColorRampShader.ColorRampItem(
                low + (high - low) * place / max(len(steps) - 1, 1),
                QColor(colour),
                f"{low + (high - low) * place / max(len(steps) - 1, 1):.1f}",
            )
            for place, colour in enumerate(steps)
        ]
    )
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(ramp)
    made = QgsSingleBandPseudoColorRenderer(provider, 1, shader)
    made.setClassificationMin(low)
    made.setClassificationMax(high)
    return made

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
        stretch = QgsContrastEnhancement(provider.dataType(number))
        stretch.setMinimumValue(low)
        stretch.setMaximumValue(high)
        stretch.setContrastEnhancementAlgorithm(
            QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
        )
        give(stretch)
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

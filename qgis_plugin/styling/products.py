"""How the rasters of runs and series are drawn: decisions, states, days, cut and fill, each with a legend in words.

``resources/styles/products.toml`` declares them. A layer gets all styles of its product by name, so the user changes
between decision and confidence in the menu of styles; nothing is computed from the pixels but the days of a series.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from qgis.core import (
    Qgis,
    QgsColorRampShader,
    QgsPalettedRasterRenderer,
    QgsRasterLayer,
    QgsRasterRenderer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtGui import QColor

from ...layers.messages import RESOURCES, number, sentence
from ...layers.model import Text
from .raster import SAMPLE, bands

PROPERTY = "dothi/product"
_EPOCH = date(1970, 1, 1)
_BEYOND = 1e30  # the shader's last limit must be a finite number


@cache
def declared() -> dict[str, Any]:
    """``resources/styles/products.toml``."""
    with (RESOURCES / "styles" / "products.toml").open("rb") as file:
        return tomllib.load(file)


def product_of(layer: QgsRasterLayer) -> str:
    """``change``, ``radar``, ``series`` or ``terrain``, by the names of the bands; empty for anything else."""
    named = list(bands(layer))
    found = [name for name, product in declared().items() if named[: len(product["bands"])] == product["bands"]]
    return max(found, key=lambda name: len(declared()[name]["bands"]), default="")


def apply_product(layer: QgsRasterLayer, language: str, days: tuple[date, date] | None = None) -> bool:
    """Give ``layer`` the styles of its product, the first of them shown; False where it is no product of ours.

    ``days``: first and last day of a series, where they are known; else some pixels are looked at.
    """
    product = product_of(layer)
    if not product:
        return False
    manager = layer.styleManager()
    former = list(manager.styles())
    names = []
    for style in declared()[product]["style"]:
        layer.setRenderer(_renderer(layer, style, language, days))
        names.append(Text(**style["name"])[language])
        if names[-1] in former:
            manager.removeStyle(names[-1])
        manager.addStyleFromLayer(names[-1])
    manager.setCurrentStyle(names[0])
    for old in set(former) - set(names):
        manager.removeStyle(old)
    layer.setCustomProperty(PROPERTY, product)
    layer.triggerRepaint()
    return True


def _renderer(
    layer: QgsRasterLayer, style: Mapping[str, Any], language: str, days: tuple[date, date] | None
) -> QgsRasterRenderer:
    band = bands(layer)[style["band"]]
    if style["kind"] == "classes":
        classes = [
            QgsPalettedRasterRenderer.Class(one["value"], QColor(one["colour"]), Text(**one["name"])[language])
            for one in style["class"]
        ]
        return QgsPalettedRasterRenderer(layer.dataProvider(), band, classes)
    if style["kind"] == "days":
        return _steps(layer, band, *_days(layer, band, style["colours"], language, days))
    return _steps(layer, band, style["limits"], style["colours"], _told(style, language))


def _told(style: Mapping[str, Any], language: str) -> list[str]:
    """What each step is called: ``0,5 – 1 m``."""
    unit = style.get("unit", "")
    unit = Text(**unit)[language] if isinstance(unit, dict) else unit
    shown = [number(limit, language).replace("-", "−") for limit in style["limits"]]
    words = [sentence("plugin.surveillance.timeline.legend_to", language, limit=shown[0])]
    words += [f"{low} – {high}" for low, high in pairwise(shown)]
    words.append(sentence("plugin.surveillance.timeline.legend_beyond", language, limit=shown[-1]))
    return [f"{one} {unit}".strip() for one in words]


def _days(
    layer: QgsRasterLayer, band: int, colours: Sequence[str], language: str, days: tuple[date, date] | None
) -> tuple[list[float], Sequence[str], list[str]]:
    """Limits, colours and words of the days between the earliest and the latest."""
    if days is None:
        low, high = layer.dataProvider().cumulativeCut(band, 0.0, 1.0, layer.extent(), SAMPLE)
        if not low <= high < 1e7:  # nothing has departed: the band is empty
            low = high = float((date.today() - _EPOCH).days)
    else:
        low, high = (float((day - _EPOCH).days) for day in days)
    step = max((high - low) / len(colours), 1.0)
    limits = [round(low + step * number) for number in range(1, len(colours))]
    edges = [round(low), *limits, max(round(high), limits[-1])]
    words = [
        sentence(
            "plugin.surveillance.timeline.legend_days",
            language,
            first=_EPOCH + timedelta(days=first),
            last=_EPOCH + timedelta(days=last),
        )
        for first, last in pairwise(edges)
    ]
    return [float(limit) for limit in limits], colours, words


def _steps(
    layer: QgsRasterLayer, band: int, limits: Sequence[float], colours: Sequence[str], words: Sequence[str]
) -> QgsSingleBandPseudoColorRenderer:
    ramp = QgsColorRampShader(float(limits[0]), float(limits[-1]))
    ramp.setColorRampType(Qgis.ShaderInterpolationMethod.Discrete)
    ramp.setColorRampItemList(
        [
            QgsColorRampShader.ColorRampItem(float(limit), QColor(colour), word)
            for limit, colour, word in zip([*limits, _BEYOND], colours, words, strict=True)
        ]
    )
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(ramp)
    made = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), band, shader)
    made.setClassificationMin(float(limits[0]))
    made.setClassificationMax(float(limits[-1]))
    return made

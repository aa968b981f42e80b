"""What a layer says about itself in its properties: title, description, language, and that it is simulated."""

from __future__ import annotations

from qgis.core import QgsMapLayer

from ...layers.messages import sentence
from ...layers.model import Layer

LANGUAGE_CODES = {"vi": "VIE", "en": "ENG"}  # ISO 639-2


def describe(layer: QgsMapLayer, declared: Layer, language: str, *, simulated: bool) -> None:
    """Fill ``layer``'s metadata from its declaration; simulated data say so first."""
    mark = sentence("project.simulated", language)
    abstract = declared.description[language]
    made = layer.metadata()
    made.setIdentifier(f"dothi:{declared.id}")
    made.setType("dataset")
    made.setLanguage(LANGUAGE_CODES[language])
    made.setTitle(f"{declared.name[language]} ({mark.lower()})" if simulated else declared.name[language])
    made.setAbstract(f"{mark}. {abstract}" if simulated else abstract)
    made.setKeywords({"dothi:sector": [declared.sector], **({"dothi:simulated": [mark]} if simulated else {})})
    made.setCrs(layer.crs())
    layer.setMetadata(made)

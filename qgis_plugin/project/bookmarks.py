"""Places to go to: those that the data name, else what their layers show."""

from __future__ import annotations

from qgis.core import (
    QgsBookmark,
    QgsCoordinateReferenceSystem,
    QgsProject,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsVectorLayer,
)

from ...layers.model import Text
from . import contents
from .tree import Planted

AROUND_POINT_M = 600.0
NAMING_LAYERS = ("logistics_port", "concession")  # whose features are places where the data name none


class Place(QgsReferencedRectangle):
    """A named rectangle; ``theme`` is the map theme that it is best seen with."""

    def __init__(
        self, place_id: str, name: str, theme: str, extent: QgsRectangle, crs: QgsCoordinateReferenceSystem
    ) -> None:
        super().__init__(extent, crs)
        self.id = place_id
        self.name = name
        self.theme = theme

    def extent(self) -> QgsRectangle:
        """The rectangle alone."""
        return QgsRectangle(self)


def places(made: Planted, found: contents.Contents, language: str) -> list[Place]:
    """The places of the data set, in the order in which they are to be listed."""
    named = [
        Place(
            one["id"],
            Text(**one["name"])[language],
            one.get("theme", ""),
            QgsRectangle(*one["extent"]),
            QgsCoordinateReferenceSystem(one["crs"]),
        )
        for one in contents.places(found)
    ]
    return named or [
        place for layer in NAMING_LAYERS if layer in made.layers for place in _features(made.layers[layer])
    ]


def _features(layer: QgsVectorLayer) -> list[Place]:
    made = []
    for feature in layer.getFeatures():
        if not feature.hasGeometry() or not feature["name"]:
            continue
        extent = feature.geometry().boundingBox().buffered(AROUND_POINT_M)
        made.append(Place(str(feature["code"]), str(feature["name"]), "", extent, layer.crs()))
    return made


def add(project: QgsProject, found: list[Place], language: str) -> None:
    """Make a bookmark of each place, grouped by the map theme that it is best seen with."""
    theme_names = {theme["id"]: Text(**theme["name"])[language] for theme in contents.plan()["theme"]}
    for place in found:
        bookmark = QgsBookmark()
        bookmark.setId(place.id)
        bookmark.setName(place.name)
        bookmark.setGroup(theme_names.get(place.theme, ""))
        bookmark.setExtent(QgsReferencedRectangle(place.extent(), place.crs()))
        project.bookmarkManager().addBookmark(bookmark)

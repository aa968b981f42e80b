"""The alerts of the newest detection and how they read. Words and colours are the catalogue's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsFeatureRequest, QgsVectorLayer
from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QColor

from ...layers import catalogue
from ...layers.messages import number
from ..language import language

MOST = 20_000  # rows held in the window; the layer itself has them all


JOB, TABLE = "change.detect", "alert"
COLUMNS = ("relation", "code", "area_m2", "confidence", "concession_code", "status")


def newest_run(data: str) -> Path | None:
    """The newest whole detection on the data set: names begin with the time, and are given when a run is whole."""
    if not data:
        return None
    folder = Path(data).with_suffix(".dothi") / "runs"
    return max(folder.glob(f"*-{JOB}-*.gpkg"), key=lambda path: path.name, default=None)


def open_table(run: Path, table: str) -> QgsVectorLayer | None:
    """A table of a run, not part of the project; None where it has none."""
    layer = QgsVectorLayer(f"{run}|layername={table}", table, "ogr")
    return layer if layer.isValid() else None


class AlertsModel(QAbstractTableModel):
    """Rows of the table of alerts; ``feature_id(row)`` leads back to it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._declared = [catalogue.layer(TABLE).find(column) for column in COLUMNS]
        self._rows: list[tuple[int, tuple[Any, ...]]] = []
        self.total = 0

    def read(self, layer: QgsVectorLayer | None, relation: str) -> None:
        """Take the rows of ``layer`` with this relation to a concession (all: empty), at most :data:`MOST`."""
        self.beginResetModel()
        self._rows = []
        self.total = 0
        if layer is not None:
            self._fill(layer, relation)
        self.endResetModel()

    def _fill(self, layer: QgsVectorLayer, relation: str) -> None:
        request = QgsFeatureRequest().setFlags(Qgis.FeatureRequestFlag.NoGeometry)
        request.setSubsetOfAttributes(list(COLUMNS), layer.fields()).setLimit(MOST)
        if relation:  # a code of the catalogue's domain
            request.setFilterExpression(f"\"relation\" = '{relation}'")
        for feature in layer.getFeatures(request):
            self._rows.append((feature.id(), tuple(feature[column] for column in COLUMNS)))
        self.total = layer.featureCount()

    def feature_id(self, row: int) -> int:
        """The storage id of the row's feature in its run (never kept beyond it)."""
        return self._rows[row][0]

    def states(self) -> list[str]:
        """The states that occur, once each."""
        column = COLUMNS.index("status")
        return sorted({str(values[column]) for _, values in self._rows if isinstance(values[column], str)})

    def raw(self, row: int, column: str) -> Any:
        """The stored value."""
        return self._rows[row][1][COLUMNS.index(column)]

    def words(self, row: int) -> str:
        """Everything one may search for in the row."""
        return " ".join(self._shown(row, column) for column in range(len(COLUMNS)))

    def _shown(self, row: int, column: int) -> str:
        field, value = self._declared[column], self._rows[row][1][column]
        if field.domain and isinstance(value, str):
            word = catalogue.domain(field).values.get(value)
            return word[language()] if word else value
        if isinstance(value, float):
            return number(
                value, language(), field.decimals if field.decimals is not None and field.decimals < 3 else None
            )
        return str(value) if isinstance(value, (str, int)) else ""

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Called by Qt."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Called by Qt."""
        return 0 if parent is not None and parent.isValid() else len(self._declared)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The fields' own names."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._declared[section].name[language()]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words, numbers to the right, the domain's colour as a mark."""
        row, column = index.row(), index.column()
        field, value = self._declared[column], self._rows[row][1][column]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown(row, column)
        if role == Qt.ItemDataRole.UserRole:  # sorts numbers as numbers
            return value if isinstance(value, (int, float)) else self._shown(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._shown(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, (int, float)):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DecorationRole and field.domain and isinstance(value, str):
            colour = catalogue.domain(field).colours.get(value)
            return QColor(colour) if colour else None
        return None

"""The rows of the newest run: which table, which columns, how they read. Words and colours are the catalogue's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsFeatureRequest, QgsVectorLayer
from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QColor

from ...layers import catalogue
from ...layers.messages import number
from ..language import language
from .rule_titles import rule_title

MOST = 20_000  # rows held in the window; the layer itself has them all


@dataclass(frozen=True)
class Listing:
    """One list: the records of a job's newest run. ``by`` is filtered in the table, ``kinds`` in the window."""

    job: str
    table: str
    columns: tuple[str, ...]
    by: str
    chosen: str
    kinds: str
    title: str
    every: str
    every_kind: str


FINDINGS = Listing(
    job="zoning.check",
    table="finding",
    columns=("outcome", "feature_code", "rule", "measured", "limit_value", "margin", "unit"),
    by="outcome",
    chosen="fail",
    kinds="rule",
    title="plugin.findings.tab_findings",
    every="plugin.findings.all_outcomes",
    every_kind="plugin.findings.all_rules",
)
ALERTS = Listing(
    job="change.detect",
    table="alert",
    columns=("relation", "code", "area_m2", "confidence", "concession_code", "status"),
    by="relation",
    chosen="",
    kinds="status",
    title="plugin.findings.tab_alerts",
    every="plugin.findings.all_relations",
    every_kind="plugin.findings.all_states",
)


def newest_run(data: str, job: str) -> Path | None:
    """The newest whole run of ``job`` on the data set: names begin with the time, and are given when a run is whole."""
    if not data:
        return None
    folder = Path(data).with_suffix(".dothi") / "runs"
    return max(folder.glob(f"*-{job}-*.gpkg"), key=lambda path: path.name, default=None)


def open_table(run: Path, table: str) -> QgsVectorLayer | None:
    """A table of a run, not part of the project; None where it has none."""
    layer = QgsVectorLayer(f"{run}|layername={table}", table, "ogr")
    return layer if layer.isValid() else None


class RecordsModel(QAbstractTableModel):
    """Rows of one :class:`Listing`; ``feature_id(row)`` leads back to the table."""

    def __init__(self, listing: Listing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.listing = listing
        self._declared = [catalogue.layer(listing.table).find(column) for column in listing.columns]
        self._rows: list[tuple[int, tuple[Any, ...], str]] = []
        self._data = ""
        self.total = 0

    def read(self, layer: QgsVectorLayer | None, value: str, data: str = "") -> None:
        """Take the rows of ``layer`` whose ``by`` is ``value`` (all: empty), at most :data:`MOST`.

        ``data`` is the data set, whose own rules have names too.
        """
        self._data = data
        self.beginResetModel()
        self._rows = []
        self.total = 0
        if layer is not None:
            self._fill(layer, value)
        self.endResetModel()

    def _fill(self, layer: QgsVectorLayer, value: str) -> None:
        fields = layer.fields()
        sentence = f"message_{language()}"
        wanted = [*self.listing.columns, *([sentence] if fields.lookupField(sentence) >= 0 else [])]
        request = QgsFeatureRequest().setFlags(Qgis.FeatureRequestFlag.NoGeometry)
        request.setSubsetOfAttributes(wanted, fields).setLimit(MOST)
        if value:  # a code of the catalogue's domain
            request.setFilterExpression(f"\"{self.listing.by}\" = '{value}'")
        for feature in layer.getFeatures(request):
            values = tuple(feature[column] for column in self.listing.columns)
            self._rows.append((feature.id(), values, str(feature[sentence] or "") if len(wanted) > len(values) else ""))
        self.total = layer.featureCount()

    def feature_id(self, row: int) -> int:
        """The storage id of the row's feature in its run (never kept beyond it)."""
        return self._rows[row][0]

    def kinds(self) -> list[str]:
        """What stands in the column of kinds, once each."""
        column = self.listing.columns.index(self.listing.kinds)
        return sorted({str(values[column]) for _, values, _ in self._rows if isinstance(values[column], str)})

    def raw(self, row: int, column: str) -> Any:
        """The stored value."""
        return self._rows[row][1][self.listing.columns.index(column)]

    def words(self, row: int) -> str:
        """Everything one may search for in the row."""
        return " ".join(self._shown(row, column) for column in range(len(self._declared))) + " " + self._rows[row][2]

    def _shown(self, row: int, column: int) -> str:
        field, value = self._declared[column], self._rows[row][1][column]
        if field.domain and isinstance(value, str):
            word = catalogue.domain(field).values.get(value)
            return word[language()] if word else value
        if field.id == "rule" and isinstance(value, str):
            return rule_title(value, self._data)
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
        """Words, the finding's sentence as tip, numbers to the right, the domain's colour as a mark."""
        row, column = index.row(), index.column()
        field, value = self._declared[column], self._rows[row][1][column]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown(row, column)
        if role == Qt.ItemDataRole.UserRole:  # sorts numbers as numbers
            return value if isinstance(value, (int, float)) else self._shown(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._rows[row][2] or self._shown(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, (int, float)):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DecorationRole and field.domain and isinstance(value, str):
            colour = catalogue.domain(field).colours.get(value)
            return QColor(colour) if colour else None
        return None

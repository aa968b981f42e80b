"""Groups of findings and the findings in them, fetched page by page as they are scrolled into sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qgis.PyQt.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QFont, QIcon, QPainter, QPen, QPixmap

from ...layers.messages import number
from ..language import language, tr
from ..map.rule_titles import rule_title
from . import words
from .index import PAGE, Group, Question, Row

COLUMNS = ("code", "state", "rule", "street", "measured", "limit_value", "margin")
_NUMBERS = ("measured", "limit_value", "margin")
_MARK = 10  # pixels
_GREY, _PALE = QColor("#5b5b5b"), QColor("#7a7a7a")

Fetch = Callable[..., None]


@dataclass
class _Node:
    """A group with the rows fetched so far; ``asked`` while a page is on its way."""

    group: Group
    rows: list[Row] = field(default_factory=list)
    asked: bool = False


class FindingsModel(QAbstractItemModel):
    """Groups and their findings.

    Pages come by ``fetch_groups(question, offset, then)`` and ``fetch_rows(question, key, offset, then)``, which call
    ``then`` later with what they found.
    """

    def __init__(self, fetch_groups: Fetch, fetch_rows: Fetch, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._fetch_groups, self._fetch_rows = fetch_groups, fetch_rows
        self._nodes: list[_Node] = []
        self._more, self._asked = False, False
        self._data = ""
        self._icons: dict[str, QIcon] = {}
        self.question = Question()

    def show(self, question: Question | None, data: str = "") -> None:
        """Begin anew with ``question`` (None: nothing); ``data`` is the data set, whose own rules have names too."""
        self.beginResetModel()
        self._nodes, self._data = [], data
        self._more, self._asked = question is not None, False
        self.question = question or Question()
        self.endResetModel()
        if self._more:
            self.fetchMore(QModelIndex())

    def row_at(self, index: QModelIndex) -> Row | None:
        """The finding at ``index``; None for a group."""
        if not index.isValid() or not index.internalId():
            return None
        return self._nodes[index.internalId() - 1].rows[index.row()]

    def group_at(self, index: QModelIndex) -> Group | None:
        """The group at ``index``; None for a finding."""
        return self._nodes[index.row()].group if index.isValid() and not index.internalId() else None

    # What Qt asks: the shape.

    def index(self, row: int, column: int, parent: QModelIndex | None = None) -> QModelIndex:
        """Groups carry 0, findings their group's number plus one."""
        parent = parent or QModelIndex()
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: QModelIndex) -> QModelIndex:
        """The group of a finding."""
        if not index.isValid() or not index.internalId():
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, 0)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """What is fetched so far."""
        if parent is None or not parent.isValid():
            return len(self._nodes)
        return 0 if parent.internalId() or parent.column() else len(self._nodes[parent.row()].rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """The same on both levels."""
        return len(COLUMNS)

    def hasChildren(self, parent: QModelIndex | None = None) -> bool:
        """Groups are never empty."""
        if parent is None or not parent.isValid():
            return bool(self._nodes)
        return not parent.internalId() and not parent.column()

    def canFetchMore(self, parent: QModelIndex) -> bool:
        """Whether the group, or the list of groups, has a page that nobody asked for yet."""
        if not parent.isValid():
            return self._more and not self._asked
        if parent.internalId():
            return False
        node = self._nodes[parent.row()]
        return not node.asked and len(node.rows) < node.group.count

    def fetchMore(self, parent: QModelIndex) -> None:
        """Ask for the next page; it is inserted when it comes."""
        if not self.canFetchMore(parent):
            return
        if not parent.isValid():
            self._asked = True
            self._fetch_groups(self.question, len(self._nodes), self._add_groups)
            return
        at, node = parent.row(), self._nodes[parent.row()]
        node.asked = True
        self._fetch_rows(self.question, node.group.key, len(node.rows), lambda rows: self._add_rows(at, rows))

    def _add_groups(self, groups: list[Group]) -> None:
        self._asked, self._more = False, len(groups) == PAGE
        if groups:
            first = len(self._nodes)
            self.beginInsertRows(QModelIndex(), first, first + len(groups) - 1)
            self._nodes += [_Node(group) for group in groups]
            self.endInsertRows()

    def _add_rows(self, at: int, rows: list[Row]) -> None:
        node = self._nodes[at]
        node.asked = False
        if rows:
            first = len(node.rows)
            self.beginInsertRows(self.index(at, 0), first, first + len(rows) - 1)
            node.rows += rows
            self.endInsertRows()

    # What Qt asks: the words.

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The columns' names; the first tells what the rows of a group differ by."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(f"plugin.findings.column.{self._told_in(COLUMNS[section])}")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if COLUMNS[section] in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words, tips, marks in the colour of the outcome; numbers stand to the right."""
        if not index.isValid():
            return None
        row = self.row_at(index)
        if row is None:
            return self._of_group(self._nodes[index.row()].group, index.column(), role)
        column = self._told_in(COLUMNS[index.column()])
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return self._icon(words.colour(row.outcome, row.severity), settled=_settled(row))
        if role == Qt.ItemDataRole.ForegroundRole and _settled(row):
            return QBrush(_PALE)
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == 0:
            return self._tip(row)
        return None

    def _told_in(self, column: str) -> str:
        """What a column tells: rows of one feature differ by their rule."""
        return "rule" if column == "code" and self.question.grouping == "feature" else column

    def _of_group(self, group: Group, column: int, role: int) -> Any:
        if column:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return f"{self.group_name(group)}  ({number(group.count, language())})"
        if role == Qt.ItemDataRole.FontRole:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ForegroundRole and not group.failed:
            return QBrush(_GREY)
        return None

    def group_name(self, group: Group) -> str:
        """What the rows of ``group`` have in common, in words."""
        grouping = self.question.grouping
        if grouping == "rule":
            return rule_title(group.key, self._data)
        if grouping == "feature":
            return words.feature(group.code, group.layer)
        if grouping == "street":
            return group.key or tr("plugin.findings.no_street")
        if grouping == "state":
            return words.state(group.key)
        return words.outcome(group.key) if group.key == "not_checkable" else words.severity(group.key)

    def _shown(self, row: Row, column: str) -> str:
        if column == "code":
            return row.code or "–"
        if column == "rule":
            return rule_title(row.rule, self._data)
        if column == "street":
            return row.street
        if column == "state":
            waived = tr("plugin.findings.state.waived") if row.waiver else ""
            return " · ".join(filter(None, (words.state(row.state), waived)))
        if column == "measured" and row.outcome == "not_checkable":
            return tr("plugin.findings.not_measured")
        return words.quantity(getattr(row, column), row.unit)

    def _tip(self, row: Row) -> str:
        told = (
            f"{words.outcome(row.outcome)} · {words.feature(row.code, row.layer)}\n{rule_title(row.rule, self._data)}"
        )
        if row.state:
            told += f"\n{words.state(row.state)}"
        if row.waiver:
            told += f"\n{tr('plugin.findings.waiver.let_stand', document=row.waiver)}"
        if row.measured is None:
            return told
        measured, limit = words.quantity(row.measured, row.unit), words.quantity(row.limit_value, row.unit)
        return f"{told}\n{tr('plugin.findings.measured_and_limit', measured=measured, limit=limit)}"

    def _icon(self, colour: str, *, settled: bool = False) -> QIcon:
        """A dot; a ring where nothing is left to do."""
        name = f"{colour} {settled}"
        if name not in self._icons:
            picture = QPixmap(_MARK, _MARK)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colour), 1.6) if settled else QPen(Qt.PenStyle.NoPen))
            painter.setBrush(QBrush(Qt.BrushStyle.NoBrush) if settled else QBrush(QColor(colour)))
            inside = int(settled)  # half of the ring's width lies outside its line
            painter.drawEllipse(inside, inside, _MARK - 1 - 2 * inside, _MARK - 1 - 2 * inside)
            painter.end()
            self._icons[name] = QIcon(picture)
        return self._icons[name]


def _settled(row: Row) -> bool:
    """Nothing is left to do: it is no more so, or it was let stand."""
    return row.state == "fixed" or bool(row.waiver)

"""A rule that is being edited: plain values as the engine gives and takes them, with undo."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QUndoCommand, QUndoStack

Place = tuple[str | int, ...]
Values = dict[str, Any]

NEW = "new"  # what is expected of a file that nobody has written yet
OWN_LEVEL = "provincial"


def value_at(values: Any, place: Place) -> Any:
    """What stands at ``place``; None where there is nothing."""
    for part in place:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return None
    return values


def with_value(values: Any, place: Place, value: Any) -> Any:
    """A copy of ``values`` with ``value`` at ``place``; None and an empty table take the key away."""
    if not place:
        return value
    head, rest = place[0], place[1:]
    made = copy.copy(values) if values is not None else {}
    if isinstance(head, int):
        made[head] = with_value(made[head], rest, value)
        return made
    new = with_value(made.get(head), rest, value)
    if new is None or new == {}:
        made.pop(head, None)
    else:
        made[head] = new
    return made


def text_of(place: Place) -> str:
    """``("limit", "rows", 2)`` as the engine writes places: ``limit.rows[2]``."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def for_province(shipped: Mapping[str, Any]) -> Values:
    """What a province starts from: the shipped numbers under a source of its own, which it has to name.

    The law's source must not stand under numbers that the province changes, nor may they pass as compared with it.
    """
    made = copy.deepcopy(dict(shipped))
    made |= {"level": OWN_LEVEL, "version": 1, "source": {"document": ""}, "status": "transcribed"}
    made.pop("mode", None)
    made.pop("permitted_by", None)
    return made


class _Edit(QUndoCommand):
    """One step; the keystrokes in one field are one step."""

    def __init__(self, draft: Draft, after: Values, what: str, key: str) -> None:
        super().__init__(what)
        self._draft, self._before, self._after, self._key = draft, draft.values, after, key

    def id(self) -> int:
        return hash(self._key) & 0x3FFFFFFF if self._key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other._key != self._key:
            return False
        self._after = other._after
        return True

    def redo(self) -> None:
        self._draft.show(self._after)

    def undo(self) -> None:
        self._draft.show(self._before)


class Draft(QObject):
    """Values, what they were when they were opened, and the way back. ``changed`` follows every change."""

    changed = pyqtSignal()
    opened = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.values: Values = {}
        self.expected = NEW
        self.editable = False
        self.stack = QUndoStack(self)

    @property
    def dirty(self) -> bool:
        """Whether something would be lost."""
        return self.editable and not self.stack.isClean()

    def open(self, values: Mapping[str, Any], *, editable: bool, expected: str = NEW) -> None:
        """Begin with ``values``; what was done before is forgotten."""
        self.editable, self.expected = editable, expected
        self.stack.clear()
        self.values = copy.deepcopy(dict(values))
        self.opened.emit()

    def show(self, values: Values) -> None:
        """For the steps alone."""
        self.values = values
        self.changed.emit()

    def set(self, place: Place, value: Any, what: str = "") -> None:
        """Write ``value`` at ``place``; typing on in the same place is the same step."""
        if self.editable and value_at(self.values, place) != value:
            self.stack.push(_Edit(self, with_value(self.values, place, value), what, text_of(place)))

    def replace(self, place: Place, value: Any, what: str = "") -> None:
        """As :meth:`set`, a step of its own."""
        if self.editable and value_at(self.values, place) != value:
            self.stack.push(_Edit(self, with_value(self.values, place, value), what, ""))

    def saved(self, expected: str, version: int) -> None:
        """What is there now is what is on the disk; undo reaches back beyond it."""
        self.expected = expected
        self.values = self.values | {"version": version}
        self.stack.setClean()
        self.changed.emit()


def plain_cells(text: str) -> Sequence[Sequence[str]]:
    """A piece of a spreadsheet from the clipboard: lines, and cells between tabs (or semicolons)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    between = "\t" if "\t" in text else ";"
    return [line.split(between) for line in lines]

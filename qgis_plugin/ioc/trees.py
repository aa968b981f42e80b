"""What is told of a target, as rows of trees: the plan, what went wrong, what the centre answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qgis.PyQt.QtCore import QDateTime, Qt
from qgis.PyQt.QtWidgets import QTreeWidget, QTreeWidgetItem

from ...engine.contract import ioc
from ..language import language, tr

LONGEST = 160  # signs of a value that are shown
STANDS = "ioc.theirs_stands"
DECIDABLE = ("ioc.changed_there", STANDS)
_UID = Qt.ItemDataRole.UserRole
CHANGES = ("created", "updated", "deleted")
_BODY = ("value", "object", "languageMap")  # what of an NGSI-LD attribute speaks to people


def moment(text: str | None) -> str:
    """An instant in the clock of this machine; empty for none."""
    if not text:
        return ""
    found = QDateTime.fromString(text, Qt.DateFormat.ISODate)
    return str(found.toLocalTime().toString("dd/MM/yyyy HH:mm")) if found.isValid() else text


def counts(value: Mapping[str, Any]) -> str:
    """``12 mới, 3 sửa, 1 xóa``; what is zero is not named."""
    parts = [tr(f"plugin.ioc.count.{name}", count=int(value[name])) for name in CHANGES if value.get(name)]
    if value.get("unproved"):
        parts.append(tr("plugin.ioc.count.unproved", count=int(value["unproved"])))
    return ", ".join(parts)


def text_of(value: Any) -> str:
    """A value of an entity as a person reads it, whole."""
    if isinstance(value, Mapping):
        value = next((value[name] for name in _BODY if name in value), value)
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def pair(before: Any, after: Any) -> tuple[str, str]:
    """Two values beside each other; long ones that begin the same (shapes) from where they differ."""
    one, other = text_of(before), text_of(after)
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    start = 0 if max(len(one), len(other)) <= LONGEST else max(0, same - LONGEST // 4)
    return _cut(one, start), _cut(other, start)


def _cut(text: str, start: int) -> str:
    cut = text[start : start + LONGEST]
    return f"{'…' if start and cut else ''}{cut}{'…' if len(text) > start + LONGEST else ''}"


class Words:
    """Titles of layers, as the data set calls them."""

    def __init__(self, may_leave: Mapping[str, Any]) -> None:
        self._titles = {layer: one["title"][language()] for layer, one in may_leave.items()}

    def layer(self, layer_id: str) -> str:
        """What a layer is called; its id where nobody knows."""
        return str(self._titles.get(layer_id, layer_id))


def fill_plan(tree: QTreeWidget, value: Mapping[str, Any], words: Words) -> None:
    """Counts by layer, examples before and after, and what leaves the house."""
    tree.clear()
    changed = {layer: one for layer, one in value["layers"].items() if any(one.values())}
    head = _top(tree, tr("plugin.ioc.plan_changes"), counts(value) or tr("plugin.ioc.equal"))
    for layer, one in changed.items():
        _row(head, words.layer(layer), counts(one))
    if value["examples"]:
        head = _top(tree, tr("plugin.ioc.plan_examples"), str(len(value["examples"])))
        for one in value["examples"]:
            _example(head, one, words)
    head = _top(tree, tr("plugin.ioc.plan_leaving"), "", expanded=not changed)
    for layer, names in value["leaving"].items():
        _row(head, words.layer(layer), ", ".join(names))


def _example(head: QTreeWidgetItem, one: Mapping[str, Any], words: Words) -> None:
    before, after = one["before"] or {}, one["after"] or {}
    new, gone = one["before"] is None, one["after"] is None
    item = _row(
        head,
        f"{words.layer(one['layer'])} · {one['uid'][:8]}",
        tr("plugin.ioc.example_new") if new else "",
        tr("plugin.ioc.example_gone") if gone else "",
    )
    item.setToolTip(0, one["uid"])
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            _row(item, name, *pair(before.get(name), after.get(name)))
    item.setExpanded(not new and not gone)  # of a new one everything is new


def disputed(tree: QTreeWidget) -> list[str]:
    """Identifiers of the selected features about which somebody may decide; of a selected reason, all of its."""
    found: dict[str, None] = {}
    for item in tree.selectedItems():
        inside = [item, item.parent(), *(item.child(number) for number in range(item.childCount()))]
        found |= dict.fromkeys(one.data(0, _UID) for one in inside if one is not None and one.data(0, _UID))
    return list(found)


def fill_troubles(tree: QTreeWidget, troubles: Sequence[Mapping[str, Any]], words: Words) -> None:
    """Reasons in words, each with its features; of a conflict what we say and what they say."""
    tree.clear()
    by_reason: dict[str, list[Mapping[str, Any]]] = {}
    for one in troubles:
        code = one.get("code") or "ioc.not_proved"
        arguments = {name: value for name, value in one.items() if name not in ("layer", "uid", "code", "differs")}
        by_reason.setdefault(tr(code, **arguments), []).append(one)
    for reason, some in by_reason.items():
        head = _top(tree, reason, "", expanded=len(by_reason) < 4)  # few reasons are worth seeing at once
        head.setFirstColumnSpanned(True)
        head.setToolTip(0, reason)
        for one in some:
            item = _row(head, f"{words.layer(one['layer'])} · {one['uid'][:8]}", "")
            item.setToolTip(0, one["uid"])
            item.setData(0, _UID, one["uid"] if one.get("code") in DECIDABLE else None)
            for name, (ours, theirs) in (one.get("differs") or {}).items():
                _row(item, name, ours or "–", theirs or "–")
            item.setExpanded(len(some) == 1)


def fill_said(tree: QTreeWidget, said: Iterable[Mapping[str, Any]]) -> None:
    """What the centre wrote, the newest first."""
    tree.clear()
    for one in said:
        kind = tr(f"plugin.ioc.said.{one['kind']}")
        row = [moment(one["at"]), kind, one["sender"], one["text"], one["key"].rpartition(":")[2]]
        item = QTreeWidgetItem(tree, row)
        item.setToolTip(0, tr("plugin.ioc.seen_at", at=moment(one["seen_at"])))
        item.setToolTip(3, one["text"])
        item.setToolTip(4, one["key"])


def fill_proof(tree: QTreeWidget, value: Mapping[str, Any], words: Words) -> None:
    """What reading back found different."""
    tree.clear()
    same = tr(f"job.{ioc.VERIFY.id}.results.unchanged")
    _top(tree, same, str(value["unchanged"]))
    for what in ("created", "updated", "deleted", "file", "theirs"):
        some = [one for one in value["differences"] if one["what"] == what]
        if some:
            head = _top(tree, tr(f"plugin.ioc.proof.{what}"), str(len(some)))
            for one in some:
                _row(head, f"{words.layer(one['layer'])} · {one['uid'][:8]}" if one["uid"] else one["key"], "")


def _top(tree: QTreeWidget, *texts: str, expanded: bool = True) -> QTreeWidgetItem:
    item = QTreeWidgetItem(tree, list(texts))
    font = item.font(0)
    font.setBold(True)
    item.setFont(0, font)
    item.setExpanded(expanded)
    return item


def _row(parent: QTreeWidgetItem, *texts: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem(parent, list(texts))
    for column, text in enumerate(texts):
        if len(text) > 40:
            item.setToolTip(column, text)
    return item

"""Inside QGIS (``qgis --code``): the panel of rules at work, photographed; see ``pictures_rules``."""

import os

import qgis.utils
from pictures_tour import Tour, arrange, photograph
from qgis.PyQt.QtCore import Qt
from qgis.utils import iface

PANEL = 900
APARTMENT = "qcvn01.net_density.apartment"
READ, TABLE, FIELDS, EXAMPLES, CALCULATOR = range(5)


def settled(dock):
    return not dock._pause.isActive() and not dock._opening and (not dock.draft.editable or dock.answer)


def choose(dock, rule):
    dock.page.list.choose(rule)
    while dock.entry.get("rule") != rule or not settled(dock):
        yield


def scenes():
    arrange("Layers")
    yield
    dock_of = qgis.utils.plugins["dothi"].window
    dock_of.rules_action.trigger()
    dock = dock_of.rules
    arrange("Layers")
    iface.mainWindow().resizeDocks([dock], [PANEL], Qt.Orientation.Horizontal)
    while not dock.page.list.tree.topLevelItemCount():
        yield
    dock.page.list.search.setText("mật độ")
    yield from choose(dock, APARTMENT)
    yield
    if os.environ.get("DOTHI_PICTURES_ALL"):
        photograph("x-read")
        yield from choose(dock, "qcvn01.net_density.detached")
        dock.page.tabs.setCurrentIndex(TABLE)
        yield
        photograph("x-one")
        dock.page.list.search.setText("")
        yield from choose(dock, "qcvn01.setback")
        yield
        photograph("x-steps")
        for item in dock.page.list._items():
            line = item.data(0, Qt.ItemDataRole.UserRole)
            if line["limit"] == "classes":
                yield from choose(dock, line["rule"])
                break
        yield
        photograph("x-classes")
        dock.page.list.search.setText("mật độ")
        yield from choose(dock, APARTMENT)
    dock.edit()
    while not dock.answer:
        yield
    dock.draft.set(("source", "document"), "Quyết định thử nghiệm của UBND tỉnh (mô phỏng)")
    dock.draft.set(("source", "clause"), "Điều 5")
    dock.draft.set(("status",), "simulated")
    view, model = dock.page.grid.view, dock.page.model
    dock.page.tabs.setCurrentIndex(TABLE)
    view.setCurrentIndex(model.index(5, 2))
    model.setData(model.index(5, 2), "48,5")
    yield
    while not settled(dock):
        yield
    yield
    photograph("rules-panel")
    if os.environ.get("DOTHI_PICTURES_ALL"):
        for tab, name in ((FIELDS, "fields"), (EXAMPLES, "examples"), (CALCULATOR, "calculator")):
            dock.page.tabs.setCurrentIndex(tab)
            yield
            yield
            photograph(f"x-{name}")
        dock.draft.stack.undo()
        dock.draft.set(("mode",), "replace")
        model.setData(model.index(5, 2), "49")
        dock.page.tabs.setCurrentIndex(EXAMPLES)
        yield
        while not settled(dock):
            yield
        for row in range(dock.page.examples.model.rowCount()):
            dock.page.examples.view.setCurrentIndex(dock.page.examples.model.index(row, 1))
            dock.page.examples.accept_result()
        yield
        while not settled(dock):
            yield
        photograph("x-sound")
        dock.ask_to_save()
        yield
        photograph("x-save")


tour = Tour(scenes(), still=4)

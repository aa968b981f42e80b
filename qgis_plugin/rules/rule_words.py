"""A rule in words: conditions, exceptions, limit, validity, problems. Names and units come with the engine's page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...layers import catalogue
from ...layers.messages import has, number
from ..language import language, tr
from . import figures

_BOUNDS = ("above", "from", "up_to", "below")
_KEYS = ("then", "clause", "rule", "layer")
MARKLESS = ("verified", "plan")
_UNITS = ("plugin.rules.unit.", "plugin.explain.unit.")


def unit(code: str) -> str:
    """``m2`` → *m²*."""
    return next((tr(place + code) for place in _UNITS if has(place + code)), code)


def layer(code: str) -> str:
    """``parcel`` → *Thửa đất*."""
    return catalogue.layer(code).name[language()] if code in catalogue.ids() else code


def domain(name: str, code: str) -> str:
    """A word of a closed list of the catalogue."""
    held = catalogue.domains().get(name)
    word = held.values.get(code) if held else None
    return word[language()] if word else code


def level(code: str) -> str:
    """``provincial`` → *Quy định của tỉnh*."""
    return tr(f"zoning.level.{code}") if has(f"zoning.level.{code}") else code


def status(code: str) -> str:
    """Where the number comes from, with the mark where nobody compared it with the gazette."""
    return tr(f"zoning.status.{code}") if has(f"zoning.status.{code}") else code


def mark(code: str) -> str:
    """*chưa kiểm chứng*, or nothing."""
    return "" if code in MARKLESS else tr("plugin.rules.unverified")


def day(text: Any) -> str:
    """``31/12/2026`` in Vietnamese."""
    parts = str(text).split("-")
    return "/".join(reversed(parts)) if language() == "vi" and len(parts) == 3 else str(text)


def valid(days: Mapping[str, Any] | None) -> str:
    """From when until when."""
    days = days or {}
    if days.get("from") and days.get("to"):
        return tr("plugin.rules.valid_both", first=day(days["from"]), last=day(days["to"]))
    if days.get("from"):
        return tr("plugin.rules.valid_from", first=day(days["from"]))
    return tr("plugin.rules.valid_until", last=day(days["to"])) if days.get("to") else tr("plugin.rules.valid_always")


class Words:
    """Words of one page: ``vocabulary`` and ``measure`` as ``rules.show`` gives them."""

    def __init__(self, vocabulary: Mapping[str, Any] | None = None, measure: str = "", measure_unit: str = "") -> None:
        self.vocabulary = vocabulary or {"inputs": {}, "levels": [], "modes": [], "statuses": []}
        self.measure, self.measure_unit = measure, measure_unit

    def _input(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.vocabulary["inputs"].get(name, {})
        return found

    def name(self, name: str) -> str:
        """``plot_area`` → *diện tích lô đất*."""
        if name in ("plan_state", "date"):
            return tr(f"plugin.rules.input_{name}")
        named = self._input(name).get("name")
        return str(named[language()]) if named else name

    def unit(self, name: str) -> str:
        """*m²*; empty for what has none."""
        return unit(str(self._input(name).get("unit", "")))

    def is_text(self, name: str) -> bool:
        """Whether the input holds a word."""
        return name in ("plan_state", "date") or bool(self._input(name).get("text"))

    def choices(self, name: str) -> list[tuple[str, str]]:
        """Code and word of each value of a closed list; none for a number or a free text."""
        if name == "plan_state":
            held = catalogue.domains()["plan_state"].values
            return [(code, word[language()]) for code, word in held.items()]
        return [(one["value"], one[language()]) for one in self._input(name).get("values", ())]

    def axis(self, name: str) -> str:
        """*Diện tích lô đất (m²)*."""
        words, of = self.name(name), self.unit(name)
        return _capital(f"{words} ({of})" if of else words)

    def value(self, name: str, value: Any) -> str:
        """A value of the input ``name`` in words."""
        if isinstance(value, str):
            return dict(self.choices(name)).get(value, value)
        return f"{number(value, language())} {self.unit(name)}".strip() if figures.is_number(value) else str(value)

    def limit_axis(self, values: Mapping[str, Any]) -> str:
        """*Tối đa: Mật độ xây dựng thuần (%)*."""
        limit = values.get("limit") or {}
        side = tr(f"plugin.rules.op.{limit.get('op', 'at_most')}")
        of = unit(str(limit.get("unit", self.measure_unit)))
        return f"{side}: {self.measure} ({of})" if of else f"{side}: {self.measure}"

    def quantity(self, value: Any) -> str:
        """A limit with its unit."""
        return f"{figures.show(value)} {unit(self.measure_unit)}".strip()

    def conditions(self, raw: Mapping[str, Any]) -> list[str]:
        """One sentence for each input that is asked for."""
        return [self._condition(name, value) for name, value in raw.items() if name not in _KEYS]

    def _condition(self, name: str, value: Any) -> str:
        if isinstance(value, list):
            told = tr("plugin.rules.or").join(self.value(name, one) for one in value)
            return _capital(f"{self.name(name)}: {told}")
        bounds = [
            tr(f"plugin.rules.bound.{bound}", value=self.value(name, value[bound]))
            for bound in _BOUNDS
            if isinstance(value, Mapping) and bound in value
        ]
        return _capital(f"{self.name(name)} {', '.join(bounds)}")

    def limit(self, values: Mapping[str, Any]) -> str:
        """What the limit is, or how it is found."""
        limit = values.get("limit") or {}
        side = tr(f"plugin.rules.op.{limit.get('op', 'at_most')}")
        if "constant" in limit:
            return f"{side} {self.quantity(limit['constant'])}"
        if "attribute" in limit:
            return f"{side}: {self.name(limit['attribute'])}"
        if "classes" in limit:
            told = (
                f"{self.value(limit['by_class'], key)}: {self.quantity(one)}" for key, one in limit["classes"].items()
            )
            return f"{side}, {tr('plugin.rules.by', names=self.name(limit['by_class']))}: {'; '.join(told)}"
        if "rows" in limit:
            names = tr("plugin.rules.and").join(self.name(name) for name in limit.get("by", ()))
            how = tr(f"plugin.rules.lookup.{limit.get('lookup')}")
            outside = tr(f"plugin.rules.outside.{limit.get('outside')}")
            return f"{side}, {tr('plugin.rules.table_by', names=names)}, {how}; {outside}"
        return side

    def surely(self, values: Mapping[str, Any]) -> str:
        """The stricter number of a clause with two, and what decides between them; nothing where there is one."""
        limit = values.get("limit") or {}
        surely = limit.get("surely")
        if not surely:
            return ""
        if "constant" in surely:
            told = self.quantity(surely["constant"])
            if "plus" in surely:
                share = figures.show(surely.get("share", 1))
                told = tr("plugin.rules.surely_plus", value=told, share=share, input=self.name(surely["plus"]))
        elif "classes" in surely:
            pairs = surely["classes"].items()
            told = "; ".join(f"{self.value(limit['by_class'], key)}: {self.quantity(one)}" for key, one in pairs)
        else:
            rows = [f"{figures.show(row[0])}: {self.quantity(row[1])}" for row in surely["rows"] if len(row) > 1]
            told = "; ".join([*rows, *(f"> {self.quantity(one)}" for one in surely.get("above", ()))])
        depends = (surely.get("depends_on") or {}).get(language(), "")
        return tr("plugin.rules.surely", values=told, depends=depends)

    def given(self, given: Mapping[str, Any]) -> str:
        """The inputs of a worked example."""
        return "; ".join(f"{self.name(name)}: {self.value(name, value)}" for name, value in given.items())

    def place(self, place: str, values: Mapping[str, Any]) -> str:
        """Where a value stands, as the planner sees it: *Bảng, dòng 28, cột 10000*."""
        limit = values.get("limit") or {}
        cell = re.fullmatch(r"limit\.(rows|above|columns)(?:\[(\d+)\])?(?:\[(\d+)\])?", place)
        if cell and cell[2] is not None:
            return self._cell(limit, cell[1], int(cell[2]), None if cell[3] is None else int(cell[3]))
        case = re.match(r"case\[(\d+)\]\.?(.*)", place)
        if case:
            return f"{tr('plugin.rules.example', number=int(case[1]) + 1)}: {self._last(case[2])}"
        return self._field(place)

    def _cell(self, limit: Mapping[str, Any], part: str, i: int, j: int | None) -> str:
        def head(items: Sequence[Any], at: int) -> str:
            return figures.show(items[at]) if at < len(items) else str(at + 1)

        rows, columns = limit.get("rows") or [], limit.get("columns") or []
        if part == "columns":
            return tr("plugin.rules.cell_head", column=i + 1)
        row = tr("plugin.rules.above") if part == "above" else head([one[0] for one in rows if one], i)
        column = i if part == "above" else (j or 0) - 1
        if column < 0:
            return tr("plugin.rules.cell_row", row=i + 1)
        told = tr("plugin.rules.cell", row=row)
        return tr("plugin.rules.cell_two", cell=told, column=head(columns, column)) if columns else told

    def _field(self, place: str) -> str:
        code = f"plugin.rules.field.{place}"
        if has(code):
            return tr(code)
        first = re.split(r"[.\[]", place)[0]
        return tr(f"plugin.rules.field.{first}") if has(f"plugin.rules.field.{first}") else place

    def _last(self, place: str) -> str:
        key = place.rsplit(".", 1)[-1]
        return tr(f"plugin.rules.expect.{key}") if has(f"plugin.rules.expect.{key}") else self.name(key)

    def problem(self, problem: Mapping[str, Any], values: Mapping[str, Any]) -> str:
        """A mistake in a few words where it stands beside its field; else the engine's sentence."""
        told = problem.get("arguments", {})
        code, kind = str(problem["code"]), str(told.get("kind", ""))
        short = f"plugin.rules.problem.{code}" if code != "zoning.rule_wrong" else f"plugin.rules.wrong.{kind}"
        if has(short):
            return tr(short, **{**told, "what": self.place(str(problem.get("where", "")), values)})
        return str(problem["sentence"][language()])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

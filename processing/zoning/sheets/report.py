"""The report of a check: the sheet of one lot, or of many lots with a summary before them.

All lots are judged first and their verdicts kept packed, because the summary stands before the sheets; then the sheets
are made one at a time. So memory grows by some kilobytes a lot, whatever the sheets hold.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import shapely

from ....layers import catalogue
from ....layers.messages import number
from ....layers.report import Report
from ...documents.blocks import Block, Facts, Frame, Heading, Paragraph, Picture, Section, Table
from ...documents.map_sheet import view_of
from ..rulebook import packs
from ..rulebook.rules import Rule
from ..verdicts.explain import Judging
from .lot_case import LotCase, Source, Verdict
from .lot_map import HEIGHT, OVERVIEW_MARGIN, WIDTH, overview
from .lot_sheet import ORDER, card, chips, lot_name, lot_section, reservations, say, signatures, system_name

_FARTHEST_M = 60_000.0  # an overview of lots farther apart shows dots


@dataclass(frozen=True)
class Provenance:
    """What the report is made from: file name, day of the data, run (empty: none), whether the data are simulated."""

    data: str
    modified: str
    run: str
    simulated: bool


@dataclass
class _Judged:
    """What is remembered of the lots between judging and writing."""

    outcomes: Counter[str] = field(default_factory=Counter)
    by_rule: dict[str, Counter[str]] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    lots: list[tuple[str, Any, Mapping[str, int], tuple[str, ...]]] = field(default_factory=list)
    packed: list[bytes] = field(default_factory=list)


class LotReport:
    """The report on ``uids`` (of lots), which ``source`` has; ``others`` are findings on what is no lot or building."""

    def __init__(
        self,
        source: Source,
        uids: Sequence[str],
        judging: Judging,
        provenance: Provenance,
        language: str,
        report: Report,
        others: Sequence[Verdict] = (),
    ) -> None:
        self.source, self.uids, self.judging = source, tuple(uids), judging
        self.provenance, self.language, self.report = provenance, language, report
        self.others = tuple(others)
        self.rules = {rule.id: rule for rule in judging.rules}
        self._judged = _Judged()

    @property
    def outcomes(self) -> dict[str, int]:
        """Verdicts by outcome, once judged."""
        return {outcome: self._judged.outcomes.get(outcome, 0) for outcome in ORDER}

    def judge(self) -> None:
        """Judge every lot. Raises :class:`InputError` for an unknown one."""
        total = len(self.uids)
        for done, uid in enumerate(self.uids, start=1):
            case = self.source.place(uid)
            verdicts = self.source.verdicts(case)
            if total == 1:  # what no lot could be judged by is told on the sheet itself
                verdicts += tuple(told for told in self.source.general() if told["layer"] in ("parcel", "building"))
            self._remember(case, verdicts)
            self.report.progress(0.6 * done / total, "zoning.report.step_judge", done=done, total=total)
        if total == 1:
            self.others = tuple(told for told in self.others if told["feature_uid"] is not None)
        else:
            known = {told["rule"] for told in self.others if told["feature_uid"] is None}
            self.others += tuple(told for told in self.source.general() if told["rule"] not in known)

    def _remember(self, case: LotCase, verdicts: Sequence[Verdict]) -> None:
        kept = self._judged
        counts = Counter(told["outcome"] for told in verdicts)
        kept.outcomes.update(counts)
        for told in verdicts:
            kept.by_rule.setdefault(told["rule"], Counter())[told["outcome"]] += 1
            if told["outcome"] in ("pass", "fail"):
                kept.statuses[told["rule_status"]] += 1
        broken = tuple(dict.fromkeys(told["rule"] for told in verdicts if told["outcome"] == "fail"))
        kept.lots.append((lot_name(case.record, self.language), case.shape, counts, broken))
        kept.packed.append(_pack(verdicts))

    def frame(self) -> Frame:
        """Head and foot of all pages, once judged."""
        language, made_from = self.language, self.provenance
        title = say("title" if len(self.uids) == 1 and not self.others else "title_area", language)
        told = [
            self.rules[rule]
            for rule, counts in self._judged.by_rule.items()
            if rule in self.rules and (counts["pass"] or counts["fail"])
        ]
        system = system_name(self.source.crs, language)
        return Frame(
            title=title,
            running=say("running", language, title=title),
            footer=(
                say("footer_packs", language, packs=editions(told, language)),
                say("footer_data", language, data=made_from.data, modified=made_from.modified, system=system),
                say("footer_run", language, on=self.judging.on, run=made_from.run or say("run_none", language)),
            ),
            page=say("page", language),
            language=language,
            banner=say("banner", language) if made_from.simulated else "",
        )

    def sections(self) -> Iterator[Section]:
        """The summary, where there are several lots, then the sheet of each."""
        if len(self.uids) != 1:
            yield self._summary()
        total, by_what = len(self.uids), tuple(self._by_what())
        for done, (uid, packed) in enumerate(zip(self.uids, self._judged.packed, strict=True), start=1):
            case = replace(self.source.place(uid), verdicts=_unpack(packed))
            yield lot_section(case, self.rules, by_what, self.language)
            self.report.progress(0.6 + 0.4 * done / total, "zoning.report.step_write", done=done, total=total)
        if self.others:
            title = say("part_others", self.language)
            cards = (card(told, self.rules, self.language) for told in self.others)
            yield Section(title, (Heading(title, 1), *cards))

    def _by_what(self) -> Iterable[tuple[str, str]]:
        language, states = self.language, self.judging.states
        domains = catalogue.domains()
        yield say("judged_on", language), say("day", language, day=self.judging.on)
        for name, state in (("plan_state", states.plan), ("area_state", states.area)):
            yield say(name, language), domains[name].values[state][language] if state else say("by_zone", language)
        yield say("run", language), self.provenance.run or say("run_none", language)

    def _summary(self) -> Section:
        kept, language = self._judged, self.language
        failing = sum(1 for _, _, counts, _ in kept.lots if counts.get("fail"))
        title = say("title_area", language)
        about = say("area_about", language, lots=len(kept.lots), failing=failing)
        blocks: list[Block] = [
            Heading(title, 1),
            Paragraph(about, "lead"),
            chips(kept.outcomes, language),
            Facts(tuple(self._by_what()), columns=2),
            *self._overview(),
            Heading(say("part_rules", language)),
            self._rule_table(),
            Heading(say("part_lots", language)),
            self._lot_table(),
            *reservations(kept.statuses, language),
            signatures(language),
        ]
        return Section(title, tuple(blocks))

    def _overview(self) -> list[Block]:
        colours = catalogue.domains()["outcome"].colours
        seen = [
            (shape, next((colours[outcome] for outcome in ORDER if counts.get(outcome)), colours["not_applicable"]))
            for _, shape, counts, _ in self._judged.lots
            if shape is not None and not shapely.is_empty(shape) and shapely.is_valid(shape)
        ]
        if not seen:
            return []
        shapes, tones = zip(*seen, strict=True)
        box = shapely.total_bounds(shapely.GeometryCollection(list(shapes)))
        if max(box[2] - box[0], box[3] - box[1]) > _FARTHEST_M:
            return []
        drawing = overview(shapes, tones, self.source.streets(shapes), self.language)
        scale = view_of(box, WIDTH, HEIGHT, margin=OVERVIEW_MARGIN).scale
        return [Picture(drawing, say("overview_caption", self.language, scale=number(scale, self.language)))]

    def _rule_table(self) -> Table:
        language, kept = self.language, self._judged
        words = catalogue.domains()["outcome"].values
        head = (
            say("head_rule", language),
            *(words[outcome][language] for outcome in ORDER),
            say("head_source", language),
        )
        rows = []
        for rule_id, counts in kept.by_rule.items():
            rule = self.rules.get(rule_id)
            title, source = (rule.title[language], rule.source.citation) if rule else (rule_id, "")
            rows.append((title, *(number(counts.get(outcome, 0), language) for outcome in ORDER), source))
        return Table(head, tuple(rows), (3.2, 0.9, 1.0, 0.9, 0.9, 2.4), "lrrrrl")

    def _lot_table(self) -> Table:
        language = self.language
        words = catalogue.domains()["outcome"].values
        head = (
            say("head_lot", language), words["fail"][language], words["not_checkable"][language],
            say("head_breaches", language),
        )  # fmt: skip
        rows = tuple(
            (
                name, number(counts.get("fail", 0), language), number(counts.get("not_checkable", 0), language),
                "; ".join(self.rules[rule].title[language] for rule in broken if rule in self.rules) or "–",
            )
            for name, _, counts, broken in self._judged.lots
        )  # fmt: skip
        return Table(head, rows, (3.2, 0.8, 0.9, 4.4), "lrrl")


def editions(rules: Iterable[Rule], language: str) -> str:
    """``qcvn-01/2021, plan/zone``: the packs that the rules come from; a province's own are named as such."""
    names = []
    for rule in rules:
        shipped = rule.path.is_relative_to(packs.RULES)
        names.append(rule.path.parent.relative_to(packs.RULES).as_posix() if shipped else say("own_rules", language))
    return ", ".join(sorted(set(names))) or "–"


def _pack(verdicts: Sequence[Mapping[str, Any]]) -> bytes:
    told = [{**one, "geometry": one["geometry"] and shapely.to_wkb(one["geometry"], hex=True)} for one in verdicts]
    return zlib.compress(json.dumps(told, ensure_ascii=False).encode("utf-8"))


def _unpack(packed: bytes) -> tuple[Mapping[str, Any], ...]:
    told = json.loads(zlib.decompress(packed))
    return tuple({**one, "geometry": one["geometry"] and shapely.from_wkb(one["geometry"])} for one in told)

"""Public planning information of a lot or a point: as PDF, HTML or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ...layers.errors import InputError, UsageError
from ...layers.report import Report
from ...processing.documents.blocks import Frame
from ...processing.zoning.land import inputs
from ...processing.zoning.rulebook import packs
from ...processing.zoning.sheets.lot_case import FewLots, lots_under
from ...processing.zoning.sheets.lot_sheet import say as say_report
from ...processing.zoning.sheets.lot_sheet import system_name
from ...processing.zoning.sheets.plan_info import at_point, information
from ...processing.zoning.sheets.plan_sheet import plan_section, say
from ...processing.zoning.sheets.report import editions
from ...processing.zoning.verdicts.explain import Judging
from ...store import dataset
from ...store.whole import made_whole
from .zoning_report import day_of, format_of, write_document

_FORMATS = ("pdf", "html", "json")


def plan_info(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What is allowed at the place, told and, where a file is named, written; nothing personal is read."""
    data, language = Path(parameters["data"]), parameters["language"]
    out = Path(parameters["out"]) if parameters["out"] else None
    kind = format_of(out, parameters["format"], _FORMATS) if out is not None else ""
    if parameters["uid"] and (parameters["x"] is not None or parameters["y"] is not None):
        raise UsageError("zoning.plan_info.one_of_two")
    report.progress(0.0, "zoning.step_read")
    rules, matrix = packs.load(dataset.beside(data) / "rules")
    judging = Judging(rules, inputs.judged_on(data, parameters["date"]), matrix)
    source = FewLots(data, judging)
    if parameters["uid"]:
        lots = lots_under(data, [parameters["uid"]])
        if not lots:
            raise InputError("zoning.plan_info.off_lot", uid=parameters["uid"][:60])
        case = source.place(lots[0])
        told = information(data, case, judging)
    elif parameters["x"] is not None and parameters["y"] is not None:
        system = parameters["crs"] or source.crs
        case, told = at_point(data, parameters["x"], parameters["y"], system, judging, source)
    else:
        raise UsageError("zoning.plan_info.no_place")
    report.progress(0.7)
    if out is not None and kind == "json":
        with made_whole(out) as temporary:
            temporary.write_text(
                json.dumps(told, ensure_ascii=False, allow_nan=False, indent=2) + "\n", encoding="utf-8", newline="\n"
            )
    elif out is not None:
        section = plan_section(told, case, language)
        write_document(out, kind, _frame(data, judging, told, language), [section])
    report.progress(1.0)
    return {"out": str(out) if out is not None else None, "information": told}


def _frame(data: Path, judging: Judging, told: Mapping[str, Any], language: str) -> Frame:
    simulated = bool(dataset.meta(data).get("simulated"))
    used = {case["rule"] for quota in told["quotas"] for case in quota["cases"]}
    used |= {case["rule"] for street in told["streets"] for case in street["setback"]}
    chosen = [rule for rule in judging.rules if rule.id in used]
    system = system_name(told["crs"], language)
    return Frame(
        title=say("title", language),
        running=say_report("running", language, title=say("title", language)),
        footer=(
            say_report("footer_packs", language, packs=editions(chosen, language)),
            say_report("footer_data", language, data=data.name, modified=day_of(data), system=system),
            say("footer_day", language, day=date.fromisoformat(told["judged_on"])),
        ),
        page=say_report("page", language),
        language=language,
        banner=say_report("banner", language) if simulated else "",
    )

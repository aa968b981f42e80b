"""What people do with a case: its state, who looks after it, the decision, notes; cases merged and split.

Everything is an event with who, when and why. What is rejected, or merged into another, is withdrawn: its
``withdrawn_at`` tells the publishing to take back what it sent (``store.cases.to_withdraw``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from ....layers.errors import InputError
from ....store import case_changes, cases
from ....store.case_changes import Changes
from .places import described
from .provenance import licences_of

# From each state to those that may follow.
TRANSITIONS: Mapping[str, tuple[str, ...]] = {
    "new": ("in_field", "confirmed", "rejected"),
    "in_field": ("confirmed", "rejected", "new"),
    "confirmed": ("closed", "in_field", "rejected"),
    "rejected": ("new", "in_field"),
    "closed": ("in_field",),
}
# States that must be explained: somebody will ask.
_WHY = ("rejected", "closed")
LONGEST = 1_000


def change(
    data: Path,
    word: str,
    *,
    status: str | None = None,
    assignee: str | None = None,
    decision_no: str | None = None,
    note: str = "",
    author: str = "",
) -> dict[str, Any]:
    """Change what is given of the case ``word`` (code or uid), each as an event, and return the case as it is then.

    Raises :class:`InputError` for an unknown case, a state that cannot follow, a rejection without reason, a text that
    is too long, and where nothing was given.
    """
    for text in (assignee, decision_no, note):
        if text is not None and (len(text) > LONGEST or not text.replace("\n", " ").isprintable()):
            raise InputError("case.text_wrong", most=LONGEST)
    if status is None and assignee is None and decision_no is None and not note.strip():
        raise InputError("case.nothing_given")
    with case_changes.changing(data) as changes:
        case = living(changes, word)
        uid, was = case["uid"], case["status"]
        text = note.strip() or None
        if status is not None:
            _follow(changes, case, status, text, author)
            text = None  # the reason belongs to the state
        for column, value, kind in (("assignee", assignee, "assigned"), ("decision_no", decision_no, "decision")):
            if value is not None:
                changes.update("case", uid, **{column: value.strip() or None})
                changes.event(uid, kind, author=author, status=status or was, text=value.strip() or None)
        if text:
            changes.event(uid, "note", author=author, status=status or was, text=text)
    return cases.find(data, uid)


def _follow(changes: Changes, case: Mapping[str, Any], status: str, why: str | None, author: str) -> None:
    was, uid = case["status"], case["uid"]
    if status not in TRANSITIONS.get(was, ()):
        raise InputError("case.state_wrong", case=case["code"], was=was, to=status, allowed=list(TRANSITIONS[was]))
    if status in _WHY and not why:
        raise InputError("case.why_missing", case=case["code"], to=status)
    withdrawn = status == "rejected"
    changes.update("case", uid, status=status, withdrawn_at=changes.now if withdrawn else None)
    changes.event(
        uid, "status", author=author, status=status, text=why, facts={"from": was}, area_m2=float(case["area_m2"])
    )
    if withdrawn:
        changes.event(uid, "withdrawn", author=author, status=status)


def living(changes: Changes, word: str) -> dict[str, Any]:
    """The case, unless it was merged: then the one that took it over is to be asked. Raises :class:`InputError`."""
    case = changes.find(word)
    if isinstance(case["merged_into"], str):
        raise InputError("case.merged", case=case["code"], into=changes.find(case["merged_into"])["code"])
    return case


def merge(
    data: Path, into: str, others: Sequence[str], *, note: str = "", author: str = "", tolerance_m: float = 10.0
) -> dict[str, Any]:
    """Give the sightings and evidence of ``others`` to the case ``into``; they are closed, kept, and withdrawn.

    Raises :class:`InputError` for an unknown or merged case and for a case merged into itself.
    """
    with case_changes.changing(data) as changes:
        target = living(changes, into)
        gone = {case["uid"]: case for case in (living(changes, word) for word in others)}
        if target["uid"] in gone or not gone:
            raise InputError("case.merge_self", case=target["code"])
        sightings = changes.rows("case_sighting")
        whole = sightings[sightings["case"].isin([target["uid"], *gone])]
        number = changes.event(
            target["uid"], "merged", author=author, status=target["status"], text=note.strip() or None,
            facts={"cases": [case["code"] for case in gone.values()]},
        )  # fmt: skip
        for layer_id in ("case_sighting", "case_evidence"):
            rows = changes.rows(layer_id)
            for uid in rows[rows["case"].isin(list(gone))]["uid"]:
                moved = {"event": number} if layer_id == "case_sighting" else {}
                changes.update(layer_id, uid, case=target["uid"], **moved)
        for uid in gone:
            changes.event(uid, "merged_into", author=author, status="closed", facts={"case": target["code"]})
            changes.update("case", uid, status="closed", merged_into=target["uid"], withdrawn_at=changes.now)
        simulated = bool(target["simulated"]) or any(bool(case["simulated"]) for case in gone.values())
        changes.update("case", target["uid"], simulated=simulated, **_described(data, changes, whole, tolerance_m))
    return cases.find(data, target["uid"])


def split(
    data: Path, word: str, alerts: Sequence[str], *, note: str = "", author: str = "", tolerance_m: float = 10.0
) -> dict[str, Any]:
    """Take the sightings of ``alerts`` (codes or uids) out of a case into a new one, which is returned.

    The new case has the state of the old one. Raises :class:`InputError` for an unknown case or alert, and where
    nothing would be left or taken.
    """
    with case_changes.changing(data) as changes:
        old = living(changes, word)
        rows = cases.belonging(changes.rows("case_sighting"), old["uid"])
        wanted = rows["code"].isin(alerts) | rows["alert"].isin(alerts) | rows["uid"].isin(alerts)
        unknown = set(alerts) - set(rows["code"]) - set(rows["alert"]) - set(rows["uid"])
        if unknown or not wanted.any() or wanted.all():
            raise InputError("case.split_wrong", case=old["code"], known=sorted(str(code) for code in rows["code"]))
        code = changes.next_code(changes.now.year)
        columns = _described(data, changes, rows[wanted], tolerance_m)
        new = changes.insert(
            "case", code=code, status=old["status"], raised_at=changes.now, updated_at=changes.now, revision=0,
            simulated=bool(old["simulated"]),
            withdrawn_at=changes.now if old["status"] == "rejected" else None, **columns,
        )  # fmt: skip
        number = changes.event(
            new, "split_from", author=author, status=old["status"], text=note.strip() or None,
            facts={"case": old["code"]}, area_m2=columns["area_m2"],
        )  # fmt: skip
        changes.event(old["uid"], "split", author=author, status=old["status"], facts={"case": code})
        for uid in rows[wanted]["uid"]:
            changes.update("case_sighting", uid, case=new, event=number)
        changes.update("case", old["uid"], **_described(data, changes, rows[~wanted], tolerance_m))
    return cases.find(data, new)


def _described(data: Path, changes: Changes, rows: pd.DataFrame, tolerance_m: float) -> dict[str, Any]:
    frame = gpd.GeoDataFrame(rows.reset_index(drop=True), geometry="geometry", crs=changes.crs)
    return described(frame, licences_of(data, None, changes.crs), tolerance_m)

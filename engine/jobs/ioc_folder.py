"""Publishing into a folder: its files are written whole, so what is proved is proved by their hashes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...ioc import editions, looks
from ...ioc import state as states
from ...ioc.forms import feature
from ...ioc.mapping import LayerMapping
from ...ioc.outgoing import Outgoing
from ...ioc.plan import LayerPlan, require_few_vanish
from ...ioc.plan import plan as planned
from ...ioc.preview import examples
from ...ioc.profile import Profile
from ...ioc.publication import ALERT, Publication, layers_to_publish
from ...ioc.records import Record
from ...ioc.targets import folder, published, signature
from ...ioc.targets.drop import MANIFEST, Drop, fingerprint, folder_target, problems
from ...ioc.web import Credentials, credentials_in
from ...layers.report import Report
from .ioc_source import NO_PROVINCE, read_publication, seven, state_path, tell_ahead, words


def publish(
    data: Path, profile: Profile, parameters: Mapping[str, Any], report: Report, *, anew: bool = False
) -> dict[str, Any]:
    """Layers and alerts into the folder; ``anew`` forgets what it was known to hold."""
    drop, signer = folder_target(profile.address), _signer(profile, parameters)
    with _sides(data, profile, parameters, drop, tuple(parameters.get("formats") or _formats(drop))) as sides:
        publication, source, state = sides
        if publication.province == NO_PROVINCE:
            report.message("ioc.province_missing", level="warning")
        if anew or not (drop.folder / MANIFEST).is_file():
            state.forget()
        plans = planned(source, state)
        vanish, over = bool(parameters.get("allow_vanish")), bool(parameters.get("write_over"))
        now = looks.looks(data, source.chosen)
        if not vanish:
            require_few_vanish(plans)
            looks.require_columns(now, source.chosen, state)
        looks.tell_systems(data, now, state, report)
        tell_ahead(source.issued, report)

        def agreed(made: folder.Folder, new: Path) -> None:
            if not (made.unchanged or anew or over):
                editions.require_ours(drop, state)
            if not vanish:
                editions.require_few_lost(plans, made, drop.holds)
            editions.about_to(drop, state, fingerprint(new / MANIFEST)[1])

        there = folder.publish(publication, source, source.chosen, drop, state.ever(ALERT), report, agreed, signer)
        counts = Counter[str]()
        for one in plans:
            faulty = there.faulty.get(one.layer, frozenset())
            counts.update(_learnt(one, there.uids.get(one.layer), faulty, state))
        looks.remember(now, state)
    return _told(drop, there, counts, report)


def plan(data: Path, profile: Profile, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What publishing would do; nothing is written."""
    drop = folder_target(profile.address)
    with (
        _sides(data, profile, parameters, drop, _formats(drop)) as (_, source, state),
        nullcontext(state) if (drop.folder / MANIFEST).is_file() else states.nothing_known() as known,
    ):
        plans = planned(source, known)
        if not editions.is_ours(drop, state):
            report.message("ioc.folder_other", level="warning", folder=str(drop.folder))
        mappings, counts = {of.layer.id: of for of in source.chosen}, Counter[str]()
        if any(one.updated or one.deleted for one in plans) and not set(_formats(drop)) & set(published.READABLE):
            report.message("ioc.before_unknown", level="warning")
        for one in plans:
            counts.update(created=len(one.created), updated=len(one.updated), unproved=len(one.unsure))
            counts.update(deleted=len(one.deleted), unchanged=one.unchanged)
        return {
            **seven(counts),
            "layers": {
                one.layer: {"created": len(one.created), "updated": len(one.updated), "deleted": len(one.deleted)}
                for one in plans
            },
            "examples": list(examples(plans, source, known, lambda records: _there(drop, mappings, records))),
            "leaving": {of.layer.id: list(of.fields) for of in source.chosen},
        }


def _there(drop: Drop, mappings: Mapping[str, LayerMapping], records: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What the folder holds of some records; nothing of a layer that it no longer gets."""
    found: dict[str, str] = {}
    for layer in dict.fromkeys(layer for layer, _ in records if layer in mappings):
        uids = [key.partition("/")[2] for of, key in records if of == layer]
        found |= published.read(drop.folder, mappings[layer], uids)
    return found


def verify(data: Path, profile: Profile, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Hash every file again and compare the data with what was published; nothing is changed."""
    told = plan(data, profile, parameters, report)
    spoilt = problems(folder_target(profile.address).folder)
    if spoilt:  # nobody can say which features a changed file still holds
        told = {**told, "unproved": told["unchanged"], "unchanged": 0}
    different = sum(told[name] for name in ("created", "updated", "deleted", "unproved"))
    report.message(
        "ioc.differs" if different or spoilt else "ioc.proved",
        level="warning" if different or spoilt else "info",
        target=profile.address,
        same=told["unchanged"],
        count=different,
    )
    return {
        **seven(told),
        "differences": [{"layer": "", "uid": "", "key": path, "what": "file"} for path in spoilt],
        "signature": _signature(profile, report),
    }


def _signer(profile: Profile, parameters: Mapping[str, Any]) -> signature.Signer | None:
    """Who signs, opened before anything is written; the password of its key is that of the target's secret."""
    if not profile.sign:
        return None
    secret = parameters.get("secret")
    credentials = Credentials(**secret) if secret else credentials_in(Path(profile.secret)) if profile.secret else None
    return signature.signer_in(Path(profile.sign), credentials.password if credentials else None)


def _signature(profile: Profile, report: Report) -> str:
    """Whether the manifest is signed: said, and told as absent, good or bad."""
    found = signature.check(folder_target(profile.address).folder, profile.authority)
    missed = found.state == signature.ABSENT and bool(profile.sign)
    if found.state != signature.ABSENT or missed:
        code = f"ioc.signature.{found.state}"
        level = "info" if found.state == signature.GOOD else "warning"
        report.message(code, level=level, target=profile.address, signer=found.signer or "?")
    return found.state


@contextmanager
def _sides(
    data: Path, profile: Profile, parameters: Mapping[str, Any], drop: Drop, formats: tuple[str, ...]
) -> Iterator[tuple[Publication, Outgoing, states.State]]:
    publication = read_publication(data, parameters["runs"], formats)
    chosen = [profile.scoped(of) for of in layers_to_publish(publication, parameters["layers"] or profile.layers)]
    source = Outgoing(data, publication, chosen, feature.form, profile.wards)
    with states.opened(state_path(data, profile), f"file:{drop.folder}") as state:
        yield publication, source, state


def _formats(drop: Drop) -> tuple[str, ...]:
    """The forms that the folder holds now; the usual ones where it holds none."""
    found = folder.forms_in(drop.folder)
    return found or ("gpkg", "geojson", "ngsi")


def _learnt(
    one: LayerPlan, holds: pa.ChunkedArray | None, faulty: frozenset[str], state: states.State
) -> dict[str, int]:
    """Keep what the folder holds now; returns the counts of a layer. ``faulty`` are looked at in every publication."""
    sent = one.to_send
    there = np.zeros(len(sent), dtype=bool)
    if holds is not None:
        there = pc.is_in(pa.array(sent, pa.string()), value_set=holds).to_numpy(zero_copy_only=False)
    state.holds(one.layer, [uid for uid, is_there in zip(sent, there, strict=True) if is_there], one.sources)
    stayed = [uid for uid, is_there in zip(sent, there, strict=True) if not is_there]
    gone = state.records(one.layer, (*one.deleted, *stayed))
    state.removed([record for record in gone.values() if record.key])
    state.stays(one.layer, {uid: one.sources[uid] for uid in stayed if uid not in faulty})
    failed = [Record(one.layer, uid, "", f"{one.layer}/{uid}", "") for uid in stayed if uid in faulty]
    state.missed([(record, states.FAILED, json.dumps({"code": "ioc.cannot_leave"})) for record in failed])
    state.agree(one.layer, one.now)
    created = int(there[: len(one.created)].sum())  # they are the first of what is sent
    withdrawn = sum(record.mark == states.PROVED for record in gone.values())
    return {
        "created": created, "updated": int(there.sum()) - created, "deleted": withdrawn, "unchanged": one.unchanged,
        "failed": len(failed) + one.nameless,
    }  # fmt: skip


def _told(drop: Drop, there: folder.Folder, counts: Mapping[str, int], report: Report) -> dict[str, Any]:
    manifest = there.manifest
    for left in manifest["left_out"]:
        report.message(f"ioc.left_out.{left['reason']}", level="warning", **words(left))
    features = {layer["id"]: layer["features"] for layer in manifest["layers"]}
    entities: Counter[str] = Counter()
    for part in manifest["entities"]:
        entities[part["type"]] += part["count"]
    report.message(
        "ioc.unchanged" if there.unchanged else "ioc.published",
        folder=str(drop.folder),
        features=sum(features.values()),
        entities=entities.total(),
    )
    return {
        "folder": str(drop.folder),
        "manifest": str(drop.folder / MANIFEST),
        "counts": {
            "features": features, "entities": dict(entities), "files": len(manifest["files"]), **seven(counts),
        },
        "left_out": manifest["left_out"],
        "same": there.unchanged,
        **seven(counts),
    }  # fmt: skip

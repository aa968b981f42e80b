"""Publishing to the operations centre."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from ...ioc import profile as profiles
from ...ioc import state as states
from ...ioc import sync
from ...ioc.drop import MANIFEST, folder_target
from ...ioc.manifest import as_json
from ...ioc.outgoing import Outgoing
from ...ioc.plan import LayerPlan
from ...ioc.plan import plan as planned
from ...ioc.profile import Profile
from ...ioc.publish import ALERT, Publication, Read, Source, layers_to_publish
from ...ioc.publish import publish as publish_into
from ...ioc.targets.opening import FILE, Reach, reached
from ...layers.errors import InputError
from ...layers.report import Report
from ...store import dataset, geopackage, runs
from ...store.coordinates import code_of

# A data set that does not say its province: its entities need a name space all the same.
NO_PROVINCE = "vn"
EXAMPLES = 10  # features shown before and after
DIFFERENCES = 1_000  # records named by a proof; the counts are always whole


def publish(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Layers and alerts to a target: a folder, or a service that answers."""
    data = Path(parameters["data"])
    profile = _profile(data, parameters)
    if profile.scheme == FILE:
        return _into_folder(data, profile, parameters, report)
    with _sides(data, profile, parameters, report) as (reach, source, state):
        result = sync.publish(
            source,
            reach.target,
            state,
            tuple(parameters["layers"] or ()),
            vanish=bool(parameters["allow_vanish"]),
            over=bool(parameters["write_over"]),
            report=report,
        )
        return _told(result, reach, report)


def plan(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What publishing would do, with examples before and after, and what leaves the house; nothing is sent."""
    data = Path(parameters["data"])
    with _sides(data, _profile(data, parameters), parameters, report) as (reach, source, state):
        plans = planned(source, state, tuple(parameters["layers"] or ()))
        counts = Counter[str]()
        for one in plans:
            counts.update(created=len(one.created), updated=len(one.updated), deleted=len(one.deleted))
            counts.update(unproved=len(one.unsure), unchanged=one.unchanged)
        return {
            **_seven(counts),
            "layers": {
                one.layer: {"created": len(one.created), "updated": len(one.updated), "deleted": len(one.deleted)}
                for one in plans
            },
            "examples": list(_examples(plans, source, reach)),
            "leaving": {of.layer.id: list(of.fields) for of in reach.chosen},
        }


def verify(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Read everything back and compare; nothing is changed."""
    data = Path(parameters["data"])
    with _sides(data, _profile(data, parameters), parameters, report) as (reach, source, _):
        proof = sync.verify(source, reach.target, tuple(parameters["layers"] or ()), report)
    different = sum(proof.counts[name] for name in ("created", "updated", "deleted"))
    report.message(
        "ioc.proved" if not different else "ioc.differs",
        level="info" if not different else "warning",
        target=reach.target.identity,
        same=proof.counts["unchanged"],
        count=different,
    )
    return {**_seven(proof.counts), "differences": proof.differences[:DIFFERENCES]}


def repair(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Make the state again from the target and bring both sides together."""
    data = Path(parameters["data"])
    profile = _profile(data, parameters)
    states.set_aside(_state_path(data, profile))
    with _sides(data, profile, parameters, report) as (reach, source, state):
        result = sync.repair(
            source,
            reach.target,
            state,
            tuple(parameters["layers"] or ()),
            over=bool(parameters["write_over"]),
            vanish=bool(parameters["allow_vanish"]),
            report=report,
        )
        return _told(result, reach, report)


def status(parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What is known of one target or of all, without asking them: counts, last proof, what the centre said."""
    data = Path(parameters["data"])
    known = profiles.profiles(data)
    wanted = [_profile(data, parameters)] if parameters["target"] else list(known.values())
    found, total = [], Counter[str]()
    for profile in wanted:
        path = _state_path(data, profile)
        if not path.is_file():
            found.append({"name": profile.name, "address": profile.address, "counts": _seven({}), "published": False})
            continue
        told = states.summary(path)
        total.update(told["counts"])
        found.append({"name": profile.name, "address": profile.address, "published": True, **told})
    return {**_seven(total), "targets": found}


def _profile(data: Path, parameters: Mapping[str, Any]) -> Profile:
    found = profiles.find(data, parameters["target"])
    given = {name: parameters.get(name) for name in ("context", "authority")}
    given["secret"] = parameters.get("secret_file")
    return replace(found, **{name: value for name, value in given.items() if value})


def _state_path(data: Path, profile: Profile) -> Path:
    return dataset.beside(data) / "ioc" / f"{profile.name}.sqlite"


@contextmanager
def _sides(
    data: Path, profile: Profile, parameters: Mapping[str, Any], report: Report
) -> Iterator[tuple[Reach, Outgoing, states.State]]:
    """Both sides and the memory between them."""
    publication = read_publication(data, parameters["runs"], ("ngsi",))
    if publication.province == NO_PROVINCE:
        report.message("ioc.province_missing", level="warning")
    wanted = parameters["layers"] or profile.layers
    chosen = [profile.scoped(of) for of in layers_to_publish(publication, wanted)]
    systems = {of.layer.id: _system(data, publication, of.layer.id) for of in chosen}
    with reached(profile, publication, chosen, systems, parameters.get("secret")) as reach:
        source = Outgoing(data, publication, reach.chosen, reach.form, profile.wards)
        with states.opened(_state_path(data, profile), reach.target.identity) as state:
            yield reach, source, state


def _system(data: Path, publication: Publication, layer: str) -> str:
    """The coordinate system of a layer; alerts have that of their runs."""
    if layer == ALERT and publication.runs:
        return code_of(publication.runs[0].read(ALERT, ["uid"]).crs)
    return dataset.crs_of(data, layer)


def _told(result: sync.Result, reach: Reach, report: Report) -> dict[str, Any]:
    left = [as_json(one) for one in result.left_out]
    for one in left:
        report.message(f"ioc.left_out.{one['reason']}", level="warning", **words(one))
    counts = result.counts
    bad = counts["unproved"] + counts["failed"] + counts["conflicts"]
    report.message(
        "ioc.sent" if not bad else "ioc.sent_in_part",
        level="info" if not bad else "warning",
        target=reach.target.identity,
        sent=counts["created"] + counts["updated"] + counts["deleted"],
        **counts,
    )
    return {
        "folder": None,
        "manifest": None,
        "counts": {**counts, "layers": {layer: dict(of) for layer, of in result.layers.items()}},
        "left_out": left,
        "same": not any(counts[name] for name in sync.OUTCOMES if name != "unchanged"),
        **_seven(counts),
    }


def _examples(plans: Sequence[LayerPlan], source: Outgoing, reach: Reach) -> Iterator[dict[str, Any]]:
    """The first features of each kind of change, as they are there and as they will be."""
    left = EXAMPLES
    for one in plans:
        uids = (*one.updated, *one.created)[:left]
        records = source.records(one.layer, uids, frozenset(uids)).records if uids else []
        there = reach.target.read([(record.layer, record.key) for record in records])
        for record in records[:left]:
            before = there.get(record.key)
            yield {
                "layer": record.layer,
                "uid": record.uid,
                "before": None if before is None else json.loads(before),
                "after": json.loads(record.body),
            }
        left -= min(left, len(records))


def _seven(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: int(counts.get(name, 0)) for name in sync.OUTCOMES}


def _into_folder(data: Path, profile: Profile, parameters: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Layers and alerts into the target folder."""
    drop = folder_target(profile.address)
    publication = read_publication(data, parameters["runs"], tuple(parameters["formats"]))
    if publication.province == NO_PROVINCE:
        report.message("ioc.province_missing", level="warning")
    manifest = publish_into(publication, parameters["layers"], drop, report)
    for left in manifest["left_out"]:
        report.message(f"ioc.left_out.{left['reason']}", level="warning", **words(left))
    features = {layer["id"]: layer["features"] for layer in manifest["layers"]}
    entities: Counter[str] = Counter()
    for part in manifest["entities"]:
        entities[part["type"]] += part["count"]
    report.message(
        "ioc.unchanged" if manifest["unchanged"] else "ioc.published",
        folder=str(drop.folder),
        features=sum(features.values()),
        entities=entities.total(),
    )
    return {
        "folder": str(drop.folder),
        "manifest": str(drop.folder / MANIFEST),
        "counts": {"features": features, "entities": dict(entities), "files": len(manifest["files"])},
        "left_out": manifest["left_out"],
        "same": manifest["unchanged"],
        **_seven({}),
    }


def words(left: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of the sentence for one reason: layer, type and attribute, count, the first features."""
    return {
        "layer": left["layer"],
        "where": ".".join(left[key] for key in ("type", "attribute") if key in left),
        "count": left["count"],
        "uids": list(left["uids"][:3]),
    }


def read_publication(data: Path, wanted_runs: Sequence[str] | None, formats: tuple[str, ...]) -> Publication:
    """What can be published of a data set: its layers, and the runs named or the newest that detected changes."""
    present = dataset.layers_in(data)
    notes = dataset.meta(data)
    own = dataset.beside(data) / "ngsi"
    return Publication(
        province=str(notes.get("province") or NO_PROVINCE),
        data_date=data_date(data, notes),
        data=Source(present, reader(data), bool(notes.get("simulated"))),
        runs=tuple(run_source(path) for path in run_paths(data, wanted_runs)),
        formats=formats,
        own=own if own.is_dir() else None,
        extra=dataset.own_catalogue(data),
    )


def data_date(data: Path, notes: Mapping[str, Any]) -> str:
    """The instant the data describe: the date they are judged on, else the last change that the file remembers."""
    if notes.get("judged_on"):
        return f"{str(notes['judged_on'])[:10]}T00:00:00.000Z"
    with geopackage.reading(data) as database:
        last = database.execute("SELECT max(last_change) FROM gpkg_contents").fetchone()[0]
    moment = datetime.fromisoformat(str(last).replace("Z", "+00:00"))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def reader(path: Path) -> Read:
    """Reads ``uid`` and columns of a layer; a declared column that the file lacks comes as null."""

    def read(layer_id: str, columns: Sequence[str]) -> gpd.GeoDataFrame:
        there = dataset.fields_in(path, layer_id)
        frame = dataset.read(path, layer_id, [name for name in columns if name in there])
        return frame.assign(**{name: None for name in columns if name not in there})

    return read


def run_paths(data: Path, wanted: Sequence[str] | None) -> list[Path]:
    """GeoPackages of the runs named (a path, or the name of a run beside the data), or the newest detection."""
    if not wanted:
        newest = runs.newest(data, "change.detect")
        return [newest] if newest else []
    beside = {path.stem: path for path in runs.runs(data)}
    found = []
    for name in wanted:
        path = Path(name) if Path(name).is_file() else beside.get(Path(name).name.removesuffix(".gpkg"))
        if path is None:
            raise InputError("ioc.run_missing", run=name, known=sorted(beside)[:10])
        found.append(path)
    return sorted(set(found), key=lambda path: path.name)


def run_source(path: Path) -> Source:
    """A run as a source of alerts."""
    row = runs.row(path)
    finished = pd.Timestamp(row["finished_at"])
    if finished.tzinfo is not None:
        finished = finished.tz_convert("UTC")
    return Source(
        dataset.layers_in(path), reader(path), bool(row["simulated"]), finished.strftime("%Y-%m-%dT%H:%M:%SZ")
    )

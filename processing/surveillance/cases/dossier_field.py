"""The part of a dossier that people brought: photos with position, reports, documents, and the history of the case."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely
from PIL import Image, ImageOps

from ....store import cases
from ...documents.blocks import Block, Heading, Paragraph, Picture, Table
from ...documents.drawing import Drawing, Raster
from .dossier_facts import CaseFile, Facts
from .dossier_words import day_of, hectares, moment, place, say, word

_PHOTO_PIXELS = 1_100  # the longer side of a printed photo
_PHOTO_WIDTH = 84.0  # mm


def evidence(one: CaseFile, facts: Facts, language: str) -> Iterator[Block]:
    """Photos with what is known of them, reports, documents."""
    yield Heading(say("evidence", language))
    if one.evidence.empty:
        yield Paragraph(say("evidence_none", language))
        return
    for _, row in one.evidence.iterrows():
        words = _evidence_words(row, one, language)
        photo = _photo(facts, row)
        if photo is not None:
            yield Picture(photo, words)
        else:
            yield Paragraph(words)


def _photo(facts: Facts, row: pd.Series) -> Drawing | None:
    """The photo without its metadata, turned as it was held."""
    path = cases.path_of(facts.data).parent / str(row["file"])
    if row["kind"] != "photo" or not path.is_file():
        return None
    with Image.open(path) as opened:
        opened.draft("RGB", (_PHOTO_PIXELS, _PHOTO_PIXELS))
        image = ImageOps.exif_transpose(opened).convert("RGB")
        image.thumbnail((_PHOTO_PIXELS, _PHOTO_PIXELS))
        pixels = np.asarray(image)
    height = min(_PHOTO_WIDTH * pixels.shape[0] / pixels.shape[1], 110.0)
    width = height * pixels.shape[1] / pixels.shape[0]
    return Drawing(width, height, (Raster(0.0, 0.0, width, height, pixels, photo=True),), str(row["original_name"]))


def _evidence_words(row: pd.Series, one: CaseFile, language: str) -> str:
    parts = [word("evidence_kind", row["kind"], language)]
    if pd.notna(row["taken_at"]):
        parts.append(say("evidence_taken", language, at=moment(row["taken_at"], language)))
    if row["geometry"] is not None and not shapely.is_empty(row["geometry"]):
        longitude, latitude = place(row["geometry"], one.evidence.crs.to_string())
        metres = float(shapely.distance(row["geometry"], one.case["geometry"]))
        source = word("position_source", row["position_from"], language).lower()
        parts.append(
            say(
                "evidence_place",
                language,
                longitude=f"{longitude:.5f}",
                latitude=f"{latitude:.5f}",
                metres=round(metres),
                source=source,
            )
        )
    else:
        parts.append(say("evidence_no_place", language))
    if pd.notna(row["direction"]):
        parts.append(say("evidence_direction", language, degrees=round(float(row["direction"]))))
    if isinstance(row["note"], str):
        parts.append(row["note"])
    if isinstance(row["sha256"], str):
        parts.append(f"{row['original_name']} · SHA-256 {row['sha256']}")
    return ". ".join(parts) + "."


def history(one: CaseFile, language: str) -> Iterator[Block]:
    """All events, in order."""
    yield Heading(say("history", language))
    rows = []
    for _, event in one.events.iterrows():
        words = [str(event["text"])] if isinstance(event["text"], str) else []
        if event["kind"] == "status":
            words.insert(0, word("case_status", event["status"], language))
        if pd.notna(event["grown_m2"]) and event["kind"] in ("grew", "reopened"):
            words.append(say("grown_by", language, area=hectares(event["grown_m2"], language)))
        seen = one.sightings[one.sightings["event"] == event["number"]]["date_after"].dropna()
        if len(seen):
            words.insert(0, say("image_of", language, day=day_of(seen.max(), language)))
        facts = json.loads(event["facts"]) if isinstance(event["facts"], str) else {}
        linked = facts.get("cases") or ([facts["case"]] if "case" in facts else [])
        words += [str(code) for code in linked]
        rows.append((
            str(int(event["number"])), moment(event["at"], language),
            word("case_event_kind", event["kind"], language), ". ".join(words),
        ))  # fmt: skip
    yield Table(
        tuple(say(key, language) for key in ("head_number", "head_at", "head_event", "head_text")),
        tuple(rows), (0.4, 1.3, 1.5, 4), "rlll",
    )  # fmt: skip

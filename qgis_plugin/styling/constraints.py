"""Constraints of declared fields, each with the sentence that the user reads when it is broken."""

from __future__ import annotations

from qgis.core import QgsExpression, QgsFieldConstraints, QgsVectorLayer

from ...layers.messages import number, sentence
from ...layers.model import Field

_HARD = QgsFieldConstraints.ConstraintStrength.ConstraintStrengthHard


def condition(field: Field, language: str) -> tuple[str, str]:
    """A QGIS expression that holds for good values, and the sentences that say what good values are.

    Both are empty where the declaration asks for nothing.
    """
    column = QgsExpression.quotedColumnRef(field.id)
    name = field.name[language]
    parts: list[str] = []
    said: list[str] = []
    if field.required:
        parts.append(f"{column} IS NOT NULL")
        said.append(sentence("schema.constraint.required", language, field=name))
    if field.unique:
        said.append(sentence("schema.constraint.unique", language, field=name))
    if field.range is not None:
        low, high = field.range
        parts.append(f"({column} IS NULL OR ({column} >= {low!r} AND {column} <= {high!r}))")
        said.append(_range_sentence(field, language))
    if field.check is not None:
        if field.check.pattern:
            pattern = QgsExpression.quotedString(field.check.pattern)
            parts.append(f"({column} IS NULL OR regexp_match({column}, {pattern}))")
        if field.check.at_least:
            other = QgsExpression.quotedColumnRef(field.check.at_least)
            parts.append(f"({column} IS NULL OR {other} IS NULL OR {column} >= {other})")
        said.append(sentence(field.check.message, language, field=name))
    return " AND ".join(parts), " ".join(said)


def _range_sentence(field: Field, language: str) -> str:
    low, high = field.range or (0.0, 0.0)
    # a plain integer may be a year: no thousands separator
    plain = field.type == "integer" and not field.unit
    shown = (lambda value: str(int(value))) if plain else (lambda value: number(value, language))
    return sentence(
        "schema.constraint.range",
        language,
        field=field.name[language],
        minimum=shown(low),
        maximum=shown(high),
        unit=field.unit,
    ).replace(" .", ".")


def constrain(layer: QgsVectorLayer, index: int, field: Field, language: str) -> None:
    """Put the constraints of ``field`` on column ``index``."""
    kinds = QgsFieldConstraints.Constraint
    if field.required:
        layer.setFieldConstraint(index, kinds.ConstraintNotNull, _HARD)
    if field.unique:
        layer.setFieldConstraint(index, kinds.ConstraintUnique, _HARD)
    expression, said = condition(field, language)
    if said:
        layer.setConstraintExpression(index, expression or "true", said)
        layer.setFieldConstraint(index, kinds.ConstraintExpression, _HARD)

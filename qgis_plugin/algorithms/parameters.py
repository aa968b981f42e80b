"""A job's declared parameters as Processing asks for them. Ids are the contract's; words come from the messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import (
    Qgis,
    QgsProcessingParameterAuthConfig,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDateTime,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from ...engine.contract import Job, Parameter
from ...layers.messages import RESOURCES
from ..language import tr
from ..project_data import data_of_project, selected_uids

_SOURCE_TYPES = {
    "Point": Qgis.ProcessingSourceType.VectorPoint,
    "MultiLineString": Qgis.ProcessingSourceType.VectorLine,
    "MultiPolygon": Qgis.ProcessingSourceType.VectorPolygon,
}
_GEOPACKAGE = "GeoPackage (*.gpkg)"


def asked_here(job: Job) -> list[Parameter]:
    """The parameters that QGIS asks for: not those of a server without a screen."""
    return [p for p in job.parameters if not p.unattended]


def name_of(job: Job, parameter: Parameter) -> str:
    """What the parameter is called, with its unit."""
    words = tr(f"job.{job.id}.{parameter.id}.name")
    return f"{words} ({parameter.unit})" if parameter.unit and f"({parameter.unit})" not in words else words


def help_of(job: Job, parameter: Parameter) -> str:
    """What the parameter means."""
    return tr(f"job.{job.id}.{parameter.id}.help")


def choice_name(parameter: Parameter, value: str) -> str:
    """What a choice is called; the id itself is what scripts and the engine use."""
    return tr(f"plugin.choice.{parameter.id}.{value}")


def chooses_layers(job: Job, parameter: Parameter) -> bool:
    """Whether the parameter names layers of an existing data set, so that QGIS can offer those of the project."""
    return parameter.id == "layers" and parameter.kind == "texts" and any(p.kind == "dataset" for p in job.parameters)


def declared_ids() -> list[str]:
    """Ids of the declared layers by the names of their files: at start-up no declaration is read."""
    folder = RESOURCES.parent / "layers" / "catalogue"
    return sorted(path.stem for path in folder.glob("*.toml") if not path.stem.startswith("_"))


def definition(job: Job, parameter: Parameter) -> QgsProcessingParameterDefinition:
    """The Processing parameter for ``parameter`` of ``job``."""
    made = _secret(job, parameter) if parameter.secret else _MAKERS[parameter.kind](job, parameter)
    made.setHelp(help_of(job, parameter))
    flags = made.flags()
    if not parameter.required:
        flags |= Qgis.ProcessingParameterFlag.Optional
    if parameter.advanced:
        flags |= Qgis.ProcessingParameterFlag.Advanced
    made.setFlags(flags)
    return made


def _secret(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    """The id of a configuration in QGIS's authentication database: history, models and logs know no more than that."""
    return QgsProcessingParameterAuthConfig(p.id, name_of(job, p))


def _file(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    made = QgsProcessingParameterFile(p.id, name_of(job, p))
    if p.kind == "folder":
        made.setBehavior(Qgis.ProcessingFileParameterBehavior.Folder)
    if p.kind == "dataset":
        made.setFileFilter(_GEOPACKAGE)
        made.setDefaultValue(data_of_project() or None)
    return made


def _new_dataset(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterFileDestination(p.id, name_of(job, p), _GEOPACKAGE)


def _layer(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    kind = _SOURCE_TYPES.get(p.geometry, Qgis.ProcessingSourceType.Vector)
    return QgsProcessingParameterFeatureSource(p.id, name_of(job, p), [int(kind)])


def _vector(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterVectorLayer(p.id, name_of(job, p))


def _image(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterRasterLayer(p.id, name_of(job, p))


def _out_folder(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    made = QgsProcessingParameterFolderDestination(p.id, name_of(job, p), optional=not p.required)
    made.setCreateByDefault(p.required)
    return made


def _out_file(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    if any(result.id == p.id and result.kind == "raster" for result in job.results):
        made = QgsProcessingParameterRasterDestination(p.id, name_of(job, p), optional=not p.required)
        made.setCreateByDefault(p.required)
        return made
    wanted = " ".join(f"*.{extension}" for extension in p.extensions) or "*"
    return QgsProcessingParameterFileDestination(p.id, name_of(job, p), f"{wanted} ({wanted})", optional=not p.required)


def _date(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    kind = Qgis.ProcessingDateTimeParameterDataType.Date
    return QgsProcessingParameterDateTime(p.id, name_of(job, p), kind, p.default, not p.required)


def _choice(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    default: Any = None
    if p.default is not None:
        chosen = [p.default] if isinstance(p.default, str) else p.default
        indices = [p.choices.index(value) for value in chosen]
        default = indices if p.kind == "choices" else indices[0]
    names = [choice_name(p, value) for value in p.choices]
    return QgsProcessingParameterEnum(p.id, name_of(job, p), names, p.kind == "choices", default)


def _number(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    kinds = Qgis.ProcessingNumberParameterType
    kind = kinds.Integer if p.kind == "integer" else kinds.Double
    made = QgsProcessingParameterNumber(p.id, name_of(job, p), kind, p.default, not p.required)
    if p.minimum is not None:
        made.setMinimum(p.minimum)
    if p.maximum is not None:
        made.setMaximum(p.maximum)
    return made


def _text(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    if chooses_layers(job, p):
        return QgsProcessingParameterMultipleLayers(p.id, name_of(job, p), Qgis.ProcessingSourceType.Vector)
    default = ", ".join(p.default) if isinstance(p.default, (list, tuple)) else p.default
    if p.id == "uid":  # what the user has selected on the map is probably meant
        default = next(iter(selected_uids(("building", "parcel"))), None)
    elif p.id == "uids":
        default = ", ".join(selected_uids(("building",))) or None
    made = QgsProcessingParameterString(p.id, name_of(job, p), default, p.kind == "json")
    if p.id == "layer":
        made.setMetadata({"widget_wrapper": {"value_hints": declared_ids()}})
    return made


def _flag(job: Job, p: Parameter) -> QgsProcessingParameterDefinition:
    return QgsProcessingParameterBoolean(p.id, name_of(job, p), bool(p.default))


_MAKERS: dict[str, Callable[[Job, Parameter], QgsProcessingParameterDefinition]] = {
    "dataset": _file,
    "new_dataset": _new_dataset,
    "layer": _layer,
    "vector": _vector,
    "image": _image,
    "folder": _file,
    "file": _file,
    "out_folder": _out_folder,
    "out_file": _out_file,
    "date": _date,
    "choice": _choice,
    "choices": _choice,
    "number": _number,
    "integer": _number,
    "text": _text,
    "texts": _text,
    "flag": _flag,
    "json": _text,
}

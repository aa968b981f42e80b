"""Contracts of publishing to the operations centre.

``target`` is the name of a target of the data set, or an address: a folder, ``file:FOLDER``, ``ngsi-ld+https://…``,
``postgresql://…``, ``rest+https://…``. Scripts rely on the seven counts.
"""

from __future__ import annotations

from .spec import Job, Parameter, Result

_DATA = Parameter("data", "dataset", required=True)
_TARGET = Parameter("target", "out_folder", required=True)
_WHICH = (
    Parameter("layers", "texts"),
    Parameter("runs", "texts", advanced=True),
)
_REACH = (
    Parameter("context", "text", advanced=True),
    Parameter("secret_file", "out_file", extensions=("json",), advanced=True),
    Parameter("authority", "out_file", extensions=("pem", "crt"), advanced=True),
    Parameter("secret", "json", advanced=True, secret=True),
    Parameter("contract", "folder", advanced=True),
)
_COUNTS = (
    Result("created", "number"),
    Result("updated", "number"),
    Result("deleted", "number"),
    Result("unchanged", "number"),
    Result("unproved", "number"),
    Result("failed", "number"),
    Result("conflicts", "number"),
)

PUBLISH = Job(
    id="ioc.publish",
    algorithm="publish_ioc",
    parameters=(
        _DATA,
        _TARGET,
        *_WHICH,
        Parameter(
            "formats",
            "choices",
            default=("gpkg", "geojson", "ngsi"),
            choices=("gpkg", "geojson", "ngsi", "parquet", "csv", "fgb", "cap"),
        ),
        Parameter("allow_vanish", "flag", advanced=True),
        Parameter("write_over", "flag", advanced=True),
        *_REACH,
        Parameter("watch", "flag", unattended=True),
        Parameter("every", "number", default=15.0, minimum=0.01, maximum=10_080.0, unit="min", unattended=True),
        Parameter("sign", "out_file", extensions=("pem", "p12", "pfx"), advanced=True),
    ),
    results=(
        Result("folder", "folder"),
        Result("manifest", "file"),
        Result("counts", "json"),
        Result("left_out", "json"),
        Result("same", "json"),
        *_COUNTS,
    ),
)

PLAN = Job(
    id="ioc.plan",
    algorithm="plan_ioc",
    parameters=(_DATA, _TARGET, *_WHICH, *_REACH),
    results=(*_COUNTS, Result("layers", "json"), Result("examples", "json"), Result("leaving", "json")),
)

VERIFY = Job(
    id="ioc.verify",
    algorithm="verify_ioc",
    parameters=(_DATA, _TARGET, *_WHICH, *_REACH),
    results=(*_COUNTS, Result("differences", "json"), Result("signature", "text")),
)

REPAIR = Job(
    id="ioc.repair",
    algorithm="repair_ioc",
    parameters=(
        _DATA,
        _TARGET,
        *_WHICH,
        Parameter("allow_vanish", "flag", advanced=True),
        Parameter("write_over", "flag", advanced=True),
        *_REACH,
    ),
    results=(Result("counts", "json"), Result("left_out", "json"), Result("same", "json"), *_COUNTS),
)

DECIDE = Job(
    id="ioc.decide",
    parameters=(
        _DATA,
        _TARGET,
        Parameter("uids", "texts", required=True),
        Parameter("keep", "choice", choices=("ours", "theirs"), required=True),
        *_WHICH,
        *_REACH,
    ),
    results=(Result("counts", "json"), Result("left_out", "json"), Result("same", "json"), *_COUNTS),
)

STATUS = Job(
    id="ioc.status",
    parameters=(_DATA, Parameter("target", "out_folder"), *_WHICH, Parameter("behind", "flag")),
    results=(*_COUNTS, Result("targets", "json")),
    quick=True,
)

# Not in QGIS: it goes on until somebody ends it, and what it shows is a page.
BOARD = Job(
    id="ioc.board",
    parameters=(
        Parameter("folder", "folder"),
        Parameter("data", "dataset"),
        Parameter("target", "out_folder"),
        Parameter("port", "integer", default=8470, minimum=0, maximum=65_535),
        *_WHICH,
        *_REACH,
    ),
    results=(Result("address", "text"),),
)

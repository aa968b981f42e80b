"""Contracts of the named targets of a data set: who gets what. None of them takes a secret; see ``ioc.profile``."""

from __future__ import annotations

from .spec import Job, Parameter, Result

_DATA = Parameter("data", "dataset", required=True)
_NAME = Parameter("name", "text", required=True)

TARGETS = Job(
    id="ioc.targets",
    parameters=(_DATA,),
    results=(Result("targets", "json"), Result("may_leave", "json")),
    quick=True,
)

ADD_TARGET = Job(
    id="ioc.add_target",
    parameters=(
        _DATA,
        _NAME,
        Parameter("address", "text", required=True),
        Parameter("layers", "texts"),
        Parameter("wards", "texts"),
        Parameter("without", "texts"),
        Parameter("states", "json"),
        Parameter("context", "text"),
        Parameter("contract", "text"),
        Parameter("secret_file", "out_file", extensions=("json",)),
        Parameter("authority", "out_file", extensions=("pem", "crt")),
        Parameter("over", "flag"),
        Parameter("sign", "out_file", extensions=("pem", "p12", "pfx")),
    ),
    results=(Result("target", "json"),),
    quick=True,
)

REMOVE_TARGET = Job(
    id="ioc.remove_target",
    parameters=(_DATA, _NAME),
    results=(Result("target", "json"),),
    quick=True,
)

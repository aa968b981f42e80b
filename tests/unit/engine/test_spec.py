"""Given values are read against the contract: right kind, in range, nothing unknown."""

from __future__ import annotations

import os
from datetime import date

import pytest

from dothi.engine.contract import JOBS
from dothi.engine.contract.protocol import clean_environment
from dothi.engine.contract.spec import KINDS, Job, Parameter
from dothi.layers.errors import UsageError


def code_of(parameter: Parameter, value: object) -> str:
    with pytest.raises(UsageError) as caught:
        parameter.read(value)
    return caught.value.code


@pytest.mark.parametrize(
    ("parameter", "given", "read"),
    [
        (Parameter("a", "number"), "1.5", 1.5),
        (Parameter("a", "integer"), "7", 7),
        (Parameter("a", "integer", default=3), None, 3),
        (Parameter("a", "date"), "2026-06-01", date(2026, 6, 1)),
        (Parameter("a", "date"), date(2026, 6, 1), date(2026, 6, 1)),
        (Parameter("a", "choice", choices=("x", "y")), "y", "y"),
        (Parameter("a", "choices", choices=("x", "y")), "x, y", ["x", "y"]),
        (Parameter("a", "texts"), ["p", "q"], ["p", "q"]),
        (Parameter("a", "flag"), True, True),
        (Parameter("a", "json"), '{"b": 1}', {"b": 1}),
        (Parameter("a", "layer"), {"path": "x.gpkg"}, {"path": "x.gpkg"}),
        (Parameter("a", "dataset"), "Bình Dương/a b.gpkg", "Bình Dương/a b.gpkg"),
    ],
)
def test_values_are_brought_to_their_kind(parameter, given, read):
    assert parameter.read(given) == read


@pytest.mark.parametrize(
    ("parameter", "given", "code"),
    [
        (Parameter("a", "text", required=True), None, "engine.parameter_missing"),
        (Parameter("a", "dataset", required=True), "", "engine.parameter_missing"),
        (Parameter("a", "number"), "nhiều", "engine.parameter_wrong"),
        (Parameter("a", "number"), "nan", "engine.parameter_wrong"),
        (Parameter("a", "number"), True, "engine.parameter_wrong"),
        (Parameter("a", "integer"), "1.5", "engine.parameter_wrong"),
        (Parameter("a", "number", minimum=0.0), -1, "engine.parameter_least"),
        (Parameter("a", "number", minimum=0.0, maximum=1.0), 2, "engine.parameter_range"),
        (Parameter("a", "number"), "1e999", "engine.parameter_wrong"),
        (Parameter("a", "date"), "9999-12-31", "engine.parameter_range"),
        (Parameter("a", "date"), "0001-01-01", "engine.parameter_range"),
        (Parameter("a", "dataset"), "a\0b.gpkg", "engine.parameter_wrong"),
        (Parameter("a", "dataset"), "\ud800.gpkg", "engine.parameter_wrong"),
        (Parameter("a", "layer"), {"path": 5}, "engine.parameter_wrong"),
        (Parameter("a", "layer"), {"path": "x.gpkg", "uids": 5}, "engine.parameter_wrong"),
        (Parameter("a", "layer"), {"path": "x.gpkg", "uids": [None]}, "engine.parameter_wrong"),
        (Parameter("a", "layer"), {"path": "x.gpkg", "layer": ["y"]}, "engine.parameter_wrong"),
        (Parameter("a", "date"), "01/06/2026", "engine.parameter_wrong"),
        (Parameter("a", "choice", choices=("x",)), "y", "engine.parameter_choice"),
        (Parameter("a", "choices", choices=("x",)), "x,y", "engine.parameter_choice"),
        (Parameter("a", "flag"), "yes", "engine.parameter_wrong"),
        (Parameter("a", "json"), "{", "engine.parameter_wrong"),
        (Parameter("a", "text"), 5, "engine.parameter_wrong"),
    ],
)
def test_wrong_values_are_named(parameter, given, code):
    assert code_of(parameter, given) == code


@pytest.mark.skipif(os.name == "nt", reason="there it is a path")
@pytest.mark.parametrize("path", ["C:\\dữ liệu\\a.gpkg", "d:/a.gpkg", "\\\\máy chủ\\chung\\a.gpkg"])
@pytest.mark.parametrize("kind", ["dataset", "new_dataset", "vector", "image", "out_folder", "layer"])
def test_a_windows_path_is_not_made_a_file_of_that_name(kind, path):
    assert code_of(Parameter("a", kind), path) == "engine.windows_path"


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"h": NaN}', '{"h": -Infinity}', '{"h": 1e999}', "9" * 5000])
def test_json_that_no_answer_could_repeat_is_refused(text):
    assert code_of(Parameter("a", "json"), text) == "engine.parameter_wrong"


def test_json_is_read_as_it_is():
    assert Parameter("a", "json").read('{"h": [1, 2.5, null, "ơ"]}') == {"h": [1, 2.5, None, "ơ"]}


def test_an_unknown_parameter_is_refused():
    job = Job("a.b", (Parameter("x", "number"),), ())
    with pytest.raises(UsageError) as caught:
        job.read({"y": 1})
    assert (caught.value.code, caught.value.arguments["known"]) == ("engine.parameter_unknown", ["x"])


def test_the_contract_is_of_known_kinds():
    for job in JOBS.values():
        assert len(job.command) == (1 if job.id.endswith(".run") else 2)  # dothi watch
        assert {parameter.kind for parameter in job.parameters} <= set(KINDS)
        assert len({parameter.id for parameter in job.parameters}) == len(job.parameters)
        for parameter in job.parameters:
            assert not parameter.required or parameter.default is None
            if parameter.default is not None:
                assert parameter.read(parameter.default) is not None


def test_nothing_of_qgis_or_a_users_shell_reaches_the_engine():
    given = {
        "PYTHONPATH": "x",
        "PROJ_LIB": "x",
        "GDAL_DATA": "x",
        "LD_LIBRARY_PATH": "x",
        "QT_PLUGIN_PATH": "x",
        "VIRTUAL_ENV": "x",
        "HOME": "/nhà",
        "PATH": "/opt/x",
    }
    assert clean_environment(given) == {"HOME": "/nhà", "PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONUTF8": "1"}
    windows = clean_environment({"SystemRoot": "C:\\Windows", "Path": "x"})
    assert windows["PATH"] == "C:\\Windows\\System32;C:\\Windows"

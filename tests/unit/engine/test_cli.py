"""The command line is the contract: help in both languages, exit codes that mean something, JSON for machines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from dothi.engine import cli
from dothi.engine.contract import JOBS
from dothi.layers.messages import sentence


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("DOTHI_LANGUAGE", "vi")
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # pytest keeps its own handlers


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("job", JOBS.values(), ids=lambda job: job.id)
def test_every_job_has_its_help(job, lang, capsys, monkeypatch):
    monkeypatch.setenv("DOTHI_LANGUAGE", lang)
    with pytest.raises(SystemExit) as ended:
        cli.main([*job.command, "--help"])
    assert ended.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert " ".join(sentence(f"job.{job.id}.help", lang).split()) in said
    for parameter in job.parameters:
        words = " ".join(sentence(f"job.{job.id}.{parameter.id}.help", lang).split())
        assert (words in said) is not parameter.secret, parameter.id  # a command line is read by everybody


def test_a_point_is_transformed_to_nine_decimals(capsys):
    assert (
        cli.main(
            ["crs", "transform", "--from", "EPSG:9210", "--to", "EPSG:4326", "598382.244", "1214392.133", "--json"]
        )
        == 0
    )
    value = json.loads(capsys.readouterr().out)
    assert value["operation"] == "EPSG:6960"
    assert (value["lon"], value["lat"]) == pytest.approx((106.652, 10.98), abs=1e-8)
    assert value == {**value, "lon": round(value["lon"], 9), "lat": round(value["lat"], 9)}


def test_the_other_way_gives_metres(capsys):
    assert (
        cli.main(["crs", "transform", "--from", "EPSG:4326", "--to", "EPSG:9218", "108.102", "10.929", "--json"]) == 0
    )
    value = json.loads(capsys.readouterr().out)
    assert (value["x"], value["y"]) == pytest.approx((456302.490, 1208633.996), abs=0.001)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        ("crs transform --from EPSG:9210 --to EPSG:4326 a 1", 2, "engine.parameter_wrong"),
        ("crs transform --from EPSG:9210 1 2", 2, "engine.parameter_missing"),
        ("crs transform --from EPSG:2154 --to EPSG:4326 1 2", 3, "crs.unknown"),
        ("schema check --data nothing.gpkg", 3, "engine.file_missing"),
        ("schema map --source nothing.shp --layer parcel", 3, "engine.file_missing"),
    ],
)
def test_exit_codes_mean_something(arguments, exit_code, code, capsys):
    assert cli.main([*arguments.split(), "--json"]) == exit_code
    told = json.loads(capsys.readouterr().out)["error"]
    assert told["code"] == code
    assert told["sentence"]["vi"] == sentence(code, "vi", **told["arguments"])
    assert cli.main(arguments.split()) == exit_code
    assert capsys.readouterr().err.startswith(f"{code}: {told['sentence']['vi']}")


def test_an_existing_data_set_is_trouble_of_the_machine(tmp_path, capsys):
    arguments = ["project", "new", "--data", str(tmp_path / "tỉnh mới.gpkg"), "--province", "binh_thuan", "--json"]
    assert cli.main([*arguments, "--layers", "parcel,concession"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["crs"], made["layers"]) == ("EPSG:9218", ["parcel", "concession"])
    assert cli.main(arguments) == 4
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "store.exists"


@pytest.mark.parametrize(("crs", "exit_code"), [("EPSG:5899", 0), ("EPSG:4326", 3), ("EPSG:32648", 3), ("nonsense", 3)])
def test_a_data_set_may_be_in_another_vn2000_system(tmp_path, crs, exit_code, capsys):
    path = str(tmp_path / "a.gpkg")
    given = ["--data", path, "--province", "binh_thuan", "--crs", crs, "--layers", "parcel", "--json"]
    assert cli.main(["project", "new", *given]) == exit_code
    assert (exit_code == 0) == os.path.exists(path)  # noqa: PTH110


@pytest.mark.parametrize(
    "asked",
    [
        ["scenario", "list"],
        ["scenario", "remove", "--scenario", "a"],
        ["zoning", "unwaive", "--waiver", "a"],
        ["zoning", "compare_runs"],
        ["zoning", "export_findings", "--table", "a.csv"],
        ["rules", "list"],
    ],
)
def test_a_data_set_that_is_not_there_is_not_one_that_holds_nothing(tmp_path, asked, capsys):
    path = str(tmp_path / "không có.gpkg")
    assert cli.main([*asked, "--data", path, "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"] | {"sentence": ""} == {
        "code": "engine.file_missing",
        "arguments": {"path": path},
        "sentence": "",
    }
    assert list(tmp_path.iterdir()) == []


def test_the_language_follows_the_wish_then_the_locale(monkeypatch):
    assert cli.language() == "vi"
    monkeypatch.delenv("DOTHI_LANGUAGE")
    for name, value, language in (
        ("LC_ALL", "en_US.UTF-8", "en"),
        ("LC_ALL", "vi_VN.UTF-8", "vi"),
        ("LC_ALL", "C", "vi"),
    ):
        monkeypatch.setenv(name, value)
        assert cli.language() == language


def test_help_costs_no_science():
    """The contract is all that ``--help`` needs: no library of the engine is imported for it."""
    program = (
        "import sys\nfrom dothi.engine.cli import main\n"
        "try:\n    main(['zoning', 'check', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'rasterio', 'pyproj', 'shapely', 'sqlite_utils'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

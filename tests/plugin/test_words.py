"""Every word a planner reads is there, in both languages."""

from __future__ import annotations

import pytest
from qgis.core import QgsApplication

from dothi.engine.contract import JOBS
from dothi.layers import catalogue
from dothi.layers.messages import LANGUAGES, has, sentence
from dothi.qgis_plugin.project_data import LAYER_PROPERTY
from dothi.qgis_plugin.styling import relations

SHOWN = [job for job in JOBS.values() if job.algorithm]


@pytest.mark.parametrize("job", SHOWN, ids=lambda job: job.id)
def test_every_algorithm_parameter_and_result_has_its_words(job):
    codes = [f"job.{job.command[0]}.title", f"job.{job.id}.title", f"job.{job.id}.help"]
    codes += [f"job.{job.id}.{p.id}.{part}" for p in job.parameters for part in ("name", "help")]
    codes += [f"job.{job.id}.results.{result.id}" for result in job.results]
    codes += [f"plugin.choice.{p.id}.{choice}" for p in job.parameters for choice in p.choices]
    assert [code for code in codes if not has(code)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", ["plan_state", "area_state"])
def test_choices_are_called_as_in_the_catalogue(domain, language):
    """They are asked for at start-up, when no declaration is read yet; so the words stand twice, and are held here."""
    for value, words in catalogue.domains()[domain].values.items():
        assert sentence(f"plugin.choice.{domain}.{value}", language) == words[language]


def test_help_names_every_parameter(plugin):
    for algorithm in QgsApplication.processingRegistry().providerById("dothi").algorithms():
        text = algorithm.shortHelpString()
        for parameter in algorithm.parameterDefinitions():
            if algorithm.name() != "build_project" or parameter.name() != "scenes":
                assert parameter.help(), f"{algorithm.name()}.{parameter.name()}"
            assert parameter.description() in text or algorithm.name() == "build_project"


def test_layers_of_a_project_are_known_by_the_same_property():
    assert relations.LAYER_PROPERTY == LAYER_PROPERTY

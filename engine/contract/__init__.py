"""Parameters, results and errors of every job, declared once; standard library only, so QGIS imports it too.

The command line, the JSON, the Processing parameters, their help and the reference page all come from here. Words for
people are in ``resources/messages`` under ``job.<job>.title|help`` and ``job.<job>.<parameter>.name|help``.
"""

from __future__ import annotations

from . import (
    accuracy,
    case,
    case_dossier,
    change,
    concession,
    crs,
    demo,
    ioc,
    ioc_targets,
    plan,
    project,
    radar,
    rules,
    scenario,
    scene,
    schema,
    series,
    terrain,
    watch,
    watches,
    zoning,
    zoning_edges,
    zoning_findings,
    zoning_life,
    zoning_report,
    zoning_seeing,
)
from .spec import Job, Parameter, Result

JOBS: dict[str, Job] = {
    job.id: job
    for module in (
        project,
        schema,
        crs,
        demo,
        rules,
        zoning,
        zoning_edges,
        zoning_findings,
        zoning_life,
        zoning_report,
        zoning_seeing,
        plan,
        change,
        accuracy,
        concession,
        scene,
        radar,
        series,
        terrain,
        watch,
        case,
        case_dossier,
        watches,
        ioc,
        ioc_targets,
        scenario,
    )
    for job in vars(module).values()
    if isinstance(job, Job)
}

__all__ = ["JOBS", "Job", "Parameter", "Result"]

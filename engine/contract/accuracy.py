"""Contracts of accuracy assessment: a stratified random sample of a run, and what its labels say."""

from __future__ import annotations

from .spec import Job, Parameter, Result

# The run named, else the newest change.detect beside the data set.
DESIGN = Job(
    id="accuracy.design",
    algorithm="design_sample",
    parameters=(
        Parameter("data", "dataset"),
        Parameter("run", "vector"),
        Parameter("name", "text"),
        Parameter("by", "choice", default="change", choices=("change", "classes")),
        # standard error of overall accuracy, and the accuracies that are expected before anybody has looked
        Parameter("error", "number", default=0.02, minimum=0.001, maximum=0.2),
        Parameter("expected_change", "number", default=0.7, minimum=0.01, maximum=0.99, advanced=True),
        Parameter("expected_no_change", "number", default=0.98, minimum=0.01, maximum=0.9999, advanced=True),
        Parameter("least", "integer", default=50, minimum=2, maximum=1000, advanced=True),
        Parameter("seed", "integer", default=1, minimum=0, advanced=True),
    ),
    results=(
        Result("sample", "file"),
        Result("points", "layer", geometry="Point"),
        Result("count", "number"),
        Result("allocation", "json"),
        Result("expected_error", "number"),
    ),
)

REPORT = Job(
    id="accuracy.report",
    algorithm="report_accuracy",
    parameters=(
        Parameter("sample", "vector", required=True),
        Parameter("out", "out_file", extensions=("pdf", "html")),
        Parameter("language", "choice", default="vi", choices=("vi", "en")),
    ),
    results=(
        Result("out", "file"),
        Result("overall", "json"),
        Result("classes", "json"),
        Result("matrix", "json"),
        Result("labelled", "number"),
        Result("open", "number"),
    ),
)

"""Contract of bringing in a mining licence as inspectors get it: a corner table, KML or KMZ, or a CAD drawing."""

from __future__ import annotations

from .spec import Job, Parameter, Result

IMPORT = Job(
    id="concession.import",
    algorithm="import_concession",
    parameters=(
        Parameter("data", "dataset", required=True),
        Parameter("code", "text", required=True),
        Parameter("source", "file"),
        Parameter("table", "text"),
        Parameter("meridian", "choice", choices=("108-30", "107-45", "105-45", "102-00", "105-00", "108-00")),
        Parameter("area_ha", "number", minimum=0.0, maximum=100_000.0, unit="ha"),
        Parameter("licence_no", "text"),
        Parameter("authority", "text"),
        Parameter("decision_date", "date"),
        Parameter("valid_from", "date"),
        Parameter("valid_to", "date"),
        Parameter("licensed_level", "number", minimum=-500.0, maximum=3000.0, unit="m"),
        Parameter("height_datum", "text"),
        Parameter("licensed_volume", "number", minimum=0.0, unit="m³"),
        Parameter("replaces", "text"),
        Parameter("name", "text", advanced=True),
        Parameter("holder", "text", advanced=True),
        Parameter("mineral", "text", advanced=True),
        Parameter("tolerance", "number", minimum=0.0, maximum=1000.0, unit="m", advanced=True),
        Parameter("cad_layer", "text", advanced=True),
        Parameter("accept_area", "flag", default=False, advanced=True),
        Parameter("check_only", "flag", default=False, advanced=True),
    ),
    results=(
        Result("uid", "text"),
        Result("area_ha", "number"),
        Result("crs", "text"),
        Result("corners", "json"),
        Result("found", "json"),
        Result("written", "json"),
    ),
)

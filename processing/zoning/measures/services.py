"""The way to public services, and what the plan of a housing unit holds for its people."""

from __future__ import annotations

from .model import Input, Measure, as_measured

# Services whose way is measured, as the catalogue's list ``service_kind`` names them.
WALKED = (
    "nursery", "primary", "lower_secondary", "upper_secondary", "clinic", "market", "culture_sport", "garden",
    "fire_station", "bus_stop",
)  # fmt: skip
# Schools whose places are counted.
SCHOOLS = ("nursery", "primary", "lower_secondary", "upper_secondary")

INPUTS = {
    **{f"walk_{kind}": Input("m", f"service_facility.{kind}") for kind in WALKED},
    **{f"places_{kind}": Input("places/1000", f"service_facility.{kind}.capacity") for kind in SCHOOLS},
    "unit_population": Input("persons", "planned_zone.population"),
    "green_per_person": Input("m2/person", "planned_zone.role"),
    "largest_park": Input("m2", "planned_zone.role"),
    "parking_per_person": Input("m2/person", "planned_zone.role"),
    "city_population": Input("persons", "admin_unit.population"),
}

_UNIT = ("population", "zones")

MEASURES = (
    # Metres on foot along the streets from a dwelling to the nearest service. Source: QCVN 01:2021/BXD, 2.3.3.
    *(
        Measure(f"walk_{kind}", "m", "home", "building", (f"walk_{kind}",), as_measured(f"walk_{kind}"),
                (f"nearest_{kind}",), ("area", f"nearest_{kind}"))
        for kind in WALKED
    ),
    # School places in the unit for every thousand of its people. Source: QCVN 01:2021/BXD, Bảng 2.3 and 2.4.
    *(
        Measure(f"places_{kind}", "places/1000", "unit", "planned_zone", (f"places_{kind}",),
                as_measured(f"places_{kind}"), ("population",), _UNIT)
        for kind in SCHOOLS
    ),
    # People for whom the zones of a housing unit are planned. Source: QCVN 01:2021/BXD, 2.2.
    Measure("unit_population", "persons", "unit", "planned_zone", ("unit_population",),
            as_measured("unit_population"), (), _UNIT),
    # Public green of the unit for each of its people. Source: QCVN 01:2021/BXD, 2.2.
    Measure("green_per_person", "m2/person", "unit", "planned_zone", ("green_per_person",),
            as_measured("green_per_person"), ("population",), (*_UNIT, "green_area")),
    # The largest zone of public green in the unit. Source: QCVN 01:2021/BXD, 2.2.
    Measure("largest_park", "m2", "unit", "planned_zone", ("largest_park",), as_measured("largest_park"), (), _UNIT),
    # Parking land of the unit for each of its people. Source: QCVN 01:2021/BXD, Bảng 2.18.
    Measure("parking_per_person", "m2/person", "unit", "planned_zone", ("parking_per_person",),
            as_measured("parking_per_person"), ("population",), (*_UNIT, "city_population")),
)  # fmt: skip

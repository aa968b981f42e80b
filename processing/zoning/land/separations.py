"""What must keep away from what: one table for all corridors and protective distances.

A line of the table says which features (``subject``) are measured to which objects, and which attributes of both a
rule may ask for. The numbers of the law stand in the rule packs. ``reach_m`` only says how far is looked: no rule may
ask for more, and a test holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Separation:
    """Distance of each ``subject`` to the objects of a layer; ``id`` is also the name of the measure.

    ``attributes`` are the fields of the object that rules look at, by input; ``own`` those of the subject. ``among``
    are the objects (and ``of`` the subjects) meant: a field and its values, any value where it names none. Distances
    start ``edge_share`` times the field ``edge`` outside the drawn line, or at the drawn geometry where there is none;
    ``edge_most_m`` is the largest such offset. ``limit`` is the input that is itself a distance asked for. ``flow`` is
    the field with the bearing of flowing water, which tells upstream from downstream.
    """

    id: str
    subject: str
    object: str
    reach_m: float
    attributes: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    among: tuple[str, tuple[str, ...]] | None = None
    of: tuple[str, tuple[str, ...]] | None = None
    edge: str = ""
    edge_share: float = 1.0
    edge_most_m: float = 0.0
    limit: str = ""
    flow: str = ""

    @property
    def around_m(self) -> float:
        """How far around a subject all objects must be known."""
        return self.reach_m + self.edge_most_m


_USE = {"use": "use"}
_CEMETERIES = ("burial", "single_burial", "reburial", "crematory")
_WASTE = ("transfer_station", "landfill", "inert_landfill", "waste_treatment")
_WASTEWATER = ("wastewater_pump", "wastewater_plant", "wastewater_enclosed", "sludge_beds")
_WATERS = ("river", "canal", "lake", "lagoon")

SEPARATIONS: tuple[Separation, ...] = (
    # Corridors.
    Separation(
        "road_corridor", "building", "street_centreline", 60.0, {"road_grade": "road_grade", "setting": "setting"},
        among=("road_grade", ()), edge="roadbed_m", edge_share=0.5, edge_most_m=150.0,
    ),
    Separation(
        "power_corridor", "building", "power_line", 20.0, {"voltage": "voltage_kv", "conductor": "conductor"},
        among=("installation", ("overhead",)), edge="outer_wire_m", edge_most_m=50.0,
    ),
    Separation(
        "railway_corridor", "building", "railway", 40.0,
        {"rail_class": "rail_class", "rail_ground": "ground", "setting": "setting"},
        edge="gauge_mm", edge_share=0.0005, edge_most_m=1.0,
    ),
    Separation("track_distance", "building", "railway", 30.0, {"setting": "setting"}, _USE),
    Separation("channel_corridor", "building", "waterway_channel", 40.0, {"waterway_class": "waterway_class"}),
    Separation(
        "bank_corridor", "building", "watercourse", 100.0,
        {"water_kind": "water_kind", "bank_function": "bank_function", "setting": "setting",
         "bank_width": "corridor_m"},
        among=("water_kind", _WATERS), limit="bank_width",
    ),
    Separation(
        "irrigation_corridor", "building", "watercourse", 20.0, {"flow": "flow_m3s", "lining": "lining"},
        among=("water_kind", ("irrigation_canal",)),
    ),
    Separation(
        "dam_corridor", "building", "hydraulic_work", 300.0, {"work_class": "work_class"}, among=("work_kind", ("dam",))
    ),
    Separation("sluice_corridor", "building", "hydraulic_work", 60.0, among=("work_kind", ("sluice",))),
    Separation(
        "gas_corridor", "building", "gas_pipeline", 100.0, {"pipeline_safety": "safety_m"}, limit="pipeline_safety"
    ),
    Separation(
        "water_main_corridor", "building", "water_pipe", 20.0, {"pipe_dn": "dn_mm"},
        among=("function", ("transmission", "raw_water", "distribution")),
    ),
    # Water sources.
    Separation(
        "intake_zone", "building", "water_source", 200.0, {"intake": "source_type"},
        among=("source_type", ("river", "lake")), flow="flow_bearing_deg",
    ),
    Separation("well_zone", "building", "water_source", 30.0, among=("source_type", ("well",))),
    Separation("reservoir_zone", "building", "watercourse", 300.0, among=("water_kind", ("reservoir",))),
    Separation("water_plant_distance", "building", "safety_site", 40.0, among=("site_kind", ("water_plant",))),
    # Environmental safety.
    Separation("cemetery_distance", "building", "safety_site", 1000.0, {"site_kind": "site_kind"}, _USE,
               among=("site_kind", _CEMETERIES)),
    Separation("waste_distance", "building", "safety_site", 1000.0, {"site_kind": "site_kind"}, _USE,
               among=("site_kind", _WASTE)),
    Separation(
        "wastewater_distance", "building", "safety_site", 500.0,
        {"site_kind": "site_kind", "site_capacity": "capacity_m3d"}, _USE, among=("site_kind", _WASTEWATER),
    ),
    Separation(
        "cemetery_to_intake", "safety_site", "water_source", 1500.0, own={"site_kind": "site_kind"},
        among=("source_type", ("river", "lake", "well")), of=("site_kind", _CEMETERIES),
    ),
    Separation(
        "cemetery_to_water", "safety_site", "watercourse", 300.0, own={"site_kind": "site_kind"},
        among=("water_kind", _WATERS), of=("site_kind", _CEMETERIES),
    ),
    Separation("cemetery_to_railway", "safety_site", "railway", 200.0, own={"site_kind": "site_kind"},
               of=("site_kind", _CEMETERIES)),
    Separation(
        "cemetery_to_road", "safety_site", "street_centreline", 260.0, {"road_width": "width_m"},
        own={"site_kind": "site_kind"},
        among=("road_rank", ("national", "provincial")), of=("site_kind", _CEMETERIES),
    ),
    # Petrol stations.
    Separation(
        "petrol_spacing", "safety_site", "safety_site", 300.0, among=("site_kind", ("petrol_station",)),
        of=("site_kind", ("petrol_station",)),
    ),
    Separation(
        "petrol_to_crowd", "safety_site", "village_facility", 60.0,
        among=("kind", ("school", "kindergarten", "market", "clinic", "culture_house", "sports")),
        of=("site_kind", ("petrol_station",)),
    ),
    # Hydrants.
    Separation("hydrant_to_wall", "hydrant", "building", 10.0),
)  # fmt: skip

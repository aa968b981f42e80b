"""How large lots are, how wide on their street, how deep."""

from __future__ import annotations

from .model import Input, Measure, as_measured

INPUTS = {
    "frontage": Input("m", "red_line"),
    "lot_depth": Input("m", "red_line"),
}
_TOLD = ("use", "area", "plan_state", "plot_area")

MEASURES = (
    # Square metres of a lot. The national code sets no minimum; provinces do in their split-plot decisions.
    Measure("lot_area", "m2", "plot", "parcel", ("plot_area",), as_measured("plot_area"), (), _TOLD),
    # Metres of a lot along its main street. Source: QCVN 01:2021/BXD, 2.6.6.
    Measure(
        "frontage", "m", "lot_front", "parcel", ("frontage",), as_measured("frontage"), ("street", "road_width"),
        (*_TOLD, "street", "street_uid", "road_width", "road_class", "lot_depth"),
    ),
    # Metres that a lot reaches behind its main front.
    Measure(
        "lot_depth", "m", "lot_front", "parcel", ("lot_depth",), as_measured("lot_depth"), ("street",),
        (*_TOLD, "street", "street_uid", "road_width", "road_class", "frontage"),
    ),
)  # fmt: skip

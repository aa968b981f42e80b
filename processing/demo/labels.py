"""Names and land codes of the simulated province, and identifiers that are the same in every build."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

from ...layers.model import Text

SOURCE = "mô phỏng"
JUDGED_ON = "2026-06-01"
PLAN_STATE = "approved"
WARD = "25888"  # phường Tân Uyên, TP.HCM, from 1 July 2025
PLAN_NAME = "Quy hoạch phân khu Tân Uyên – Bạch Đằng (mô phỏng)"
DECISION = "MP-01/QĐ (mô phỏng)"
APPROVED_ON = "2024-03-15"
UPPER_PLAN_NAME = "Quy hoạch chung Tân Uyên (mô phỏng)"
UPPER_DECISION = "MP-00/QĐ (mô phỏng)"
UPPER_APPROVED_ON = "2023-06-20"


@dataclass(frozen=True)
class Use:
    """What a kind of lot is on paper: land code of the lot and of its planned zone, and words for the zone."""

    lot: str
    zone: str
    name: Text


USES: dict[str, Use] = {
    "residential": Use("ODT", "ODT", Text("Đất nhóm nhà ở", "Housing")),
    "garden": Use("ONT", "ONT", Text("Đất ở có vườn", "Houses with gardens")),
    "mixed": Use("TMD", "TMD", Text("Đất thương mại, dịch vụ, hỗn hợp", "Commerce, services, mixed use")),
    "apartment": Use("ODT", "ODT", Text("Đất nhà chung cư", "Apartments")),
    "school": Use("DGD", "DGD", Text("Đất giáo dục", "Education")),
    "hospital": Use("DYT", "DYT", Text("Đất y tế", "Health")),
    "clinic": Use("DYT", "DYT", Text("Đất y tế", "Health")),
    "market": Use("DCH", "DCH", Text("Đất chợ", "Market")),
    "administration": Use("TSC", "TSC", Text("Đất cơ quan, trụ sở", "Administration")),
    "culture": Use("DVH", "DVH", Text("Đất văn hóa", "Culture")),
    "sport": Use("DTT", "DTT", Text("Đất thể dục thể thao", "Sports")),
    "park": Use("DKV", "DKV", Text("Đất cây xanh công cộng", "Public green")),
    "parking": Use("DGT", "DGT", Text("Bãi đỗ xe", "Car park")),
    "riverside": Use("DKV", "DKV", Text("Đất cây xanh ven sông", "Riverside green")),
    "industry": Use("SKC", "SKN", Text("Đất cụm công nghiệp", "Industrial cluster")),
    "orchard": Use("CLN", "CLN", Text("Đất trồng cây lâu năm", "Orchards")),
    "field": Use("CLN", "CLN", Text("Đất trồng cây lâu năm", "Orchards")),
    "rice": Use("LUC", "LUC", Text("Đất chuyên trồng lúa nước", "Paddy")),
    "vegetable": Use("HNK", "CLN", Text("Đất trồng cây lâu năm", "Orchards")),
}

# Land codes that a planned zone permits beside its own: simulated, for the rule pack beside the data set.
PERMITS: dict[str, tuple[str, ...]] = {
    "ODT": ("ODT", "TMD", "DKV", "DGD", "DYT", "DVH", "TIN", "DGT"),
    "ONT": ("ONT", "ODT", "CLN", "HNK", "TMD", "DVH", "TIN"),
    "TMD": ("TMD", "ODT", "DVH", "DKV"),
    "DGD": ("DGD",),
    "DYT": ("DYT",),
    "DCH": ("DCH", "TMD"),
    "TSC": ("TSC", "DVH"),
    "DVH": ("DVH", "DKV"),
    "DTT": ("DTT", "DKV"),
    "DKV": ("DKV", "DTT"),
    "SKN": ("SKN", "SKC", "DNL"),
    "CLN": ("CLN", "HNK", "NTS"),
    "LUC": ("LUC", "LUK"),
    "DGT": ("DGT",),
    "SON": ("SON",),
}


def uid(seed: int, layer: str, number: int | str) -> str:
    """The identifier of a simulated feature: a UUID made from the seed, the layer and its number."""
    digest = hashlib.sha256(f"dothi demo {seed} {layer} {number}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))

"""How findings read: codes of the run in the user's words. Words and colours are the catalogue's and the messages'."""

from __future__ import annotations

from ...layers import catalogue
from ...layers.messages import has, number
from ..language import language, tr

UNIT = "plugin.explain.unit."


def prepare() -> None:
    """Read the words from their files now, in whichever thread; later they are at hand."""
    catalogue.domains()
    has(UNIT)
    for layer_id in catalogue.ids():
        catalogue.layer(layer_id)


def outcome(code: str) -> str:
    """``fail`` → *Không đạt*."""
    return _of_domain("outcome", code)


def severity(code: str) -> str:
    """``warning`` → *Cảnh báo*."""
    return _of_domain("severity", code)


def state(code: str) -> str:
    """``fixed`` → *đã khắc phục*; empty where nothing is compared."""
    return tr(f"plugin.findings.state.{code}") if code else ""


def colour(outcome_code: str, severity_code: str = "") -> str:
    """The colour of a finding: a breach by its severity, everything else by its outcome."""
    domain = "severity" if outcome_code == "fail" and severity_code else "outcome"
    return catalogue.domains()[domain].colours.get(severity_code if domain == "severity" else outcome_code, "#999999")


def _of_domain(domain: str, code: str) -> str:
    word = catalogue.domains()[domain].values.get(code)
    return word[language()] if word else code


def layer(layer_id: str) -> str:
    """``parcel`` → *Thửa đất*; a layer nobody declares keeps its id."""
    return catalogue.layer(layer_id).name[language()] if layer_id in catalogue.ids() else layer_id


def level(code: str) -> str:
    """``provincial`` → *Cấp tỉnh*."""
    return tr(f"zoning.level.{code}") if has(f"zoning.level.{code}") else code


def unit(code: str) -> str:
    """``m2`` → *m²*."""
    return tr(UNIT + code) if has(UNIT + code) else code


def quantity(value: float | None, unit_code: str) -> str:
    """``2,8 m``; empty where nothing was measured."""
    return "" if value is None else f"{number(value, language())} {unit(unit_code)}".strip()


def feature(code: str, layer_id: str) -> str:
    """``Thửa đất 25888-19-0144``; a finding about a whole layer has no code."""
    if not code:
        return tr("plugin.findings.whole_data", layer=layer(layer_id))
    return f"{layer(layer_id)} {code}"

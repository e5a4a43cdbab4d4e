"""The shown risk level by the vectors that the phone's tests read too."""

import json
from pathlib import Path
from typing import Any

import pytest

from fieldforms import risk
from fieldforms.vocabulary import codes

VECTORS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("level_vectors.json").read_text(encoding="utf-8")
)["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_shown_risk_level(vector: dict[str, Any]) -> None:
    shown = risk.shown(vector["set"], vector["open"])
    because = [f"{r['rule']} {r['severity']} {r['observed']}" for r in shown.because]
    assert (shown.level, shown.set, because) == (vector["level"], vector["set"], vector["because"])


@pytest.mark.parametrize("severity", codes("severity"))
@pytest.mark.parametrize("level", [*codes("risk_level"), ""])
def test_the_risk_level_is_never_below_the_open_danger(severity: str, level: str) -> None:
    reason = {"rule": "R1", "severity": severity, "observed": "2026-11-29T09:30:00+08:00"}
    shown = risk.shown(level, [reason]).level
    assert shown in (*risk.up_to(level), level)
    assert risk.graver(shown, risk.of_severity(severity)) == shown


def test_a_graver_danger_is_shown_at_no_lower_risk_level() -> None:
    places = [risk.ORDER.index(risk.of_severity(severity)) for severity in codes("severity")]
    assert places == sorted(places, reverse=True)

"""The gate as a badge."""

import json
from dataclasses import replace

import pytest

from contract.exit_codes import INCONCLUSIVE, INVALID, PASSED, REGRESSED, USAGE
from reports.effects.shapes import State
from reports.surfaces import badge
from reports.surfaces.report import Report


@pytest.mark.parametrize(
    ("code", "message", "colour"),
    [
        (PASSED, "pass", "brightgreen"),
        (REGRESSED, "regression", "red"),
        (INCONCLUSIVE, "inconclusive", "yellow"),
        (USAGE, "no budgets", "lightgrey"),
        (INVALID, "partial", "lightgrey"),
    ],
)
def test_the_badge_says_the_gate_in_a_word(
    ordinary: Report, code: int, message: str, colour: str
) -> None:
    """As shields.io reads it; a run that cannot be judged shows its state."""
    findings = replace(
        ordinary.findings,
        judgement=replace(ordinary.findings.judgement, exit_code=code),
        comparison=replace(ordinary.findings.comparison, state=State.PARTIAL),
    )

    assert {
        "schemaVersion": 1,
        "label": "performance",
        "message": message,
        "color": colour,
    } == json.loads(badge.write(replace(ordinary, findings=findings)))

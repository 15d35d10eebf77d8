"""A badge, in the format that shields.io reads from an endpoint."""

import json

from contract.exit_codes import INCONCLUSIVE, PASSED, REGRESSED, USAGE
from reports.surfaces.report import Report

_BADGES = {
    PASSED: ("pass", "brightgreen"),
    REGRESSED: ("regression", "red"),
    INCONCLUSIVE: ("inconclusive", "yellow"),
    USAGE: ("no budgets", "lightgrey"),
}


def write(report: Report) -> bytes:
    """The content of badge.json: the gate's answer in one word and a colour."""
    findings = report.findings
    message, colour = _BADGES.get(
        findings.judgement.exit_code, (findings.comparison.state.value, "lightgrey")
    )
    badge = {"schemaVersion": 1, "label": "performance", "message": message, "color": colour}
    return json.dumps(badge, indent=1).encode() + b"\n"

"""A badge, as the endpoints of shields want it."""

import json

from reports.verdicts.findings import Findings
from reports.verdicts.gate import INCONCLUSIVE, PASSED, REGRESSED, UNUSABLE

_BADGES = {
    PASSED: ("pass", "brightgreen"),
    REGRESSED: ("regression", "red"),
    INCONCLUSIVE: ("inconclusive", "yellow"),
    UNUSABLE: ("no budgets", "lightgrey"),
}


def badge_json(findings: Findings) -> bytes:
    """What the gate says, in one word and a colour."""
    message, colour = _BADGES.get(
        findings.judgement.exit_code, (findings.comparison.state.value, "lightgrey")
    )
    badge = {"schemaVersion": 1, "label": "performance", "message": message, "color": colour}
    return json.dumps(badge, indent=1).encode() + b"\n"

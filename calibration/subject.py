"""The configuration of a gate that measures unchanged code or a planted slowdown."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from calibration.findings import Condition
from calibration.questions import BASELINE, CHANGED, SCENARIO, budgets_of
from calibration.server import EXTRA_HEADER
from loadtests.planning.plan import Plan, load_plan

ROOT = Path(__file__).parents[1]
"""Where the calibration's server is started, because its modules are there."""

GAPS_MS = {"quiet": [0.5, 1.5], "short pauses": [0.0, 0.2], "disturbed": [0.5, 1.5]}
"""The pause before each request, by condition."""

_CONFIG = """\
[target]
command = {command}
cwd = {cwd}

[variants.{baseline}]
headers = {{ {header} = "0.0000" }}

[variants.{changed}]
headers = {{ {header} = "{effect:.4f}" }}

[[scenarios]]
name = "{scenario}"
request = "GET /work"
{budgets}
[profiles.default]
measure_s = {measure_s}
block_s = 0.3
gap_ms = {gap_ms}
"""

_BUDGET = """
[[budgets]]
scenario = "{scenario}"
variant = "{changed}"
metric = "{metric}"
ratio_max = {ratio_max}
reason = "{reason}"
"""


@dataclass(frozen=True)
class LiveGate:
    """One live run.

    Attributes:
        condition: of the machine, and the pauses between requests.
        question: what its budgets limit.
        effect: extra work of the changed variant, 0.05 for 5 %.
        measure_s: the longest measuring time.
    """

    condition: Condition
    question: str
    effect: float
    measure_s: float


def plan_of(folder: Path, gate: LiveGate, seed: int) -> Plan:
    """The plan of one gate; its configuration is written to the folder.

    Args:
        folder: takes the configuration.
        gate: what it measures.
        seed: of the run's random order.
    """
    command = [sys.executable, "-m", "calibration.server", "--port", "{port}"]
    path = folder / f"versus-{gate.effect:.4f}-{gate.measure_s:g}s.toml"
    budgets = [
        _BUDGET.format(
            scenario=one.scenario,
            changed=one.variant,
            metric=one.metric,
            ratio_max=one.ratio_max,
            reason=one.reason,
        )
        for one in budgets_of(gate.question)
    ]
    path.write_text(
        _CONFIG.format(
            # Strings and lists are written alike in JSON and TOML.
            command=json.dumps(command),
            cwd=json.dumps(str(ROOT)),
            header=EXTRA_HEADER,
            baseline=BASELINE,
            changed=CHANGED,
            scenario=SCENARIO,
            effect=gate.effect,
            budgets="".join(budgets),
            measure_s=gate.measure_s,
            gap_ms=json.dumps(GAPS_MS[gate.condition]),
        ),
        encoding="utf-8",
    )
    return load_plan(path, seed=seed)

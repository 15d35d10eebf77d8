"""The configuration of a gate that measures unchanged code or a planted slowdown.

All gates have the same budget: "no slower than the baseline", with a tolerance of half of the
smallest planted slowdown. Without tolerance, unchanged code would be exactly on the limit, where a
gate may fail in 1 of 400 runs by design, so zero false alarms in 300 could not be required.
"""

import json
import sys
from pathlib import Path

from calibration.server import EXTRA_HEADER
from loadtests.planning.plan import Plan, load_plan

RATIO_MAX = 1.0025
"""The budget of every gate: the largest changed / baseline."""

ROOT = Path(__file__).parents[1]
"""Where the calibration's server is started, because its modules are there."""

SCENARIO = "work"
BASELINE, CHANGED = "baseline", "changed"

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

[[budgets]]
scenario = "{scenario}"
variant = "{changed}"
metric = "latency_s_p50"
ratio_max = {ratio_max}
reason = "no slower than the baseline"

[profiles.default]
measure_s = {measure_s}
block_s = 0.3
gap_ms = [0.5, 1.5]
"""


def plan_of(folder: Path, effect: float, measure_s: float, seed: int) -> Plan:
    """The plan of one gate; its configuration is written to the folder.

    Args:
        folder: takes the configuration.
        effect: extra work of the changed variant, 0.05 for 5 %.
        measure_s: the longest measuring time.
        seed: of the run's random order.
    """
    command = [sys.executable, "-m", "calibration.server", "--port", "{port}"]
    path = folder / f"versus-{effect:.4f}-{measure_s:g}s.toml"
    path.write_text(
        _CONFIG.format(
            # Strings and lists of strings are written alike in JSON and TOML.
            command=json.dumps(command),
            cwd=json.dumps(str(ROOT)),
            header=EXTRA_HEADER,
            baseline=BASELINE,
            changed=CHANGED,
            scenario=SCENARIO,
            effect=effect,
            ratio_max=RATIO_MAX,
            measure_s=measure_s,
        ),
        encoding="utf-8",
    )
    return load_plan(path, seed=seed)

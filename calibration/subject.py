"""What is measured: unchanged code, or a planted slowdown, as a configuration says it.

Every gate has one and the same budget: "no slower than the baseline", by half of the smallest
slowdown that is planted. A limit of exactly 1 lies where unchanged code is: there a gate fails, as
it promises, up to once in 400 times, so that nobody could ask for none in 300.
"""

import json
import sys
from pathlib import Path

from calibration.server import EXTRA_HEADER
from loadtests.planning.plan import Plan, load_plan

RATIO_MAX = 1.0025
"""The limit of every gate."""

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


def plan_of(folder: Path, root: Path, effect: float, measure_s: float, seed: int) -> Plan:
    """The plan of one gate; its configuration is written to the folder.

    Args:
        folder: takes the configuration.
        root: the project's folder, where the server is started.
        effect: extra work of the changed variant, 0.05 for 5 %.
        measure_s: the most time that may be measured.
        seed: of the run's coins.
    """
    command = [sys.executable, "-m", "calibration.server", "--port", "{port}"]
    path = folder / f"versus-{effect:.4f}-{measure_s:g}s.toml"
    path.write_text(
        _CONFIG.format(
            # JSON's texts and lists of texts are TOML's too.
            command=json.dumps(command),
            cwd=json.dumps(str(root)),
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

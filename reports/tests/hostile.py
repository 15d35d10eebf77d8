"""A run whose every name tries to break out of where it is shown."""

import json
import math
from pathlib import Path

from reports.tests.runs import Behaviour, Made, Scenario, make_run

HOSTILE = (
    "</script></details>--><img src=x onerror=alert(1)> | `x` [y](http://z.example) www.z.example "
    "@all $x^ ${x} {{x}} [bold] \"'\x1b[31m \u202e ::error::x ##[error]x =1+1 \r\n::error::y %0A "
    + "long"
    * 500
)


def hostile_run(folder: Path) -> Path:
    """Write a short run in which scenario, variant, claim, suite and machine are hostile."""
    variants = {"baseline": Behaviour(0.02, error_rate=0.02), HOSTILE: Behaviour(0.03)}
    budget = {"scenario": HOSTILE, "variant": HOSTILE, "metric": "latency_s_p50"}
    benchmarks = [
        {
            "name": f"test[{strategy}]",
            "group": HOSTILE,
            "extra_info": {"strategy": strategy},
            "stats": {"median": 0.017, "iqr": 0.001, "rounds": 40},
        }
        for strategy in ("a", HOSTILE)
    ]
    made = Made(
        (Scenario(HOSTILE, variants, rounds=40, description=HOSTILE),),
        config={
            "budgets": [budget | {"ratio_max": 1.05, "reason": HOSTILE}],
            "claims": [{"id": HOSTILE, "text": HOSTILE, "source": HOSTILE, "not_measured": "x"}],
        },
        changes={
            "command": f"{HOSTILE}\n```\n<b>",
            "environment": {HOSTILE: {HOSTILE: HOSTILE, "odd": [None, math.inf, {"a": True}]}},
        },
        micro=json.dumps({"benchmarks": benchmarks}),
    )
    return make_run(folder, made)

"""Runs for the tests of surfaces."""

from typing import Any

from reports.tests.runs import Behaviour, Made, Scenario

HOSTILE = (
    "</details><img src=x onerror=alert(1)> | `x` [y](http://z.example) www.z.example @all "
    "\x1b[31m \u202e ::error::x ##[error]x =1+1 \r\n::error::y %0A"
)
SLOWER = {"baseline": Behaviour(0.020), "optimized": Behaviour(0.024)}


def budget(scenario: str, limit: float, metric: str = "latency_s_p50") -> dict[str, Any]:
    """A budget of the configuration, as a ratio."""
    names = {"scenario": scenario, "variant": "optimized", "metric": metric}
    return names | {"ratio_max": limit, "reason": "a reason"}


LIST = Made(
    (Scenario("list", SLOWER),),
    config={"budgets": [budget("list", 1.05), budget("list", 1.2), budget("list", 1.5)]},
)

"""In words: too few rounds, and numbers over all observations beside those of rounds."""

from collections.abc import Callable, Mapping
from typing import Any

from contract.metrics import find
from reports import units
from reports.effects.reasons import Name

_Facts = Mapping[str, Any]


def _too_few_units(facts: _Facts) -> str:
    rounds = facts.get("rounds_per_unit", 1)
    size = f" of {rounds:,} rounds" if rounds > 1 else ""
    count = f"{units.count_of(facts['n'], facts['unit'])}{size}"
    if facts["needed"] <= facts["n"]:
        # So many are needed at least; how many more is up to where the slow requests fall.
        return f"the slowest requests of {count} do not bound it yet"
    return f"only {count}; a verdict needs {facts['needed']}"


def _no_run_long_enough(facts: _Facts) -> str:
    rounds = facts["rounds_per_unit"]
    size = f" of {rounds:,} rounds" if rounds > 1 else ""
    return f"no run is long enough for a block{size}; increase measure_s"


def _as_one_factor(facts: _Facts) -> str:
    needed = units.count_of(facts["needed"], "rounds")
    return f"as all requests; {needed} would tell p{100 * find(facts['metric']).quantile:g} alone"


def _pooled(facts: _Facts) -> str:
    observations = {"request": "requests", "page": "loads", "function": "processes"}[facts["kind"]]
    change = units.change(facts["pooled_ratio"], words=units.change_words(facts["metric"]))
    return f"medians over all {observations}: {change}"


WORDS: Mapping[Name, Callable[[_Facts], str]] = {
    Name.TOO_FEW_UNITS: _too_few_units,
    Name.POOLING_DISAGREES: lambda facts: (
        f"{_pooled(facts)}, too far from "
        f"{units.change(facts['ratio'], words=units.change_words(facts['metric']))} in pairs for "
        "a verdict"
    ),
    Name.NO_RUN_LONG_ENOUGH: _no_run_long_enough,
    Name.AS_ONE_FACTOR: _as_one_factor,
    Name.POOLED_RATIO: _pooled,
}

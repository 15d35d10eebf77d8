"""A run is judged by the configuration that its record carries."""

from pathlib import Path
from typing import Any

import pytest

from contract.config.defaults import default_budgets
from contract.config.judging import Budget
from contract.errors import ConfigError
from contract.run.record import ProcessesRecord, RunRecord, read_run_json
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.settings import joint_metrics, settings_of

SAME = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
BUDGET = {
    "scenario": "list",
    "variant": "optimized",
    "metric": "latency_s_p50",
    "ratio_max": 1.06,
}
ACCEPTED = {**BUDGET, "reason": "until March", "expires": "2027-03-31"}


def record_with(folder: Path, config: dict[str, Any]) -> RunRecord:
    made = Made((Scenario("list", SAME, rounds=2),))
    record = read_run_json(make_run(folder / "run", made) / "run.json")
    return record.model_copy(update={"config": config})


def test_names_of_the_run_are_known_whatever_its_configuration_lists(tmp_path: Path) -> None:
    """Old records list names where new ones hold tables, and a run has variants of its own."""
    config = {"variants": ["baseline"], "scenarios": ["other"], "budgets": [BUDGET]}

    settings = settings_of(record_with(tmp_path, config))

    assert (Budget("list", "optimized", "latency_s_p50", 1.06),) == settings.budgets


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"budgets": [BUDGET | {"metric": "stage_x_s"}]},
            "budgets 'list, optimized, stage_x_s': unknown metric",
        ),
        (
            {"budgets": [BUDGET | {"ratio_mx": 1}]},
            "unknown key 'ratio_mx' in budgets '",
        ),
        ({"scenarios": 3}, "its configuration's 'scenarios' is 3, tables were expected."),
        (
            {"budgets": [BUDGET], "accepted": [ACCEPTED | {"variant": "baseline"}]},
            "accepted 'list, baseline, latency_s_p50': the baseline against itself is always 1",
        ),
    ],
)
def test_a_wrong_configuration_in_a_record_is_refused(
    tmp_path: Path, config: dict[str, Any], expected: str
) -> None:
    """In one line that names the run."""
    with pytest.raises(ConfigError) as refused:
        settings_of(record_with(tmp_path, config))

    assert str(refused.value).startswith(f"run run: {expected}")


@pytest.mark.parametrize(
    ("design", "expected"),
    [("restarts", {"latency_s_p50", "latency_s_p95", "cpu_s"}), ("paired", set())],
)
def test_times_that_a_gate_of_revisions_limits_hold_jointly(
    tmp_path: Path, design: str, expected: set[str]
) -> None:
    """Counts have no interval, and functions a family of their own."""
    function = {"revisions": True, "function": "*", "metric": "time_s", "ratio_max": 1.5}
    budgets = [*default_budgets(["cpu_s", "db_rows"]), function]
    record = record_with(tmp_path, {"budgets": budgets})
    record = record.model_copy(update={"design": design, "counters": ("cpu_s", "db_rows")})

    assert expected == joint_metrics(record, settings_of(record))


def test_default_budgets_are_of_what_can_be_read(tmp_path: Path) -> None:
    """One that somebody states stays, and is undecided; only what can be read holds jointly."""
    defaults = default_budgets([])
    stated = {"revisions": True, "metric": "memory_peak_bytes", "ratio_max": 1.2}
    unknown = ProcessesRecord(cpu_unknown="a container", memory_unknown="a container")

    def limited(processes: ProcessesRecord, *budgets: Any) -> tuple[set[str], set[str]]:
        record = record_with(tmp_path, {"budgets": [*budgets]})
        record = record.model_copy(update={"processes": processes, "design": "restarts"})
        settings = settings_of(record)
        return {one.metric for one in settings.budgets}, {*joint_metrics(record, settings)}

    read = {"cpu_outside_s", "memory_peak_bytes"}
    assert [True, True] == [read <= found for found in limited(ProcessesRecord(), *defaults)]
    assert [set(), set()] == [read & found for found in limited(unknown, *defaults)]
    assert ({"memory_peak_bytes"}, set()) == limited(unknown, stated)

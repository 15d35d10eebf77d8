"""What two runs differ in is told, and forbids a verdict where it could itself be the change."""

from pathlib import Path
from typing import Any

import pytest

from contract.run.reading import read_run
from contract.run.record import RunRecord
from reports.effects.agreement import Difference, differences
from reports.tests.runs import Behaviour, LoadMade, Made, Scenario, make_load_run, make_run

CONFIG: dict[str, Any] = {
    "target": {"start": "service", "url": "http://127.0.0.1:1"},
    "variants": {"baseline": {}, "optimized": {"flags": {"preset": "optimized"}}},
    "scenarios": [
        {"name": "list", "request": "GET /list", "weight": 3.0},
        {"name": "canary", "request": "GET /me", "canary": True},
    ],
    "profiles": {"smoke": {"measure_s": 12.0}, "full": {"measure_s": 900.0}},
    "margins": {"latency_s_p50": 0.03},
}
ENVIRONMENT: dict[str, dict[str, Any]] = {
    "machine": {"cpu": "Test 9000", "cpus": 2, "system": "Linux 6.1 x86_64", "uptime_s": 77},
    "python": {"version": "3.11.7", "implementation": "CPython"},
    "target": {"size": "medium", "link_rtt_measured_s": 0.02},
    "code": {"commit": "aaa", "dirty": False},
}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    """A run of two scenarios."""
    same = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
    scenarios = (Scenario("list", same, rounds=3), Scenario("canary", same, rounds=3, canary=True))
    made = Made(scenarios, config=CONFIG, changes={"environment": ENVIRONMENT})
    return read_run(make_run(tmp_path_factory.mktemp("run"), made)).record


def changed(record: RunRecord, where: str, key: str, value: Any) -> RunRecord:
    """The record with one entry of a section of its environment or configuration changed."""
    if where in ENVIRONMENT and key not in CONFIG.get(where, {}):
        section = {**record.environment[where], key: value}
        return record.model_copy(
            update={"environment": {**record.environment, where: section}},
        )
    section = {**record.config[where], key: value}
    return record.model_copy(update={"config": {**record.config, where: section}})


def test_a_run_agrees_with_itself(record: RunRecord) -> None:
    """Nothing differs where nothing does."""
    assert () == differences(record, record)


@pytest.mark.parametrize(
    ("where", "key", "value", "fact"),
    [
        ("machine", "cpu", "Test 9001", "machine, cpu"),
        ("machine", "cpus", 4, "machine, cpus"),
        ("machine", "system", "Linux 6.2 x86_64", "machine, system"),
        ("machine", "cpu", None, "machine, cpu"),
        ("python", "version", "3.12.1", "python, version"),
        ("target", "size", "large", "target, size"),
        ("target", "start", None, "target, start"),
        ("profiles", "smoke", {"measure_s": 20.0}, "profile, measure_s"),
    ],
)
def test_another_machine_data_or_plan_forbids_all(
    record: RunRecord, where: str, key: str, value: Any, fact: str
) -> None:
    """Each could be the reason for whatever differs, and in every scenario."""
    found = differences(record, changed(record, where, key, value))

    assert [(fact, True, "", "")] == [
        (one.fact, one.forbids, one.scenario, one.variant) for one in found
    ]
    assert found[0].concerns("list", "optimized")


@pytest.mark.parametrize(
    ("where", "key", "value"),
    [
        ("code", "commit", "bbb"),
        ("machine", "governor", "performance"),
        ("target", "url", "http://127.0.0.1:2"),
        ("target", "link", "wan"),
        ("margins", "latency_s_p50", 0.05),
    ],
)
def test_what_is_meant_to_differ_or_only_one_run_knows_is_told(
    record: RunRecord, where: str, key: str, value: Any
) -> None:
    """A commit is what runs are compared for, and an older run did not know every fact."""
    found = differences(record, changed(record, where, key, value))

    assert 1 == len(found)
    assert not found[0].forbids


@pytest.mark.parametrize(
    ("where", "key"), [("machine", "uptime_s"), ("target", "link_rtt_measured_s")]
)
def test_what_differs_in_every_run_is_not_told(record: RunRecord, where: str, key: str) -> None:
    """Nobody learns anything from a clock."""
    assert () == differences(record, changed(record, where, key, 99))


def test_a_scenario_or_variant_of_another_make_concerns_only_itself(record: RunRecord) -> None:
    """A changed request forbids its scenario, a changed flag its variant; a description nothing."""
    scenarios = [{**CONFIG["scenarios"][0], "weight": 1.0}, CONFIG["scenarios"][1]]
    variants = {"baseline": {"description": "as ever"}, "optimized": {"flags": {"preset": "x"}}}
    config = {**CONFIG, "scenarios": scenarios, "variants": variants}
    found = differences(record, record.model_copy(update={"config": config}))

    assert [
        Difference(
            "optimized, flags",
            {"preset": "optimized"},
            {"preset": "x"},
            forbids=True,
            variant="optimized",
        ),
        Difference("list, weight", 3.0, 1.0, forbids=True, scenario="list"),
    ] == list(found)
    assert found[0].concerns("canary", "optimized", "baseline")
    assert not found[0].concerns("canary", "baseline")
    assert found[1].concerns("list", "baseline")
    assert not found[1].concerns("canary", "baseline")


def test_scenarios_may_be_fewer_unless_all_share_the_server(
    record: RunRecord, tmp_path: Path
) -> None:
    """At low load each scenario is measured alone; under load they queue behind each other."""
    fewer = record.model_copy(update={"scenarios": record.scenarios[:1]})
    loads = {name: {"baseline": Behaviour(0.02), "other": Behaviour(0.02)} for name in ("a", "b")}
    both = read_run(make_load_run(tmp_path / "both", LoadMade(loads, blocks=1))).record
    one = both.model_copy(update={"scenarios": both.scenarios[:1]})

    assert [("scenarios", False)] == [(x.fact, x.forbids) for x in differences(record, fewer)]
    assert [("scenarios", True)] == [(x.fact, x.forbids) for x in differences(both, one)]


@pytest.mark.parametrize(("rate_per_s", "told"), [(20.1, []), (20.3, ["rate of arrivals"])])
def test_rates_agree_to_1_percent(tmp_path: Path, rate_per_s: float, told: list[str]) -> None:
    """A rate that was searched is never the same to the last digit."""
    loads = {"a": {"baseline": Behaviour(0.02), "other": Behaviour(0.02)}}
    first = read_run(make_load_run(tmp_path, LoadMade(loads, blocks=1))).record
    assert first.load is not None
    load = first.load.model_copy(update={"rate_per_s": rate_per_s})

    found = differences(first, first.model_copy(update={"load": load}))

    assert told == [one.fact for one in found if one.forbids]


def test_designs_do_not_mix(record: RunRecord) -> None:
    """A run under load answers another question."""
    found = differences(record, record.model_copy(update={"design": "load"}))

    assert "design" in {one.fact for one in found if one.forbids}

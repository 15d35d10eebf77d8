"""Requests of a run: families, primaries, units."""

from pathlib import Path

import pytest

from contract.run.reading import read_run
from reports.effects.primaries import confidence, family_size, primaries
from reports.effects.requests import Requests, others
from reports.tests.runs import Behaviour, Made, Scenario, make_run

THREE = {name: Behaviour(0.02) for name in ("baseline", "b", "c")}


def test_primaries_are_the_typical_latency_and_a_tail() -> None:
    """Typical latency and p95 in all of them."""
    both = ("latency_s_p50", "latency_s_p95")
    assert both == primaries("paired") == primaries("load") == primaries("restarts")


def test_a_family_is_scenarios_times_variants_times_primaries(tmp_path: Path) -> None:
    """A canary is a family of its own, so that it takes nothing from the findings."""
    made = Made(
        (
            Scenario("list", THREE, rounds=20),
            Scenario("item", THREE, rounds=20),
            Scenario("canary", THREE, rounds=20, canary=True),
        )
    )
    record = read_run(make_run(tmp_path / "run", made)).record

    assert ("b", "c") == others(record)
    assert (8, 4) == (family_size(record, canary=False), family_size(record, canary=True))
    assert 1 - 0.01 / 8 == pytest.approx(confidence(record, canary=False))
    # A primary that a budget limits counts once.
    joint = ("latency_s_p50", "cpu_s")
    assert (12, 6) == tuple(
        family_size(record, canary=canary, joint=joint) for canary in (False, True)
    )
    assert 1 - 0.01 / 12 == pytest.approx(confidence(record, canary=False, joint=joint))


def test_units_of_a_run_by_scenario_variant_and_metric(tmp_path: Path) -> None:
    """Of the metrics that are named, and no others."""
    run = read_run(make_run(tmp_path / "run", Made((Scenario("list", THREE, rounds=250),))))
    found = Requests(run.record, run.samples, {}, {"latency_s_p50", "latency_s_p95"}).stretch_logs()

    assert {
        ("list", "b", "latency_s_p50"): 250,
        ("list", "c", "latency_s_p50"): 250,
        ("list", "b", "latency_s_p95"): 1,
        ("list", "c", "latency_s_p95"): 1,
    } == {key: len(logs) for key, logs in found.items()}

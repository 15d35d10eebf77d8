"""The reference service's stack: its options and its facts."""

from pathlib import Path

import pytest

from loadtests.planning.plan import load_plan
from loadtests.targets.stack import facts_of, stack_options

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("link", "expected"), [(None, "lan"), ("region", "region")])
def test_the_plan_chooses_data_and_distance(link: str | None, expected: str) -> None:
    """Without a distance the stack is near."""
    plan = load_plan(ROOT / "versus.toml", profile="smoke", seed=1, link=link)

    assert ["--size", plan.profile.size, "--link", expected] == stack_options(plan)


def test_facts_are_versions_data_and_distance() -> None:
    """Secrets and addresses are not among them."""
    ready = {
        "versions": {"postgres": "16"},
        "data": {"size": "small"},
        "link": {"rtt_ms": 0.1},
        "headers": {"Authorization": "secret"},
    }

    assert {"start": "service", "postgres": "16", "size": "small", "rtt_ms": 0.1} == facts_of(ready)

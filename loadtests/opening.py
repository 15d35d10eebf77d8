"""Opens a run: its folder, and its record as planned."""

import secrets
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from loadtests.host import environment_facts, now_utc
from loadtests.plan import Plan
from reports.record import RunRecord, ScenarioRecord


def new_folder(runs: Path) -> Path:
    """Make a run's folder, which from now on is the latest."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    folder = runs / name
    folder.mkdir(parents=True)
    pointer = runs / f".latest-{name}"
    pointer.symlink_to(name)
    pointer.replace(runs / "latest")
    return folder


def new_record(plan: Plan, run_id: str, command: str, root: Path) -> RunRecord:
    """What a run's record says before anything is measured."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return RunRecord(
        tool_version=project["version"],
        id=run_id,
        command=command,
        profile=plan.profile_name,
        seed=plan.seed,
        started_at=now_utc(),
        config=plan.config,
        variants=plan.variants,
        baseline=plan.baseline,
        scenarios=tuple(
            ScenarioRecord(
                name=scenario.name,
                request=scenario.request,
                description=scenario.description,
                canary=scenario.canary,
                rounds_max=plan.profile.rounds_max,
                budget_s=scenario.budget_s,
            )
            for scenario in plan.scenarios
        ),
        stages=plan.target.stages,
        counters=plan.target.counters,
        environment=environment_facts(root),
    )

"""Opens a run: its folder, and its record as planned."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from contract.project import make_ignored
from contract.run.answers import AnswersRecord
from contract.run.record import LoadRecord, RestartsRecord, RunRecord, ScenarioRecord
from contract.version import VERSION
from loadtests.errors import MeasureError
from loadtests.machine.doctor import tuning_facts
from loadtests.machine.facts import environment_facts, now_utc
from loadtests.planning.arrivals import blocks_planned
from loadtests.planning.plan import LoadWorkers, Plan
from loadtests.targets.processes import planned_processes


def new_folder(runs: Path) -> Path:
    """Make a run's folder, which from now on is the latest.

    Raises:
        MeasureError: something else has the name of the link to it.
        OSError: there is no place for it.
    """
    latest = runs / "latest"
    if latest.exists() and not latest.is_symlink():
        raise MeasureError(
            f"{latest}: is no link to a run. Rename it; Versus makes a link of this name."
        )
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    folder = runs / name
    make_ignored(runs)
    folder.mkdir()
    pointer = runs / f".latest-{name}"
    pointer.symlink_to(name)
    pointer.replace(latest)
    return folder


def new_record(plan: Plan, folder: Path, command: str) -> RunRecord:
    """What a run's record says before anything is measured."""
    record = planned_record(plan, folder.name, command)
    facts = {**environment_facts(plan.service_folder), "tuning": tuning_facts(folder)}
    return record.model_copy(update={"environment": facts})


def planned_record(plan: Plan, name: str, command: str) -> RunRecord:
    """The same without facts about the machine, which take time to find."""
    return RunRecord(
        tool_version=VERSION,
        id=name,
        command=command,
        profile=plan.profile_name,
        seed=plan.seed,
        started_at=now_utc(),
        config=plan.config,
        variants=plan.variants,
        baseline=plan.baseline,
        scenarios=tuple(
            ScenarioRecord(
                **{
                    **scenario.facts,
                    "objective_s": scenario.objective_s if plan.workers else None,
                },
                request=scenario.request,
                events=any(request.events for request in scenario.sequence),
                rounds_max=0 if plan.workers else plan.profile.rounds_max,
                budget_s=plan.profile.measure_s if plan.workers else scenario.budget_s,
                rows=scenario.draws.rows.count if scenario.draws and scenario.draws.rows else 0,
                fixed=scenario.draws is None and len(scenario.sequence) == 1,
            )
            for scenario in plan.scenarios
        )
        or (unnamed_requests(plan),),
        design="load" if plan.workers else "restarts" if plan.restarts else "paired",
        load=_load(plan, plan.workers) if plan.workers else None,
        restarts=RestartsRecord(looks=plan.restarts) if plan.restarts else None,
        processes=planned_processes(plan),
        stages=plan.target.stages,
        counters=plan.target.counters,
    )


def unnamed_requests(plan: Plan) -> ScenarioRecord:
    """What stands for the requests of a Locust file until their names are known."""
    return ScenarioRecord(
        name="requests",
        request="requests of the Locust file",
        rounds_max=0,
        budget_s=plan.profile.measure_s,
        answers=AnswersRecord(not_compared="users send what their Locust file draws"),
    )


def _load(plan: Plan, workers: LoadWorkers) -> LoadRecord:
    load, profile = plan.load, plan.profile
    return LoadRecord(
        workers=workers.count,
        utilization=None if load.rate_per_s or workers.users else load.utilization,
        sub_block_s=profile.sub_block_s,
        burn_in_s=profile.burn_in_s,
        blocks_planned=blocks_planned(profile, len(plan.variants)),
        objective_quantile=load.objective_quantile,
        errors_max=load.errors_max,
        lag_s_max=load.lag_ms_max / 1000,
        worker_cpu_share_max=load.worker_cpu_share_max,
        users=workers.users.record() if workers.users else None,
    )

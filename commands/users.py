"""The step of `load` that lets the users of a Locust file send."""

from dataclasses import replace
from pathlib import Path

from commands.steps import Trial, split_names


def put_users_to_work(
    trial: Trial, locustfile: Path, users: int, tags: str, user_classes: str
) -> Trial:
    """Let the users of a Locust file send, instead of arrivals of scenarios."""
    from loadtests.engines.users_launch import checked_users
    from loadtests.planning.plan import LoadWorkers
    from reports.page.budgets import no_budget_line

    found = checked_users(locustfile, users, split_names(tags), split_names(user_classes))
    notes = [no_budget_line(trial.plan.config.get("budgets", ()), under_load=True)]
    if found.hosts_ignored:
        notes.append(
            f"the host of {', '.join(found.hosts_ignored)} is ignored; users send to the address "
            "of each variant"
        )
    plan = trial.plan.under_load(LoadWorkers(users=found))
    return replace(trial, plan=plan, notes=tuple(filter(None, notes)))

"""Locust files of people, for tests, and runs of them against real servers."""

import io
import textwrap
from pathlib import Path

from contract.run.reading import Run, read_run
from loadtests.engines.users_launch import checked_users
from loadtests.planning.plan import LoadWorkers, Plan, load_plan
from loadtests.runner import Measured, measure

CONFIG = """
[target]
url = "{url}"
timeout_s = {timeout_s}
headers = {{ X-Common = "yes" }}

[variants.before]
[variants.after]
headers = {{ X-Extra-Work = "20000" }}

[profiles.default]
measure_s = {measure_s}
sub_block_s = {sub_block_s}
burn_in_s = 0.1
"""


def plan_of(
    tmp_path: Path,
    url: str,
    content: str,
    *,
    users: int = 2,
    tags: tuple[str, ...] = (),
    measure_s: float = 1.6,
    sub_block_s: float = 0.4,
    timeout_s: float = 5.0,
    more: str = "",
) -> Plan:
    """A plan of two variants, one of them slower, and a Locust file with this content."""
    config, file = tmp_path / "versus.toml", tmp_path / "locustfile.py"
    config.write_text(
        CONFIG.format(url=url, timeout_s=timeout_s, measure_s=measure_s, sub_block_s=sub_block_s)
        + more,
        encoding="utf-8",
    )
    file.write_text(textwrap.dedent(content), encoding="utf-8")
    found = checked_users(file, users, tags)
    plan = load_plan(config, seed=5, with_scenarios=False)
    return plan.under_load(LoadWorkers(users=found))


def measured(tmp_path: Path, plan: Plan) -> tuple[Measured, Run]:
    """The run of a plan."""
    ending = measure(plan, tmp_path / "runs", "", io.StringIO())
    return ending, read_run(ending.folder)


def reason_of(tmp_path: Path, url: str, content: str, *, timeout_s: float = 5.0) -> str:
    """Why a run of such a file is not complete."""
    plan = plan_of(tmp_path, url, content, timeout_s=timeout_s)
    ending = measure(plan, tmp_path / "runs", "", io.StringIO())
    assert 4 == ending.exit_code
    return "; ".join(ending.reasons)

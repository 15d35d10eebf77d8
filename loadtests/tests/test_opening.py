"""A run's folder and its record before anything is measured."""

from pathlib import Path

import pytest

from contract.version import VERSION
from loadtests.errors import MeasureError
from loadtests.opening import new_folder, new_record
from loadtests.planning.plan import LoadWorkers, load_plan

CONFIG = """
[target]
url = "http://127.0.0.1:1"
stages = ["db"]

[variants.before]
[variants.after]

[[scenarios]]
name = "list"
request = "GET /list"

[load]
rate_per_s = 50

[profiles.default]
measure_s = 40
sub_block_s = 2
burn_in_s = 0.5
rounds_max = 99
"""


def test_the_newest_folder_is_the_latest(tmp_path: Path) -> None:
    """Two runs of one second have two folders."""
    first, second = new_folder(tmp_path / "runs"), new_folder(tmp_path / "runs")

    assert first != second
    assert "*\n" == (tmp_path / "runs" / ".gitignore").read_text(encoding="utf-8")
    assert second == (tmp_path / "runs" / "latest").resolve()


def test_a_folder_named_latest_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    """It may be somebody's copy of a run."""
    (tmp_path / "latest").mkdir()
    with pytest.raises(MeasureError, match=r"latest: is no link to a run\. Rename it"):
        new_folder(tmp_path)

    assert ["latest"] == [path.name for path in tmp_path.iterdir()]


def test_a_record_says_what_is_planned(tmp_path: Path) -> None:
    """The most rounds and the time that the plan allows; nothing is measured yet."""
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG, encoding="utf-8")
    record = new_record(load_plan(config, seed=5), tmp_path / "run", "versus bench")
    (scenario,) = record.scenarios

    assert ("run", "running", "paired", 5) == (record.id, record.state, record.design, record.seed)
    assert (99, 40.0, 0) == (scenario.rounds_max, scenario.budget_s, scenario.rounds)
    assert scenario.objective_s is None
    assert (("before", "after"), ("db",)) == (record.variants, record.stages)
    assert VERSION == record.tool_version


def test_a_record_of_load_says_how(tmp_path: Path) -> None:
    """Rate, blocks and workers; rounds are known only when the rate is."""
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG, encoding="utf-8")
    plan = load_plan(config, seed=5).under_load(LoadWorkers(processes=2))
    record = new_record(plan, tmp_path / "run", "versus load")
    assert record.load is not None

    assert ("load", 2, 5, None) == (
        record.design,
        record.load.workers,
        record.load.blocks_planned,
        record.load.utilization,
    )
    assert 0 == record.scenarios[0].rounds_max
    assert record.scenarios[0].objective_s is not None


def test_a_record_says_what_its_requests_are_made_of(tmp_path: Path) -> None:
    """Each time the same one, or as many rows; of a sequence neither is known."""
    config = tmp_path / "versus.toml"
    more = """
[[scenarios]]
name = "rows"
request = "GET /{row.n}"
rows = { from = 1, to = 50 }
[[scenarios]]
name = "own"
request = "POST /{unique}"
[[scenarios]]
name = "sequence"
sequence = [{ request = "GET /" }, { request = "GET /" }]
"""
    config.write_text(CONFIG + more, encoding="utf-8")
    record = new_record(load_plan(config, seed=5), tmp_path / "run", "versus bench")

    assert [(0, True), (50, False), (0, False), (0, False)] == [
        (one.rows, one.fixed) for one in record.scenarios
    ]

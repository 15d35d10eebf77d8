"""The order of sub-blocks, and what of their requests is kept, with users that take no time."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from contract.config.measuring import ProfileConfig
from contract.run.reading import read_run
from contract.run.record import write_run
from contract.run.stream import SampleStream
from loadtests.engines.closed_loop import ClosedLoop, Seen, Served
from loadtests.engines.delivery import StoppedError
from loadtests.engines.events import Event, Progressed, RequestsNamed, StepEnded, TasksFailed
from loadtests.engines.tests.test_switchback import RECORD
from loadtests.planning.arrivals import switchback_order
from loadtests.planning.users import LocustUsers, UsersJob

PROFILE = ProfileConfig(measure_s=8, sub_block_s=1, burn_in_s=0.2)


class ScriptedUsers:
    """Send the same in every step, by variant."""

    def __init__(self, seen: Callable[[int], Sequence[Seen]], exceptions: int = 0) -> None:
        self.order: list[int] = []
        self._seen = seen
        self._exceptions = exceptions

    def serve(self, variant: int, duration_s: float) -> Served:
        """One step."""
        assert PROFILE.sub_block_s == duration_s
        self.order.append(variant)
        return Served(self._seen(variant), 1.25, 0.1, self._exceptions, "KeyError: 'x'")


def one(start_s: float, name: str = "/a", error: str = "", latency_s: float = 0.01) -> Seen:
    """A request."""
    return Seen("GET", name, start_s, latency_s, 500 if error else 200, error, 7)


def run_users(tmp_path: Path, users: ScriptedUsers) -> list[Event]:
    """The events of a run, whose folder is closed as far as its samples go."""
    scenario = RECORD.scenarios[0].model_copy(update={"name": "requests"})
    record = RECORD.model_copy(update={"scenarios": (scenario,), "stages": ("db",)})
    write_run(tmp_path, record)
    sha = LocustUsers(file="/locustfile.py", cwd="/", count=2)
    job = UsersJob(str(tmp_path), ("", ""), ({}, {}), 3, ("a", "b"), PROFILE, sha, 5, 64)
    events: list[Event] = []
    clock = iter(range(10_000))
    loop = ClosedLoop(
        job, record, SampleStream(tmp_path, record), users, events.append, lambda: next(clock)
    )
    loop.run()
    names = [event for event in events if isinstance(event, RequestsNamed)][-1].requests
    alike = record.scenarios[0]
    scenarios = tuple(alike.model_copy(update={"name": name}) for name in names)
    write_run(tmp_path, record.model_copy(update={"scenarios": scenarios}))
    return events


def test_variants_take_turns_after_a_first_look_at_each(tmp_path: Path) -> None:
    """Two blocks fit into 8 s, each in its own random order and back."""
    users = ScriptedUsers(lambda _: [one(0.5)])
    events = run_users(tmp_path, users)
    drawn = [*switchback_order(3, 2, 2), *switchback_order(3, 3, 2)]
    steps = [event.step for event in events if isinstance(event, StepEnded)]

    assert [0, 1, *drawn] == users.order
    assert ["probe"] * 2 + ["switchback"] * 8 == [step.phase for step in steps]
    assert {1 / 0.8} == {step.rate_per_s for step in steps}
    assert {1.25} == {step.drained_s - step.start_s for step in steps}
    last = [event for event in events if isinstance(event, Progressed)][-1]
    assert {"get_a": "rounds"} == last.ended


def test_only_what_begins_after_the_burn_in_and_before_the_end_is_compared(tmp_path: Path) -> None:
    """The rest is kept, and marked; numbers count each request's own."""
    starts_s = (1.1, 0.1, 0.2, 0.5)
    run_users(
        tmp_path, ScriptedUsers(lambda _: [*map(one, starts_s), one(0.3, "/b", "status 500")])
    )
    samples = read_run(tmp_path).samples.to_pandas()
    step = samples[(samples["block"] == 2) & (samples["position"] == 0)]

    assert [False, True] == sorted(samples[samples["block"] == 2]["warmup"].unique())
    assert samples[samples["block"] < 2]["warmup"].all()
    mine = step[step["scenario"] == "get_a"]
    assert [(0, True), (1, False), (2, False), (3, True)] == list(
        zip(mine["round"], mine["warmup"], strict=True)
    )
    assert [("status 500", 0)] == list(
        step[step["scenario"] == "get_b"][["error", "round"]].itertuples(index=False, name=None)
    )
    assert samples["stage_db_s"].isna().all()


def test_names_that_come_later_join_the_others(tmp_path: Path) -> None:
    """The stream takes batches with more and more names."""
    counts = iter(range(100))
    users = ScriptedUsers(lambda _: [one(0.5), one(0.6, f"/{next(counts) // 4}")])
    events = run_users(tmp_path, users)
    counts_of = read_run(tmp_path).samples.to_pandas()["scenario"].value_counts().to_dict()

    assert {"get_a": 10, "get_0": 4, "get_1": 4, "get_2": 2} == counts_of
    assert [2, 3, 4] == [
        len(event.requests) for event in events if isinstance(event, RequestsNamed)
    ]


def test_a_latency_that_nobody_reported_is_no_right_answer(tmp_path: Path) -> None:
    """And one of zero is the shortest there is."""
    seen = [one(0.5, latency_s=0.0), one(0.6, error="none", latency_s=math.nan)]
    run_users(tmp_path, ScriptedUsers(lambda _: seen))
    samples = read_run(tmp_path).samples.to_pandas()

    assert samples[samples["error"] == ""]["latency_s"].gt(0).all()
    assert samples[samples["error"] != ""]["latency_s"].isna().all()


def test_users_that_send_nothing_or_only_fail_end_the_run(tmp_path: Path) -> None:
    """Before anything is compared."""
    with pytest.raises(StoppedError, match="no user sent a request to a in 1 s"):
        run_users(tmp_path, ScriptedUsers(lambda _: []))
    events = run_users(tmp_path, ScriptedUsers(lambda _: [one(0.5, error="status 500")]))
    last = events[-1]

    assert isinstance(last, Progressed)
    assert ({"get_a": "errors"}, "/a, a: status 500") == (last.ended, last.last_error)


def test_exceptions_of_tasks_are_reported_step_by_step(tmp_path: Path) -> None:
    """Two in each of ten steps."""
    events = run_users(tmp_path, ScriptedUsers(lambda _: [one(0.5)], exceptions=2))
    failed = [event for event in events if isinstance(event, TasksFailed)]

    assert (10, {2}, {"KeyError: 'x'"}) == (
        len(failed),
        {event.count for event in failed},
        {event.last for event in failed},
    )

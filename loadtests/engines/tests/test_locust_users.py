"""Locust files of people run unchanged against a real server, and whatever they do ends."""

from pathlib import Path

import pytest

from contract.run.reading import Run
from loadtests.engines.tests.people import measured, plan_of, reason_of

pytestmark = pytest.mark.slow

WEIGHTS = """
    from locust import FastHttpUser, HttpUser, constant, tag, task

    class Slow(HttpUser):
        host = "http://127.0.0.1:9"
        wait_time = constant(0.01)

        @task(3)
        def busy(self):
            self.client.get("/busy?n=1", name="/busy")

        @tag("failing")
        @task
        def broken(self):
            self.client.get("/broken-after")

    class Fast(FastHttpUser):
        wait_time = constant(0.01)

        @task
        def checked(self):
            with self.client.get("/ok?token=hunter2hunter2", catch_response=True) as answer:
                if answer.status_code != 299:
                    answer.failure("not 299 for token=hunter2hunter2")
"""

IN_ORDER = """
    from locust import HttpUser, SequentialTaskSet, constant, task

    class InOrder(SequentialTaskSet):
        def on_start(self):
            self.client.get("/cookie", name="login")

        @task
        def first(self):
            self.client.get("/ok", name="first")

        @task
        def second(self):
            if not self.client.cookies.get("work"):
                raise RuntimeError("no cookie")
            self.client.get("/ok", name="second")

    class Customer(HttpUser):
        wait_time = constant(0.01)
        tasks = [InOrder]
"""


def test_a_file_runs_unchanged(tmp_path: Path, plain_url: str) -> None:
    """Weights, waits, both clients, tags and checks of its own, measured once for several tests."""
    ending, run = measured(tmp_path, plan_of(tmp_path, plain_url, WEIGHTS, users=4))

    assert 0 == ending.exit_code, ending.reasons
    check_samples(run)
    check_headers(run)
    check_failures(run)


def check_samples(run: Run) -> None:
    """Steps hold as many requests as were sent, in blocks of two turns for every variant."""
    load = run.record.load
    assert load is not None
    samples = run.samples.to_pandas()
    steps = [step for step in load.steps if step.phase == "switchback"]

    assert ("complete", "load") == (run.record.state, run.record.design)
    assert load.users is not None
    assert (4, "locustfile.py", ("Slow",)) == (
        load.users.count,
        load.users.file,
        load.users.hosts_ignored,
    )
    assert 4 * load.blocks_planned == len(steps)
    assert sum(sum(step.sent) for step in load.steps) == len(samples)
    assert {"get_busy", "get_broken_after", "get_ok_token_removed"} == set(samples["scenario"])
    assert samples.groupby(["block", "position"])["variant"].nunique().eq(1).all()


def check_headers(run: Run) -> None:
    """Only the variant that asks for work gets the fault, and takes longer."""
    samples = run.samples.to_pandas()
    broken = samples[samples["scenario"] == "get_broken_after"]
    busy = samples[(samples["scenario"] == "get_busy") & ~samples["warmup"]]
    median_s = busy.groupby("variant", observed=True)["latency_s"].median()

    assert {"": 200} == dict(broken[broken["variant"] == "before"][["error", "status"]].values)
    assert {"status 500": 500} == dict(
        broken[broken["variant"] == "after"][["error", "status"]].values
    )
    assert median_s["before"] < median_s["after"]


def check_failures(run: Run) -> None:
    """catch_response decides, and secrets of the file are in no record."""
    samples = run.samples.to_pandas()
    checked = samples[samples["scenario"] == "get_ok_token_removed"]

    assert {"not 299 for token=[removed]"} == set(checked["error"])
    for name in ("run.json", "samples.parquet"):
        assert b"hunter2" not in (run.folder / name).read_bytes()


def test_tasks_follow_each_other_after_a_login(tmp_path: Path, plain_url: str) -> None:
    """Each user keeps its cookies, and logs in anew in every sub-block."""
    ending, run = measured(tmp_path, plan_of(tmp_path, plain_url, IN_ORDER, users=3))
    samples = run.samples.to_pandas()
    counts = samples.groupby(["block", "position", "scenario"], observed=True).size().unstack()
    assert run.record.load is not None
    assert run.record.load.users is not None

    assert 0 == ending.exit_code, ending.reasons
    assert counts["get_login"].eq(3).all()
    assert (counts["get_first"] - counts["get_second"]).between(0, 3).all()
    assert {} == run.record.load.users.exceptions


def test_only_tasks_with_a_tag_are_run(tmp_path: Path, plain_url: str) -> None:
    """As with Locust's own option."""
    content = WEIGHTS.split("class Fast", maxsplit=1)[0]
    plan = plan_of(tmp_path, plain_url, content, tags=("failing",))
    _, run = measured(tmp_path, plan)

    assert {"get_broken_after"} == set(run.samples.to_pandas()["scenario"])


USER = """
    import gevent, os, sys, threading, time
    from locust import HttpUser, constant, events, task
    from locust.exception import StopUser

    class One(HttpUser):
        wait_time = constant(0.01)

        @task
        def ok(self):
            self.client.get("/ok")
            {code}
"""


def doing(code: str) -> str:
    """A file whose task does this after its request."""
    return USER.replace("{code}", code)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("sys.exit(3)", "locustfile.py ended the process, by sys.exit"),
        ("os._exit(3)", "locustfile.py: its process exited with 3 early"),
        ("self.environment.runner.quit()", "ended the test itself, by runner.quit"),
        ("raise StopUser", "before: 2 of 2 users ended before the sub-block did"),
        (
            "self.client.get(f'/ok/{time.time_ns()}')",
            "sends requests of more than 64 names, such as GET /ok/",
        ),
        ("gevent.sleep(9)", "before: some user's task was still going on 1 s after"),
    ],
)
def test_what_ends_a_run_is_one_clear_line(
    tmp_path: Path, plain_url: str, code: str, reason: str
) -> None:
    """And what was started has ended, or the fixture's server would not."""
    found = reason_of(tmp_path, plain_url, doing(code), timeout_s=1)

    assert reason in found
    assert "\n" not in found


def test_exceptions_and_threads_of_tasks_are_counted_and_left_behind(
    tmp_path: Path, plain_url: str
) -> None:
    """Locust goes on after an exception; a thread that never ends holds nothing up."""
    code = (
        "threading.Thread(target=gevent.sleep, args=(1e6,)).start() if threading.active_count() < 3"
        " else None; raise KeyError('password=hunter2')"
    )
    ending, run = measured(tmp_path, plan_of(tmp_path, plain_url, doing(code)))
    assert run.record.load is not None
    users = run.record.load.users
    assert users is not None

    assert 0 == ending.exit_code, ending.reasons
    assert {"before", "after"} == set(users.exceptions)
    assert "KeyError: 'password=[removed]" in users.last_exception


def test_requests_to_other_addresses_are_noted(tmp_path: Path, plain_url: str) -> None:
    """They are no variant's, and get none of its headers."""
    elsewhere = plain_url.replace("127.0.0.1", "localhost")
    code = f"self.client.get('{elsewhere}/broken-after', name='elsewhere')"
    _, run = measured(tmp_path, plan_of(tmp_path, plain_url, doing(code)))
    samples = run.samples.to_pandas()
    notes = samples.groupby("scenario", observed=True)["note"].unique().str.join("").to_dict()

    assert {
        "get_ok": "",
        "get_elsewhere": "sent to another address than the variant's",
    } == notes
    assert {""} == set(samples["error"])


def test_an_endless_loop_is_ended(tmp_path: Path, plain_url: str) -> None:
    """No other user, nor Locust, gets to run any more."""
    found = reason_of(tmp_path, plain_url, doing("[None for _ in iter(int, 1)]"), timeout_s=1)

    assert "no sub-block ended within 11.4 s" in found

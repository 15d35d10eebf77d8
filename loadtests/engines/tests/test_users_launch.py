"""A Locust file is a file, and what runs it keeps the settings of people's own Locust out."""

import os
from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.engines.tests.people import measured, plan_of
from loadtests.engines.users_launch import checked_users

FAILING = """
    import os
    from locust import HttpUser, constant, task

    assert not [name for name in os.environ if name.startswith("LOCUST_")]

    class One(HttpUser):
        wait_time = constant(0.01)

        @task
        def broken(self):
            self.client.get("/broken")
"""


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """Before anything is started."""
    (tmp_path / "folder.py").mkdir()
    for name, refused in (
        ("absent.py", "no such file. Name a Locust file"),
        ("folder.py", "is no file of at most 16 MiB"),
        ("versus.toml", "is no Locust file, which ends in .py"),
    ):
        with pytest.raises(ConfigError, match=refused):
            checked_users(tmp_path / name, 1)


@pytest.mark.slow
def test_a_service_that_only_fails_ends_the_run(
    tmp_path: Path, plain_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing could be compared; variables of Locust are no matter of this run."""
    monkeypatch.setitem(os.environ, "LOCUST_USERS", "1000")
    ending, run = measured(tmp_path, plan_of(tmp_path, plain_url, FAILING))

    assert (4, "invalid") == (ending.exit_code, run.record.state)
    assert (
        "stopped because every request failed; the last: /broken, before: status 500"
        in (ending.reasons[0])
    )


@pytest.mark.slow
def test_a_set_up_is_done_before_users_start(tmp_path: Path, plain_url: str) -> None:
    """One that fails ends the run in one line, before any of them sends."""
    more = '[[setup]]\nrequest = "GET /broken"\n'
    plan = plan_of(tmp_path, plain_url, FAILING.replace("/broken", "/ok"), more=more)
    ending, run = measured(tmp_path, plan)

    assert (4, 0) == (ending.exit_code, run.samples.num_rows)
    assert "[[setup]] number 1 (GET /broken) failed in before" in ending.reasons[0]

"""The generator's ends of its pipes, over real ones."""

import os

import pytest
from pydantic import TypeAdapter

from loadtests.engines.channels import EVENTS_FD, JOB_FD, emit, read_job
from loadtests.engines.events import RestartRequested, decode
from loadtests.engines.tests.jobs import make_job
from loadtests.planning.plan import Job


def test_a_job_comes_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job is read whole, and equals what was written."""
    read_fd, write_fd = os.pipe()
    job = make_job("a", profile={"rounds_max": 3})
    with os.fdopen(write_fd, "wb") as pipe:
        pipe.write(TypeAdapter(Job).dump_json(job))
    monkeypatch.setenv(JOB_FD, str(read_fd))

    assert job == read_job()


def test_an_event_goes_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """One event is one line."""
    read_fd, write_fd = os.pipe()
    monkeypatch.setenv(EVENTS_FD, str(write_fd))
    emit(RestartRequested(pairs=2))
    os.close(write_fd)
    with os.fdopen(read_fd, "rb") as pipe:
        assert [RestartRequested(pairs=2)] == [decode(line) for line in pipe]

"""The generator's ends of its pipes: the job comes in, events go out, decisions come in."""

import os

from pydantic import TypeAdapter

from loadtests.engines.events import Event, encode
from loadtests.planning.plan import Job

JOB_FD = "VERSUS_JOB_FD"
EVENTS_FD = "VERSUS_EVENTS_FD"
DECISIONS_FD = "VERSUS_DECISIONS_FD"
"""Where a job has looks or restarts: one event answers each request."""


def read_job() -> Job:
    """The job, from the descriptor that the environment names; it can be read once."""
    with os.fdopen(int(os.environ[JOB_FD]), "rb") as pipe:
        return TypeAdapter(Job).validate_json(pipe.read())


def emit(event: Event) -> None:
    """Send one event to the runner."""
    # One call, which blocks until all is written: no other greenlet's line comes between.
    os.write(int(os.environ[EVENTS_FD]), encode(event))

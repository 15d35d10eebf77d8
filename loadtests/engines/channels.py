"""How the generator hears its job and tells how far it is, over pipes to its parent."""

import json
import os

from pydantic import TypeAdapter

from loadtests.planning.plan import Job

JOB_FD = "VERSUS_JOB_FD"
PROGRESS_FD = "VERSUS_PROGRESS_FD"
CONTROL_FD = "VERSUS_CONTROL_FD"
"""With a job that has looks: a line of answer to each look."""


def read_job() -> Job:
    """The job, from the descriptor that the environment names; it can be read once."""
    with os.fdopen(int(os.environ[JOB_FD]), "rb") as pipe:
        return TypeAdapter(Job).validate_json(pipe.read())


def tell(**message: object) -> None:
    """Send one line of progress to the process that started this one."""
    # One call, which blocks until all is written: no other greenlet's line comes between.
    os.write(int(os.environ[PROGRESS_FD]), json.dumps(message).encode() + b"\n")

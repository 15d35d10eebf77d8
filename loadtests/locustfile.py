"""What Locust runs: the only module that imports it, because that import patches the process.

The job comes on the file descriptor VERSUS_JOB_FD; progress goes to VERSUS_PROGRESS_FD as JSON
lines.
A job with looks has a third one, VERSUS_CONTROL_FD, with a line of answer to each look.
"""

import gc
import json
import os
from collections.abc import Collection
from pathlib import Path

import gevent.os
from locust import FastHttpUser, constant, task
from pydantic import TypeAdapter

from loadtests.exchange import Exchange, RecorderError, listen
from loadtests.paired import PairedRun
from loadtests.plan import Job
from reports.record import RUN_NAME, SampleStream, read_run_json


def tell(**message: object) -> None:
    """Send one line of progress to the process that started this one."""
    # Less than a pipe's atomic size, so that no reader sees half a line.
    os.write(_PROGRESS_FD, json.dumps(message).encode() + b"\n")


def ask(scenario: str, rounds: int) -> Collection[str]:
    """Look: wait for the process that started this one to say which scenarios may stop."""
    control_fd = int(os.environ["VERSUS_CONTROL_FD"])
    gevent.os.make_nonblocking(control_fd)
    tell(look=scenario, rounds=rounds)
    line = b""
    while not line.endswith(b"\n"):
        # Not os.read: Locust must hear meanwhile that it is to end.
        piece = gevent.os.nb_read(control_fd, 4096)
        if not piece:
            raise RecorderError("nobody answered a look")
        line += piece
    stop: list[str] = json.loads(line)["stop"]
    return stop


def _read_job() -> Job:
    with os.fdopen(int(os.environ["VERSUS_JOB_FD"]), "rb") as pipe:
        return TypeAdapter(Job).validate_json(pipe.read())


_PROGRESS_FD = int(os.environ["VERSUS_PROGRESS_FD"])
_JOB = _read_job()


class PairedUser(FastHttpUser):
    """The one user; its only task is the whole measurement."""

    host = _JOB.base_urls[0]
    concurrency = 1
    network_timeout = _JOB.target.timeout_s
    connection_timeout = _JOB.target.timeout_s
    # A bearer token goes only to a host that proves its name; SSL_CERT_FILE adds an authority.
    insecure = False
    wait_time = constant(0)

    @task
    def measure(self) -> None:
        """Run the job, then end Locust."""
        # What exists now lives until the end: keep the collector away from it, and from us
        # while a round is under way.
        gc.freeze()
        gc.disable()
        folder = Path(_JOB.run_folder)
        try:
            listen(self.environment.events.request)
            stream = SampleStream(folder, read_run_json(folder / RUN_NAME))
            exchange = Exchange(_JOB, self.client)
            PairedRun(_JOB, stream, exchange, tell, ask if _JOB.looks else None).run()
        except OSError as error:
            tell(failed=f"{folder}: {error.strerror or error}. Free space or mend the folder")
        except RecorderError as error:
            tell(failed=f"{error}, see {folder / 'generator.log'}")
        finally:
            self.environment.runner.quit()

"""What Locust runs for `bench`: one user, whose only task is the whole measurement."""

import gc
import json
import os
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent.os
from locust import FastHttpUser, constant, task

from contract.run.record import RUN_NAME, read_run_json
from contract.run.stream import SampleStream
from loadtests.engines.channels import CONTROL_FD, read_job, tell
from loadtests.engines.paired import PairedRun
from loadtests.probes.http.exchange import Exchange, RecorderError


def ask(scenario: str, rounds: int) -> Collection[str]:
    """Look: wait for the process that started this one to say which scenarios may stop."""
    stop: list[str] = _answer(look=scenario, rounds=rounds)["stop"]
    return stop


def _answer(**asked: object) -> dict[str, Any]:
    """Ask the process that started this one, and wait for its line."""
    control_fd = int(os.environ[CONTROL_FD])
    gevent.os.make_nonblocking(control_fd)
    tell(**asked)
    line = b""
    while not line.endswith(b"\n"):
        # Not os.read: Locust must hear meanwhile that it is to end.
        piece = gevent.os.nb_read(control_fd, 4096)
        if not piece:
            raise RecorderError("nobody answered a look")
        line += piece
    answer: dict[str, Any] = json.loads(line)
    return answer


_JOB = read_job()


class PairedUser(FastHttpUser):
    """The one user; its only task is the whole measurement."""

    host = _JOB.base_urls[0]
    concurrency = 1
    network_timeout = _JOB.target.timeout_s
    connection_timeout = _JOB.target.timeout_s
    # A bearer token goes only to a host that proves its name; SSL_CERT_FILE adds an authority.
    insecure = False
    wait_time = constant(0)

    def renew(self, pairs: int) -> Exchange | str:
        """Wait for servers that were started anew; or why there are to be none."""
        answer = _answer(pairs=pairs)
        if "end" in answer:
            return str(answer["end"])
        return Exchange(replace(_JOB, base_urls=tuple(answer["base_urls"])), self.client)

    @task
    def measure(self) -> None:
        """Run the job, then end Locust."""
        # What exists now lives until the end: keep the collector away from it, and from us
        # while a round is under way.
        gc.freeze()
        gc.disable()
        folder = Path(_JOB.run_folder)
        try:
            stream = SampleStream(folder, read_run_json(folder / RUN_NAME))
            exchange = Exchange(_JOB, self.client)
            # With restarts it is looked at between two pairs of starts.
            looked = ask if _JOB.looks and not _JOB.restarts else None
            renew = self.renew if _JOB.restarts else None
            PairedRun(_JOB, stream, exchange, tell, looked, renew).run()
        except OSError as error:
            tell(failed=f"{folder}: {error.strerror or error}. Free space or mend the folder")
        except RecorderError as error:
            tell(failed=f"{error}, see {folder / 'generator.log'}")
        finally:
            self.environment.runner.quit()

"""What Locust runs for `bench`: one user, whose only task is the whole measurement."""

import gc
import os
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import gevent
import gevent.os
from locust import User, constant, task

from contract.errors import ConfigError
from contract.run.record import RUN_NAME, read_run_json
from contract.run.stream import SampleStream
from loadtests.checking.secrets import with_given
from loadtests.engines.answers import AnswerPairs, ComparedProbe
from loadtests.engines.channels import DECISIONS_FD, emit, read_job
from loadtests.engines.events import (
    Ended,
    Event,
    EventError,
    GeneratorFailed,
    LookRequested,
    NoMoreRestarts,
    RestartRequested,
    ScenariosDecided,
    ServersRestarted,
    decode,
)
from loadtests.engines.paired import PairedRun
from loadtests.probes.probe import BlockProbe


def _decision_on(request: Event) -> Event:
    """Ask the runner, and wait for its event."""
    decisions_fd = int(os.environ[DECISIONS_FD])
    gevent.os.make_nonblocking(decisions_fd)
    emit(request)
    line = b""
    while not line.endswith(b"\n"):
        # Not os.read: Locust must be able to end meanwhile.
        piece = gevent.os.nb_read(decisions_fd, 4096)
        if not piece:
            raise EventError(f"no answer to {request.kind}")
        line += piece
    return decode(line)


def _look() -> Collection[str]:
    """Wait for the runner to say which scenarios are decided."""
    decision = _decision_on(LookRequested())
    assert isinstance(decision, ScenariosDecided), decision
    return decision.names


_JOB = read_job()
_PAIRS = AnswerPairs(_JOB, emit)


class PairedUser(User):
    """The one user; its only task is the whole measurement."""

    wait_time = constant(0)

    def restart(self, pairs: int) -> BlockProbe | Ended:
        """Wait for servers that are started again; or why there are no more."""
        decision = _decision_on(RestartRequested(pairs=pairs))
        if isinstance(decision, NoMoreRestarts):
            return decision.ended
        assert isinstance(decision, ServersRestarted), decision
        job = replace(_JOB, base_urls=decision.base_urls, pids=decision.pids)
        if decision.given:
            job = with_given(job, decision.given)
            _PAIRS.hide(job.secrets)
        return ComparedProbe(job, _PAIRS)

    @task
    def measure(self) -> None:
        """Run the job, then end Locust."""
        # What exists now lives until the end: keep the collector away from it, and from us
        # while a round is under way.
        gc.freeze()
        gc.disable()
        folder = Path(_JOB.run_folder)
        try:
            PairedRun(
                job=_JOB,
                probe=ComparedProbe(_JOB, _PAIRS),
                samples=SampleStream(folder, read_run_json(folder / RUN_NAME)),
                emit=emit,
                clock=time.perf_counter,
                sleep=gevent.sleep,
                # With restarts, looks are between two pairs of starts.
                look=_look if _JOB.looks and not _JOB.restarts else None,
                restart=self.restart if _JOB.restarts else None,
                compare=_PAIRS.compare,
            ).run()
        except OSError as error:
            reason = f"{folder}: {error.strerror or error}. Free space or mend the folder"
            emit(GeneratorFailed(reason=reason))
        except ConfigError as error:  # A file of rows has changed.
            emit(GeneratorFailed(reason=str(error).removesuffix(".")))
        except EventError as error:
            emit(GeneratorFailed(reason=f"{error}, see {folder / 'generator.log'}"))
        finally:
            self.environment.runner.quit()

"""What runs a person's Locust file: its user classes unchanged, step by step, through Locust.

It reads the job from its parent and sends events to it, as the other generators do. Goal: users
behave as under `locust`. Non-goals: ramps, shapes, several processes.
"""

import gc
import math
import os
import sys
import time
import traceback
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
import locust
from gevent.event import Event as Wake
from locust import FastHttpUser
from locust.argument_parser import get_parser
from locust.clients import HttpSession
from locust.env import Environment
from locust.exception import CatchResponseError
from pydantic import TypeAdapter

from contract.run.record import RUN_NAME, read_run_json
from contract.run.stream import SampleStream
from loadtests.engines.channels import JOB_FD, emit
from loadtests.engines.closed_loop import ClosedLoop, Seen, Served
from loadtests.engines.delivery import StoppedError
from loadtests.engines.events import GeneratorFailed
from loadtests.engines.user_bodies import bound_bodies
from loadtests.engines.user_file import UserFileError, described, load_users
from loadtests.planning.disclosure import blanked
from loadtests.planning.users import UsersJob

ELSEWHERE = "sent to another address than the variant's"
"""Noted beside a request whose address the file states itself."""

_BYTES_MAX = 2**62
_ERROR_MAX = 120


class LocustFile:
    """The users of a Locust file, and what they send."""

    def __init__(self, job: UsersJob) -> None:
        """Load the file.

        Raises:
            UserFileError: it cannot be used.
        """
        self._job = job
        users = job.users
        self._classes = load_users(users.file, users.classes, users.tags)
        self._defaults = {
            name: dict(user.default_headers or {})
            for name, user in self._classes.items()
            if issubclass(user, FastHttpUser)
        }
        # What the file adds to Locust's options has its defaults; files of settings do not count.
        options = get_parser(default_config_files=[]).parse_args([])
        self._environment = Environment(
            user_classes=list(self._classes.values()),
            events=locust.events,
            tags=list(users.tags) or None,
            stop_timeout=job.timeout_s,
            parsed_options=options,
        )
        self._runner = self._environment.create_local_runner()
        self._runner.quit = self._end_early  # type: ignore[method-assign]
        self._ended_early = Wake()
        self._seen: list[Seen] = []
        self._variant = 0
        self._zero_s = 0.0
        self._exceptions = 0
        self._last_exception = ""
        self._fault = ""
        self._too_large = ""
        bound_bodies(job.body_mib_max << 20, self._refuse_body)
        locust.events.request.add_listener(self._listen)  # type: ignore[no-untyped-call]
        locust.events.user_error.add_listener(self._count_exception)  # type: ignore[no-untyped-call]
        locust.events.init.fire(  # type: ignore[no-untyped-call]
            environment=self._environment, runner=self._runner, web_ui=None
        )

    def _end_early(self) -> None:
        self._ended_early.set()

    def _refuse_body(self, line: str) -> None:
        self._too_large = line
        self._ended_early.set()

    def serve(self, variant: int, duration_s: float) -> Served:
        """As of `Users`."""
        self._seen, self._exceptions, self._variant = [], 0, variant
        self._address(variant)
        gc.collect()
        cpu_s = time.process_time()
        self._zero_s = time.perf_counter()
        count = self._job.users.count
        self._runner.start(count, spawn_rate=count)
        self._ended_early.wait(duration_s - (time.perf_counter() - self._zero_s))
        lasting = self._runner.user_count
        stopping_s = time.perf_counter()
        self._runner.stop()
        drained_s = time.perf_counter()
        cpu_s = time.process_time() - cpu_s
        self._check_end(count - lasting, drained_s - stopping_s)
        return Served(
            self._seen,
            drained_s - self._zero_s,
            cpu_s,
            self._exceptions,
            self._last_exception,
        )

    def _check_end(self, gone: int, stopped_s: float) -> None:
        name = self._job.variants[self._variant]
        if self._fault:
            raise StoppedError(f"a request's event could not be read: {self._fault}")
        if self._too_large:
            raise StoppedError(
                f"{name}: {self._too_large}. Measure a smaller answer, or raise the limit"
            )
        if self._ended_early.is_set():
            raise StoppedError(
                "the Locust file ended the test itself, by runner.quit. Leave that out"
            )
        if gone > 0:
            last = f" The last exception: {self._last_exception}." if self._exceptions else ""
            raise StoppedError(
                f"{name}: {gone} of {self._job.users.count} users ended before the sub-block did, "
                f"by StopUser or an exception in on_start.{last} Let users go on"
            )
        if stopped_s >= self._job.timeout_s:
            raise StoppedError(
                f"{name}: some user's task was still going on {self._job.timeout_s:g} s after the "
                "end of a sub-block, so its request is lost. Make tasks shorter, or raise "
                "target.timeout_s"
            )

    def _address(self, variant: int) -> None:
        """Point all users to a variant."""
        base_url = self._job.base_urls[variant]
        self._environment.host = base_url
        for name, user in self._classes.items():
            user.host = base_url
            if issubclass(user, FastHttpUser):
                user.default_headers = {**self._defaults[name], **self._job.headers[variant]}

    def headers_for(self, url: str) -> dict[str, str]:
        """What makes a request to this address one of the current variant's."""
        return dict(self._job.headers[self._variant]) if self._is_of_variant(url) else {}

    def _is_of_variant(self, url: str) -> bool:
        return _origin(url) == _origin(self._job.base_urls[self._variant])

    def _count_exception(self, exception: BaseException, **_: object) -> None:
        self._exceptions += 1
        self._last_exception = blanked(described(exception), self._job.secrets)

    def _listen(self, **reported: Any) -> None:
        try:
            self._seen.append(self._read(reported))
        except Exception as error:  # noqa: BLE001 - Locust would log it and go on
            self._fault = described(error)

    def _read(self, reported: dict[str, Any]) -> Seen:
        end_s = time.perf_counter() - self._zero_s
        latency_s = _number(reported.get("response_time")) / 1000
        status = getattr(reported.get("response"), "status_code", 0)
        status = status if type(status) is int and 0 < status < 1000 else 0
        error = self._error_of(reported.get("exception"), status)
        if not error and not latency_s >= 0:
            error = "its request event has no response_time"
        size = _number(reported.get("response_length"))
        url = reported.get("url")
        return Seen(
            method=str(reported.get("request_type")),
            name=str(reported.get("name")),
            start_s=end_s - (latency_s if latency_s >= 0 else 0.0),
            latency_s=latency_s,
            # What is no HTTP has none, and is answered all the same.
            status=status or (0 if error else 200),
            error=error,
            body_bytes=int(min(size, _BYTES_MAX)) if size >= 0 else 0,
            note=ELSEWHERE if isinstance(url, str) and not self._is_of_variant(url) else "",
        )

    def _error_of(self, exception: Any, status: int) -> str:
        """Why a request failed: texts of a person's own, and of others only their kind."""
        if not exception:
            return ""
        if isinstance(exception, CatchResponseError | str):
            text = described(CatchResponseError(str(exception))).partition(": ")[2]
            return blanked(text, self._job.secrets)[:_ERROR_MAX] or "failed without a reason"
        return f"status {status}" if status >= 400 else type(exception).__name__


@lru_cache(maxsize=1024)
def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, however a client spells them; empty for what is no address."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        return parts.scheme, host, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None


def _number(value: Any) -> float:
    """A number as it was reported; NaN for anything else, and for what no number is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value) if math.isfinite(value) and value >= 0 else math.nan


def _send_headers(file: LocustFile) -> None:
    """Have every HttpUser send the variant's headers, to the variant's address alone."""
    prepare = HttpSession.prepare_request

    def prepare_request(session: HttpSession, request: Any) -> Any:
        prepared = prepare(session, request)
        prepared.headers.update(file.headers_for(str(prepared.url)))
        return prepared

    HttpSession.prepare_request = prepare_request  # type: ignore[method-assign, assignment]


def main() -> None:
    """Run the job, and say how it ended."""
    with os.fdopen(int(os.environ.pop(JOB_FD)), "rb") as pipe:
        job = TypeAdapter(UsersJob).validate_json(pipe.read())
    folder = Path(job.run_folder)
    try:
        record = read_run_json(folder / RUN_NAME)
        file = LocustFile(job)
        _send_headers(file)
        ClosedLoop(job, record, SampleStream(folder, record), file, emit, time.perf_counter).run()
    except UserFileError as error:
        emit(GeneratorFailed(reason=f"{job.users.name}: {error}"))
    except StoppedError as error:
        emit(GeneratorFailed(reason=str(error)))
    except OSError as error:
        reason = f"{folder}: {error.strerror or error}. Free space or mend the folder"
        emit(GeneratorFailed(reason=reason))
    except SystemExit:
        reason = f"{job.users.name} ended the process, by sys.exit. Leave that out"
        emit(GeneratorFailed(reason=reason))
    except Exception as error:  # noqa: BLE001 - the process ends below
        reason = f"the generator failed ({type(error).__name__}), see its log"
        emit(GeneratorFailed(reason=reason))
        traceback.print_exc()


if __name__ == "__main__":
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        gevent.sleep(0)
        # Whatever threads and users the file still has.
        os._exit(0)

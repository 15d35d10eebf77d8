"""One sample of a scenario, sent through Locust's client: its request, or its whole sequence."""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gevent

from contract.run.observation import Answer, Observation, Place
from loadtests.planning.plan import Job, Scenario
from loadtests.planning.sequences import Request, merged_headers
from loadtests.planning.templates import Template, as_it_is, in_json, in_path, joined
from loadtests.probes.http.answer import (
    add_answers,
    body_hash,
    body_size,
    complaint,
    field_line,
    parse_cost,
    parse_server_timing,
)
from loadtests.probes.http.body import UnfitError, check_json, parse_json, take
from loadtests.probes.http.first_byte import first_byte_s, time_first_bytes


class RecorderError(Exception):
    """A sample could not be taken, which is our own mistake."""


@dataclass(frozen=True)
class _Received:
    """What Locust's client gives of one request.

    Attributes:
        latency_s: from sending to the last byte.
        ttfb_s: from sending to the first byte of the body; NaN where there is none.
        response: None where not even its head could be read.
    """

    latency_s: float
    ttfb_s: float
    response: Any
    exception: Exception | None


class _PreparedRequest:
    """A request of one variant, with as much of it made beforehand as can be."""

    def __init__(self, job: Job, scenario: Scenario, request: Request, variant: int) -> None:
        self.request = request
        self.method = request.method
        self.name = scenario.name
        self.contains = None if request.contains is None else request.contains.encode()
        self.reads_json = bool(request.expected) or any(not part.header for part in request.takes)
        self.judges = bool(self.contains or self.reads_json or request.takes)
        first, *rest = request.paths[variant]
        self._url: Template = (job.base_urls[variant] + first, *rest)
        self._headers = merged_headers(
            {name: (value,) for name, value in job.headers.items()},
            {name: (value,) for name, value in job.callers.get(scenario.caller, {}).items()},
            request.headers[variant],
        )
        self._escape = in_json if request.body_is_json else as_it_is
        parts = [self._url, *self._headers.values(), request.body or ()]
        self._fixed = self._filled({}) if all(len(part) <= 1 for part in parts) else None

    def filled(self, taken: Mapping[str, str]) -> tuple[str, Mapping[str, str], bytes | None]:
        """Address, headers and body to send."""
        return self._fixed or self._filled(taken)

    def _filled(self, taken: Mapping[str, str]) -> tuple[str, Mapping[str, str], bytes | None]:
        body, form = self.request.body, self.request.form
        sent = form.content if form else None
        return (
            joined(self._url, taken, in_path),
            {name: joined(value, taken, as_it_is) for name, value in self._headers.items()},
            sent if body is None else joined(body, taken, self._escape).encode(),
        )


class Exchange:
    """Sends the requests of a job over one client of Locust's, and takes its reports.

    The client's `request_event` is replaced: Locust's own statistics take time, and print the
    addresses of wrong answers, which hold secrets.
    """

    def __init__(self, job: Job, client: Any, *, from_due: bool = False) -> None:
        """Take over a client.

        Args:
            job: what to send.
            client: a `FastHttpSession`.
            from_due: whether latency counts from when a request was due instead of when it was
                sent.
        """
        self._target = job.target
        self._client = client
        self._from_due = from_due
        time_first_bytes()
        client.request_event = _RequestListener
        # A cookie of one variant must not come back with another's request.
        client.client.cookiejar = None
        # Not by an argument of each request: Locust would switch it on and off for all that are
        # under way at the same time.
        client.client.redirect_response_codes = frozenset()
        self._prepared = [
            [
                [_PreparedRequest(job, scenario, request, variant) for request in scenario.sequence]
                for variant in range(len(job.variants))
            ]
            for scenario in job.scenarios
        ]
        self._ignored = [
            re.compile(scenario.ignore.encode()) if scenario.ignore else None
            for scenario in job.scenarios
        ]

    def send(self, place: Place) -> Observation:
        """Send one request, or one sequence up to its first wrong answer, and wait for all of it.

        Raises:
            RecorderError: Locust reported nothing of it.
        """
        ignored = self._ignored[place.scenario]
        sequence = self._prepared[place.scenario][place.variant]
        taken: dict[str, str] = {}
        answers: list[Answer] = []
        for prepared in sequence:
            answers.append(self._answer(prepared, self._request(prepared, taken), taken, ignored))
            if answers[-1].error:
                break
        answer = add_answers(answers) if len(sequence) > 1 else answers[0]
        fields = {**vars(place), **vars(answer)}
        if self._from_due:
            late_s = place.start_s - place.intended_s
            fields["latency_s"] += late_s
            fields["ttfb_s"] += late_s
        return Observation(**fields)

    def _request(self, prepared: _PreparedRequest, taken: Mapping[str, str]) -> _Received:
        url, headers, body = prepared.filled(taken)
        received: list[_Received] = []
        began_s = time.perf_counter()
        try:
            # The client's own limit is for each piece of an answer, and what waits for one of its
            # connections has none.
            with gevent.Timeout(self._target.timeout_s, TimeoutError):
                self._client.request(
                    prepared.method,
                    url,
                    name=prepared.name,
                    headers=headers,
                    data=body,
                    context={"received": received},
                )
        except Exception as error:  # noqa: BLE001 - what a broken body raises and Locust lets pass
            received.append(_Received(time.perf_counter() - began_s, math.nan, None, error))
        if not received:
            raise RecorderError("Locust reported nothing of a request")
        return received[0]

    def _answer(
        self,
        prepared: _PreparedRequest,
        received: _Received,
        taken: dict[str, str],
        ignored: re.Pattern[bytes] | None,
    ) -> Answer:
        """Judge one answer; the values that it gives go into `taken`."""
        response = received.response
        body, exception = _body(response, received.exception)
        # No answer has no headers, and one that Locust let pass is no answer.
        headers: Mapping[str, Any] | None = getattr(response, "headers", None)
        status = int(response.status_code or 0) if headers is not None else 0
        headers = {} if headers is None else headers
        wire_bytes, missing_bytes = body_size(prepared.method, headers, len(body))
        if response is None:
            error = f"unreadable: {type(exception).__name__}"
        else:
            error = complaint(status, prepared.request.status, exception, missing_bytes)
        if prepared.judges and not error:
            error = _judged(prepared, body, headers, taken)
        target = self._target
        return Answer(
            latency_s=received.latency_s,
            status=status,
            error=error,
            wire_bytes=wire_bytes,
            body_bytes=len(body),
            body_hash=body_hash(body, ignored) if status else 0,
            stages=parse_server_timing(field_line(headers, "server-timing"), target.stages),
            counters=parse_cost(field_line(headers, target.cost_header), target.counters),
            ttfb_s=received.ttfb_s,
        )


def _judged(
    prepared: _PreparedRequest, body: bytes, headers: Mapping[str, Any], taken: dict[str, str]
) -> str:
    """What is wrong with an answer of the right status; empty where nothing is."""
    if prepared.contains and prepared.contains not in body:
        return f"the body does not contain {prepared.request.contains!r:.80}"
    try:
        document = parse_json(body) if prepared.reads_json else None
        check_json(document, prepared.request.expected)
        for stated in prepared.request.takes:
            taken[stated.name] = take(stated, document, headers)
    except UnfitError as error:
        return str(error)
    return ""


class _RequestListener:
    """Stands where Locust's request event does; keeps what came of a request in its context."""

    @staticmethod
    def fire(
        *,
        response_time: float,
        response: Any,
        exception: Exception | None,
        context: Mapping[str, Any],
        **_: object,
    ) -> None:
        latency_s = response_time / 1000
        # Locust has stopped its clock just now, and gives away neither when, nor when it began.
        since_first_byte_s = time.perf_counter() - first_byte_s(response)
        context["received"].append(
            _Received(latency_s, latency_s - since_first_byte_s, response, exception)
        )


def _body(response: Any, exception: Exception | None) -> tuple[bytes, Exception | None]:
    """The decoded body, or what kept it from being decoded."""
    try:
        return (b"" if response is None else response.content or b""), exception
    except Exception as error:  # noqa: BLE001 - whatever a broken body makes its decoder raise
        return b"", exception or error

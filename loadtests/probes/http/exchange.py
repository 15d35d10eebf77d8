"""One sample of a scenario, sent through Locust's client: its request, or its whole sequence."""

import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gevent

from contract.run.columns import SampleRow
from loadtests.planning.plan import Job, Scenario
from loadtests.planning.sequences import Request, merged_headers
from loadtests.planning.templates import Template, as_it_is, in_json, in_path, joined
from loadtests.probes.http.answer import (
    body_hash,
    body_size,
    complaint,
    field_line,
    joined_hash,
    parse_cost,
    parse_server_timing,
)
from loadtests.probes.http.body import UnfitError, check_json, parse_json, take
from loadtests.probes.http.first_byte import first_byte_s, time_first_bytes


class RecorderError(Exception):
    """A sample could not be taken, which is our own mistake."""


@dataclass(frozen=True)
class Place:
    """Where a request stands in the schedule; the fields are those of `SampleRow`."""

    scenario: int
    variant: int
    block: int
    round: int
    position: int
    warmup: bool
    intended_s: float
    start_s: float


@dataclass
class _Told:
    """What Locust told of one request.

    Attributes:
        latency_s: from sending to the last byte.
        ttfb_s: from sending to the first byte of the body; NaN where there is none.
    """

    latency_s: float
    ttfb_s: float
    response: Any
    exception: Exception | None


@dataclass(slots=True)
class _Answer:
    """What came back of a request, or of a sequence; the fields are those of `SampleRow`."""

    latency_s: float
    status: int
    error: str
    wire_bytes: int | None
    body_bytes: int
    body_hash: int
    stages: tuple[float, ...]
    counters: tuple[float, ...]
    ttfb_s: float


class _Message:
    """A request of one variant, with as much of it made beforehand as can be."""

    def __init__(self, job: Job, scenario: Scenario, request: Request, variant: int) -> None:
        self.request = request
        self.method = request.method
        self.name = scenario.name
        self.contains = None if request.contains is None else request.contains.encode()
        self.reads_json = bool(request.expected) or any(not one.header for one in request.takes)
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
        self._fixed = self._filled({}) if all(len(one) <= 1 for one in parts) else None

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
    """Sends the requests of a job over one client of Locust's, which from then on tells only us."""

    def __init__(self, job: Job, client: Any) -> None:
        self._target = job.target
        self._client = client
        time_first_bytes()
        client.request_event = _Ear()
        # A cookie of one variant must not come back with another's request.
        client.client.cookiejar = None
        # Not by an argument of each request: Locust would switch it on and off for all that are
        # under way at the same time.
        client.client.redirect_response_codes = frozenset()
        self._messages = [
            [
                [_Message(job, scenario, request, variant) for request in scenario.sequence]
                for variant in range(len(job.variants))
            ]
            for scenario in job.scenarios
        ]
        self._ignored = [
            re.compile(scenario.ignore.encode()) if scenario.ignore else None
            for scenario in job.scenarios
        ]

    def send(self, place: Place) -> SampleRow:
        """Send one request, or one sequence up to its first wrong answer, and wait for all of it.

        Raises:
            RecorderError: Locust told nothing of it.
        """
        messages = self._messages[place.scenario][place.variant]
        ignored = self._ignored[place.scenario]
        taken: dict[str, str] = {}
        answer = self._ask(messages[0], taken, ignored)
        if len(messages) > 1:
            answers = [answer]
            for message in messages[1:]:
                if answers[-1].error:
                    break
                answers.append(self._ask(message, taken, ignored))
            answer = _whole(answers)
        return SampleRow(
            scenario=place.scenario,
            variant=place.variant,
            block=place.block,
            round=place.round,
            position=place.position,
            warmup=place.warmup,
            intended_s=place.intended_s,
            start_s=place.start_s,
            latency_s=answer.latency_s,
            status=answer.status,
            error=answer.error,
            wire_bytes=answer.wire_bytes,
            body_bytes=answer.body_bytes,
            body_hash=answer.body_hash,
            stages=answer.stages,
            counters=answer.counters,
            ttfb_s=answer.ttfb_s,
        )

    def _ask(
        self, message: _Message, taken: dict[str, str], ignored: re.Pattern[bytes] | None
    ) -> _Answer:
        """Send one request; what its answer gives goes into `taken`."""
        url, headers, body = message.filled(taken)
        told: list[_Told] = []
        began_s = time.perf_counter()
        try:
            # The client's own limit is for each piece of an answer, and what waits for one of its
            # connections has none.
            with gevent.Timeout(self._target.timeout_s, TimeoutError):
                self._client.request(
                    message.method,
                    url,
                    name=message.name,
                    headers=headers,
                    data=body,
                    context={"told": told},
                )
        except Exception as error:  # noqa: BLE001 - what a broken body raises and Locust lets pass
            told.append(_Told(time.perf_counter() - began_s, math.nan, None, error))
        if not told:
            raise RecorderError("Locust told nothing of a request")
        return self._read(message, told[0], taken, ignored)

    def _read(
        self,
        message: _Message,
        told: _Told,
        taken: dict[str, str],
        ignored: re.Pattern[bytes] | None,
    ) -> _Answer:
        response = told.response
        body, exception = _body(response, told.exception)
        # No answer has no headers, and one that Locust let pass is no answer.
        headers: Mapping[str, Any] | None = getattr(response, "headers", None)
        status = int(response.status_code or 0) if headers is not None else 0
        headers = {} if headers is None else headers
        size = body_size(message.method, headers, len(body))
        if response is None:
            error = f"unreadable: {type(exception).__name__}"
        else:
            error = complaint(status, message.request.status, exception, size.missing_bytes)
        if message.judges and not error:
            error = _judged(message, body, headers, taken)
        target = self._target
        return _Answer(
            latency_s=told.latency_s,
            status=status,
            error=error,
            wire_bytes=size.wire_bytes,
            body_bytes=len(body),
            body_hash=body_hash(body, ignored) if status else 0,
            stages=parse_server_timing(field_line(headers, "server-timing"), target.stages),
            counters=parse_cost(field_line(headers, target.cost_header), target.counters),
            ttfb_s=told.ttfb_s,
        )


def _judged(
    message: _Message, body: bytes, headers: Mapping[str, Any], taken: dict[str, str]
) -> str:
    """What is wrong with an answer of the right status; empty where nothing is."""
    if message.contains and message.contains not in body:
        return f"the body does not contain {message.request.contains!r:.80}"
    try:
        document = parse_json(body) if message.reads_json else None
        check_json(document, message.request.expected)
        for one in message.request.takes:
            taken[one.name] = take(one, document, headers)
    except UnfitError as error:
        return str(error)
    return ""


def _whole(answers: Sequence[_Answer]) -> _Answer:
    """A sequence as one sample; its last answer is the wrong one, if any is."""
    last = answers[-1]
    sizes = [one.wire_bytes for one in answers if one.wire_bytes is not None]
    return _Answer(
        latency_s=sum(one.latency_s for one in answers),
        status=last.status,
        error=f"request {len(answers)}: {last.error}" if last.error else "",
        wire_bytes=sum(sizes) if len(sizes) == len(answers) else None,
        body_bytes=sum(one.body_bytes for one in answers),
        body_hash=joined_hash([one.body_hash for one in answers]) if last.status else 0,
        stages=_sums([one.stages for one in answers]),
        counters=_sums([one.counters for one in answers]),
        ttfb_s=_sums([(one.ttfb_s,) for one in answers])[0],
    )


def _sums(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Column by column what was told; NaN where nobody told anything."""
    columns = [
        [value for value in column if not math.isnan(value)] for column in zip(*rows, strict=True)
    ]
    return tuple(sum(told) if told else math.nan for told in columns)


class _Ear:
    """Stands where Locust's request event does, so that only we hear of requests.

    Its own statistics take time, and print the addresses of wrong answers, which hold secrets.
    """

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
        context["told"].append(
            _Told(latency_s, latency_s - since_first_byte_s, response, exception)
        )


def _body(response: Any, exception: Exception | None) -> tuple[bytes, Exception | None]:
    """The decoded body, or what kept it from being decoded."""
    try:
        return (b"" if response is None else response.content or b""), exception
    except Exception as error:  # noqa: BLE001 - whatever a broken body makes its decoder raise
        return b"", exception or error

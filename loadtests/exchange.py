"""One request of a scenario, sent through Locust's client: what came back, as a sample says it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loadtests.answer import body_hash, body_size, complaint, parse_cost, parse_server_timing
from loadtests.plan import Job
from reports.record import SampleRow


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
class _Taken:
    """What Locust's request event told of one request."""

    response_time: float
    response: Any
    exception: Exception | None


class Exchange:
    """Sends the requests of a job over one client, which must be prepared by `prepare`."""

    def __init__(self, job: Job, client: Any) -> None:
        self._job = job
        self._client = client
        self._headers = [
            [{**job.headers, **headers} for _, headers in scenario.requests]
            for scenario in job.scenarios
        ]
        self._urls = [
            [
                base_url + path
                for base_url, (path, _) in zip(job.base_urls, scenario.requests, strict=True)
            ]
            for scenario in job.scenarios
        ]
        self._ignored = [
            re.compile(scenario.ignore.encode()) if scenario.ignore else None
            for scenario in job.scenarios
        ]

    @staticmethod
    def prepare(client: Any, request_event: Any) -> None:
        """Make a client of Locust's fit for comparing variants, and listen to what it measures."""
        # A cookie of one variant must not come back with another's request.
        client.client.cookiejar = None
        # Not by an argument of each request: Locust would switch it on and off for all that are
        # under way at the same time.
        client.client.redirect_response_codes = frozenset()
        request_event.add_listener(_listen)

    def send(self, place: Place) -> SampleRow:
        """Send one request and wait for its answer.

        Raises:
            RecorderError: Locust told nothing of it.
        """
        scenario = self._job.scenarios[place.scenario]
        taken: list[_Taken] = []
        self._client.request(
            scenario.method,
            self._urls[place.scenario][place.variant],
            name=scenario.name,
            headers=self._headers[place.scenario][place.variant],
            context={"taken": taken},
        )
        if not taken:
            raise RecorderError("Locust told nothing of a request")
        return self._row(place, taken[0])

    def _row(self, place: Place, taken: _Taken) -> SampleRow:
        scenario = self._job.scenarios[place.scenario]
        response = taken.response
        body, exception = _body(response, taken.exception)
        headers: Mapping[str, str] = response.headers or {}
        status = int(response.status_code or 0)
        size = body_size(scenario.method, headers, len(body))
        target = self._job.target
        return SampleRow(
            scenario=place.scenario,
            variant=place.variant,
            block=place.block,
            round=place.round,
            position=place.position,
            warmup=place.warmup,
            intended_s=place.intended_s,
            start_s=place.start_s,
            latency_s=taken.response_time / 1000,
            status=status,
            error=complaint(status, scenario.status, exception, size.missing_bytes),
            wire_bytes=size.wire_bytes,
            body_bytes=len(body),
            body_hash=body_hash(body, self._ignored[place.scenario]) if status else 0,
            stages=parse_server_timing(headers.get("server-timing"), target.stages),
            counters=parse_cost(headers.get(target.cost_header), target.counters),
        )


def _listen(
    response_time: float,
    response: Any,
    exception: Exception | None,
    context: Mapping[str, Any],
    **_: object,
) -> None:
    # Locust logs what a listener raises and goes on, so nothing that could fail happens here.
    context["taken"].append(_Taken(response_time, response, exception))


def _body(response: Any, exception: Exception | None) -> tuple[bytes, Exception | None]:
    """The decoded body, or what kept it from being decoded."""
    try:
        return response.content or b"", exception
    except Exception as error:  # noqa: BLE001 - whatever a broken body makes its decoder raise
        return b"", exception or error

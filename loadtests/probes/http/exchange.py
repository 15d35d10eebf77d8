"""One sample of a scenario, over connections of its own: its request, or its whole sequence."""

import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contract.run.observation import LATE, Answer, Observation, Place
from loadtests.planning.plan import Job, Scenario
from loadtests.planning.sequences import Request, merged_headers
from loadtests.planning.templates import (
    Template,
    as_it_is,
    drawn_in,
    in_json,
    in_path,
    joined,
)
from loadtests.planning.urls import url_path
from loadtests.probes.http.answer import (
    add_answers,
    parse_cost,
    parse_server_timing,
)
from loadtests.probes.http.body import UnfitError, check_json, parse_json, take
from loadtests.probes.http.codings import CodingError, decoded, reject_transfer_codings
from loadtests.probes.http.connections import Connections, Origin
from loadtests.probes.http.documents import (
    DOCUMENT_BYTES_MAX,
    DOCUMENT_BYTES_MAX_UNDER_LOAD,
    BodyHashes,
)
from loadtests.probes.http.draws import Drawer, Drawn, text_with
from loadtests.probes.http.events import EventReader, EventReply
from loadtests.probes.http.message import BrokenAnswerError, Reply, request_bytes, send, tokens
from loadtests.probes.http.tls import explain_tls

UNKNOWN_STATUSES = frozenset({404, 405, 501})
"""By these a service says that it does not know a request."""

_ENCODING, _TIMING = "content-encoding", "server-timing"


@dataclass(frozen=True)
class _Received:
    """What came back of one request.

    Attributes:
        began_s: when a connection was asked for, by `time.perf_counter`.
        latency_s: from asking for a connection to the last byte, or to the failure.
        ttfb_s: to the first byte of the body; NaN where there is none.
        failure: why there is no whole answer; empty where there is one.
        opened, replaced: connections, as of an observation.
    """

    reply: Reply
    began_s: float
    latency_s: float
    ttfb_s: float
    failure: str
    opened: int
    replaced: int


class _PreparedRequest:
    """A request of one variant, with as much of it made beforehand as can be."""

    def __init__(self, job: Job, scenario: Scenario, request: Request, variant: int) -> None:
        self.request = request
        self.method = request.method
        self.contains = request.contains.encode() if request.contains else b""
        self.contains_gaps = bool(drawn_in(request.contains or ""))
        self.reads_json = bool(request.expected) or any(not part.header for part in request.takes)
        self.judges = bool(self.contains or self.reads_json or request.takes)
        url = job.base_urls[variant]
        self.origin = Origin.of(url, job.target.host or "")
        first, *rest = request.paths[variant]
        self._target: Template = (url_path(url) + first, *rest)
        self._headers = merged_headers(
            {"Accept-Encoding": ("identity",)} if request.events else {},
            {name: (value,) for name, value in job.headers.items()},
            {name: (value,) for name, value in job.callers.get(scenario.caller, {}).items()},
            request.headers[variant],
        )
        options = next((v for k, v in self._headers.items() if k.lower() == "connection"), ())
        # RFC 9112, 9.6: whoever says close sends nothing more.
        self.closes = "close" in tokens(["".join(options)])
        costs = job.target.cost_header.lower() if job.target.counters else ""
        stages = _TIMING if job.target.stages else ""
        taken = (part.header for part in request.takes)
        names = {_ENCODING, costs, stages, *taken} - {""}
        self.wanted = frozenset(name.encode("latin-1") for name in names)
        self._escape = in_json if request.body_is_json else as_it_is
        parts = [self._target, *self._headers.values(), request.body or ()]
        gaps = any(len(part) > 1 for part in parts) or bool(request.form and request.form.gaps)
        self._fixed = None if gaps else self._filled({})

    def reply(self) -> Reply:
        """Where the answer is read into."""
        bodyless = self.method == "HEAD"
        if kind := self.request.events:
            reader = EventReader(kind, self.request.until)
            return EventReply(self.wanted, bodyless=bodyless, reader=reader)
        return Reply(self.wanted, bodyless=bodyless)

    def filled(self, taken: Mapping[str, str]) -> bytes:
        """The whole request to send."""
        return self._fixed or self._filled(taken)

    def _filled(self, taken: Mapping[str, str]) -> bytes:
        body, form = self.request.body, self.request.form
        sent = form.filled(taken) if form else None
        if body is not None:
            sent = joined(body, taken, self._escape).encode()
        target = joined(self._target, taken, in_path)
        headers = {name: joined(value, taken, as_it_is) for name, value in self._headers.items()}
        return request_bytes(self.method, target, self.origin.field, headers, sent)


class Exchange:
    """Sends the requests of a job, each once, and judges the answers."""

    def __init__(
        self,
        job: Job,
        *,
        from_due: bool = False,
        keep_body: Callable[[bytes], object] | None = None,
    ) -> None:
        """Take a job; connections are opened when they are needed.

        Args:
            job: what to send.
            from_due: whether latency counts from when a request was due instead of when it was
                sent.
            keep_body: takes the decoded body of each answer; a run keeps none.
        """
        self._target = job.target
        self._from_due = from_due
        self._keep_body = keep_body
        # Under load as many at once as were planned; otherwise there is one anyway.
        at_once_max = job.load.in_flight_max if from_due else None
        self._connections = Connections(at_once_max, job.tls)
        self._prepared = [
            [
                [_PreparedRequest(job, scenario, request, variant) for request in scenario.sequence]
                for variant in range(len(job.variants))
            ]
            for scenario in job.scenarios
        ]
        bytes_max = DOCUMENT_BYTES_MAX_UNDER_LOAD if from_due else DOCUMENT_BYTES_MAX
        self._hashes = [
            BodyHashes(compiled(scenario.ignore), scenario.noise, bytes_max)
            for scenario in job.scenarios
        ]
        self._drawer = Drawer(job)
        self._new = [scenario.new for scenario in job.scenarios]

    def send(self, place: Place) -> Observation:
        """Send one request, or one sequence up to its first wrong answer; wait for all of it."""
        hashes = self._hashes[place.scenario]
        unknown_is_right = self._new[place.scenario] and place.variant == 0
        sequence = self._prepared[place.scenario][place.variant]
        drawn = self._drawer.draw(place)
        taken = dict(drawn.values)
        answers: list[Answer] = []
        for prepared in sequence:
            received = self._request(prepared, taken)
            number = len(answers) + 1
            answer = self._answer(prepared, received, taken, drawn, hashes, number)
            if unknown_is_right and answer.status in UNKNOWN_STATUSES:
                answers.append(replace(answer, error=""))
                break
            answers.append(answer)
            if answer.error:
                break
        answer = add_answers(answers) if len(sequence) > 1 else answers[0]
        fields = {**vars(place), **vars(answer)}
        if self._from_due:
            late_s = place.start_s - place.intended_s
            fields["latency_s"] += late_s
            for name in ("ttfb_s", "first_event_s", "last_byte_s"):
                fields[name] += late_s
        return Observation(**fields, row=drawn.row)

    def prepare(self, scenario: int, number: int) -> None:
        """Draw for a round before it is time to send."""
        self._drawer.prepare(scenario, number)

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def _request(self, prepared: _PreparedRequest, taken: Mapping[str, str]) -> _Received:
        request = prepared.filled(taken)
        reply = prepared.reply()
        connection, whole, failure = None, False, ""
        began_s = time.perf_counter()
        deadline_s = began_s + self._target.timeout_s
        try:
            connection = self._connections.take(prepared.origin, deadline_s)
            try:
                sent = send(connection.socket, request, deadline_s)
            except ConnectionError:
                if connection.opened:
                    raise
                # It was closed just now, and not a byte has left.
                self._connections.replace(prepared.origin, connection, deadline_s)
                sent = send(connection.socket, request, deadline_s)
            whole = sent.whole
            reply.read(connection.socket, deadline_s, sent.early)
        except (OSError, BrokenAnswerError) as error:
            failure = _failure(error, self._target.timeout_s)
            failure += reply.hint(error) if isinstance(reply, EventReply) else ""
        ended_s = time.perf_counter()
        if connection is not None:
            if isinstance(reply, EventReply) and not failure:
                reply.read_rest(connection.socket)
            keep = whole and not failure and reply.keeps_alive and not prepared.closes
            self._connections.give_back(prepared.origin, connection, keep=keep)
        return _Received(
            reply,
            began_s,
            ended_s - began_s,
            reply.body_began_s - began_s,
            failure,
            connection.opened if connection else 0,
            connection.replaced if connection else 0,
        )

    def _answer(
        self,
        prepared: _PreparedRequest,
        received: _Received,
        taken: dict[str, str],
        drawn: Drawn,
        hashes: BodyHashes,
        number: int,
    ) -> Answer:
        """Judge one answer; the values that it gives go into `taken`."""
        reply, error, note = received.reply, received.failure, ""
        body = b"".join(reply.pieces)
        if not error:
            try:
                reject_transfer_codings(reply.lines("transfer-encoding"))
                body, note = decoded(body, reply.lines(_ENCODING))
            except CodingError as broken:
                error = str(broken)
        if isinstance(reply, EventReply) and not error:
            error = reply.complaint()
        if reply.status and reply.status != prepared.request.status:
            error = f"status {reply.status}, expected {prepared.request.status}"
        elif error and reply.status:
            error = f"status {reply.status}, but {error}"
        if prepared.judges and not error:
            error = _judged(prepared, body, reply, taken, drawn.values)
        body_bytes = len(body)
        body = drawn.without_unique(body)
        if self._keep_body:
            self._keep_body(body)
        target = self._target
        made = Answer(
            latency_s=received.latency_s,
            status=reply.status,
            error=error,
            wire_bytes=reply.wire_bytes,
            body_bytes=body_bytes,
            body_hash=hashes.of(body, number) if reply.status else 0,
            stages=parse_server_timing(reply.lines(_TIMING), target.stages),
            counters=parse_cost(reply.lines(target.cost_header.lower()), target.counters),
            ttfb_s=received.ttfb_s,
            connections_opened=received.opened,
            connections_replaced=received.replaced,
            stall_s=reply.stall_s,
            note=note,
        )
        return reply.timed(made, received.began_s) if isinstance(reply, EventReply) else made


def compiled(ignore: str | None) -> re.Pattern[bytes] | None:
    """A scenario's `ignore`, for bodies."""
    return re.compile(ignore.encode()) if ignore else None


def _failure(error: Exception, timeout_s: float) -> str:
    """Why there is no whole answer; what the service wrote is not in it."""
    if isinstance(error, BrokenAnswerError):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"{LATE} {timeout_s:g} s"
    if isinstance(error, ssl.SSLError):
        return explain_tls(error)
    return type(error).__name__


def _judged(
    prepared: _PreparedRequest,
    body: bytes,
    reply: Reply,
    taken: dict[str, str],
    drawn: Mapping[str, str],
) -> str:
    """What is wrong with an answer of the right status; empty where nothing is."""
    wanted = prepared.contains
    if prepared.contains_gaps:
        wanted = text_with(prepared.request.contains or "", drawn).encode()
    if wanted not in body:
        return f"the body does not contain {prepared.request.contains!r:.80}"
    try:
        document: Any = parse_json(body) if prepared.reads_json else None
        check_json(document, prepared.request.expected, drawn)
        for stated in prepared.request.takes:
            taken[stated.name] = take(stated, document, reply.lines(stated.header))
    except UnfitError as error:
        return str(error)
    return ""

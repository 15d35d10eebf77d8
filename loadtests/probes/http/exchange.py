"""One sample of a scenario, over connections of its own: its request, or its whole sequence."""

import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contract.config.answers import shown_statuses
from contract.run.observation import LATE, Answer, Observation, Place
from loadtests.planning.expressions import Ignored
from loadtests.planning.plan import Job
from loadtests.planning.sequences import Request
from loadtests.planning.setups import Cookie, Given
from loadtests.probes.http.answer import (
    add_answers,
    parse_cost,
    parse_server_timing,
)
from loadtests.probes.http.body import UnfitError, check_json, parse_json, take
from loadtests.probes.http.codings import CodingError, decoded, reject_transfer_codings
from loadtests.probes.http.connections import Connections, Origin
from loadtests.probes.http.cookies import Jar, is_local
from loadtests.probes.http.documents import (
    DOCUMENT_BYTES_MAX,
    DOCUMENT_BYTES_MAX_UNDER_LOAD,
    BodyHashes,
)
from loadtests.probes.http.draws import Drawer, Drawn, text_with
from loadtests.probes.http.events import EventReply
from loadtests.probes.http.message import BrokenAnswerError, Reply, send
from loadtests.probes.http.prepared import ENCODING, SET_COOKIE, TIMING, PreparedRequest, Visit
from loadtests.probes.http.redirects import LOCATION, redirect_hint
from loadtests.probes.http.tls import explain_tls

UNKNOWN_STATUSES = frozenset({404, 405, 501})
"""By these a service says that it does not know a request."""


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
        self._job = job
        given = job.given or (Given(),) * len(job.variants)
        self._given = [one.values for one in given]
        self._jars = [
            _jar(Origin.of(url, job.target.host or ""), one.cookies) if job.target.session else None
            for url, one in zip(job.base_urls, given, strict=True)
        ]
        self._before, self._prepared, self._after = (
            [
                [
                    [
                        PreparedRequest(job, scenario.caller, request, variant)
                        for request in getattr(scenario, part)
                    ]
                    for variant in range(len(job.variants))
                ]
                for scenario in job.scenarios
            ]
            for part in ("before", "sequence", "after")
        )
        # Of a sample with requests around it, which are never sent under load.
        self._visit: Visit | None = None
        bytes_max = DOCUMENT_BYTES_MAX_UNDER_LOAD if from_due else DOCUMENT_BYTES_MAX
        self._hashes = [
            BodyHashes(Ignored.of(scenario.ignore), scenario.noise, bytes_max)
            for scenario in job.scenarios
        ]
        self._drawer = Drawer(job)
        self._new = [scenario.new for scenario in job.scenarios]

    def before(self, scenario: int, variant: int) -> None:
        """Send what comes before a scenario's next sample, if anything does."""
        prepared = self._before[scenario][variant]
        self._visit = None
        if not prepared:
            return
        visit = self._visit = self._new_visit(variant, self._drawer.latest(scenario))
        answers, whole = self._follow(
            prepared, visit, None, new=self._may_be_new(scenario, variant)
        )
        if not whole:
            last = answers[-1]
            error = last.error and f"before, request {len(answers)}: {last.error}"
            visit.failed = replace(last, error=error)

    def send(self, place: Place) -> Observation:
        """Send one request, or one sequence up to its first wrong answer; wait for all of it."""
        sequence = self._prepared[place.scenario][place.variant]
        visit, self._visit = self._visit, None
        if visit is None:
            visit = self._new_visit(place.variant, self._drawer.draw(place))
        if visit.failed:
            answer = visit.failed
        else:
            answers, _ = self._follow(
                sequence,
                visit,
                self._hashes[place.scenario],
                new=self._may_be_new(place.scenario, place.variant),
            )
            answer = add_answers(answers) if len(sequence) > 1 else answers[0]
        if self._after[place.scenario][place.variant]:
            self._visit = visit
        fields = {**vars(place), **vars(answer)}
        if self._from_due:
            late_s = place.start_s - place.intended_s
            fields["latency_s"] += late_s
            for name in ("ttfb_s", "first_event_s", "last_byte_s"):
                fields[name] += late_s
        return Observation(**fields, row=visit.drawn.row)

    def prepare(self, scenario: int, number: int) -> None:
        """Draw for a round before it is time to send."""
        self._drawer.prepare(scenario, number)

    def after(self, sample: Observation) -> Observation:
        """Send what comes after a sample, also after a wrong one; the sample, wrong if that failed.

        What needs a value that no answer has given is left out.
        """
        prepared = self._after[sample.scenario][sample.variant]
        visit, self._visit = self._visit, None
        if not prepared or visit is None:
            return sample
        new = self._may_be_new(sample.scenario, sample.variant)
        for number, request in enumerate(prepared, 1):
            if not request.gaps <= visit.taken.keys():
                continue
            (answer, *_), _ = self._follow([request], visit, None, new=new)
            if answer.error:
                error = f"after, request {number}: {answer.error}"
                return replace(sample, error=sample.error or error)
        return sample

    def send_alone(self, request: Request, variant: int, taken: dict[str, str]) -> Answer:
        """Send one request that belongs to no scenario; what it takes goes into `taken`."""
        prepared = PreparedRequest(self._job, "", request, variant)
        (answer, *_), _ = self._follow([prepared], Visit(taken, self._jars[variant]), None)
        return answer

    def cookies(self, variant: int) -> tuple[Cookie, ...]:
        """What a variant's session holds."""
        jar = self._jars[variant]
        return jar.cookies if jar else ()

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def _new_visit(self, variant: int, drawn: Drawn) -> Visit:
        """Under load requests overlap, so each sample is a session of its own."""
        jar = self._jars[variant]
        jar = jar.copy() if jar and self._from_due else jar
        return Visit({**self._given[variant], **drawn.values}, jar, drawn=drawn)

    def _may_be_new(self, scenario: int, variant: int) -> bool:
        """Whether a variant, the base, need not know a scenario's requests."""
        return self._new[scenario] and variant == 0

    def _follow(
        self,
        sequence: Sequence[PreparedRequest],
        visit: Visit,
        hashes: BodyHashes | None,
        *,
        new: bool = False,
    ) -> tuple[list[Answer], bool]:
        """Send a sequence up to its first wrong answer; the answers, and whether all was sent.

        Args:
            sequence: at least one request.
            visit: takes values and cookies.
            hashes: of bodies; None where nothing is compared.
            new: whether it is right not to know a request, which ends the sequence.
        """
        answers: list[Answer] = []
        for prepared in sequence:
            if prepared.request.pause_s:
                time.sleep(prepared.request.pause_s)
            received = self._request(prepared, visit)
            answer = self._answer(prepared, received, visit, hashes, len(answers) + 1)
            if new and answer.status in UNKNOWN_STATUSES:
                answers.append(replace(answer, error=""))
                return answers, False
            answers.append(answer)
            if answer.error:
                return answers, False
        return answers, True

    def _request(self, prepared: PreparedRequest, visit: Visit) -> _Received:
        request = prepared.filled(visit)
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
        if visit.jar:
            visit.jar.keep(reply.lines(SET_COOKIE), prepared.target(visit.taken))
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
        prepared: PreparedRequest,
        received: _Received,
        visit: Visit,
        hashes: BodyHashes | None,
        number: int,
    ) -> Answer:
        """Judge one answer; the values that it gives go into the visit."""
        reply, error, note = received.reply, received.failure, ""
        body = b"".join(reply.pieces)
        if not error:
            try:
                reject_transfer_codings(reply.lines("transfer-encoding"))
                body, note = decoded(body, reply.lines(ENCODING), reply.bytes_max)
            except CodingError as broken:
                error = str(broken)
        if isinstance(reply, EventReply) and not error:
            error = reply.complaint()
        if reply.status and reply.status not in prepared.request.status:
            error = f"status {reply.status}, expected {shown_statuses(prepared.request.status)}"
            error += redirect_hint(
                reply.status,
                reply.lines(LOCATION),
                prepared.origin.shown,
                prepared.target(visit.taken),
            )
        elif error and reply.status:
            error = f"status {reply.status}, but {error}"
        if prepared.judges and not error:
            error = _judged(prepared, body, reply, visit)
        body_bytes = len(body)
        body = visit.drawn.without_unique(body)
        if self._keep_body and hashes:
            self._keep_body(body)
        target = self._target
        made = Answer(
            latency_s=received.latency_s,
            status=reply.status,
            error=error,
            wire_bytes=reply.wire_bytes,
            body_bytes=body_bytes,
            body_hash=hashes.of(body, number) if hashes and reply.status else 0,
            stages=parse_server_timing(reply.lines(TIMING), target.stages),
            counters=parse_cost(reply.lines(target.cost_header.lower()), target.counters),
            ttfb_s=received.ttfb_s,
            connections_opened=received.opened,
            connections_replaced=received.replaced,
            stall_s=reply.stall_s,
            note=note,
        )
        return reply.timed(made, received.began_s) if isinstance(reply, EventReply) else made


def _jar(origin: Origin, cookies: tuple[Cookie, ...]) -> Jar:
    # A socket's requests never leave this machine, whatever their Host header says.
    is_safe = origin.tls or bool(origin.path) or is_local(origin.host)
    return Jar(origin.name or origin.field.partition(":")[0], tls=is_safe, cookies=cookies)


def _failure(error: Exception, timeout_s: float) -> str:
    """Why there is no whole answer; what the service wrote is not in it."""
    if isinstance(error, BrokenAnswerError):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"{LATE} {timeout_s:g} s"
    if isinstance(error, ssl.SSLError):
        return explain_tls(error)
    return type(error).__name__


def _judged(prepared: PreparedRequest, body: bytes, reply: Reply, visit: Visit) -> str:
    """What is wrong with an answer of the right status; empty where nothing is."""
    wanted, drawn = prepared.contains, visit.drawn.values
    if prepared.contains_gaps:
        wanted = text_with(prepared.request.contains or "", drawn).encode()
    if wanted not in body:
        return f"the body does not contain {prepared.request.contains!r:.80}"
    try:
        document: Any = parse_json(body) if prepared.reads_json else None
        check_json(document, prepared.request.expected, drawn)
        for stated in prepared.request.takes:
            lines = reply.lines(stated.header)
            visit.taken[stated.name] = take(stated, document, lines, body, prepared.origin.shown)
    except UnfitError as error:
        return str(error)
    return ""

"""One request of one variant, made ready to send; and what earlier answers have given to it."""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.run.observation import Answer
from loadtests.planning.plan import Job
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
from loadtests.probes.http.body import path_of
from loadtests.probes.http.connections import Origin
from loadtests.probes.http.cookies import Jar
from loadtests.probes.http.draws import NOTHING, Drawn
from loadtests.probes.http.events import EventReader, EventReply
from loadtests.probes.http.message import Reply, request_bytes, tokens
from loadtests.probes.http.redirects import LOCATION

ENCODING, TIMING, SET_COOKIE = "content-encoding", "server-timing", "set-cookie"


@dataclass
class Visit:
    """One sample's requests, and those around them.

    Attributes:
        taken: values of the set-up and of earlier answers, by name.
        jar: the session's cookies; None where none is kept.
        failed: the answer after which nothing more is measured.
        drawn: what fills the gaps of its round.
    """

    taken: dict[str, str]
    jar: Jar | None = None
    failed: Answer | None = None
    drawn: Drawn = NOTHING


class PreparedRequest:
    """A request of one variant, with as much of it made beforehand as can be."""

    def __init__(self, job: Job, caller: str, request: Request, variant: int) -> None:
        self.request = request
        self.method = request.method
        self.contains = request.contains.encode() if request.contains else b""
        self.contains_gaps = bool(drawn_in(request.contains or ""))
        self.reads_json = bool(request.expected) or any(part.in_json for part in request.takes)
        self.judges = bool(self.contains or self.reads_json or request.takes)
        url = job.base_urls[variant]
        self.origin = Origin.of(url, job.target.host or "")
        first, *rest = request.paths[variant]
        # An address that a service gives holds the path below which it answers.
        below = "" if request.to_taken else url_path(url)
        self._target: Template = (below + first, *rest)
        self._headers = merged_headers(
            {"Accept-Encoding": ("identity",)} if request.events else {},
            {name: (value,) for name, value in job.headers.items()},
            {name: (value,) for name, value in job.callers.get(caller, {}).items()},
            request.headers[variant],
        )
        options = next((v for k, v in self._headers.items() if k.lower() == "connection"), ())
        # RFC 9112, 9.6: whoever says close sends nothing more.
        self.closes = "close" in tokens(["".join(options)])
        costs = job.target.cost_header.lower() if job.target.counters else ""
        stages = TIMING if job.target.stages else ""
        taken = (part.header for part in request.takes)
        cookies = SET_COOKIE if job.target.session else ""
        names = {ENCODING, LOCATION, costs, stages, cookies, *taken} - {""}
        self.body_bytes_max = job.target.body_mib_max << 20
        self.wanted = frozenset(name.encode("latin-1") for name in names)
        self._escape = in_json if request.body_is_json else as_it_is
        parts = [self._target, *self._headers.values(), request.body or ()]
        self.gaps = frozenset(name for part in parts for name in part[1::2])
        given = job.given[variant].values if job.given else {}
        in_form = frozenset(request.form.gaps if request.form else ())
        self.gaps |= in_form
        is_fixed = self.gaps <= given.keys() and not job.target.session
        self._fixed = self._filled(given, "") if is_fixed else None

    def reply(self) -> Reply:
        """Where the answer is read into."""
        bodyless = self.method == "HEAD"
        if kind := self.request.events:
            reader = EventReader(kind, self.request.until)
            return EventReply(self.wanted, self.body_bytes_max, bodyless=bodyless, reader=reader)
        return Reply(self.wanted, self.body_bytes_max, bodyless=bodyless)

    def filled(self, visit: Visit) -> bytes:
        """The whole request to send."""
        if self._fixed:
            return self._fixed
        cookies = visit.jar.field(self.target(visit.taken)) if visit.jar else ""
        return self._filled(visit.taken, cookies)

    def target(self, taken: Mapping[str, str]) -> str:
        """Path and query."""
        if not self.request.to_taken:
            return joined(self._target, taken, in_path)
        _, name, query = self._target
        path = path_of(taken[name], self.origin.shown)
        return path + (query.replace("?", "&", 1) if "?" in path else query)

    def _filled(self, taken: Mapping[str, str], cookies: str) -> bytes:
        body, form = self.request.body, self.request.form
        sent = form.filled(taken) if form else None
        if body is not None:
            sent = joined(body, taken, self._escape).encode()
        headers = {name: joined(value, taken, as_it_is) for name, value in self._headers.items()}
        if cookies:  # A stated header wins.
            headers = merged_headers({"Cookie": cookies}, headers)
        return request_bytes(self.method, self.target(taken), self.origin.field, headers, sent)

"""Sends every scenario twice in every variant by the probe that measures; keeps the bodies."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from contract.run.observation import Observation, Place
from loadtests.beside import beside
from loadtests.planning.plan import Job
from loadtests.probes.http.exchange import Exchange

BODY_KEPT_BYTES_MAX = 2**22
"""Of each body; what follows is not looked through for differences."""

KEPT_BYTES_MAX = 2**27
"""Of all bodies together."""

PATIENCE_S = 5.0
"""So long is an answer waited for once another has not come within the configuration's own time."""

ROWS_TRIED = 5
"""So many rows of a scenario are sent before two revisions are measured: what one answer says, such
as when, may be missing from another."""

SECOND_AFTER_S = 1.1
"""So much later the second answers are sent for: a time in whole seconds has changed by then."""


@dataclass(frozen=True)
class Sent:
    """One answer to one scenario in one variant.

    Attributes:
        bodies: decoded, of each request of the sequence, cut where they are long.
        whole: whether no body is cut.
        others: of a scenario with rows, the answers to its next rows.
        around_s: beside the latency: requests before and after it, and pauses.
    """

    observation: Observation
    bodies: tuple[bytes, ...]
    whole: bool
    others: tuple["Sent", ...] = ()
    around_s: float = 0.0


Answers = Mapping[tuple[int, int], tuple[Sent, ...]]
"""By index of scenario and variant; shorter where it was stopped."""


@dataclass
class Sender:
    """The exchange of one check.

    Attributes:
        times: how often each scenario is sent.
        rows: how many rows are sent each time, of a scenario that has so many.
        stopped: set by whoever waits for it, to send nothing more.
    """

    job: Job
    times: int = 2
    rows: int = 1
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    stopped: bool = False
    _bodies: list[bytes] = field(default_factory=list)
    _kept_bytes: int = 0

    def send_all(self) -> Answers:
        """Send all scenarios, then all again.

        What was not answered at all is not sent again, because each wait may be long.
        """
        exchange = Exchange(self.job, keep_body=self._bodies.append)
        answers: dict[tuple[int, int], tuple[Sent, ...]] = {}
        began_s = self.clock()
        places = [
            (scenario, variant)
            for scenario in range(len(self.job.scenarios))
            for variant in range(len(self.job.variants))
        ]
        try:
            for repetition in range(self.times):
                for place in places:
                    earlier = answers.get(place, ())
                    if self.stopped or (earlier and not earlier[0].observation.status):
                        continue
                    sent = self._send(exchange, place, repetition, self.clock() - began_s)
                    others = range(1, self._rows_of(place[0])) if sent.observation.status else ()
                    sent = replace(
                        sent,
                        others=tuple(
                            self._send(exchange, place, repetition, self.clock() - began_s, draw)
                            for draw in others
                        ),
                    )
                    answers[place] = (*earlier, sent)
                    timeout_s = self.job.target.timeout_s
                    if sent.observation.latency_s >= timeout_s > PATIENCE_S:
                        self.job = _with_timeout(self.job, PATIENCE_S)
                        exchange.close()
                        exchange = Exchange(self.job, keep_body=self._bodies.append)
                if repetition + 1 < self.times and not self.stopped:
                    self.sleep(max(0.0, began_s + SECOND_AFTER_S - self.clock()))
        finally:
            exchange.close()
        return answers

    def _rows_of(self, scenario: int) -> int:
        """How many rows of a scenario are sent."""
        draws = self.job.scenarios[scenario].draws
        return min(self.rows, draws.rows.count) if draws and draws.rows else 1

    def _send(
        self,
        exchange: Exchange,
        place: tuple[int, int],
        repetition: int,
        now_s: float,
        draw: int = 0,
    ) -> Sent:
        self._bodies.clear()
        scenario, variant = place
        began_s = self.clock()
        # Both times with the same row: what differs then differs by itself.
        exchange.prepare(scenario, draw)
        exchange.before(scenario, variant)
        observation = exchange.send(
            Place(scenario, variant, 0, repetition, variant, True, now_s, now_s, draw=draw)
        )
        observation = exchange.after(observation)
        around_s = max(0.0, self.clock() - began_s - observation.latency_s)
        kept = []
        for body in self._bodies:
            room = max(0, min(BODY_KEPT_BYTES_MAX, KEPT_BYTES_MAX - self._kept_bytes))
            kept.append(body[:room])
            self._kept_bytes += len(kept[-1])
        whole = sum(map(len, kept)) == sum(map(len, self._bodies))
        self._bodies.clear()
        return Sent(observation, tuple(kept), whole, around_s=around_s)


def _with_timeout(job: Job, timeout_s: float) -> Job:
    return replace(job, target=job.target.model_copy(update={"timeout_s": timeout_s}))


async def send_beside(sender: Sender) -> Answers:
    """Send everything beside the loop, until it is done or nobody waits for it any more."""
    try:
        return await beside(sender.send_all)
    finally:
        sender.stopped = True

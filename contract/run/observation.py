"""One measured request: what the engine knows before it is sent, and what came back."""

import math
from dataclasses import dataclass

LATE = "no whole answer within"
"""In the error of an answer that took longer than `target.timeout_s`."""


DELAYED_ACKNOWLEDGEMENTS_S = ((0.0385, 0.048), (0.195, 0.215))
"""How long a receiver delays an acknowledgement: Linux 40 ms, Windows and BSD up to 200 ms. What is
seen is that and the way there and back."""


@dataclass(frozen=True)
class Place:
    """Where a request stands in the schedule.

    Attributes:
        scenario, variant: index into the run's scenarios and variants.
        block: the stretch between two housekeeping pauses; counted per scenario from 0. With
            restarts, of one pair of starts. Under load a probe, a step of the capacity search, or a
            switchback block; counted over the run.
        round: counted per scenario from 0; warm-up rounds have numbers too. Under load the number
            of the arrival in its step; in a switchback block's first half, and likewise in its
            second, arrivals of one number are alike in all variants.
        position: place in the round's random order, from 0. Under load the step's place in its
            block: with K variants, the first K steps run each once, the last K in reverse order.
        warmup: recorded but not compared.
        intended_s, start_s: seconds since the run's first request was due, monotonic clock.
    """

    scenario: int
    variant: int
    block: int
    round: int
    position: int
    warmup: bool
    intended_s: float
    start_s: float


@dataclass(frozen=True)
class Answer:
    """What came back of a request, or of a sequence of requests.

    Attributes:
        latency_s: from sending, under load from when it was due, to the last byte of the body; of a
            sequence the sum over its requests.
        status: HTTP status, 0 when no answer came; of a sequence the last one.
        error: empty, or why this answer does not count as a right one.
        wire_bytes, body_bytes: body as transferred (None where unknown), and decoded.
        body_hash: of the decoded body less what the scenario ignores; 0 when no answer came.
        stages: seconds by stage, NaN where absent; ordered as the run's stages.
        counters: ordered as the run's counters, NaN where absent.
        ttfb_s: from the moment from which `latency_s` counts to the first byte of the body, of a
            sequence the sum over its requests; NaN where there is no body, or it is unknown.
        first_event_s, last_byte_s: from the same moment to the end of a stream's first event, and
            to the last byte of its last one; of a sequence those of its stream, from when that was
            asked for; NaN of other answers.
        events_per_s: a stream's events after the first for each second from the first to the last
            event; NaN with fewer than two, or where all were read at once.
        connections_opened, connections_replaced: how many were opened for it, and how many of those
            because one that was kept had been closed; of a sequence the sums.
        stall_s: the longest wait between two pieces of an answer.
        note: empty, or what of a right answer could not be understood.
        cpu_outside_s: CPU time of the service's processes from sending until the answer was judged;
            of a sequence until the last one was; NaN where it cannot be read.
        cpu_idle_s: the same from the previous reading until this request was sent; NaN likewise.
    """

    latency_s: float
    status: int
    error: str
    wire_bytes: int | None
    body_bytes: int
    body_hash: int
    stages: tuple[float, ...]
    counters: tuple[float, ...]
    ttfb_s: float = math.nan
    first_event_s: float = math.nan
    events_per_s: float = math.nan
    last_byte_s: float = math.nan
    connections_opened: int = 0
    connections_replaced: int = 0
    stall_s: float = 0.0
    note: str = ""
    cpu_outside_s: float = math.nan
    cpu_idle_s: float = math.nan


@dataclass(frozen=True)
class Observation(Answer, Place):
    """One request, or one sequence, as the generator saw it: a row of the samples."""

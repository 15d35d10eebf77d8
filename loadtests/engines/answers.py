"""Which answers of a round differ, found while it is measured and looked through between blocks.

Within a round this costs a look-up. Only two answers whose hashes are new to each other are kept,
until the block is over; what is kept and what is known are bounded.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from contract.run.answers import AnswerPair, shown_hash
from contract.run.observation import Observation, Place
from loadtests.checking.kinds import Rules, compare_answers
from loadtests.engines.events import AnswersCompared
from loadtests.machine.cpu_clocks import CpuClocks
from loadtests.planning.plan import Job
from loadtests.probes.http.exchange import Exchange

KEPT_MAX = 16
"""So many pairs of answers are kept in a block."""

KEPT_OF_ROWS_MAX = 256
"""The same where a scenario has rows, each of which may have an answer of its own."""

KEPT_BYTES_MAX = 2**26

KNOWN_MAX = 1000
"""So many different pairs of a scenario are looked through; all others count as different."""

KNOWN_OF_ROWS_MAX = 10_000
"""The same where a scenario has rows."""

SHOWN_MAX = 8
"""So many pairs of each kind carry their places into the record; a person reads one or two."""

_Pair = tuple[int, int, int]
"""A variant, and the hashes of the baseline's answer and its own."""


@dataclass(frozen=True)
class _Kept:
    scenario: int
    pair: _Pair
    first: tuple[bytes, ...]
    second: tuple[bytes, ...]


class AnswerPairs:
    """The answers of one run, compared round by round."""

    def __init__(self, job: Job, emit: Callable[[AnswersCompared], None]) -> None:
        """Take a job.

        Args:
            job: what is sent, and what of it may be shown.
            emit: takes the events.
        """
        self._variants = job.variants
        self._scenarios = job.scenarios
        self.hide(job.secrets)
        self._emit = emit
        self._known: list[set[_Pair]] = [set() for _ in job.scenarios]
        self._shown: dict[tuple[int, str], int] = {}
        self._kept: list[_Kept] = []
        self._kept_bytes = 0
        # Of the round under way: the right answers so far, by variant.
        self._round = (-1, -1)
        self._answers: dict[int, tuple[int, tuple[bytes, ...]]] = {}

    def hide(self, secrets: Sequence[str]) -> None:
        """Show none of these values where answers differ; servers that start anew give others."""
        self._rules = [Rules.of(scenario, secrets) for scenario in self._scenarios]

    def take(self, sample: Observation, bodies: tuple[bytes, ...]) -> None:
        """Keep a right answer until its round is complete, where answers are compared."""
        if (sample.scenario, sample.round) != self._round:
            self._round, self._answers = (sample.scenario, sample.round), {}
        if sample.error or not self._scenarios[sample.scenario].compared:
            return
        self._answers[sample.variant] = sample.body_hash, bodies
        if len(self._answers) == len(self._variants):
            self._close_round(sample.scenario)

    def _close_round(self, scenario: int) -> None:
        base_hash, base = self._answers[0]
        for variant, (body_hash, bodies) in self._answers.items():
            pair = (variant, base_hash, body_hash)
            if body_hash != base_hash and pair not in self._known[scenario]:
                self._keep(_Kept(scenario, pair, base, bodies))
        self._answers = {}

    def _keep(self, kept: _Kept) -> None:
        size_bytes = sum(map(len, (*kept.first, *kept.second)))
        draws = self._scenarios[kept.scenario].draws is not None
        kept_max, known_max = (
            (KEPT_OF_ROWS_MAX, KNOWN_OF_ROWS_MAX) if draws else (KEPT_MAX, KNOWN_MAX)
        )
        is_room = len(self._kept) < kept_max and self._kept_bytes + size_bytes <= KEPT_BYTES_MAX
        if is_room and len(self._known[kept.scenario]) < known_max:
            self._known[kept.scenario].add(kept.pair)
            self._kept.append(kept)
            self._kept_bytes += size_bytes

    def compare(self) -> bool:
        """Look through what a block brought; whether any two answers say something else."""
        kept, self._kept, self._kept_bytes = self._kept, [], 0
        return any([self._compare(one) for one in kept])  # noqa: C419 - all are looked through

    def _compare(self, kept: _Kept) -> bool:
        variant, base_hash, body_hash = kept.pair
        found = compare_answers(kept.first, kept.second, self._rules[kept.scenario])
        shown = self._shown.get((kept.scenario, found.kind), 0)
        self._shown[kept.scenario, found.kind] = shown + 1
        pair = AnswerPair(
            variant=self._variants[variant],
            kind=found.kind,
            base=shown_hash(base_hash),
            head=shown_hash(body_hash),
            places=found.places if shown < SHOWN_MAX else (),
            count=found.count,
            counted_all=found.counted_all,
        )
        self._emit(AnswersCompared(scenario=self._scenarios[kept.scenario].name, pair=pair))
        return found.kind != "equal"


class ComparedProbe:
    """An exchange whose answers are compared, and whose service's CPU time is read."""

    def __init__(self, job: Job, pairs: AnswerPairs) -> None:
        """Take a job, and who compares."""
        self._bodies: list[bytes] = []
        self._exchange = Exchange(job, keep_body=self._bodies.append)
        self._pairs = pairs
        self._clocks = CpuClocks(job.pids) if job.pids else None
        self._around = [bool(one.before or one.after) for one in job.scenarios]

    def begin_block(self) -> None:
        """Look for the service's processes."""
        if self._clocks:
            self._clocks.look()

    def prepare(self, scenario: int, number: int) -> None:
        """Draw for a round."""
        self._exchange.prepare(scenario, number)

    def knows_all_processes(self) -> bool:
        """Whether they are still the same."""
        return self._clocks is None or not self._clocks.changed()

    def before(self, scenario: int, variant: int) -> None:
        """Send what comes before a scenario's next sample."""
        self._exchange.before(scenario, variant)

    def after(self, sample: Observation) -> Observation:
        """Send what comes after a sample."""
        return self._exchange.after(sample)

    def send(self, place: Place) -> Observation:
        """Send what the place says, and hand the answer on."""
        self._bodies.clear()
        clocks = self._clocks
        if clocks is None:
            sample = self._exchange.send(place)
        else:
            before_s, idle_s = clocks.before(place.variant)
            sample = self._exchange.send(place)
            used_s = clocks.since(place.variant, before_s)
            if self._around[place.scenario]:
                idle_s = math.nan  # It is that of the requests around the samples.
            sample = replace(sample, cpu_outside_s=used_s, cpu_idle_s=idle_s)
        self._pairs.take(sample, tuple(self._bodies))
        return sample

    def close(self) -> None:
        """Close all connections."""
        self._exchange.close()

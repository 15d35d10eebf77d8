"""What a check finds before anything is measured: answers, differences, and the pace of rounds.

`versus check --json` prints it, with what follows from it; docs/commands.md describes the document.
Texts that a service wrote are bounded, printable and without secrets when they arrive here.
"""

from dataclasses import dataclass
from typing import Literal

from contract.run.answers import DifferentPlace
from contract.run.record import RunRecord


@dataclass(frozen=True)
class CheckedAnswer:
    """What came of one scenario in one variant, sent twice.

    Attributes:
        request: for people, secrets removed.
        status: HTTP status of the second answer; 0 where none came.
        body_bytes: of the decoded body.
        ttfb_s, latency_s: of the second answer; None where there is no such time.
        error: why an answer is wrong; empty where both are right.
        missing: stages, counters and times of streams that the configuration states and no answer
            had, as metrics.
        new: of a base, whether it does not know the request and need not: the head does.
        stalls: whether all answers over a kept connection pause for as long as an acknowledgement
            is delayed.
    """

    scenario: str
    variant: str
    request: str
    status: int
    body_bytes: int
    ttfb_s: float | None
    latency_s: float | None
    error: str
    missing: tuple[str, ...] = ()
    new: bool = False
    stalls: bool = False


@dataclass(frozen=True)
class Difference:
    """Two bodies of a scenario that differ, after `ignore`.

    Attributes:
        first, second: variants; the same one where its own two answers differ.
        kind: `volatile` where one variant's two answers differ; `variants` where two variants do.
        request: number of the request in its sequence, from 1.
        places: the first few.
        count: how many there are.
        counted_all: whether counting stopped early.
        ignore: a regular expression for `ignore` that makes both bodies equal; empty where none can
            be derived safely.
        harmful: whether a run would fail because of it.
    """

    scenario: str
    first: str
    second: str
    kind: Literal["volatile", "variants"]
    request: int
    places: tuple[DifferentPlace, ...]
    count: int
    counted_all: bool = True
    ignore: str = ""
    harmful: bool = True


@dataclass(frozen=True)
class Alike:
    """Two variants that get the same requests.

    Attributes:
        server: what serves both: `one` process or address, or two processes with the same
            `command`; of two revisions, the same `commit`.
    """

    first: str
    second: str
    server: Literal["one", "command", "commit"]


@dataclass(frozen=True)
class Pace:
    """How many rounds a scenario gets in its time.

    Attributes:
        round_s: one round of all variants, pauses included.
        block_ends: compared rounds so far at the end of each block, or pair of starts.
    """

    scenario: str
    round_s: float
    block_ends: tuple[int, ...]

    @property
    def rounds(self) -> int:
        """All compared rounds."""
        return self.block_ends[-1] if self.block_ends else 0


@dataclass(frozen=True)
class TimePart:
    """A part of the time that a command takes, such as `measure`, `pages` or `starts`."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Checked:
    """Everything that a check finds by itself, before it is judged.

    Attributes:
        planned: the record of the run that would be measured.
        measure_s: the profile's measuring time.
        failure: why nothing could be sent; empty where it could.
        log: last lines of the server's log beside a failure.
        paces: of the scenarios that were answered in every variant.
    """

    planned: RunRecord
    measure_s: float
    failure: str = ""
    log: tuple[str, ...] = ()
    answers: tuple[CheckedAnswer, ...] = ()
    differences: tuple[Difference, ...] = ()
    alike: tuple[Alike, ...] = ()
    paces: tuple[Pace, ...] = ()
    time: tuple[TimePart, ...] = ()

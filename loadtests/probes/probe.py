"""What every engine of requests needs of a probe."""

from typing import Protocol

from contract.run.observation import Observation, Place


class Probe(Protocol):
    """Measures one thing once."""

    def send(self, place: Place) -> Observation:
        """Send what the place says, and wait for the whole answer."""

    def close(self) -> None:
        """Let go of what it holds open."""


class BlockProbe(Probe, Protocol):
    """A probe that prepares for each block."""

    def begin_block(self) -> None:
        """Do what takes time before the block's first request."""

    def prepare(self, scenario: int, number: int) -> None:
        """Do what takes time before the first request of a scenario's round of this number."""

    def before(self, scenario: int, variant: int) -> None:
        """Do what comes before a scenario's next sample; for scenarios that state something."""

    def after(self, sample: Observation) -> Observation:
        """Do what comes after a sample; the sample, wrong if that failed."""

    def knows_all_processes(self) -> bool:
        """Whether, of this block, no CPU time of the service can have been missed."""

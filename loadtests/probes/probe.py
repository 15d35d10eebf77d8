"""What every engine of requests needs of a probe."""

from typing import Protocol

from contract.run.observation import Observation, Place


class Probe(Protocol):
    """Measures one thing once."""

    def send(self, place: Place) -> Observation:
        """Send what the place says, and wait for the whole answer."""

    def close(self) -> None:
        """Let go of what it holds open."""

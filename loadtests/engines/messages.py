"""What the master of a load test and its workers send each other, through Locust's channel.

Locust sends a type and a dictionary. Each class here names its type, and makes and reads its
dictionary; both sides run the same code (`code_version`), so any other key is an error.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, Self


class MessageError(Exception):
    """A message is not as its type says."""


@dataclass(frozen=True)
class _Message:
    TYPE: ClassVar[str]

    def content(self) -> dict[str, Any]:
        """The dictionary to send."""
        return asdict(self)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """The message in a dictionary.

        Raises:
            MessageError: keys are missing or unknown.
        """
        try:
            return cls(**content)
        except TypeError as error:
            raise MessageError(f"{cls.TYPE}: {error}") from error


@dataclass(frozen=True)
class Hello(_Message):
    """A worker is ready.

    Attributes:
        code_version: a digest of the code that it runs.
    """

    TYPE: ClassVar[str] = "versus_hello"
    code_version: str


@dataclass(frozen=True)
class Assignment(_Message):
    """What the master sends each worker first.

    Attributes:
        job: as JSON.
    """

    TYPE: ClassVar[str] = "versus_job"
    job: str


@dataclass(frozen=True)
class Order(_Message):
    """One step for a worker.

    Attributes:
        half: of the switchback block; with `block` it names the arrivals.
        number: of the step, counted over the run.
        start_s: when the step begins, as the samples' times.
        draws: of each scenario, how many arrivals came before this step's; empty where nothing is
            drawn.
        worker, workers: which of how many; this one sends every `workers`-th arrival.
    """

    TYPE: ClassVar[str] = "versus_order"
    phase: Literal["probe", "capacity", "switchback"]
    variant: int
    block: int
    half: int = 0
    position: int = 0
    rate_per_s: float = 0.0
    duration_s: float = 0.0
    burn_in_s: float = 0.0
    number: int = 0
    start_s: float = 0.0
    draws: tuple[int, ...] = ()
    worker: int = 0
    workers: int = 1


@dataclass(frozen=True)
class Report(_Message):
    """How a worker carried out a step.

    Attributes:
        seconds: from the step's beginning to the last answer.
        cpu_s: of this process meanwhile.
        samples: an Arrow IPC stream; empty where nothing was sent.
        failed: why the samples are not complete.
    """

    TYPE: ClassVar[str] = "versus_report"
    number: int
    worker: int
    planned: int
    sent: int
    seconds: float
    cpu_s: float
    samples: bytes
    failed: str = ""

"""What every run in turns does: blocks of steps, one variant after the other, and their progress.

Who sends differs: workers at a rate of arrivals, or users in a closed loop.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from contract.run.stream import SampleStream
from loadtests.engines.delivery import TargetBrokenError
from loadtests.engines.events import BlockEnded, Ended, Event, MeasuringStarted, Progressed


class Switchback(ABC):
    """One run whose blocks hold steps of every variant."""

    def __init__(
        self, stream: SampleStream, emit: Callable[[Event], None], clock: Callable[[], float]
    ) -> None:
        """Begin nothing yet.

        Args:
            stream: takes the samples; closed at the end, however that comes.
            emit: takes events.
            clock: monotonic, in seconds.
        """
        self._stream = stream
        self._emit = emit
        self._clock = clock
        self._epoch_s = clock()
        self._block = 0
        self._block_began_s: float | None = None
        self._errors = 0
        self._last_error = ""

    def run(self) -> None:
        """Measure everything; the stream is closed however this ends.

        Raises:
            StoppedError: there is no use in going on.
        """
        self._emit(MeasuringStarted())
        try:
            self._measure()
            self._report_progress("done", 0.0, ended="rounds")
        except TargetBrokenError:
            self._report_progress("stopped", 0.0, ended="errors")
        finally:
            self._stream.close()

    @abstractmethod
    def _measure(self) -> None:
        """Send everything.

        Raises:
            StoppedError: there is no use in going on.
            TargetBrokenError: the service gives wrong answers alone.
        """

    @abstractmethod
    def _scenario_names(self) -> Sequence[str]:
        """What is sent, as far as it is known."""

    def _ratios_so_far(self) -> dict[str, tuple[float, ...]]:
        """Of each scenario, each variant's median by the baseline's; empty where none is known."""
        return {}

    def _report_progress(self, activity: str, left_s: float, *, ended: Ended = "") -> None:
        self._emit(
            Progressed(
                activity=activity,
                left_s=left_s,
                errors=self._errors,
                last_error=self._last_error,
                ended=dict.fromkeys(self._scenario_names(), ended),
                ratios=self._ratios_so_far(),
            )
        )

    def _begin_step(self, start_s: float) -> None:
        """The first step of a block begins the block."""
        if self._block_began_s is None:
            self._block_began_s = start_s

    def _end_block(self) -> None:
        assert self._block_began_s is not None
        self._emit(
            BlockEnded(
                scenario="load",
                block=self._block,
                start_s=self._block_began_s,
                end_s=self._now_s(),
                gc_s=0.0,
            )
        )
        self._block += 1
        self._block_began_s = None

    def _now_s(self) -> float:
        """Since the run began."""
        return self._clock() - self._epoch_s

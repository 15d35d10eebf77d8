"""Says what a run cannot decide: before it measures, and as soon as each round's time is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contract.check import Pace
from loadtests.checking.pace import fastest_pace, pace_of
from loadtests.engines.events import BlockEnded, Event
from loadtests.planning.plan import Plan

Predict = Callable[[Sequence[Pace]], Sequence[str]]
"""Given the pace of scenarios, one line for each metric that cannot be decided in their time."""


@dataclass
class Outlook:
    """What of a plan cannot be decided, each line printed once.

    Attributes:
        predict: makes the lines.
        say: takes them.
    """

    plan: Plan
    predict: Predict
    say: Callable[[str], None]
    _latencies_s: dict[str, float] = field(default_factory=dict)
    _printed: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """What is certain without any latency: it would be so if answers took no time."""
        self._print(fastest_pace(self.plan))

    def handle(self, event: Event) -> None:
        """The rest, once a first block of every scenario has shown how long its rounds are."""
        if not isinstance(event, BlockEnded) or event.block or not event.round_s:
            return
        pauses_s = len(self.plan.variants) * self.plan.profile.gap_s
        self._latencies_s[event.scenario] = max(0.0, event.round_s - pauses_s)
        if len(self._latencies_s) == len(self.plan.scenarios):
            self._print(pace_of(self.plan, self._latencies_s))

    def _print(self, paces: Sequence[Pace]) -> None:
        for line in self.predict(paces):
            if line not in self._printed:
                self._printed.add(line)
                self.say(f"too short: {line}")

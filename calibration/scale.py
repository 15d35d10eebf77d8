"""The size of a calibration: a few minutes for CI, or hours for figures to publish."""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

from calibration.findings import Condition

EFFECTS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.10)
"""Planted slowdowns: extra work of the handler."""

HORIZON_S = {0.0: 10.0, 0.005: 60.0, 0.01: 60.0, 0.02: 20.0, 0.03: 20.0, 0.05: 20.0, 0.10: 10.0}
"""The longest measuring time of a live gate, by effect."""

_LONG_S = 60.0

REPLAYED_UNCHANGED_S = 20.0
"""The same for replays of unchanged code, which are cheap: more looks, more chances of an error."""


@dataclass(frozen=True)
class Scale:
    """How much is measured and replayed, on the quiet machine and again on the disturbed one.

    Live gates take long: there are half as many on the disturbed machine, and again half as many of
    effects whose gates may take a minute each.

    Attributes:
        effects: planted slowdowns, without 0, which is always measured.
        trace_s: length of the recorded run that replays use.
        replays_unchanged, replays_planted: replays of each effect.
        live_unchanged, live_planted: live gates of each effect on the quiet machine.
        truth_s: length of the run that measures the real effect of planted work; 0 for none.
    """

    effects: tuple[float, ...]
    trace_s: float
    replays_unchanged: int
    replays_planted: int
    live_unchanged: int
    live_planted: int
    truth_s: float

    def replays(self, effect: float) -> int:
        """The number of replays of one effect."""
        return self.replays_planted if effect else self.replays_unchanged

    def live(self, condition: Condition, effect: float) -> int:
        """The number of live gates of one effect."""
        count = self.live_planted if effect else self.live_unchanged
        halves: int = (condition == "disturbed") + (HORIZON_S[effect] >= _LONG_S)
        return math.ceil(count / (1, 2, 4)[halves])

    def replay_horizon_s(self, effect: float) -> float:
        """The longest time of a replayed gate; half a trace at most, so that stretches differ."""
        return min(HORIZON_S[effect] if effect else REPLAYED_UNCHANGED_S, self.trace_s / 2)


FAST = Scale(
    effects=(0.03, 0.05, 0.10),
    trace_s=40.0,
    replays_unchanged=300,
    replays_planted=100,
    live_unchanged=4,
    live_planted=2,
    truth_s=0.0,
)


def scale_of(live: int, effects: Collection[float]) -> Scale:
    """The scale for the options of the command.

    Args:
        live: live gates of unchanged code on the quiet machine, and half as many of each slowdown;
            0 for the fast mode.
        effects: planted slowdowns to keep; empty keeps all.
    """
    scale = FAST
    if live:
        scale = Scale(
            effects=EFFECTS,
            trace_s=120.0,
            replays_unchanged=300,
            replays_planted=100,
            live_unchanged=live,
            live_planted=math.ceil(live / 2),
            truth_s=60.0,
        )
    return replace(scale, effects=tuple(effects)) if effects else scale

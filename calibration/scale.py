"""The size of a calibration: a few minutes for CI, or hours for figures to publish."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from calibration.findings import Condition
from calibration.questions import EVERYTHING, TAIL_ONLY, TYPICAL_ONLY, WHOLE
from calibration.replay import Limits
from calibration.slowdown import UNCHANGED, Slowdown, slower

EFFECTS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.10)
"""Planted slowdowns: extra work of the handler."""

HORIZON_S = {0.0: 10.0, 0.005: 60.0, 0.01: 60.0, 0.02: 20.0, 0.03: 20.0, 0.05: 20.0, 0.10: 10.0}
"""The longest measuring time of a gate, by effect."""

_LONG_S = 60.0

REPLAYED_UNCHANGED_S = 20.0
"""The same for replays of unchanged code, which are cheap: more looks, more chances of an error."""

LATE = Slowdown(late_share=0.08, late_s=0.03)
"""Slow in some requests only: the typical latency barely changes, and the p95 does."""

TAIL_ROUNDS = {1.0: 60, 0.25: 800, 0.10: 4000}
"""The rounds of gates of the p95, by effect."""


@dataclass(frozen=True)
class Replays:
    """Replayed gates of one kind."""

    question: str
    slowdown: Slowdown
    count: int
    limits: Limits


@dataclass(frozen=True)
class Scale:
    """How much is measured and replayed, on the quiet machine and again on the disturbed one.

    Live gates take long: there are half as many on the disturbed machine, and again half as many of
    effects whose gates may take a minute each.

    Attributes:
        effects: planted slowdowns, without 0, which is always measured.
        trace_s: length of the recorded run that replays use.
        replays_unchanged, replays_planted: replays of unchanged code, and of each slowdown.
        live_unchanged, live_planted: live gates of each effect on the quiet machine.
        truth_s: length of the run that measures the real effect of planted work; 0 for none.
        tails: effects of which gates of the p95 are replayed.
        short_pauses: whether gates with short pauses between requests are replayed, too.
    """

    effects: tuple[float, ...]
    trace_s: float
    replays_unchanged: int
    replays_planted: int
    live_unchanged: int
    live_planted: int
    truth_s: float
    tails: tuple[float, ...]
    short_pauses: bool

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What is calibrated, in order."""
        return (
            ("quiet", "short pauses", "disturbed") if self.short_pauses else ("quiet", "disturbed")
        )

    def live(self, condition: Condition, effect: float) -> int:
        """The number of live gates of one effect."""
        if condition == "short pauses":
            return 0
        count = self.live_planted if effect else self.live_unchanged
        halves: int = (condition == "disturbed") + (HORIZON_S[effect] >= _LONG_S)
        return math.ceil(count / (1, 2, 4)[halves])

    def replays(self, condition: Condition) -> Iterator[Replays]:
        """All replayed gates of one condition."""
        many = self.replays_planted
        for effect in self.effects:
            yield Replays(TYPICAL_ONLY, slower(effect), many, Limits(HORIZON_S[effect]))
        if condition == "short pauses":
            return
        unchanged = Limits(REPLAYED_UNCHANGED_S)
        yield Replays(WHOLE, UNCHANGED, self.replays_unchanged, unchanged)
        for slowdown in (UNCHANGED, slower(0.05), LATE):
            yield Replays(EVERYTHING, slowdown, many, Limits(HORIZON_S[0.0]))
        if condition == "quiet":
            for effect in self.tails:
                limits = Limits(math.inf, TAIL_ROUNDS[effect])
                yield Replays(TAIL_ONLY, slower(effect), many, limits)
            yield Replays(TAIL_ONLY, LATE, many, Limits(HORIZON_S[0.0]))


FAST = Scale(
    effects=(0.03, 0.05, 0.10),
    trace_s=40.0,
    replays_unchanged=300,
    replays_planted=100,
    live_unchanged=4,
    live_planted=2,
    truth_s=0.0,
    tails=(0.25, 1.0),
    short_pauses=False,
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
            trace_s=300.0,
            replays_unchanged=3000,
            replays_planted=100,
            live_unchanged=live,
            live_planted=math.ceil(live / 2),
            truth_s=60.0,
            tails=tuple(TAIL_ROUNDS),
            short_pauses=True,
        )
    return replace(scale, effects=tuple(effects)) if effects else scale

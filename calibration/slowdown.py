"""What is planted into the changed variant of a gate."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Slowdown:
    """A planted slowdown; without arguments, unchanged code.

    Attributes:
        factor: of all its times; for live gates, of its work.
        late_share: the share of its requests, at random, that wait in addition.
        late_s: how long those wait.
    """

    factor: float = 1.0
    late_share: float = 0.0
    late_s: float = 0.0

    @property
    def effect(self) -> float:
        """The extra work, 0.05 for 5 %."""
        return self.factor - 1

    def __str__(self) -> str:
        """In words."""
        if self == UNCHANGED:
            return "unchanged code"
        if self.late_share:
            return f"{100 * self.late_share:g} % of requests {1000 * self.late_s:g} ms late"
        return f"+{100 * self.effect:.3g} %"


UNCHANGED = Slowdown()


def slower(effect: float) -> Slowdown:
    """A slowdown by a factor of 1 + effect."""
    return Slowdown(1 + effect)

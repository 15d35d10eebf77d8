"""Who goes first: the order of variants in each round, by fair, seeded coins.

A round sends one request of every variant, back to back. The order is drawn anew for each round,
so under "no effect" every order is equally likely and the sign of a round's log ratio is a coin's.
The order that was drawn is in the samples (column `position`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Round:
    """One round to send.

    Attributes:
        order: indices of the variants, first to last.
        gaps_s: pause before each request, in seconds, in the order of sending.
    """

    order: tuple[int, ...]
    gaps_s: tuple[float, ...]


def rounds(
    seed: int, scenario: int, n_variants: int, gap_s: tuple[float, float]
) -> Iterator[Round]:
    """The endless sequence of rounds of one scenario.

    It depends on the seed and the scenario's index alone: not on how fast anything answers, and
    not on what the other scenarios do.
    """
    generator = np.random.default_rng([seed, scenario])
    while True:
        order = generator.permutation(n_variants)
        gaps = generator.uniform(*gap_s, size=n_variants)
        yield Round(tuple(int(index) for index in order), tuple(float(gap) for gap in gaps))

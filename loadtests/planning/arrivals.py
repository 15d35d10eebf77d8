"""When requests are due under load, and which variant serves them: pure and seeded.

Arrivals form a Poisson process and are drawn before any is sent, so a slow answer cannot hold back
the next request: what a closed loop would leave out is there (Schroeder, Wierman & Harchol-Balter
2006, "Open versus closed: a cautionary tale").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from contract.config.measuring import ProfileConfig

_ARRIVALS, _ORDERS, _TURNS = range(101, 104)
"""Streams of chance, kept apart from each other and from the rounds' coins."""


@dataclass(frozen=True)
class Arrivals:
    """The arrivals of one step.

    Attributes:
        due_s: (n,) seconds from the step's beginning, ascending.
        scenario: (n,) indices.
    """

    due_s: npt.NDArray[np.float64]
    scenario: npt.NDArray[np.int64]


def arrivals(
    seed: int,
    stretch: tuple[int, int],
    rate_per_s: float,
    duration_s: float,
    shares: Sequence[float],
) -> Arrivals:
    """Poisson arrivals of all scenarios together.

    They depend on these arguments alone, so every variant of a stretch, and every worker, draws
    the same ones.

    Args:
        seed: of the run.
        stretch: block and half of the block.
        rate_per_s: of all scenarios together.
        duration_s: no arrival is due at or after it.
        shares: of each scenario, summing to 1.
    """
    generator = np.random.default_rng([seed, _ARRIVALS, *stretch])
    # Given their number, arrivals of a Poisson process are independent and uniform in time.
    count = int(generator.poisson(rate_per_s * duration_s))
    due_s = np.sort(generator.uniform(0, duration_s, size=count))
    scenario = generator.choice(len(shares), size=count, p=np.asarray(shares) / np.sum(shares))
    return Arrivals(due_s, scenario.astype(np.int64))


def switchback_order(seed: int, block: int, n_variants: int) -> tuple[int, ...]:
    """Which variant serves each step of a switchback block: any order by fair coins, and back.

    For two variants A B B A or B A A B: a drift that is linear over the block cancels.
    """
    order = np.random.default_rng([seed, _ORDERS, block]).permutation(n_variants)
    return (*map(int, order), *map(int, order[::-1]))


def search_order(seed: int, turn: int, n_variants: int) -> tuple[int, ...]:
    """In which order the variants take their next step of the capacity search."""
    generator = np.random.default_rng([seed, _TURNS, turn])
    return tuple(map(int, generator.permutation(n_variants)))


def blocks_planned(profile: ProfileConfig, n_variants: int) -> int:
    """How many switchback blocks fit into the profile's time, at least one."""
    return max(1, int(profile.measure_s / (2 * n_variants * profile.sub_block_s)))

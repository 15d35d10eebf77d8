"""Jobs and clocks for engines that are tested without a network and without waiting."""

from collections.abc import Mapping
from typing import Any

from contract.config.measuring import LoadConfig, ProfileConfig
from contract.config.target import TargetConfig
from loadtests.planning.plan import Job, Scenario


class FakeClock:
    """A clock that only the test and `sleep` move.

    Attributes:
        now_s: what it shows.
        slept_s: the waits so far.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept_s: list[float] = []

    def __call__(self) -> float:
        """Seconds, from an arbitrary beginning."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.slept_s.append(seconds)
        self.now_s += seconds


def make_job(
    *names: str,
    variants: tuple[str, ...] = ("before", "after"),
    budget_s: float = 60.0,
    objective_s: float = 1.0,
    objective_quantile: float = 0.99,
    profile: Mapping[str, Any] | None = None,
) -> Job:
    """A job with a scenario of each name."""
    return Job(
        run_folder="nowhere",
        base_urls=("",) * len(variants),
        headers={},
        seed=7,
        variants=variants,
        scenarios=tuple(
            Scenario(
                name=name,
                request="GET /",
                sequence=(),
                ignore=None,
                budget_s=budget_s,
                share=1 / len(names),
                objective_s=objective_s,
            )
            for name in names
        ),
        profile=ProfileConfig.model_validate(dict(profile or {})),
        load=LoadConfig(objective_quantile=objective_quantile),
        target=TargetConfig(),
    )

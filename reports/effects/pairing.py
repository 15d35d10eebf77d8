"""One metric of two variants over the same rounds, and the units that are paired.

A unit is a round, a stretch of rounds long enough for a quantile or a mean, under load a block of
the switchback, and where servers start again and again, a pair of starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from contract.metrics import Design, Metric
from contract.run.checks import are_times
from reports.effects.shapes import PairedUnit
from reports.statistics import stats
from reports.statistics.values import FloatArray, IntArray

PAIRED_UNITS: Mapping[Design, PairedUnit] = {
    "paired": "rounds",
    "load": "blocks",
    "restarts": "pairs",
}
"""What is paired in each design, where nothing is joined to make a quantile or a mean."""


@dataclass(frozen=True)
class Paired:
    """One metric of two variants over the same rounds, (n_rounds,) each.

    Attributes:
        block: under load, the switchback block of each round, and with restarts the pair of starts,
            ascending: no unit may split one.
        pairs: what is paired where nothing is joined to make a quantile or a mean.
    """

    metric: Metric
    variant: str
    before: FloatArray
    after: FloatArray
    block: IntArray | None = None
    pairs: PairedUnit = "rounds"

    def until(self, rounds: int) -> "Paired":
        """The same of the first rounds alone."""
        block = None if self.block is None else self.block[:rounds]
        return replace(self, before=self.before[:rounds], after=self.after[:rounds], block=block)

    def known(self) -> "Paired":
        """The same without the rounds that may do without the metric, and do."""
        if not self.metric.optional:
            return self
        kept = are_times(self.before) & are_times(self.after)
        block = None if self.block is None else self.block[kept]
        return replace(self, before=self.before[kept], after=self.after[kept], block=block)

    @property
    def unit(self) -> PairedUnit:
        """What one unit is."""
        return self.pairs if self.metric.rounds_per_unit == 1 else "blocks"

    @property
    def rounds_per_unit(self) -> float:
        """How many rounds a unit takes at this run's pace."""
        rounds_min = self.metric.rounds_per_unit
        if self.block is None:
            return rounds_min
        n_units = len(self.of_stretches(self.before, rounds_min))
        return len(self.before) / n_units if n_units else rounds_min

    @property
    def comparable(self) -> bool:
        """Whether there are enough rounds for a number, and each has a ratio."""
        enough = len(self.before) >= self.metric.rounds_min
        return enough and all(are_times(one).all() for one in (self.before, self.after))

    def of(self, values: FloatArray) -> float:
        """The metric's statistic of many values: their quantile or mean."""
        if self.metric.is_mean:
            return float(values.mean())
        return float(np.quantile(values, self.metric.quantile))

    def of_stretches(self, values: FloatArray, rounds_min: int) -> FloatArray:
        """The same of each stretch of at least so many rounds, (n_stretches,)."""
        if self.block is not None:
            stretches = stats.joined_blocks(values, self.block, rounds_min)
            return np.array([self.of(stretch) for stretch in stretches])
        if self.metric.is_mean:
            return stats.block_means(values, rounds_min)
        return stats.block_quantiles(values, self.metric.quantile, rounds_min)

    @property
    def n_units(self) -> int:
        """How many units there are: the length of `unit_logs`."""
        if self.unit == "blocks":
            size = self.metric.rounds_per_unit
            if self.block is None:
                return len(self.before) // size
            return len(stats.joined_blocks(self.before, self.block, size))
        return len(self.before) if self.block is None else len(np.unique(self.block))

    def unit_logs(self) -> FloatArray:
        """The log ratio of each unit, (n_units,)."""
        if self.unit != "blocks":
            logs = stats.log_ratios(self.before, self.after)
            if self.block is None:
                return logs
            # Rounds of one pair of starts are neighbours, so they are paired first.
            return np.array([stats.centre(one) for one in stats.joined_blocks(logs, self.block, 1)])
        size = self.metric.rounds_per_unit
        return stats.log_ratios(
            self.of_stretches(self.before, size), self.of_stretches(self.after, size)
        )

    def whole_unit_logs(self) -> FloatArray:
        """The log ratio of each unit that was complete before measuring ended, (n_units,).

        Where a unit ends is then known when it begins, whatever may end the run.
        """
        size = self.metric.rounds_per_unit if self.block is None else 1
        whole = slice(len(self.before) // size * size)
        return replace(self, before=self.before[whole], after=self.after[whole]).unit_logs()

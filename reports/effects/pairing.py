"""One metric of two variants over the same rounds, and the units that are paired.

A unit is a round, under load a block of the switchback, and where servers start again and again, a
pair of starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from contract.metrics import Design, Metric
from contract.run.checks import are_times
from reports.effects.rounds import ranked
from reports.effects.shapes import PairedUnit
from reports.statistics import stats
from reports.statistics.coins import Coins, MeanCoins, OneFactorCoins, QuantileCoins
from reports.statistics.ranks import SignedRanks
from reports.statistics.values import FloatArray, IntArray

PAIRED_UNITS: Mapping[Design, PairedUnit] = {
    "paired": "rounds",
    "load": "blocks",
    "restarts": "pairs",
}
"""What is paired in each design."""


@dataclass(frozen=True)
class Paired:
    """One metric of two variants over the same rounds, (n_rounds,) each.

    Attributes:
        block: under load, the switchback block of each round, and with restarts the pair of starts,
            ascending: each is one unit.
        unit: what one unit is.
    """

    metric: Metric
    variant: str
    before: FloatArray
    after: FloatArray
    block: IntArray | None = None
    unit: PairedUnit = "rounds"

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
    def comparable(self) -> bool:
        """Whether there are enough rounds for a number, and each has a ratio."""
        enough = len(self.before) >= self.metric.rounds_min
        return enough and all(are_times(one).all() for one in (self.before, self.after))

    @property
    def n_units(self) -> int:
        """How many units there are."""
        return len(self.before) if self.block is None else len(np.unique(self.block))

    @property
    def rounds_per_unit(self) -> float:
        """How many rounds a unit takes at this run's pace."""
        return len(self.before) / max(1, self.n_units)

    def of(self, values: FloatArray) -> float:
        """The metric's statistic of many values: their quantile or mean."""
        if self.metric.is_mean:
            return float(values.mean())
        return float(np.quantile(values, self.metric.quantile))

    def tested(self) -> SignedRanks | Coins:
        """What the units say: a tail or a mean by its coins, any other by signed ranks."""
        if not self.metric.by_coins:
            return SignedRanks(self._logs())
        unit = None if self.block is None else ranked(self.block)[1]
        if self.metric.is_mean:
            return MeanCoins(self.before, self.after, unit)
        return QuantileCoins(self.before, self.after, self.metric.quantile, unit)

    def tested_as_one_factor(self) -> Coins | None:
        """What rounds that are too few for a tail say if all requests changed alike."""
        metric = self.metric
        few = len(self.before) < metric.rounds_first
        if metric.is_mean or metric.quantile <= 0.5 or self.unit != "rounds" or few:
            return None
        return OneFactorCoins(self.before, self.after, metric.quantile)

    def stretches(self, values: FloatArray, rounds_min: int) -> list[FloatArray]:
        """The values in stretches of at least so many rounds."""
        if self.block is not None:
            return stats.joined_blocks(values, self.block, rounds_min)
        count = len(values) // rounds_min
        return np.array_split(values, count) if count else []

    def of_stretches(self, values: FloatArray, rounds_min: int) -> FloatArray:
        """The statistic of each stretch of at least so many rounds, (n_stretches,)."""
        if self.block is not None:
            return np.array([self.of(one) for one in self.stretches(values, rounds_min)])
        if self.metric.is_mean:
            return stats.block_means(values, rounds_min)
        return stats.block_quantiles(values, self.metric.quantile, rounds_min)

    def whole_stretch_logs(self) -> FloatArray:
        """The log ratio of each stretch that was complete before measuring ended, (n_stretches,).

        A stretch is one unit, or so many as its statistic needs. Where it ends is then known when
        it begins, whatever may end the run.
        """
        size = self.metric.rounds_per_stretch
        if size == 1:
            return self._logs()
        whole = len(self.before) // size * size if self.block is None else len(self.before)
        mine = self.until(whole)
        return stats.log_ratios(
            mine.of_stretches(mine.before, size), mine.of_stretches(mine.after, size)
        )

    def _logs(self) -> FloatArray:
        if self.unit == "blocks":
            # Requests of one step queue behind each other.
            medians = (self.of_stretches(one, 1) for one in (self.before, self.after))
            return stats.log_ratios(*medians)
        logs = stats.log_ratios(self.before, self.after)
        if self.block is None:
            return logs
        # Rounds of one pair of starts are neighbours, so they are paired first.
        return np.array([stats.centre(one) for one in stats.joined_blocks(logs, self.block, 1)])

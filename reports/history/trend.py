"""How each effect moved from run to run: pure functions of a history's tables.

Runs on different machines, or with different plans, are never joined: between them everything may
differ. Changes are found by Pettitt's test, again on either side of each change that it finds
(Vostrikova 1981, "Detecting disorder in multidimensional random processes": binary segmentation).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contract.metrics import TYPICAL
from reports.history.frame import History
from reports.statistics import drift
from reports.statistics.values import UNITS_MIN, FloatArray

FALSE_CHANGES_MAX = 0.01
"""The chance of any change in a line that has none, of one effect on one machine."""

# With fewer values the closed form of Pettitt's p-value cannot become small enough.
_PART_MIN = 4


@dataclass(frozen=True)
class Line:
    """The runs that may be compared: on one machine, with one plan.

    Attributes:
        points: their rows of `History.effects`, oldest first.
        changes: positions of the rows from which on the effect has another level.
    """

    points: pd.DataFrame
    changes: tuple[int, ...]

    @property
    def letter(self) -> str:
        """The machine's letter."""
        return str(self.points["letter"].iloc[0])


@dataclass(frozen=True)
class Trend:
    """The typical latency's effect of one variant in one scenario, over all complete runs."""

    scenario: str
    variant: str
    lines: tuple[Line, ...]

    @property
    def points(self) -> pd.DataFrame:
        """The rows of all lines, oldest first."""
        return pd.concat([line.points for line in self.lines]).sort_values("number")


def trends_of(history: History) -> tuple[Trend, ...]:
    """The trend of every scenario and variant, without gates, in order of appearance."""
    effects = history.effects
    # Gates compare another pair of commits each time, so their chains are shown instead.
    shown = effects[
        (effects["state"] == "complete") & (effects["metric"] == TYPICAL) & (effects["base"] == "")
    ]
    return tuple(
        Trend(
            str(rows["scenario"].iloc[0]),
            str(rows["variant"].iloc[0]),
            tuple(
                Line(points, tuple(find_changes(np.log(points["ratio"].to_numpy()))))
                for _, points in rows.groupby(["machine", "plan"], sort=False)
            ),
        )
        for _, rows in shown.groupby(["scenario", "variant"], sort=False)
    )


def find_changes(values: FloatArray) -> list[int]:
    """Where the level changed: indices of the first value of each new level, ascending.

    Inputs: (n,) in order of time. Returns: none with fewer than `UNITS_MIN` values.
    """
    if len(values) < UNITS_MIN:
        return []
    return sorted(_split(values, 0))


def _split(values: FloatArray, start: int) -> Iterator[int]:
    if len(values) < 2 * _PART_MIN:
        return
    p_value, cut = drift.step_p(values)
    if p_value > FALSE_CHANGES_MAX:
        return
    yield start + cut
    yield from _split(values[:cut], start)
    yield from _split(values[cut:], start + cut)

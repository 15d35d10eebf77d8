"""A run as pandas data frames, for notebooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from contract.run.samples import Samples
from reports.effects.comparison import Comparison
from reports.rows import Row, counter_rows, effect_rows

_TEXTS = dict.fromkeys(("kind", "scenario", "variant", "metric", "verdict"), "str")
_SIDES = ("before", "before_low", "before_high", "after", "after_low", "after_high")
# Stated, so that a table without rows has the same types.
_EFFECT_TYPES = {
    **_TEXTS,
    **dict.fromkeys(("ratio", "low", "high", "confidence", "low_90", "high_90"), "float64"),
    "p_value": "float64",
    "p_adjusted": "float64",
    "n": "int64",
    "unit": "str",
    **dict.fromkeys((*_SIDES, "margin"), "float64"),
    "primary": "bool",
    "detectable_ratio": "float64",
    "needed_s": "float64",
    "warnings": "str",
}
_COUNTER_TYPES = {
    **_TEXTS,
    **dict.fromkeys(("ratio", "ratio_low", "ratio_high", *_SIDES), "float64"),
}


@dataclass(frozen=True)
class RunFrames:
    """A run's results and measurements; docs/notebooks.md describes every column.

    Attributes:
        effects: one row for each time and variant, against the baseline.
        counters: one row for each count and variant, against the baseline.
        observations: one row for each request, warm-up included.
    """

    effects: pd.DataFrame
    counters: pd.DataFrame
    observations: pd.DataFrame


def frames_of(comparison: Comparison, samples: Samples) -> RunFrames:
    """A compared run as data frames."""
    return RunFrames(
        _frame(effect_rows(comparison), _EFFECT_TYPES),
        _frame(counter_rows(comparison), _COUNTER_TYPES),
        samples.to_pandas(),
    )


def _frame(rows: Sequence[Row], types: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(types)).astype(types)

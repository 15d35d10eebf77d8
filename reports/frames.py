"""A run as pandas data frames: for notebooks, and for the files that other tools read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from contract.metrics import Kind
from contract.run.samples import Samples
from reports.effects.comparison import SERVED, Comparison
from reports.effects.shapes import CounterEffect, Effect
from reports.page.reasons import all_in_words

KINDS: tuple[Kind, ...] = (*SERVED, "function")
"""What an effect can be about."""

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
    return RunFrames(effects_frame(comparison), counters_frame(comparison), samples.to_pandas())


def effects_frame(comparison: Comparison, kinds: Sequence[Kind] = KINDS) -> pd.DataFrame:
    """One row for each effect: of scenarios, then of pages, then of functions."""
    rows = [_effect(kind, one) for kind in kinds for one in comparison.effects(kind)]
    return pd.DataFrame(rows, columns=list(_EFFECT_TYPES)).astype(_EFFECT_TYPES)


def counters_frame(comparison: Comparison) -> pd.DataFrame:
    """One row for each counter: of scenarios, then of pages."""
    rows = [_counter(kind, one) for kind in SERVED for one in comparison.counters(kind)]
    return pd.DataFrame(rows, columns=list(_COUNTER_TYPES)).astype(_COUNTER_TYPES)


def values_frame(comparison: Comparison) -> pd.DataFrame:
    """The value of each metric in each variant, the baseline included, of scenarios and pages.

    Columns: `scenario`, `variant`, `metric`, `value`, `low`, `high`. The ends are those of the
    90 % interval of a time, and the extremes of a count; NaN where the data bound nothing.
    """
    times = pd.concat(_sides(effects_frame(comparison, SERVED), comparison.baseline))
    bounded = (times["low"] > 0) & np.isfinite(times["high"])
    times[["low", "high"]] = times[["low", "high"]].where(bounded)
    counts = _sides(counters_frame(comparison), comparison.baseline)
    values = pd.concat([times, *counts])
    return values.drop_duplicates(["scenario", "variant", "metric"], keep="last")


def _sides(table: pd.DataFrame, baseline: str) -> Iterator[pd.DataFrame]:
    for side in ("before", "after"):
        values = table[["scenario", "variant", "metric", side, f"{side}_low", f"{side}_high"]]
        values = values.set_axis(["scenario", "variant", "metric", "value", "low", "high"], axis=1)
        yield values.assign(variant=baseline) if side == "before" else values


def _effect(kind: str, one: Effect) -> dict[str, Any]:
    before, after = one.before, one.after
    return {
        **_names(kind, one),
        "ratio": one.ratio,
        "low": one.interval_familywise.low,
        "high": one.interval_familywise.high,
        "confidence": one.interval_familywise.confidence,
        "low_90": one.interval90.low,
        "high_90": one.interval90.high,
        "p_value": one.p_value,
        "p_adjusted": one.p_adjusted,
        "n": one.n,
        "unit": one.unit,
        "before": before.value,
        "before_low": before.interval90.low,
        "before_high": before.interval90.high,
        "after": after.value,
        "after_low": after.interval90.low,
        "after_high": after.interval90.high,
        "margin": one.margin,
        "primary": one.primary,
        "detectable_ratio": one.detectable_ratio,
        "needed_s": one.needed_s,
        "warnings": "; ".join(all_in_words(one.warnings)),
    }


def _counter(kind: str, one: CounterEffect) -> dict[str, Any]:
    return {
        **_names(kind, one),
        "ratio": one.ratio,
        "ratio_low": one.within.low,
        "ratio_high": one.within.high,
        "before": one.before.median,
        "before_low": one.before.low,
        "before_high": one.before.high,
        "after": one.after.median,
        "after_low": one.after.low,
        "after_high": one.after.high,
    }


def _names(kind: str, one: Effect | CounterEffect) -> dict[str, str]:
    return {
        "kind": kind,
        "scenario": one.scenario,
        "variant": one.variant,
        "metric": one.metric,
        "verdict": one.verdict.value,
    }

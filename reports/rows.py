"""A comparison as plain rows, for data frames and for the files that other tools read."""

import math
from collections.abc import Sequence
from typing import Any

from contract.metrics import Kind
from reports.effects.comparison import SERVED, Comparison
from reports.effects.shapes import CounterEffect, Effect
from reports.page.reasons import all_in_words

KINDS: tuple[Kind, ...] = (*SERVED, "function")
"""What an effect can be about."""

Row = dict[str, Any]


def effect_rows(comparison: Comparison, kinds: Sequence[Kind] = KINDS) -> list[Row]:
    """One for each effect: of scenarios, then of pages, then of functions."""
    return [_effect(kind, one) for kind in kinds for one in comparison.effects(kind)]


def counter_rows(comparison: Comparison) -> list[Row]:
    """One for each counter: of scenarios, then of pages."""
    return [_counter(kind, one) for kind in SERVED for one in comparison.counters(kind)]


def value_rows(comparison: Comparison) -> list[Row]:
    """The value of each metric in each variant, the baseline included, of scenarios and pages.

    Keys: `scenario`, `variant`, `metric`, `value`, `low`, `high`. The ends are those of the 90 %
    interval of a time, and the extremes of a count; NaN where the data bound nothing.
    """
    found: dict[tuple[str, ...], Row] = {}
    for rows in (effect_rows(comparison, SERVED), counter_rows(comparison)):
        for side in ("before", "after"):
            for row in rows:
                one = _value(row, side, comparison.baseline)
                # Each comparison has the baseline's; the last one counts.
                key = one["scenario"], one["variant"], one["metric"]
                found.pop(key, None)
                found[key] = one
    return list(found.values())


def _value(row: Row, side: str, baseline: str) -> Row:
    low, high = row[f"{side}_low"], row[f"{side}_high"]
    is_time = "p_value" in row
    bounded = not is_time or (low > 0 and math.isfinite(high))
    return {
        "scenario": row["scenario"],
        "variant": baseline if side == "before" else row["variant"],
        "metric": row["metric"],
        "value": row[side],
        "low": low if bounded else math.nan,
        "high": high if bounded else math.nan,
    }


def _effect(kind: str, one: Effect) -> Row:
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


def _counter(kind: str, one: CounterEffect) -> Row:
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

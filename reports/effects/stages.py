"""Where the time of requests went: medians of the stages that the service reports."""

from collections.abc import Sequence

import numpy as np

from contract.metrics import stage_column
from contract.run.checks import are_times
from contract.run.record import RunRecord
from reports.effects.rounds import Rounds
from reports.effects.shapes import StageBreakdown
from reports.statistics.values import FloatArray

UNATTRIBUTED = "rest of the service"
OUTSIDE = "outside the service"
NOT_STAGED = "in no stage"
REST = (UNATTRIBUTED, OUTSIDE, NOT_STAGED)
"""Parts of a request's time that no stage covers: the service's own; network, queue and generator;
both together, where no stage spans the whole of the service's work."""

TOTAL_STAGE = "total"
"""The stage that spans the whole of the service's work; all others are parts of it."""


def break_down(aligned: Sequence[Rounds], record: RunRecord) -> list[tuple[StageBreakdown, ...]]:
    """The stages of every variant, scenario by scenario; one column is read after the other.

    Args:
        aligned: the rounds of each scenario.
        record: run.json, which names variants and stages.
    """
    cells = [
        (index, variant, _Spent())
        for index, rounds in enumerate(aligned)
        if len(rounds.number)
        for variant in record.variants
    ]
    for stage in record.stages:
        for index, variant, spent in cells:
            spent.add(stage, _times(aligned[index].values(variant, stage_column(stage))))
    return [
        tuple(
            spent.breakdown(variant, rounds.values(variant, "latency_s"))
            for of, variant, spent in cells
            if of == index
        )
        for index, rounds in enumerate(aligned)
    ]


class _Spent:
    """What a variant's stages took, (n_rounds,) each, kept as sum and medians."""

    def __init__(self) -> None:
        self._medians: list[tuple[str, float]] = []
        self._inside: FloatArray | None = None
        self._total: FloatArray | None = None

    def add(self, stage: str, seconds: FloatArray) -> None:
        if stage == TOTAL_STAGE:
            self._total = seconds
            return
        self._medians.append((stage, float(np.median(seconds))))
        self._inside = seconds if self._inside is None else self._inside + seconds

    def breakdown(self, variant: str, latency_s: FloatArray) -> StageBreakdown:
        inside = np.zeros_like(latency_s) if self._inside is None else self._inside
        parts = self._medians
        if self._total is not None and np.median(self._total) > 0:
            parts = [*parts, (UNATTRIBUTED, _median_left(self._total, inside))]
            parts = [*parts, (OUTSIDE, _median_left(latency_s, self._total))]
        elif any(time_s > 0 for _, time_s in parts):
            parts = [*parts, (NOT_STAGED, _median_left(latency_s, inside))]
        else:
            # Where nothing arrived, nobody knows what was inside and what was outside.
            parts = []
        return StageBreakdown(variant, float(np.median(latency_s)), tuple(parts))


def _median_left(whole: FloatArray, part: FloatArray) -> float:
    return float(np.median(np.maximum(whole - part, 0), overwrite_input=True))


def _times(seconds: FloatArray) -> FloatArray:
    return np.where(are_times(seconds), seconds, 0.0)

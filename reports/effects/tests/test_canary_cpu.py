"""What a canary's CPU time says about the others."""

import math
from dataclasses import replace

import numpy as np
import pytest

from contract.metrics import MARGINS, find
from contract.run.record import ScenarioRecord
from reports.effects.canary_cpu import doubt_cpu
from reports.effects.comparer import Compared
from reports.effects.estimating import Alone, Terms, estimate_alone
from reports.effects.pairing import Paired
from reports.effects.reasons import Name
from reports.effects.shapes import Verdict
from reports.statistics.sequential import Look

CANARY = ScenarioRecord(name="health", request="", rounds_max=9, budget_s=1, canary=True)
LIST = ScenarioRecord(name="list", request="", rounds_max=9, budget_s=1)


def effect(ratio: float, metric: str = "cpu_outside_s", *, canary: bool = False) -> Alone:
    """Of a variant with hardly any noise."""
    chance = np.random.default_rng(2)
    before = 0.01 * np.exp(chance.normal(0, 0.001, 200))
    after = ratio * 0.01 * np.exp(chance.normal(0, 0.001, 200))
    terms = Terms("s", "a", MARGINS, 0.99, canary, 0.1, Look(200), (metric,), {})
    return estimate_alone(Paired(find(metric), "b", before, after), terms)


@pytest.mark.parametrize(
    ("canary", "other", "verdict"),
    [
        (1.05, 1.10, Verdict.INCONCLUSIVE),
        (1.05, 1.20, Verdict.SLOWER),
        (0.95, 1.10, Verdict.INCONCLUSIVE),
        (1.02, 1.05, Verdict.SLOWER),
        (1.00, 1.05, Verdict.SLOWER),
    ],
)
def test_an_effect_must_be_far_beyond_the_canarys(
    canary: float, other: float, verdict: Verdict
) -> None:
    """More than three times a canary's difference of 5 %; one within the margin is none."""
    compared = [Compared(effects=[effect(canary, canary=True)]), Compared(effects=[effect(other)])]

    kept, judged = doubt_cpu([CANARY, LIST], compared)

    assert compared[0] == kept
    assert verdict is judged.effects[0].verdict
    names = [one.name for one in judged.effects[0].estimate.warnings]
    assert ([Name.CANARY_CPU_CHANGED] if verdict is Verdict.INCONCLUSIVE else []) == names


def test_only_cpu_times_are_doubted() -> None:
    """A canary's latency has a check of its own, and another variant's CPU time stands."""
    canary, latency = effect(1.1, canary=True), effect(1.1, "latency_s_p50")
    other = effect(1.1)
    other = replace(other, estimate=replace(other.estimate, variant="c"))

    _, judged = doubt_cpu(
        [CANARY, LIST], [Compared(effects=[canary]), Compared(effects=[latency, other])]
    )

    assert [latency, other] == judged.effects
    assert math.isclose(1.1, judged.effects[1].estimate.ratio, rel_tol=0.01)

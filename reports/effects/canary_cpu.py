"""CPU times that what came before them may have changed, as a canary shows.

A canary runs the same code in every variant. If its CPU time differs all the same, the requests
before it left something behind: cold caches, garbage, work in the background. The CPU time of the
other scenarios may then differ for the same reason.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from contract.metrics import CPU
from contract.run.record import ScenarioRecord
from reports.effects.comparer import Compared
from reports.effects.estimating import BEYOND_CARRY_OVER, Alone
from reports.effects.reasons import Name, reason
from reports.effects.shapes import Verdict


def doubt_cpu(scenarios: Sequence[ScenarioRecord], compared: Sequence[Compared]) -> list[Compared]:
    """Leave CPU times undecided that are not far beyond what a canary's differ by.

    Args:
        scenarios: of the run.
        compared: what their metrics show, in the same order.
    """
    shifts: dict[str, float] = {}
    for scenario, one in zip(scenarios, compared, strict=True):
        for effect in one.effects if scenario.canary else ():
            variant, changed = effect.estimate.variant, {Verdict.SLOWER, Verdict.FASTER}
            if effect.estimate.metric == CPU and effect.verdict in changed:
                shift = abs(math.log(effect.estimate.ratio))
                shifts[variant] = max(shift, shifts.get(variant, 0.0))
    return [
        one
        if scenario.canary
        else replace(one, effects=[_doubted(effect, shifts) for effect in one.effects])
        for scenario, one in zip(scenarios, compared, strict=True)
    ]


def _doubted(effect: Alone, shifts: Mapping[str, float]) -> Alone:
    estimate = effect.estimate
    shift = shifts.get(estimate.variant, 0.0) if estimate.metric == CPU else 0.0
    if not shift or abs(math.log(estimate.ratio)) > BEYOND_CARRY_OVER * shift:
        return effect
    why = reason(Name.CANARY_CPU_CHANGED, shift=shift, detectable=BEYOND_CARRY_OVER * shift)
    return replace(
        effect,
        estimate=replace(estimate, warnings=(*estimate.warnings, why)),
        verdict=Verdict.INCONCLUSIVE,
        needed_s=None,
    )

"""Where the largest changes come from: the service's stages and what it counted, in words."""

import math
from collections.abc import Iterator

from contract.metrics import CPU, TYPICAL
from reports import units
from reports.clean import short
from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, StageBreakdown, State, SubjectComparison, Verdict
from reports.effects.stages import REST
from reports.page.tables import BAD_NEWS_FIRST

_NAMED_MAX = 2
_COUNTED_MAX = 2
_COUNTED = {Verdict.SLOWER: Verdict.MORE, Verdict.FASTER: Verdict.FEWER}


def causes_of(comparison: Comparison) -> tuple[str, ...]:
    """A sentence for each of the largest changes of typical latency that the run explains.

    Named are the stage whose median moved most, and counters and CPU time that moved the same way.
    What no stage covers is no cause.
    """
    if comparison.state is not State.COMPLETE and not comparison.invalid_scenarios:
        return ()
    changed = [
        (subject, one)
        for subject in comparison.scenarios
        if not subject.canary and subject.name not in comparison.invalid_scenarios
        for one in subject.effects
        if one.metric == TYPICAL and one.verdict in _COUNTED
    ]
    changed.sort(key=lambda pair: (BAD_NEWS_FIRST[pair[1].verdict], -abs(math.log(pair[1].ratio))))
    several = len(comparison.variants) > 2
    found = []
    for subject, effect in changed:
        if parts := list(_parts(subject, effect, comparison.baseline)):
            of = f", {short(effect.variant, 40)}" if several else ""
            found.append(f"{short(subject.name, 60)}{of}: {'; '.join(parts)}.")
    return tuple(found[:_NAMED_MAX])


def _parts(subject: SubjectComparison, effect: Effect, baseline: str) -> Iterator[str]:
    stages = {one.variant: one for one in subject.stages}
    if baseline in stages and effect.variant in stages:
        yield from _stage(stages[baseline], stages[effect.variant])
    counted = [
        one
        for one in subject.counters
        if one.variant == effect.variant and one.verdict is _COUNTED[effect.verdict]
    ]
    for one in counted[:_COUNTED_MAX]:
        before, after = (units.value(one.metric, side.median) for side in (one.before, one.after))
        if before != after:
            yield f"{units.metric_name(one.metric)} {before} → {after}"
    used = {one.variant: one for one in subject.effects if one.metric == CPU}.get(effect.variant)
    if used and used.verdict is effect.verdict:
        yield f"{units.metric_name(CPU)} {units.change(used.ratio, words=('less', 'more'))}"


def _stage(before: StageBreakdown, after: StageBreakdown) -> Iterator[str]:
    """The part that moved most, the way the request did, unless no stage covers it."""
    whole_s = after.latency_s - before.latency_s
    earlier, later = dict(before.parts), dict(after.parts)
    moved = {name: (time_s - earlier.get(name, 0.0)) * whole_s for name, time_s in later.items()}
    name = max(moved, key=lambda one: moved[one], default="")
    if name and name not in REST and moved[name] > 0:
        times = f"{units.duration(earlier.get(name, 0.0))} → {units.duration(later[name])}"
        yield f"largest part in stage {short(name, 40)}, {times}"

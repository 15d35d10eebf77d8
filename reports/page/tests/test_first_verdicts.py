"""Verdicts of a run under way are shown once, as soon as they are there."""

from dataclasses import replace

from reports.effects.shapes import Verdict
from reports.page.first_verdicts import new_verdicts
from reports.verdicts.tests.test_gate import EFFECT, comparison_of


def test_a_verdict_is_shown_once() -> None:
    """In the words of the table; what is undecided waits."""
    found = comparison_of()
    (scenario,) = found.scenarios
    open_tail = replace(EFFECT, metric="latency_s_p95", verdict=Verdict.INCONCLUSIVE)
    both = replace(found, scenarios=(replace(scenario, effects=(EFFECT, open_tail)),))
    lines = new_verdicts(both, ())
    ((key, line),) = lines.items()

    assert (EFFECT.scenario, EFFECT.variant, EFFECT.metric) == key
    assert line == (
        f"decided: {EFFECT.scenario}, {EFFECT.variant}: typical latency equivalent, 2.0 % slower "
        "[1.0, 3.0] (90 %)"
    )
    assert {} == new_verdicts(both, lines)

"""Single estimates: verdicts, warnings and what they need."""

import numpy as np
import pytest

from contract.metrics import MARGINS, find
from reports.effects.estimating import Alone, Terms, decide, estimate_alone, required
from reports.effects.pairing import Paired
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import Verdict
from reports.statistics.sequential import Look
from reports.statistics.values import FloatArray, Interval


def estimated(
    ratio: float,
    rounds: int = 400,
    metric: str = "latency_s_p50",
    shift: float = 0.0,
    doubt: Reason | None = None,
) -> Alone:
    """A constant ratio with little noise."""
    chance = np.random.default_rng(1)
    before: FloatArray = 0.02 * np.exp(chance.normal(0, 0.02, rounds))
    after = 0.02 * ratio * np.exp(chance.normal(0, 0.02, rounds))
    terms = Terms(
        scenario="list",
        baseline="a",
        margins=MARGINS,
        confidence=0.99,
        canary=False,
        round_s=0.1,
        look=Look(rounds),
        primaries=("latency_s_p50",),
        shifts={"b": shift},
        doubt=doubt,
    )
    return estimate_alone(Paired(find(metric), "b", before, after), terms)


def test_what_casts_doubt_on_all_times_withholds_every_verdict() -> None:
    """However clear the effect is; more of the same would not help."""
    doubt = reason(Name.SERVERS_DISTURBED)
    found = estimated(1.5, doubt=doubt)

    assert (Verdict.INCONCLUSIVE, None) == (found.verdict, found.needed_s)
    assert (doubt,) == found.estimate.lasting


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(1.1, Verdict.SLOWER), (0.9, Verdict.FASTER), (1.0, Verdict.EQUIVALENT)],
)
def test_a_clear_effect_has_a_verdict(ratio: float, verdict: Verdict) -> None:
    """And needs nothing more."""
    found = estimated(ratio)

    assert (verdict, None, ()) == (found.verdict, found.needed_s, found.estimate.warnings)
    assert ratio == pytest.approx(found.estimate.ratio, rel=0.01)


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(1.1, Verdict.FASTER), (0.9, Verdict.SLOWER), (1.0, Verdict.EQUIVALENT)],
)
def test_more_events_per_second_are_faster(ratio: float, verdict: Verdict) -> None:
    """Of what should become more, the verdict is the other way round."""
    assert verdict is estimated(ratio, metric="events_per_s_p50").verdict


def test_too_few_units_are_a_warning_with_numbers() -> None:
    """Eleven rounds have no verdict, however large the effect; the twelfth may bring it."""
    found = estimated(3.0, rounds=11)
    (warning,) = found.estimate.warnings

    assert Verdict.INCONCLUSIVE is found.verdict
    assert (Name.TOO_FEW_UNITS, 11, 12) == (
        warning.name,
        warning.facts["n"],
        warning.facts["needed"],
    )
    assert 0.1 == pytest.approx(found.needed_s)


@pytest.mark.parametrize(
    ("metric", "rounds", "needed"),
    [("latency_s_p90", 34, 35), ("latency_s_p95", 69, 70), ("latency_s_p99", 349, 350)],
)
def test_a_tail_needs_what_its_order_statistics_need(metric: str, rounds: int, needed: int) -> None:
    """At 99 % eight coins must agree: seven values beyond the threshold of both, and one at it."""
    too_few = estimated(1.0, rounds=rounds, metric=metric)
    enough = estimated(2.0, rounds=needed, metric=metric)
    (warning,) = too_few.estimate.warnings

    assert (Name.TOO_FEW_UNITS, rounds, "rounds", needed) == (
        warning.name,
        *(warning.facts[key] for key in ("n", "unit", "needed")),
    )
    assert 0.1 == pytest.approx(too_few.needed_s)
    assert Verdict.SLOWER is enough.verdict
    assert (needed, "rounds") == (enough.estimate.n, enough.estimate.unit)


@pytest.mark.parametrize("metric", ["latency_s_p90", "latency_s_p95", "latency_s_mean"])
def test_tails_and_means_are_compared_over_all_rounds(metric: str) -> None:
    """Their ratio is that of all requests, and so is the pooled one."""
    found = estimated(1.5, metric=metric)

    assert (Verdict.SLOWER, 400) == (found.verdict, found.estimate.n)
    assert found.estimate.pooled_ratio == pytest.approx(found.estimate.ratio, abs=1e-12)
    assert 1.5 == pytest.approx(found.estimate.ratio, rel=0.02)


@pytest.mark.parametrize(("shift", "is_forbidden"), [(0.02, True), (0.005, False)])
def test_carry_over_forbids_what_it_could_explain(shift: float, is_forbidden: bool) -> None:
    """An effect of 5 % is within three times a carry-over of 2 %, and beyond that of 0.5 %."""
    found = estimated(1.05, shift=shift)

    assert is_forbidden is (found.verdict is Verdict.INCONCLUSIVE)
    names = [one.name for one in (*found.estimate.warnings, *found.notes)]
    assert [Name.CARRY_OVER if is_forbidden else Name.SMALL_CARRY_OVER] == names
    assert found.needed_s is None


@pytest.mark.parametrize(
    ("ninety", "wide", "verdict"),
    [
        ((0.98, 1.02), (0.97, 1.03), Verdict.EQUIVALENT),
        ((1.01, 1.02), (1.005, 1.025), Verdict.EQUIVALENT),
        ((1.01, 1.04), (1.001, 1.05), Verdict.SLOWER),
        ((1.01, 1.04), (1.0, 1.05), Verdict.INCONCLUSIVE),
        ((0.9, 0.96), (0.88, 0.99), Verdict.FASTER),
        ((1 / 1.03, 1.03), (0.9, 1.1), Verdict.EQUIVALENT),
    ],
)
def test_decisions_by_hand(
    ninety: tuple[float, float], wide: tuple[float, float], verdict: Verdict
) -> None:
    """Equivalent comes first; ends on the margin are inside it; 1 inside means undecided."""
    assert verdict is decide(Interval(*ninety, 0.9), Interval(*wide, 0.99), 0.03)


@pytest.mark.parametrize(
    ("metric", "confidence", "expected"),
    [
        ("latency_s_p50", 0.99, (12, 12)),
        ("latency_s_p50", 1 - 2.0**-20, (21, 21)),
        ("latency_s_mean", 1 - 2.0**-20, (21, 21)),
        ("latency_s_p95", 1 - 2.0**-20, (21, 200)),
        ("latency_s_p999", 1 - 2.0**-20, (21, 10_000)),
    ],
)
def test_what_is_required_grows_with_the_confidence(
    metric: str, confidence: float, expected: tuple[int, int]
) -> None:
    """Twelve units at least; 1 in 2 ** 20 needs 21 coins, for a tail as many late values."""
    assert expected == required(Look(9000), confidence, find(metric))
    under_way = required(Look(60, 0, at_end=False), confidence, find("latency_s_p50"))
    assert expected[0] <= under_way.units

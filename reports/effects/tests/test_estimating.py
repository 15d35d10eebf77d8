"""Single estimates: verdicts, warnings and what they need."""

import math

import numpy as np
import pytest

from contract.metrics import MARGINS, find
from reports.effects.estimating import Alone, Terms, decide, estimate_alone, units_min
from reports.effects.pairing import Paired
from reports.effects.reasons import Name
from reports.effects.shapes import Verdict
from reports.statistics.sequential import Look
from reports.statistics.values import FloatArray, Interval


def estimated(
    ratio: float, rounds: int = 400, metric: str = "latency_s_p50", shift: float = 0.0
) -> Alone:
    """A constant ratio with little noise."""
    chance = np.random.default_rng(1)
    before: FloatArray = 0.02 * np.exp(chance.normal(0, 0.02, rounds))
    after = before * ratio * np.exp(chance.normal(0, 0.02, rounds))
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
    )
    return estimate_alone(Paired(find(metric), "b", before, after), terms)


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(1.1, Verdict.SLOWER), (0.9, Verdict.FASTER), (1.0, Verdict.EQUIVALENT)],
)
def test_a_clear_effect_has_a_verdict(ratio: float, verdict: Verdict) -> None:
    """And needs nothing more."""
    found = estimated(ratio)

    assert (verdict, None, ()) == (found.verdict, found.needed_s, found.estimate.warnings)
    assert ratio == pytest.approx(found.estimate.ratio, rel=0.01)


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


def test_fewer_rounds_than_one_unit_have_a_pooled_ratio() -> None:
    """Of a p95 with 150 rounds there is a ratio, and no unit to pair."""
    found = estimated(2.0, rounds=150, metric="latency_s_p95")

    assert [Name.TOO_FEW_ROUNDS] == [one.name for one in found.estimate.warnings]
    assert (0, found.estimate.pooled_ratio) == (found.estimate.n, found.estimate.ratio)


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


def test_the_fewest_units_grow_with_the_confidence() -> None:
    """Twelve at least; 1 in 2 ** 19 needs 21."""
    assert 12 == units_min(0.99)
    assert 21 == units_min(1 - 2.0**-20)
    assert math.isfinite(units_min(1 - 1e-9))

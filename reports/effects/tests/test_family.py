"""Verdicts that allow for the other comparisons of a run, by hand."""

from collections.abc import Sequence
from dataclasses import fields, replace

import pytest

from reports.effects.estimating import Alone
from reports.effects.family import judge_together
from reports.effects.shapes import Effect, Estimate, Verdict
from reports.page.reasons import in_words
from reports.verdicts.tests.test_gate import DOUBT, EFFECT

OPEN = replace(EFFECT, verdict=Verdict.INCONCLUSIVE, needed_s=7.0)


def judged(effects: Sequence[Effect], planned: int) -> tuple[Effect, ...]:
    """The same effects after they were judged together; only what they say alone counts."""
    names = [field.name for field in fields(Estimate)]
    return judge_together(
        [
            Alone(
                Estimate(**{name: getattr(one, name) for name in names}),
                one.verdict,
                one.needed_s,
                one.notes,
            )
            for one in effects
        ],
        planned,
    )


def primaries(*p_values: float) -> list[Effect]:
    return [replace(OPEN, p_value=p_value) for p_value in p_values]


def slower(effects: list[Effect], planned: int = 4) -> list[bool]:
    found = judged(effects, planned)
    return [one.verdict is Verdict.SLOWER for one in found]


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        # 1 % in four: 0.25 %, then in three: 0.333 %, in two: 0.5 %, and the last has all of 1 %.
        ((0.009, 0.0049, 0.003, 0.002), [True, True, True, True]),
        ((0.011, 0.0049, 0.003, 0.002), [False, True, True, True]),
        # One that misses its step ends the walk, though the next would do.
        ((0.009, 0.0051, 0.003, 0.002), [False, False, True, True]),
        ((0.003, 0.003, 0.003, 0.003), [False, False, False, False]),
        ((0.0025, 0.003), [True, True]),
    ],
)
def test_steps_by_hand(p_values: tuple[float, ...], expected: list[bool]) -> None:
    """Of four primaries each decided one leaves its chance to the others, smallest first."""
    assert expected == slower(primaries(*p_values))


def test_planned_comparisons_count_where_nothing_was_measured() -> None:
    """One of four at 0.9 % is not decided: the missing ones keep their chance."""
    assert [False] == slower(primaries(0.009))
    assert [True] == slower(primaries(0.009), planned=1)


def test_a_doubtful_effect_leaves_no_chance_to_others() -> None:
    """An effect with a warning is neither decided nor counted as decided."""
    doubtful = replace(OPEN, p_value=1e-9, warnings=(DOUBT,))

    assert [False, False] == slower([doubtful, *primaries(0.003)])
    assert [True, True] == slower(primaries(1e-9, 0.003))


def test_a_verdict_by_steps_has_a_note() -> None:
    """The direction is the ratio's, nothing more is needed, and a note explains the interval."""
    faster = replace(OPEN, ratio=0.9, p_value=0.002)
    (found,) = judged([faster], 4)

    assert (Verdict.FASTER, None) == (found.verdict, found.needed_s)
    assert in_words(found.notes[0]).startswith("decided by stepping down (Holm)")
    assert faster.interval_familywise == found.interval_familywise


def test_equivalent_stays_equivalent() -> None:
    """A change within the margin is none, however sure it is."""
    sure = replace(EFFECT, p_value=1e-9)

    assert (replace(sure, p_adjusted=1e-9),) == judged([sure], 1)


def test_adjusted_p_values_by_hand() -> None:
    """Holm's among four planned primaries: 4 x 0.01, 3 x 0.02, 2 x 0.025 but no less than 0.06.

    Of two advisory ones Benjamini and Hochberg's are 2 x 0.03 and 0.04, but none more than the
    next one's. A doubtful effect has none.
    """
    effects = [
        *primaries(0.025, 0.01, 0.02),
        *(replace(OPEN, primary=False, p_value=p_value) for p_value in (0.03, 0.04)),
        replace(OPEN, p_value=1e-9, warnings=(DOUBT,)),
    ]
    found = [one.p_adjusted for one in judged(effects, 4)]

    assert [0.06, 0.04, 0.06, 0.04, 0.04] == pytest.approx(found[:5])
    assert found[5] is None


def test_advice_is_marked_at_a_false_discovery_rate() -> None:
    """Benjamini and Hochberg by hand: of four, 5 % times 1/4, 2/4, 3/4, 4/4.

    The second smallest p-value, 0.024, is below 0.025 and takes the smallest with it, whose verdict
    stands already; 0.04 is above 0.0375, and 0.9 above 0.05.
    """
    p_values = (0.9, 0.024, 0.04, 0.001)
    advice = [replace(OPEN, primary=False, p_value=p_value) for p_value in p_values]
    advice[3] = replace(advice[3], verdict=Verdict.SLOWER)
    found = judged(advice, 4)

    assert [0, 1, 0, 0] == [len(one.notes) for one in found]
    assert in_words(found[1].notes[0]).startswith(
        "likely a change: at most 5 % of the 4 advisory effects"
    )
    assert [one.verdict for one in advice] == [one.verdict for one in found]


def test_advice_with_a_doubt_is_not_marked() -> None:
    """Neither marked nor counted among the advisory effects."""
    doubtful = replace(OPEN, primary=False, p_value=1e-9, warnings=(DOUBT,))

    assert (doubtful,) == judged([doubtful], 4)

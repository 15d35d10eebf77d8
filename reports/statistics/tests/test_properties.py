"""What must hold of every comparison, whatever was measured."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.config.judging import Budget
from contract.metrics import MARGINS, TYPICAL
from contract.run.reading import Run, read_run
from contract.run.record import RunRecord
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, Verdict
from reports.effects.tests.test_compare import as_table
from reports.effects.tests.test_family import judged
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.gate import judge
from reports.verdicts.shapes import Decision
from reports.verdicts.tests.test_gate import DOUBT, EFFECT, comparison_of

ROUNDS = 2600
MIRRORED = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}
TIMES = ("latency_s", "stage_db_s", "stage_serialize_s", "stage_total_s", "counter_cpu_s")

# Seed of the latencies, true effect on the log scale, noise, rounds: with and without tails.
DRAWN = st.tuples(
    st.integers(0, 10**6),
    st.sampled_from([0.0, 0.02, 0.05, -0.1, 1.0, -2.5]),
    st.sampled_from([0.0, 0.01, 0.1, 0.6]),
    st.sampled_from([12, 60, 240, ROUNDS]),
)
Drawn = tuple[int, float, float, int]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run whose latencies each test draws anew."""
    same = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
    made = Made((Scenario("list", same, rounds=ROUNDS),))
    return read_run(make_run(tmp_path_factory.mktemp("run"), made))


def drawn(run: Run, seed: int, effect: float, noise: float, rounds: int) -> pd.DataFrame:
    """The run's first rounds, with a heavy tail, a wander that pairs share, and an effect."""
    chance = np.random.default_rng(seed)
    samples: pd.DataFrame = run.samples.to_pandas()
    frame = samples[samples["round"] < rounds + 5].copy()
    number = frame["round"].to_numpy()
    wander = np.cumsum(chance.normal(0, 0.02, rounds + 5))[number]
    own = noise * chance.standard_t(3, len(frame))
    ours = (frame["variant"] == "optimized").to_numpy()
    latency_s = 0.02 * np.exp(np.clip(wander + own + effect * ours, -10, 10))
    for name, share in zip(TIMES, (1.0, 0.5, 0.1, 0.8, 0.3), strict=True):
        frame[name] = share * latency_s
    return frame


def compared(record: RunRecord, frame: pd.DataFrame, **changes: Any) -> Comparison:
    (scenario,) = record.scenarios
    rounds = int((~frame["warmup"]).sum()) // len(record.variants)
    told = scenario.model_copy(update={"rounds": rounds, "rounds_max": rounds})
    changes = {"scenarios": (told,), **changes}
    return compare(record.model_copy(update=changes), as_table(frame), MARGINS)


def numbers(effects: Sequence[Effect]) -> list[float]:
    """All that is estimated."""
    return [
        number
        for one in effects
        for number in (
            *(one.ratio, one.interval90.low, one.interval90.high, one.interval_familywise.low),
            *(one.interval_familywise.high, one.p_value, one.pooled_ratio, one.detectable_ratio),
        )
    ]


@settings(max_examples=15, deadline=None)
@given(DRAWN)
def test_swapped_variants_mirror_every_effect(run: Run, draw: Drawn) -> None:
    """The other baseline gives each ratio's reciprocal, the same p-value, the opposite verdict."""
    frame = drawn(run, *draw)
    there = compared(run.record, frame).effects()
    back = compared(run.record, frame, baseline="optimized").effects()

    assert [one.metric for one in there] == [one.metric for one in back]
    for one, other in zip(there, back, strict=True):
        assert one.ratio == pytest.approx(1 / other.ratio)
        assert one.pooled_ratio == pytest.approx(1 / other.pooled_ratio)
        for name in ("interval90", "interval_familywise"):
            interval, mirrored = getattr(one, name), getattr(other, name)
            assert interval.low * mirrored.high == pytest.approx(1) or interval.low == 0
            assert interval.high * mirrored.low == pytest.approx(1) or interval.high == math.inf
        assert one.p_value == pytest.approx(other.p_value)
        assert MIRRORED.get(one.verdict, one.verdict) == other.verdict
        assert len(one.warnings) == len(other.warnings)
        assert (one.before.value, one.after.value) == (other.after.value, other.before.value)


@settings(max_examples=15, deadline=None)
# The shortest stage that is drawn is 91 ns; below 1 ns nothing counts as a time.
@given(DRAWN, st.integers(-6, 8))
def test_a_machine_slower_by_any_factor_changes_no_effect(run: Run, draw: Drawn, two: int) -> None:
    """All times multiplied alike give the same ratios, intervals and verdicts."""
    frame = drawn(run, *draw)
    scaled = frame.assign(**{name: frame[name] * 2.0**two for name in TIMES})
    one, other = (compared(run.record, each) for each in (frame, scaled))

    assert numbers(one.effects()) == pytest.approx(numbers(other.effects()), rel=1e-9)
    assert [effect.verdict for effect in one.effects()] == [
        effect.verdict for effect in other.effects()
    ]
    assert one.state == other.state


@settings(max_examples=15, deadline=None)
@given(DRAWN, st.randoms(use_true_random=False))
def test_shuffled_rounds_change_no_typical_effect(run: Run, draw: Drawn, chance: Any) -> None:
    """Its estimate and intervals know of no order; only what watches the order may doubt it."""
    frame = drawn(run, *draw)
    measured = ~frame["warmup"]
    names = sorted(frame.loc[measured, "round"].unique())
    shuffled = list(names)
    chance.shuffle(shuffled)
    other = frame.copy()
    other.loc[measured, "round"] = other.loc[measured, "round"].map(
        dict(zip(names, shuffled, strict=True))
    )
    one, again = (compared(run.record, each).effects()[0] for each in (frame, other))

    assert one.metric == TYPICAL
    assert numbers([one]) == numbers([again])
    assert one.n == again.n


@settings(max_examples=8, deadline=None)
@given(DRAWN)
def test_names_decide_nothing(run: Run, draw: Drawn) -> None:
    """Variants and scenarios of other names, in another order of the alphabet, are the same."""
    frame = drawn(run, *draw)
    names = {"baseline": "zzz", "optimized": "aaa"}
    renamed = frame.assign(
        variant=frame["variant"].cat.rename_categories(names),
        scenario=frame["scenario"].cat.rename_categories({"list": "other"}),
    )
    (scenario,) = run.record.scenarios
    record = run.record.model_copy(
        update={
            "variants": ("zzz", "aaa"),
            "baseline": "zzz",
            "scenarios": (scenario.model_copy(update={"name": "other"}),),
        }
    )
    one, other = compared(run.record, frame), compared(record, renamed)

    assert numbers(one.effects()) == numbers(other.effects())
    assert [effect.verdict for effect in one.effects()] == [
        effect.verdict for effect in other.effects()
    ]


@pytest.mark.parametrize("n_variants", [2, 3, 5])
def test_every_variant_and_scenario_shares_the_promise(tmp_path: Path, n_variants: int) -> None:
    """Of K variants and two scenarios there are 2 * (K - 1) * 2 primaries, and 1 % for them all.

    So a further variant widens the family-wise intervals of those that were there, and only them.
    """
    names = ["baseline", *(f"v{number}" for number in range(1, n_variants))]
    behaviours = {name: Behaviour(0.02) for name in names}
    scenarios = (
        Scenario("list", behaviours, rounds=200),
        Scenario("other", behaviours, rounds=200),
        Scenario("canary", behaviours, rounds=200, canary=True),
    )
    run = read_run(make_run(tmp_path, Made(scenarios)))
    found = compare(run.record, run.samples, {})
    frame = run.samples.to_pandas()
    two = run.record.model_copy(update={"variants": ("baseline", "v1")})
    fewer = compare(two, as_table(frame[frame["variant"].isin(["baseline", "v1"])]), {})

    assert found.confidence == pytest.approx(1 - 0.01 / (2 * (n_variants - 1) * 2))
    assert found.confidence_canary == pytest.approx(1 - 0.01 / ((n_variants - 1) * 2))
    alone = {(one.scenario, one.metric): one for one in fewer.effects()}
    for effect in found.effects():
        promised = found.confidence_canary if effect.scenario == "canary" else found.confidence
        assert effect.interval_familywise.confidence >= promised
        if effect.variant == "v1":
            known = alone[effect.scenario, effect.metric]
            assert known.interval90 == effect.interval90
            assert effect.interval_familywise.low <= known.interval_familywise.low
            assert effect.interval_familywise.high >= known.interval_familywise.high


EFFECTS = st.lists(
    st.tuples(
        st.floats(1e-6, 0.2),
        st.booleans(),
        st.sampled_from([Verdict.INCONCLUSIVE, Verdict.SLOWER, Verdict.EQUIVALENT]),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(EFFECTS, st.integers(0, 7))
def test_a_further_warning_makes_no_verdict_stronger(
    made: list[tuple[float, bool, Verdict, bool]], place: int
) -> None:
    """Neither of the effect that it doubts, nor of any other: what it frees goes to no other."""
    effects = [
        replace(
            EFFECT,
            p_value=p_value,
            primary=primary,
            verdict=Verdict.INCONCLUSIVE if doubtful else verdict,
            warnings=(DOUBT,) if doubtful else (),
        )
        for p_value, primary, verdict, doubtful in made
    ]
    more = list(effects)
    index = place % len(effects)
    more[index] = replace(effects[index], verdict=Verdict.INCONCLUSIVE, warnings=(DOUBT,))
    before, after = (judged(each, len(effects)) for each in (effects, more))

    for one, other in zip(before, after, strict=True):
        assert other.verdict in {one.verdict, Verdict.INCONCLUSIVE}
    assert Verdict.INCONCLUSIVE is after[index].verdict


@given(st.floats(0.9, 1.2), st.floats(0.9, 1.1), st.floats(1.0, 1.1))
def test_a_warning_takes_every_decision_of_a_ratio_away(
    ratio_max: float, low: float, wider: float
) -> None:
    """Whatever the interval, a budget on a doubted ratio neither passes nor fails."""
    interval = replace(EFFECT.interval90, low=low, high=low * wider)
    doubted = replace(EFFECT, interval90=interval, interval_familywise=interval, warnings=(DOUBT,))
    limit = Budget("list", "optimized", TYPICAL, ratio_max, None)

    assert Decision.INCONCLUSIVE is judge(comparison_of(doubted), [limit]).outcomes[0].decision

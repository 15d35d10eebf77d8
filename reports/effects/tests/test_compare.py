"""From samples to effects, on runs whose truth is known."""

import math
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from contract.config.judging import Budget, Claim
from contract.errors import ReportError
from contract.metrics import OF_STREAMS, TAIL, TYPICAL, find
from contract.run.reading import read_run
from reports import units
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.estimating import decide
from reports.effects.shapes import Effect, State, Verdict
from reports.effects.stages import OUTSIDE, UNATTRIBUTED
from reports.page.reasons import all_in_words
from reports.statistics.coins import QuantileCoins
from reports.statistics.values import FloatArray, Interval
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.claims import judge_claims
from reports.verdicts.gate import judge
from reports.verdicts.shapes import ClaimVerdict, Decision

# For samples that no builder makes.
as_table = partial(pa.Table.from_pandas, preserve_index=False)


def compared(folder: Path, made: Made) -> Comparison:
    """Write, read and compare a synthetic run."""
    run = read_run(make_run(folder, made))
    return compare(run.record, run.samples, {})


def pair(before: Behaviour, after: Behaviour, rounds: int = 400) -> Made:
    """A run of one scenario and two variants."""
    return Made((Scenario("list", {"baseline": before, "optimized": after}, rounds=rounds),))


def effect(comparison: Comparison, metric: str = TYPICAL) -> Effect:
    """The first effect on a metric."""
    return next(one for one in comparison.effects() if one.metric == metric)


def test_a_planted_slowdown_is_called(tmp_path: Path) -> None:
    """Ten percent more latency is slower, and the interval holds the truth."""
    found = effect(compared(tmp_path, pair(Behaviour(0.020), Behaviour(0.022))))

    assert Verdict.SLOWER == found.verdict
    assert found.interval_familywise.holds(1.1)
    assert (400, "rounds") == (found.n, found.unit)


def test_baseline_against_itself_is_not_called(tmp_path: Path) -> None:
    """Ten comparisons of a thing with itself raise no alarm."""
    verdicts = {
        effect(
            compared(
                tmp_path / str(seed),
                replace(pair(Behaviour(0.02), Behaviour(0.02), rounds=120), seed=seed),
            )
        ).verdict
        for seed in range(10)
    }

    assert verdicts <= {Verdict.EQUIVALENT, Verdict.INCONCLUSIVE}


def test_swapped_variants_mirror_the_effect(tmp_path: Path) -> None:
    """Calling the other variant the baseline gives the reciprocal and the opposite verdict."""
    made = pair(Behaviour(0.020), Behaviour(0.017))
    forward = effect(compared(tmp_path, made))
    run = read_run(tmp_path)
    turned = run.record.model_copy(update={"baseline": "optimized"})

    backward = effect(compare(turned, run.samples, {}))

    assert forward.ratio == pytest.approx(1 / backward.ratio)
    assert forward.interval90.low == pytest.approx(1 / backward.interval90.high)
    assert (Verdict.FASTER, Verdict.SLOWER) == (forward.verdict, backward.verdict)


def test_every_number_can_be_recomputed_with_plain_pandas(tmp_path: Path) -> None:
    """Medians, pooled ratio, paired centre and counts follow from samples.parquet alone."""
    found = compared(tmp_path, pair(Behaviour(0.02, error_rate=0.02), Behaviour(0.021)))
    samples = pd.read_parquet(tmp_path / "samples.parquet").query("not warmup")
    good = samples[(samples["error"] == "")].pivot_table(
        index="round", columns="variant", values="latency_s", observed=True
    )
    both = good.dropna()
    logs = np.log((both["optimized"] / both["baseline"]).to_numpy())
    averages = [(a + b) / 2 for i, a in enumerate(logs) for b in logs[i:]]

    typical = effect(found)
    assert len(both) == typical.n == found.scenarios[0].rounds
    assert both["baseline"].median() == pytest.approx(typical.before.value)
    assert both["optimized"].median() == pytest.approx(typical.after.value)
    assert math.exp(np.median(averages)) == pytest.approx(typical.ratio, rel=1e-9)
    assert both["optimized"].quantile(0.95) == pytest.approx(effect(found, TAIL).after.value)
    assert 400 - len(both) == found.scenarios[0].rounds_left_out > 0


def test_tails_are_compared_by_rounds(tmp_path: Path) -> None:
    """A p95 that is half as much longer is told from 120 rounds."""
    found = effect(compared(tmp_path, pair(Behaviour(0.02), Behaviour(0.03), 120)), TAIL)

    assert (120, "rounds", Verdict.SLOWER) == (found.n, found.unit, found.verdict)


def test_a_mean_can_be_recomputed_from_all_rounds(tmp_path: Path) -> None:
    """Its ratio is that of the means, and levels have intervals from 50 rounds a stretch on."""
    found = effect(
        compared(tmp_path, pair(Behaviour(0.02), Behaviour(0.022), 620)), "latency_s_mean"
    )
    samples = pd.read_parquet(tmp_path / "samples.parquet").query("not warmup")
    means = samples.groupby("variant", observed=True)["latency_s"].mean()

    assert (620, "rounds", Verdict.SLOWER) == (found.n, found.unit, found.verdict)
    assert means["optimized"] / means["baseline"] == pytest.approx(found.ratio, rel=1e-9)
    assert means["baseline"] == pytest.approx(found.before.value)
    assert found.before.interval90.low < found.before.value < found.before.interval90.high
    assert not found.primary


def test_a_mean_of_few_slow_requests_gets_no_verdict(tmp_path: Path) -> None:
    """Three requests of 1,200 take 200 times as long: three coins often fall alike."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 1200)))
    samples = run.samples.to_pandas()
    slow = samples["round"].isin([100, 500, 900]) & (samples["variant"] == "optimized")
    samples.loc[slow, "latency_s"] *= 200

    found = compare(run.record, as_table(samples), {})

    assert Verdict.EQUIVALENT == effect(found).verdict
    assert Verdict.INCONCLUSIVE == effect(found, "latency_s_mean").verdict
    assert effect(found, "latency_s_mean").interval90.high > 1.5


def test_budgets_and_claims_can_be_about_a_mean(tmp_path: Path) -> None:
    """Ten percent more keeps 1.2x and breaks 1.05x; its level keeps a second and breaks 1 ms."""
    found = compared(tmp_path, pair(Behaviour(0.02), Behaviour(0.022), 1200))
    budgets = [
        Budget("list", "optimized", "latency_s_mean", ratio_max=1.2),
        Budget("list", "optimized", "latency_s_mean", ratio_max=1.05),
        Budget("list", "optimized", "latency_s_mean", value_max=1.0),
        Budget("list", "baseline", "latency_s_mean", value_max=0.001),
    ]
    claim = Claim("mean", "half", "a report", "list", "optimized", "latency_s_mean", 0.5)

    decisions = [one.decision for one in judge(found, budgets).outcomes]

    assert [Decision.PASS, Decision.FAIL, Decision.PASS, Decision.FAIL] == decisions
    assert [ClaimVerdict.REFUTED] == [one.verdict for one in judge_claims(found, [claim])]


def test_the_shift_function_is_of_the_same_rounds_as_the_effects(tmp_path: Path) -> None:
    """It meets the pooled ratios at their quantiles, and is there only for a picture."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.022), 1000)))
    (drawn,) = compare(run.record, run.samples, {}, pictures=True).scenarios
    (found,) = drawn.shift_functions
    at = dict(zip(found.probabilities, found.ratios, strict=True))

    assert ("optimized", 1000) == (found.variant, found.n)
    for one in drawn.effects:
        metric = find(one.metric)
        if metric.source == "latency_s" and not metric.is_mean and metric.quantile in at:
            assert one.pooled_ratio == pytest.approx(at[metric.quantile])
    assert () == compare(run.record, run.samples, {}).scenarios[0].shift_functions


def test_too_few_rounds_give_no_verdict_on_a_tail_but_a_forecast(tmp_path: Path) -> None:
    """Nine coins must agree, so 80 rounds are needed; the pooled ratio is told all the same."""
    comparison = compared(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 60))
    found = effect(comparison, TAIL)
    assert found.short
    missing_s = (80 - 60) * comparison.scenarios[0].round_s

    assert Verdict.INCONCLUSIVE == found.verdict
    assert missing_s == pytest.approx(found.needed_s)
    assert ("only 60 rounds; a verdict needs 80",) == all_in_words(found.warnings)
    assert found.pooled_ratio == pytest.approx(1.0, rel=0.2)


def test_a_tail_is_told_with_all_requests_where_it_has_too_few(tmp_path: Path) -> None:
    """A p95 twice as long is slower after 70 rounds; what passes a budget is the tail's alone."""
    found = effect(compared(tmp_path, pair(Behaviour(0.02), Behaviour(0.04), 70)), TAIL)

    assert Verdict.SLOWER == found.verdict
    assert ("as all requests; 80 rounds would tell p95 alone",) == all_in_words(found.notes)
    tail_alone = QuantileCoins(*latencies_of(tmp_path), 0.95).interval(0.90)
    assert math.exp(tail_alone.high) == pytest.approx(found.interval90.high)


def latencies_of(folder: Path) -> tuple[FloatArray, FloatArray]:
    """Of the run's rounds, by variant."""
    samples = pd.read_parquet(folder / "samples.parquet").query("not warmup")
    both = samples.pivot_table(index="round", columns="variant", values="latency_s", observed=True)
    return both["baseline"].to_numpy(), both["optimized"].to_numpy()


def test_eleven_rounds_give_no_verdict(tmp_path: Path) -> None:
    """However large an effect looks, fewer than 12 rounds are no evidence; 12 are."""
    made = pair(Behaviour(0.07), Behaviour(0.002))
    few, enough = (
        effect(
            compared(
                tmp_path / str(rounds),
                replace(made, scenarios=(replace(made.scenarios[0], rounds=rounds),)),
            )
        )
        for rounds in (11, 12)
    )

    assert (Verdict.INCONCLUSIVE, Verdict.FASTER) == (few.verdict, enough.verdict)


def test_errors_never_count_as_fast(tmp_path: Path) -> None:
    """A variant that fails quickly half of the time is invalid, and its failures feed no effect."""
    failing = Behaviour(0.02, error_rate=0.5)
    found = compared(tmp_path, pair(Behaviour(0.02), failing))

    assert State.INVALID == found.state
    assert found.scenarios[0].deliveries[1].errors == found.scenarios[0].rounds_left_out
    assert (("status 500", found.scenarios[0].deliveries[1].errors),) == (
        found.scenarios[0].deliveries[1].kinds
    )


def test_pairing_and_pooling_must_agree(tmp_path: Path) -> None:
    """Where most rounds say faster and the pooled medians say slower, there is no verdict.

    That more requests are slow explains both, and settles nothing.
    """
    folder = make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 300))
    run = read_run(folder)
    samples = run.samples.to_pandas()
    number, slow = samples["round"].to_numpy(), (samples["variant"] == "optimized").to_numpy()
    # 55 % of rounds take 10 ms, the rest 100 ms. The variant saves a tenth, but a fifth of the
    # short rounds take 200 ms: fewer than half of its requests stay short.
    short = number % 20 < 11
    base = np.where(short, 0.01, 0.1) * np.exp(0.01 * np.sin(number))
    variant = base * np.where(short & (number % 100 >= 80), 20, 0.9)
    samples["latency_s"] = np.where(slow, variant, base)

    found = effect(compare(run.record, as_table(samples), {}))

    assert Verdict.INCONCLUSIVE == found.verdict
    assert "the median of all requests is" in all_in_words(found.warnings)[0]
    assert found.needed_s is None


def test_pairing_and_pooling_disagree_without_another_share(tmp_path: Path) -> None:
    """Where quick and slow requests gain differently, both ratios are told, and no verdict."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 300)))
    samples = run.samples.to_pandas()
    number, ours = samples["round"].to_numpy(), (samples["variant"] == "optimized").to_numpy()
    quick = number % 20 < 9
    base = np.where(quick, 0.01, 0.1) * np.exp(0.01 * np.sin(number))
    samples["latency_s"] = base * np.where(ours, np.where(quick, 0.9, 0.4), 1)
    comparison = compare(run.record, as_table(samples), {})
    found = effect(comparison)

    assert (Verdict.INCONCLUSIVE, ()) == (found.verdict, comparison.scenarios[0].shape_changes)
    assert "medians over all requests: " in all_in_words(found.warnings)[0]


def test_a_round_measured_twice_is_refused(tmp_path: Path) -> None:
    """Two samples of one variant in one round contradict the pairing."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 20)))
    samples = run.samples.to_pandas()

    with pytest.raises(ReportError, match="holds variant 'baseline' twice"):
        compare(run.record, as_table(pd.concat([samples, samples])), {})


def test_one_variant_is_no_comparison(tmp_path: Path) -> None:
    """A run of the baseline alone is refused, and the message says what is missing."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 20)))
    alone = run.record.model_copy(update={"variants": ("baseline",)})

    with pytest.raises(ReportError, match="needs the baseline 'baseline' and at least one more"):
        compare(alone, run.samples, {})


def test_carry_over_is_found(tmp_path: Path) -> None:
    """A variant that is five percent slower right after another one is contaminated."""
    clean = compared(tmp_path / "a", pair(Behaviour(0.02), Behaviour(0.02), 900))
    carried = compared(
        tmp_path / "b", pair(Behaviour(0.02), Behaviour(0.02, after_other=1.05), 900)
    )

    assert () == all_in_words(clean.warnings)
    assert 1 == len(all_in_words(carried.warnings))
    assert all_in_words(carried.warnings)[0].startswith(
        "list: contaminated: requests of optimized are"
    )
    assert Verdict.INCONCLUSIVE == effect(carried).verdict
    assert re.fullmatch(
        r"contaminated: carry-over of [345]\.\d %; only a change over 1\d\.\d % can be detected",
        all_in_words(effect(carried).warnings)[0],
    )
    assert effect(carried).needed_s is None


def test_a_large_effect_outlives_a_small_carry_over(tmp_path: Path) -> None:
    """Thirty times faster stays so beside a carry-over of five percent, which is noted."""
    found = effect(
        compared(tmp_path, pair(Behaviour(0.06), Behaviour(0.002, after_other=1.05), 900))
    )

    assert (Verdict.FASTER, ()) == (found.verdict, all_in_words(found.warnings))
    assert any(note.endswith("small compared with this") for note in all_in_words(found.notes))


def test_a_canary_is_not_excused_by_carry_over(tmp_path: Path) -> None:
    """What disturbs the canary is what it is there to show."""
    disturbed = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02, after_other=1.08)}
    found = compared(tmp_path, Made((Scenario("canary", disturbed, rounds=900, canary=True),)))

    assert State.INVALID == found.state


def test_too_few_rounds_to_check_carry_over_are_said(tmp_path: Path) -> None:
    """Twenty rounds give no group of twelve; four hundred give four."""
    few = compared(tmp_path / "a", pair(Behaviour(0.02), Behaviour(0.02), 20)).scenarios[0]
    many = compared(tmp_path / "b", pair(Behaviour(0.02), Behaviour(0.02), 400)).scenarios[0]

    assert re.fullmatch(
        r"carry-over could not be checked: only \d for baseline, \d for optimized of the 12 rounds "
        "needed",
        " ".join(all_in_words(few.unchecked)),
    )
    assert () == all_in_words(many.unchecked)


def test_a_pooled_ratio_that_differs_stands_in_the_notes(tmp_path: Path) -> None:
    """Where the pooled medians lie beyond the margin from the pairs, both are told."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 300)))
    samples = run.samples.to_pandas()
    number, ours = samples["round"].to_numpy(), (samples["variant"] == "optimized").to_numpy()
    # Six rounds of ten get 12 times faster and hold the median; the others get 8 times faster.
    gain = np.where(number % 10 < 4, 1 / 8, 1 / 12)
    samples["latency_s"] = 0.1 * np.exp(0.02 * np.sin(number)) * np.where(ours, gain, 1)
    found = effect(compare(run.record, as_table(samples), {}))

    assert (Verdict.FASTER, ()) == (found.verdict, all_in_words(found.warnings))
    assert (f"medians over all requests: {units.change(found.pooled_ratio)}",) == all_in_words(
        found.notes
    )


def test_a_stage_that_some_rounds_lack_is_told(tmp_path: Path) -> None:
    """Three rounds without a db stage leave it out of the comparison, and that is a warning."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 300)))
    samples = run.samples.to_pandas()
    ours = samples["variant"] == "optimized"
    samples.loc[samples["round"].between(50, 52) & ours, "stage_db_s"] = math.nan
    samples.loc[samples["round"].between(51, 53) & ~ours, "counter_db_rows"] = math.nan
    found = compare(run.record, as_table(samples), {})

    lacking = "list: 3 of 300 rounds have no {} in baseline or optimized, so it is not compared"
    assert (lacking.format("db stage"), lacking.format("rows from the database")) == all_in_words(
        found.warnings
    )
    assert State.COMPLETE == found.state
    assert "stage_db_s" not in {one.metric for one in found.effects()}


def test_what_is_still_needed_counts_the_whole_run(tmp_path: Path) -> None:
    """A scenario with a fourth of the time needs four times its own pace, warm-up included."""
    same = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
    ours = Scenario("list", same, rounds=80, warmup_rounds=20, budget_s=10)
    other = Scenario("other", same, rounds=20, budget_s=30)
    found = compared(tmp_path, Made((ours, other)))
    samples = pd.read_parquet(tmp_path / "samples.parquet").query("scenario == 'list'")
    end = (samples["start_s"] + samples["latency_s"]).groupby(samples["block"]).max()
    spent_s = (end - samples.groupby("block")["start_s"].min()).sum()
    tail = effect(found, TAIL)

    assert tail.short
    # 1 % is shared by four comparisons: ten coins must agree, so ten values be late.
    assert (90 - 80) * 4 * spent_s / 80 == pytest.approx(tail.needed_s)
    assert 4 * found.scenarios[0].round_s == pytest.approx(effect(found).unit_s)


def test_counters_are_exact(tmp_path: Path) -> None:
    """One row less is fewer and the same bytes are equal: no interval, no margin."""
    found = compared(tmp_path, pair(Behaviour(0.02, db_rows=50), Behaviour(0.02, db_rows=49), 20))

    verdicts = {one.metric: one.verdict for one in found.counters()}

    assert {
        "wire_bytes": Verdict.EQUAL,
        "body_bytes": Verdict.EQUAL,
        "db_requests": Verdict.EQUAL,
        "db_rows": Verdict.FEWER,
        "db_bytes": Verdict.EQUAL,
    } == verdicts


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((50, 51, 52), (50, 51, 52), Verdict.EQUAL),
        ((1, 1, 3), (3, 3, 3), Verdict.MORE),
        ((2, 2, 2), (2, 2, 3), Verdict.MORE),
        ((3, 3, 3), (2, 1, 2), Verdict.FEWER),
        ((3, 3, 3), (2, 3, 2), Verdict.INCONCLUSIVE),
        ((1, 3, 1), (3, 1, 1), Verdict.INCONCLUSIVE),
        ((0, 0, 0), (0, 0, 1), Verdict.MORE),
    ],
)
def test_counts_are_compared_within_rounds(
    tmp_path: Path, before: tuple[int, ...], after: tuple[int, ...], verdict: Verdict
) -> None:
    """One round that grew is growth; a saving must show in every round."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 3)))
    samples = run.samples.to_pandas().query("not warmup").sort_values(["variant", "round"])
    samples["counter_db_rows"] = [float(count) for count in (*before, *after)]
    found = compare(run.record, as_table(samples), {}).counters()

    assert verdict == next(one.verdict for one in found if one.metric == "db_rows")


def test_stages_leave_a_remainder(tmp_path: Path) -> None:
    """Of 100 %: 50 db, 10 serialize, 20 unattributed in the service, 20 outside it."""
    stages = compared(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 20)).scenarios[0].stages[0]

    shares = {name: time / stages.latency_s for name, time in stages.parts}

    # Times are kept to 0.12 microseconds, of 20 ms.
    assert {"db": 0.5, "sign": 0, "serialize": 0.1, UNATTRIBUTED: 0.2, OUTSIDE: 0.2} == (
        pytest.approx(shares, abs=1e-5)
    )


def test_every_variant_is_compared_with_the_baseline(tmp_path: Path) -> None:
    """Three variants give two effects on each metric, each with its own truth."""
    made = Made(
        (
            Scenario(
                "list", {"old": Behaviour(0.02), "new": Behaviour(0.01), "newer": Behaviour(0.005)}
            ),
        )
    )
    found = {
        one.variant: one for one in compared(tmp_path, made).effects() if one.metric == TYPICAL
    }

    assert ["new", "newer"] == list(found)
    assert (0.5, 0.25) == pytest.approx((found["new"].ratio, found["newer"].ratio), rel=0.05)


@pytest.mark.parametrize(
    ("ninety", "familywise", "verdict"),
    [
        ((0.98, 1.02), (0.97, 1.04), Verdict.EQUIVALENT),
        ((1.01, 1.03), (1.005, 1.04), Verdict.EQUIVALENT),
        ((1.01, 1.0301), (1.005, 1.04), Verdict.SLOWER),
        ((0.96, 0.99), (0.95, 0.995), Verdict.FASTER),
        ((0.96, 0.99), (0.95, 1.0), Verdict.INCONCLUSIVE),
        ((1.0, 1.10), (0.99, 1.20), Verdict.INCONCLUSIVE),
        ((1 / 1.03, 1.03), (0.9, 1.1), Verdict.EQUIVALENT),
        ((0.0, math.inf), (0.0, math.inf), Verdict.INCONCLUSIVE),
    ],
)
def test_decide(
    ninety: tuple[float, float], familywise: tuple[float, float], verdict: Verdict
) -> None:
    """Equivalence by the 90 % interval and a margin of 3 % comes first, then the direction."""
    assert verdict == decide(Interval(*ninety, 0.9), Interval(*familywise, 0.99), 0.03)


def test_time_to_first_byte_is_compared_beside_latency(tmp_path: Path) -> None:
    """Half the time to the first byte is a faster ttfb, whatever the whole request takes."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 2600)))
    samples = run.samples.to_pandas()
    ours = samples["variant"] == "optimized"
    samples["ttfb_s"] = samples["latency_s"] * np.where(ours, 0.25, 0.5)
    found = compare(run.record, as_table(samples))

    for metric in ("ttfb_s_p50", "ttfb_s_p95"):
        one = effect(found, metric)
        assert Verdict.FASTER is one.verdict
        assert 0.5 == pytest.approx(one.ratio, rel=0.05)
        assert not one.primary
    assert Verdict.EQUIVALENT is effect(found).verdict


def test_the_times_of_streams_are_compared_in_their_scenarios_alone(tmp_path: Path) -> None:
    """An earlier first event and more events per second are both faster; nothing else changes."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 600)))
    samples = run.samples.to_pandas()
    ours = samples["variant"] == "optimized"
    samples["first_event_s"] = samples["latency_s"] * np.where(ours, 0.25, 0.5)
    samples["events_per_s"] = np.where(ours, 2, 1) / samples["latency_s"]
    samples.loc[samples["round"] % 10 == 0, "events_per_s"] = math.nan
    (scenario,) = run.record.scenarios
    streams = run.record.model_copy(
        update={"scenarios": (scenario.model_copy(update={"events": True}),)}
    )
    found = compare(streams, as_table(samples))
    others = compare(run.record, as_table(samples))

    first, pace = (effect(found, name) for name in ("first_event_s_p50", "events_per_s_p50"))
    assert [Verdict.FASTER] * 2 == [first.verdict, pace.verdict]
    assert [0.5, 2.0] == pytest.approx([first.ratio, pace.ratio], rel=0.05)
    # Rounds whose events came at once have no pace.
    assert (first.n, 540) == (600, pace.n)
    assert not any(one.metric in OF_STREAMS for one in others.effects())
    assert not any(one.metric in OF_STREAMS for one in others.missing())
    assert effect(found).interval_familywise == effect(others).interval_familywise


def test_a_body_that_never_came_has_no_first_byte(tmp_path: Path) -> None:
    """Where no round has a body, the metric is missing; it is neither compared nor a warning."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 300)))
    (scenario,) = compare(run.record, run.samples).scenarios

    assert {"ttfb_s_p50": 300, "ttfb_s_p95": 300} == {
        one.metric: one.rounds_missing
        for one in scenario.missing
        if one.metric.startswith("ttfb_s")
    }
    assert () == scenario.warnings

"""From samples to effects, on runs whose truth is known."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reports.compare import compare, decide
from reports.model import (
    OUTSIDE,
    TAIL,
    TYPICAL,
    UNATTRIBUTED,
    Comparison,
    Effect,
    Interval,
    ReportError,
    State,
    Verdict,
)
from reports.record import read_run
from reports.tests.runs import Behaviour, Made, Scenario, make_run


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
    """Twenty comparisons of a thing with itself raise no alarm."""
    verdicts = {
        effect(
            compared(
                tmp_path / str(seed),
                replace(pair(Behaviour(0.02), Behaviour(0.02), rounds=120), seed=seed),
            )
        ).verdict
        for seed in range(20)
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


def test_tails_are_compared_by_blocks(tmp_path: Path) -> None:
    """2,450 rounds make 12 blocks of at least 200, just enough for a verdict on p95."""
    found = effect(compared(tmp_path, pair(Behaviour(0.02), Behaviour(0.03), 2450)), TAIL)

    assert (12, "blocks", Verdict.SLOWER) == (found.n, found.unit, found.verdict)


def test_too_few_blocks_give_no_verdict_but_a_forecast(tmp_path: Path) -> None:
    """Four blocks are eight short of a verdict; the pooled ratio is told all the same."""
    comparison = compared(tmp_path, pair(Behaviour(0.02), Behaviour(0.04), 800))
    found = effect(comparison, TAIL)
    missing_s = (12 * 200 - 800) * comparison.scenarios[0].round_s

    assert Verdict.INCONCLUSIVE == found.verdict
    assert missing_s == pytest.approx(found.needed_s)
    assert ("only 4 blocks of 200 rounds; a verdict needs 12",) == found.warnings
    assert found.pooled_ratio == pytest.approx(2.0, rel=0.2)


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
    """Where most rounds say faster and the pooled medians say slower, there is no verdict."""
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

    found = effect(compare(run.record, _Frame(samples), {}))

    assert Verdict.INCONCLUSIVE == found.verdict
    assert "over all requests pooled" in found.warnings[0]


class _Frame:
    """Stands where an Arrow table stands, for samples that no builder makes."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def to_pandas(self) -> pd.DataFrame:
        """The samples as they are."""
        return self._frame


def test_a_round_measured_twice_is_refused(tmp_path: Path) -> None:
    """Two samples of one variant in one round contradict the pairing."""
    run = read_run(make_run(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 20)))
    samples = run.samples.to_pandas()

    with pytest.raises(ReportError, match="holds variant 'baseline' twice"):
        compare(run.record, _Frame(pd.concat([samples, samples])), {})


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

    assert () == clean.warnings
    assert 1 == len(carried.warnings)
    assert carried.warnings[0].startswith("list: contaminated: requests of optimized are")


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


def test_stages_leave_a_remainder(tmp_path: Path) -> None:
    """Of 100 %: 50 db, 10 serialize, 20 unattributed in the service, 20 outside it."""
    stages = compared(tmp_path, pair(Behaviour(0.02), Behaviour(0.02), 20)).scenarios[0].stages[0]

    shares = {name: time / stages.latency_s for name, time in stages.parts}

    assert {"db": 0.5, "sign": 0, "serialize": 0.1, UNATTRIBUTED: 0.2, OUTSIDE: 0.2} == (
        pytest.approx(shares)
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

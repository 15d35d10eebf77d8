"""Runs under load: compared block by block, on runs whose truth is known."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from contract.errors import ReportError
from contract.metrics import TAIL, TYPICAL
from contract.run.reading import read_run
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, State, Verdict
from reports.effects.tests.test_compare import as_table, effect
from reports.page.reasons import all_in_words
from reports.tests.runs import BURN_IN_S, Behaviour, LoadMade, make_load_run

FAST, SLOW = Behaviour(0.010), Behaviour(0.012)


def pair(before: Behaviour, after: Behaviour) -> LoadMade:
    """A run of two scenarios, of which both variants do the second alike."""
    same = {"baseline": FAST, "optimized": FAST}
    return LoadMade({"list": {"baseline": before, "optimized": after}, "other": same})


def compared(folder: Path, made: LoadMade) -> Comparison:
    """Write, read and compare a synthetic run."""
    run = read_run(make_load_run(folder, made))
    return compare(run.record, run.samples, {})


def test_a_planted_slowdown_is_called(tmp_path: Path) -> None:
    """A fifth more work is slower, by block; what both do alike is not called typically slower."""
    found = compared(tmp_path, pair(FAST, SLOW))
    typical, other = (effect_of(found, name) for name in ("list", "other"))

    assert (Verdict.SLOWER, 16, "blocks") == (typical.verdict, typical.n, typical.unit)
    assert Verdict.EQUIVALENT == other.verdict
    assert State.COMPLETE == found.state


@pytest.mark.slow
def test_baseline_against_itself_is_not_called(tmp_path: Path) -> None:
    """Ten comparisons of a thing with itself raise no alarm."""
    verdicts = {
        one.verdict
        for seed in range(10)
        for one in compared(tmp_path / str(seed), replace(pair(FAST, FAST), seed=seed)).effects()
    }

    assert verdicts <= {Verdict.EQUIVALENT, Verdict.INCONCLUSIVE}


def test_swapped_variants_mirror_the_effect(tmp_path: Path) -> None:
    """Calling the other variant the baseline gives the reciprocal and the opposite verdict."""
    forward = effect(compared(tmp_path, pair(SLOW, FAST)))
    run = read_run(tmp_path)
    turned = run.record.model_copy(update={"baseline": "optimized"})

    backward = effect(compare(turned, run.samples, {}))

    assert forward.ratio == pytest.approx(1 / backward.ratio)
    assert forward.interval90.low == pytest.approx(1 / backward.interval90.high)
    assert (Verdict.FASTER, Verdict.SLOWER) == (forward.verdict, backward.verdict)


def test_every_number_can_be_recomputed_with_plain_pandas(tmp_path: Path) -> None:
    """Each block's log ratio of medians is a unit; the effect is the centre of their averages."""
    found = effect(compared(tmp_path, pair(FAST, SLOW)))
    samples = pd.read_parquet(tmp_path / "samples.parquet").query(
        "scenario == 'list' and not warmup"
    )
    medians = samples.pivot_table(
        "latency_s", index="block", columns="variant", aggfunc="median", observed=True
    )
    logs = np.log((medians["optimized"] / medians["baseline"]).to_numpy())
    averages = [(a + b) / 2 for i, a in enumerate(logs) for b in logs[i:]]

    assert math.exp(np.median(averages)) == pytest.approx(found.ratio, rel=1e-9)


@pytest.mark.parametrize("metric", [TAIL, "latency_s_mean"])
def test_tails_and_means_take_whole_blocks(tmp_path: Path, metric: str) -> None:
    """The coin of a block orders all its requests, so each block is one unit."""
    found = effect(compared(tmp_path, replace(pair(FAST, SLOW), blocks=30)), metric)

    assert (30, "blocks", Verdict.SLOWER) == (found.n, found.unit, found.verdict)


def test_under_load_the_shift_function_draws_whole_blocks(tmp_path: Path) -> None:
    """Eleven blocks are too few to draw from, sixteen are not."""
    sizes = {}
    for blocks in (11, 16):
        folder = make_load_run(tmp_path / str(blocks), replace(pair(FAST, SLOW), blocks=blocks))
        run = read_run(folder)
        (first, *_) = compare(run.record, run.samples, {}, pictures=True).scenarios
        sizes[blocks] = len(first.shift_functions)

    assert {11: 0, 16: 1} == sizes


def test_only_what_is_due_after_the_burn_in_is_compared(tmp_path: Path) -> None:
    """Search and burn-in may be as fast, and as wrong, as they like."""
    made = replace(pair(FAST, SLOW), tried=(("baseline", 60.0, ""), ("optimized", 90.0, "latency")))
    run = read_run(make_load_run(tmp_path, made))
    samples = run.samples.to_pandas()
    before = compare(run.record, as_table(samples), {})
    samples.loc[samples["warmup"], ["latency_s", "error", "body_hash"]] = [1e-6, "status 500", 5]
    after = compare(run.record, as_table(samples), {})

    assert before.effects() == after.effects()
    assert before.counters() == after.counters()
    assert State.COMPLETE == after.state
    assert after.scenarios[0].deliveries[0].warmup_errors > 0
    due_s = samples["intended_s"] - samples.groupby("block")["intended_s"].transform("min")
    assert due_s[~samples["warmup"]].min() >= BURN_IN_S / 2


def test_time_is_shared_by_all_scenarios(tmp_path: Path) -> None:
    """A unit takes as long as its block, whichever scenario asks, and so for a tail."""
    found = compared(tmp_path, pair(FAST, SLOW))
    typical = [one for one in found.effects() if one.metric == TYPICAL]
    tails = [one for one in found.effects() if one.metric == TAIL]
    samples = pd.read_parquet(tmp_path / "samples.parquet")
    block = samples.groupby("block")
    end_s = (samples["start_s"] + samples["latency_s"]).groupby(samples["block"]).max()
    lasted_s = (end_s - block["start_s"].min()).sum()

    assert [lasted_s / 16] * 2 == pytest.approx([one.unit_s for one in typical])
    assert [lasted_s / 16] * 2 == pytest.approx([one.unit_s for one in tails])


def test_a_wrong_answer_takes_its_partner_with_it(tmp_path: Path) -> None:
    """An arrival that one variant failed is left out for both, and counted under errors."""
    failing = replace(SLOW, error_rate=0.005)
    scenario = compared(tmp_path, pair(FAST, failing)).scenarios[0]
    errors = sum(one.errors for one in scenario.deliveries)

    assert errors == scenario.rounds_left_out > 0
    assert scenario.deliveries[0].requests - errors == scenario.rounds


def test_a_run_cut_off_in_a_step_compares_what_is_whole(tmp_path: Path) -> None:
    """A variant without its last step of a half pairs with nothing there; that is no fault."""
    made = replace(pair(FAST, SLOW), changes={"state": "partial", "reasons": ("stopped",)})
    run = read_run(make_load_run(tmp_path, made))
    samples = run.samples.to_pandas()
    last = (samples["block"] == 15) & (samples["position"] == 3)
    assert run.record.load is not None
    load = run.record.load.model_copy(update={"steps": run.record.load.steps[:-1]})
    record = run.record.model_copy(update={"load": load})
    found = compare(record, as_table(samples[~last]), {})

    assert State.PARTIAL == found.state
    assert 0 == found.scenarios[0].rounds_silent == found.scenarios[0].rounds_left_out
    assert 16 == effect(found).n


def test_a_canary_may_move_under_load(tmp_path: Path) -> None:
    """It waits behind requests that do differ, so it is a neighbour there, and no watchman."""
    made = replace(pair(FAST, Behaviour(0.040)), canaries=frozenset({"other"}))
    found = compared(tmp_path, made)

    assert Verdict.SLOWER == effect_of(found, "other").verdict
    assert State.COMPLETE == found.state
    assert not effect_of(found, "other").primary


def effect_of(comparison: Comparison, scenario: str) -> Effect:
    """The typical effect of one scenario."""
    return next(
        one for one in comparison.effects() if (one.scenario, one.metric) == (scenario, TYPICAL)
    )


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (
            {"steps": {3: {"sent": (40, 41)}, 9: {"sent": (45, 20)}}},
            r"worker \d sent \d,\d{3} of 3,\d{3} planned requests, \d+\.\d+ % too few",
        ),
        (
            {"lag_s": 0.012},
            r"1 in 100 requests was sent 12\.0 ms late or more \(more than 10 ms\), so .*",
        ),
        (
            {"steps": {number: {"cpu_s": (0.1, 4.9)} for number in range(64)}},
            r"a worker used 9\d(\.\d)? % of a core \(more than 90 %\), so latencies may be its .*",
        ),
        ({"load": {"blocks_planned": 17}}, "16 of 17 planned switchback blocks delivered"),
        (
            {"load": {"errors_max": 0.001}, "failing": 0.003},
            r"list: optimized: \d of 1,3\d\d requests failed, more than 0\.1 %, for .*",
        ),
    ],
)
def test_load_that_fell_short_proves_nothing(
    tmp_path: Path, made: dict[str, Any], reason: str
) -> None:
    """Each fault of the generator's is said in one line, however many steps had it."""
    failing = replace(SLOW, error_rate=made.pop("failing", 0.0))
    found = compared(tmp_path, replace(pair(FAST, failing), **made))

    assert State.INVALID == found.state
    assert all(re.fullmatch(reason, said) for said in all_in_words(found.reasons)), all_in_words(
        found.reasons
    )
    assert len(all_in_words(found.reasons)) == len(set(all_in_words(found.reasons))) > 0


def test_samples_that_are_gone_are_missed(tmp_path: Path) -> None:
    """What the workers sent must be there, even where all variants lack it alike."""
    run = read_run(make_load_run(tmp_path, pair(FAST, SLOW)))
    samples = run.samples.to_pandas()
    gone = (samples["block"] == 2) & (samples["round"].isin([40, 41]))
    found = compare(run.record, as_table(samples[~gone]), {})

    assert State.INVALID == found.state
    assert "8 requests were sent but not recorded" == all_in_words(found.reasons)[0]


def test_faults_of_the_search_leave_the_comparison_alone(tmp_path: Path) -> None:
    """A generator that gives out at the highest rates is no fault of what is compared."""
    made = replace(
        pair(FAST, SLOW), tried=(("baseline", 60.0, ""), ("baseline", 99.0, "generator"))
    )
    run = read_run(make_load_run(tmp_path, made))
    assert run.record.load is not None
    steps = [
        one.model_copy(update={"lag_s_p99": 1.0, "cpu_s": (9.0, 9.0)})
        if one.phase == "capacity"
        else one
        for one in run.record.load.steps
    ]
    load = run.record.load.model_copy(update={"steps": tuple(steps)})
    found = compare(run.record.model_copy(update={"load": load}), run.samples, {})

    assert (State.COMPLETE, ()) == (found.state, all_in_words(found.reasons))


def test_a_queue_that_grows_unseen_is_told(tmp_path: Path) -> None:
    """Work of 2 s arrives in each second: nothing may be late yet, but it is not carried."""
    heavy = replace(
        pair(Behaviour(0.1), FAST), tried=(("baseline", 36.0, ""), ("optimized", 9, ""))
    )
    found = compared(tmp_path, replace(heavy, rate_per_s=36.0, blocks=2))

    assert 1 == len(all_in_words(found.warnings))
    assert all_in_words(found.warnings)[0].startswith(
        "baseline does not carry the 36 requests per second that are compared: 4 of 4 steps took "
        "half"
    )


def test_waiting_in_vain_for_answers_is_no_queue(tmp_path: Path) -> None:
    """A target that broke lets its last step wait for a timeout: no lower rate would mend that."""
    ended = {"errors": 100, "drained_s": 1e4}
    made = replace(pair(FAST, FAST), blocks=2, steps=dict.fromkeys(range(8), ended))
    found = compared(tmp_path, made)
    queued = compared(
        tmp_path / "queued", replace(made, steps=dict.fromkeys(range(8), ended | {"errors": 0}))
    )

    assert () == all_in_words(found.warnings)
    assert 2 == len(all_in_words(queued.warnings))


def test_a_record_that_contradicts_its_design_is_refused(tmp_path: Path) -> None:
    """Under load there must be steps, and without it none."""
    run = read_run(make_load_run(tmp_path, pair(FAST, SLOW)))

    with pytest.raises(ReportError, match="its design is 'paired', which its steps contradict"):
        compare(run.record.model_copy(update={"design": "paired"}), run.samples, {})

"""Whether a run may be believed, and what is said when not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from contract.run.reading import read_run
from contract.run.record import EvidenceRecord, RevisionsRecord
from contract.run.tests.folders import RECORD
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.reasons import Name, reason
from reports.effects.shapes import Delivery, State
from reports.effects.tests.test_compare import as_table, compared
from reports.effects.validity import drawn_unfairly, servers_in_doubt
from reports.page.reasons import all_in_words
from reports.tests.runs import Behaviour, Made, Scenario, make_run

SAME = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
SOUND = Scenario("list", SAME, rounds=300)
CANARY = Scenario("canary", SAME, rounds=300, canary=True)


def test_a_sound_run_stays_complete(tmp_path: Path) -> None:
    """Equal bodies, no errors, all rounds and a quiet canary leave nothing to say."""
    found = compared(tmp_path, Made((SOUND, CANARY)))

    assert (State.COMPLETE, ()) == (found.state, all_in_words(found.reasons))


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        (
            replace(SOUND, behaviours={**SAME, "optimized": Behaviour(0.02, body_hash=12)}),
            "list: the variants answered with different bodies in 300 of 300 rounds",
        ),
        (
            replace(SOUND, rounds_planned=400),
            "list: 300 of 400 planned rounds delivered, though it ended as if all were",
        ),
        (
            replace(SOUND, ended=""),
            "list: 300 of 300 planned rounds delivered; stop reason not recorded",
        ),
        (
            replace(SOUND, ended="target"),
            "list: 300 of 300 planned rounds delivered; ended by target",
        ),
        (
            replace(SOUND, behaviours={**SAME, "optimized": Behaviour(0.02, unanswered=1)}),
            "list: optimized: 1 request got no answer at all",
        ),
    ],
)
def test_each_fault_makes_a_run_invalid(tmp_path: Path, scenario: Scenario, reason: str) -> None:
    """Every single fault is enough, and is said in one line."""
    found = compared(tmp_path, Made((scenario,)))

    assert (State.INVALID, (reason,)) == (found.state, all_in_words(found.reasons))


def test_a_run_may_end_when_time_is_up(tmp_path: Path) -> None:
    """Fewer rounds than the most allowed are as planned when the time was used."""
    found = compared(tmp_path, Made((replace(SOUND, rounds_planned=100_000, ended="time"),)))

    assert State.COMPLETE == found.state


def test_a_moving_canary_makes_a_run_invalid(tmp_path: Path) -> None:
    """If the same code seems ten percent slower under another name, nothing can be believed."""
    moved = replace(CANARY, behaviours={**SAME, "optimized": Behaviour(0.022)})
    found = compared(tmp_path, Made((SOUND, moved)))

    assert State.INVALID == found.state
    assert "the canary runs the same code in every variant" in all_in_words(found.reasons)[0]


def test_an_unsure_canary_is_a_warning(tmp_path: Path) -> None:
    """Too few canary rounds leave the run complete, with a doubt."""
    found = compared(tmp_path, Made((SOUND, replace(CANARY, rounds=13))))

    assert State.COMPLETE == found.state
    assert any("the canary is undecided" in warning for warning in all_in_words(found.warnings))


SHOWN, UNKNOWN = EvidenceRecord(kind="opened", name="a.py"), EvidenceRecord()


@pytest.mark.parametrize(
    ("found", "sides"),
    [
        (None, []),
        (RevisionsRecord(), [[]]),
        (RevisionsRecord(changed=1, evidence={"baseline": SHOWN, "optimized": SHOWN}), []),
        (
            RevisionsRecord(changed=1, evidence={"baseline": SHOWN, "optimized": UNKNOWN}),
            [["optimized"]],
        ),
        (RevisionsRecord(changed=1), [["baseline", "optimized"]]),
    ],
)
def test_revisions_that_may_run_the_same_code_are_doubted(
    tmp_path: Path, found: RevisionsRecord | None, sides: list[list[str]]
) -> None:
    """The run stays complete; what else was noted is no doubt."""
    noted = found and found.model_copy(update={"notes": ("a note",)})
    behaviours = {name: Behaviour(0.02) for name in ("baseline", "optimized")}
    made = Made((Scenario("list", behaviours, rounds=30),), changes={"revisions": noted})
    comparison = compared(tmp_path, made)

    assert State.COMPLETE is comparison.state
    assert sides == [one.facts["sides"] for one in comparison.warnings]
    assert ("a note",) * bool(found) == all_in_words(comparison.notes)


def test_error_rates_may_not_differ(tmp_path: Path) -> None:
    """Both over 1 % and different from the baseline's: two reasons, each with its numbers."""
    failing = replace(SOUND, behaviours={**SAME, "optimized": Behaviour(0.02, error_rate=0.2)})
    found = compared(tmp_path, Made((failing,)))

    assert 2 == len(all_in_words(found.reasons))
    assert "more than 1 %" in all_in_words(found.reasons)[0]
    assert "the error rates differ" in all_in_words(found.reasons)[1]


def test_what_the_generator_says_counts(tmp_path: Path) -> None:
    """A partial run stays partial with its reasons, whatever its samples look like."""
    changes = {"state": "partial", "reasons": ("stopped by Ctrl-C",)}
    found = compared(tmp_path, Made((replace(SOUND, ended="interrupted"),), changes=changes))

    assert (State.PARTIAL, ("stopped by Ctrl-C",)) == (found.state, all_in_words(found.reasons))


def test_a_run_without_samples_proves_nothing(tmp_path: Path) -> None:
    """No rounds at all is invalid, not a division by zero."""
    found = compared(tmp_path, Made((replace(SOUND, rounds=0, warmup_rounds=0, ended="time"),)))

    assert (State.INVALID, ("list: no round was measured",)) == (
        found.state,
        all_in_words(found.reasons),
    )


def without(
    folder: Path, lost: Callable[[pd.DataFrame], "pd.Series[bool]"], state: str = "complete"
) -> Comparison:
    """Compare a sound run of 300 rounds, numbered from 5, after losing some of its samples."""
    run = read_run(make_run(folder, Made((SOUND,), changes={"state": state})))
    samples = run.samples.to_pandas()
    return compare(run.record, as_table(samples[~lost(samples)]), {})


def test_where_no_round_can_be_compared_nothing_is_proven(tmp_path: Path) -> None:
    """Each variant answers every other round: all samples are right, and none has a partner."""
    found = without(
        tmp_path,
        lambda samples: (samples["round"] % 2 == 0) == (samples["variant"] == "optimized"),
    )

    assert State.INVALID == found.state
    assert "list: none of 300 rounds could be compared" in all_in_words(found.reasons)


def test_variants_must_be_asked_equally_often(tmp_path: Path) -> None:
    """One lost sample of 600 is enough; at an interruption, one round may be cut off."""

    def last(samples: pd.DataFrame) -> "pd.Series[bool]":
        return (samples["round"] == 304) & (samples["variant"] == "optimized")

    def last_two(samples: pd.DataFrame) -> "pd.Series[bool]":
        return (samples["round"] >= 303) & (samples["variant"] == "optimized")

    told = "list: the variants have different numbers of requests: 300 of baseline, {} of optimized"
    whole, cut_off, torn = (
        without(tmp_path / "a", last),
        without(tmp_path / "b", last, "partial"),
        without(tmp_path / "c", last_two, "partial"),
    )

    assert told.format(299) in all_in_words(whole.reasons)
    assert State.PARTIAL == cut_off.state
    assert told.format(298) in all_in_words(torn.reasons)


@pytest.mark.parametrize(("cpu_s", "state"), [(45.0, State.COMPLETE), (45.1, State.INVALID)])
def test_a_generator_without_reserves_measures_itself(
    tmp_path: Path, cpu_s: float, state: State
) -> None:
    """Of the 50 s that measuring took it may compute in 45."""
    noise = {"wall_s": 50.0, "generator_cpu_s": cpu_s}
    found = compared(tmp_path, Made((SOUND,), changes={"noise": noise}))

    assert state == found.state
    if state is State.INVALID:
        assert all_in_words(found.reasons)[0].startswith(
            "the generator used 90.2 % of a core (more than 90 %)"
        )


@pytest.mark.parametrize(("pairs", "state"), [(1, State.COMPLETE), (2, State.INVALID)])
def test_rounds_may_not_vanish_silently(tmp_path: Path, pairs: int, state: State) -> None:
    """Of 300 rounds 2 may lack a sample without an error, evenly lost; 4 are over 1 %."""

    def lost(samples: pd.DataFrame) -> "pd.Series[bool]":
        ours = samples["variant"] == "optimized"
        return (samples["round"].between(100, 99 + pairs) & ours) | (
            samples["round"].between(200, 199 + pairs) & ~ours
        )

    found = without(tmp_path, lost)

    assert state == found.state
    if state is State.INVALID:
        told = (
            "list: 4 of 300 rounds have no observation of some variant, more than 1 %, and no error"
        )
        assert all_in_words(found.reasons)[0].startswith(told)


def test_rounds_that_are_gone_altogether_are_missed(tmp_path: Path) -> None:
    """Numbers between the first and the last round tell of samples lost in all variants."""
    found = without(tmp_path, lambda samples: samples["round"].between(100, 104))

    assert any(
        "5 of 295 rounds have no observation" in reason for reason in all_in_words(found.reasons)
    )


def test_bodies_are_compared_within_rounds(tmp_path: Path) -> None:
    """A list that grows alike for all is equal; two answers swapped among rounds are not."""
    run = read_run(make_run(tmp_path, Made((SOUND,))))
    samples = run.samples.to_pandas()
    samples["body_hash"] = samples["round"].astype("uint64")
    grown = compare(run.record, as_table(samples), {})
    swapped = samples["round"].replace({100: 101, 101: 100}).astype("uint64")
    samples["body_hash"] = swapped.where(samples["variant"] == "optimized", samples["body_hash"])
    found = compare(run.record, as_table(samples), {})

    assert State.COMPLETE == grown.state
    assert ("list: the variants answered with different bodies in 2 of 300 rounds",) == (
        all_in_words(found.reasons)
    )


@pytest.mark.parametrize(("alike", "state"), [(17, State.COMPLETE), (18, State.INVALID)])
def test_an_order_that_no_coin_drew_makes_a_run_invalid(
    tmp_path: Path, alike: int, state: State
) -> None:
    """Of 18 rounds all in one order are 2 in 2^18, below 1 in 100,000; of 17 they are not."""
    made = Made((replace(SOUND, rounds=alike, ended="time"),))
    run = read_run(make_run(tmp_path, made))
    samples = run.samples.to_pandas()
    samples["position"] = (samples["variant"] == "optimized").astype("int8")
    found = compare(run.record, as_table(samples), {})

    assert state == found.state
    if state is State.INVALID:
        told = (
            "list: baseline was requested first in 18 of 18 rounds, so their order was not random"
        )
        assert told == all_in_words(found.reasons)[0]


@pytest.mark.parametrize(
    ("first", "fair"),
    [
        ((500, 500, 500), True),
        ((530, 530, 440), True),
        # The likeliest is near what is expected; the rarest is not.
        ((550, 550, 400), False),
        ((400, 550, 550), False),
        ((620, 440, 440), False),
    ],
)
def test_who_comes_first_too_seldom_is_seen(first: tuple[int, ...], fair: bool) -> None:
    """Of three variants one may be rare while no other one is very often first."""
    deliveries = [
        Delivery(str(number), 1500, one, 0, 0, 0, 0, ()) for number, one in enumerate(first)
    ]

    assert fair == (drawn_unfairly(deliveries) is None)


def test_another_measurement_withholds_verdicts_on_processes_started_once() -> None:
    """It may have slowed one process alone, which pairing does not cancel."""
    together = {"other_measurements": {"commands": ["bench"]}}
    separate = {"target": {"separate_servers": True}}
    doubts = [
        servers_in_doubt(RECORD.model_copy(update={"environment": one}))
        for one in (together | separate, together, separate)
    ]

    assert [reason(Name.SERVERS_DISTURBED), None, None] == doubts

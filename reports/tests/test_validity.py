"""Whether a run may be believed, and what is said when not."""

from dataclasses import replace
from pathlib import Path

import pytest

from reports.model import State
from reports.tests.runs import Behaviour, Made, Scenario
from reports.tests.test_compare import compared

SAME = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
SOUND = Scenario("list", SAME, rounds=300)
CANARY = Scenario("canary", SAME, rounds=300, canary=True)


def test_a_sound_run_stays_complete(tmp_path: Path) -> None:
    """Equal bodies, no errors, all rounds and a quiet canary leave nothing to say."""
    found = compared(tmp_path, Made((SOUND, CANARY)))

    assert (State.COMPLETE, ()) == (found.state, found.reasons)


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        (
            replace(SOUND, behaviours={**SAME, "optimized": Behaviour(0.02, body_hash=12)}),
            "list: the variants answered with different bodies",
        ),
        (
            replace(SOUND, rounds_planned=400),
            "list: 300 of 400 planned rounds delivered, though it ended as if all were",
        ),
        (
            replace(SOUND, ended=""),
            "list: 300 of 300 planned rounds delivered; nothing says why it ended",
        ),
        (
            replace(SOUND, ended="target"),
            "list: 300 of 300 planned rounds delivered; ended by target",
        ),
        (
            replace(SOUND, behaviours={**SAME, "optimized": Behaviour(0.02, unanswered=1)}),
            "list, optimized: 1 request got no answer at all",
        ),
    ],
)
def test_each_fault_makes_a_run_invalid(tmp_path: Path, scenario: Scenario, reason: str) -> None:
    """Every single fault is enough, and is said in one line."""
    found = compared(tmp_path, Made((scenario,)))

    assert (State.INVALID, (reason,)) == (found.state, found.reasons)


def test_a_run_may_end_when_time_is_up(tmp_path: Path) -> None:
    """Fewer rounds than the most allowed are as planned when the time was used."""
    found = compared(tmp_path, Made((replace(SOUND, rounds_planned=100_000, ended="time"),)))

    assert State.COMPLETE == found.state


def test_a_moving_canary_makes_a_run_invalid(tmp_path: Path) -> None:
    """If the same code seems ten percent slower under another name, nothing can be believed."""
    moved = replace(CANARY, behaviours={**SAME, "optimized": Behaviour(0.022)})
    found = compared(tmp_path, Made((SOUND, moved)))

    assert State.INVALID == found.state
    assert "the canary runs the same code in every variant" in found.reasons[0]


def test_an_unsure_canary_is_a_warning(tmp_path: Path) -> None:
    """Too few canary rounds leave the run complete, with a doubt."""
    found = compared(tmp_path, Made((SOUND, replace(CANARY, rounds=13))))

    assert State.COMPLETE == found.state
    assert any("the canary cannot yet tell" in warning for warning in found.warnings)


def test_error_rates_may_not_differ(tmp_path: Path) -> None:
    """Both over 1 % and different from the baseline's: two reasons, each with its numbers."""
    failing = replace(SOUND, behaviours={**SAME, "optimized": Behaviour(0.02, error_rate=0.2)})
    found = compared(tmp_path, Made((failing,)))

    assert 2 == len(found.reasons)
    assert "more than 1 %" in found.reasons[0]
    assert "the error rates differ" in found.reasons[1]


def test_what_the_generator_says_counts(tmp_path: Path) -> None:
    """A partial run stays partial with its reasons, whatever its samples look like."""
    changes = {"state": "partial", "reasons": ("stopped by Ctrl-C",)}
    found = compared(tmp_path, Made((replace(SOUND, ended="interrupted"),), changes=changes))

    assert (State.PARTIAL, ("stopped by Ctrl-C",)) == (found.state, found.reasons)


def test_a_run_without_samples_proves_nothing(tmp_path: Path) -> None:
    """No rounds at all is invalid, not a division by zero."""
    found = compared(tmp_path, Made((replace(SOUND, rounds=0, warmup_rounds=0, ended="time"),)))

    assert (State.INVALID, ("list: no round was measured",)) == (found.state, found.reasons)

"""What the base does not know is measured and compared with nothing."""

from pathlib import Path

import pytest

from contract.metrics import TYPICAL
from contract.run.reading import Run
from reports.effects.compare import compare
from reports.effects.shapes import State
from reports.effects.tests.test_restarts import made_run
from reports.page.reasons import all_in_words
from reports.tests.runs import Behaviour


def new_run(folder: Path, *, pairs: int = 14) -> Run:
    """A run whose only scenario is new; the base answers ten times as fast, and otherwise."""
    run = made_run(folder, Behaviour(0.2, body_hash=5), pairs=pairs)
    scenario = run.record.scenarios[0].model_copy(update={"new": True})
    return Run(
        run.folder, run.record.model_copy(update={"scenarios": (scenario,)}), run.samples, run.host
    )


def test_a_new_scenario_has_levels_and_no_effect(tmp_path: Path) -> None:
    """Nothing about change: no ratio, no counter beside another, no body, no picture."""
    run = new_run(tmp_path)
    comparison = compare(run.record, run.samples, {}, pictures=True)
    (scenario,) = comparison.scenarios
    own = {one.metric: one for one in scenario.own}

    assert ((), (), (), 0) == (
        *(scenario.effects, scenario.counters, scenario.curves),
        scenario.rounds_bodies_differ,
    )
    assert State.COMPLETE is comparison.state
    level = own[TYPICAL].level
    assert level is not None
    assert 0.2 == pytest.approx(level.value, rel=0.3)
    assert level.interval90.low < level.value < level.interval90.high
    assert (14, "head") == (own[TYPICAL].n, own[TYPICAL].variant)
    assert own["db_rows"].spread is not None
    assert "list: new in head: the base does not know the request" in all_in_words(comparison.notes)

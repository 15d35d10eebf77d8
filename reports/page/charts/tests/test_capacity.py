"""The search for capacity becomes a picture."""

from pathlib import Path

import pytest

from contract.run.reading import read_run
from reports.effects.compare import compare
from reports.page.charts.capacity import capacity_chart
from reports.page.charts.tests.svg import check_chart
from reports.tests.runs import Behaviour, LoadMade, make_load_run

MADE = LoadMade(
    {"list": {"baseline": Behaviour(0.06), "optimized": Behaviour(0.002)}},
    blocks=1,
    tried=(("baseline", 8.0, ""), ("optimized", 60.0, ""), ("baseline", 12.0, "latency")),
)


@pytest.mark.parametrize(
    "tried",
    [
        (("baseline", 1.0, ""),),
        (("baseline", 1e-3, "latency"), ("optimized", 9e5, "generator")),
        (("baseline", 10.0, ""), ("baseline", 10.5, "errors")),
    ],
)
def test_any_search_makes_a_chart(
    tmp_path: Path, tried: tuple[tuple[str, float, str], ...]
) -> None:
    """One step, nine decades, two rates that all but agree: all are sound SVG."""
    run = read_run(make_load_run(tmp_path, MADE))
    assert run.record.load is not None
    step = run.record.load.steps[0]
    steps = tuple(
        step.model_copy(
            update={"variant": variant, "rate_per_s": rate, "met": not limit, "limit": limit}
        )
        for variant, rate, limit in tried
    )
    load = run.record.load.model_copy(update={"steps": steps})
    comparison = compare(run.record.model_copy(update={"load": load}), run.samples, {})

    check_chart(lambda: capacity_chart(load, comparison, "chart"))


def test_without_a_search_there_is_no_chart(tmp_path: Path) -> None:
    """A run may compare variants at one rate and search for nothing."""
    made = LoadMade(MADE.behaviours, blocks=1)
    run = read_run(make_load_run(tmp_path, made))
    assert run.record.load is not None

    assert "" == capacity_chart(run.record.load, compare(run.record, run.samples, {}), "chart")

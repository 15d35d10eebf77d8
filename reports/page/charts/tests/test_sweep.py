"""What a function takes along a number, as a picture."""

import pytest

from reports.effects.functions import FunctionLevel, Growth, Sweep
from reports.page.charts.sweep import sweep_chart
from reports.page.charts.tests.svg import check_chart
from reports.statistics.values import Interval


def level(at: float, strategy: str, median_s: float) -> FunctionLevel:
    return FunctionLevel(
        name=f"sign[workers={at:g}]",
        group="",
        strategy=strategy,
        median_s=median_s,
        low_s=0.9 * median_s,
        high_s=1.1 * median_s,
        processes=12,
        rounds=100,
        sweep=Sweep("sign[workers]", "workers", at),
    )


@pytest.mark.parametrize(
    ("strategies", "told"),
    [
        # Out of order on purpose: a line goes from the smallest number to the largest.
        (("pool", "pool", "pool"), "pool: 20.0 ms at 1, 5.00 ms at 5, 30.0 ms at 20."),
        (("20 threads", "1 thread", "5 threads"), "20.0 ms at 1, 5.00 ms at 5, 30.0 ms at 20."),
    ],
)
def test_a_line_for_each_strategy(strategies: tuple[str, ...], told: str) -> None:
    """Where each place has a name of its own, all are one line, and their number is name enough."""
    places = ((20, 0.03), (1, 0.02), (5, 0.005))
    levels = [
        level(at, strategy, median_s)
        for (at, median_s), strategy in zip(places, strategies, strict=True)
    ]
    drawn = check_chart(lambda: sweep_chart(levels, (), "sign[workers]", "chart"))

    assert f"Medians of processes. {told}" in drawn
    assert "sign[workers] by workers" in drawn


@pytest.mark.parametrize("numbers", [(1.0, 10.0, 100.0), (0.0, 1.0, 2.0), (5.0,)])
def test_a_fitted_line_replaces_the_joined_medians(numbers: tuple[float, ...]) -> None:
    """On log scales it is a curve; a number without a logarithm is drawn at the edge."""
    levels = [level(at, name, 0.01 + 0.001 * at) for at in numbers for name in ("<b>", "x" * 300)]
    growth = Growth(
        "sign[workers]", "workers", "<b>", 0, 1, 0.01, 0.001, Interval(0, 1, 0.9), 0.0, 12
    )
    check_chart(lambda: sweep_chart(levels, (growth,), "sign[workers]", "chart"))


def test_functions_without_a_number_have_no_chart() -> None:
    """Nor an error."""
    assert "" == sweep_chart((), (), "sign[workers]", "chart")

"""What a function takes along a number, as a picture."""

import pytest

from reports.effects.functions import FunctionLevel, Sweep
from reports.page.charts.sweep import sweep_chart


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
    drawn = sweep_chart(levels, (), "sign[workers]", "chart")

    assert f"Medians of processes. {told}" in drawn
    assert "sign[workers] by workers" in drawn

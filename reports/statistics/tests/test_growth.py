"""Lines through what a function takes along a number."""

import numpy as np
import pytest

from reports.effects.functions import MISFIT_MAX, Growth
from reports.page.functions import format_growth
from reports.statistics.growth import fit_line

AT = np.array([1.0, 10.0, 100.0])


def noisy(times_s: np.ndarray, processes: int = 20) -> np.ndarray:
    """Each process by itself up to 2 % off, in every place."""
    chance = np.random.default_rng(5)
    return times_s * np.exp(chance.normal(0, 0.02, (processes, len(times_s))))


@pytest.mark.parametrize(
    ("fixed_s", "each_s", "told"),
    [
        (0.002, 0.0003, "1.98 ms + 299 µs for each of versions"),
        (0.0, 0.01, "for each of versions"),
        (0.003, 0.0, "no growth seen"),
        (0.011, -0.0001, "and less with more of versions"),
    ],
)
def test_a_line_is_found(fixed_s: float, each_s: float, told: str) -> None:
    """The fixed part and the slope that were put in, within what the noise leaves open."""
    line = fit_line(AT, noisy(fixed_s + each_s * AT))
    growth = Growth("list[versions]", "versions", "", 1, 100, processes=20, **vars(line))

    assert fixed_s == pytest.approx(line.fixed_s, rel=0.05, abs=3e-4)
    assert each_s == pytest.approx(line.each_s, rel=0.05, abs=1e-6)
    assert line.misfit < MISFIT_MAX / 5
    assert told in format_growth(growth)


def test_a_line_by_hand() -> None:
    """Two and a half for each, and nothing besides: without noise, to the last digit."""
    line = fit_line(AT, np.array([[2.5, 25.0, 250.0]] * 3))

    assert (0.0, 2.5) == pytest.approx((line.fixed_s, line.each_s))
    assert 0 == pytest.approx(line.misfit)


def test_what_is_no_line_is_told() -> None:
    """A time that falls and rises again."""
    line = fit_line(AT, noisy(np.array([0.02, 0.005, 0.03])))
    growth = Growth("sign[workers]", "workers", "", 1, 100, processes=20, **vars(line))

    assert line.misfit > MISFIT_MAX
    assert "no straight line" in format_growth(growth)


def test_two_processes_tell_no_growth() -> None:
    """No interval at 90 % from so few."""
    line = fit_line(AT, noisy(0.002 + 0.0003 * AT, processes=2))
    growth = Growth("list[versions]", "versions", "", 1, 100, processes=2, **vars(line))

    assert "too few processes to fit a line" == format_growth(growth)

"""P-values of many comparisons, by hand."""

import numpy as np
import pytest

from reports.statistics.family import benjamini_hochberg, holm


def test_holm_by_hand() -> None:
    """Among four planned: 4 x 0.01, 3 x 0.02, 2 x 0.025 but no less than 0.06, in their order."""
    found = holm(np.array([0.025, 0.01, 0.02]), planned=4)

    assert [0.06, 0.04, 0.06] == pytest.approx(found.tolist())


def test_holm_never_exceeds_one() -> None:
    """A p-value is at most 1, however many comparisons were planned."""
    assert [1.0] == holm(np.array([0.5]), planned=9).tolist()


def test_benjamini_hochberg_by_hand() -> None:
    """Of two: 2 x 0.03 and 0.04, but none more than the next larger one's."""
    assert [0.04, 0.04] == pytest.approx(benjamini_hochberg(np.array([0.03, 0.04])).tolist())


def test_no_comparison_has_no_p_value() -> None:
    """Empty in, empty out."""
    assert 0 == len(holm(np.empty(0), 4)) == len(benjamini_hochberg(np.empty(0)))

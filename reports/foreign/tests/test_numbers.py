"""Numbers of other tools' files."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.foreign.numbers import (
    NO_TIME,
    RawTimes,
    is_number,
    of_groups,
    of_raw,
    raw_times,
    share,
    stated,
    whole,
    whole_of_text,
)
from reports.foreign.shapes import Identity, Series, UnusableError


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", None, [], 10**400])
def test_what_is_no_number(value: Any) -> None:
    """Nor is it a count or a share."""
    assert not is_number(value)
    if value is None:
        assert whole(value, "it") is share(value, "it") is None
        return
    with pytest.raises(UnusableError, match=r"it is .*, which is no whole number from 0 to"):
        whole(value, "it")
    with pytest.raises(UnusableError, match=r"it is .*, which is no number from 0 to 1"):
        share(value, "it")


@pytest.mark.parametrize("value", [-1, 0.5, 10**15 + 1, 1e300])
def test_what_is_no_count(value: float) -> None:
    """Though it is a number."""
    with pytest.raises(UnusableError, match="no whole number"):
        whole(value, "it")


@pytest.mark.parametrize(
    "cell",
    ["", "x", "-5", "inf", "nan", "0x10", "1,100", "1.100,0", "1 100", "1_100", "0.5", "9" * 99],
)
def test_what_is_no_count_in_a_table(cell: str) -> None:
    """The message shows the start of it, on one line."""
    with pytest.raises(UnusableError, match="no whole number") as refused:
        whole_of_text(cell, "it")
    assert len(str(refused.value)) < 100


def test_counts_and_shares_as_a_tool_states_them() -> None:
    """Also where a spreadsheet or another program wrote a whole number with a point."""
    assert [0, 7, 7] == [whole(value, "it") for value in (-0.0, 7, 7.0)]
    assert [0, 7, 7, 7] == [whole_of_text(cell, "it") for cell in ("0", " 7", "7.", "7.00")]
    assert [0.0, 0.25, 1.0] == [share(value, "it") for value in (0, 0.25, 1)]


def test_values_as_a_tool_computed_them() -> None:
    """0 is one, null is none; what is no time is counted, and the first of equal metrics kept."""
    left_out: Counter[str] = Counter()
    values = [("a", 2), ("a", 9), ("b", 0), ("c", None), ("d", -1), ("e", math.nan), ("f", "1")]

    assert {"a": 0.002, "b": 0.0} == stated(values, 1e-3, left_out)
    assert {NO_TIME: 3} == left_out


def test_quantiles_need_times_that_support_them() -> None:
    """A tail of few times is its slowest one."""
    few, more, many = (
        of_raw([raw_times(Identity("x"), list(map(float, range(number))))], Counter())[0]
        for number in (19, 99, 100)
    )

    assert {"latency_s_p50", "latency_s_mean"} == set(few.values_s)
    assert {"latency_s_p95"} == set(more.values_s) - set(few.values_s)
    assert {"latency_s_p99"} == set(many.values_s) - set(more.values_s)


def test_times_of_failures_are_left_aside_unless_all_failed() -> None:
    """A fast error is no fast answer."""
    codes, times_s = np.array([0, 1, 0, 1, 1]), np.array([1.0, 10.0, 2.0, 30.0, 20.0])
    failed = np.array([True, True, False, True, True])
    left_out: Counter[str] = Counter()
    found = of_groups(
        [Identity("a"), Identity("b"), Identity("c")], codes, times_s, failed, left_out
    )

    assert [2.0, 20.0, None] == [one.values_s.get("latency_s_p50") for one in found]
    assert [(2, 1), (3, 3), (0, 0)] == [(one.count, one.failed) for one in found]


def test_raw_times_keep_their_place_among_series() -> None:
    """Whatever a file mixes."""
    stated_series = Series(Identity("b"), {})
    left_out: Counter[str] = Counter()
    parts: list[Series | RawTimes] = [
        raw_times(Identity("a"), [1, None, 3.0]),
        stated_series,
        raw_times(Identity("c"), [5.0]),
    ]
    first, second, third = of_raw(parts, left_out)

    assert {"latency_s_p50": 2.0, "latency_s_mean": 2.0} == first.values_s
    assert second is stated_series
    assert {"latency_s_p50": 5.0, "latency_s_mean": 5.0} == third.values_s
    assert {NO_TIME: 1} == left_out
    assert (stated_series,) == of_raw([stated_series], left_out)


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.floats(0, 1e6, allow_subnormal=False)),
        min_size=1,
        max_size=300,
    )
)
def test_groups_have_the_values_of_each_alone(rows: list[tuple[int, float]]) -> None:
    """All at once or one by one: the same quantiles."""
    codes = np.array([code for code, _ in rows])
    times_s = np.array([time_s for _, time_s in rows])
    identities = [Identity(str(number)) for number in range(6)]
    found = of_groups(identities, codes, times_s, np.zeros(len(rows), dtype=bool), Counter())

    for number, one in enumerate(found):
        alone = times_s[codes == number]
        assert len(alone) == one.count == len(one.times_s)
        if len(alone):
            assert pytest.approx(np.median(alone)) == one.values_s["latency_s_p50"]
            assert pytest.approx(np.mean(alone)) == one.values_s["latency_s_mean"]
        if len(alone) >= 20:
            assert pytest.approx(np.quantile(alone, 0.95)) == one.values_s["latency_s_p95"]

"""A suite in words: revisions, doubts, effects, levels and growth."""

import math
from dataclasses import replace
from typing import Any

import pytest

from reports.effects.functions import FunctionLevel, Functions, Growth, Sweep
from reports.effects.shapes import Verdict
from reports.page.functions import format_growth, functions_part
from reports.page.tests.made import texts
from reports.statistics.values import Interval
from reports.verdicts.tests.test_gate import EFFECT

SLOWER = replace(EFFECT, scenario="sign", metric="call_s", verdict=Verdict.SLOWER, ratio=1.5)
LEVEL = FunctionLevel("sign[1]", "sign", "threads", 0.01, 0.009, 0.011, 6, 1200)
GROWTH = Growth(
    along="sign[n]",
    axis="n",
    strategy="threads",
    first=10.0,
    last=100.0,
    fixed_s=0.001,
    each_s=0.0001,
    each_interval=Interval(0.00009, 0.00011, 0.9),
    misfit=0.05,
    processes=6,
)


def test_nothing_is_said_of_functions_that_were_not_compared() -> None:
    """A suite without effects has levels alone."""
    part = functions_part(Functions("benchmarks", 1, (), (LEVEL,)))

    assert ((), (), ()) == (part.facts, part.warnings, part.verdicts.rows)
    assert ["sign", "sign[1]", "threads", "10.0 ms", "9.00 ms to 11.0 ms", "", "6", "1,200"] == (
        texts(part.levels.rows)[0]
    )


def test_facts_name_revisions_and_count_verdicts() -> None:
    """Regressions are counted first."""
    part = functions_part(
        Functions("benchmarks", 14, (EFFECT, SLOWER), (), revisions=(("head", "v2"),))
    )

    assert ("head: v2.", "Of 2 comparisons: 1 slower, 1 equivalent.") == (
        part.facts[0],
        part.facts[-1],
    )
    assert ["sign", "list"] == [row[0] for row in texts(part.verdicts.rows)]


def test_a_changed_suite_is_named() -> None:
    """A few of its files, and how many more."""
    files = tuple(f"bench_{index}.py" for index in range(7))
    (warning,) = functions_part(
        Functions("benchmarks", 14, (SLOWER,), (), files_changed=files)
    ).warnings

    assert "in bench_0.py, bench_1.py, bench_2.py, bench_3.py, bench_4.py and 2 more." in warning


def test_revisions_whose_files_no_process_imported_are_doubted() -> None:
    """Both may run one installed copy; otherwise it is said what each ran."""
    changed = Functions("benchmarks", 14, (SLOWER,), (), changed=3)
    proven = functions_part(replace(changed, changed_imported=("a.py", "b.py")))
    (doubt,) = functions_part(changed).warnings

    assert doubt.startswith(
        "Not proven that the sides differ: no process imported any of the 3 files that differ "
    )
    assert () == proven.warnings
    assert "3 files differ between the revisions; imported of them: a.py, b.py." in proven.facts
    assert () == functions_part(replace(changed, changed=0)).warnings


def test_levels_are_compared_with_the_first_of_their_group() -> None:
    """Groups stay in the order of measuring."""
    other = replace(LEVEL, name="sign[2]", median_s=0.02)
    alone = replace(LEVEL, name="parse", group="parse")
    rows = texts(functions_part(Functions("s", 1, (), (LEVEL, alone, other))).levels.rows)

    assert [("sign[1]", ""), ("sign[2]", "2.00x slower"), ("parse", "")] == [
        (row[1], row[5]) for row in rows
    ]


def test_each_sweep_has_a_chart() -> None:
    """One for all places along one number."""
    levels = tuple(replace(LEVEL, sweep=Sweep("sign[n]", "n", at)) for at in (1.0, 10.0, 100.0))

    assert (("sweep-1", "sign[n]"),) == functions_part(Functions("s", 1, (), levels)).sweeps


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "1.00 ms + 1.00 ms for each 10 of n"),
        ({"misfit": 0.5}, "no straight line: it misses by up to 50 %"),
        ({"each_interval": Interval(0.0, math.inf, 0.9)}, "too few processes to fit a line"),
        ({"each_interval": Interval(-2e-6, -1e-6, 0.9)}, "1.00 ms, and less with more of n"),
        ({"each_interval": Interval(-1e-6, 1e-6, 0.9)}, "1.00 ms; no growth seen"),
    ],
)
def test_growth(changes: dict[str, Any], words: str) -> None:
    """A line has words only where it fits and its slope is known."""
    assert words == format_growth(replace(GROWTH, **changes))


def test_growth_over_all_places() -> None:
    """90 more at 0.1 ms each, with the interval of the slope."""
    (row,) = texts(functions_part(Functions("s", 1, (), (), growths=(GROWTH,))).growths.rows)

    assert "9.00 ms [8.10 ms, 9.90 ms]" == row[3]

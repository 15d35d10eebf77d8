"""Suites: pairs of processes, their effects, and what is refused."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from contract.errors import RecordError
from contract.metrics import MARGINS
from contract.run.micro import (
    MICRO_NAME,
    MICRO_TIMES_NAME,
    BenchmarkRecord,
    LeftOutRecord,
    Micro,
    MicroRecord,
    ProcessTimes,
    read_micro,
    write_micro,
)
from reports.effects.functions import Functions, compare_functions
from reports.effects.shapes import Verdict
from reports.page.functions import functions_part
from reports.page.reasons import all_in_words

SIGN = BenchmarkRecord(name="signing.sign", group="signing", parameters={"how": "threads"})
SAME = BenchmarkRecord(name="json.parse", extra_info={"strategy": "json"})


def suite_of(
    pairs: int,
    factor: float,
    *,
    seed: int = 1,
    benchmarks: tuple[BenchmarkRecord, ...] = (SIGN,),
    spread: float = 0.002,
    by_parameters: bool = True,
) -> Micro:
    """Processes that differ by a little each, of which the second variant's are slower."""
    draw = np.random.default_rng(seed)
    variants = ("before", "after")
    found = []
    order = []
    for pair in range(pairs):
        drawn = tuple(int(one) for one in draw.permutation(2))
        order.append(drawn)
        for position, index in enumerate(drawn):
            for benchmark in benchmarks:
                typical = 0.01 * math.exp(draw.normal(0, spread))
                typical *= factor if index and benchmark is not SAME else 1
                times = typical * np.exp(draw.normal(0, 0.05, 200))
                found.append(ProcessTimes(pair, position, variants[index], benchmark.name, times))
    record = MicroRecord(
        suite="benchmarks",
        variants=variants,
        parameters={"before": {"how": "one by one"}, "after": {"how": "threads"}},
        by_parameters=by_parameters,
        order=tuple(order),
        benchmarks=benchmarks,
    )
    return Micro(record, tuple(found))


def compared(micro: Micro) -> Functions:
    return compare_functions(micro, MARGINS)


def test_a_slower_function_is_called_slower() -> None:
    """Fourteen pairs with 10 % between them, told from the processes' medians."""
    (effect,) = compared(suite_of(14, 1.1)).effects

    assert ("signing.sign", "after", Verdict.SLOWER) == (
        effect.scenario,
        effect.variant,
        effect.verdict,
    )
    assert 1.1 == pytest.approx(effect.ratio, rel=0.01)
    assert (14, "pairs") == (effect.n, effect.unit)


def test_rounds_of_one_process_are_one_measurement() -> None:
    """A thousand rounds in each of two processes are two units, and no verdict."""
    (effect,) = compared(suite_of(2, 2.0)).effects

    assert (2, Verdict.INCONCLUSIVE) == (effect.n, effect.verdict)
    assert "only 2 pairs; a verdict needs 12" == all_in_words(effect.warnings)[0]


def test_swapped_variants_mirror_the_effect() -> None:
    """What is 10 % slower one way is as much faster the other way."""
    micro = suite_of(14, 1.1)
    turned = Micro(
        micro.record.model_copy(update={"variants": ("after", "before")}), micro.processes
    )
    (one,), (other,) = compared(micro).effects, compared(turned).effects

    assert pytest.approx(1 / one.ratio) == other.ratio
    assert (Verdict.SLOWER, Verdict.FASTER) == (one.verdict, other.verdict)


def test_unchanged_code_is_seldom_told_apart() -> None:
    """Processes that differ by a fifth of a percent: of 40 suites of 5 functions none is told."""
    functions = tuple(BenchmarkRecord(name=f"f{index}") for index in range(5))
    verdicts = [
        effect.verdict
        for seed in range(40)
        for effect in compared(
            suite_of(14, 1.0, seed=seed, benchmarks=functions, by_parameters=False)
        ).effects
    ]

    assert [Verdict.EQUIVALENT] * 200 == verdicts


def test_what_is_the_same_in_all_variants_is_not_compared() -> None:
    """It has one level, over the processes of both, and no effect."""
    found = compared(suite_of(3, 1.1, benchmarks=(SIGN, SAME)))

    assert ["signing.sign"] == [one.scenario for one in found.effects]
    assert [
        ("signing.sign", "before (one by one)", 3),
        ("signing.sign", "after (threads)", 3),
        ("json.parse", "json", 6),
    ] == [(one.name, one.strategy, one.processes) for one in found.levels]


def test_variants_of_one_strategy_are_told_apart() -> None:
    """What the suite says of a function is the same in every revision."""
    found = compared(suite_of(3, 1.1, benchmarks=(SAME,), by_parameters=False))

    assert ["before: json", "after: json"] == [one.strategy for one in found.levels]


def test_a_variant_that_lacks_a_function_is_not_compared_in_it() -> None:
    """Its level is told all the same."""
    micro = suite_of(3, 1.1)
    alone = tuple(one for one in micro.processes if one.variant == "after")
    found = compared(Micro(micro.record, alone))

    assert ((), ["after (threads)"]) == (found.effects, [one.strategy for one in found.levels])


def test_functions_that_differ_by_a_number_are_a_sweep() -> None:
    """Three places at least, each where its number says."""

    def swept(numbers: Sequence[int]) -> list[object]:
        benchmarks = tuple(
            BenchmarkRecord(name=f"sign[workers={one}]", parameters={"workers": str(one)})
            for one in numbers
        )
        found = compared(suite_of(1, 1.0, benchmarks=benchmarks)).levels
        return [one.sweep and (one.sweep.along, one.sweep.at) for one in found]

    assert [None, None] == swept((1, 20))
    assert [("sign[workers]", 1.0), ("sign[workers]", 5.0), ("sign[workers]", 20.0)] == swept(
        (1, 5, 20)
    )


def test_a_suite_that_differs_between_revisions_is_doubted() -> None:
    """The files are named, a few of them; verdicts stay, because a new test is no other code."""
    micro = suite_of(14, 1.1)
    files = tuple(f"bench_{index}.py" for index in range(7))
    told = {"files_changed": files, "revisions": {"before": "v1", "after": "v2"}}
    record = micro.record.model_copy(update=told)
    found = compared(Micro(record, micro.processes))
    page = functions_part(found)

    assert [Verdict.SLOWER] == [one.verdict for one in found.effects]
    assert ("before: v1.", "after: v2.") == page.facts[:2]
    assert ", bench_4.py and 2 more. Where a benchmark changed, its" in page.warnings[0]
    assert () == functions_part(compared(micro)).warnings


LEFT = {
    "skip": LeftOutRecord(name="f", variant="after", reason="skipped: CUDA", by_suite=True),
    "fast": LeftOutRecord(name="f", variant="after", reason="too fast", by_suite=False),
}
SKIPPED = "f: not measured in after: skipped: CUDA"
FAST = "f: not measured in after: too fast"


@pytest.mark.parametrize(
    ("measured", "left_out", "parameters", "expected"),
    [
        (("before", "after"), (), {}, []),
        # Gone in the later revision, and new there.
        (
            ("before",),
            (),
            {},
            [("f: only in before, so it is not compared: after has no such function", True)],
        ),
        (
            ("after",),
            (),
            {},
            [("f: only in after, so it is not compared: before has no such function", False)],
        ),
        # What the suite skips in both is its own choice; what no timer resolves is not.
        (("before",), ("skip",), {}, [(SKIPPED, True)]),
        ((), ("skip",), {}, [(SKIPPED, False)]),
        (("before",), ("fast",), {}, [(FAST, True)]),
        ((), ("fast",), {}, [(FAST, True)]),
        # The variant's own parameters leave it out.
        (("before",), (), {"how": ""}, []),
    ],
)
def test_a_function_that_a_variant_lacks_is_named(
    measured: Sequence[str],
    left_out: Sequence[str],
    parameters: dict[str, str],
    expected: list[tuple[str, bool]],
) -> None:
    """With the reason, and whether it leaves a budget on every function open."""
    function = BenchmarkRecord(name="f", parameters={"how": "x"})
    processes = tuple(ProcessTimes(0, 0, variant, "f", [0.1]) for variant in measured)
    record = MicroRecord(
        suite="s",
        variants=("before", "after"),
        parameters={"after": parameters},
        benchmarks=(function,) if measured else (),
        left_out=tuple(LEFT[name] for name in left_out),
    )
    found = compared(Micro(record, processes))

    assert expected == [
        (text, one.is_open)
        for text, one in zip(functions_part(found).warnings, found.missing, strict=True)
    ]


def test_of_many_missing_functions_the_first_are_named() -> None:
    """Those that leave budgets open before the others; the rest are counted."""
    names = [f"f{index}" for index in range(12)]
    record = MicroRecord(
        suite="s",
        variants=("before", "after"),
        benchmarks=tuple(BenchmarkRecord(name=name) for name in names),
    )
    processes = tuple(
        ProcessTimes(0, 0, "before" if name == "f11" else "after", name, [0.1]) for name in names
    )
    warnings = functions_part(compared(Micro(record, processes))).warnings

    assert 11 == len(warnings)
    assert warnings[0].startswith("f11: only in before, ")
    assert "2 more functions not compared" == warnings[-1]


def test_a_sweep_has_a_line_for_each_strategy() -> None:
    """Fitted to the processes of the strategy's own variant."""
    benchmarks = tuple(
        BenchmarkRecord(name=f"list[versions={at}]", parameters={"versions": str(at)})
        for at in (1, 10, 100)
    )
    found = compared(suite_of(6, 3.0, benchmarks=benchmarks, by_parameters=False)).growths

    assert [("list[versions]", "versions", 6)] * 2 == [
        (one.along, one.axis, one.processes) for one in found
    ]
    # The places take equally long here.
    assert all(abs(one.each_s) < 0.01 * one.fixed_s for one in found)
    assert 3.0 == pytest.approx(found[1].fixed_s / found[0].fixed_s, rel=0.1)


def test_a_suite_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Every process with its rounds, in the order of measuring."""
    micro = suite_of(2, 1.1, benchmarks=(SIGN, SAME))
    write_micro(tmp_path, micro.record, micro.processes)
    found = read_micro(tmp_path)

    assert found is not None
    assert micro.record == found.record
    assert [(one.pair, one.position, one.variant, one.benchmark) for one in micro.processes] == [
        (one.pair, one.position, one.variant, one.benchmark) for one in found.processes
    ]
    assert all(
        np.array_equal(one.times_s, other.times_s)
        for one, other in zip(micro.processes, found.processes, strict=True)
    )


def test_where_no_suite_was_measured_there_is_none(tmp_path: Path) -> None:
    """Nothing is no mistake."""
    assert read_micro(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (MICRO_NAME, b'{"schema_version": 5}', "schema version 5, but this Versus reads 1 to 4"),
        (MICRO_NAME, b'{"schema_version": 2}', "micro.json: damaged at suite: Field required"),
        (MICRO_TIMES_NAME, b"PAR1", "micro.parquet: damaged"),
        (MICRO_TIMES_NAME, None, "micro.parquet: missing, though micro.json is there"),
    ],
)
def test_a_damaged_suite_is_refused(
    tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    """One line names the file and what is wrong with it."""
    micro = suite_of(1, 1.1)
    write_micro(tmp_path, micro.record, micro.processes)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(RecordError) as refused:
        read_micro(tmp_path)
    assert told in str(refused.value)


@pytest.mark.parametrize("time_s", [0.0, -1.0, math.nan, math.inf])
def test_impossible_times_are_refused(tmp_path: Path, time_s: float) -> None:
    """No call takes no time, less, or for ever."""
    micro = suite_of(1, 1.1)
    wrong = ProcessTimes(0, 0, "before", "signing.sign", [0.01, time_s])
    write_micro(tmp_path, micro.record, [wrong])

    with pytest.raises(RecordError, match=r"micro\.parquet: row 1 holds"):
        read_micro(tmp_path)

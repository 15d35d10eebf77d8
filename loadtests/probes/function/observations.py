"""What one process of a suite observed: read from the files that Versus' plugin writes there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from loadtests.planning.disclosure import printable
from loadtests.planning.suite import Suite, SuiteVariant
from loadtests.probes.function.names import Function, bounded, case_of

_REASON_LENGTH_MAX = 200

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FunctionObservation:
    """One benchmark, measured in one process.

    Attributes:
        parameters: of the test, with pytest's ids.
        extra_info: pytest-benchmark's.
        times_s: of each round, for one call.
    """

    function: Function
    times_s: FloatArray
    group: str = ""
    parameters: Mapping[str, str] | None = None
    extra_info: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class LeftOut:
    """One benchmark that a process has and could not measure.

    Attributes:
        by_suite: whether the suite itself decided so, by a skip or a selection.
    """

    function: Function
    reason: str
    by_suite: bool


@dataclass(frozen=True)
class ProcessObservation:
    """What one process measured, and what it left out.

    Attributes:
        changed: the files that it imported of those that differ between the revisions.
    """

    functions: tuple[FunctionObservation, ...]
    left_out: tuple[LeftOut, ...] = ()
    changed: frozenset[str] = frozenset()


def read_results(results: Path) -> dict[str, Any]:
    """What the process wrote; nothing where it ended before."""
    try:
        content: dict[str, Any] = json.loads(results.read_bytes())
    except FileNotFoundError:
        return {}
    return content


def observe(
    content: Mapping[str, Any], times: Path, suite: Suite, variant: SuiteVariant
) -> ProcessObservation:
    """The process's own entries; what its timer could not measure is left out.

    Args:
        content: of the results.
        times: the file beside them.
        suite: that was run.
        variant: in which.
    """
    path = path_of(suite, variant)
    folder = (path if path.is_dir() else path.parent).resolve()
    rounds = [int(entry["rounds"]) for entry in content["benchmarks"]]
    parts = np.split(np.fromfile(times, np.float64), np.cumsum(rounds)[:-1]) if rounds else []
    functions = []
    left_out = [
        LeftOut(_function(one, folder, variant), shown(one["why"]), one["by_suite"])
        for one in content["left_out"]
    ]
    for entry, part in zip(content["benchmarks"], parts, strict=True):
        function = _function(entry, folder, variant)
        wrong = int(np.count_nonzero(~((part > 0) & np.isfinite(part))))
        if wrong or not len(part):
            reason = (
                f"{wrong:,} of its {len(part):,} rounds took no time that its timer can tell from 0"
            )
            left_out.append(LeftOut(function, reason, by_suite=False))
            continue
        parameters = {name: bounded(text) for names, text in entry["parameters"] for name in names}
        functions.append(
            FunctionObservation(
                function, part, bounded(entry["group"]), parameters, entry["extra_info"]
            )
        )
    return ProcessObservation(tuple(functions), tuple(left_out))


def path_of(suite: Suite, variant: SuiteVariant) -> Path:
    """The suite's file or folder, without the names of tests in it."""
    return (variant.cwd or Path()) / suite.path.partition("::")[0]


def _function(entry: Mapping[str, Any], folder: Path, variant: SuiteVariant) -> Function:
    return Function(
        file=Path(relpath(Path(entry["file"]).resolve(), folder)).as_posix(),
        function=entry["function"],
        case=case_of(entry["parameters"], variant.parameters),
    )


def shown(text: str) -> str:
    """What a suite said, as one line of bounded length."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= _REASON_LENGTH_MAX else f"{line[:_REASON_LENGTH_MAX]}..."

"""One process of a suite, measured once: pytest in a variant, with Versus' plugin."""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.run.micro import BenchmarkRecord
from loadtests.children import run_to_end
from loadtests.errors import MeasureError
from loadtests.planning.suite import Suite, SuiteVariant

SUITE_LOG = "suite.log"
_PLUGINS = Path(__file__).with_name("plugin")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True)
class FunctionObservation:
    """One benchmark, measured in one process.

    Attributes:
        times_s: of each round, for one call.
    """

    benchmark: BenchmarkRecord
    times_s: Sequence[float]


async def measure_process(
    suite: Suite,
    variant: SuiteVariant,
    seconds: float,
    folder: Path,
    environment: Mapping[str, str],
) -> tuple[FunctionObservation, ...]:
    """Run a variant's benchmarks in a fresh process.

    Args:
        suite: what to run.
        variant: of it.
        seconds: shared by the benchmarks.
        folder: of the run; takes the log.
        environment: added to this process's own; the variant's is added to both.

    Raises:
        MeasureError: a test failed, there is none, or two have one name.
    """
    # Absolute, because a revision's processes run in a folder of their own.
    results = (folder / "suite.json").absolute()
    options = [f"--versus-seconds={seconds}", "--benchmark-only", "--benchmark-save-data"]
    options.append(f"--benchmark-json={results}")
    options += [f"--versus-parameter={name}={value}" for name, value in variant.parameters.items()]
    options += [f"--versus-exclude={part}" for part in suite.excluded]
    try:
        await _run_pytest(suite.path, variant, options, environment, folder / SUITE_LOG)
        content = await asyncio.to_thread(results.read_bytes)
    finally:
        results.unlink(missing_ok=True)
    observed = tuple(_observation(one, variant) for one in json.loads(content)["benchmarks"])
    names = [observation.benchmark.name for observation in observed]
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate is not None:
        raise MeasureError(
            f"the suite {suite.path} has two benchmarks that are called {duplicate!r} in "
            f"{variant.name}. Rename one, or let the variant's parameters choose one."
        )
    return observed


def function_name(fullname: str, parameters: Mapping[str, str]) -> str:
    """The name of a benchmark in every variant: without what distinguishes the variants."""
    file, _, rest = fullname.partition("::")
    module = Path(file).stem.removeprefix("bench_").removeprefix("test_")
    function = rest.partition("[")[0].replace("::", ".").removeprefix("test_")
    values = ", ".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    return f"{module}.{function}[{values}]" if values else f"{module}.{function}"


async def _run_pytest(
    suite: str,
    variant: SuiteVariant,
    options: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
) -> None:
    own = ["-q", "-p", "versus_pairs"]
    worktree = variant.worktree
    if worktree:
        # Above a worktree lies the working tree, whose conftest.py is not this revision's.
        own.append(f"--confcutdir={worktree.folder}")
        own.append(f"--versus-worktree={worktree.folder}")
        own.append(f"--versus-repository={worktree.repository}")
    whole = {**os.environ, **environment, **variant.environment}
    path = [str(_PLUGINS), *_import_roots(variant, suite), whole.get("PYTHONPATH", "")]
    whole["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    failure = await run_to_end(
        [variant.python, "-m", "pytest", suite, *own, *options],
        whole,
        log,
        cwd=str(variant.cwd) if variant.cwd else None,
        error_prefix="ERROR: ",
    )
    if failure:
        raise MeasureError(f"the suite {suite}, {variant.name}, {failure}")


def _import_roots(variant: SuiteVariant, suite: str) -> Iterator[str]:
    """Folders of a revision's packages; they come before those of an editable installation."""
    worktree = variant.worktree
    if worktree is None:
        return
    file = (variant.cwd or Path()) / suite.partition("::")[0]
    for parent in file.relative_to(worktree.folder).parents:
        folder = worktree.folder / parent
        is_project = any((folder / name).is_file() for name in _PROJECT_FILES)
        if is_project or folder == worktree.folder:
            yield from (str(root) for root in (folder / "src", folder) if root.is_dir())


def _observation(benchmark: Mapping[str, Any], variant: SuiteVariant) -> FunctionObservation:
    """From an entry of pytest-benchmark's JSON."""
    params = {name: str(value) for name, value in (benchmark["params"] or {}).items()}
    shared = {name: value for name, value in params.items() if name not in variant.parameters}
    record = BenchmarkRecord(
        name=function_name(benchmark["fullname"], shared),
        group=benchmark["group"] or "",
        parameters=params,
        extra_info=benchmark["extra_info"],
    )
    return FunctionObservation(record, benchmark["stats"]["data"])

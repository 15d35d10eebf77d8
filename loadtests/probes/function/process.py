"""One process of a suite, measured once: pytest in a variant, with Versus' plugins."""

import asyncio
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.children import child, exit_of
from loadtests.errors import MeasureError
from loadtests.planning.disclosure import printable
from loadtests.planning.suite import ChoiceError, Suite, SuiteVariant
from loadtests.probes.function.names import bounded, names_of
from loadtests.probes.function.observations import (
    LeftOut,
    ProcessObservation,
    observe,
    path_of,
    read_results,
    shown,
)

SUITE_LOG = "suite.log"
_PLUGINS = Path(__file__).with_name("plugin")
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_NAMED_MAX = 5
_LOG_END_BYTES = 2**16
_NOTHING_RAN = 5
"""pytest's exit code."""
_EXCEPTION = re.compile(r"^E {3,}")
_REFUSED = re.compile(r"^(?:ERROR: (?!usage: )|[^:]+: error: |.*\bExit: )")


async def measure_process(
    suite: Suite,
    variant: SuiteVariant,
    seconds: float,
    folder: Path,
    environment: Mapping[str, str],
) -> ProcessObservation:
    """Run a variant's benchmarks in a fresh process.

    Args:
        suite: what to run.
        variant: of it.
        seconds: shared by the benchmarks.
        folder: of the run; takes the log.
        environment: added to this process's own; the variant's is added to both.

    Raises:
        ChoiceError: no test has the variant's parameters.
        MeasureError: a test failed, none could be measured, or two have one name.
    """
    # Absolute, because a revision's processes run in a folder of their own.
    results = (folder / "suite.json").absolute()
    times = results.with_suffix(".times")
    options = [f"--versus-seconds={seconds}", f"--versus-results={results}"]
    options += [f"--versus-parameter={name}={value}" for name, value in variant.parameters.items()]
    options += [f"--versus-exclude={part}" for part in suite.excluded]
    log = folder / SUITE_LOG
    where = f"the suite {suite.path}, {variant.name},"
    try:
        end = await _run_pytest(suite, variant, options, environment, log)
        content = read_results(results)
        if content.get("usage"):
            raise ChoiceError(f"{where} {printable(content['usage'])}")
        if content.get("failures"):
            raise MeasureError(f"{where} {end.text}; {_failures(content['failures'])}; see {log}")
        if end.code not in {0, _NOTHING_RAN} or not content:
            raise MeasureError(f"{where} {end.text}; pytest said: {end.reported}; see {log}")
        observed = await asyncio.to_thread(observe, content, times, suite, variant)
    finally:
        results.unlink(missing_ok=True)
        times.unlink(missing_ok=True)
    if not observed.functions:
        why = _reasons(observed.left_out) or _nothing(suite, variant)
        raise MeasureError(f"{where} measured no function: {why}; see {log}")
    _check_names(observed, suite, variant)
    return observed


@dataclass(frozen=True)
class _End:
    """How pytest ended.

    Attributes:
        text: in words.
        reported: what it printed about it.
    """

    code: int
    text: str
    reported: str


def _check_names(observed: ProcessObservation, suite: Suite, variant: SuiteVariant) -> None:
    functions = [one.function for one in observed.functions]
    if len(set(functions)) == len(functions):
        return
    duplicate = next(one for one in functions if functions.count(one) > 1)
    raise MeasureError(
        f"the suite {suite.path} has two benchmarks that are called "
        f"{names_of([duplicate])[duplicate]!r} in {variant.name}. Give their parameters different "
        "ids, or let the variant's parameters choose one."
    )


def _failures(failures: Sequence[Mapping[str, str]]) -> str:
    return _some(f"{bounded(one['where'])}: {shown(one['what'])}" for one in failures)


def _reasons(left_out: Sequence[LeftOut]) -> str:
    names = names_of(one.function for one in left_out)
    return _some(f"{names[one.function]}: {one.reason}" for one in left_out)


def _some(parts: Iterable[str]) -> str:
    every = list(dict.fromkeys(parts))
    more = len(every) - _NAMED_MAX
    return "; ".join(every[:_NAMED_MAX]) + (f"; and {more} more" if more > 0 else "")


def _nothing(suite: Suite, variant: SuiteVariant) -> str:
    """Why pytest found nothing to run."""
    message = "pytest found no test with the fixture `benchmark`"
    if variant.parameters or suite.excluded:
        message += " that the variant's parameters and `suite_without` leave"
    if path_of(suite, variant).is_dir():
        message += (
            "; from a folder it takes test_*.py, *_test.py and bench_*.py, unless the project's "
            "python_files names others"
        )
    return f"{message}; it takes functions named test*, unless python_functions names others"


async def _run_pytest(
    suite: Suite,
    variant: SuiteVariant,
    options: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
) -> _End:
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
    start = _size(log)
    async with child(
        # An option of `addopts` may take the next word for its value, but no option.
        [variant.python, "-m", "pytest", *own, *options, suite.path],
        whole,
        on_parent_death="TERM",
        log=log,
        cwd=str(variant.cwd) if variant.cwd else None,
        group=True,
    ) as process:
        await process.wait()
    assert process.returncode is not None
    with log.open("rb") as file:
        file.seek(max(start, _size(log) - _LOG_END_BYTES))
        output = file.read().decode(errors="replace")
    return _End(process.returncode, exit_of(process), _reported(output))


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _reported(output: str) -> str:
    """The part of pytest's output that says what is wrong, else its last line."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    for marked in (_EXCEPTION, _REFUSED):
        found = [place for place, line in enumerate(lines) if marked.match(line)]
        if found:
            # After the refusal of an option, where it is set.
            line = "; ".join(marked.sub("", one).strip() for one in lines[found[-1] :][:2])
            break
    else:
        line = lines[-1].strip() if lines else "nothing"
    return shown(line)


def _import_roots(variant: SuiteVariant, suite: Suite) -> Iterator[str]:
    """Folders of a revision's packages; they come before those of an editable installation."""
    worktree = variant.worktree
    if worktree is None:
        return
    for parent in path_of(suite, variant).relative_to(worktree.folder).parents:
        folder = worktree.folder / parent
        is_project = any((folder / name).is_file() for name in _PROJECT_FILES)
        if is_project or folder == worktree.folder:
            yield from (str(root) for root in (folder / "src", folder) if root.is_dir())

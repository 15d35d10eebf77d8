"""One process of a suite, measured once: pytest in a variant, with Versus' plugins."""

import asyncio
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loadtests.children import child, exit_of
from loadtests.errors import MeasureError
from loadtests.planning.disclosure import printable
from loadtests.planning.suite import ChoiceError, Suite, SuiteVariant
from loadtests.probes.function.layout import Layout, layout_of
from loadtests.probes.function.names import bounded, names_of
from loadtests.probes.function.observations import (
    LeftOut,
    ProcessObservation,
    observe,
    path_of,
    read_results,
    shown,
)
from loadtests.probes.function.origins import Imported, find_foreign, own_files

SUITE_LOG = "suite.log"
_PLUGINS = Path(__file__).with_name("plugin")
_NAMED_MAX = 5
_LOG_END_BYTES = 2**16
_NOTHING_RAN = 5
"""pytest's exit code."""
_MISSING = re.compile(
    r"No module named '([\w.]+)'|cannot import name '\w+' from (?:partially [a-z ]*)?'([\w.]+)'"
)
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
        MeasureError: a test failed, none could be measured, two have one name, or what was run is
            not of the variant's revision.
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
        layout = await asyncio.to_thread(_layout, suite, variant)
        roots = layout.roots if layout else ()
        end = await _run_pytest(suite, variant, roots, options, environment, log)
        content = read_results(results)
        if content.get("usage"):
            raise ChoiceError(f"{where} {printable(content['usage'])}")
        # A test may fail because of it.
        changed: frozenset[str] = frozenset()
        if layout and content:
            changed = await asyncio.to_thread(_check_origins, content, suite, variant, layout)
        if content.get("failures"):
            failures = _failures(content["failures"])
            lacking = _lacking(failures, variant, layout)
            raise MeasureError(f"{where} {end.text}; {failures}{lacking}; see {log}")
        if end.code not in {0, _NOTHING_RAN} or not content:
            lacking = _lacking(end.reported, variant, layout)
            reported = f"{end.reported}{lacking}"
            raise MeasureError(f"{where} {end.text}; pytest said: {reported}; see {log}")
        observed = await asyncio.to_thread(observe, content, times, suite, variant)
    finally:
        results.unlink(missing_ok=True)
        times.unlink(missing_ok=True)
    if not observed.functions:
        why = _reasons(observed.left_out) or _nothing(suite, variant)
        raise MeasureError(f"{where} measured no function: {why}; see {log}")
    _check_names(observed, suite, variant)
    return replace(observed, changed=changed)


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


def _layout(suite: Suite, variant: SuiteVariant) -> Layout | None:
    """Where the variant's revision has its packages; None where it has none of its own."""
    tree = variant.worktree
    return layout_of(tree.folder, path_of(suite, variant)) if tree else None


def _check_origins(
    content: Mapping[str, Any], suite: Suite, variant: SuiteVariant, layout: Layout
) -> frozenset[str]:
    """The files that the process imported of those that differ between the revisions.

    Raises:
        MeasureError: a module is not of this revision, though it has its own.
    """
    worktree = variant.worktree
    assert worktree is not None, "it has a layout"
    imported = Imported.of(content["imported"])
    foreign = find_foreign(imported, worktree, layout, suite.changed)
    if foreign is not None:
        raise MeasureError(
            f"the suite {suite.path}, {variant.name}: {printable(foreign.name)} was imported from "
            f"{printable(str(foreign.file))}, which is not of this revision, so both would run the "
            "same code. Uninstall it from this Python, or name its folder in pytest's `pythonpath`."
        )
    return own_files(imported, worktree.folder) & suite.changed


def _lacking(reported: str, variant: SuiteVariant, layout: Layout | None) -> str:
    """What may be the cause where a module of the project's own is missing."""
    found = _MISSING.search(reported)
    if layout is None or variant.worktree is None or found is None:
        return ""
    top = next(filter(None, found.groups())).partition(".")[0]
    trees = layout.tree, variant.worktree.repository
    places = (tree / root.relative_to(layout.tree) for tree in trees for root in layout.roots)
    is_own = any((one / top).is_dir() or (one / f"{top}.py").is_file() for one in places)
    return ". Files that git ignores, such as built ones, are in neither revision" * is_own


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
    roots: Iterable[Path],
    options: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
) -> _End:
    own = ["-q", "-p", "versus_pairs"]
    worktree = variant.worktree
    if worktree:
        # Above a worktree lies the working tree, whose conftest.py is not this revision's.
        own.append(f"--confcutdir={worktree.folder}")
    whole = {**os.environ, **environment, **variant.environment}
    # A revision's own folders come before those of an editable installation.
    path = [str(_PLUGINS), *map(str, roots), whole.get("PYTHONPATH", "")]
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

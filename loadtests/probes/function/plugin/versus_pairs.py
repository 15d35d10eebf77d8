"""A pytest plugin by which one process measures one variant of a pytest-benchmark suite.

It is loaded with `-p versus_pairs` by a pytest that may belong to another project and environment,
so it imports nothing but pytest and what lies beside it.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import versus_ids  # type: ignore[import-not-found]  # on that process's path

pytest_plugins = ("versus_ids", "versus_results")

ROUNDS_MIN = 1
"""However slow a function: its process is one measurement, and others follow."""

_SHOWN_MAX = 10
_ID_LENGTH_MAX = 60


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose the variant and the time."""
    group = parser.getgroup("versus")
    group.addoption(
        "--versus-parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the tests with a parameter NAME, run only those in which pytest's id of it is "
        "VALUE; none of them, if VALUE is empty",
    )
    group.addoption(
        "--versus-exclude",
        action="append",
        default=[],
        metavar="PART",
        help="leave out the tests whose names contain this text",
    )
    group.addoption(
        "--versus-seconds",
        type=float,
        metavar="SECONDS",
        help="share this time evenly between the benchmarks",
    )
    group.addoption(
        "--versus-worktree",
        type=Path,
        metavar="FOLDER",
        help="fail if modules of which it has a version were imported from elsewhere",
    )
    group.addoption(
        "--versus-repository",
        type=Path,
        metavar="FOLDER",
        help="with --versus-worktree: fail if modules were imported from here",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the variant's benchmarks, each with its share of the time.

    It runs last, after a suite's own conftest has selected tests.
    """
    benchmarks = [item for item in items if "benchmark" in getattr(item, "fixturenames", ())]
    wanted = dict(word.partition("=")[::2] for word in config.getoption("versus_parameter"))
    _check_parameters(config, wanted, benchmarks)
    excluded = config.getoption("versus_exclude")
    kept = [
        item
        for item in benchmarks
        if _matches(item, wanted) and not any(part in item.nodeid for part in excluded)
    ]
    measured = set(kept)
    observer: Any = config.pluginmanager.getplugin("versus_observer")
    if observer:
        observer.project_selects = False
    config.hook.pytest_deselected(items=[item for item in items if item not in measured])
    items[:] = kept
    seconds = config.getoption("versus_seconds")
    for item in kept if seconds else ():
        marker = item.get_closest_marker("benchmark")
        limits = {"max_time": seconds / len(kept), "min_rounds": ROUNDS_MIN}
        # Only the closest marker counts, so it repeats the suite's own settings.
        own = marker.kwargs if marker else {}
        item.add_marker(pytest.mark.benchmark(**{**own, **limits}), append=False)


def _check_parameters(
    config: pytest.Config, wanted: Mapping[str, str], items: Sequence[pytest.Item]
) -> None:
    """Refuse an unknown name or id: both variants would be the same."""
    known: dict[str, set[str]] = {}
    for item in items:
        for name, text in versus_ids.parameters(item).items():
            known.setdefault(name, set()).add(text)
    for name, value in wanted.items():
        ids = known.get(name)
        if not value or (ids and {value, versus_ids.escaped(value)} & ids):
            continue
        message = f"no benchmark has a parameter {name!r}; there are {_listed(known)}"
        if ids:
            message = f"no benchmark has {name}={value}; there are {_listed(ids)}"
        elif not known:
            message = f"no benchmark has a parameter {name!r}, nor any other"
        observer: Any = config.pluginmanager.getplugin("versus_observer")
        if observer:
            observer.usage = message
        raise pytest.UsageError(message)


def _listed(words: Iterable[str]) -> str:
    """Some of them, each cut to a length that can be read."""
    ordered = sorted(word or "''" for word in words)
    shown = [
        word if len(word) <= _ID_LENGTH_MAX else f"{word[:_ID_LENGTH_MAX]}..." for word in ordered
    ]
    more = len(ordered) - _SHOWN_MAX
    return ", ".join(shown[:_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")


def _matches(item: pytest.Item, wanted: Mapping[str, str]) -> bool:
    parameters = versus_ids.parameters(item)
    return all(
        name not in parameters or parameters[name] in {value, versus_ids.escaped(value)}
        for name, value in wanted.items()
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if modules of another revision were imported, which would be measured instead.

    It runs at the end, because benchmarks may import what they measure.
    """
    worktree = session.config.getoption("versus_worktree")
    if worktree is None:
        return
    repository = session.config.getoption("versus_repository")
    foreign = next(_foreign_modules(worktree.resolve(), repository.resolve()), None)
    if foreign is not None:
        name, file = foreign
        pytest.exit(
            f"{name} was imported from {file}, which is not of this revision. Uninstall it from "
            "this Python, or add its folder to pytest's pythonpath.",
            returncode=pytest.ExitCode.USAGE_ERROR,
        )


# This module is the harness's own, even if the measured revision has it, too.
_PLUGINS = Path(__file__).resolve().parent


def _foreign_modules(worktree: Path, repository: Path) -> Iterator[tuple[str, Path]]:
    """Modules from outside of the worktree that it has by name, or that are the repository's."""
    own_names = {
        name
        for folder in {Path(entry).resolve() for entry in sys.path}
        if folder.is_relative_to(worktree)
        for name in _importable(folder)
    } - sys.stdlib_module_names
    prefix = Path(sys.prefix).resolve()
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file:
            continue
        path = Path(file).resolve()
        if path.parent == _PLUGINS or path.is_relative_to(worktree):
            continue
        # An environment may lie within the repository.
        installed = path.is_relative_to(prefix) or "site-packages" in path.parts
        in_repository = path.is_relative_to(repository) and not installed
        if name.partition(".")[0] in own_names or in_repository:
            yield name, path


def _importable(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from (path.stem for path in folder.glob("*.py"))
        yield from (path.parent.name for path in folder.glob("*/__init__.py"))

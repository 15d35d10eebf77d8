"""A pytest plugin by which one process measures one variant of a pytest-benchmark suite.

Loaded with `-p versus_pairs` by a pytest that may be another project's, in an environment of its
own: so it imports nothing but pytest, and nothing else of Versus is on that path.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

ROUNDS_MIN = 1
"""However slow a function: its process is one measurement, and others follow."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which variant, and for how long."""
    group = parser.getgroup("versus")
    group.addoption(
        "--versus-parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the tests that have a parameter NAME, run those alone in which it is VALUE; "
        "none of them, if VALUE is empty",
    )
    group.addoption(
        "--versus-without",
        action="append",
        default=[],
        metavar="PART",
        help="leave out the tests that have this in their name",
    )
    group.addoption(
        "--versus-seconds",
        type=float,
        metavar="SECONDS",
        help="share this time evenly between the benchmarks",
    )
    group.addoption(
        "--versus-tree",
        type=Path,
        metavar="FOLDER",
        help="fail if modules that it holds were imported from elsewhere",
    )
    group.addoption(
        "--versus-instead-of",
        type=Path,
        metavar="FOLDER",
        help="with --versus-tree: fail if any were imported from here",
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the variant's benchmarks, each with its share of the time.

    Last, so that a suite's own conftest has chosen before.
    """
    benchmarks = [item for item in items if "benchmark" in getattr(item, "fixturenames", ())]
    wanted = dict(one.partition("=")[::2] for one in config.getoption("versus_parameter"))
    _check(wanted, benchmarks)
    without = config.getoption("versus_without")
    kept = [
        item
        for item in benchmarks
        if _fits(item, wanted) and not any(part in item.nodeid for part in without)
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
    seconds = config.getoption("versus_seconds")
    for item in kept if seconds else ():
        theirs = item.get_closest_marker("benchmark")
        mine = {"max_time": seconds / len(kept), "min_rounds": ROUNDS_MIN}
        # The closest one counts alone, so it repeats what the suite says of group and timer.
        own = theirs.kwargs if theirs else {}
        item.add_marker(pytest.mark.benchmark(**{**own, **mine}), append=False)


def _check(wanted: Mapping[str, str], items: Sequence[pytest.Item]) -> None:
    """A name or value that is nowhere would measure two variants that are the same."""
    for name, value in wanted.items():
        values = {params[name] for item in items if name in (params := _parameters(item))}
        if not value:
            continue
        if not values:
            raise pytest.UsageError(f"no benchmark has a parameter {name!r}")
        if value not in values:
            raise pytest.UsageError(
                f"no benchmark has {name}={value}; there are {', '.join(sorted(values))}"
            )


def _fits(item: pytest.Item, wanted: Mapping[str, str]) -> bool:
    mine = _parameters(item)
    return all(mine.get(name, value) == value for name, value in wanted.items())


def _parameters(item: pytest.Item) -> dict[str, str]:
    callspec = getattr(item, "callspec", None)
    return {name: str(value) for name, value in callspec.params.items()} if callspec else {}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hold the modules against the tree: another revision's would be measured in its name.

    At the end, because benchmarks may import what they measure.
    """
    tree, instead_of = (session.config.getoption(f"versus_{one}") for one in ("tree", "instead_of"))
    if tree is None:
        return
    stray = next(_strays(tree.resolve(), instead_of.resolve()), None)
    if stray is not None:
        name, file = stray
        pytest.exit(
            f"{name} was imported from {file}, which is not of this revision. Uninstall it from "
            "this Python, or add its folder to pytest's pythonpath.",
            returncode=pytest.ExitCode.USAGE_ERROR,
        )


# This one and its kin are the harness's own, also where the measured tree has them, too.
_PLUGINS = Path(__file__).resolve().parent


def _strays(tree: Path, instead_of: Path) -> Iterator[tuple[str, Path]]:
    """Modules of the tree by their names, or of its working tree by their place, from outside."""
    held = {
        name
        for folder in {Path(one).resolve() for one in sys.path}
        if folder.is_relative_to(tree)
        for name in _importable(folder)
    } - sys.stdlib_module_names
    prefix = Path(sys.prefix).resolve()
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file:
            continue
        path = Path(file).resolve()
        if path.parent == _PLUGINS:
            continue
        # An environment may lie within the working tree.
        installed = path.is_relative_to(prefix) or "site-packages" in path.parts
        inside = path.is_relative_to(instead_of) and not installed
        if (name.partition(".")[0] in held or inside) and not path.is_relative_to(tree):
            yield name, path


def _importable(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from (one.stem for one in folder.glob("*.py"))
        yield from (one.parent.name for one in folder.glob("*/__init__.py"))

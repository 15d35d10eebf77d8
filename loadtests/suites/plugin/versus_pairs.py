"""A pytest plugin by which one process measures one variant of a pytest-benchmark suite.

Loaded with `-p versus_pairs` by a pytest that may be another project's, in an environment of its
own: so it imports nothing but pytest, and nothing else of Versus is on that path.
"""

from collections.abc import Mapping, Sequence

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

"""A pytest plugin by which one process measures one variant of a pytest-benchmark suite.

It is loaded with `-p versus_pairs` by a pytest that may belong to another project and environment,
so it imports nothing but pytest and what lies beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
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

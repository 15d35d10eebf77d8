"""A pytest plugin that measures a suite whatever a project's options are, and writes all it saw.

What is measured, left out, fails and is imported goes to the file of `--versus-results` as JSON,
and the times beside it as plain doubles. It is loaded with `versus_pairs`. As it has no `assert`:
PYTEST_DONT_REWRITE
"""

import json
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import versus_ids  # type: ignore[import-not-found]  # on that process's path
import versus_modules  # type: ignore[import-not-found]

FILES = "bench_*.py"
"""Besides those that the project collects from a folder."""

_E_LINES_MAX = 3

_OVERRULED: Mapping[str, Any] = {
    # In this process alone.
    "numprocesses": None,
    "dist": "no",
    "tx": [],
    "distload": False,
    "looponfail": False,
    "forked": False,
    "usepdb": False,
    "trace": False,
    # All of them, whatever fails.
    "maxfail": 0,
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
    "stepwise": False,
    # Measured, and not only listed.
    "collectonly": False,
    "setuponly": False,
    "setupplan": False,
    "cacheshow": None,
    "showfixtures": False,
    "show_fixtures_per_test": False,
    "benchmark_disable": False,
    "benchmark_skip": False,
    "benchmark_only": False,
    # No other file, no other judge.
    "benchmark_json": None,
    "benchmark_save": None,
    "benchmark_autosave": None,
    "benchmark_compare": [],
    "benchmark_compare_fail": None,
    "benchmark_histogram": [],
    "benchmark_cprofile": None,
}
"""Options that a project's `addopts` may set, and what holds here."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the file."""
    parser.getgroup("versus").addoption(
        "--versus-results",
        type=Path,
        metavar="FILE",
        help="write here what was measured, left out and failed",
    )


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Load pytest-benchmark where the project turns it off, and measure no coverage."""
    manager = early_config.pluginmanager
    loaded = {getattr(plugin, "__name__", "") for plugin in manager.get_plugins()}
    if "pytest_benchmark.plugin" not in loaded:
        try:
            manager.import_plugin("pytest_benchmark.plugin")
        except ImportError:
            raise pytest.UsageError(
                f"pytest-benchmark is not installed in {sys.executable}"
            ) from None
    if getattr(early_config.known_args_namespace, "cov_source", None):
        early_config.known_args_namespace.cov_source = None
    yield


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """Overrule what would keep the suite from being measured."""
    for name, value in _OVERRULED.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)
    if any(Path(arg.partition("::")[0]).is_dir() for arg in config.args):
        config.addinivalue_line("python_files", FILES)
    results = config.getoption("versus_results")
    if results:
        config.pluginmanager.register(Observer(config, results), "versus_observer")
    yield


class Observer:
    """Observes what is measured, left out, and fails, and writes it at the end.

    Attributes:
        usage: why nothing can be run; empty if something can.
        project_selects: whether tests are deselected by the project; afterwards, by the variant.
    """

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self.config = config
        self.path = path
        self.usage = ""
        self.project_selects = True
        self._failures: list[dict[str, str]] = []
        self._measured: dict[str, tuple[dict[str, Any], array[float]]] = {}
        self._left_out: dict[str, dict[str, Any]] = {}

    def leave_out(
        self, nodeid: str, identity: Mapping[str, Any], why: str, *, by_suite: bool
    ) -> None:
        """Note a test that is not measured; the first reason stays."""
        self._measured.pop(nodeid, None)
        self._left_out.setdefault(nodeid, {**identity, "why": why, "by_suite": by_suite})

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Note benchmarks that the project leaves out, by `-k`, `-m` or a conftest."""
        if not self.project_selects:
            return
        options = (("-k", "keyword"), ("-m", "markexpr"))
        stated = [(flag, self.config.getoption(name, "")) for flag, name in options]
        how = " or ".join(f"{flag} {value!r}" for flag, value in stated if value)
        for item in items:
            if "benchmark" in getattr(item, "fixturenames", ()):
                why = f"deselected by {how or 'the project'}"
                self.leave_out(item.nodeid, versus_ids.identity(item), why, by_suite=True)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that is skipped, or cannot be imported."""
        if report.failed:
            self._failures.append({"where": report.nodeid, "what": _reported(report)})
        elif report.skipped:
            file = str(Path(str(self.config.rootpath), report.nodeid.partition("::")[0]))
            whole = {"file": file, "function": report.nodeid.partition("::")[2], "parameters": []}
            self.leave_out(report.nodeid, whole, _skipped(report), by_suite=True)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[None]:
        """Note a test that is skipped or fails."""
        outcome: Any = yield
        report = outcome.get_result()
        if report.skipped:
            self.leave_out(item.nodeid, versus_ids.identity(item), _skipped(report), by_suite=True)
        elif report.failed:
            self._failures.append({"where": item.nodeid, "what": _reported(report)})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: Any) -> None:
        """Take the times while the fixture is there."""
        fixture = (getattr(item, "funcargs", None) or {}).get("benchmark")
        if fixture is None or item.nodeid in self._left_out:
            return
        identity = versus_ids.identity(item)
        if fixture.stats is None or fixture.has_error:
            why = "its call raised an exception" if fixture.has_error else "it measures no call"
            self.leave_out(item.nodeid, identity, why, by_suite=False)
            return
        times = array("d", map(float, fixture.stats.stats.data))
        found = {"group": str(fixture.group or ""), "extra_info": fixture.extra_info}
        self._measured[item.nodeid] = ({**identity, **found, "rounds": len(times)}, times)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Iterator[None]:
        """Write all, before another plugin fails."""
        benchmarks = [entry for entry, _ in self._measured.values()]
        found = {
            "usage": self.usage,
            "failures": self._failures,
            "benchmarks": benchmarks,
            "left_out": list(self._left_out.values()),
            "imported": versus_modules.imported(),
        }
        text = json.dumps(found, default=str, skipkeys=True, ensure_ascii=False)
        # Half a character, which may be in what the suite said, is in no file.
        self.path.write_bytes(text.encode(errors="replace"))
        with self.path.with_suffix(".times").open("wb") as file:
            for _, times in self._measured.values():
                times.tofile(file)
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_terminal_summary(self) -> Iterator[None]:
        """Print no table of times, which has every name in full."""
        session = getattr(self.config, "_benchmarksession", None)
        if session is not None:
            session.groups = []
        yield


def _skipped(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped, or is expected to fail."""
    expected = getattr(report, "wasxfail", None)
    if expected is not None:
        return f"it is expected to fail: {expected.removeprefix('reason: ')}".removesuffix(": ")
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = text.removeprefix("Skipped").removeprefix(": ")
    return f"skipped: {reason}" if reason else "skipped"


def _reported(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The error that pytest marks with `E`, of the last exception."""
    lines = str(report.longrepr).rstrip().splitlines()
    marked = [place for place, line in enumerate(lines) if line.startswith("E  ")]
    if not marked:
        return lines[-1] if lines else ""
    first = marked[-1]
    while first - 1 in marked:
        first -= 1
    block = [text for line in lines[first : marked[-1] + 1] if (text := line[1:].strip())]
    # An error of syntax begins with its place, and ends with what it is.
    is_syntax = block[:1] and block[0].startswith("File ")
    return "; ".join((block[-1], block[0]) if is_syntax else block[:_E_LINES_MAX])

"""The pytest plugin of a suite's processes, in a real pytest."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[1] / "plugin"
# Other plugins make a start longer.
QUICK = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_benchmark.plugin"}
SUITE = "import codec\n\n\ndef test_it(benchmark):\n    benchmark(sum, [1])\n"


def run_suite(worktree: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    """The suite of a worktree, run to its end."""
    command = [sys.executable, "-m", "pytest", "-q", "bench_it.py", "--benchmark-disable"]
    command += ["-p", "versus_pairs", f"--versus-worktree={worktree}"]
    command += [f"--versus-repository={repository}", f"--confcutdir={worktree}"]
    return subprocess.run(
        command,
        cwd=worktree,
        env={**os.environ, **QUICK, "PYTHONPATH": f"{PLUGINS}{os.pathsep}{worktree}/src"},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """A revision's files: a suite and the module that it imports."""
    folder = tmp_path / "worktree"
    (folder / "src").mkdir(parents=True)
    (folder / "bench_it.py").write_text(SUITE, encoding="utf-8")
    (folder / "src" / "codec.py").write_text("", encoding="utf-8")
    return folder


def test_the_harness_may_measure_its_own_revisions(worktree: Path) -> None:
    """The plugin itself, in the harness's repository, is not a foreign module."""
    done = run_suite(worktree, PLUGINS)

    assert 0 == done.returncode, done.stdout


def test_a_module_from_elsewhere_ends_the_process(worktree: Path, tmp_path: Path) -> None:
    """A revision has a module of that name, so another one would be measured instead."""
    (tmp_path / "codec.py").write_text("", encoding="utf-8")
    first = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
    (worktree / "conftest.py").write_text(first, encoding="utf-8")
    done = run_suite(worktree, tmp_path / "repository")

    assert pytest.ExitCode.USAGE_ERROR == done.returncode
    assert f"codec was imported from {tmp_path}/codec.py, which is not of this revision" in (
        done.stdout + done.stderr
    )

"""The pytest plugin of a suite's processes, in a real pytest."""

import os
import subprocess
import sys
from pathlib import Path

PLUGINS = Path(__file__).parents[1] / "plugin"


def test_the_harness_may_measure_its_own_revisions(tmp_path: Path) -> None:
    """The plugin itself, in the harness's working tree, does not count as a foreign module."""
    (tmp_path / "bench_it.py").write_text(
        "def test_it(benchmark):\n    benchmark(sum, [1])\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "bench_it.py", "--benchmark-disable"]
    command += ["-p", "versus_pairs", f"--versus-tree={tmp_path}"]
    done = subprocess.run(
        [*command, f"--versus-instead-of={PLUGINS}", f"--confcutdir={tmp_path}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{PLUGINS}{os.pathsep}{tmp_path}"},
        check=False,
        capture_output=True,
        text=True,
    )

    assert 0 == done.returncode, done.stdout

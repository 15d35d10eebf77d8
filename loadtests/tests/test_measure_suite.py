"""A suite by itself: what is refused before it is measured, and what is kept when it ends early."""

import io
from pathlib import Path

import pytest

from loadtests.errors import MeasureError
from loadtests.measure_suite import measure_alone
from loadtests.planning.suite import ChoiceError, SuiteError, SuiteVariant

SLOW, FAST = SuiteVariant("before", {"how": "slow"}), SuiteVariant("after", {"how": "fast"})


def test_a_missing_suite_is_named(tmp_path: Path) -> None:
    """Nothing is made for it."""
    path = tmp_path / "bench_it.py"
    with pytest.raises(SuiteError, match=rf"{path}: no such suite\. Name a file or folder"):
        measure_alone(path, (SLOW, FAST), tmp_path / "runs", 1, 7, io.StringIO())

    assert not (tmp_path / "runs").exists()


def test_variants_must_differ(tmp_path: Path) -> None:
    """A comparison of a thing with itself would be called equivalent."""
    same = SuiteVariant("after", {"how": "slow"})
    with pytest.raises(SuiteError, match="the variants do not differ"):
        measure_alone(tmp_path, (SLOW, same), tmp_path / "runs", 1, 7, io.StringIO())


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file has the name of the folder of runs."""
    (tmp_path / "runs").write_text("")
    with pytest.raises(MeasureError, match=r"runs: cannot hold a suite's folder \(Not a directory"):
        measure_alone(tmp_path, (SLOW, FAST), tmp_path / "runs", 1, 7, io.StringIO())


def test_a_suite_that_fails_is_invalid(tmp_path: Path) -> None:
    """Exit code 4, one line that says why, and the log in the run's folder."""
    path = tmp_path / "bench_it.py"
    path.write_text("def test_it(benchmark):\n    assert benchmark(int) == 1\n")
    out = io.StringIO()
    # Other plugins make a start longer.
    quick = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_benchmark.plugin"}
    variants = (
        SuiteVariant("before", environment=quick),
        SuiteVariant("after", environment={**quick, "X": "1"}),
    )
    folder, exit_code = measure_alone(path, variants, tmp_path / "runs", 1, 7, out)

    assert (4, ["suite.log"]) == (exit_code, [one.name for one in folder.iterdir()])
    assert out.getvalue().splitlines()[-1].startswith(f"versus: the suite {path}, before, exited ")


def test_an_unknown_parameter_is_a_mistake_of_usage(tmp_path: Path) -> None:
    """Exit code 2, with the ids that there are."""
    path = tmp_path / "bench_it.py"
    path.write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('how', [min, max], ids=['least', 'most'])\n"
        "def test_it(benchmark, how):\n    benchmark(how, 1, 2)\n"
    )
    with pytest.raises(ChoiceError) as refused:
        measure_alone(path, (SLOW, FAST), tmp_path / "runs", 1, 7, io.StringIO())

    assert 2 == refused.value.exit_code
    assert "before, no benchmark has how=slow; there are least, most" in str(refused.value)
    assert not (tmp_path / "runs").exists()

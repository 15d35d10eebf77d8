"""The examples run as they stand, and without the reference service."""

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contract.run.reading import read_run
from loadtests.planning.plan import load_plan
from loadtests.runner import measure

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "tests")


def bench_shop(folder: Path) -> subprocess.CompletedProcess[str]:
    """Measure the example in a tree at `folder`."""
    arguments = ["bench", "--config", "examples/shop/versus.toml", "--profile", "smoke"]
    return subprocess.run(
        [sys.executable, "-m", "versus", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.slow
@pytest.mark.alone
def test_a_tree_without_the_reference_service_measures_the_example(tmp_path: Path) -> None:
    """What is copied is all that a service of one's own needs."""
    for name in ("commands", "contract", "loadtests", "reports", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=LEFT_OUT)
    for name in ("versus.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    bench = bench_shop(tmp_path)
    if "INVALID: canary: " in bench.stdout:
        # Two processes of the same code may differ, and requests of 0.2 ms show it.
        bench = bench_shop(tmp_path)
    run = read_run(tmp_path / "examples" / "shop" / "runs" / "latest")
    bodies = run.samples.to_pandas().groupby("scenario", observed=True)["body_hash"].nunique()

    assert 0 == bench.returncode, bench.stdout + bench.stderr
    assert re.search(r"^products .* faster \[", bench.stdout, re.MULTILINE)
    assert ("complete", {""}) == (run.record.state, set(run.samples["error"].to_pylist()))
    assert {"products": 1, "cart": 1, "canary": 1} == bodies.to_dict()
    assert b"correct horse" not in (run.folder / "run.json").read_bytes()
    assert (run.folder / "report.html").exists()


@pytest.mark.slow
def test_one_process_can_be_both_variants(tmp_path: Path) -> None:
    """A header says which build answers, and the same answers come from either."""
    shutil.copytree(SHOP, tmp_path / "shop")
    config = tmp_path / "shop" / "header.toml"
    config.write_text(config.read_text().replace("measure_s = 6", "measure_s = 0.8"))
    plan = load_plan(config, profile="smoke", seed=1)
    ending = measure(plan, tmp_path / "runs", "", io.StringIO())
    samples = read_run(ending.folder).samples.to_pandas()
    products = samples[(samples["scenario"] == "products") & ~samples["warmup"]]
    medians = products.groupby("variant", observed=True)["latency_s"].median()

    assert 0 == ending.exit_code
    assert 1 == products["body_hash"].nunique()
    assert medians["indexed"] < medians["walking"]


def test_every_configuration_of_the_examples_is_a_plan() -> None:
    """Each file that the table names exists, and says what can be done."""
    readme = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\((shop/\w+\.toml)\)", readme))

    assert {f"shop/{path.name}" for path in SHOP.glob("*.toml")} == named
    for name in named:
        plan = load_plan(ROOT / "examples" / name, profile="smoke", seed=1)
        assert ("walking", "indexed") == plan.variants


def test_the_shop_needs_nothing_but_python() -> None:
    """Its server starts without any installed package."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SHOP / "server.py"), "--help"],
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)

"""The examples run as they stand, and without the reference service."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contract.run.reading import Run, read_run
from loadtests.checking.check import check
from loadtests.engines.users_launch import checked_users
from loadtests.planning.plan import LoadWorkers, load_plan
from loadtests.runner import measure
from versus import main

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"
ACCOUNTS = ROOT / "examples" / "accounts"
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "requests"),
    [
        ("browse", {"get_products", "get_healthz"}),
        ("cart", {"post_login", "get_products_limit_50", "get_cart"}),
        ("checked", {"get_products_limit_50", "get_cart"}),
    ],
)
def test_locust_files_run_as_they_stand(tmp_path: Path, name: str, requests: set[str]) -> None:
    """Against both builds, without a failure and without an exception in a task."""
    for folder in (SHOP, SHOP.parent / "locust"):
        shutil.copytree(folder, tmp_path / folder.name, ignore=LEFT_OUT)
    config = tmp_path / "locust" / "versus.toml"
    config.write_text(config.read_text().replace("measure_s = 24", "measure_s = 4"))
    users = checked_users(tmp_path / "locust" / f"{name}.py", 3)
    plan = load_plan(config, profile="smoke", seed=1, with_scenarios=False)
    plan = plan.under_load(LoadWorkers(users=users))
    ending = measure(plan, tmp_path / "runs", "", io.StringIO())
    run = read_run(ending.folder)

    assert 0 == ending.exit_code, ending.reasons
    assert requests == {scenario.name for scenario in run.record.scenarios}
    assert {""} == set(run.samples["error"].to_pylist())
    assert run.record.load_users
    assert {} == run.record.load_users.exceptions


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


PAGE = ROOT / "docs" / "own-service.md"
OF_ACCOUNTS = (
    "Log in once",
    "Keep cookies",
    "Reset what a write changed",
    "Send several requests as one",
    "Values",
)


@pytest.mark.parametrize("heading", OF_ACCOUNTS)
def test_what_the_documentation_shows_is_answered_rightly(
    heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of these sections holds an example that works as it stands, with the service behind."""
    monkeypatch.setenv("ACCOUNTS_ITERATIONS", "1")
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    (block,) = re.findall(r"^```toml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    command = json.dumps([sys.executable, str(ACCOUNTS / "server.py"), "--port", "{port}"])
    head = f'[target]\ncommand = {command}\nready = "/healthz"\n'
    variants = "[variants.before]\n[variants.after]\n"
    own = block.replace("[target]\n", head) if "[target]" in block else head + variants + block
    config = tmp_path / "versus.toml"
    config.write_text(own + (variants if "[target]" in block else ""), encoding="utf-8")
    found = check(load_plan(config, seed=1), lambda _: None)

    assert "" == found.failure
    assert found.answers
    assert {""} == {answer.error for answer in found.answers}
    assert () == found.differences


def bench_accounts(folder: Path, text: str) -> tuple[int, Run]:
    """Measure the service behind a login for twelve seconds, and judge the run."""
    folder.mkdir()
    shutil.copy(ACCOUNTS / "server.py", folder)
    config = folder / "versus.toml"
    config.write_text(text.replace("measure_s = 60", "measure_s = 12"), encoding="utf-8")
    runs = folder / "runs"
    main(["bench", "--config", str(config), "--runs", str(runs), "--quiet"])
    code = main(["gate", "--config", str(config), "--run", str(runs / "latest"), "--quiet"])
    return code, read_run(runs / "latest")


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.alone
def test_a_login_in_the_set_up_costs_no_time_of_the_verdict(tmp_path: Path) -> None:
    """A change of 5 % behind a login of a quarter of a second fails as soon as without a login."""
    text = (ACCOUNTS / "versus.toml").read_text(encoding="utf-8")
    before, _, rest = text.partition("[[setup]]")
    without = before + rest[rest.index("[[scenarios]]") :]
    without = without.replace("GET /orders?page=1", "GET /open").replace("{token}", "none")
    code, run = bench_accounts(tmp_path / "login", text)
    code_without, run_without = bench_accounts(tmp_path / "without", without)
    rounds, rounds_without = (one.record.scenarios[0].rounds for one in (run, run_without))

    assert (1, 1) == (code, code_without)
    assert rounds == pytest.approx(rounds_without, rel=0.3)
    for file in run.folder.iterdir():
        assert b"correct horse" not in file.read_bytes()

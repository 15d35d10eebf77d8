"""Services of other frameworks, installed from their registries, as examples/ describes them."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")


def install(folder: Path, *packages: str) -> None:
    """Make a Python environment with these packages."""
    for words in (
        ["venv", "--quiet", "--no-project", "--python", sys.executable, str(folder)],
        ["pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), *packages],
    ):
        subprocess.run([str(UV), *words], check=True, cwd=folder.parent)


def prepare_flask(folder: Path) -> None:
    """What its comment tells a person to type."""
    install(folder / ".venv", "--requirements", str(folder / "requirements.txt"))


def prepare_express(folder: Path) -> None:
    """What its comment tells a person to type."""
    subprocess.run(["npm", "ci", "--silent"], cwd=folder, check=True)


def prepare_datasette(folder: Path) -> None:
    """Both versions and the database, as the comment says."""
    text = (folder / "versus.toml").read_text(encoding="utf-8")
    for name in ("old", "new"):
        version = text.split(f"{name}/bin/pip install ")[1].split()[0]
        install(folder / name, version)
    subprocess.run([sys.executable, "make_shop.py", "shop.db"], cwd=folder, check=True)


def versus(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and document of a command, typed in a folder."""
    ended = subprocess.run(
        [sys.executable, str(ROOT / "versus.py"), *arguments, "--json", "--quiet"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    return ended.returncode, json.loads(ended.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "prepare"),
    [
        ("flask", prepare_flask),
        pytest.param(
            "express",
            prepare_express,
            marks=[
                pytest.mark.long,
                pytest.mark.skipif(not shutil.which("npm"), reason="npm is missing"),
            ],
        ),
        pytest.param("datasette", prepare_datasette, marks=pytest.mark.long),
    ],
)
def test_an_example_is_measured_as_it_stands(
    name: str, prepare: Callable[[Path], None], tmp_path: Path
) -> None:
    """Each of its answers is right, and the same in both variants."""
    folder = tmp_path / name
    shutil.copytree(
        ROOT / "examples" / name,
        folder,
        ignore=shutil.ignore_patterns(".venv", "node_modules", "runs", "old", "new", "shop.db"),
    )
    prepare(folder)
    code, found = versus(folder, "bench", "--profile", "smoke", "--seed", "1")

    assert (0, None) == (code, found["error"])
    assert Path(found["run"]).parent == folder / "runs"
    comparison = found["comparison"]["comparison"]
    assert "complete" == comparison["state"]
    if name != "datasette":
        (scenario,) = comparison["scenarios"]
        (typical,) = [
            effect for effect in scenario["effects"] if effect["metric"] == "latency_s_p50"
        ]
        assert typical["ratio"] < 1


@pytest.mark.slow
def test_a_stream_of_tokens_is_measured_and_judged(tmp_path: Path) -> None:
    """A prompt that is known brings the first token sooner, and no more tokens per second."""
    folder = tmp_path / "tokens"
    shutil.copytree(ROOT / "examples" / "tokens", folder)
    code, found = versus(folder, "bench", "--profile", "smoke", "--seed", "1")

    assert (0, None) == (code, found["error"])
    comparison = found["comparison"]["comparison"]
    (scenario,) = comparison["scenarios"]
    effects = {one["metric"]: one for one in scenario["effects"]}
    first, pace = effects["first_event_s_p50"], effects["events_per_s_p50"]
    assert ("complete", 0) == (comparison["state"], scenario["rounds_bodies_differ"])
    assert "faster" == first["verdict"]
    assert 0.25 <= first["ratio"] < 0.4
    assert 0.01 <= first["after"]["value"] < 0.02
    assert 200 < pace["after"]["value"] < 500
    assert pace["verdict"] != "slower"
    # The other two budgets allow for a busy machine.
    gated, judged = versus(folder, "gate")
    outcomes = judged["comparison"]["judgement"]["outcomes"]
    assert gated in {0, 3}
    assert "PASS" == outcomes[0]["decision"]
    assert [0.5, None, None] == [one["budget"]["ratio_max"] for one in outcomes]

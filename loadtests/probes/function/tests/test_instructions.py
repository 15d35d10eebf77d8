"""Instructions of pure functions, counted by the real Callgrind where there is one."""

import asyncio
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from contract.run.instructions import InstructionsRecord, read_instructions
from loadtests.planning.config import PlanError
from loadtests.planning.suite import Suite, SuiteVariant
from loadtests.probes.function.instructions import count_instructions
from loadtests.tests.repositories import new_repository

NEEDED = pytest.mark.skipif(
    shutil.which("valgrind") is None or platform.machine() != "x86_64",
    reason="no valgrind on this machine, or not this one's code",
)

SUITE = '''
import pytest

import work


@pytest.mark.parametrize("size", [10, 1000])
def test_sum(benchmark, size):
    """Adds up some numbers."""
    benchmark.group = "sums"
    benchmark.extra_info["size"] = size
    assert benchmark(work.add_up, size) == size * (size - 1) // 2


def test_pedantic(benchmark):
    """Says for itself how often it is to be called."""
    assert benchmark.pedantic(work.add_up, args=(100,), rounds=5) == 4950


def test_no_benchmark():
    raise AssertionError("not asked for")
'''
WORK = """
def add_up(size):
    total = 0
    for number in range(size):
        total += number
    return total
"""
MORE_WORK = WORK.replace("    return", "    for _ in range(100):\n        pass\n    return")
# A lot of what a start takes, which Valgrind makes five times as long.
NO_OTHER_PLUGINS = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "pytest_benchmark.plugin",
}
SECONDS = 300
SIDES = ("base", "head")


def counted(
    tmp_path: Path,
    before: Mapping[str, str],
    after: Mapping[str, str],
    seconds: float = SECONDS,
) -> tuple[InstructionsRecord, list[str]]:
    """Files of base and head, whose instructions are counted, and what was said."""
    variants = []
    for name, files in zip(SIDES, (before, after), strict=True):
        folder = tmp_path / name
        folder.mkdir()
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        environment = {"PYTHONPATH": str(folder), **NO_OTHER_PLUGINS}
        variants.append(SuiteVariant(name, environment=environment, cwd=folder))
    run = tmp_path / "run"
    run.mkdir()
    said: list[str] = []
    suite = Suite("bench_it.py", tuple(variants), pure=("bench_it.py",))
    asyncio.run(count_instructions(suite, run, {}, seconds, said.append))
    found = read_instructions(run)
    assert found is not None
    assert not list(run.glob("callgrind*")), "what Callgrind wrote is gone"
    return found, said


def ratios(found: InstructionsRecord) -> dict[str, float]:
    both = (one for one in found.functions if len(one.by_variant) == len(found.variants))
    return {one.name: one.by_variant["head"] / one.by_variant["base"] for one in both}


@NEEDED
def test_the_same_code_twice_takes_as_many_instructions(tmp_path: Path) -> None:
    """Every benchmark of a pure file is counted, however it calls the fixture, and nothing else."""
    same = {"bench_it.py": SUITE, "work.py": WORK}
    found, said = counted(tmp_path, same, same)
    names = {"it.sum[size=10]", "it.sum[size=1000]", "it.pedantic"}

    assert ["counting instructions of bench_it.py (at most 300 s)"] == said
    assert names == set(ratios(found))
    # A hundred, because the smallest takes some thousands, and may begin a pool of blocks.
    base, head = ({one.name: one.by_variant[side] for one in found.functions} for side in SIDES)
    assert base == pytest.approx(head, rel=0.01, abs=100)


@NEEDED
def test_a_planted_loop_takes_more(tmp_path: Path) -> None:
    """A hundred idle rounds, beside ten additions and a thousand; what is new has no ratio."""
    more = SUITE + "\n\ndef test_new(benchmark):\n    benchmark(work.add_up, 10)\n"
    found, _ = counted(
        tmp_path,
        {"bench_it.py": SUITE, "work.py": WORK},
        {"bench_it.py": more, "work.py": MORE_WORK},
    )
    both = ratios(found)
    new = {one.name for one in found.functions if {"head"} == set(one.by_variant)}

    assert {"it.new"} == new
    assert 2 < both["it.sum[size=10]"]
    assert 1.02 < both["it.sum[size=1000]"] < 1.2


@NEEDED
@pytest.mark.parametrize(
    ("files", "seconds", "told", "kept"),
    [
        ({"work.py": WORK}, SECONDS, "ERROR: file or directory not found", "a process failed"),
        (
            {"bench_it.py": SUITE.replace("// 2", "// 3"), "work.py": WORK},
            SECONDS,
            "base, exited with 1; it said last: ",
            "a process failed; its log says why.",
        ),
        ({"bench_it.py": SUITE, "work.py": WORK}, 1, "longer than 1 s", "longer than 1 s"),
    ],
)
def test_what_cannot_be_counted_is_said(
    tmp_path: Path, files: Mapping[str, str], seconds: float, told: str, kept: str
) -> None:
    """In one line, and kept without what a process said; nothing is raised."""
    found, said = counted(tmp_path, files, files, seconds)

    assert said[-1].startswith("instructions were not counted: ")
    assert told in said[-1]
    assert ((), True) == (found.functions, kept in found.reason)


def test_without_valgrind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one line."""
    monkeypatch.setenv("PATH", str(tmp_path))
    found, said = counted(tmp_path, {}, {})

    assert "instructions were not counted: valgrind is not installed." == said[-1]
    assert "valgrind is not installed." == found.reason


def test_the_plugin_needs_callgrind(tmp_path: Path) -> None:
    """Started by hand, it says so instead of counting nothing."""
    (tmp_path / "bench_it.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "work.py").write_text(WORK, encoding="utf-8")
    plugin = Path(__file__).parents[1] / "plugin"
    asked = [
        "-p",
        "versus_pairs",
        "-p",
        "versus_instructions",
        f"--versus-instructions={tmp_path / 'counts'}",
    ]

    async def run() -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", "bench_it.py", *asked),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": f"{plugin}:{tmp_path}"},
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        _, said = await process.communicate()
        return process.returncode, said

    if platform.machine() != "x86_64":
        pytest.skip("the plugin is written for another machine")
    code, said = asyncio.run(run())

    assert pytest.ExitCode.USAGE_ERROR == code
    assert b"needs a process under Callgrind" in said


def test_pure_files_belong_to_a_suite(tmp_path: Path) -> None:
    """Without one there is nothing to count, and that is said before anything is measured."""
    repository = new_repository(tmp_path / "repository")
    target = 'url = "http://127.0.0.1:1"\npure = ["bench_it.py"]'

    with pytest.raises(PlanError, match=r"target\.pure names .* Give target\.suite"):
        repository.plan(target)
    suite = repository.plan(f'{target}\nsuite = "."').suite
    assert suite is not None
    assert ("bench_it.py",) == suite.pure
    assert ("bench_it.py",) == replace(suite, variants=suite.variants[:1]).distinct().pure


def test_the_harness_may_measure_its_own_revisions(tmp_path: Path) -> None:
    """The working tree instead of which a revision is measured may be the harness itself."""
    (tmp_path / "bench_it.py").write_text(
        "def test_it(benchmark):\n    benchmark(sum, [1])\n", encoding="utf-8"
    )
    plugins = Path(__file__).parents[1] / "plugin"
    command = [sys.executable, "-m", "pytest", "-q", "bench_it.py", "--benchmark-disable"]
    command += ["-p", "versus_pairs", "-p", "versus_instructions", f"--versus-tree={tmp_path}"]
    done = subprocess.run(
        [*command, f"--versus-instead-of={plugins}", f"--confcutdir={tmp_path}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{plugins}{os.pathsep}{tmp_path}"},
        check=False,
        capture_output=True,
        text=True,
    )

    assert 0 == done.returncode, done.stdout

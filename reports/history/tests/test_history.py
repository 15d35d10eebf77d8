"""A history: entries of runs, what changed between them, and the page."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reports.history.entry import (
    ENTRY_NAME,
    Entry,
    EntryEffect,
    entry_json,
    parse_entry,
    read_entry,
)
from reports.history.history import publish_history, try_keeping
from reports.history.trend import find_changes, trends_of
from reports.history.words import history_page, machine_letters
from reports.model import ReportError, Verdict
from reports.publish import publish
from reports.tests.runs import Behaviour, Made, Scenario, make_run


def entry(number: int, ratio: float, machine: str = "m1", **changes: str) -> Entry:
    effect = EntryEffect(
        scenario="list",
        variant="optimized",
        metric="latency_s_p50",
        verdict=Verdict.FASTER,
        ratio=ratio,
        low=ratio * 0.97,
        high=ratio * 1.03,
        before=0.02,
        after=0.02 * ratio,
    )
    facts = {"state": "complete", "plan": "p", "profile": "smoke", "design": "paired"} | changes
    return Entry.model_validate(
        {
            "run": f"run{number:03d}",
            "started_at": f"2026-11-23T{number // 60:02d}:{number % 60:02d}:00+00:00",
            "exit_code": 0,
            "commit": f"{number:040x}",
            "dirty": False,
            "machine": machine,
            "machine_told": f"machine {machine}",
            "effects": (effect,),
            **facts,
        }
    )


def noisy(levels: list[float], seed: int = 1) -> list[float]:
    chance = np.random.default_rng(seed)
    return [level * float(np.exp(0.01 * chance.standard_normal())) for level in levels]


def test_steps_are_found_where_they_are() -> None:
    """Two steps of 10 %, by binary segmentation; both places to the run."""
    logs = np.log(noisy([0.5] * 20 + [0.55] * 20 + [0.5] * 20))

    assert [20, 40] == find_changes(logs)


def test_unchanged_lines_have_no_steps() -> None:
    """1 in 100 by design; chance brings more than 9 in 300 lines once in a thousand times."""
    chance = np.random.default_rng(3)
    found = sum(bool(find_changes(chance.standard_normal(40))) for _ in range(300))

    assert found <= 9


@pytest.mark.parametrize("count", [0, 1, 11])
def test_few_runs_tell_no_change(count: int) -> None:
    """Below 12 there is none, however large it looks."""
    assert [] == find_changes(np.array([0.0] * (count // 2) + [5.0] * (count - count // 2)))


def test_machines_and_plans_are_never_joined() -> None:
    """Runs of another machine, or of another plan, have a line of their own."""
    entries = [
        entry(number, 0.5 if number % 2 else 0.9, f"m{number % 2}") for number in range(24)
    ] + [entry(24, 0.5, plan="q"), entry(25, 0.1, "m0", state="invalid")]
    (trend,) = trends_of(entries)

    assert [12, 12, 1] == [len(one.points) for one in trend.stretches]
    assert [(), (), ()] == [one.changes for one in trend.stretches]
    assert [0, 2, 4] == [point.place for point in trend.stretches[0].points[:3]]


def test_a_change_is_told_with_run_commit_and_both_levels() -> None:
    """What to look at is in one line."""
    ratios = noisy([0.5] * 15 + [1.25] * 15)
    entries = [entry(number, ratio) for number, ratio in enumerate(ratios)]
    page = history_page(entries, trends_of(entries), [])

    assert "1 change found in 30 runs" == page.headline
    assert ["24.8 % slower, before it 1.99x faster."] == [
        told.removeprefix(
            "From run015 on (2026-11-23 00:15:00 UTC, commit 0000000000, machine A): "
        )
        for told in page.sections[0].changes
    ]


def test_letters_go_on_after_z() -> None:
    """More machines than letters still have names of their own."""
    letters = machine_letters([entry(number, 0.5, f"m{number}") for number in range(30)])

    assert 30 == len(set(letters.values()))


SCENARIOS = (
    Scenario("list", {"baseline": Behaviour(0.02), "optimized": Behaviour(0.01)}, rounds=60),
    Scenario(
        "</script><img src=x onerror=alert(1)>",
        {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)},
        rounds=60,
    ),
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two published runs, one that was never published, and something else."""
    folder = tmp_path_factory.mktemp("history")
    for number in range(3):
        run = make_run(folder / f"run{number}", Made(SCENARIOS, seed=number))
        if number < 2:
            publish(run, io.StringIO())
    (folder / "latest").symlink_to("run1")
    (folder / "notes").mkdir()
    return folder


def test_every_published_run_leaves_an_entry(runs: Path) -> None:
    """It holds what the page says."""
    found = read_entry(runs / "run0" / ENTRY_NAME)
    typical = next(one for one in found.effects if one.scenario == "list")

    assert ("run0", "complete", 2) == (found.run, found.state, found.exit_code)
    assert "faster" == typical.verdict
    assert pytest.approx(0.5, rel=0.05) == typical.ratio
    assert typical.low is not None
    assert typical.high is not None
    assert typical.low < typical.ratio < typical.high


def test_a_folder_of_runs_becomes_a_page(runs: Path) -> None:
    """Each run once, although `latest` points to one; names stay text; the path comes last."""
    out = io.StringIO()

    assert 0 == publish_history(runs, out)
    lines = out.getvalue().splitlines()
    page = (runs / "history.html").read_text(encoding="utf-8")
    assert "No change found in 2 runs" == lines[0]
    assert "1 of the runs here have left no entry" in out.getvalue()
    assert lines[-1].endswith("history.html")
    assert "<img" not in page
    assert 2 == page.count("<svg")


def test_entries_alone_are_a_history(runs: Path, tmp_path: Path) -> None:
    """Copied out of their runs, under any name."""
    for number in range(2):
        entry_file = runs / f"run{number}" / ENTRY_NAME
        (tmp_path / f"{number}.json").write_bytes(entry_file.read_bytes())
    out = io.StringIO()

    assert 0 == publish_history(tmp_path, out)
    assert out.getvalue().startswith("No change found in 2 runs")


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    """The page comes all the same."""
    out = io.StringIO()

    assert 0 == publish_history(tmp_path, out)
    assert out.getvalue().startswith("No run has left an entry yet")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "no entry of a history"),
        ("[1]", "no entry of a history"),
        (json.dumps({"schema_version": 99}), "newer Versus"),
        (json.dumps({"schema_version": 1, "run": 5}), "no entry of a history"),
        ("[" * 100_000, "no entry of a history"),
        (" " * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_what_is_no_entry_is_refused(tmp_path: Path, content: str, told: str) -> None:
    """One line that names the file."""
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ReportError, match=told) as refused:
        publish_history(tmp_path, io.StringIO())
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"ratio": 1e308},
        {"before": 1e-300},
        {"low": -1.0},
        {"high": float("nan")},
        {"after": float("inf")},
        {"verdict": "splendid"},
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused(changes: dict[str, Any]) -> None:
    """Numbers that no axis holds, and words that no table knows, end with one line."""
    told = entry(0, 0.5).model_dump()
    told["effects"][0].update(changes)

    with pytest.raises(ReportError, match="no entry of a history"):
        parse_entry(json.dumps(told).encode(), "x.json")


def test_an_entry_reads_as_it_was_written() -> None:
    """Nothing is lost on the way."""
    assert entry(7, 1.25) == parse_entry(entry_json(entry(7, 1.25)), "x.json")


def test_a_folder_is_tried_before_measuring(tmp_path: Path) -> None:
    """It is made where it is missing, and stays empty; a file in its place is refused."""
    try_keeping(tmp_path / "a" / "b")
    (tmp_path / "file").touch()

    assert [] == [*(tmp_path / "a" / "b").iterdir()]
    with pytest.raises(ReportError, match="cannot keep the history there"):
        try_keeping(tmp_path / "file")


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """It says how to name one."""
    with pytest.raises(ReportError, match="no such folder"):
        publish_history(tmp_path / "none", io.StringIO())

"""Two runs, or two files of other tools, become tables and a page."""

import io
import json
from pathlib import Path

import pytest

from contract.errors import ReportError
from reports.publish import compare_runs_of
from reports.tests.runs import Behaviour, Made, Scenario, make_run

HOSTILE = "</script><img src=x onerror=alert(1)>"


def written(folder: Path, content: object, name: str) -> Path:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_two_files_become_a_table_and_a_page(tmp_path: Path) -> None:
    """Unpaired stands first; a name is text; what one file lacks is said."""
    times = [0.010 + 0.0001 * number for number in range(30)]
    first = {"results": [{"command": HOSTILE, "times": times}, {"command": "a", "times": [1]}]}
    second = {"results": [{"command": HOSTILE, "times": [2 * one for one in times]}]}
    page, out = tmp_path / "page.html", io.StringIO()
    paths = written(tmp_path, first, "a.json"), written(tmp_path, second, "b.json")

    assert compare_runs_of(*paths, out, page)
    said, html = out.getvalue(), page.read_text(encoding="utf-8")
    assert said.startswith("Not paired, and not judged")
    assert "2.00x slower" in said
    assert "11.4 ms [" in said
    assert "only in " in said
    assert str(page) == said.splitlines()[-1]
    assert "<img" not in html
    assert "Not paired, and not judged" in html


def test_two_runs_can_be_a_page_too(tmp_path: Path) -> None:
    """The same tables as on the terminal."""
    variants = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.01)}
    first, second = (
        make_run(tmp_path / str(seed), Made((Scenario("list", variants),), seed=seed))
        for seed in (1, 2)
    )
    page = tmp_path / "page.html"

    assert compare_runs_of(first, second, io.StringIO(), page)
    assert "UNPAIRED" in page.read_text(encoding="utf-8")


def test_a_run_and_a_file_are_not_compared(tmp_path: Path) -> None:
    """Either two folders or two files."""
    with pytest.raises(ReportError, match=f"{tmp_path} is a folder and .*a.json a file"):
        compare_runs_of(
            written(tmp_path, {"results": [{"command": "a", "times": [1]}]}, "a.json"),
            tmp_path,
            io.StringIO(),
        )

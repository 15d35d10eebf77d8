"""Where the page of a comparison must not be written: over what was measured."""

import io
import os
from pathlib import Path

import pytest

from contract.errors import ReportError
from reports.foreign.tests.made import hyperfine, written
from reports.publish import compare_runs_of


def compared(first: Path, second: Path, page: Path) -> str:
    """What the terminal shows."""
    out = io.StringIO()
    compare_runs_of(first, second, out, page)
    return out.getvalue()


def content_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(one): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Two files, links to the first, and two folders of runs, with a link to the first."""
    for name in ("a.json", "b.json"):
        written(tmp_path, hyperfine({"times": [1]}), name)
    (tmp_path / "link.html").symlink_to("a.json")
    (tmp_path / "chain.html").symlink_to("link.html")
    os.link(tmp_path / "a.json", tmp_path / "hard.html")
    (tmp_path / "loop.html").symlink_to("loop.html")
    for name in ("x", "y", "z"):
        (tmp_path / name).mkdir()
        written(tmp_path / name, "{}", "run.json")
    (tmp_path / "latest").symlink_to("x")
    (tmp_path / "report_of_x.html").symlink_to("x/report.html")
    return tmp_path


INPUTS = ["a.json", "b.json", "x/../a.json", "link.html", "chain.html", "hard.html", "x/../b.json"]
OWN = [
    *("x", "latest", "x/run.json", "y/run.json", "latest/run.json", "x/RUN.JSON"),
    *("x/samples.parquet", "x/samples.arrows", "x/generator.log", "x/pages.json", "x/micro.json"),
    *("x/report.html", "latest/report.html", "x/Report.html", "x/suite.html", "x/summary.md"),
    *("x/comparison.csv", "x/junit.xml", "x/openmetrics.txt", "report_of_x.html"),
]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("inputs", "page"),
    [
        *((("a.json", "b.json"), page) for page in (*INPUTS, "z/run.json")),
        *((("link.html", "b.json"), page) for page in ("a.json", "link.html")),
        *((("x", "y"), page) for page in OWN),
        (("latest", "y"), "x/report.html"),
    ],
)
def test_a_page_over_what_was_measured_is_refused(
    places: Path, inputs: tuple[str, str], page: str, order: int
) -> None:
    """In one line, before anything is read or written."""
    before = content_of(places)
    first, second = (places / one for one in inputs[::order])

    with pytest.raises(ReportError, match="Name another file for the page") as refused:
        compared(first, second, places / page)
    assert str(refused.value).startswith(str(places / page))
    assert 1 == len(str(refused.value).splitlines())
    assert before == content_of(places)


@pytest.mark.parametrize(
    "page", ["page.html", "b.json.html", "c.json", "x/compared.html", "loop.html", "report.html"]
)
def test_other_pages_are_written(places: Path, page: str) -> None:
    """Also beside the files, or under a name of their own in the folder of a run."""
    before = content_of(places)

    assert page in compared(places / "a.json", places / "b.json", places / page)
    assert b"<html" in (places / page).read_bytes()
    after = content_of(places)
    assert before == {name: after[name] for name in before}


def test_a_file_that_is_compared_with_itself_is_no_page(places: Path) -> None:
    """Nor is one that is missing read before."""
    with pytest.raises(ReportError, match="is itself compared"):
        compared(places / "a.json", places / "missing.json", places / "a.json")

"""The page as Markdown: the gate first, the rest folded, and never too long for a comment."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from reports.judging import read_report
from reports.surfaces import summary
from reports.surfaces.report import Report
from reports.surfaces.summary import CHARACTERS_MAX, MARKER, placed
from reports.surfaces.tests.made import SLOWER
from reports.tests.runs import Made, Scenario, make_run


def rendered(report: Report) -> str:
    text = summary.write(report).decode()
    assert MARKER == text.splitlines()[0]
    return str(MarkdownIt("commonmark").enable("table").render(text))


def test_the_summary_says_the_gate_first_and_folds_the_rest(ordinary: Report) -> None:
    """Verdict, sentence, what failed, the table; all else can be opened."""
    shown = rendered(ordinary)
    first = re.search(r"<h3>(.*?)</h3>", shown)

    assert first is not None
    assert first[1].endswith(" FAIL: list is 19.4 % slower")
    assert "<p>1 of 3 budgets exceeded, 1 undecided · 400 rounds · all changes hold" in shown
    assert "<li>FAIL list, optimized, typical latency: 1.19x, 90 % interval [" in shown
    assert re.search(r"<td[^>]*>\N{BLACK UP-POINTING TRIANGLE} 19\.4 % slower \[", shown)
    assert "<code>·······│" in shown
    assert "<li>Cause: list: largest part in stage db, " in shown
    assert ["All verdicts", "Budgets", "list", "Errors and delivery", "Measure again"] == (
        re.findall(r"<summary>(.*?)<", shown)
    )
    assert "make bench PROFILE=smoke SEED=1" in shown


@pytest.mark.parametrize(
    ("count", "length"), [(3, 10_000), pytest.param(150, 20, marks=pytest.mark.slow)]
)
def test_a_summary_fits_into_a_comment(tmp_path: Path, count: int, length: int) -> None:
    """Long names are cut, many rows are counted, and the place of the rest is named."""
    names = [f"{number:03d}{'|' * length}" for number in range(count)]
    scenarios = tuple(Scenario(name, SLOWER, rounds=30) for name in names)
    report = read_report(make_run(tmp_path, Made(scenarios)))
    text = summary.write(report).decode()

    assert len(text) <= CHARACTERS_MAX
    assert ("all of them are in report.html" in text) == (count > 3)
    assert "make bench PROFILE=smoke SEED=1" in rendered(report)


def test_what_did_not_change_is_a_name(tmp_path: Path) -> None:
    """A row for the slower list; the other is folded into one line."""
    same = {"baseline": SLOWER["baseline"], "optimized": SLOWER["baseline"]}
    scenarios = (Scenario("list", SLOWER, rounds=300), Scenario("quiet_one", same, rounds=300))
    text = summary.write(read_report(make_run(tmp_path, Made(scenarios)))).decode()
    above = text.split("<details>", maxsplit=1)[0]

    assert 1 == above.count("\n| list |")
    assert "\n| quiet" not in above
    assert "<summary>Nothing decided as changed: quiet\\_one</summary>\n\n| scenario" in text


@pytest.mark.parametrize("address", ["", "https://files.example/run-3/"])
def test_links_are_whole_or_gone_where_the_files_are_not(ordinary: Report, address: str) -> None:
    """Every other line stays as it was."""
    text = summary.write(ordinary).decode()
    shown = placed(text, address)
    links = {line for line in text.splitlines() if line.endswith((".svg)", ".html)"))}

    assert 2 == len(links)
    assert not links & set(shown.splitlines())
    assert ("](https://files.example/run-3/first-screen.svg)" in shown) == bool(address)
    assert ("[Report](https://files.example/run-3/report.html)" in shown) == bool(address)
    others = [line for line in text.splitlines() if line not in links]
    assert others == [line for line in shown.splitlines() if "files.example" not in line]


def test_a_name_is_never_taken_for_a_link(tmp_path: Path) -> None:
    """Brackets in names are escaped, so no line of a name equals one of ours."""
    scenarios = (Scenario("x\n[Report](report.html)\n", SLOWER, rounds=30),)
    text = summary.write(read_report(make_run(tmp_path, Made(scenarios)))).decode()

    assert 1 == text.splitlines().count("[Report](report.html)")

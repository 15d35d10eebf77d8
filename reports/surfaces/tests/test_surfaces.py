"""What other tools read: each format is read back by a reader that is not ours."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reports.publish import gate, publish
from reports.surfaces.annotation import annotation
from reports.surfaces.summary import CHARACTERS_MAX, MARKER
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.findings import findings_schema
from reports.verdicts.shapes import INCONCLUSIVE, INVALID, PASSED, REGRESSED

SCHEMA = Path(__file__).parents[3] / "docs" / "comparison.schema.json"
HOSTILE = (
    "</details><img src=x onerror=alert(1)> | `x` [y](http://z.example) www.z.example @all "
    "\x1b[31m \u202e ::error::x ##[error]x =1+1 \r\n::error::y %0A"
)
SLOWER = {"baseline": Behaviour(0.020), "optimized": Behaviour(0.024)}


def budget(scenario: str, limit: float, metric: str = "latency_s_p50") -> dict[str, Any]:
    names = {"scenario": scenario, "variant": "optimized", "metric": metric}
    return names | {"ratio_max": limit, "reason": "a reason"}


LIST = Made(
    (Scenario("list", SLOWER),),
    config={"budgets": [budget("list", 1.05), budget("list", 1.2), budget("list", 1.5)]},
)


def published(folder: Path, made: Made = LIST) -> Path:
    publish(make_run(folder, made), io.StringIO())
    return folder


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 % slower: one budget exceeded, one undecided, one kept."""
    return published(tmp_path_factory.mktemp("ordinary"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every name is an attack."""
    made = Made(
        (Scenario(HOSTILE, SLOWER, description=HOSTILE),),
        config={"budgets": [budget(HOSTILE, 1.05)]},
        changes={"command": f"{HOSTILE}\n```\n<b>"},
    )
    return published(tmp_path_factory.mktemp("hostile"), made)


def rendered(folder: Path) -> str:
    text = (folder / "summary.md").read_text(encoding="utf-8")
    assert MARKER == text.splitlines()[0]
    return str(MarkdownIt("commonmark").enable("table").render(text))


def test_the_summary_says_the_gate_first_and_folds_the_rest(ordinary: Path) -> None:
    """Verdict, sentence, what failed, the table; all else can be opened."""
    shown = rendered(ordinary)
    first = re.search(r"<h3>(.*?)</h3>", shown)

    assert first is not None
    assert "FAIL: 1 of 3 budgets exceeded, 1 undecided" in first[1]
    assert "<strong>optimized is 19.4 % slower in list.</strong>" in shown
    assert re.search(r"<td>slower</td>\s*<td[^>]*>19\.4 % slower \[", shown)
    assert ["Budgets", "list", "Errors and delivery"] == re.findall(r"<summary>(.*?)<", shown)
    assert "make bench PROFILE=smoke SEED=1" in shown


def test_a_summary_holds_names_and_no_markup_of_theirs(hostile: Path) -> None:
    """Read by a Markdown reader that lets HTML through, there are our own tags alone."""
    tags = set(re.findall(r"<(/?[a-z][a-z0-9]*)", rendered(hostile)))
    ours = {"h3", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}

    assert {tag.lstrip("/") for tag in tags} <= ours | {"details", "summary", "pre", "code"}
    text = (hostile / "summary.md").read_text(encoding="utf-8")
    assert "@all" not in text.split("```", maxsplit=1)[0]
    assert not re.search("[\x1b\u202e\r]", text)


@pytest.mark.parametrize(
    ("count", "length"), [(3, 10_000), pytest.param(150, 20, marks=pytest.mark.slow)]
)
def test_a_summary_fits_into_a_comment(tmp_path: Path, count: int, length: int) -> None:
    """Long names are cut, many rows are counted, and the place of the rest is named."""
    names = [f"{number:03d}{'|' * length}" for number in range(count)]
    scenarios = tuple(Scenario(name, SLOWER, rounds=30) for name in names)
    folder = published(tmp_path, Made(scenarios))
    text = (folder / "summary.md").read_text(encoding="utf-8")

    assert len(text) <= CHARACTERS_MAX
    assert ("report.html" in text) == (count > 3)
    assert "make bench PROFILE=smoke SEED=1" in rendered(folder)


def test_junit_skips_what_is_undecided(ordinary: Path) -> None:
    """A failure, a skipped case and two that passed: the budget, and the run itself."""
    suite = ET.parse(ordinary / "junit.xml").getroot()  # noqa: S314 - our own file
    kinds = [case.find("*").tag if len(case) else "" for case in suite]  # type: ignore[union-attr]

    assert ["", "failure", "skipped", "system-out"] == kinds
    assert {"tests": "4", "failures": "1", "skipped": "1", "errors": "0"}.items() <= (
        suite.attrib.items()
    )


def test_junit_of_an_invalid_run_passes_nothing(tmp_path: Path) -> None:
    """The run is the error; its budgets are skipped."""
    broken = replace(LIST, changes={"state": "invalid", "reasons": ("the service died",)})
    suite = ET.parse(published(tmp_path, broken) / "junit.xml").getroot()  # noqa: S314 - ours

    assert ("1", "3", "0") == tuple(suite.attrib[one] for one in ("errors", "skipped", "failures"))
    assert "the service died" == suite[0][0].attrib["message"]


def test_junit_takes_any_name(hostile: Path) -> None:
    """What XML forbids is replaced, so that it can be read."""
    suite = ET.parse(hostile / "junit.xml").getroot()  # noqa: S314 - our own file

    assert "<img src=x onerror=alert(1)>" in suite[1].attrib["classname"]


@pytest.mark.parametrize("which", ["ordinary", "hostile"])
def test_openmetrics_are_what_its_reader_reads(which: str, request: pytest.FixtureRequest) -> None:
    """Effects, values and budgets, with all their labels."""
    folder: Path = request.getfixturevalue(which)
    text = (folder / "openmetrics.txt").read_text(encoding="utf-8")
    read = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    families = {one.name: one for one in read}
    typical = [
        sample.value
        for sample in families["versus_effect_ratio"].samples
        if sample.labels["metric"] == "latency_s_p50"
    ]

    assert text.endswith("# EOF\n")
    assert [pytest.approx(1.2, rel=0.05)] == typical
    assert 1.0 == families["versus_gate_exit_code"].samples[0].value
    kept = [sample.value for sample in families["versus_budget_kept"].samples]
    assert str([0.0, math.nan, 1.0][: len(kept)]) == str(kept)


def test_the_badge_says_the_gate_in_a_word(ordinary: Path) -> None:
    """As shields read it."""
    badge = json.loads((ordinary / "badge.json").read_text(encoding="utf-8"))

    assert (1, "regression", "red") == (badge["schemaVersion"], badge["message"], badge["color"])


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "comparison.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_has_a_row_for_every_comparison(ordinary: Path, hostile: Path) -> None:
    """Numbers stay numbers, and no name is a formula."""
    rows = rows_of(ordinary)
    typical = next(row for row in rows if row["metric"] == "latency_s_p50")

    assert float(typical["low"]) < 1.2 < float(typical["high"])
    assert "slower" == typical["verdict"]
    assert {"db_bytes", "latency_s_p95"} <= {row["metric"] for row in rows}
    assert 1 == len({row["scenario"] for row in rows_of(hostile)})


@pytest.mark.parametrize("name", ["=1+1", "-1", "+x", "@sum"])
def test_a_spreadsheet_takes_no_name_for_a_formula(tmp_path: Path, name: str) -> None:
    """A quote before it makes it text."""
    folder = published(tmp_path, Made((Scenario(name, SLOWER, rounds=30),)))

    assert {f"'{name}"} == {row["scenario"] for row in rows_of(folder)}


def test_bencher_gets_values_with_their_intervals(ordinary: Path) -> None:
    """A benchmark is a scenario in a variant, a measure a metric."""
    found = json.loads((ordinary / "bencher.json").read_text(encoding="utf-8"))
    typical = found["list optimized"]["latency_s_p50"]

    assert {"list baseline", "list optimized"} == set(found)
    assert typical["lower_value"] < typical["value"] < typical["upper_value"]


def test_the_schema_is_the_published_one() -> None:
    """After a change of what is found: bump the version, write the schema anew, tell readers."""
    published_schema = json.loads(SCHEMA.read_text(encoding="utf-8"))

    assert findings_schema() == published_schema


@pytest.mark.parametrize("which", ["ordinary", "hostile"])
def test_comparisons_keep_the_schema(which: str, request: pytest.FixtureRequest) -> None:
    """Infinite ends are null, as the schema says."""
    folder: Path = request.getfixturevalue(which)
    found = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))

    assert [] == [error.message for error in validator.iter_errors(found)]
    assert not validator.is_valid({**found, "run": 5})


def test_an_annotation_is_one_order(hostile: Path) -> None:
    """Its text cannot give another, nor can any line before it."""
    out = io.StringIO()
    code = gate(hostile, out, annotate=True)
    orders = [line for line in out.getvalue().split("\n") if line.lstrip().startswith("::")]

    assert 1 == code
    assert 1 == len(orders)
    assert orders[0].startswith("::error title=Versus gate::FAIL")
    assert "##[" not in out.getvalue()
    assert "%250A" in orders[0]


@pytest.mark.parametrize(
    ("code", "expected"),
    [(PASSED, ""), (REGRESSED, "::error"), (INCONCLUSIVE, "::warning"), (INVALID, "::error")],
)
def test_only_what_needs_a_reader_is_annotated(code: int, expected: str) -> None:
    """A pass needs none; of many lines the first ones are told."""
    told = annotation(code, [f"line {number}" for number in range(9)])

    assert expected == told.partition(" ")[0]
    assert told.endswith("and 4 more in report.html" if expected else "")

"""Every file of a report keeps the contract of surfaces, for every kind of run and any name."""

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reports.judging import read_report
from reports.page.terms import TERMS
from reports.publish import publish
from reports.surfaces.files import FILES
from reports.surfaces.render import render
from reports.surfaces.report import REPORT_NAME, Report
from reports.surfaces.tests.contract import NAME, NAMES, check_surface, renamed
from reports.tests.hostile import hostile_run
from reports.tests.loads import pages_of, run_with
from reports.tests.runs import Behaviour, LoadMade, Made, Scenario, make_load_run, make_run

VARIANTS = {"baseline": Behaviour(0.02, error_rate=0.02), NAME: Behaviour(0.03)}
BUDGET = {"scenario": NAME, "variant": NAME, "metric": "latency_s_p50", "ratio_max": 1.05}
MADE = Made(
    (Scenario(NAME, VARIANTS, rounds=40, description=NAME),),
    config={
        "budgets": [BUDGET | {"reason": NAME}],
        "claims": [{"id": NAME, "text": NAME, "source": NAME, "not_measured": NAME}],
    },
    changes={"command": NAME, "environment": {NAME: {NAME: NAME}}},
)
EMPTY = replace(MADE, scenarios=(replace(MADE.scenarios[0], rounds=0, warmup_rounds=0),))
KINDS = ("ordinary", "empty", "partial", "invalid", "load", "pages", "hostile")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Report]:
    """A report of each kind of run."""
    folder = tmp_path_factory.mktemp("runs")
    load = {NAME: {name: Behaviour(0.02) for name in VARIANTS}}
    broken = {"reasons": (f"{NAME} died",)}
    made = {
        "ordinary": make_run(folder / "ordinary", MADE),
        "empty": make_run(folder / "empty", EMPTY),
        "partial": make_run(
            folder / "partial", replace(MADE, changes=broken | {"state": "partial"})
        ),
        "invalid": make_run(
            folder / "invalid", replace(MADE, changes=broken | {"state": "invalid"})
        ),
        "load": make_load_run(folder / "load", LoadMade(load, tried=((NAME, 8.0, "latency"),))),
        "pages": run_with(folder / "pages", pages_of(14, 0.5)),
        "hostile": hostile_run(folder / "hostile"),
    }
    return {kind: read_report(run) for kind, run in made.items()}


def page_without_charts(report: Report) -> bytes:
    """The page; that charts take any name is tested beside them."""
    return render("report.html.j2", report.page, {}, downloads=(), terms=TERMS)


# Drawing all charts of a page again for each name would take most of the suite's time.
QUICK = {**FILES, REPORT_NAME: page_without_charts}


@pytest.fixture(scope="module")
def parts(reports: Mapping[str, Report]) -> Mapping[str, Counter[str]]:
    """The parts of each file of the ordinary report."""
    ordinary = reports["ordinary"]
    return {name: check_surface(name, write, ordinary) for name, write in QUICK.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file_name", FILES)
def test_every_kind_of_run_makes_sound_files(
    file_name: str, kind: str, reports: Mapping[str, Report]
) -> None:
    """Nothing measured, half of it, or under load: each file can be read."""
    check_surface(file_name, FILES[file_name], reports[kind])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("file_name", FILES)
def test_names_are_text_and_nothing_else(
    file_name: str, name: str, reports: Mapping[str, Report], parts: Mapping[str, Counter[str]]
) -> None:
    """With any name a file has the same parts as with a harmless one."""
    hostile = renamed(reports["ordinary"], NAMES[name])

    assert parts[file_name] == check_surface(file_name, QUICK[file_name], hostile)


def test_the_page_comes_last() -> None:
    """So that it stands beside files of its own run."""
    assert REPORT_NAME == list(FILES)[-1]


def test_a_new_surface_is_a_function_and_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands in the table is written when a run is published."""
    monkeypatch.setitem(FILES, "verdict.txt", lambda report: report.page.headline.encode())
    publish(make_run(tmp_path, EMPTY), io.StringIO())

    assert b"nothing could be compared" in (tmp_path / "verdict.txt").read_bytes()

"""Pages: rounds of loads, their effects, what makes a run invalid, and what is refused."""

import io
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.errors import RecordError, ReportError
from contract.metrics import MARGINS
from contract.run.pages import PAGE_LOADS_NAME, PAGES_NAME, Pages, read_pages, write_pages
from contract.run.record import read_run_json, write_run
from reports.effects.pages import LoadedPages, compare_pages
from reports.effects.shapes import Verdict
from reports.page.reasons import all_in_words
from reports.publish import gate, gate_together, publish
from reports.tests.loads import CONFIG, DASHBOARD, PLAIN, VARIANTS, pages_of, run_with
from reports.tests.runs import Behaviour, Made, Scenario, make_run


def compared(pages: Pages) -> LoadedPages:
    return compare_pages(pages, MARGINS)


def test_a_faster_page_is_called_faster() -> None:
    """From rounds whose mood differs far more than the variants do."""
    (page,) = compared(pages_of(14, 0.8)).pages
    effects = {one.metric: one for one in page.effects}
    shown = effects["data_shown_s"]

    assert ("dashboard", "optimized", Verdict.FASTER) == (
        shown.scenario,
        shown.variant,
        shown.verdict,
    )
    assert 0.8 == pytest.approx(shown.ratio, rel=0.02)
    assert (14, "rounds", 14) == (shown.n, shown.unit, page.rounds)
    assert ["data_shown_s"] == [one.metric for one in page.effects if one.primary]
    assert {*DASHBOARD.times} == effects.keys()


def test_a_page_without_marks_is_there_at_its_load_event() -> None:
    """Nothing else says when it shows what it is for."""
    (page,) = compared(pages_of(12, 1.0, pages=(PLAIN,))).pages

    assert ["load_event_s"] == [one.metric for one in page.effects if one.primary]


def test_few_rounds_give_no_verdict_but_tell_what_is_missing() -> None:
    """As few requests do not either."""
    (page,) = compared(pages_of(6, 0.5)).pages

    assert (Verdict.INCONCLUSIVE, "only 6 rounds; a verdict needs 12") == (
        page.effects[0].verdict,
        all_in_words(page.effects[0].warnings)[0],
    )
    # Six rounds more, at 2 s each.
    assert 12.0 == pytest.approx(page.effects[0].needed_s)


def test_what_is_counted_needs_no_statistics() -> None:
    """Two rounds are enough to say that nothing is asked for twice any more."""
    (page,) = compared(pages_of(2, 1.0)).pages
    verdicts = {one.metric: one.verdict for one in page.counters}

    assert (Verdict.FEWER, Verdict.FEWER) == (verdicts["requests_duplicate"], verdicts["requests"])


def test_swapped_variants_mirror_the_effect() -> None:
    """What is a fifth faster one way is as much slower the other way."""
    pages = pages_of(14, 0.8)
    turned = Pages(
        pages.record.model_copy(update={"variants": VARIANTS[::-1]}),
        pages.loads,
    )
    one, other = (compared(each).pages[0].effects[0] for each in (pages, turned))

    assert pytest.approx(1 / one.ratio) == other.ratio


@pytest.mark.slow
def test_unchanged_pages_are_seldom_told_apart() -> None:
    """Of 40 runs of two pages none is called faster or slower."""
    verdicts = {
        effect.verdict
        for seed in range(40)
        for page in compared(pages_of(20, 1.0, seed=seed, pages=(DASHBOARD, PLAIN))).pages
        for effect in page.effects
        if effect.primary
    }

    assert verdicts <= {Verdict.EQUIVALENT, Verdict.INCONCLUSIVE}


def test_a_round_with_a_wrong_load_is_left_out() -> None:
    """An error is no fast load."""
    wrong = pages_of(
        14, 1.0, error=lambda number, variant: "x" * (number == 3 and variant in VARIANTS[:1])
    )
    (page,) = compared(wrong).pages

    assert (13, 1) == (page.rounds, page.rounds_left_out)
    assert [("baseline", 14, 1, (("x", 1),)), ("optimized", 14, 0, ())] == [
        (one.variant, one.requests, one.errors, one.kinds) for one in page.deliveries
    ]


def test_what_only_some_loads_tell_is_not_compared() -> None:
    """A paint that the browser did not report is missing, not zero."""
    pages = pages_of(14, 1.0)
    first = pages.loads[-1]
    bare = {name: value for name, value in first.times.items() if "paint" not in name}
    (page,) = compared(Pages(pages.record, (*pages.loads[:-1], replace(first, times=bare)))).pages

    assert {"first_contentful_paint_s", "largest_contentful_paint_s"} == {
        one.metric for one in page.missing
    }
    assert "largest_contentful_paint_s" not in {one.metric for one in page.effects}
    assert (
        "1 of 14 rounds have no first contentful paint in baseline or optimized, so it is not "
        "compared" == all_in_words(page.warnings)[0]
    )


def test_a_run_tells_of_its_pages_everywhere(tmp_path: Path) -> None:
    """Terminal, page, summary, JSON, CSV and metrics; budgets and claims are judged."""
    folder = run_with(tmp_path / "run", pages_of(14, 0.4))
    out, judged = io.StringIO(), io.StringIO()

    assert 0 == publish(folder, out).exit_code
    assert 0 == gate(folder, judged).exit_code
    told = json.loads((folder / "comparison.json").read_bytes())
    claims = {one["claim"]["id"]: one["verdict"] for one in told["claims"]}
    text = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("[!.]*.[!p]*")}
    assert {"none-twice": "reproduced", "much-faster": "partly reproduced"} == claims
    assert ["dashboard"] == [
        page["subject"]["name"] for page in told["comparison"]["pages"]["pages"]
    ]
    assert "Pages in a browser: dashboard 2.5" in out.getvalue()
    assert "PASS: 2 of 2 budgets kept" in judged.getvalue()
    assert "Pages in a browser" in text["summary.md"]
    assert 'id="pages"' in text["report.html"]
    assert 'scenario="dashboard",variant="optimized"' in text["openmetrics.txt"]
    assert "dashboard,optimized,data_shown_s,faster" in text["comparison.csv"]
    assert "versus.dashboard" in text["junit.xml"]


@pytest.mark.parametrize(("factor", "exit_code"), [(0.4, 0), (0.6, 3)])
def test_several_runs_must_decide_alike_of_pages(
    tmp_path: Path, factor: float, exit_code: int
) -> None:
    """Their rounds are not joined, and one run that exceeds a budget is not outvoted."""
    runs = [
        run_with(tmp_path / "one", pages_of(14, 0.4, seed=1), seed=1),
        run_with(tmp_path / "two", pages_of(14, factor, seed=2), seed=2),
    ]
    out = io.StringIO()

    assert exit_code == gate_together(runs, out).exit_code
    assert ("decide differently" in out.getvalue()) == (exit_code == 3)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            lambda number, variant: (
                "GET /x answered 500" * (number == 1 and variant == "optimized")
            ),
            "dashboard: optimized: 1 of 14 loads failed, more than 1 %, for example: GET /x",
        ),
        (lambda _number, _variant: "gone", "dashboard: none of 14 rounds could be compared"),
    ],
)
def test_wrong_loads_make_a_run_invalid(
    tmp_path: Path, error: Callable[[int, str], str], told: str
) -> None:
    """The reason names page and variant, and no budget passes."""
    folder = run_with(tmp_path / "run", pages_of(14, 0.4, error=error))
    out = io.StringIO()

    assert 4 == publish(folder, out).exit_code
    assert told in out.getvalue()
    assert 4 == gate(folder, io.StringIO()).exit_code


def test_an_order_that_no_coin_drew_makes_a_run_invalid(tmp_path: Path) -> None:
    """The verdicts rest on it."""
    pages = pages_of(40, 1.0)
    sorted_loads = sorted(pages.loads, key=lambda one: (one.round, one.variant))
    fixed = tuple(
        replace(one, position=index % 2, start_s=float(index))
        for index, one in enumerate(sorted_loads)
    )
    out = io.StringIO()

    assert 4 == publish(run_with(tmp_path / "run", Pages(pages.record, fixed)), out).exit_code
    assert (
        "baseline was loaded first in 40 of 40 rounds, so their order was not random"
        in out.getvalue()
    )


def test_pages_of_other_variants_are_none_of_the_run(tmp_path: Path) -> None:
    """Somebody has mixed two folders."""
    pages = pages_of(2, 1.0)
    other = pages.record.model_copy(update={"variants": VARIANTS[::-1]})

    with pytest.raises(ReportError, match="pages were loaded in optimized, baseline, though"):
        publish(run_with(tmp_path / "run", Pages(other, pages.loads)), io.StringIO())


def test_where_no_page_was_loaded_budgets_stay_open(tmp_path: Path) -> None:
    """Neither a pass nor a regression, and the reason says what to do."""
    scenario = Scenario("list", {name: Behaviour(0.02) for name in VARIANTS}, rounds=60)
    folder = make_run(tmp_path / "run", Made((scenario,), config=CONFIG))
    out = io.StringIO()

    assert 3 == gate(folder, out).exit_code
    assert "no page was loaded; pages need Chromium on PATH" in out.getvalue()


def test_pages_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Every load, in the order of time."""
    pages = pages_of(3, 1.0, pages=(DASHBOARD, PLAIN))
    write_pages(tmp_path, pages.record, pages.loads)

    assert pages == read_pages(tmp_path)
    assert read_pages(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (PAGES_NAME, b'{"schema_version": 2}', "schema version 2, but this Versus reads 1 to 1"),
        (PAGES_NAME, b'{"schema_version": 1}', "pages.json: damaged at browser: Field required"),
        (PAGES_NAME, b"[]", "pages.json: a JSON object was expected"),
        (PAGE_LOADS_NAME, b"PAR1", "pages.parquet: damaged"),
        (PAGE_LOADS_NAME, None, "pages.parquet: missing, though pages.json is there"),
    ],
)
def test_damaged_pages_are_refused(
    tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    """One line names the file and what is wrong with it."""
    pages = pages_of(1, 1.0)
    write_pages(tmp_path, pages.record, pages.loads)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(RecordError) as refused:
        read_pages(tmp_path)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"page": "else"}, "row 1: pages.json names no 'else' in"),
        ({"variant": "else"}, "row 1: pages.json names no 'dashboard' in 'else'"),
        ({"round": -1}, "row 1: round -1"),
        ({"position": 2}, "row 1: round 0, position 2; both count from 0"),
        ({"start_s": -1.0}, "row 1: loads and their rounds are in order of time"),
        ({"start_s": math.nan}, "row 1: loads and their rounds are in order of time"),
        ({"times": {"data_shown_s": math.inf}}, "row 1: data_shown_s is inf"),
        ({"times": {"data_shown_s": -0.5}}, "row 1: data_shown_s is -0.5"),
        ({"times": {"data_shown_s": 0.5}}, "row 1: lacks images_shown_s, though it names no error"),
        ({"counts": {"requests": -1}}, "row 1: requests is -1; a count was expected"),
        ({"counts": {}}, "row 1: lacks a count, though it names no error"),
    ],
)
def test_impossible_loads_are_refused(tmp_path: Path, changed: dict[str, Any], told: str) -> None:
    """No verdict may rest on what no browser can have told."""
    pages = pages_of(1, 1.0)
    loads = [*pages.loads]
    loads[1] = replace(loads[1], **changed)
    write_pages(tmp_path, pages.record, loads)

    with pytest.raises(RecordError) as refused:
        read_pages(tmp_path)
    assert told in str(refused.value)


def test_a_load_that_is_told_twice_is_refused(tmp_path: Path) -> None:
    """Asked again until it is right, an error would vanish."""
    pages = pages_of(1, 1.0)
    write_pages(tmp_path, pages.record, [*pages.loads, pages.loads[-1]])

    with pytest.raises(RecordError, match=r"row 4: 'dashboard', round 1 holds '\w+' twice"):
        read_pages(tmp_path)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    """A column without a page that tells it is somebody else's."""
    pages = pages_of(1, 1.0)
    write_pages(tmp_path, pages.record, pages.loads)
    table = pq.read_table(tmp_path / PAGE_LOADS_NAME)
    pq.write_table(table.append_column("more_s", pa.array([1.0] * 4)), tmp_path / PAGE_LOADS_NAME)

    with pytest.raises(RecordError, match=r"pages\.parquet: columns \['page', 'variant'"):
        read_pages(tmp_path)


@pytest.mark.parametrize("rounds", [0, 1])
def test_pages_that_were_cut_off_are_read(tmp_path: Path, rounds: int) -> None:
    """What a failing page left is shown, and the run stays partial, whatever there is of it."""
    folder = run_with(tmp_path / "run", pages_of(rounds, 0.5))
    partial = {"state": "partial", "reasons": ("the page dashboard failed",)}
    write_run(folder, read_run_json(folder / "run.json").model_copy(update=partial))
    out = io.StringIO()

    assert 4 == publish(folder, out).exit_code
    assert "PARTIAL: the page dashboard failed" in out.getvalue()
    assert "INVALID" not in out.getvalue()

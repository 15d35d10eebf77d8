"""A run's folder becomes a table and a page: complete, safe, offline and the same every time."""

import base64
import hashlib
import html
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from contract.errors import RecordError, ReportError
from contract.run.record import EvidenceRecord, RevisionsRecord
from reports import units
from reports.judging import read_report
from reports.publish import gate, publish
from reports.tests.hostile import hostile_run
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.findings import findings_json

SAME = Behaviour(0.001)
SCENARIOS = (
    Scenario(
        "workflow_list",
        {
            "baseline": Behaviour(0.072, db_bytes=5.3e6),
            "optimized": Behaviour(0.0024, db_bytes=12_300.0),
        },
        description="the first page",
    ),
    Scenario("file_list", {"baseline": Behaviour(0.017), "optimized": Behaviour(0.033)}),
    Scenario("canary", {"baseline": SAME, "optimized": SAME}, canary=True),
)
CONFIG: dict[str, Any] = {
    "budgets": [
        {
            "scenario": "file_list",
            "variant": "optimized",
            "metric": "latency_s_p50",
            "ratio_max": 1.05,
        }
    ],
    "claims": [
        {
            "id": "workflow-list-latency",
            "text": "70 % faster",
            "source": "published text",
            "scenario": "workflow_list",
            "variant": "optimized",
            "metric": "latency_s_p50",
            "ratio_expected": 0.3,
        },
        {"id": "dashboard", "text": "60 % faster", "source": "text", "not_measured": "no browser"},
    ],
}
MICRO = json.dumps(
    {
        "benchmarks": [
            {
                "name": f"test_sign[{strategy}]",
                "group": "signing",
                "extra_info": {"strategy": strategy},
                "stats": {"median": median, "iqr": 0.001, "rounds": 40},
            }
            for strategy, median in (("sequential", 0.017), ("thread_pool", 0.034))
        ]
    }
)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published run: one optimization that helps, one that hurts."""
    made = Made(SCENARIOS, config=CONFIG, micro=MICRO)
    folder = make_run(tmp_path_factory.mktemp("runs") / "20261123T200000Z-abcdef", made)
    publish(folder, io.StringIO())
    return folder


@pytest.fixture(scope="module")
def page(run_folder: Path) -> str:
    """The published page."""
    return (run_folder / "report.html").read_text(encoding="utf-8")


def _text(page: str) -> str:
    body = re.sub(r"<(style|svg|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def test_good_and_bad_news_stand_in_the_headline(page: str) -> None:
    """The slower list is named first, the faster one beside it."""
    headline = re.search(r"<h1>(.*?)</h1>", page)

    assert headline is not None
    assert re.fullmatch(
        r"file_list is 1\.9\dx slower; workflow_list is (29|30)\.\dx faster",
        headline[1],
    )


def test_the_same_run_gives_the_same_bytes(run_folder: Path, page: str) -> None:
    """No clock and no chance touch page or numbers; the terminal ends with the page's path."""
    before = (run_folder / "comparison.json").read_bytes()
    out = io.StringIO()

    assert 0 == publish(run_folder, out).exit_code
    assert page == (run_folder / "report.html").read_text(encoding="utf-8")
    assert before == (run_folder / "comparison.json").read_bytes()
    lines = out.getvalue().splitlines()
    assert str(run_folder / "report.html") == lines[-1]
    assert lines[0].startswith("file_list is 1.9")
    assert "\x1b" not in out.getvalue()
    assert any(re.match(r"file_list +[^\[]* 1\.9\dx slower \[", line) for line in lines)


def test_the_page_asks_nothing_of_any_network(page: str) -> None:
    """No address of anything else, no script but ours, and a policy that would stop both."""
    hashes = {}
    for name in ("style", "script"):
        (content,) = re.findall(f"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digest = hashlib.sha256(content.encode()).digest()
        hashes[name] = f"{name}-src 'sha256-{base64.b64encode(digest).decode()}'"

    policy = f"default-src 'none'; img-src data:; {hashes['style']}; {hashes['script']};"
    assert policy in page
    assert [] == re.findall(r"<(?:script\s|link|img|iframe|object)\b", page)
    assert [] == re.findall(r"\b(?:src|href)=\"(?!#|data:)[^\"]*\"", page)
    assert [] == re.findall(r"\sstyle=", page)
    assert {"http://www.w3.org/2000/svg"} == set(re.findall(r"https?://[^\"<\s]+", page))


def test_every_link_inside_the_page_has_one_target(page: str) -> None:
    """Ids are unique across charts and tables, and nothing points nowhere."""
    ids = re.findall(r"\sid=\"([^\"]+)\"", page)
    wanted = set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", page))
    named = {
        name
        for names in re.findall(r"aria-labelledby=\"([^\"]+)\"", page)
        for name in names.split()
    }

    assert len(ids) == len(set(ids))
    assert wanted | named <= set(ids)


def test_charts_are_small_and_told_in_words(page: str) -> None:
    """Two of the run, four of each scenario; each with title and description, none above 40 kB."""
    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    # Numbers stand beside these.
    charts = [chart for chart in charts if 'aria-hidden="true"' not in chart.partition(">")[0]]

    assert 2 + 3 * 4 == len(charts)
    assert all(
        re.match(r'<svg[^>]* role="(img|group)"', chart)
        and "</title>" in chart
        and "</desc>" in chart
        for chart in charts
    )
    assert max(len(chart) for chart in charts) <= 40_000
    assert len(page) <= 1_200_000


def test_the_page_tells_all_there_is(page: str) -> None:
    """Command, seed, machine, claims, budgets, functions and checksums are on the page."""
    text = _text(page)

    for told in (
        "make bench PROFILE=smoke SEED=1",
        "Test 9000",
        "GET /v1/workflow_list",
        "5.30 MB to 12.3 kB from the database",
        "Of 2 published claims: 1 reproduced, 1 not measured.",
        "no browser",
        "FAIL: 1 of 1 budget exceeded",
        "thread_pool",
        "2.00x slower",
        "planned until 400 rounds or 60 s: all rounds done",
        "samples.parquet",
    ):
        assert told in text


def test_comparison_json_holds_the_floats_as_they_are(run_folder: Path) -> None:
    """Full digits, and null where an interval has no end."""
    content = json.loads((run_folder / "comparison.json").read_bytes())
    effects = {one["metric"]: one for one in content["comparison"]["scenarios"][0]["effects"]}
    samples = pd.read_parquet(run_folder / "samples.parquet").query(
        "scenario == 'workflow_list' and variant == 'baseline' and not warmup"
    )

    assert 15 == content["schema_version"]
    assert samples["latency_s"].median() == effects["latency_s_p50"]["before"]["value"]
    assert effects["latency_s_p99"]["before"]["interval90"]["high"] is None


def test_the_gate_speaks_in_one_headline(run_folder: Path) -> None:
    """A broken budget is exit code 1, with by how much."""
    out = io.StringIO()

    assert 1 == gate(run_folder, out).exit_code
    lines = out.getvalue().splitlines()
    assert "FAIL: 1 of 1 budget exceeded" == lines[0]
    assert re.match(
        r"FAIL file_list, optimized, typical latency: 1\.9\dx, 90 % interval \[.*\], limit 1\.05x",
        lines[1],
    )


def test_an_invalid_run_says_so_everywhere(tmp_path: Path) -> None:
    """Different bodies: exit code 4 from both commands, and the headline warns."""
    lying = {**SCENARIOS[0].behaviours, "optimized": Behaviour(0.0024, body_hash=99)}
    folder = make_run(tmp_path, Made((replace(SCENARIOS[0], behaviours=lying),), config={}))
    out = io.StringIO()

    assert 4 == publish(folder, out).exit_code
    assert out.getvalue().startswith("Invalid run, proves nothing.")
    assert "INVALID: workflow_list: the variants answered with different bodies" in out.getvalue()


def test_a_metric_without_a_number_is_said_to_be_unmeasured(tmp_path: Path) -> None:
    """Budgets on what a run does not hold say so, and growth from nothing says from what."""
    quiet = {**SCENARIOS[1].behaviours, "baseline": Behaviour(0.017, db_rows=0)}
    config = {
        "budgets": [
            {**CONFIG["budgets"][0], "metric": "latency_s_p99"},
            {**CONFIG["budgets"][0], "metric": "db_rows"},
        ]
    }
    made = Made((replace(SCENARIOS[1], rounds=20, behaviours=quiet),), config=config)
    out = io.StringIO()

    assert 1 == gate(make_run(tmp_path, made), out).exit_code
    where, few = "file_list, optimized", "only 20 compared rounds, 100 are needed"
    assert [
        f"FAIL {where}, rows from the database: some where the baseline counts none, limit 1.05x",
        f"INCONCLUSIVE {where}, p99 latency: not measured, limit 1.05x; {few}",
    ] == out.getvalue().splitlines()[1:]


def test_what_is_not_proven_of_two_revisions_is_said_everywhere(tmp_path: Path) -> None:
    """On the terminal, the page, the comment and by the gate, whose answer it does not change."""
    found = RevisionsRecord(changed=2, evidence={"baseline": EvidenceRecord()}, notes=("a note",))
    config = {"budgets": CONFIG["budgets"]}
    made = Made((replace(SCENARIOS[1], rounds=30),), config=config, changes={"revisions": found})
    folder, out = make_run(tmp_path, made), io.StringIO()

    assert 0 == publish(folder, out, verbose=True).exit_code
    assert 1 == gate(folder, out).exit_code
    doubt = "Not proven that the sides differ: nothing shows that baseline and optimized run their"
    files = [(folder / name).read_text() for name in ("report.html", "summary.md")]
    assert 2 == out.getvalue().count(f"warning: {doubt}")
    assert 2 == out.getvalue().count("note: a note\n")
    assert all(doubt in text and "a note" in text for text in files)


def test_unknown_sizes_are_shown_as_unknown(tmp_path: Path) -> None:
    """An answer whose size on the wire nobody told is no crash and no nought."""
    vague = {name: replace(one, wire_known=False) for name, one in SCENARIOS[1].behaviours.items()}
    folder = make_run(tmp_path, Made((replace(SCENARIOS[1], rounds=20, behaviours=vague),)))
    publish(folder, io.StringIO())
    text = _text((folder / "report.html").read_text(encoding="utf-8"))

    assert "bytes on the wire unknown missing in 20 of 20 rounds" in text


def test_the_canary_is_promised_nothing(page: str) -> None:
    """The 99 % are of the other intervals; the canary's own confidence is told apart."""
    text = _text(page)

    assert "All intervals below (canary excluded) hold jointly" in text
    assert "has 99.75 % confidence, so that all of them hold jointly with 99 %" in text
    assert "The canary's are a family of their own, at 99.5 % each and 99 % jointly" in text


def test_time_still_needed_is_that_of_the_slowest_scenario(tmp_path: Path) -> None:
    """Scenarios share the run's time, so the longest wait is enough, and at least needed."""
    few = tuple(
        replace(one, rounds=30, behaviours={"baseline": SAME, "optimized": SAME})
        for one in SCENARIOS
    )
    folder = make_run(tmp_path, Made(few))
    publish(folder, io.StringIO())
    content = json.loads((folder / "comparison.json").read_bytes())
    waits = [
        one["needed_s"]
        for scenario in content["comparison"]["scenarios"]
        for one in scenario["effects"]
        if one["primary"] and one["metric"] == "latency_s_p95"
    ]

    assert (
        "p95: too few requests for a verdict in 2 of 2 comparisons; "
        f"{units.still_needed(max(waits), short=True)}."
    ) in _text((folder / "report.html").read_text(encoding="utf-8"))


def test_without_budgets_the_gate_has_nothing_to_judge(tmp_path: Path) -> None:
    """No budgets is a mistake in use, not a pass."""
    folder = make_run(tmp_path, Made((replace(SCENARIOS[1], rounds=20),)))
    out = io.StringIO()

    assert 2 == gate(folder, out).exit_code
    assert out.getvalue().startswith("no budgets for a run at low load: add these lines to")


@pytest.mark.parametrize("rounds", [0, 1, 2, 13])
def test_short_runs_still_make_a_page(tmp_path: Path, rounds: int) -> None:
    """Whatever little was measured is shown, without a verdict it cannot carry."""
    scenarios = tuple(
        replace(one, rounds=rounds, warmup_rounds=0, ended="time") for one in SCENARIOS
    )
    folder = make_run(tmp_path, Made(scenarios, config=CONFIG))

    assert publish(folder, io.StringIO()).exit_code == (4 if rounds == 0 else 0)
    assert "</html>" in (folder / "report.html").read_text(encoding="utf-8")


def test_instruction_counts_of_an_older_run_are_ignored(run_folder: Path, tmp_path: Path) -> None:
    """Earlier versions kept counts in instructions.json; the run is read without them."""
    older = tmp_path / "older"
    shutil.copytree(run_folder, older)
    (older / "instructions.json").write_text('{"schema_version": 1}', encoding="utf-8")

    assert (run_folder / "comparison.json").read_bytes() == findings_json(
        read_report(older).findings
    )


def test_a_wrong_suite_file_is_named(tmp_path: Path) -> None:
    """A micro.json that is not pytest-benchmark's says where it goes wrong."""
    folder = make_run(
        tmp_path, Made((replace(SCENARIOS[1], rounds=20),), micro='{"benchmarks": [{"name": 3}]}')
    )

    with pytest.raises(RecordError, match=r"micro\.json: benchmarks\.0\.name: "):
        publish(folder, io.StringIO())


def test_a_full_disk_leaves_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half-way ends with one line and replaces nothing."""
    folder = make_run(tmp_path, Made((replace(SCENARIOS[1], rounds=20),)))
    (folder / "comparison.json").write_text("old")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)

    with pytest.raises(ReportError, match=r"cannot be written .No space left on device"):
        publish(folder, io.StringIO())
    assert "old" == (folder / "comparison.json").read_text()
    assert [] == list(folder.glob(".*.tmp"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A hostile run's page, and what the terminal showed of it."""
    folder = hostile_run(tmp_path_factory.mktemp("hostile"))
    out = io.StringIO()
    publish(folder, out)
    return folder / "report.html", out.getvalue()


def test_hostile_names_stay_text(hostile: tuple[Path, str]) -> None:
    """Markup in a name is escaped in the page and control characters never reach a terminal."""
    report, terminal = hostile
    page = report.read_text(encoding="utf-8")

    assert "<img" not in page
    assert 1 == page.count("</script>")
    assert "&lt;/script&gt;&lt;/details&gt;--&gt;&lt;img src=x onerror=alert(1)&gt;" in page
    assert [] == re.findall("[\x00-\x09\x0b-\x1f\u202e]", terminal)


def test_an_annotation_is_one_command(hostile: tuple[Path, str]) -> None:
    """Its text cannot give another, nor can any line before it."""
    out = io.StringIO()
    code = gate(hostile[0].parent, out, annotate=True).exit_code
    commands = [line for line in out.getvalue().split("\n") if line.lstrip().startswith("::")]

    assert 4 == code
    assert 1 == len(commands)
    assert commands[0].startswith("::error title=Versus gate::")
    assert "##[" not in out.getvalue()
    assert "%250A" in commands[0]

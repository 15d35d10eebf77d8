"""A run under load becomes a table and a page: what each variant carries stands first."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.effects.capacity import Capacity
from reports.page.load import between, times_between
from reports.publish import gate, publish
from reports.tests.hostile import HOSTILE
from reports.tests.runs import Behaviour, LoadMade, make_load_run
from reports.tests.test_publish import CONFIG, _text

TRIED = (
    ("baseline", 8.0, ""),
    ("optimized", 60.0, ""),
    ("baseline", 12.0, "latency"),
    ("optimized", 90.0, ""),
    ("baseline", 10.0, ""),
    ("optimized", 120.0, "generator"),
)
MADE = LoadMade(
    {
        "workflow_list": {"baseline": Behaviour(0.06), "optimized": Behaviour(0.002)},
        "file_list": {"baseline": Behaviour(0.005), "optimized": Behaviour(0.006)},
        "canary": {"baseline": Behaviour(0.001), "optimized": Behaviour(0.001)},
    },
    rate_per_s=9.0,
    blocks=14,
    tried=TRIED,
    canaries=frozenset({"canary"}),
    config={
        "claims": CONFIG["claims"],
        "budgets": [
            {
                "variant": "optimized",
                "metric": "capacity_per_s",
                "under_load": True,
                "value_min": 80.0,
                "reason": "a busy hour",
            }
        ],
    },
)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published run under load."""
    folder = make_load_run(tmp_path_factory.mktemp("runs") / "20261123T200000Z-abcdef", MADE)
    publish(folder, io.StringIO())
    return folder


@pytest.fixture(scope="module")
def page(run_folder: Path) -> str:
    """The published page."""
    return (run_folder / "report.html").read_text(encoding="utf-8")


def test_capacity_and_effects_stand_in_the_headline(page: str) -> None:
    """What each carries, then what changed at the rate that both carry."""
    headline = re.search(r"<h1>(.*?)</h1>", page)

    assert headline is not None
    assert re.fullmatch(
        r"At 9 requests per second: file_list is .*; workflow_list is \d\d\.\dx faster", headline[1]
    )
    assert "baseline carries 10 to 12 requests per second, optimized at least 90</span>" in page


def test_the_page_says_how_it_was_loaded(page: str) -> None:
    """Objective, bounds, steps, workers, and a method that knows of no rounds in random order."""
    text = _text(page)

    for words in (
        "From 14 blocks in which the variants took turns twice, in random order and back",
        "Compared at 9 requests per second (60 % of the smallest capacity found), all scenarios",
        "95 % of them are answered correctly within 500 ms of being due",
        "baseline 10 to 12 answers over 500 ms 3",
        "optimized at least 90 at least 7.5x the generator 3",
        "Where the generator is the limit, the service may carry more.",
        "capacity baseline 12",
        "missed: latency",
        "claims are tested at low load, by `versus bench`",
        "all optimized capacity at least 90/s at least 80/s",
        "and of a capacity the lower of its bounds",
        "under load, it is a side effect of the other requests",
        "Latency counts from when a request was due",
        "Search and burn-in are recorded but not compared",
        "errors in search and burn-in",
        "p99 of how late they were sent: 500 µs, 10 ms are allowed",
    ):
        assert words in text, words
    # The glossary explains all words.
    text = _text(page.partition('id="glossary"')[0])
    for absent in ("carry-over", "back to back", "Warm-up", "warm-up", "Of 2 published claims"):
        assert absent not in text


def test_the_terminal_shows_capacity_before_the_verdicts(run_folder: Path) -> None:
    """One table under the other, plain where there is no terminal."""
    out = io.StringIO()
    publish(run_folder, out)
    lines = out.getvalue().splitlines()
    capacity = [
        i for i, line in enumerate(lines) if re.match(r"baseline +10 to 12 +answers over", line)
    ]
    verdicts = [i for i, line in enumerate(lines) if re.match(r"workflow_list +\d", line)]

    assert 1 == len(capacity) == len(verdicts)
    assert capacity < verdicts


def test_the_same_run_gives_the_same_bytes(run_folder: Path, page: str) -> None:
    """No clock and no chance touch the page or the numbers."""
    before = (run_folder / "comparison.json").read_bytes()
    publish(run_folder, io.StringIO())

    assert page == (run_folder / "report.html").read_text(encoding="utf-8")
    assert before == (run_folder / "comparison.json").read_bytes()


def test_the_gate_judges_capacity(run_folder: Path) -> None:
    """At least 90 where the limit is 80 is a pass, whatever the upper bound is."""
    out = io.StringIO()

    assert 0 == gate(run_folder, out).exit_code
    assert "PASS: 1 of 1 budget kept" == out.getvalue().splitlines()[0]


def test_every_link_inside_the_page_has_one_target(page: str) -> None:
    """Ids are unique with the tables and the chart of capacity among them."""
    ids = re.findall(r"\sid=\"([^\"]+)\"", page)

    assert len(ids) == len(set(ids))
    assert set(re.findall(r"href=\"#([^\"]+)\"", page)) <= set(ids)
    assert {"capacity", "capacities", "capacity-steps", "steps", "workers"} <= set(ids)


@pytest.mark.parametrize(
    "changes",
    [
        {"tried": ()},
        {"blocks": 0, "load": {"rate_per_s": 0.0}, "changes": {"state": "partial"}},
        {"blocks": 1, "rate_per_s": 0.1},
        {"load": {"steps": ()}, "changes": {"state": "running"}},
    ],
)
def test_incomplete_runs_make_a_page(tmp_path: Path, changes: dict[str, Any]) -> None:
    """No search, a search alone, a switchback without a request, steps that a crash lost."""
    folder = make_load_run(tmp_path, replace(MADE, **changes))
    publish(folder, io.StringIO())

    assert "</html>" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (("latency", "generator"), ("answers over 500 ms", "the generator")),
        (("queue", "errors"), ("a growing queue", "errors over 1 %")),
        (("", "latency queue errors"), ("no limit reached", "errors, latency, queue")),
    ],
)
def test_the_limit_of_a_capacity_fits_80_columns(
    tmp_path: Path, limits: tuple[str, str], expected: tuple[str, str]
) -> None:
    """Which one, and how far it went, in a line for each variant."""
    tried = [("baseline", 1208.0, ""), ("optimized", 1660.0, "")]
    for name, passed in zip(("baseline", "optimized"), limits, strict=True):
        tried += [(name, 2000.0 + number, one) for number, one in enumerate(passed.split())]
    folder = make_load_run(tmp_path, replace(MADE, tried=tuple(tried)))
    out = io.StringIO()
    publish(folder, out)
    lines = out.getvalue().splitlines()
    title = next(place for place, line in enumerate(lines) if "limited by" in line)

    for line, words in zip(lines[title + 1 : title + 3], expected, strict=True):
        assert words in line
        assert len(line) <= 80


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    """Names of scenarios and variants are escaped in every table and in the chart."""
    same = {"baseline": Behaviour(0.01), HOSTILE: Behaviour(0.012)}
    tried = (("baseline", 9.0, ""), (HOSTILE, 9.0, "latency"))
    folder = make_load_run(tmp_path, LoadMade({HOSTILE: same}, blocks=2, tried=tried))
    out = io.StringIO()
    publish(folder, out)
    page = (folder / "report.html").read_text(encoding="utf-8")

    assert "<img" not in page
    assert 1 == page.count("</script>")
    assert [] == re.findall("[\x00-\x09\x0b-\x1f\u202e]", out.getvalue())


@pytest.mark.parametrize(
    ("low", "high", "limits", "words"),
    [
        (2.4, 2.7, ("latency",), "2.4 to 2.7"),
        (41.0, float("inf"), (), "at least 41"),
        (41.0, 46.0, ("generator",), "at least 41"),
        (0.0, 2.7, ("errors",), "less than 2.7"),
        (0.0, 2.7, ("generator",), "unknown"),
    ],
)
def test_bounds_in_words(low: float, high: float, limits: Sequence[Any], words: str) -> None:
    """A rate that bounds nothing is not shown as a bound."""
    assert words == between(Capacity("baseline", low, high, tuple(limits), 4))


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (15.2, 19.2, "15.2x to 19.2x"),
        (15.0, float("inf"), "at least 15x"),
        (0.0, 0.8, "at most 0.8x"),
        (0.0, float("inf"), ""),
    ],
)
def test_ratios_in_words(low: float, high: float, words: str) -> None:
    """An end that is open is left open."""
    assert words == times_between(low, high)

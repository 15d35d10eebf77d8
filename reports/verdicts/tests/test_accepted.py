"""A known regression lets the gate pass until its day, up to its bound, and never in silence."""

import io
import math
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contract.config.judging import Accepted, Budget
from contract.errors import InputError
from contract.run.reading import read_run
from contract.run.record import read_run_json, write_run
from reports.effects.comparison import Comparison
from reports.effects.reasons import Name, reason
from reports.effects.shapes import Effect, Spread, State
from reports.page.budgets import budget_table, gate_lines
from reports.publish import gate, publish
from reports.statistics.values import Interval
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.accepted import acknowledge, day_of
from reports.verdicts.gate import judge
from reports.verdicts.tests.test_gate import COUNTER, EFFECT, comparison_of

TODAY = date(2026, 11, 23)
ENTRY: dict[str, Any] = {
    "scenario": "list",
    "variant": "optimized",
    "metric": "latency_s_p50",
    "ratio_max": 1.30,
    "reason": "the new index comes in March",
    "expires": date(2027, 3, 31),
}
LIMIT = Budget("list", "optimized", "latency_s_p50", ratio_max=1.05)

NOTE = "note: list, optimized, typical latency: kept without its [[accepted]], which can be removed"


def entry(**changes: Any) -> Accepted:
    """The entry, read as from a configuration."""
    return Accepted(**ENTRY | changes)


def slower(low: float, ratio: float, high: float) -> Effect:
    """An effect whose two intervals have the same ends."""
    return replace(
        EFFECT,
        ratio=ratio,
        interval90=Interval(low, high, 0.9),
        interval_familywise=Interval(low, high, 0.99),
    )


def judged(
    comparison: Comparison, accepted: Accepted, *budgets: Budget, today: date = TODAY
) -> tuple[int, str, tuple[str, ...]]:
    """Exit code, what became of the entry, and what the gate says."""
    judgement, found = acknowledge(
        comparison, judge(comparison, budgets or (LIMIT,)), (accepted,), today
    )
    lines = gate_lines(comparison, judgement, found)
    return judgement.exit_code, found[0].standing if found else "", lines


@pytest.mark.parametrize(
    ("low", "high", "exit_code", "standing"),
    [
        (1.00, 1.05, 0, "idle"),
        (1.02, 1.08, 0, "accepted"),
        (1.02, 1.31, 3, ""),
        (1.06, 1.40, 0, "accepted"),
        (1.30, 1.50, 0, "accepted"),
        (1.3001, 1.50, 1, "exceeded"),
    ],
)
def test_a_regression_is_borne_up_to_its_bound(
    low: float, high: float, exit_code: int, standing: str
) -> None:
    """A FAIL by its lower bound, as the gate fails; what is undecided by its upper one."""
    found = judged(comparison_of(slower(low, (low + high) / 2, high)), entry())

    assert (exit_code, standing) == found[:2]


@pytest.mark.parametrize(
    ("today", "exit_code", "standing"),
    [(date(2027, 3, 31), 0, "accepted"), (date(2027, 4, 1), 1, "expired")],
)
def test_the_last_day_counts(today: date, exit_code: int, standing: str) -> None:
    """On the day of expiry it is still accepted, on the next no longer."""
    found = judged(comparison_of(slower(1.1, 1.2, 1.3)), entry(), today=today)

    assert (exit_code, standing) == found[:2]


def test_what_is_undecided_is_not_borne_past_its_day_or_in_doubt() -> None:
    """Neither an expired entry nor an effect with a warning makes an undecided budget pass."""
    undecided = slower(1.02, 1.05, 1.08)
    doubtful = replace(undecided, warnings=(reason(Name.STATED, text="contaminated"),))

    assert 3 == judged(comparison_of(undecided), entry(), today=date(2028, 1, 1))[0]
    assert 3 == judged(comparison_of(doubtful), entry())[0]


@pytest.mark.parametrize(
    ("within", "exit_code"), [(1.3, 0), (1.3001, 1), (math.inf, 1)], ids=["on", "above", "nothing"]
)
def test_counters_are_accepted_exactly(within: float, exit_code: int) -> None:
    """The largest ratio within a round decides, and growth from nothing is never within a bound."""
    grown = replace(COUNTER, within=Spread(1.1, 1.1, within))
    limit = Budget("list", "optimized", "db_rows", ratio_max=1.0)

    assert exit_code == judged(comparison_of(counter=grown), entry(metric="db_rows"), limit)[0]


def test_an_absolute_budget_is_accepted_by_its_ratio() -> None:
    """A limit in seconds that is exceeded is borne while the variant is not too much slower."""
    effect = slower(1.1, 1.2, 1.3)
    limit = Budget("list", "optimized", "latency_s_p50", value_max=0.05)

    assert 0 == judged(comparison_of(effect), entry(), limit)[0]
    assert 1 == judged(comparison_of(effect), entry(ratio_max=1.09), limit)[0]


def test_other_budgets_decide_as_before() -> None:
    """What nobody accepted still fails, and a run that is not to be believed still is none."""
    comparison = comparison_of(slower(1.1, 1.2, 1.3))
    rows = Budget("list", "optimized", "db_rows", ratio_max=1.0)
    invalid = comparison_of(slower(1.1, 1.2, 1.3), state=State.INVALID)

    assert 1 == judged(comparison, entry(), LIMIT, rows)[0]
    assert 4 == judged(invalid, entry())[0]
    assert 1 == judged(comparison, replace(entry(), under_load=True))[0]


BEARABLE = "list, optimized, typical latency: 1.2x, 90 % interval [1.1x, 1.3x], limit 1.05x"
WORSE = "list, optimized, typical latency: 1.5x, 90 % interval [1.4x, 1.6x], limit 1.05x"


@pytest.mark.parametrize(
    ("ratio", "today", "headline", "line"),
    [
        (
            1.2,
            TODAY,
            "PASS: 0 of 1 budget kept, 1 accepted",
            f"ACCEPTED {BEARABLE}; accepted up to 1.3x until 2027-03-31",
        ),
        (
            1.2,
            date(2027, 4, 1),
            "FAIL: 1 of 1 budget exceeded",
            f"FAIL {BEARABLE}; was accepted until 2027-03-31, which is past",
        ),
        (
            1.5,
            TODAY,
            "FAIL: 1 of 1 budget exceeded",
            f"FAIL {WORSE}; accepted up to 1.3x only",
        ),
        (
            0.9,
            TODAY,
            "PASS: 1 of 1 budget kept",
            NOTE,
        ),
    ],
)
def test_the_gate_says_what_it_bears(ratio: float, today: date, headline: str, line: str) -> None:
    """Until when and why; that the day is past; that it got worse; that it is over."""
    comparison = comparison_of(slower(ratio - 0.1, ratio, ratio + 0.1))

    expected = (headline, f"{line}: {ENTRY['reason']}")
    assert expected == judged(comparison, entry(), today=today)[2]


def test_an_accepted_budget_stands_between_the_failed_and_the_kept() -> None:
    """In the table too it is called accepted, in the colour of doubt."""
    comparison = comparison_of(slower(1.1, 1.2, 1.3))
    budgets = (
        Budget("list", "optimized", "db_rows", ratio_max=2.0),
        LIMIT,
        Budget("list", "optimized", "db_rows", ratio_max=1.0),
    )
    judgement, found = acknowledge(comparison, judge(comparison, budgets), (entry(),), TODAY)
    cells = [row[5] for row in budget_table(judgement, found).rows]

    assert [("FAIL", "bad"), ("ACCEPTED", "unsure"), ("PASS", "good")] == [
        (cell.text, cell.tone) for cell in cells
    ]


def made(expires: str) -> Made:
    """A run that began on 2026-11-23 and is 1.9 times slower than a budget of 5 % allows."""
    limited = {"scenario": "list", "variant": "optimized", "metric": "latency_s_p50"}
    same = {"baseline": Behaviour(0.017), "optimized": Behaviour(0.033)}
    return Made(
        (Scenario("list", same),),
        config={
            "budgets": [{**limited, "ratio_max": 1.05}],
            "accepted": [{**ENTRY, "ratio_max": 2.5, "expires": expires}],
        },
    )


@pytest.mark.parametrize(
    ("expires", "exit_code", "told"),
    [
        ("2026-11-23", 0, "PASS: 0 of 1 budget kept, 1 accepted"),
        ("2026-11-22", 1, "FAIL: 1 of 1 budget exceeded"),
    ],
)
def test_a_run_carries_what_it_is_judged_by(
    tmp_path: Path, expires: str, exit_code: int, told: str
) -> None:
    """The day on which the run began decides, today as in ten years, and the page says so too."""
    folder = make_run(tmp_path / "run", made(expires))
    out = io.StringIO()

    assert exit_code == gate(folder, out).exit_code
    assert told == out.getvalue().splitlines()[0]
    assert 0 == publish(folder, io.StringIO()).exit_code
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert told in page
    assert f"until {expires}" in page


@pytest.mark.parametrize(
    ("began", "day"),
    [
        ("2026-11-23T20:00:00+00:00", date(2026, 11, 23)),
        ("2026-11-23T20:00:00-06:00", date(2026, 11, 24)),
        ("2026-11-23T20:00:00", date(2026, 11, 23)),
    ],
)
def test_days_are_those_of_utc(tmp_path: Path, began: str, day: date) -> None:
    """A machine's time zone does not move an expiry; a time without one is UTC."""
    folder = make_run(tmp_path, made("2026-11-23"))
    record = read_run(folder).record.model_copy(update={"started_at": began})

    assert day == day_of(record)


def test_a_run_without_a_beginning_is_refused(tmp_path: Path) -> None:
    """No day, no judgement of what expires."""
    folder = make_run(tmp_path, made("2026-11-23"))
    record = read_run_json(folder / "run.json").model_copy(update={"started_at": "yesterday"})
    write_run(folder, record)

    with pytest.raises(InputError, match="started_at is 'yesterday', a time such as"):
        gate(folder, io.StringIO())


def test_an_accepted_run_prints_nothing_hostile(tmp_path: Path) -> None:
    """A reason is somebody's text: markup is escaped, and no terminal obeys it."""
    config = dict(made("2026-11-23").config)
    config["accepted"] = [{**config["accepted"][0], "reason": "<script>\x1b[31m"}]
    folder = make_run(tmp_path, replace(made("2026-11-23"), config=config))
    out = io.StringIO()

    assert 0 == gate(folder, out).exit_code
    publish(folder, io.StringIO())
    assert [] == re.findall("[\x00-\x09\x0b-\x1f]", out.getvalue())
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert 1 == page.count("<script>")
    assert "&lt;script&gt;" in page


def test_an_acceptance_decides_nothing_that_is_not_required() -> None:
    """What is not required hinders no pass, and by itself makes none."""
    lenient = replace(LIMIT, metric="latency_s_p95", undecided="pass")
    tail = replace(slower(0.9, 1.0, 1.2), metric="latency_s_p95")
    found = comparison_of(slower(1.2, 1.25, 1.28))
    (scenario,) = found.scenarios
    both = replace(found, scenarios=(replace(scenario, effects=(*scenario.effects, tail)),))

    assert (0, "accepted") == judged(both, entry(), LIMIT, lenient)[:2]
    assert (3, "") == judged(both, entry(), lenient)[:2]

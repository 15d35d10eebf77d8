"""A page says how rows were used, or that one request was sent again and again."""

from dataclasses import replace

import pytest

from contract.check import CheckedAnswer
from contract.run.reading import read_run
from reports.effects.compare import compare
from reports.effects.drawn import Drawn
from reports.effects.shapes import SubjectComparison
from reports.page.drawn import checked_rows, drawn_in_words, rows_in_words
from reports.tests.runs import Behaviour, Made, Scenario, make_run


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> SubjectComparison:
    same = {name: Behaviour(0.02) for name in ("before", "after")}
    made = Made((Scenario("list", same, rounds=5),))
    run = read_run(make_run(tmp_path_factory.mktemp("run"), made))
    return compare(run.record, run.samples, {}).scenarios[0]


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (
            Drawn(False, 1203, 1000, 1000, 1, 2),
            "1,000 rows, drawn 1,203 times: all of them, each 1 to 2 times.",
        ),
        (Drawn(False, 94, 5000, 94, 1, 1), "5,000 rows, drawn 94 times: 94 of them, each once."),
        (Drawn(False, 8, 4, 4, 2, 2), "4 rows, drawn 8 times: all of them, each twice."),
        (Drawn(False, 3, 1, 1, 3, 3), "1 row, drawn 3 times: one row, 3 times."),
        (Drawn(False, 3), ""),
        (None, ""),
    ],
)
def test_rows_and_their_draws_are_counted(
    scenario: SubjectComparison, drawn: Drawn | None, expected: str
) -> None:
    """Without rows, and in older runs, nothing is said."""
    one = replace(scenario, drawn=drawn)

    assert expected == rows_in_words(one) == drawn_in_words(one)


def test_one_request_asks_warm_caches(scenario: SubjectComparison) -> None:
    """Sent once, it is not the same one again."""
    many, once = (replace(scenario, drawn=Drawn(True, times)) for times in (4000, 1))

    expected = "One request, sent 4,000 times to each variant, so caches may be warm."
    assert expected == drawn_in_words(many)
    assert "" == rows_in_words(many) == drawn_in_words(once)


def test_a_check_shows_the_rows_of_a_few_scenarios() -> None:
    """Once for all variants; those without rows have no line."""
    answers = [
        CheckedAnswer(name, variant, "GET /", 200, 2, None, 0.1, "", row=row)
        for name, row in (("a", "row 1 of 2: n = 1"), ("b", ""), ("c", "x"), ("d", "y" * 200))
        for variant in ("before", "after")
    ]
    more = replace(answers[0], scenario="e")

    assert ["a: row 1 of 2: n = 1", "c: x"] == [*checked_rows(answers)][:2]
    assert 3 + 160 == len([*checked_rows(answers)][2])
    assert "and 1 more scenario with rows; --json shows all" == [*checked_rows([*answers, more])][3]

"""A check of two revisions weighs answers as their gate does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.check import CheckedAnswer, Difference
from loadtests.checking.first_answers import Answers, examine_first_answers
from loadtests.checking.gated import weighed_answers, weighed_differences
from loadtests.checking.tests.test_first_answers import STEADY, Body, plan, sent
from loadtests.planning.plan import Plan

WRONG = CheckedAnswer("one", "base", "GET /", 404, 0, None, None, "status 404, expected 200")
BETWEEN = Difference("one", "base", "head", "variants", 1, (), 1)


def between(folder: Path, **config: Any) -> Plan:
    """A plan of two revisions."""
    planned = plan(folder)
    change: Any = object()
    return replace(planned, change=change, config={**planned.config, **config})


def answers(base: Body, head: Body) -> Answers:
    return {(0, 0): (sent(base, 0),) * 2, (0, 1): (sent(head, 1),) * 2}


@pytest.mark.parametrize(
    ("head", "added_fields", "harmful"),
    [
        (b'{"a": 1, "b": 2}', "allow", False),
        (b'{"a": 1, "b": 2}', "fail", True),
        (b'{"a": 2}', "allow", True),
    ],
)
def test_new_fields_harm_as_configured(
    tmp_path: Path, head: bytes, added_fields: str, harmful: bool
) -> None:
    """They change no exit code where the gate allows them."""
    planned = between(tmp_path, revisions={"added_fields": added_fields})
    found = examine_first_answers(planned, answers(STEADY[0], head), ())

    assert (replace(BETWEEN, harmful=harmful),) == weighed_differences(planned, (BETWEEN,), found)


def test_what_is_new_is_not_wrong(tmp_path: Path) -> None:
    """The base need not know it; a head that does not is wrong."""
    head = replace(WRONG, variant="head")
    found = examine_first_answers(between(tmp_path), answers(404, STEADY[0]), ())

    assert (replace(WRONG, error="", new=True), head) == weighed_answers((WRONG, head), found)


def test_variants_and_broken_bases_stay_as_they_are(tmp_path: Path) -> None:
    """Variants answer alike; a broken base shows its wrong answer."""
    found = examine_first_answers(between(tmp_path), answers(500, STEADY[0]), ())

    assert (WRONG,) == weighed_answers((WRONG,), found)
    assert (BETWEEN,) == weighed_differences(plan(tmp_path), (BETWEEN,), ())

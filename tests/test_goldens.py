"""Recorded runs of every kind give the numbers and verdicts that were recorded with them."""

import gzip
import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.goldens.answering import answer_compared, answer_run, answer_suite, answer_together
from tests.goldens.extracting import Flat, Key, extract

ROOT = Path(__file__).parents[1]
GOLDENS = ROOT / "tests" / "goldens"
ANSWERS = GOLDENS / "answers"
CALIBRATION = ROOT / "calibration" / "tests" / "recorded"
AGAIN = [GOLDENS / name for name in ("again-1", "again-2", "again-3")]
RELATIVE = 1e-12

NEW_METRICS = frozenset({"latency_s_p90", "latency_s_p999", "ttfb_s_p50", "ttfb_s_p95"})
"""Metrics that were added since the answers were recorded; they may appear, nothing else may."""

_RUNS = {
    **{
        name: GOLDENS / name
        for name in (
            *("paired-two", "paired-three", "decided", "partial", "invalid", "killed"),
            *("load", "pages", "revisions"),
        )
    },
    **{name: CALIBRATION / name for name in ("quiet", "disturbed")},
}
CASES: dict[str, Callable[[], Any]] = {
    **{name: partial(answer_run, folder) for name, folder in _RUNS.items()},
    "suite": partial(answer_suite, GOLDENS / "suite"),
    "together": partial(answer_together, AGAIN),
    "compared": partial(answer_compared, *AGAIN[:2]),
}


def recorded(name: str) -> Any:
    return json.loads(gzip.decompress((ANSWERS / f"{name}.json.gz").read_bytes()))


def differences(expected: Flat, actual: Flat) -> list[str]:
    """One line for each key that vanished, appeared or has another value."""
    lines = [f"{key} vanished" for key in expected.keys() - actual.keys()]
    lines += [
        f"{key} appeared" for key in actual.keys() - expected.keys() if key[3] not in NEW_METRICS
    ]
    lines += [
        f"{key}: {expected[key]!r} was recorded, {actual[key]!r} is the answer"
        for key in expected.keys() & actual.keys()
        if not same(expected[key], actual[key]) and not _allows_for_new_metrics(key, expected)
    ]
    return sorted(lines)


def _allows_for_new_metrics(key: Key, expected: Flat) -> bool:
    """Whether a value depends on how many advisory effects a run has."""
    kind, subject, variant, metric, field = key
    is_advice = expected.get((kind, subject, variant, metric, "primary")) is False
    return kind == "effect" and is_advice and field in {"p_adjusted", "notes.count"}


def same(expected: Any, actual: Any) -> bool:
    """Numbers to a relative 1e-12, everything else exactly."""
    if type(expected) in {int, float} and type(actual) in {int, float}:
        return math.isclose(expected, actual, rel_tol=RELATIVE, abs_tol=0.0)
    return type(expected) is type(actual) and bool(expected == actual)


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_run_gives_the_recorded_answer(name: str) -> None:
    """Every number, verdict and decision is what it was; none vanished, none came."""
    expected = extract(recorded(name))

    assert [] == differences(expected, extract(CASES[name]()))
    assert expected


def test_every_kind_of_number_is_recorded() -> None:
    """The recorded answers hold each kind at least once, so that none goes unchecked."""
    kinds = {key[0] for name in CASES for key in extract(recorded(name))}

    assert {
        *("run", "scenario", "page", "effect", "counter", "lack", "delivery", "stages", "curve"),
        *("capacity", "capacity ratio", "worker", "level", "growth"),
        *("shift", "timeline", "outcome", "claim", "acceptance", "interaction"),
        *("changed effect", "changed level"),
    } <= kinds


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (("effect", "busy", "after", "latency_s_p50", "ratio"), 1 + 2e-12),
        (("effect", "busy", "after", "latency_s_p50", "n"), 1.5),
    ],
)
def test_another_number_is_seen(key: tuple[str, str, str, str, str], value: float) -> None:
    """A number that moves by more than a relative 1e-12 is reported with its key."""
    expected = extract(recorded("paired-two"))
    number = expected[key]
    assert isinstance(number, int | float)

    (line,) = differences(expected, {**expected, key: number * value})

    assert line.startswith(f"{key}: {number!r} was recorded")


def test_another_word_and_other_keys_are_seen() -> None:
    """A verdict that changes, a key that vanishes and one that appears are reported."""
    expected = extract(recorded("paired-two"))
    verdict = ("effect", "busy", "after", "latency_s_p50", "verdict")
    vanished = ("effect", "busy", "after", "latency_s_p95", "verdict")
    appeared = ("effect", "busy", "after", "latency_s_p12", "verdict")
    actual: Flat = {**expected, verdict: "faster", appeared: "faster"}
    del actual[vanished]

    assert [
        f"{appeared} appeared",
        f"{verdict}: 'slower' was recorded, 'faster' is the answer",
        f"{vanished} vanished",
    ] == differences(expected, actual)

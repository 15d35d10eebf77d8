"""Which series of two files are the same."""

from pathlib import Path

import pytest

from contract.errors import ReportError
from reports.foreign.pairing import Outcome, pairs_of
from reports.foreign.shapes import Findings, Foreign, Identity, Series


def file_of(*values: tuple[str, float], failures: str = "", total: str = "") -> Foreign:
    """A file with a median for each name."""
    series = tuple(
        Series(Identity(name), {"latency_s_p50": value}, total=name == total)
        for name, value in values
    )
    return Foreign("x", Path("x"), Findings(series, failures=failures))


def paired(first: Foreign, second: Foreign) -> list[tuple[object, ...]]:
    """Names, numbers and values of the pairs."""
    return [
        (
            one.identity.name,
            one.number,
            *(side.values_s["latency_s_p50"] if side else None for side in (one.first, one.second)),
            one.outcome,
        )
        for one in pairs_of(first, second)
    ]


def test_the_order_of_a_file_does_not_matter() -> None:
    """Pairs stand in the order of the first file."""
    assert [("a", 0, 1, 3, Outcome.CHANGE), ("b", 0, 2, 4, Outcome.CHANGE)] == paired(
        file_of(("a", 1), ("b", 2)), file_of(("b", 4), ("a", 3))
    )


def test_several_of_one_name_are_paired_in_their_order() -> None:
    """Where both files have equally many."""
    assert [("a", 1, 1, 3, Outcome.CHANGE), ("a", 2, 2, 4, Outcome.CHANGE)] == paired(
        file_of(("a", 1), ("a", 2)), file_of(("a", 3), ("a", 4))
    )


def test_unequally_many_of_one_name_are_not_paired() -> None:
    """Nothing says which one is missing."""
    assert [
        ("a", 1, 1, None, Outcome.FIRST),
        ("a", 2, 2, None, Outcome.FIRST),
        ("b", 0, 5, 5, Outcome.CHANGE),
        ("a", 0, None, 2, Outcome.SECOND),
    ] == paired(file_of(("a", 1), ("a", 2), ("b", 5)), file_of(("a", 2), ("b", 5)))


def test_a_name_with_a_number_is_another_name() -> None:
    """Numbers are no part of names."""
    first = file_of(("a", 1), ("a", 2), ("a #1", 3))

    assert [1, 2, 3] == [one[2] for one in paired(first, first)]


def test_the_sum_of_all_is_compared_where_there_is_nothing_else() -> None:
    """Its mix may have changed."""
    both, alone = file_of(("a", 1), ("sum", 2), total="sum"), file_of(("sum", 3), total="sum")

    assert ["a"] == [one[0] for one in paired(both, both)]
    assert ["a", "sum"] == [one[0] for one in paired(both, alone)]


@pytest.mark.parametrize(
    ("first", "second", "outcome", "ratios"),
    [
        (1.0, 2.0, Outcome.CHANGE, {"latency_s_p50": 2.0}),
        (1e300, 1e-300, Outcome.CHANGE, {"latency_s_p50": 0.0}),
        (1.0, 0.0, Outcome.BELOW, {}),
        (0.0, 1.0, Outcome.BELOW, {}),
        (0.0, 0.0, Outcome.BELOW, {}),
    ],
)
def test_there_is_no_ratio_of_nothing(
    first: float, second: float, outcome: Outcome, ratios: dict[str, float]
) -> None:
    """0 is less than the tool can measure."""
    (pair,) = pairs_of(file_of(("a", first)), file_of(("a", second)))

    assert (outcome, ratios) == (pair.outcome, pair.ratios)
    assert pair.size >= 0


def test_failures_of_a_whole_file_compare_nothing() -> None:
    """Nothing says of which series they are."""
    (pair,) = pairs_of(file_of(("a", 1)), file_of(("a", 2), failures="1 of 2 checks failed"))

    assert (Outcome.FAILURES, {}) == (pair.outcome, pair.ratios)


def test_names_in_a_message_are_short_and_harmless() -> None:
    """They may hold anything."""
    with pytest.raises(ReportError, match="and 1 more / ") as refused:
        pairs_of(file_of(("a\x1b" * 500, 1), ("b", 1)), file_of(("c", 1)))

    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 400

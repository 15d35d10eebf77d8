"""Many reasons of one kind are one line."""

from reports.effects.reasons import Name, Reason, reason
from reports.page.grouping import grouped_in_words
from reports.page.reasons import all_in_words


def wrong(subject: str) -> Reason:
    return reason(Name.REQUEST_NOT_COMPARED, subject, never=["before"], early=[], wrong=[])


def test_a_thousand_of_one_kind_are_one_line() -> None:
    """The first one is said, two more are named, and the others are counted."""
    many = [wrong(f"request_{number}") for number in range(1000)]
    other = reason(Name.SCENARIO_INVALID, "list")

    line = (
        "request_0: not compared: never sent to before (likewise request_1, request_2 and 997 more)"
    )

    assert (line, *all_in_words([other])) == grouped_in_words([*many[:500], other, *many[500:]])


def test_a_few_have_a_line_each() -> None:
    """As they are; so has what is about the whole run."""
    few = [wrong("a"), wrong("b"), wrong("c")]
    stated = [reason(Name.STATED, text=str(number)) for number in range(9)]

    assert all_in_words([*few, *stated]) == grouped_in_words([*few, *stated])


def test_two_lines_about_each_of_many_are_one_line() -> None:
    """Subjects are counted, not lines."""
    (line,) = grouped_in_words([wrong(one) for one in "aabbccdd"])

    assert line.endswith("(likewise b, c and 1 more)")

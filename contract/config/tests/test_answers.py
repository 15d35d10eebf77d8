"""What may be said of an answer: its status, and where a value stands."""

import pytest
from pydantic import BaseModel, ValidationError

from contract.config.answers import Status, TakeSource, check_pointer, shown_statuses, statuses


class Stated(BaseModel):
    """What a file says of an answer."""

    status: Status = 200
    source: TakeSource = ""


@pytest.mark.parametrize(
    ("status", "right", "shown"),
    [
        (204, {204}, "204"),
        ([200, 404], {200, 404}, "200 or 404"),
        ("2xx", set(range(200, 300)), "2xx"),
        (["3xx", 200], {200, *range(300, 400)}, "3xx or 200"),
    ],
)
def test_a_status_is_a_number_a_class_or_a_list(
    status: int | str | list[int | str], right: set[int], shown: str
) -> None:
    """Each gives the statuses that are right, and they are shown as they were stated."""
    found = statuses(Stated(status=status).status)

    assert right == found
    assert shown == shown_statuses(found)


@pytest.mark.parametrize(
    "status", [99, 1000, True, 200.0, "200", "2XX", "0xx", "xx", [], [200, "ok"], [[200]], None]
)
def test_what_is_no_status_is_refused(status: object) -> None:
    """The complaint says what may stand there."""
    with pytest.raises(ValidationError, match='a class such as "2xx", or a list is expected'):
        Stated(status=status)


@pytest.mark.parametrize(
    "source",
    ["", "/a/0", "header:Location", "cookie:session", "regex:id=([0-9]+)", r"regex:(?:/)(a)"],
)
def test_a_value_stands_in_the_body_a_header_or_a_cookie(source: str) -> None:
    """What is stated is kept as it is."""
    assert source == Stated(source=source).source


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("items", "a JSON Pointer is expected, such as /items/0/id, or header:Location, cookie:"),
        ("cookie:", "a JSON Pointer is expected"),
        ("cookie:a b", "a JSON Pointer is expected"),
        ("regex:(", "not a regular expression"),
        ("regex:a", "one group is expected, such as regex:id=([0-9]+), and 0 stand"),
        ("regex:(a)(b)", "and 2 stand"),
    ],
)
def test_what_is_no_source_is_refused(source: str, expected: str) -> None:
    """The complaint shows each kind by an example."""
    with pytest.raises(ValidationError) as caught:
        Stated(source=source)

    assert expected in str(caught.value)


def test_a_pointer_escapes_slashes() -> None:
    """RFC 6901 has two escapes, and no other tilde."""
    assert "/a~1b/~0" == check_pointer("/a~1b/~0")
    with pytest.raises(ValueError, match="a JSON Pointer is expected"):
        check_pointer("/~2")

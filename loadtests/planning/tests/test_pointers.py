"""JSON Pointers (RFC 6901) become steps."""

import pytest

from loadtests.planning.pointers import parse_pointer


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("", ()),
        ("/", ("",)),
        ("/items/0/id", ("items", "0", "id")),
        ("/a~1b/m~0n", ("a/b", "m~n")),
        ("/~01", ("~1",)),
    ],
)
def test_a_pointer_is_unescaped_step_by_step(stated: str, expected: tuple[str, ...]) -> None:
    """As section 5 of the RFC lists them; ~01 is ~1, not a slash."""
    assert expected == parse_pointer(stated)

"""What all sections share."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from contract.config.sections import Command, HeaderName, Name, Path, Section, check_once


@pytest.mark.parametrize(
    ("kind", "text", "is_valid"),
    [
        (Name, "a" * 64, True),
        (Name, "a" * 65, False),
        (Name, "1a", False),
        (Name, "a\n", False),
        (HeaderName, "X-A", True),
        (HeaderName, "X A", False),
        (Path, "/", True),
        (Path, "/a?b=c", True),
        (Path, "//host", False),
        (Path, "/a#b", False),
        (Path, "/ä", False),
        (Command, ["sh"], True),
        (Command, [""], False),
    ],
)
def test_texts_are_checked_to_their_end(kind: Any, text: object, is_valid: bool) -> None:
    """A line break at the end is no part of a name."""
    adapter = TypeAdapter(kind)
    try:
        adapter.validate_python(text)
    except ValidationError:
        assert not is_valid
    else:
        assert is_valid


def test_sections_neither_change_nor_take_unknown_keys() -> None:
    """A value that was checked stays as it was."""

    class Some(Section):
        number: int = 1

    with pytest.raises(ValidationError, match="frozen"):
        Some().number = 2
    with pytest.raises(ValidationError, match="nmber"):
        Some.model_validate({"nmber": 2})


def test_a_name_stands_once() -> None:
    """The first that stands twice is named."""
    assert ("a", "b") == check_once(("a", "b"))
    with pytest.raises(ValueError, match="'b' stands there twice"):
        check_once(("a", "b", "b", "a", "a"))

"""What is known of a value before it is taken: where it stands, and what it will be used for."""

import pytest

from contract.config.scenarios import RequestConfig
from contract.errors import ConfigError
from loadtests.planning.pointers import Take
from loadtests.planning.takes import takes_of


def later(request: str, **headers: str) -> RequestConfig:
    return RequestConfig(request=request, headers=headers)


def test_each_source_is_of_one_kind() -> None:
    """A pointer, a header, one cookie of a header, or an expression."""
    stated = {"a": "/x", "b": "header:Location", "c": "cookie:Sid", "d": "regex:header:(x)"}

    assert (
        Take("a", "/x", "", ("x",), for_header=False),
        Take("b", "header:Location", "location", (), for_header=False),
        Take("c", "cookie:Sid", "set-cookie", (), for_header=False, cookie="Sid"),
        Take("d", "regex:header:(x)", "", (), for_header=False, expression="header:(x)"),
    ) == takes_of("here", stated, ())
    assert [True, False, False, False] == [one.in_json for one in takes_of("here", stated, ())]


def test_a_value_is_known_to_be_a_header_s_or_a_target() -> None:
    """A header allows fewer characters, and a target must belong to the service."""
    stated = {"a": "/a", "b": "/b", "c": "/c"}
    found = takes_of("here", stated, (later("GET {a}"), later("GET /{c}", X="x {b}")))

    assert [(False, True), (True, False), (False, False)] == [
        (one.for_header, one.for_target) for one in found
    ]


def test_an_expression_that_cannot_be_searched_for_is_named() -> None:
    """By the request and the name."""
    with pytest.raises(ConfigError, match=r"^here, take\.a: "):
        takes_of("here", {"a": "regex:(?=a)(b)"}, ())

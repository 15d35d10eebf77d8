"""Requests' names become names of scenarios, however they are written."""

import re

import pytest

from loadtests.engines.delivery import StoppedError
from loadtests.engines.request_names import NAMES_MAX, REQUEST_MAX, RequestNames

VALID = re.compile("[A-Za-z][A-Za-z0-9_-]{0,63}")


@pytest.mark.parametrize(
    ("method", "name", "scenario"),
    [
        ("GET", "/things", "get_things"),
        ("POST", "/things/[id]", "post_things_id"),
        ("GET", "login", "get_login"),
        ("GET", "/x?token=abc&limit=5", "get_x_token_removed_limit_5"),
        ("grpc.1", "Service/Call", "grpc_Service_Call"),
        ("", "", "request"),
    ],
)
def test_a_name_is_that_of_a_scenario_with_this_request(
    method: str, name: str, scenario: str
) -> None:
    """As scenarios are named that state no name."""
    names = RequestNames()
    names.index(method, name)

    assert [scenario] == names.names


def test_hostile_names_are_short_valid_and_distinct() -> None:
    """Control characters, other scripts, and a megabyte."""
    names = RequestNames()
    hostile = ("/日本", "/中国", "\x1b[31m\n/a", "/a b", "/a_b", "x" * 1_000_000, "\ud800")
    found = [names.index("GET", one) for one in hostile]

    assert list(range(len(hostile))) == found
    assert found == [names.index("GET", one) for one in hostile]
    assert len(hostile) == len(set(names.names))
    assert all(VALID.fullmatch(one) for one in names.names)
    assert all(one.isprintable() and len(one) <= REQUEST_MAX for one in names.requests.values())


def test_too_many_names_end_the_run() -> None:
    """The line says how to group them."""
    names = RequestNames()
    for number in range(NAMES_MAX):
        names.index("GET", f"/things/{number}")
    with pytest.raises(StoppedError, match=r'such as GET /things/61, .* name="/things/\[id\]"'):
        names.index("GET", "/things/more")

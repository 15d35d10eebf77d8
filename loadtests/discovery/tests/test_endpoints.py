"""Endpoints from the targets of real requests."""

import pytest

from loadtests.discovery.drafts import Table
from loadtests.discovery.endpoints import (
    GAP,
    ROWS_MAX,
    SIBLINGS_MAX,
    Observed,
    Shape,
    Shapes,
    Target,
    is_secret_pair,
    is_value,
    literal,
    parsed_target,
    row_of,
    secret_segment,
    written,
)


def parsed(text: str) -> Target:
    target = parsed_target(text)
    assert target is not None
    return target


def endpoint(*targets: str) -> tuple[str, Table | None]:
    """The one endpoint of all these targets."""
    shapes, observed, seen = Shapes(), Observed(), set()
    for text in targets:
        shape = shapes.of("GET", parsed(text))
        assert shape is not None
        seen.add(shape)
        observed.add(row_of(shape, parsed(text)))
    (shape,) = seen
    return written(shape, observed)


@pytest.mark.parametrize(
    "segment",
    [
        "1",
        "123456789",
        "42.json",
        "2026-12-01",
        "0b5ad8c3-8e52-4f93-b9a6-2f6f7c1f0a11",
        "5f43a9bc",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "dQw4w9WgXcQ-x_y9KLmnop",
        "order-1001",
        "cus_12345",
        "how-to-make-tea-in-the-morning",
    ],
)
def test_what_looks_like_an_id_is_a_value(segment: str) -> None:
    """Numbers, hexadecimal digits, dates, keys and titles."""
    assert is_value(segment)


@pytest.mark.parametrize(
    "segment",
    [
        "",
        "items",
        "v1",
        "oauth2",
        "s3",
        "deadbeef",
        "facade",
        "top-10",
        "search.json",
        "user-profile",
    ],
)
def test_a_name_is_no_value(segment: str) -> None:
    """Also with a digit, or of hexadecimal letters alone."""
    assert not is_value(segment)


def test_ids_and_parameters_become_columns() -> None:
    """The most frequent row comes first; what is the same in all stays in the request."""
    request, rows = endpoint(
        "/shops/7/items/12?lang=en&q=a%20b",
        "/shops/7/items/13?q=a/b&lang=en",
        "/shops/7/items/13?q=a/b&lang=en",
    )

    assert "GET /shops/7/items/{row.items_id}?lang=en&q={row.q}" == request
    assert Table(("items_id", "q"), (("13", "a/b"), ("12", "a b"))) == rows


def test_a_single_observed_value_needs_no_rows() -> None:
    """The request is written as it was."""
    assert ("GET /items/7?q=a%20b", None) == endpoint("/items/7?q=a+b", "/items/7?q=a%20b")


def test_nothing_in_a_request_can_be_taken_for_a_gap() -> None:
    """Braces are percent-encoded, as is what would begin a variable."""
    request, rows = endpoint("/a{b}/$%7BHOME%7D?{x}=${HOME}")

    assert "GET /a%7Bb%7D/%24%7BHOME%7D?%7Bx%7D=%24%7BHOME%7D" == request
    assert rows is None
    assert "/a%7Bb%7D?x=%24%7BH%7D" == literal(parsed("/a{b}?x=${H}"))


def test_many_names_beside_each_other_are_values() -> None:
    """Such as those of users; whatever was counted before is joined."""
    shapes = Shapes()
    names = ["".join(chr(97 + int(one)) for one in str(n)) for n in range(SIBLINGS_MAX + 1)]
    early = shapes.of("GET", parsed(f"/users/{names[0]}/posts"))
    for name in names:
        shapes.of("GET", parsed(f"/users/{name}/posts"))
    expected = Shape("GET", ("users", GAP, "posts"), ())

    assert early != expected == (shapes.again(early) if early else None)
    assert expected == shapes.of("GET", parsed("/users/zoe/posts"))
    assert expected == shapes.final("GET", parsed("/users/zoe/posts"))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many different paths have no endpoint; of many rows the most frequent are kept."""
    monkeypatch.setattr("loadtests.discovery.endpoints.PREFIXES_MAX", 3)
    shapes = Shapes()
    observed = Observed()
    observed.add(("often",))
    observed.add(("often",))
    for number in range(2 * ROWS_MAX):
        observed.add((str(number),))

    assert [True, False] == [
        shapes.of("GET", parsed(path)) is not None for path in ("/a/b/c", "/d/e/f")
    ]
    assert len(observed.rows) <= 2 * ROWS_MAX
    assert 2 == observed.rows["often",]
    assert observed.dropped


@pytest.mark.parametrize(
    "text",
    [
        *("//host/x", "*", "host:443", "/%ff", "/a%00b", "/?q=%0a", "http://[/x"),
        *("/" + "x" * 2_000, "/" + "a/" * 30, "/?" + "a=1&" * 50),
    ],
)
def test_what_cannot_be_sent_again_has_no_target(text: str) -> None:
    """Hosts, bytes that are no text, control characters, and too many parts."""
    assert parsed_target(text) is None


def test_an_absolute_target_is_its_path() -> None:
    """As a proxy writes it."""
    assert Target(("x",), (("a", "1"),)) == parsed("http://shop.example/x?a=1")
    assert Target(("",), ()) == parsed("http://shop.example")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("token", "a", True),
        ("api_key", "a", True),
        ("sig", "a", True),
        ("X-Amz-Signature", "a", True),
        ("q", "eyJhbGciOiJI.eyJzdWIi.x", True),
        ("q", "tea", False),
        ("design", "a", False),
    ],
)
def test_parameters_that_look_secret(name: str, value: str, expected: bool) -> None:
    """By their names, or because they are a web token."""
    assert expected == is_secret_pair(name, value)


def test_a_token_in_a_path_is_found() -> None:
    """Random text behind a name that sounds secret; numbers are ids."""
    assert 1 == secret_segment(["reset-token", "9f86d081884c7d65", "confirm"])
    assert 1 == secret_segment(["x", "eyJhbGciOiJI.eyJzdWIi.x"])
    assert secret_segment(["keys", "12"]) is None
    assert secret_segment(["items", "9f86d081884c7d65"]) is None

"""Which paths are measured."""

import pytest

from loadtests.discovery.guess import Route
from loadtests.discovery.routes import SCENARIOS_MAX, chosen_routes, ready_route, sendable


def routes(*paths: str) -> list[Route]:
    return [Route(path, "app.py") for path in paths]


def chosen(*paths: str) -> list[str]:
    return [route.path for route in chosen_routes(routes(*paths))]


@pytest.mark.parametrize("path", ["/", "/items", "/items?limit=5&x=%20", "/a/b.json"])
def test_a_plain_path_can_be_sent(path: str) -> None:
    """With a query, too."""
    assert sendable(path)


@pytest.mark.parametrize(
    "path",
    [
        "/{id}",
        "/<int:id>",
        "/:id",
        "/*",
        "items",
        "//host/x",
        "/a b",
        "/ä",
        "/\x1b",
        "/$(x)",
        "",
        "/" + "x" * 300,
        "/a#b",
    ],
)
def test_what_has_gaps_or_is_no_path_cannot(path: str) -> None:
    """A gap has no value, and a configuration would refuse the rest."""
    assert not sendable(path)


def test_each_path_is_measured_once_and_at_most_five() -> None:
    """In the order given."""
    many = [f"/{number}" for number in range(9)]

    assert many[:SCENARIOS_MAX] == chosen("/0", *many)


def test_what_says_ready_or_is_not_the_services_work_is_left_out() -> None:
    """A GET of some paths may even end something."""
    assert ["/items"] == chosen("/health", "/docs", "/metrics", "/admin/", "/logout", "/items")
    assert [] == chosen("/shutdown", "/cache/reset", "/openapi.json")


def test_a_path_that_says_ready_is_better_than_none() -> None:
    """It is answered, which a guess may not be."""
    assert ["/healthz"] == chosen("/healthz")


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("/ping", "/readyz", "/health"), "/readyz"),
        (("/x", "/api/v1/health/"), "/api/v1/health/"),
        (("/healthy", "/{x}/ping"), None),
    ],
)
def test_ready_is_known_by_its_last_part(paths: tuple[str, ...], expected: str | None) -> None:
    """The most telling name comes first."""
    route = ready_route(routes(*paths))

    assert expected == (route.path if route else None)

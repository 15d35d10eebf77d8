from typing import Any

import httpx
import pytest

from service.contents import CONTENT_TYPES
from service.tests.support import assert_problem


def test_the_interface_is_described(openapi: dict[str, Any]) -> None:
    """Every endpoint is in the OpenAPI document."""
    assert set(openapi["paths"]) == {
        "/v1/me",
        "/v1/workflows",
        "/v1/workflows/{workflow_id}",
        "/v1/workflows/{workflow_id}/versions",
        "/v1/templates",
        "/v1/files",
        "/v1/files/bulk",
        "/v1/files/uploads",
        "/v1/files/uploads/complete",
        "/healthz",
        "/readyz",
        "/metrics",
        "/dashboard",
        "/workflows/{workflow_id}/preview",
        "/session",
    }


def test_several_files_are_described_with_their_limits(openapi: dict[str, Any]) -> None:
    """How many may come, and that each has a status of its own, can be read beforehand."""
    bulk = openapi["paths"]["/v1/files/bulk"]["post"]
    form = bulk["requestBody"]["content"]["multipart/form-data"]["schema"]
    name = form["$ref"].rpartition("/")[2]
    fields = openapi["components"]["schemas"][name]

    assert (["files"], False) == (fields["required"], form["unevaluatedProperties"])
    assert (1, 50) == tuple(fields["properties"]["files"][key] for key in ("minItems", "maxItems"))
    types = bulk["requestBody"]["content"]["multipart/form-data"]["encoding"]["files"]
    assert ", ".join(CONTENT_TYPES) == types["contentType"]
    assert {"201", "207"} < bulk["responses"].keys()
    complete = openapi["paths"]["/v1/files/uploads/complete"]["post"]
    assert {"200", "201", "207"} < complete["responses"].keys()


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/workflows/", "/docs", "/redoc", "/v2/files"])
def test_an_unknown_path_is_a_problem(client: httpx.Client, path: str) -> None:
    """The answer is a 404 problem, without redirects or pages that load from other hosts."""
    assert_problem(client.get(path), 404)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/workflows", "GET, POST"),
        ("/v1/files", "GET, POST"),
        ("/session", "DELETE, POST"),
        ("/v1/me", "GET"),
        ("/v1/workflows/x/versions", "POST"),
        ("/openapi.json", "GET, HEAD"),
    ],
)
def test_an_unknown_method_is_a_problem(client: httpx.Client, path: str, allowed: str) -> None:
    """A method that the path does not have is a 405 that names all those it has."""
    response = client.patch(path)

    assert_problem(response, 405)
    assert sorted(allowed.split(", ")) == sorted(response.headers["Allow"].split(", "))

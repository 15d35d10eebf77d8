from typing import Any

import httpx
import pytest

from service.tests.support import assert_problem


@pytest.fixture(scope="module")
def openapi(stranger: httpx.Client) -> dict[str, Any]:
    """The published description of the interface."""
    document: dict[str, Any] = stranger.get("/openapi.json").json()
    return document


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
    }


def test_every_error_is_described_as_a_problem(openapi: dict[str, Any]) -> None:
    """Each documented error answer is a problem document, whose schema stands by itself."""
    answers = [
        (status, answer)
        for path in openapi["paths"].values()
        for operation in path.values()
        for status, answer in operation["responses"].items()
        if int(status) >= 400
    ]

    assert answers
    for _, answer in answers:
        assert list(answer["content"]) == ["application/problem+json"]
        assert "request_id" in answer["content"]["application/problem+json"]["schema"]["properties"]


def test_several_files_are_described_with_their_limits(openapi: dict[str, Any]) -> None:
    """How many may come, and that each has a status of its own, can be read beforehand."""
    bulk = openapi["paths"]["/v1/files/bulk"]["post"]
    form = bulk["requestBody"]["content"]["multipart/form-data"]["schema"]
    name = form["$ref"].rpartition("/")[2]

    assert 50 == openapi["components"]["schemas"][name]["properties"]["files"]["maxItems"]
    assert {"201", "207"} < bulk["responses"].keys()
    complete = openapi["paths"]["/v1/files/uploads/complete"]["post"]
    assert {"200", "201", "207"} < complete["responses"].keys()


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/workflows/", "/docs", "/redoc", "/v2/files"])
def test_an_unknown_path_is_a_problem(client: httpx.Client, path: str) -> None:
    """What is not there is a 404 problem, without redirects or pages that load from elsewhere."""
    assert_problem(client.get(path), 404)


@pytest.mark.parametrize("path", ["/v1/workflows", "/v1/me", "/healthz"])
def test_an_unknown_method_is_a_problem(client: httpx.Client, path: str) -> None:
    """A method that the path does not have is a 405 that names those it has."""
    response = client.delete(path)

    assert_problem(response, 405)
    assert "GET" in response.headers["Allow"]


def test_sent_values_are_not_repeated(newcomer: httpx.Client) -> None:
    """A validation problem names the place, not the value, which may be a secret."""
    response = newcomer.post("/v1/workflows", json={"name": ["hush-hush"], "payload": 1})

    problem = assert_problem(response, 422)
    assert {"body.name", "body.payload"} == {error["where"] for error in problem["errors"]}
    assert "hush-hush" not in response.text


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"{", "application/json"), (b"\xff", "application/json"), (b"{}", "text/plain")],
)
def test_a_body_that_is_no_json_is_a_problem(
    newcomer: httpx.Client, content: bytes, media_type: str
) -> None:
    """Broken JSON, text that is not UTF-8 and other media types are the client's mistakes."""
    response = newcomer.post("/v1/workflows", content=content, headers={"Content-Type": media_type})

    assert response.status_code in {400, 422}
    assert_problem(response, response.status_code)

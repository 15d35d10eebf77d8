import json

import pytest

from service.database import Row
from service.problems import Problem
from service.results import result_of, results_response, several

ROW: Row = {
    "id": "00000000-0000-4000-8000-000000000000",
    "name": "stored.txt",
    "content_type": "text/plain",
    "size_bytes": 5,
    "created_at": "2025-06-01T12:00:00Z",
    "object_key": "owner/files/x.txt",
    "thumbnail_key": None,
}
REFUSED = Problem(415, "not this type")
DOWN = Problem(503, "the store is down")


def test_a_stored_file_has_its_row() -> None:
    """The name is the stored one, and internal columns are left out."""
    result = result_of("sent.txt", ROW, 201)

    assert ("stored.txt", 201, None) == (result.name, result.status, result.detail)
    assert result.file is not None
    assert "object_key" not in result.file.model_dump()


def test_a_refused_file_has_its_problem() -> None:
    """Status and detail are those of the problem, and the sent name is cut."""
    result = result_of("n" * 300, REFUSED, 201)

    assert ("n" * 255, 415, "not this type", None) == (
        result.name,
        result.status,
        result.detail,
        result.file,
    )


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([ROW, ROW], 201),
        ([ROW, REFUSED], 207),
        ([REFUSED, REFUSED], 207),
        ([ROW, DOWN], 207),
    ],
)
def test_the_status_is_common_or_207(outcomes: list[Row | Problem], expected: int) -> None:
    """Files that all succeeded alike have one status; otherwise it is 207."""
    results = [result_of("n", outcome, 201) for outcome in outcomes]
    response = results_response(results, outcomes)

    assert expected == response.status_code
    assert len(outcomes) == len(json.loads(bytes(response.body))["results"])


def test_a_failure_of_everything_is_raised() -> None:
    """If nothing succeeded and the service failed, the request has failed."""
    outcomes = [REFUSED, DOWN]

    with pytest.raises(Problem) as caught:
        results_response([result_of("n", outcome, 201) for outcome in outcomes], outcomes)

    assert DOWN is caught.value


def test_openapi_names_both_statuses() -> None:
    """A route of several files documents 207 and its errors."""
    described = several(201, {422: {}})

    assert 201 == described["status_code"]
    assert {207, 422} == set(described["responses"])

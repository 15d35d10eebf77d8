"""Answers about several files at once, each with a status of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import Response

from service.contents import NAME_LENGTH_MAX
from service.database import Row
from service.problems import Problem
from service.schemas import FileItem, FileResult, FileResults
from service.telemetry import json_response

Outcome = Row | Problem
"""A file's row, or why there is none."""


def several(status: int, problems: Mapping[int | str, dict[str, Any]]) -> dict[str, Any]:
    """What a route with such answers tells OpenAPI; `status` where every file went well."""
    mixed = {"model": FileResults, "description": "Files went differently: see their own status."}
    return {
        "status_code": status,
        "response_model": FileResults,
        "responses": {207: mixed, **problems},
    }


def result_of(name: str, outcome: Outcome, status: int) -> FileResult:
    """What came of one file; `status` where it went well."""
    if isinstance(outcome, Problem):
        name = name[:NAME_LENGTH_MAX]
        return FileResult(name=name, status=outcome.status, file=None, detail=outcome.detail)
    file = FileItem.model_validate(outcome)
    return FileResult(name=file.name, status=status, file=file, detail=None)


def results_response(results: Sequence[FileResult], outcomes: Sequence[Outcome]) -> Response:
    """The answer: the status of all where they went equally well, else 207.

    Raises:
        Problem: the service failed where it could, and nothing went well: who watches, or tries
            again, must not take that for an answer.
    """
    statuses = {result.status for result in results}
    if min(statuses) >= 400:
        for outcome in outcomes:
            if isinstance(outcome, Problem) and outcome.status >= 500:
                raise outcome
    [status] = statuses if len(statuses) == 1 and max(statuses) < 400 else {207}
    return json_response(FileResults(results=list(results)), status)

"""Answers about several files at once, each with its own status."""

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
    """The options of a route with such answers; `status` if every file succeeded."""
    mixed = {"model": FileResults, "description": "Results differ: see the status of each file."}
    return {
        "status_code": status,
        "response_model": FileResults,
        "responses": {207: mixed, **problems},
    }


def result_of(name: str, outcome: Outcome, status: int) -> FileResult:
    """The result of one file; `status` if it succeeded."""
    if isinstance(outcome, Problem):
        name = name[:NAME_LENGTH_MAX]
        return FileResult(name=name, status=outcome.status, file=None, detail=outcome.detail)
    file = FileItem.model_validate(outcome)
    return FileResult(name=file.name, status=status, file=file, detail=None)


def results_response(results: Sequence[FileResult], outcomes: Sequence[Outcome]) -> Response:
    """The answer, with the files' common status if they all succeeded alike, else 207.

    Raises:
        Problem: no file succeeded and the service failed, so that the whole request has failed.
    """
    statuses = {result.status for result in results}
    if min(statuses) >= 400:
        for outcome in outcomes:
            if isinstance(outcome, Problem) and outcome.status >= 500:
                raise outcome
    [status] = statuses if len(statuses) == 1 and max(statuses) < 400 else {207}
    return json_response(FileResults(results=list(results)), status)

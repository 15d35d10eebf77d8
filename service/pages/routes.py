"""The routes of the pages, and the cookie that replaces the bearer token in a navigation."""

from datetime import UTC
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Request
from fastapi.responses import HTMLResponse, Response

from service.dependencies import CallerDep, Services, ServicesDep, identify
from service.pages.answers import page
from service.pages.graph import draw
from service.problems import Problem, documented, log_problem
from service.workflows import WorkflowId, load_workflow

router = APIRouter(tags=["pages"])

_PREVIEW = "preview.html.j2"
SESSION_COOKIE = "versus_session"
SESSION_S = 3600
# Browsers silently drop cookies longer than 4 KiB, name and attributes included.
_TOKEN_LENGTH_MAX = 3800


class Loading(StrEnum):
    """How the dashboard loads its data."""

    BASELINE = "baseline"
    OPTIMIZED = "optimized"


class Rendering(StrEnum):
    """Where the HTML of a preview is rendered."""

    CLIENT = "client"
    SERVER = "server"


@router.get("/dashboard", response_class=HTMLResponse, responses=documented(422))
async def dashboard(services: ServicesDep, loading: Loading = Loading.OPTIMIZED) -> Response:
    """The dashboard without data, which its scripts load with the tab's token."""
    return page("dashboard.html.j2", services.settings, {"loading": loading.value})


# A failure is shown as a page, too, but for an address that names no preview.
_AS_PAGES: dict[int | str, dict[str, Any]] = {
    status: {"description": HTTPStatus(status).phrase, "content": {"text/html": {}}}
    for status in (401, 404, 502, 503)
}


@router.get(
    "/workflows/{workflow_id}/preview",
    response_class=HTMLResponse,
    responses=_AS_PAGES | documented(422),
)
async def preview(
    request: Request,
    services: ServicesDep,
    workflow_id: WorkflowId,
    rendering: Rendering = Rendering.SERVER,
    versus_session: Annotated[str | None, Cookie()] = None,
) -> Response:
    """A drawing of a workflow's latest version."""
    values: dict[str, object] = {
        "id": str(workflow_id),
        "rendering": rendering,
        "workflow": None,
        "problem": None,
    }
    if rendering is Rendering.CLIENT:
        return page(_PREVIEW, services.settings, values)
    try:
        values |= await _drawing_values(request, services, workflow_id, versus_session)
    except Problem as problem:
        log_problem(request.url.path, problem)
        values["problem"] = problem
        return page(_PREVIEW, services.settings, values, problem.status, problem.headers)
    return page(_PREVIEW, services.settings, values)


async def _drawing_values(
    request: Request, services: Services, workflow_id: WorkflowId, token: str | None
) -> dict[str, object]:
    caller = await identify(request, services, token)
    workflow = await load_workflow(services.database.as_caller(caller.token), workflow_id)
    latest = workflow.latest_version
    return {
        "workflow": workflow,
        "drawing": draw(latest.payload if latest else {}),
        "saved": f"{latest.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if latest else "",
    }


@router.post("/session", status_code=204, responses=documented(400, 401, 503))
async def sign_in(request: Request, caller: CallerDep) -> Response:
    """Store the bearer token in a cookie that browsers send to the previews only.

    The API never reads the cookie, so another site cannot make a browser act for the user.
    """
    if len(caller.token) > _TOKEN_LENGTH_MAX:
        raise Problem(400, f"The token is longer than {_TOKEN_LENGTH_MAX}, too long for a cookie.")
    response = Response(status_code=204)
    _set_cookie(request, response, caller.token, SESSION_S)
    return response


@router.delete("/session", status_code=204)
async def sign_out(request: Request) -> Response:
    """Delete the cookie."""
    response = Response(status_code=204)
    _set_cookie(request, response, "", 0)
    return response


def _set_cookie(request: Request, response: Response, value: str, max_age_s: int) -> None:
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        SESSION_COOKIE,
        value,
        max_age=max_age_s,
        path="/workflows",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )

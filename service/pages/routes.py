"""The addresses of the pages, and the cookie that a navigation needs in place of a token."""

from datetime import UTC
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Cookie, Request
from fastapi.responses import Response

from service.auth import authenticate
from service.dependencies import CallerDep, Services, ServicesDep
from service.pages.answers import page
from service.pages.graph import draw
from service.problems import Problem, log_problem
from service.workflows import WorkflowId, load_workflow

# The pages are for people; the interface for programs is described without them.
router = APIRouter(include_in_schema=False)

_PREVIEW = "preview.html.j2"
SESSION_COOKIE = "versus_session"
SESSION_S = 3600
# Browsers drop cookies beyond 4 KiB, name and attributes included, without a word.
_TOKEN_LENGTH_MAX = 3800


class Loading(StrEnum):
    """How the dashboard gets its data."""

    BASELINE = "baseline"
    OPTIMIZED = "optimized"


class Rendering(StrEnum):
    """Where a preview becomes HTML."""

    CLIENT = "client"
    SERVER = "server"


@router.get("/dashboard")
async def dashboard(services: ServicesDep, loading: Loading = Loading.OPTIMIZED) -> Response:
    """The dashboard without any data: its scripts fetch it, with the token of the tab."""
    return page("dashboard.html.j2", services.settings, {"loading": loading.value})


@router.get("/workflows/{workflow_id}/preview")
async def preview(
    request: Request,
    services: ServicesDep,
    workflow_id: WorkflowId,
    rendering: Rendering = Rendering.SERVER,
    versus_session: Annotated[str | None, Cookie()] = None,
) -> Response:
    """A workflow's latest version as a picture."""
    values: dict[str, object] = {
        "id": str(workflow_id),
        "rendering": rendering,
        "workflow": None,
        "problem": None,
    }
    if rendering is Rendering.CLIENT:
        return page(_PREVIEW, services.settings, values)
    try:
        values |= await _drawn(services, workflow_id, versus_session)
    except Problem as problem:
        log_problem(request.url.path, problem)
        values["problem"] = problem
        return page(_PREVIEW, services.settings, values, problem.status, problem.headers)
    return page(_PREVIEW, services.settings, values)


async def _drawn(
    services: Services, workflow_id: WorkflowId, token: str | None
) -> dict[str, object]:
    caller = authenticate(token, services.settings.supabase_jwt_secret.get_secret_value())
    workflow = await load_workflow(services.database.as_caller(caller.token), workflow_id)
    latest = workflow.latest_version
    return {
        "workflow": workflow,
        "drawing": draw(latest.payload if latest else {}),
        "saved": f"{latest.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if latest else "",
    }


@router.post("/session", status_code=204)
async def sign_in(request: Request, caller: CallerDep) -> Response:
    """Keep the bearer token in a cookie that is sent to the previews alone.

    The API never reads it, so no other site can make a browser act by it.
    """
    if len(caller.token) > _TOKEN_LENGTH_MAX:
        raise Problem(400, f"A token longer than {_TOKEN_LENGTH_MAX} does not fit a cookie.")
    response = Response(status_code=204)
    _set_cookie(request, response, caller.token, SESSION_S)
    return response


@router.delete("/session", status_code=204)
async def sign_out(request: Request) -> Response:
    """Take the cookie back."""
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

"""The server that calibration measures: `python -m calibration.server --port PORT`.

Its only path does the same work for every request, and extra work if a header requests it. So one
process serves both variants, and they differ in the planted work only.
"""

import argparse

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from calibration.work import work

EXTRA_HEADER = "Extra-Work"
EXTRA_MAX = 10.0
"""A larger fraction is certainly a mistake and would block the event loop."""


async def answer(request: Request) -> PlainTextResponse:
    """Work, then return the same answer to every request."""
    text = request.headers.get(EXTRA_HEADER, "0")
    try:
        extra = float(text)
    except ValueError:
        extra = -1.0
    if not 0 <= extra <= EXTRA_MAX:  # NaN fails too
        message = f"{EXTRA_HEADER}: a fraction from 0 to {EXTRA_MAX:g} is needed, such as 0.05\n"
        return PlainTextResponse(message, 400)
    work(extra)
    return PlainTextResponse("done\n")


app = Starlette(routes=[Route("/work", answer)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=parser.parse_args().port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )

"""The server that calibration measures: `python -m calibration.server --port PORT`.

Its one path does the same work for everybody, and more for whom a header asks it to, so that one
process serves both variants and nothing but the planted work differs between them.
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
"""More would be no slowdown but a mistake, and hold the loop for good."""


async def answer(request: Request) -> PlainTextResponse:
    """Work, then give everybody the same answer."""
    asked = request.headers.get(EXTRA_HEADER, "0")
    try:
        extra = float(asked)
    except ValueError:
        extra = -1.0
    if not 0 <= extra <= EXTRA_MAX:  # NaN fails too
        said = f"{EXTRA_HEADER}: a fraction from 0 to {EXTRA_MAX:g} is needed, such as 0.05\n"
        return PlainTextResponse(said, 400)
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

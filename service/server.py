"""The server of the service: uvicorn, with limits before the application and a stop without loss.

`python service/server.py --fd 5` or `--host 127.0.0.1 --port 8000`, with the settings in the
environment.
"""

import argparse
import asyncio
import gc
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":
    # A script's own folder comes first, where `service` is not, but names that others use.
    sys.path[0] = str(Path(__file__).parents[1])

import uvicorn

from service.admission import STOPPING
from service.limits import DRAIN_WITHIN_S, KEEP_ALIVE_S, UNDO_WITHIN_S
from service.protocol import LimitedProtocol, raise_files_max


class Server(uvicorn.Server):
    """Stops in an order in which no request is lost.

    New requests get a 503 while those in progress end. What has not ended in time is cancelled, and
    may undo what it did before the connections to the database and the store are closed.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what exists now is left out of later garbage collections."""
        await super().startup(sockets)
        # Each full one would look at all modules' objects, and a large JSON body causes several:
        # parsing 5 MiB of lists takes a quarter of the time without.
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for the requests in progress, then close everything."""
        self.lifespan.state[STOPPING] = True
        for connection in self.server_state.connections:
            assert isinstance(connection, LimitedProtocol)
            connection.close_after_answer()
        if not await self._ended(DRAIN_WITHIN_S):
            for task in self.server_state.tasks:
                task.cancel()
            await self._ended(UNDO_WITHIN_S)
        await super().shutdown(sockets)
        gc.unfreeze()

    async def _ended(self, within_s: float) -> bool:
        clock = asyncio.get_running_loop().time
        deadline_s = clock() + within_s
        # Again, because those that are refused meanwhile are tasks, too.
        while running := set(self.server_state.tasks):
            if clock() >= deadline_s:
                return False
            await asyncio.wait(running, timeout=deadline_s - clock())
        return True


def config(app: object, **options: object) -> uvicorn.Config:
    """How the service is served, everywhere; `options` are uvicorn's."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=LimitedProtocol,
        ws="none",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        # The requests have ended before; what is left are connections.
        timeout_graceful_shutdown=1,
        **options,  # type: ignore[arg-type]
    )


def main(argv: Sequence[str]) -> int:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(prog="server.py", description="Serve the reference service.")
    parser.add_argument("--fd", type=int, help="descriptor of a listening TCP socket")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(argv)
    raise_files_max()
    sockets = None if options.fd is None else [socket.socket(fileno=options.fd)]
    server = Server(
        config(
            "service.app:create_app",
            factory=True,
            loop="uvloop",
            log_level="warning",
            host=options.host,
            port=options.port,
        )
    )
    try:
        server.run(sockets)
    except KeyboardInterrupt:
        return 130
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

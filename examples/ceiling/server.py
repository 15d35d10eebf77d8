"""A server that does nothing, so that what is measured is the generator.

/ answers at once; /20ms answers after 20 ms, however many requests wait at the same time.
"""

import argparse
import asyncio
from typing import cast

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
END_OF_HEAD = b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """Answers requests without bodies, one after the other."""

    def __init__(self) -> None:
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request whose head is complete."""
        *heads, self._unread = (self._unread + data).split(END_OF_HEAD)
        for head in heads:
            if head.startswith(b"GET /20ms "):
                asyncio.get_running_loop().call_later(0.02, self._transport.write, ANSWER)
            else:
                self._transport.write(ANSWER)


async def serve(port: int) -> None:
    """Listen until the process ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))

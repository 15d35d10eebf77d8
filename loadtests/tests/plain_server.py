"""A server that is not ours, to be driven: `python plain_server.py` prints its port.

/ok answers; /busy works longer for the variant whose header asks for it; /slow takes half a second;
/broken answers 500; /fatal ends the process; /cookie gives a cookie and answers with the one it
got. With -after behind its name, a fault befalls only the variant whose header asks for work:
/short-after promises more bytes than come, /garbled-after sends no gzip and calls it so.
"""

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers every path above."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one piece, or the client waits for a delayed acknowledgement.

    def do_GET(self) -> None:
        """Answer one request."""
        extra = int(self.headers.get("X-Extra-Work", "0"))
        fault, _, only_after = self.path.partition("?")[0].strip("/").partition("-")
        fault = fault if extra or not only_after else ""
        if fault == "fatal":
            os._exit(7)
        if fault == "slow":
            time.sleep(0.5)
        if fault == "busy":
            sum(range(20_000 + extra))
        body = b'{"cookie": "%s"}' % self.headers.get("Cookie", "").encode()
        self.send_response(500 if fault == "broken" else 200)
        self.send_header("Content-Length", str(len(body) + 83 * (fault == "short")))
        self.send_header("Server-Timing", "db;dur=1.5, total;dur=2.0")
        self.send_header("Versus-Cost", "db_rows=3")
        if fault == "cookie":
            self.send_header("Set-Cookie", f"work={extra}")
        if fault == "garbled":
            self.send_header("Content-Encoding", "gzip")
        self.close_connection = fault == "short"
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay silent."""


if __name__ == "__main__":
    # A connection that the kernel has no place for is tried again only after seconds.
    ThreadingHTTPServer.request_queue_size = 1000
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()

"""A server with a cache by key: a miss takes MISS_MS, a hit next to nothing."""

import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MISS_S = float(os.environ["MISS_MS"]) / 1000
CACHE: dict[str, bytes] = {}


class Handler(BaseHTTPRequestHandler):
    """Answers /things/ID with its id."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one piece, or the client waits for a delayed acknowledgement.

    def do_GET(self) -> None:
        """Answer one request, slowly the first time."""
        if self.path not in CACHE:
            time.sleep(MISS_S)
            CACHE[self.path] = f'{{"id": {self.path.rsplit("/", 1)[1]}}}'.encode()
        body = CACHE[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

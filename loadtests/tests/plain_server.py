"""A server that is not ours, to be driven: `python plain_server.py` prints its port.

/ok answers; /busy works longer for the variant whose header asks for it; /broken answers 500;
/fatal ends the process; /differs answers each variant with another body.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers every path above."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one piece, or the client waits for a delayed acknowledgement.

    def do_GET(self) -> None:
        """Answer one request."""
        extra = int(self.headers.get("X-Extra-Work", "0"))
        path = self.path.partition("?")[0]
        if path == "/fatal":
            os._exit(7)
        if path == "/busy":
            sum(range(20_000 + extra))
        body = b'{"extra": %d}' % extra if path == "/differs" else b'{"ok": true}'
        self.send_response(500 if path == "/broken" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server-Timing", "db;dur=1.5, total;dur=2.0")
        self.send_header("Versus-Cost", "db_rows=3")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay silent."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()

"""The service that the golden runs measured: `python server.py [PORT]` prints its port.

A request's headers say what it costs: X-Work (additions), X-Rows (rows, as a counter), X-Body
(what the answer says beside the rest). /page is a page that marks when its data is shown.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = """<!doctype html><title>page</title><p id="thing">nothing yet</p>
<script type="module">
const asked = new URLSearchParams(location.search);
const get = async () => (await fetch(`/thing?work_ms=${asked.get("work_ms")}`)).text();
if (asked.get("twice") === "1") await get();
document.getElementById("thing").textContent = await get();
performance.mark("data-shown");
</script>"""


class Handler(BaseHTTPRequestHandler):
    """Answers every path."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one piece, or the client waits for a delayed acknowledgement.

    def do_GET(self) -> None:
        """Answer one request."""
        begun = time.perf_counter()
        url = urlsplit(self.path)
        if url.path == "/thing":
            time.sleep(int(parse_qs(url.query)["work_ms"][0]) / 1000)
        if url.path != "/canary":
            sum(range(int(self.headers.get("X-Work", "0"))))
        if url.path == "/page":
            body, kind = PAGE.encode(), "text/html"
        else:
            body, kind = b'{"answer": "%s"}' % self.headers.get("X-Body", "").encode(), "text/json"
        worked_ms = (time.perf_counter() - begun) * 1000
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server-Timing", f"work;dur={worked_ms:.3f}, total;dur={worked_ms:.3f}")
        self.send_header("Versus-Cost", f"rows={self.headers.get('X-Rows', '3')}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 512
    server = ThreadingHTTPServer(("127.0.0.1", int((sys.argv[1:] or ["0"])[0])), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()

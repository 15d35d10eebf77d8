"""A server of pages, to be looked at by a browser: `python pages_server.py [PORT]` prints its port.

/page marks `data-shown` once it has asked /thing, which works so many milliseconds as ?work= says:
twice with ?twice=1, under two signatures with ?signed=1. What befalls it: ?fault=mark says that it
failed, early dates its mark back, throw throws, print complains on the console, missing asks for
what is not there, silent never marks anything, away names a host that is not this machine. /whoami
marks what its session and its cookies hold as an error, so that a test can read it.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_PAGE = """<!doctype html><title>page</title><h1>Page</h1><p id="thing">nothing yet</p>
<script type="module">
const asked = new URLSearchParams(location.search);
const fault = asked.get("fault");
const get = async (more) =>
  (await fetch(`/thing?work=${asked.get("work") ?? 0}${more}`)).text();
if (fault === "mark") performance.mark("failed", { detail: "no thing" });
else if (fault === "early") performance.mark("data-shown", { startTime: 0 });
else if (fault === "throw") throw new Error("broken by ?token=abc123");
else if (fault === "print") console.error("said\\n  in two lines");
else if (fault === "missing") await fetch("/missing?key=abc123");
else if (fault === "away") await fetch("http://away.example/").catch(() => {});
else if (fault !== "silent") {
  const answer = await get(asked.has("signed") ? "&X-Amz-Date=1" : "");
  if (asked.has("twice")) await get("");
  if (asked.has("signed")) await get("&X-Amz-Date=2");
  document.getElementById("thing").textContent = answer;
  performance.mark("data-shown");
  performance.mark("images-shown");
}
</script>"""

_WHO = """<!doctype html><title>who</title><script type="module">
const answer = await fetch("/cookies");
const held = { ...sessionStorage, cookies: await answer.text(), visits: localStorage.visits ?? 0 };
localStorage.visits = 1;
performance.mark("failed", { detail: JSON.stringify(held) });
</script>"""


class Handler(BaseHTTPRequestHandler):
    """Answers every path above."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer one request."""
        url = urlsplit(self.path)
        if url.path == "/thing":
            time.sleep(int(parse_qs(url.query).get("work", ["0"])[0]) / 1000)
        answers = {
            "/page": ("text/html", _PAGE),
            "/whoami": ("text/html", _WHO),
            "/cookies": ("text/plain", self.headers.get("Cookie", "")),
            "/thing": ("application/json", json.dumps({"thing": 1})),
        }
        kind, body = answers.get(url.path, ("text/plain", "not here"))
        content = body.encode()
        self.send_response(200 if url.path in answers else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay silent."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int((sys.argv[1:] or ["0"])[0])), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()

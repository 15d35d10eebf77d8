"""A server for checks: listens at PORT; answers differ with the path and the header X-V.

/same never differs; /stamp holds a time and an id; /price has another price for X-V: 1; /many
differs in 100,000 places; /binary and /lines are no JSON; /huge differs at its end; /echo gives
X-Word back for X-V: 1; /broken answers 500; /silent accepts the
request and never answers. WORK delays each answer by so many milliseconds; FIELD adds a field.
"""

import json
import os
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers every path above."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one piece, or the client waits for a delayed acknowledgement.

    def do_GET(self) -> None:
        """Answer one request."""
        changed = self.headers.get("X-V") == "1"
        name = self.path.strip("/")
        if name == "silent":
            time.sleep(600)
        time.sleep(float(os.environ.get("WORK", "0")) / 1000)
        answer: dict[str, object] = {"items": [{"id": 1, "price": 10}]}
        if "FIELD" in os.environ:
            answer["field"] = os.environ["FIELD"]
        if name == "stamp":
            answer |= {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "id": str(uuid.uuid4())}
        if name == "price" and changed:
            answer |= {"items": [{"id": 1, "price": 12}], "api_token": "s3cret-t0ken"}
            answer["evil"] = "\x1b[31mred\u202e"
        if name == "many":
            answer["items"] = [number + 1 if changed else -number for number in range(100_000)]
        body = json.dumps(answer).encode()
        if name == "binary":
            body = bytes(range(256)) + (b"\x01" if changed else b"\x00")
        if name == "huge":
            body = b"[" + b"1" * (5 << 20) + (b"]" if changed else b"}")
        if name == "echo":
            body = json.dumps({"you": self.headers.get("X-Word", "") if changed else ""}).encode()
        if name == "lines":
            body = b"<html>\n<p>1</p>\n<b>%s</b>" % (b"new" if changed else b"old")
        self.send_response(500 if name == "broken" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay silent."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()

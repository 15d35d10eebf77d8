"""A server for tests that is told its port, answers what it got, and behaves badly when asked to.

`python strange_server.py MODE` with PORT set prints the port. Modes: `serve`; `fail` says why and
exits; `deaf` never listens; `fork` serves from a child; `stubborn` does so too, and neither ends
when asked to.
"""

import itertools
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GIVEN: dict[str, bytes] = {
    "text": b'{"token": "plain"}',
    "path": b'{"token": "a/b?c=d&e #%\\u00e9"}',
    "quotes": b'{"token": "say \\"hi\\" \\\\ \\n"}',
    "number": b'{"token": 7}',
    "fraction": b'{"token": 1.50}',
    "boolean": b'{"token": true}',
    "control": b'{"token": "x\\r\\nX-Evil: 1"}',
    "huge": b'{"token": "' + b"x" * 4097 + b'"}',
    "object": b'{"token": {"a": 1}}',
    "null": b'{"token": null}',
    "surrogate": b'{"token": "\\ud800"}',
    "digits": b'{"token": ' + b"9" * 5000 + b"}",
    "deep": b"[" * 200_000,
    "no-json": b"<html>",
    "missing": b"{}",
}
_numbers = itertools.count()
_hung_up = itertools.count()


class Handler(BaseHTTPRequestHandler):
    """Answers every path above, and any other with what was asked.

    /drip takes 100 s for an answer, in many pieces; /hang-up gives none, and /hung-up tells how
    often; /tired/9 answers 9 times; /parts sends the head, the body's first byte after 0.1 s and
    the rest after 0.2 s more.
    """

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one piece, or the client waits for a delayed acknowledgement.

    def answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        """Send one answer."""
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def misbehaves(self, word: str, rest: str) -> bool:
        """Give no answer, or no end of one, where a path asks for that."""
        if word == "drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        elif word == "parts":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            for pause_s, part in ((0.1, b"x"), (0.2, b"y" * 999)):
                self.wfile.flush()
                time.sleep(pause_s)
                self.wfile.write(part)
        elif word == "hang-up":
            next(_hung_up)
            self.close_connection = True
        elif word == "tired" and next(_numbers) >= int(rest):
            time.sleep(600)
        return word in {"drip", "hang-up", "parts"}

    def do_GET(self) -> None:
        """Answer one request."""
        length = int(self.headers.get("Content-Length", "0"))
        sent = self.rfile.read(length).decode(errors="backslashreplace")
        word, _, rest = self.path.partition("?")[0].strip("/").partition("/")
        if self.misbehaves(word, rest):
            return
        if word == "hung-up":
            self.answer(200, b"%d" % next(_hung_up))
        elif word == "give":
            self.answer(200, GIVEN[rest])
        elif word == "login":
            token = f"token {next(_numbers)}"
            cookies = (("Set-Cookie", "a=1; Path=/; HttpOnly"), ("Set-Cookie", "b=2"))
            self.answer(201, json.dumps({"token": token}).encode(), *cookies, ("Location", "/x/9"))
        elif word == "moved":
            self.answer(301, b"", ("Location", "/" + rest))
        elif word == "status":
            self.answer(int(rest), b"{}")
        elif word == "zstd":
            self.answer(200, b"no zstd", ("Content-Encoding", "zstd"))
        elif word == "lines":
            timing = (("Server-Timing", "db;dur=1"), ("Server-Timing", "total;dur=2"))
            self.answer(200, b"{}", *timing, ("Versus-Cost", "db_rows=1"))
        elif word == "fatal":
            sys.stderr.write(f"out of memory, by {os.environ.get('SECRET', 'nobody')}\n\n")
            sys.stderr.flush()
            os._exit(7)
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            mode = {"mode": os.environ.get("MODE"), "where": os.environ.get("WHERE")}
            told = {"method": self.command, "path": self.path, "headers": headers, "body": sent}
            self.answer(200, json.dumps({**told, **mode}).encode())

    do_POST = do_GET  # noqa: N815 - the base class's names
    do_PUT = do_GET  # noqa: N815

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self.answer(200, b"", ("X-Head", "1"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay silent."""


def main(mode: str) -> None:
    """Be the server, or its parent."""
    if mode == "fail":
        sys.exit(f"\x1b[31mno database, tried {os.environ.get('SECRET')}")
    if mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if mode == "deaf" or (mode in {"fork", "stubborn"} and os.fork()):
        time.sleep(600)
    # A connection that the kernel has no place for is tried again only after seconds.
    ThreadingHTTPServer.request_queue_size = 1000
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])

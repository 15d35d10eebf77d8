"""A server that streams words as language models do: OpenAI's chat completions, in one file.

It needs nothing but Python's standard library and no model: it waits as long as a model would read
the prompt, then writes a word each few milliseconds. With TOKENS_PROMPT=cached it has read the
prompt's beginning before. Settings in milliseconds: TOKENS_READ_MS, TOKENS_WORD_MS.
"""

import argparse
import itertools
import json
import os
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "To measure a stream , look at when its first word comes and how fast the others follow ."
READ_S = float(os.environ.get("TOKENS_READ_MS", "40")) / 1000
WORD_S = float(os.environ.get("TOKENS_WORD_MS", "2")) / 1000
CACHED_SHARE = 0.75
_numbers = itertools.count()


def words(prompt_is_cached: bool) -> Iterator[str]:
    """The answer, word by word, as long as each takes."""
    time.sleep(READ_S * (1 - CACHED_SHARE) if prompt_is_cached else READ_S)
    for number, word in enumerate(ANSWER.split()):
        if number:
            time.sleep(WORD_S)
        yield f"{word} "


class Tokens(BaseHTTPRequestHandler):
    """Answers /v1/chat/completions, as a stream where the request says so, and /healthz."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # A write is sent when it is flushed, the head with the first of them.

    def do_GET(self) -> None:
        """Say that the server is ready."""
        self.answer({"ready": True})

    def do_POST(self) -> None:
        """Answer a chat."""
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        cached = os.environ.get("TOKENS_PROMPT") == "cached"
        facts = {"id": f"chat-{next(_numbers)}", "created": int(time.time())}
        if not asked.get("stream"):
            message = {"role": "assistant", "content": "".join(words(cached))}
            self.answer({**facts, "choices": [{"index": 0, "message": message}]})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for word in words(cached):
            choice = {"index": 0, "delta": {"content": word}}
            self.send_event(json.dumps({**facts, "choices": [choice]}))
        self.send_event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def send_event(self, data: str) -> None:
        """Send one server-sent event at once."""
        event = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        self.wfile.flush()

    def answer(self, content: dict[str, Any]) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent: a line a request would be measured too."""


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 512


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    with Server(("127.0.0.1", parser.parse_args().port), Tokens) as server:
        server.serve_forever()

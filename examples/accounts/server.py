"""A service behind a login, with nothing but Python's standard library: `python3 server.py`.

It knows nothing of what measures it. A login costs a quarter of a second, as passwords should; what
is behind it costs some milliseconds. The header X-Work, or the variable ACCOUNTS_WORK, says how
many percent of its work a request does.

    GET    /healthz        ready
    POST   /login          {"user": ..., "password": ...} gives {"access_token": ...} and a cookie
    POST   /logout         ends the cookie's session
    GET    /orders?page=   orders, for who has the token or the cookie; names the next page
    POST   /orders         makes one, and says where
    DELETE /orders/<id>    removes it
    GET    /form           a page with a hidden token, which POST /form expects
    GET    /open           the same work as /orders, without a login
"""

import argparse
import hashlib
import itertools
import json
import os
import secrets
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PASSWORDS = {"ada": "correct horse"}
ITERATIONS = int(os.environ.get("ACCOUNTS_ITERATIONS", "1200000"))
WORK = 60_000
PAGES = 3
STARTING_ORDERS = 2

_tokens: set[str] = set()
_sessions: set[str] = set()
_orders = dict.fromkeys(range(1, STARTING_ORDERS + 1), "an order")
_numbers = itertools.count(STARTING_ORDERS + 1)


def key_of(password: str) -> bytes:
    """What a login computes."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", ITERATIONS)


_KEYS = {user: key_of(password) for user, password in PASSWORDS.items()}


class Accounts(BaseHTTPRequestHandler):
    """Answers one request after the other on a connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one piece, or the client waits for a delayed acknowledgement.

    def do_GET(self) -> None:
        """Ready, orders, or a form."""
        url = urlsplit(self.path)
        if url.path == "/healthz":
            self.answer(200, {"ready": True})
        elif url.path == "/open":
            self.work()
            self.answer(200, {"done": True})
        elif url.path == "/form":
            page = f'<form>\n<input name="csrf" value="{self.new_token()}">\n</form>'
            self.answer(200, page)
        elif url.path != "/orders":
            self.answer(404, {"error": "no such page"})
        elif not self.is_known():
            self.answer(401, {"error": "log in first"})
        else:
            page = int(parse_qs(url.query).get("page", ["1"])[0])
            following = f"/orders?page={page + 1}" if page < PAGES else None
            self.work()
            self.answer(200, {"orders": len(_orders), "page": page, "next": following})

    def do_POST(self) -> None:
        """Log in or out, order, or send the form."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/login":
            self.log_in(json.loads(body))
        elif self.path == "/form":
            sent = parse_qs(body.decode()).get("csrf", [""])[0]
            known = sent in _tokens
            self.answer(200 if known else 403, {"sent": known})
        elif not self.is_known():
            self.answer(401, {"error": "log in first"})
        elif self.path == "/logout":
            _sessions.discard(self.session())
            self.answer(204, None, ("Set-Cookie", "session=; Path=/; Max-Age=0"))
        else:
            number = next(_numbers)
            _orders[number] = "an order"
            host = self.headers["Host"]
            self.answer(201, {"made": True}, ("Location", f"http://{host}/orders/{number}"))

    def do_DELETE(self) -> None:
        """Remove an order."""
        number = int(self.path.rpartition("/")[2])
        known = self.is_known()
        removed = _orders.pop(number, None) if known else None
        self.answer(204 if removed else 404 if known else 401, None)

    def log_in(self, asked: dict[str, str]) -> None:
        """Give a token and a session to who knows the password."""
        if _KEYS.get(asked["user"]) != key_of(asked["password"]):
            self.answer(403, {"error": "wrong password"})
            return
        session = secrets.token_hex(16)
        _sessions.add(session)
        cookie = f"session={session}; Path=/; HttpOnly; SameSite=Lax"
        self.answer(201, {"access_token": self.new_token()}, ("Set-Cookie", cookie))

    def new_token(self) -> str:
        """A token that is known from now on."""
        token = secrets.token_hex(16)
        _tokens.add(token)
        return token

    def session(self) -> str:
        """That of the cookie, or nothing."""
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        return cookie.value if cookie else ""

    def is_known(self) -> bool:
        """Whether a token or a cookie says who asks."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return token in _tokens or self.session() in _sessions

    def work(self) -> None:
        """Take some milliseconds."""
        percent = float(self.headers.get("X-Work") or os.environ.get("ACCOUNTS_WORK", "100"))
        found = 0
        for number in range(int(WORK * percent / 100)):
            found = (found * 31 + number) % 1_000_003

    def answer(
        self, status: int, content: dict[str, Any] | str | None, *headers: tuple[str, str]
    ) -> None:
        """Send JSON, a page, or nothing."""
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if content is None:
            body = b""
        if status != 204:
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
    with Server(("127.0.0.1", parser.parse_args().port), Accounts) as server:
        server.serve_forever()

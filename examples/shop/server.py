"""A small shop, with nothing but Python's standard library: `python3 server.py --port 8000`.

It knows nothing of what measures it. Its two builds differ in how they find a product's stock: by
walking through all of it (the default), or by an index (SHOP_LOOKUP=indexed). Where one process
shall be both, the header X-Lookup says which for a request. Answers are the same either way.

    GET  /healthz          ready
    GET  /products?limit=  the first products with their stock
    POST /login            {"user": ..., "password": ...} gives {"access_token": ...}
    GET  /cart             the shopping cart of who has a token, as a bearer
"""

import argparse
import hashlib
import itertools
import json
import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PRODUCTS: list[dict[str, Any]] = [
    {"id": f"p{number:04}", "name": f"Product {number}", "price_cents": 100 + number * 7 % 900}
    for number in range(1500)
]
# Not in the products' order, as rows of a table would not be.
STOCK: list[tuple[str, int]] = [
    (PRODUCTS[number * 7 % 1500]["id"], number % 40) for number in range(1500)
]
INDEX = dict(STOCK)
CART = [PRODUCTS[number * 31 % 1500]["id"] for number in range(40)]
PASSWORDS = {"ada": "correct horse"}

_login_numbers = itertools.count()
_tokens: set[str] = set()


def stock_by_walking(product_id: str) -> int:
    """How many are left, found as the first build does."""
    for stocked_id, pieces in STOCK:
        if stocked_id == product_id:
            return pieces
    return 0


def stock_by_index(product_id: str) -> int:
    """How many are left, found as the second build does."""
    return INDEX.get(product_id, 0)


class Shop(BaseHTTPRequestHandler):
    """Answers one request after the other on a connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Head and body in one piece, or the client waits for a delayed acknowledgement.

    def do_GET(self) -> None:
        """Ready, products, or a cart."""
        url = urlsplit(self.path)
        if url.path == "/healthz":
            self.answer(200, {"ready": True})
        elif url.path == "/products":
            limit = int(parse_qs(url.query).get("limit", ["50"])[0])
            self.answer(200, {"products": [self.with_stock(one) for one in PRODUCTS[:limit]]})
        elif url.path != "/cart":
            self.answer(404, {"error": "no such page"})
        elif self.headers.get("Authorization", "").removeprefix("Bearer ") not in _tokens:
            self.answer(401, {"error": "log in first"})
        else:
            self.answer(200, {"owner": "ada", "missing": self.missing()})

    def do_POST(self) -> None:
        """Log in."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = json.loads(body)
        if self.path != "/login" or PASSWORDS.get(asked["user"]) != asked["password"]:
            self.answer(403, {"error": "wrong password"})
            return
        token = hashlib.sha256(str(next(_login_numbers)).encode()).hexdigest()
        _tokens.add(token)
        self.answer(201, {"access_token": token})

    def lookup(self) -> Callable[[str], int]:
        """The build that answers this request."""
        build = self.headers.get("X-Lookup") or os.environ.get("SHOP_LOOKUP")
        return stock_by_index if build == "indexed" else stock_by_walking

    def with_stock(self, product: dict[str, Any]) -> dict[str, Any]:
        """A product as it is shown."""
        return {**product, "in_stock": self.lookup()(product["id"])}

    def missing(self) -> list[str]:
        """What of the cart is sold out."""
        return [one for one in CART if self.lookup()(one) == 0]

    def answer(self, status: int, content: dict[str, Any]) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
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
    with Server(("127.0.0.1", parser.parse_args().port), Shop) as server:
        server.serve_forever()

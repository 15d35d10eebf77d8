"""What tests of published keys need: keys, tokens, and a server of key sets."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa

PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey


def new_key(algorithm: str) -> PrivateKey:
    """A private key for ES256 or RS256."""
    if algorithm == "ES256":
        return generate_private_key(SECP256R1())
    return generate_rsa(65537, 2048)


def published(key: PrivateKey, key_id: str, algorithm: str, **changes: Any) -> dict[str, Any]:
    """The public half as an entry of a key set."""
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**public, "kid": key_id, "alg": algorithm, "use": "sig"} | changes


def signed(
    key: PrivateKey | str, key_id: str | None, algorithm: str, claims: dict[str, Any]
) -> str:
    """A token signed with a key."""
    headers = {"kid": key_id} if key_id is not None else None
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


class KeySetServer:
    """Serves a key set over real HTTP.

    Attributes:
        entries: the set's keys.
        status, content, delay_s: of each answer; content None for the set.
        requests: how many arrived.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
        self.entries: list[Any] = []
        self.status = 200
        self.content: bytes | None = None
        self.delay_s = 0.0
        self.requests = 0

    def body(self) -> bytes:
        """The next answer's body."""
        return self.content or json.dumps({"keys": self.entries}).encode()


@contextmanager
def serve_keys() -> Iterator[KeySetServer]:
    """A server of key sets, on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests += 1
            time.sleep(served.delay_s)
            body = served.body()
            self.send_response(served.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = KeySetServer(server)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()

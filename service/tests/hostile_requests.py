"""Hostile requests, drawn by a seeded generator: a seed and a number always give the same one.

Sizes are drawn evenly over their orders of magnitude, up to a little beyond each limit.
"""

import base64
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jwt

from service.deadlines import DEADLINE_S
from service.limits import (
    FILES_MAX,
    HEAD_BYTES_MAX,
    HEAD_WITHIN_S,
    JSON_BYTES_MAX,
    JSON_MARKS_MAX,
    PIPELINED_MAX,
    UPLOAD_BYTES_MAX,
    URL_BYTES_MAX,
)

READ = (200, 401, 404, 422)
REFUSED = (400, 401, 404, 405, 414, 415, 422, 431)
CREATED = (200, 201, 207, 400, 401, 404, 409, 413, 415, 422)
LEAVE_AFTER_S = 1.0


@dataclass(frozen=True)
class World:
    """What an attacker may have: accounts of its own, and the ids of others.

    Attributes:
        tokens: valid ones.
        workflow_ids: the workflow of each of these accounts.
        foreign_workflow_id, foreign_file_id: another user's.
        secret: signs tokens; for those that are wrong in one claim only.
        assets_path: below it lie the pages' scripts.
    """

    tokens: Sequence[str]
    workflow_ids: Sequence[str]
    foreign_workflow_id: str
    foreign_file_id: str
    secret: str
    assets_path: str


@dataclass(frozen=True)
class Hostile:
    """One connection's bytes, and what may follow.

    Attributes:
        kind: the name of what made it.
        pieces: sent one after the other, with `pause_s` between two.
        right: the statuses that an answer may have.
        within_s: the last answer arrives so long after the last byte at the latest.
        leaves: the client goes away `LEAVE_AFTER_S` after its last byte; else an answer must come.
    """

    kind: str
    pieces: tuple[bytes, ...]
    right: tuple[int, ...]
    pause_s: float = 0.0
    within_s: float = DEADLINE_S
    leaves: bool = False


class Draw(random.Random):
    """Random choices with what all kinds need."""

    def size(self, most: int) -> int:
        """From 1 to a fifth more than `most`, evenly over the logarithm; each tenth is `most`."""
        if self.random() < 1 / 10:
            return most
        return int(math.exp(self.uniform(0, math.log(most * 1.2))))

    def text(self, length: int) -> str:
        """Any characters: letters, control characters, all planes, no surrogates."""
        ranges = [(0, 31), (32, 126), (128, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)]
        return "".join(chr(self.randint(*self.choice(ranges))) for _ in range(length))

    def either(self, *values: bytes) -> bytes:
        """One of them."""
        return self.choice(values)


def _message(
    first: bytes, *lines: bytes, body: bytes = b"", token: str | None = None, length: bool = True
) -> bytes:
    """A request, the last one on its connection."""
    head = [first, b"Host: a", *lines, b"Connection: close"]
    if token is not None:
        head.append(b"Authorization: Bearer " + token.encode())
    if body and length:
        head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*head, b"", body])


def _line(draw: Draw, world: World) -> Hostile:
    """Request lines that are wrong, or not HTTP at all."""
    line = draw.choice(
        [
            draw.randbytes(draw.size(2000)).replace(b"\n", b""),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + draw.randbytes(200),
            b"PRI * HTTP/2.0",
            b"GET /healthz",
            b"GET  /healthz  HTTP/1.1",
            b"GET /healthz HTTP/%d.%d" % (draw.randint(0, 99), draw.randint(2, 99)),
            b"GET /healthz HTTP/1.1 " + draw.randbytes(5).replace(b"\n", b""),
            b"get /healthz HTTP/1.1",
            b"GET healthz HTTP/1.1",
            b"GET http://[::1 HTTP/1.1",
            b"GET http://a:999999/healthz HTTP/1.1",
            b"GET //healthz HTTP/1.1",
            b"GET /" + draw.randbytes(8).replace(b"\n", b"") + b" HTTP/1.1",
            b"GET /health\x00z HTTP/1.1",
            b"GET /healthz\tHTTP/1.1",
            b"\x00" * draw.size(5000),
            b"\r\n" * draw.size(200) + b"GET /x HTTP/1.1",
        ]
    )
    return Hostile("", (_message(line),), (200, *REFUSED))


def _head(draw: Draw, world: World) -> Hostile:
    """Header lines that are many, long, unusual or contradicting."""
    size = draw.size(HEAD_BYTES_MAX)
    lines = draw.choice(
        [
            [b"A: " + b"b" * size],
            [b"a" * size + b": b"],
            [b"A%d: b" % number for number in range(size // 8)],
            [b"A: b"] * (size // 6),
            [draw.randbytes(draw.size(300)).replace(b"\n", b"")],
            [b"A: b\r\n c"],
            [b"A : b"],
            [b": b"],
            [b"A"],
            [b"A: " + bytes([draw.randrange(32)])],
            [b"Host: b", b"Host: c"],
            [b"Cookie: versus_session=" + b"a=b; " * (size // 6)],
            [b"Accept-Encoding: " + b"gzip;q=0.5," * (size // 12)],
            [
                b"X-Request-ID: "
                + draw.either(b"a" * size, b"\xff\xfe", b"a\tb", b"${jndi:ldap://a}")
            ],
            [b"Versus-Flags: " + draw.either(b"preset=baseline", b"x" * 500, b"=,=", b"\xff")],
            [b"Versus-Override-Secret: " + draw.either(b"", b"guess", b"\xff" * 40)],
            [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Key: AAAA"],
            [b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAAA"],
            [b"Expect: " + draw.either(b"100-continue", b"200-ok")],
            [b"Range: bytes=" + b",".join([b"0-1"] * (size // 4))],
            [b"X-Forwarded-For: 127.0.0.1", b"X-HTTP-Method-Override: DELETE"],
            [b"If-None-Match: " + b'"a",' * (size // 4), b"If-Modified-Since: tomorrow"],
        ]
    )
    path = draw.choice(["/healthz", "/v1/me", "/v1/files", f"{world.assets_path}/api.js"])
    token = draw.choice([None, *world.tokens])
    message = _message(b"GET %s HTTP/1.1" % path.encode(), *lines, token=token)
    return Hostile("", (message,), (200, 206, 304, 416, *REFUSED))


def _url(draw: Draw, world: World) -> Hostile:
    """Addresses that are long, climb out of their folder, or are no text."""
    climb = draw.choice(["../", "..%2f", "%2e%2e/", "..%5c", "%252e%252e/", "..;/", "/./"])
    path = draw.choice(
        [
            "/" + "a" * draw.size(URL_BYTES_MAX),
            "/" + "a/" * (draw.size(URL_BYTES_MAX) // 2),
            "/v1/files?" + "a=b&" * (draw.size(URL_BYTES_MAX) // 4),
            "/v1/files?limit=" + "%00" * draw.size(500),
            "/%ff%fe%00",
            "/%zz%",
            f"{world.assets_path}/{climb * draw.randint(1, 20)}etc/passwd",
            f"{world.assets_path}/{climb}routes.py",
            f"{world.assets_path}/{quote(draw.text(20))}",
            f"{world.assets_path}//etc/passwd",
            f"/{climb * draw.randint(1, 9)}v1/files",
            f"/workflows/{quote(draw.text(30), safe='')}/preview",
            f"/v1/workflows/{quote(draw.text(10), safe='')}",
            "/v1/workflows/" + "0" * draw.size(4000),
            f"/v1/workflows/{{{world.workflow_ids[0]}}}",
            "/v1/workflows/' OR 1=1 --".replace(" ", "%20"),
            f"/v1/workflows/{world.foreign_workflow_id}",
            "/.git/config",
            "/openapi.json%00.html",
        ]
    )
    token = draw.choice([None, *world.tokens])
    return Hostile(
        "", (_message(b"GET %s HTTP/1.1" % path.encode(), token=token),), (200, *REFUSED)
    )


def _lengths(draw: Draw, world: World) -> Hostile:
    """Lengths that contradict each other or the body, with a request hidden in it."""
    hidden = b"GET /v1/templates HTTP/1.1\r\nHost: a\r\n\r\n"
    length = draw.choice(
        [
            [b"Content-Length: %d" % len(hidden), b"Content-Length: 0"],
            [b"Content-Length: 0", b"Transfer-Encoding: chunked"],
            [b"Transfer-Encoding: chunked", b"Content-Length: %d" % len(hidden)],
            [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"],
            [b"Transfer-Encoding: chunked, chunked"],
            [b"Transfer-Encoding: \x0bchunked"],
            [b"Transfer-Encoding : chunked"],
            [b"Transfer-Encoding: xchunked"],
            [b"Content-Length: -1"],
            [b"Content-Length: +5"],
            [b"Content-Length: 0x10"],
            [b"Content-Length: 1e1"],
            [b"Content-Length: 5, 5"],
            [b"Content-Length: 18446744073709551617"],
            [b"Content-Length: " + b"9" * (20 + draw.size(3000))],
            [b"Content-Length: "],
            [b"Content-Length: \xd9\xa5"],
            [b"Content-Length: 0"],
        ]
    )
    path = draw.either(b"/v1/workflows", b"/session", b"/v1/files/bulk")
    sent = _message(b"POST %s HTTP/1.1" % path, *length, token=draw.choice([None, *world.tokens]))
    return Hostile("", (sent + draw.either(hidden, b"0\r\n\r\n" + hidden),), (204, 413, *REFUSED))


def _chunks(draw: Draw, world: World) -> Hostile:
    """Chunks that are wrong, tiny, or followed by much that is no body."""
    size = draw.size(JSON_BYTES_MAX)
    body = draw.choice(
        [
            b"1\r\n \r\n" * (size // 50) + b"0\r\n\r\n",
            b"%x\r\n" % size + b" " * size + b"\r\n0\r\n\r\n",
            b"1;" + b"a" * draw.size(100_000) + b"\r\n \r\n0\r\n\r\n",
            b"0\r\n" + b"a: b\r\n" * (size // 6) + b"\r\n",
            b"0\r\nA: " + b"b" * size + b"\r\n\r\n",
            b"0\r\nContent-Length: 5\r\nAuthorization: Bearer x\r\n\r\n",
            b"ffffffffffffffffff\r\n \r\n0\r\n\r\n",
            b"-1\r\n \r\n0\r\n\r\n",
            b"0x1\r\n \r\n0\r\n\r\n",
            b"1\n \n0\n\n",
            b"zz\r\n",
            b"0" * draw.size(100_000) + b"\r\n\r\n",
            b"1\r\nab\r\n0\r\n\r\n",
        ]
    )
    lines = [b"Transfer-Encoding: chunked", b"Content-Type: application/json"]
    path = draw.either(b"/v1/workflows", b"/v1/files", b"/session", b"/v1/nothing")
    token = draw.choice([None, *world.tokens])
    head = _message(b"POST %s HTTP/1.1" % path, *lines, token=token)
    return Hostile("", (head + body,), (204, 413, *REFUSED))


def _unfinished(draw: Draw, world: World) -> Hostile:
    """Requests that drip, stop in the middle, or are sent ahead by a client that goes away."""
    token = draw.choice(world.tokens)
    head = _message(b"GET /v1/files HTTP/1.1", token=token)
    form = b"Content-Type: multipart/form-data; boundary=x"
    begun = _message(b"POST /v1/files HTTP/1.1", form, b"Content-Length: 100000", token=token)
    ahead = b"GET /v1/files?limit=100 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n"
    if draw.random() < 1 / 5:
        cut = head[: draw.randrange(1, len(head) - 1)]
        pieces = tuple(cut[start : start + 9] for start in range(0, len(cut), 9))
        return Hostile("", pieces, (408,), pause_s=0.1, within_s=HEAD_WITHIN_S)
    pieces = draw.choice(
        [
            (head[: draw.randrange(len(head))],),
            (begun,),
            (begun + b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n',),
            (begun, *[b"--x\r\n"] * 20),
            (ahead % token.encode() * draw.randint(2, 2 * PIPELINED_MAX),),
        ]
    )
    return Hostile("", pieces, (200, 400), pause_s=0.05, leaves=True)


def _tokens(draw: Draw, world: World) -> Hostile:
    """Tokens that are wrong in one place, or no tokens at all."""
    now_s = int(time.time())
    right = jwt.decode(draw.choice(world.tokens), options={"verify_signature": False})
    part = base64.urlsafe_b64encode(draw.randbytes(draw.size(2000))).rstrip(b"=")
    claims: dict[str, Any] = draw.choice(
        [
            right | {"iss": draw.choice(["other", "", ["supabase"], 1, None])},
            right | {"exp": draw.choice([now_s - 3600, 0, -1, -1e300, "soon", None, []])},
            right | {"nbf": now_s + 3600},
            right | {"aud": draw.choice(["anon", [], None, {}, 1])},
            right | {"sub": draw.choice(["", "root", "' OR 1=1", None, 5, [], draw.text(50)])},
            right | {"role": draw.choice(["anon", "service_role", "postgres", None, []])},
            right | {"email": "\ud800"},
            {},
        ]
    )
    claims = {name: value for name, value in claims.items() if value is not None}
    encoded = json.dumps(claims).encode()
    sent = jwt.PyJWS().encode(encoded, world.secret, "HS256")
    head, body, signature = draw.choice(world.tokens).split(".")
    deep = base64.urlsafe_b64encode(b'{"alg":"HS256","x":' + b"[" * draw.size(8000)).decode()
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    other = base64.urlsafe_b64encode(
        json.dumps(
            {"alg": draw.choice(["RS256", "HS512", "ES256", [], 1, ""]), "kid": "../x"}
        ).encode()
    ).decode()
    token = draw.choice(
        [
            sent.encode(),
            sent.encode(),
            sent.encode(),
            jwt.PyJWS().encode(json.dumps(right).encode(), "another secret" * 3, "HS256").encode(),
            f"{none}.{body}.".encode(),
            f"{none}.{body}.{signature}".encode(),
            f"{other}.{body}.{signature}".encode(),
            f"{deep}.{body}.{signature}".encode(),
            f"{head}.{body}.{signature[:-5]}AAAAA".encode(),
            f"{head}.{body}".encode(),
            f"{head}.{part.decode()}.{signature}".encode(),
            b".".join([part] * draw.randint(1, 9)),
            b"a" * draw.size(HEAD_BYTES_MAX // 2),
            draw.randbytes(40).replace(b"\n", b"").replace(b"\r", b"").replace(b"\0", b""),
            b"",
        ]
    )
    path = draw.either(b"/v1/me", b"/v1/files?include_urls=true", b"/v1/workflows")
    if draw.random() < 1 / 4:
        path = f"/workflows/{world.workflow_ids[0]}/preview".encode()
        line = b"Cookie: versus_session=" + token
    else:
        line = b"Authorization: " + draw.either(b"Bearer ", b"bearer  ", b"Basic ", b"") + token
    return Hostile("", (_message(b"GET %s HTTP/1.1" % path, line),), (400, 401, 431))


def _deep(draw: Draw) -> bytes:
    depth = draw.size(50_000)
    return draw.either(b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth)


def _value(draw: Draw) -> bytes:
    """A value of JSON, or what looks like one."""
    size = draw.size(JSON_BYTES_MAX - 200)
    marks = draw.size(JSON_MARKS_MAX - 200)
    makers: list[Callable[[], bytes]] = [
        lambda: _deep(draw),
        lambda: b"[" + b",".join([draw.either(b"1", b'""', b"2.5e-9")] * marks) + b"]",
        lambda: b"[" + b",".join([draw.either(b"[]", b"{}")] * (marks // 2)) + b"]",
        lambda: b"{" + b",".join(b'"%d":1' % at for at in range(marks // 2)) + b',"":2}',
        lambda: b"{" + b",".join([b'"a":1'] * (marks // 2 + 1)) + b"}",
        lambda: draw.either(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"01", b".5"),
        lambda: b"9" * size,
        lambda: b"1." + b"0" * size + b"1",
        lambda: b"1e" + b"9" * draw.size(1000),
        lambda: draw.either(b'"\\ud800"', b'"\\udfff\\ud800"', b'"\\u0000"', b'{"\\ud800":1}'),
        lambda: b'"' + b"\xff\xc0\xaf" * draw.size(100) + b'"',
        lambda: b'"' + b"a" * size + b'"',
        lambda: b'"' + b"\\u00e9" * (size // 6) + b'"',
        lambda: json.dumps(draw.text(draw.size(2000)), ensure_ascii=False).encode(),
        lambda: draw.either(b"null", b"true", b'"x"', b"[]", b"{}", b"", b"nul", b"'x'"),
    ]
    return draw.choice(makers)()


def _json(draw: Draw, world: World) -> Hostile:
    """Bodies of JSON that are deep, wide, large, not valid or not storable."""
    value = _value(draw)
    at = draw.randrange(len(world.tokens))
    file = b'"name":"a","content_type":"text/plain","size_bytes":1,"id":"%s"'
    path, body = draw.choice(
        [
            ("/v1/workflows", b'{"name":"w","payload":{"nodes":[],"edges":[],"x":%s}}' % value),
            ("/v1/workflows", b'{"name":"w","payload":{"nodes":[{"id":%s}],"edges":[]}}' % value),
            ("/v1/workflows", b'{"name":"w","payload":{"nodes":%s,"edges":[]}}' % value),
            ("/v1/workflows", b'{"name":%s,"payload":{"nodes":[],"edges":[]}}' % value),
            ("/v1/workflows", b'{"name":"w","name":"v","description":%s}' % value),
            ("/v1/workflows", value),
            (f"/v1/workflows/{world.workflow_ids[at]}/versions", b'{"payload":%s}' % value),
            (
                f"/v1/workflows/{world.workflow_ids[at]}/versions",
                b'{"payload":{"nodes":[],"edges":[],"x":%s}}' % value,
            ),
            (
                f"/v1/workflows/{world.foreign_workflow_id}/versions",
                b'{"payload":{"nodes":[],"edges":[]}}',
            ),
            ("/v1/files/uploads", b'{"files":%s}' % value),
            ("/v1/files/uploads", b'{"files":[{"name":%s,"content_type":"text/plain"}]}' % value),
            (
                "/v1/files/uploads",
                b'{"files":[{"name":"a","content_type":"text/plain","size_bytes":%s}]}' % value,
            ),
            (
                "/v1/files/uploads/complete",
                b'{"files":[{%s}]}' % (file % world.foreign_file_id.encode()),
            ),
            (
                "/v1/files/uploads/complete",
                b'{"files":[%s]}' % b",".join([b"{%s}" % (file % b"0" * 2)] * draw.size(FILES_MAX)),
            ),
        ]
    )
    if draw.random() < 1 / 10:
        body = body[: draw.randrange(len(body) + 1)]
    kind = draw.either(
        b"application/json", b"application/json", b"text/plain", b"", b"a/b;charset=\xff"
    )
    sent = _message(
        b"POST %s HTTP/1.1" % path.encode(),
        b"Content-Type: " + kind,
        body=body,
        token=world.tokens[at],
    )
    return Hostile("", (sent,), CREATED)


def _multipart(draw: Draw, world: World) -> Hostile:
    """Forms without boundaries, with hostile names, or with many or large parts."""
    field = draw.either(b"file", b"files")
    name = draw.choice(
        [
            b"../" * draw.size(50) + b"etc/passwd",
            b"..\\..\\boot.ini",
            b"/etc/passwd",
            b"a\0b",
            bytes(draw.randrange(256) for _ in range(20)).replace(b"\n", b"").replace(b'"', b""),
            b"a" * draw.size(20_000),
            b"\xff\xfe\xc0\xaf",
            draw.text(30).encode(),
            b"a\\",
            b'a"; name="other',
            b"<script>alert(1)</script>",
            b"=cmd|' /C calc'!A0",
            b"con",
            b"",
            "\u202egpj.exe".encode(),
        ]
    )
    kind = draw.either(
        b"text/plain", b"image/png", b"text/html", b"", b"\xff", b"text/plain;" * 900
    )
    content = draw.choice([b"", b"a", b"\x89PNG\r\n\x1a\n", b"a" * draw.size(JSON_BYTES_MAX)])
    disposition = b'form-data; name="%s"; filename="%s"' % (field, name)
    part = b"Content-Disposition: %s\r\nContent-Type: %s\r\n\r\n%s\r\n" % (
        disposition,
        kind,
        content,
    )
    empty = b'Content-Disposition: form-data; name="%s"; filename="a"\r\n\r\n\r\n' % field
    body = draw.choice(
        [
            b"--x\r\n" + part + b"--x--\r\n",
            b"--x\r\n" + part + b"--x--\r\n",
            b"--x\r\n" + part,
            b"--y\r\n" + part + b"--y--\r\n",
            (b"--x\r\n" + empty) * draw.size(2000) + b"--x--\r\n",
            b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n' * draw.size(20_000),
            b"--x\r\n" + b"A: b\r\n" * draw.size(100_000) + b"\r\n--x--\r\n",
            b'--x\r\nContent-Disposition: form-data; name="'
            + b"n" * draw.size(JSON_BYTES_MAX)
            + b'"\r\n\r\na\r\n--x--\r\n',
            b"--x\r\nContent-Disposition: form-data; filename*=UTF-8''%ff%00\r\n\r\na\r\n--x--\r\n",
            b"--x\r\nContent-Disposition: " + draw.randbytes(50) + b"\r\n\r\na\r\n--x--\r\n",
            b"--x\r\n\r\n--x--\r\n",
            b"--x--\r\n",
            b"\r\n--x" * draw.size(1_000_000),
            draw.randbytes(draw.size(10_000)),
            b"--x\r\n" + part[: draw.randrange(len(part))] + b"\r\n--x--\r\n",
        ]
    )
    content_type = draw.choice(
        [
            *[b"multipart/form-data; boundary=x"] * 12,
            b"multipart/form-data",
            b"multipart/form-data; boundary=",
            b'multipart/form-data; boundary="x',
            b"multipart/form-data; boundary=\xff",
            b"multipart/form-data; boundary=" + b"x" * 4000,
            b"multipart/mixed; boundary=x",
        ]
    )
    path = b"/v1/files" if field == b"file" else b"/v1/files/bulk"
    lines = [b"Content-Type: " + content_type]
    if draw.random() < 1 / 20:
        lines.append(b"Content-Length: %d" % (UPLOAD_BYTES_MAX + draw.size(UPLOAD_BYTES_MAX)))
        return Hostile(
            "",
            (_message(b"POST %s HTTP/1.1" % path, *lines, token=draw.choice(world.tokens)),),
            (400, 413, 422),
        )
    token = draw.choice(world.tokens)
    return Hostile(
        "", (_message(b"POST %s HTTP/1.1" % path, *lines, body=body, token=token),), CREATED
    )


def _queries(draw: Draw, world: World) -> Hostile:
    """Parameters that are no numbers, out of bounds, repeated or unknown."""
    values = [
        "-1",
        "0",
        "101",
        "1e9",
        "%00",
        "NaN",
        "5.0",
        "%D9%A5",
        "1;2",
        "true",
        "%ff",
        "null",
        "[]",
        "1%0d%0aX:%20y",
    ]
    long, odd = "9" * draw.size(5000), quote(draw.text(20), safe="")
    value = draw.choice(["", long, odd, *values])
    name = draw.choice(["limit", "offset", "include_urls", "select", "owner_id", "limit[]", "%00"])
    path = draw.choice(["/v1/files", "/v1/workflows", "/v1/templates", "/dashboard"])
    more = draw.choice(["", "&limit=5&limit=x", "&offset=1000000", "&order=id.asc&or=(id.gt.0)"])
    first = f"GET {path}?{name}={value}{more} HTTP/1.1".encode()
    return Hostile("", (_message(first, token=draw.choice(world.tokens)),), READ)


def _methods(draw: Draw, world: World) -> Hostile:
    """Methods that a path does not have, or that nobody knows."""
    method = draw.either(
        *(b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PROPFIND", b"PURGE"),
        *(b"HEAD", b"LINK", b"M-SEARCH", b"FOO", b"P" * 5000, b"G\xc3\x89T", b"SOURCE", b"QUERY"),
    )
    paths = [
        "/v1/files",
        "/v1/workflows",
        "*",
        "/metrics",
        "/healthz",
        "/session",
        "a:443",
        "/nothing",
        "/readyz",
    ]
    foreign, asset = f"/v1/workflows/{world.foreign_workflow_id}", f"{world.assets_path}/api.js"
    path = draw.choice([foreign, asset, *paths])
    first = b"%s %s HTTP/1.1" % (method, path.encode())
    return Hostile(
        "", (_message(first, token=draw.choice(world.tokens)),), (200, 204, 403, *REFUSED)
    )


def _unknown(draw: Draw, world: World) -> Hostile:
    """Paths that do not exist; their answers do not depend on tokens."""
    paths = [
        "/admin",
        "/wp-login.php",
        "/.env",
        "/v2/files",
        "/v1",
        "/V1/FILES",
        "/docs",
        "/redoc",
        "/auth/v1/token",
    ]
    path = draw.choice([f"/v1/files/{world.foreign_file_id}", "/v1/files/", *paths])
    path += quote(draw.text(draw.size(100)))
    method = draw.either(b"GET", b"POST", b"DELETE")
    first = b"%s %s HTTP/1.1" % (method, path.encode())
    return Hostile("", (_message(first, token=draw.choice([None, *world.tokens])),), (404, 405))


def _pages(draw: Draw, world: World) -> Hostile:
    """Previews of hostile payloads, of others' workflows, and with wrong cookies."""
    at = draw.randrange(len(world.tokens))
    workflow_id = draw.choice([*[world.workflow_ids[at]] * 4, world.foreign_workflow_id])
    rendering = draw.choice(["", "?rendering=server", "?rendering=client", "?rendering=%00"])
    cookies = draw.either(
        *[b"versus_session=" + world.tokens[at].encode()] * 5,
        b"versus_session=" + draw.randbytes(30).hex().encode(),
        b"versus_session=\xff",
        b"versus_session; =; ;;" * draw.size(500),
        b"versus_session=a; versus_session=" + world.tokens[at].encode(),
    )
    path = f"/workflows/{workflow_id}/preview{rendering}"
    sent = _message(b"GET %s HTTP/1.1" % path.encode(), b"Cookie: " + cookies)
    return Hostile("", (sent,), READ)


KINDS: dict[str, Callable[[Draw, World], Hostile]] = {
    "request lines": _line,
    "heads": _head,
    "addresses": _url,
    "lengths": _lengths,
    "chunks": _chunks,
    "unfinished": _unfinished,
    "tokens": _tokens,
    "JSON": _json,
    "multipart": _multipart,
    "queries": _queries,
    "methods": _methods,
    "unknown paths": _unknown,
    "pages": _pages,
}


def hostile_request(seed: int, number: int, world: World) -> Hostile:
    """The request of this number, which does not depend on those before it."""
    draw = Draw(f"{seed} {number}")
    kind = draw.choice(list(KINDS))
    made = KINDS[kind](draw, world)
    return Hostile(kind, made.pieces, made.right, made.pause_s, made.within_s, made.leaves)


_HUGE: Sequence[Any] = (1e308, -1e308, "1" * 400, None, [], {}, True, 10**300)


def hostile_payloads(count: int) -> list[dict[str, Any]]:
    """Workflows that the service accepts, for previews."""
    draw = Draw(count)
    payloads: list[dict[str, Any]] = []
    for number in range(count):
        nodes = [
            {
                "id": draw.choice([f"n{at}", "same", draw.text(8).replace("\0", ""), *_HUGE]),
                "type": draw.choice(["input.text", draw.text(20).replace("\0", ""), *_HUGE]),
                "data": draw.choice([{"label": draw.choice(_HUGE)}, *_HUGE]),
                "position": draw.choice([{"x": draw.choice(_HUGE), "y": at}, *_HUGE]),
                "width": draw.choice(_HUGE),
            }
            for at in range(draw.size(1000) if number else 0)
        ]
        ends: list[Any] = [f"n{at}" for at in range(1000)] + ["same", None, [], {}]
        edges = [
            {"source": draw.choice(ends), "target": draw.choice(ends), "from": draw.choice(_HUGE)}
            for _ in range(draw.size(2000))
        ]
        payloads.append({"nodes": nodes, "edges": edges})
    return payloads

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from service.app import create_app
from service.auth import Caller, authenticate
from service.connections import PooledClient
from service.deadlines import set_deadline
from service.keys import COOLDOWN_S, LIFETIME_S, Keys, KeysError
from service.problems import Problem
from service.stack import OWNER_ID
from service.tests.chain import running_chain
from service.tests.key_sets import (
    KeySetServer,
    PrivateKey,
    new_key,
    published,
    serve_keys,
    signed,
)
from service.tests.support import connect, create_workflow, serve
from service.tests.test_auth import CLAIMS, ISSUER, SECRET

ODD_VALUES: list[Any] = [None, 5, [], {}, "", "\ud800", "A" * 1000, True]
ALGORITHMS = pytest.mark.parametrize("algorithm", ["ES256", "RS256"])


@pytest.fixture(scope="module")
def private_keys() -> dict[str, PrivateKey]:
    """A private key for each algorithm."""
    return {algorithm: new_key(algorithm) for algorithm in ("ES256", "RS256")}


@pytest.fixture
def server(private_keys: dict[str, PrivateKey]) -> Iterator[KeySetServer]:
    """A server that publishes both keys, each under its algorithm's name."""
    with serve_keys() as served:
        served.entries = [published(key, name, name) for name, key in private_keys.items()]
        yield served


class Clock:
    """Seconds that only a test moves."""

    now_s = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now_s


def using(
    server: KeySetServer,
    scenario: Callable[[Keys, Clock], Awaitable[None]],
    secret: str | None = None,
) -> None:
    """Run a scenario with the keys of a server."""

    async def run() -> None:
        clock = Clock()
        async with PooledClient(1) as http:
            keys = Keys(secret, server.url, http, clock)
            await scenario(keys, clock)
            await keys.close()

    asyncio.run(run())


async def refused(keys: Keys, token: str) -> int:
    """The status with which a token is refused; 0 if it is not."""
    try:
        await authenticate(token, keys, ISSUER)
    except Problem as problem:
        return problem.status
    return 0


@ALGORITHMS
def test_a_published_key_identifies_a_caller(
    server: KeySetServer, private_keys: dict[str, PrivateKey], algorithm: str
) -> None:
    """ES256 and RS256 are accepted, and one fetch serves many tokens."""
    token = signed(private_keys[algorithm], algorithm, algorithm, CLAIMS)

    async def scenario(keys: Keys, _: Clock) -> None:
        callers: list[Caller] = await asyncio.gather(
            *(authenticate(token, keys, ISSUER) for _ in range(20))
        )
        assert [OWNER_ID] * 20 == [caller.id for caller in callers]

    using(server, scenario)
    assert 1 == server.requests


def bad_tokens(private_keys: dict[str, PrivateKey]) -> dict[str, str]:
    """Tokens that no published key makes valid."""
    key, other = private_keys["ES256"], new_key("ES256")
    public = base64.b64encode(str(published(key, "x", "ES256")).encode()).decode()
    return {
        "another key under a known id": signed(other, "ES256", "ES256", CLAIMS),
        "the id of a key of another algorithm": signed(key, "RS256", "ES256", CLAIMS),
        "no id": signed(key, None, "ES256", CLAIMS),
        "a shared secret under a known id": signed(SECRET, "ES256", "HS256", CLAIMS),
        "the public key as a shared secret": signed(public, "ES256", "HS256", CLAIMS),
        "another issuer": signed(key, "ES256", "ES256", CLAIMS | {"iss": "x"}),
        "another audience": signed(key, "ES256", "ES256", CLAIMS | {"aud": "anon"}),
        "expired": signed(key, "ES256", "ES256", CLAIMS | {"exp": 1}),
        "not valid yet": signed(key, "ES256", "ES256", CLAIMS | {"nbf": 4_102_444_000}),
    }


def test_what_no_published_key_signed_is_refused(
    server: KeySetServer, private_keys: dict[str, PrivateKey]
) -> None:
    """Mixed up keys, algorithms and claims are all a 401."""
    tokens = bad_tokens(private_keys)

    async def scenario(keys: Keys, _: Clock) -> None:
        assert dict.fromkeys(tokens, 401) == {
            name: await refused(keys, token) for name, token in tokens.items()
        }

    using(server, scenario)


def test_a_shared_secret_works_beside_published_keys(
    server: KeySetServer, private_keys: dict[str, PrivateKey]
) -> None:
    """While a project moves to signing keys, tokens of both kinds are valid."""

    async def scenario(keys: Keys, _: Clock) -> None:
        assert 0 == await refused(keys, signed(SECRET, None, "HS256", CLAIMS))
        assert 0 == server.requests
        assert 0 == await refused(keys, signed(private_keys["ES256"], "ES256", "ES256", CLAIMS))

    using(server, scenario, SECRET)


def test_published_keys_need_an_address() -> None:
    """A stack with a shared secret only refuses all others without a request."""
    keys = Keys(SECRET)

    assert 401 == asyncio.run(refused(keys, signed(new_key("ES256"), "x", "ES256", CLAIMS)))


def test_unknown_keys_cause_one_fetch_per_cooldown(
    server: KeySetServer, private_keys: dict[str, PrivateKey]
) -> None:
    """Anybody can name a key, so naming many does not send many requests."""
    key = private_keys["ES256"]

    async def scenario(keys: Keys, clock: Clock) -> None:
        unknown = [signed(key, f"id-{number}", "ES256", CLAIMS) for number in range(50)]
        assert {401} == set(await asyncio.gather(*(refused(keys, one) for one in unknown)))
        assert {401} == {await refused(keys, one) for one in unknown}
        assert 1 == server.requests
        clock.now_s += COOLDOWN_S
        assert {401} == {await refused(keys, one) for one in unknown}
        assert 2 == server.requests

    using(server, scenario)


def test_a_new_key_is_found_and_an_old_one_forgotten(server: KeySetServer) -> None:
    """After a rotation the new key is valid at once, and the old one not after the next fetch."""
    old, new = new_key("ES256"), new_key("ES256")
    server.entries = [published(old, "old", "ES256")]

    async def scenario(keys: Keys, clock: Clock) -> None:
        assert 0 == await refused(keys, signed(old, "old", "ES256", CLAIMS))
        server.entries = [published(new, "new", "ES256")]
        clock.now_s += COOLDOWN_S
        assert 0 == await refused(keys, signed(new, "new", "ES256", CLAIMS))
        assert 401 == await refused(keys, signed(old, "old", "ES256", CLAIMS))

    using(server, scenario)


def test_kept_keys_are_renewed_without_waiting(
    server: KeySetServer, private_keys: dict[str, PrivateKey]
) -> None:
    """After their lifetime a request goes on with the old keys while the new ones arrive."""
    token = signed(private_keys["ES256"], "ES256", "ES256", CLAIMS)

    async def scenario(keys: Keys, clock: Clock) -> None:
        await authenticate(token, keys, ISSUER)
        clock.now_s += LIFETIME_S
        server.entries, server.delay_s = [], 0.3
        assert 0 == await refused(keys, token)
        await asyncio.sleep(0.6)
        assert 401 == await refused(keys, token)
        assert 2 == server.requests

    using(server, scenario)


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (500, None),
        (200, b"<html>"),
        (200, b'{"keys": 1}'),
        (200, b"[]"),
        (200, b"[" * 50_000),
        (200, b"\xff"),
        (200, b" " * 100_000),
        (302, None),
    ],
)
def test_keys_that_cannot_be_fetched_are_a_503(
    server: KeySetServer,
    private_keys: dict[str, PrivateKey],
    status: int,
    content: bytes | None,
) -> None:
    """Unknown keys are a 503, never a 401 or 500; known ones go on; a second later all is well."""
    token = signed(private_keys["ES256"], "ES256", "ES256", CLAIMS)

    async def scenario(keys: Keys, clock: Clock) -> None:
        await authenticate(token, keys, ISSUER)
        server.status, server.content = status, content
        clock.now_s += LIFETIME_S
        other = signed(private_keys["ES256"], "new", "ES256", CLAIMS)
        for _ in range(3):
            assert (0, 503) == (await refused(keys, token), await refused(keys, other))
        assert 2 == server.requests
        server.status, server.content = 200, None
        clock.now_s += 1
        assert 401 == await refused(keys, other)

    using(server, scenario)


def test_a_slow_answer_ends_with_the_request_s_deadline(
    server: KeySetServer, private_keys: dict[str, PrivateKey]
) -> None:
    """The fetch goes on for others, but this request does not wait for it."""
    server.delay_s = 1.5
    token = signed(private_keys["ES256"], "ES256", "ES256", CLAIMS)

    async def scenario(keys: Keys, _: Clock) -> None:
        started_s = time.monotonic()
        with set_deadline(0.2), pytest.raises(KeysError) as caught:
            await authenticate(token, keys, ISSUER)
        assert time.monotonic() - started_s < 1.4
        assert {"Retry-After": "1"} == caught.value.headers
        assert 0 == await refused(keys, token)

    using(server, scenario)
    assert 1 == server.requests


def test_only_keys_for_signatures_are_read(
    server: KeySetServer, private_keys: dict[str, PrivateKey]
) -> None:
    """Shared keys, keys for encryption, other algorithms and garbage are left out."""
    key, short = private_keys["ES256"], "c2hvcnQ"
    shared = base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("=")
    server.entries = [
        "text",
        {},
        {"kty": "oct", "k": shared, "kid": "shared", "alg": "HS256"},
        {"kty": "EC", "crv": "P-256", "x": short, "y": short, "kid": "short"},
        published(key, "encrypts", "ES256", use="enc"),
        published(key, "other", "ES256", alg="none"),
        *(
            published(private_keys[algorithm], "odd", algorithm) | {field: value}
            for algorithm, field in (("ES256", "x"), ("ES256", "crv"), ("RS256", "n"))
            for value in ODD_VALUES
        ),
        *({"kty": kind, "kid": "odd"} for kind in (*ODD_VALUES, "EC", "RSA", "oct", "OKP")),
        {**published(key, "nameless", "ES256"), "kid": 5},
        published(key, "good", "ES256"),
    ]

    async def scenario(keys: Keys, _: Clock) -> None:
        assert isinstance(await keys.find("ES256", "good"), jwt.PyJWK)
        for key_id in ("shared", "short", "encrypts", "other", "5", "odd"):
            assert await keys.find("ES256", key_id) is None
        assert await keys.find("HS256", "shared") is None

    using(server, scenario)


@pytest.mark.slow
def test_a_project_with_signing_keys_only(server: KeySetServer) -> None:
    """Without a shared secret a user's ES256 token reads and writes, down to the database."""
    key = new_key("ES256")
    server.entries = [published(key, "today", "ES256")]
    key_set = json.dumps({"keys": server.entries}).replace('"', '\\"')
    claims = CLAIMS | {"sub": str(uuid.uuid4()), "iss": ISSUER}
    with running_chain(key_set) as chain:
        settings = chain.settings.model_copy(
            update={
                "supabase_jwt_secret": None,
                "supabase_jwks_url": server.url,
                "supabase_jwt_issuer": ISSUER,
                "supabase_key": SecretStr("sb_publishable_0123456789abcdefghijkl_01234567"),
            }
        )
        with serve(create_app(settings)) as url:
            with connect(url, signed(key, "today", "ES256", claims)) as caller:
                created = create_workflow(caller)
                read = caller.get(f"/v1/workflows/{created}")
            with connect(url, signed(new_key("ES256"), "today", "ES256", claims)) as forger:
                forged = forger.get(f"/v1/workflows/{created}")

    assert (200, 401) == (read.status_code, forged.status_code)

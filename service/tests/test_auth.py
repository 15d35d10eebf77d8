import asyncio
import base64
import json
import time
from typing import Any

import httpx
import jwt
import pytest

from service.auth import Caller, authenticate
from service.keys import Keys
from service.problems import Problem
from service.stack import OWNER_ID, Endpoints, mint_token
from service.tests.support import assert_problem, fetch

SECRET = "a secret of at least thirty-two bytes"
ISSUER = "https://project.example.test/auth/v1"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": OWNER_ID,
    "aud": "authenticated",
    "role": "authenticated",
    "exp": 4_102_444_800,
}


def signed(secret: str = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    """A token with some claims changed; None leaves a claim out."""
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    # PyJWT's own encode() would refuse some of these claims.
    return jwt.PyJWS().encode(json.dumps(claims).encode(), secret, algorithm)


def identify(token: str) -> Caller:
    """The caller of a token in a project with a shared secret."""
    return asyncio.run(authenticate(token, Keys(SECRET), ISSUER))


def handmade(header: str, claims: str) -> str:
    """A token with any text as its parts."""
    parts = (base64.urlsafe_b64encode(part.encode()).rstrip(b"=") for part in (header, claims))
    return b".".join([*parts, b"c2lnbmF0dXJl"]).decode()


UNSIGNED = handmade('{"alg":"none","typ":"JWT"}', json.dumps(CLAIMS))

BAD_TOKENS = {
    "signed with another key": signed("another secret of thirty-two bytes or more"),
    "signed with another algorithm": signed(SECRET * 2, "HS512"),
    "unsigned": UNSIGNED,
    "unsigned, signature left out": UNSIGNED.rsplit(".", 1)[0] + ".",
    "expired": signed(exp=int(time.time()) - 60),
    "without expiry": signed(exp=None),
    "expiry beyond any date": signed(exp=float("inf")),
    "not valid yet": signed(nbf=4_102_444_000),
    "issued in the future": signed(iat=4_102_444_000),
    "for another audience": signed(aud="anon"),
    "without audience": signed(aud=None),
    "of another issuer": signed(iss="https://other.example.test/auth/v1"),
    "issuer with a slash more": signed(iss=f"{ISSUER}/"),
    "issuer is a list": signed(iss=[ISSUER]),
    "without issuer": signed(iss=None),
    "a lone surrogate in the email": signed(email="\ud800"),
    "a lone surrogate in another claim": signed(user_metadata={"\udfff": 1}),
    "a publishable key": "sb_publishable_0123456789abcdefghijkl_01234567",
    "a secret key": "sb_secret_0123456789abcdefghijkl_01234567",
    "without subject": signed(sub=None),
    "subject is empty": signed(sub=""),
    "subject is not a user id": signed(sub="root"),
    "subject in braces": signed(sub=f"{{{OWNER_ID}}}"),
    "subject with a prefix": signed(sub=f"urn:uuid:{OWNER_ID}"),
    "subject without hyphens": signed(sub=OWNER_ID.replace("-", "")),
    "for the service role": signed(role="service_role"),
    "for the anonymous role": signed(role="anon"),
    "without role": signed(role=None),
    "tampered": signed()[:-4] + "AAAA",
    "garbage": "garbage",
    "only dots": "..",
    "not ASCII": "\u00fc\u00df\u20ac.a.b",
    "nested too deep": handmade('{"alg":"HS256","x":' + "[" * 30_000, "{}"),
    "algorithm is missing": handmade('{"typ":"JWT"}', json.dumps(CLAIMS)),
    "header is a list": handmade("[]", "{}"),
    "algorithm is a list": handmade('{"alg":["HS256"]}', json.dumps(CLAIMS)),
}


def test_a_valid_token_has_a_caller() -> None:
    """The caller's id, role and email are those of the claims."""
    caller = identify(signed(email="a@example.test"))

    assert (OWNER_ID, "authenticated", "a@example.test") == (caller.id, caller.role, caller.email)


def test_an_id_in_capitals_is_the_same_caller() -> None:
    """Letters of either case name the same user, in the canonical form."""
    capitals = signed(sub="ABCDEF00-0000-4000-8000-000000000001")

    assert identify(capitals).id == "abcdef00-0000-4000-8000-000000000001"


def test_a_caller_does_not_show_its_token() -> None:
    """The token is not in the caller's repr."""
    token = signed()

    assert token not in repr(identify(token))


def test_clocks_may_differ_a_little() -> None:
    """A token that expired a moment ago is accepted."""
    assert OWNER_ID == identify(signed(exp=int(time.time()) - 1)).id


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_invalid_tokens_are_refused(token: str) -> None:
    """Every invalid token is answered with 401 and a challenge."""
    with pytest.raises(Problem) as caught:
        identify(token)

    assert caught.value.status == 401
    assert 'error="invalid_token"' in caught.value.headers["WWW-Authenticate"]


PROTECTED = [
    ("GET", "/v1/me"),
    ("GET", "/v1/workflows"),
    ("POST", "/v1/workflows"),
    ("GET", f"/v1/workflows/{OWNER_ID}"),
    ("POST", f"/v1/workflows/{OWNER_ID}/versions"),
    ("GET", "/v1/templates"),
    ("GET", "/v1/files"),
    ("POST", "/v1/files"),
]


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_every_endpoint_needs_a_token(stranger: httpx.Client, method: str, path: str) -> None:
    """Without a token each endpoint with data answers 401 and a challenge."""
    response = stranger.request(method, path)

    assert_problem(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", b"Bearer \xff\xfe", "Bearer a b c"])
def test_invalid_authorization_headers_are_refused(stranger: httpx.Client, header: str) -> None:
    """A header without a bearer token is a 401, never a 500."""
    response = stranger.get("/v1/me", headers={"Authorization": header})

    assert_problem(response, 401)
    assert "WWW-Authenticate" in response.headers


def test_me_returns_the_token_s_claims(client: httpx.Client) -> None:
    """The canary answers from the token, without the database."""
    body = client.get("/v1/me").json()

    assert {"id": OWNER_ID, "role": "authenticated", "email": body["email"]} == body


def test_the_scheme_s_case_does_not_matter(base_url: str, stack: Endpoints) -> None:
    """A bearer token is accepted with any spelling of the scheme."""
    token = mint_token(stack.jwt_secret, OWNER_ID)

    response = fetch(f"{base_url}/v1/me", headers={"Authorization": f"bEaReR {token}"})

    assert response.status_code == 200

"""Authentication: from a bearer token, a JSON web token as Supabase issues them, to the caller."""

import json
import uuid
from dataclasses import dataclass, field
from typing import NoReturn

import jwt

from service.keys import Keys
from service.problems import Problem

AUDIENCE = "authenticated"
ROLE = "authenticated"
# Clocks of two machines differ a little; a larger leeway would keep revoked users signed in.
LEEWAY_S = 5


@dataclass(frozen=True)
class Caller:
    """Who sent the request.

    Attributes:
        id: the user's id, a canonical UUID.
        token: as sent; the database checks it again and applies row-level security.
    """

    id: str
    role: str
    email: str | None
    token: str = field(repr=False)


async def authenticate(token: str | None, keys: Keys, issuer: str) -> Caller:
    """Verify a token and return its caller.

    Raises:
        Problem: 401; the token is missing or not valid. 503; its key cannot be fetched.
    """
    if not token:
        raise Problem(
            401,
            "This endpoint needs a bearer token in the Authorization header.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    claims = await _verified_claims(token, keys, issuer)
    email = claims.get("email")
    if claims.get("role") != ROLE:
        _refuse("The token is for another role.")
    return Caller(
        id=_user_id(claims["sub"]),
        role=ROLE,
        email=email if isinstance(email, str) else None,
        token=token,
    )


# A hostile token can make the decoder fail before the signature is checked: numbers too large for a
# date, text that is not UTF-8, JSON nested too deep.
_INVALID = (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError)


async def _verified_claims(token: str, keys: Keys, issuer: str) -> dict[str, object]:
    try:
        header = jwt.get_unverified_header(token)
    except _INVALID:
        _refuse("The token is not valid.")
    algorithm = header.get("alg")
    key = await keys.find(algorithm, header.get("kid"))
    if key is None:
        _refuse("The token is signed with an unknown key.")
    try:
        claims: dict[str, object] = jwt.decode(
            token,
            key,
            algorithms=[str(algorithm)],
            audience=AUDIENCE,
            issuer=issuer,
            leeway=LEEWAY_S,
            options={
                "require": ["exp", "sub", "aud", "iss"],
                "enforce_minimum_key_length": True,
            },
        )
        # A lone surrogate, which JSON can escape, could not be sent in an answer.
        json.dumps(claims, ensure_ascii=False).encode()
    except jwt.ExpiredSignatureError:
        _refuse("The token has expired.")
    except _INVALID:
        _refuse("The token is not valid.")
    return claims


def _user_id(subject: object) -> str:
    text = str(subject).lower()
    try:
        user_id = str(uuid.UUID(text))
    except ValueError:
        user_id = ""
    # UUID() also accepts braces, prefixes and missing hyphens, which Supabase never sends.
    if not user_id or user_id != text:
        _refuse("The token's subject is not a user id.")
    return user_id


def _refuse(detail: str) -> NoReturn:
    challenge = f'Bearer error="invalid_token", error_description="{detail}"'
    raise Problem(401, detail, headers={"WWW-Authenticate": challenge}) from None

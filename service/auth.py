"""Authentication: from a bearer token, a JSON web token as Supabase issues them, to the caller."""

import uuid
from dataclasses import dataclass, field
from typing import NoReturn

import jwt

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


def authenticate(token: str | None, jwt_secret: str) -> Caller:
    """Verify a token and return its caller.

    Raises:
        Problem: 401; the token is missing or not valid.
    """
    if not token:
        raise Problem(
            401,
            "This endpoint needs a bearer token in the Authorization header.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    claims = _verified_claims(token, jwt_secret)
    email = claims.get("email")
    if claims.get("role") != ROLE:
        _refuse("The token is for another role.")
    return Caller(
        id=_user_id(claims["sub"]),
        role=ROLE,
        email=email if isinstance(email, str) else None,
        token=token,
    )


def _verified_claims(token: str, jwt_secret: str) -> dict[str, object]:
    try:
        claims: dict[str, object] = jwt.decode(
            token,
            jwt_secret,
            algorithms=["HS256"],
            audience=AUDIENCE,
            leeway=LEEWAY_S,
            options={"require": ["exp", "sub"]},
        )
    except jwt.ExpiredSignatureError:
        _refuse("The token has expired.")
    # A hostile token can make the decoder fail before the signature is checked: numbers too large
    # for a date, text that is not UTF-8, JSON nested too deep.
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError):
        _refuse("The token is not valid.")
    return claims


def _user_id(subject: object) -> str:
    text = str(subject).lower()
    try:
        user_id = str(uuid.UUID(text))
    except ValueError:
        user_id = ""
    # UUID() also accepts braces, prefixes and missing hyphens, which Supabase never sends.
    if user_id != text:
        _refuse("The token's subject is not a user id.")
    return user_id


def _refuse(detail: str) -> NoReturn:
    challenge = f'Bearer error="invalid_token", error_description="{detail}"'
    raise Problem(401, detail, headers={"WWW-Authenticate": challenge}) from None

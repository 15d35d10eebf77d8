"""Bearer tokens shaped like Supabase's."""

import time
import uuid
from typing import Any

import jwt

ISSUER = "supabase"
# The lifetime of Supabase's anon and service keys.
KEY_LIFETIME_S = 10 * 365 * 86_400


def mint_token(
    jwt_secret: str,
    sub: str,
    role: str = "authenticated",
    lifetime_s: int = 3_600,
    issuer: str = ISSUER,
) -> str:
    """A token for one user, signed with HS256, valid for `lifetime_s` seconds from now."""
    claims = _claims(role, lifetime_s) | {
        "iss": issuer,
        "aud": "authenticated",
        "sub": sub,
        "email": f"{sub[:8]}@example.test",
        "session_id": str(uuid.uuid4()),
    }
    return jwt.encode(claims, jwt_secret, algorithm="HS256")


def mint_key(jwt_secret: str, role: str) -> str:
    """A project key: a token for a role (anon, service_role), not for a user."""
    return jwt.encode(_claims(role, KEY_LIFETIME_S), jwt_secret, algorithm="HS256")


def _claims(role: str, lifetime_s: int) -> dict[str, Any]:
    now_s = int(time.time())
    return {"iss": ISSUER, "role": role, "iat": now_s, "exp": now_s + lifetime_s}

"""A Supabase project and a store of the user's own, instead of the embedded stack."""

import uuid
from collections.abc import Mapping

from service.stack import OWNER_ID, mint_token

TOKEN_LIFETIME_S = 86_400
# If all of these are set, the service uses the user's own project and no embedded stack starts.
REQUIRED = (
    *("SUPABASE_URL", "SUPABASE_KEY"),
    *("S3_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_BUCKET"),
)
_KEYS = ("SUPABASE_JWT_SECRET", "SUPABASE_JWKS_URL")
_OPTIONAL = ("SUPABASE_JWT_ISSUER", "SUPABASE_BARE_POSTGREST", "S3_REGION")


class ServeError(Exception):
    """The environment or the command line is not valid; the message says what to change."""


def external_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of the user's own project; empty if none is set.

    Raises:
        ServeError: only some of the variables are set.
    """
    present = [name for name in (*REQUIRED, *_KEYS) if environ.get(name)]
    if not present:
        return {}
    missing = [name for name in REQUIRED if name not in present]
    if missing:
        raise ServeError(
            f"environment: {', '.join(present)} set, but {', '.join(missing)} missing. Set all to "
            "use your own project, or none to use the embedded stack."
        )
    if "SUPABASE_JWT_SECRET" not in present and not environ.get("VERSUS_TOKEN"):
        raise ServeError(
            "environment: VERSUS_TOKEN missing. Set it to a user's access token, because a token "
            "can be made with SUPABASE_JWT_SECRET only."
        )
    names = (*REQUIRED, *_KEYS, *_OPTIONAL)
    return {name: environ[name] for name in names if environ.get(name)}


def tokens(environment: Mapping[str, str], given: str) -> tuple[str, str]:
    """The bearer tokens of the caller, the given one or of the seed data's owner, and a newcomer.

    A project without a shared secret signs all tokens itself, so there both are the given one.
    """
    secret = environment.get("SUPABASE_JWT_SECRET")
    if not secret:
        return given, given
    url = environment["SUPABASE_URL"].rstrip("/")
    issuer = environment.get("SUPABASE_JWT_ISSUER") or f"{url}/auth/v1"

    def mint(user_id: str) -> str:
        return mint_token(secret, user_id, lifetime_s=TOKEN_LIFETIME_S, issuer=issuer)

    return given or mint(OWNER_ID), mint(str(uuid.uuid4()))

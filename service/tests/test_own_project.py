import asyncio

import pytest

from service.auth import authenticate
from service.keys import Keys
from service.own_project import ServeError, external_environment, tokens
from service.stack import OWNER_ID
from service.tests.support import EXTERNAL


def test_an_external_token_may_be_given() -> None:
    """A given token is the caller's; else the seed's owner gets one, as a newcomer always does."""
    secret = EXTERNAL["SUPABASE_JWT_SECRET"]
    given, newcomer = tokens(EXTERNAL, "given")
    minted, _ = tokens(EXTERNAL, "")

    def owner(token: str) -> str:
        issuer = "http://127.0.0.1:1/auth/v1"
        return asyncio.run(authenticate(token, Keys(secret), issuer)).id

    assert ("given", OWNER_ID) == (given, owner(minted))
    assert owner(newcomer) != OWNER_ID


def test_a_project_with_signing_keys_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a shared secret no token can be made, so the given one is everybody's."""
    asymmetric = {name: EXTERNAL[name] for name in EXTERNAL if name != "SUPABASE_JWT_SECRET"}

    with pytest.raises(ServeError, match="VERSUS_TOKEN missing"):
        external_environment(asymmetric)
    assert asymmetric == external_environment(asymmetric | {"VERSUS_TOKEN": "given"})
    assert ("given", "given") == tokens(asymmetric, "given")


def test_external_environment_is_all_or_none() -> None:
    """All variables are returned; none set means embedded; empty counts as unset."""
    assert EXTERNAL == external_environment(EXTERNAL | {"HOME": "/"})
    assert {} == external_environment({"HOME": "/", "S3_BUCKET": ""})
    with pytest.raises(ServeError, match="S3_BUCKET set, but SUPABASE_URL"):
        external_environment({"S3_BUCKET": "bucket"})

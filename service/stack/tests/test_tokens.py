import jwt

from service.stack import mint_token
from service.stack.tokens import mint_key

SECRET = "a secret of at least thirty-two bytes"


def test_token_carries_supabase_claims() -> None:
    """A user's token has the claims that Supabase puts into its own."""
    token = mint_token(SECRET, "7d1f2c9a-5b0e-4c43-9a6e-0f4b8c2d1e01", lifetime_s=60)

    claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience="authenticated")

    assert "7d1f2c9a-5b0e-4c43-9a6e-0f4b8c2d1e01" == claims["sub"]
    assert "authenticated" == claims["role"]
    assert "7d1f2c9a@example.test" == claims["email"]
    assert 60 == claims["exp"] - claims["iat"]


def test_key_stands_for_a_role() -> None:
    """A project key names a role and no user."""
    claims = jwt.decode(mint_key(SECRET, "anon"), SECRET, algorithms=["HS256"])

    assert "anon" == claims["role"]
    assert "sub" not in claims

import re

import httpx
import jwt
import pytest

from service.pages.tests.support import HOSTILE, create, token_of, visit
from service.stack import OWNER_ID, Endpoints, mint_token
from service.tests.support import assert_problem


def test_variants_of_the_dashboard_differ_in_loading_only(stranger: httpx.Client) -> None:
    """Their documents are equal except for the variant's name."""
    pages = {name: stranger.get(f"/dashboard?loading={name}") for name in ("baseline", "optimized")}
    said = [re.sub(r' data-loading="\w+"| aria-current="page"', "", p.text) for p in pages.values()]

    assert said[0] == said[1]
    assert 'data-loading="baseline"' in pages["baseline"].text
    assert stranger.get("/dashboard").text == pages["optimized"].text


def test_an_unknown_variant_is_a_problem(stranger: httpx.Client, preview_path: str) -> None:
    """A misspelled variant is not served as the default."""
    assert_problem(stranger.get("/dashboard?loading=fast"), 422)
    assert_problem(stranger.get(f"{preview_path}?rendering=fast"), 422)


def test_a_session_is_a_cookie_for_previews_only(stranger: httpx.Client, token: str) -> None:
    """Scripts cannot read it, other sites cannot send it, and it expires after an hour."""
    bearer = {"Authorization": f"Bearer {token}"}
    plain = stranger.post("/session", headers=bearer)
    secure = stranger.post("/session", headers=bearer | {"X-Forwarded-Proto": "https"})
    stranger.cookies.clear()

    assert 204 == plain.status_code
    name, *attributes = plain.headers["Set-Cookie"].split("; ")
    assert f"versus_session={token}" == name
    expected = {"HttpOnly", "Max-Age=3600", "Path=/workflows", "SameSite=strict"}
    assert expected == set(attributes)
    assert expected | {"Secure"} == set(secure.headers["Set-Cookie"].split("; ")[1:])


def test_signing_out_deletes_the_cookie(stranger: httpx.Client) -> None:
    """It needs no token, so it works without one."""
    answer = stranger.delete("/session")

    assert 204 == answer.status_code
    assert 'versus_session=""; HttpOnly; Max-Age=0' in answer.headers["Set-Cookie"]


def test_no_session_without_a_valid_token(stranger: httpx.Client, stack: Endpoints) -> None:
    """No cookie is set for a token that the API refuses or that is too long for a browser."""
    expired = mint_token(stack.jwt_secret, OWNER_ID, lifetime_s=-60)
    claims = {
        "iss": "supabase",
        "aud": "authenticated",
        "role": "authenticated",
        "sub": OWNER_ID,
        "exp": 2**40,
    }
    long = jwt.encode(claims | {"x": "x" * 4000}, stack.jwt_secret, algorithm="HS256")
    for bad, status in (("abc", 401), (expired, 401), (long, 400)):
        answer = stranger.post("/session", headers={"Authorization": f"Bearer {bad}"})

        assert_problem(answer, status)
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/v1/me", "/v1/workflows", "/v1/files", "/session"])
def test_the_api_never_reads_the_cookie(stranger: httpx.Client, token: str, path: str) -> None:
    """Otherwise another site could make a browser act for the user."""
    method = "POST" if path == "/session" else "GET"
    answer = stranger.request(method, path, headers={"Cookie": f"versus_session={token}"})

    assert_problem(answer, 401)


def test_a_preview_shows_the_latest_version(
    client: httpx.Client, stranger: httpx.Client, preview_path: str, token: str
) -> None:
    """The page has the name, the counts and every node, without scripts."""
    workflow = client.get(f"/v1{preview_path.removesuffix('/preview')}").json()
    page = visit(stranger, preview_path, token)

    assert 200 == page.status_code
    assert f"<h1><bdi>{workflow['name']}</bdi></h1>" in page.text
    latest = workflow["latest_version"]
    assert latest["node_count"] == page.text.count("<rect ")
    assert latest["edge_count"] == page.text.count("<path ")
    assert "Server-Timing" not in page.headers


@pytest.mark.parametrize("cookie", [None, "abc", "a.b.c", 'a b"', "eyJ." * 900])
def test_a_preview_without_a_session_asks_to_sign_in(
    stranger: httpx.Client, preview_path: str, cookie: str | None
) -> None:
    """The page is HTML and contains nothing of the workflow."""
    page = visit(stranger, preview_path, cookie)

    assert 401 == page.status_code
    assert "text/html; charset=utf-8" == page.headers["Content-Type"]
    assert 'id="sign-in"' in page.text
    assert "<svg" not in page.text


def test_a_strangers_workflow_has_no_preview(
    stranger: httpx.Client, other_token: str, preview_path: str
) -> None:
    """Missing workflows and those of others have the same answer."""
    page = visit(stranger, preview_path, other_token)
    missing = visit(
        stranger, "/workflows/00000000-0000-4000-8000-000000000000/preview", other_token
    )

    for one in (page, missing):
        assert 404 == one.status_code
        assert '<p id="alert" role="alert">There is no such workflow.</p>' in one.text


def test_hostile_names_and_payloads_are_text(
    newcomer: httpx.Client, stranger: httpx.Client
) -> None:
    """No markup of a user becomes part of the page."""
    id_ = create(newcomer, HOSTILE)
    page = visit(stranger, f"/workflows/{id_}/preview", token_of(newcomer))

    assert 200 == page.status_code
    assert 1 == page.text.count("<script ")
    assert 1 == page.text.count("</title>")
    assert "<img" not in page.text
    assert "&lt;/title&gt;&lt;script&gt;alert(1)" in page.text


def test_the_page_for_the_client_has_no_data(stranger: httpx.Client, preview_path: str) -> None:
    """It is the same for every user; the data come from the API, which checks the token."""
    shell = stranger.get(f"{preview_path}?rendering=client")

    assert 200 == shell.status_code
    assert "<svg" not in shell.text

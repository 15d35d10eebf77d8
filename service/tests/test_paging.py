from typing import Any

import httpx
import pytest

from service.database import _BarePostgrest
from service.flags import Preset
from service.paging import Page
from service.tests.support import assert_problem, connect, cost_of, fetch_json, listed_workflows


@pytest.mark.parametrize("path", ["/v1/workflows?limit=50", "/v1/templates?limit=20", "/v1/files"])
@pytest.mark.parametrize("preset", Preset)
def test_silently_cut_answers_change_nothing(
    base_url: str, token: str, monkeypatch: pytest.MonkeyPatch, preset: Preset, path: str
) -> None:
    """If the server returns at most seven rows per request, every page is still complete."""
    send = _BarePostgrest.handle_async_request
    cut = []

    async def cut_short(self: _BarePostgrest, request: httpx.Request) -> httpx.Response:
        limit = int(request.url.params.get("limit", "1000"))
        request.url = request.url.copy_merge_params({"limit": str(min(limit, 7))})
        cut.append(limit > 7)
        return await send(self, request)

    with connect(base_url, token, f"preset={preset}") as client:
        expected = client.get(path).content
        monkeypatch.setattr(_BarePostgrest, "handle_async_request", cut_short)
        complete = client.get(path).content
        monkeypatch.undo()

    assert expected == complete
    assert True in cut


@pytest.mark.parametrize("path", ["/v1/workflows", "/v1/templates"])
def test_pages_join_without_gap(client: httpx.Client, path: str) -> None:
    """Consecutive small pages are the whole list, newest first, each item once."""
    whole = listed_workflows(client, path)
    pieces: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        page = fetch_json(client, f"{path}?limit=17&offset={offset}")
        pieces += page["items"]
        offset = page["next_offset"]

    assert whole == pieces
    assert whole == sorted(whole, key=lambda item: (item["created_at"], item["id"]), reverse=True)
    assert len({item["id"] for item in whole}) == len(whole) > 50


@pytest.mark.parametrize("flags", [f"preset={preset}" for preset in Preset])
def test_an_empty_list_costs_one_query(newcomer: httpx.Client, flags: str) -> None:
    """A user without workflows gets an empty page, and no versions are queried."""
    response = newcomer.get("/v1/workflows", headers={"Versus-Flags": flags})

    assert response.json() == {"items": [], "next_offset": None}
    assert cost_of(response)["db_requests"] == 1


def test_a_page_beyond_the_end_is_empty(client: httpx.Client) -> None:
    """An offset behind the last item gives an empty page, not an error."""
    assert fetch_json(client, "/v1/workflows?offset=1000000") == {"items": [], "next_offset": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1", "offset=1e9"])
def test_invalid_pages_are_refused(client: httpx.Client, query: str) -> None:
    """Limits are valid from 1 to 100, offsets from 0."""
    problem = assert_problem(client.get(f"/v1/workflows?{query}"), 422)

    assert problem["errors"][0]["where"] == "query." + query.partition("=")[0]


@pytest.mark.parametrize(
    ("page", "more", "expected"),
    [(Page(50, 0), True, 50), (Page(50, 100), True, 150), (Page(50, 100), False, None)],
)
def test_the_next_page_begins_behind_this_one(page: Page, more: bool, expected: int | None) -> None:
    """The last page has no next one."""
    assert expected == page.next_offset(more)

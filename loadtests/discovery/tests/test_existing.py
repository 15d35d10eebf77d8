"""Scenarios from several sources at once."""

import json
from pathlib import Path
from typing import Any

from loadtests.discovery.existing import NOTHING, WRITTEN_MAX, Existing, read_existing
from loadtests.discovery.tests.test_access_log import get
from loadtests.discovery.tests.test_har import RECORDED


def test_nothing_has_no_scenarios() -> None:
    """And nothing is read."""
    assert ((), ()) == read_existing(NOTHING)


def test_all_sources_are_joined(tmp_path: Path) -> None:
    """Names differ, comments come last, and one sentence counts them."""
    operation: dict[str, Any] = {"responses": {"200": {}}}
    described = {"paths": {"/shop": {"get": operation, "post": operation}}}
    (tmp_path / "openapi.json").write_text(json.dumps(described))
    (tmp_path / "access.log").write_text(get("/shop"))
    drafts, notes = read_existing(
        Existing(str(tmp_path / "openapi.json"), str(RECORDED), str(tmp_path / "access.log"))
    )
    names = [draft.full_name for draft in drafts]
    comments = [bool(draft.reason) for draft in drafts]

    assert ["", "get_shop_2", "get_shop_3"] == [
        draft.name for draft in drafts if draft.request == "GET /shop"
    ]
    assert len(names) == len({*names})
    assert sorted(comments) == comments
    assert f"4 of {len(drafts)} scenarios are comments, each with its reason" in notes[-1]


def test_only_a_large_log_is_announced(tmp_path: Path) -> None:
    """It takes a while; a missing one is an error later."""
    path = tmp_path / "access.log"
    assert [] == Existing(access_log=str(path)).large_files()
    with path.open("wb") as file:
        file.truncate(10**9)

    assert [("access.log", 10**9)] == Existing(access_log=str(path)).large_files()
    assert [] == Existing(access_log=str(RECORDED)).large_files()


def test_there_are_not_endlessly_many_comments(tmp_path: Path) -> None:
    """A sentence says how many more there are."""
    operation: dict[str, Any] = {"responses": {"200": {}}}
    described = {"paths": {f"/{n}": {"get": operation} for n in range(WRITTEN_MAX + 7)}}
    (tmp_path / "api.json").write_text(json.dumps(described))
    drafts, notes = read_existing(Existing(openapi=str(tmp_path / "api.json")))

    assert WRITTEN_MAX == len(drafts)
    assert "7 more scenarios are left out; 100 are written at most." == notes[0]

"""Scenarios from several sources at once."""

import json
from pathlib import Path

from loadtests.discovery.existing import NOTHING, Existing, read_existing
from loadtests.discovery.tests.test_access_log import get
from loadtests.discovery.tests.test_har import RECORDED


def test_nothing_has_no_scenarios() -> None:
    """And nothing is read."""
    assert ((), ()) == read_existing(NOTHING)


def test_all_sources_are_joined(tmp_path: Path) -> None:
    """Names differ, comments come last, and one sentence counts them."""
    operation = {"responses": {"200": {}}}
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
    assert "4 scenarios are comments, each with its reason" in notes[-1]

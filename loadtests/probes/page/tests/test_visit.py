"""One page in a real browser: what is loaded, what it reports, and what goes wrong."""

import json
from pathlib import Path

import pytest

from loadtests.probes.page.address import Address
from loadtests.probes.page.tests.browsing import TIMEOUT_S, loads, needs_chromium, page_address

pytestmark = [pytest.mark.slow, needs_chromium]


def test_what_a_page_shows_and_asks_for(pages_url: str, tmp_path: Path) -> None:
    """Times since navigation, requests, and those that ask for what was asked for already."""
    plain, twice, signed = loads(
        tmp_path,
        page_address(pages_url, "?work=100"),
        page_address(pages_url, "?twice=1"),
        page_address(pages_url, "?signed=1"),
    )
    times = plain.times

    assert ["", "", ""] == [load.error for load in (plain, twice, signed)]
    assert [2, 3, 3] == [load.counts["requests"] for load in (plain, twice, signed)]
    assert [0, 1, 1] == [load.counts["requests_duplicate"] for load in (plain, twice, signed)]
    assert plain.counts["received_bytes"] < twice.counts["received_bytes"]
    assert 0 < times["response_s"] <= times["first_contentful_paint_s"]
    assert 0 < times["load_event_s"]
    assert 0.1 <= times["data_shown_s"] < TIMEOUT_S
    # What it shows at last is smaller than its heading, so that was the largest.
    assert times["largest_contentful_paint_s"] == pytest.approx(
        times["first_contentful_paint_s"], abs=1.0
    )


def test_a_page_knows_who_asks_and_nothing_of_earlier_loads(pages_url: str, tmp_path: Path) -> None:
    """Headers and token lie in the session, cookies go with the page; each load begins empty."""
    headers = {"Authorization": "Bearer abc", "Flags": "mode=new", "Cookie": "shop=7; b=2"}
    whoami = Address(pages_url, "/whoami", headers, ("data-shown",))
    found = loads(tmp_path, whoami, whoami)
    held = [json.loads(load.error.partition("failed: ")[2]) for load in found]

    assert held[0] == held[1]
    assert 0 == held[0]["visits"]
    # A secret is taken out of what a page says, so its place alone is seen.
    assert ("abc", '{"Flags": "[removed]"}') == (held[0]["versus.token"], held[0]["versus.headers"])
    assert "[removed]; versus_session=abc" == held[0]["cookies"]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?fault=mark", "the page says that it failed: no thing"),
        ("?fault=early", "data_shown_s is 0, not after navigation began"),
        ("?fault=throw", "uncaught: broken by"),
        ("?fault=print", "console: said in two lines"),
        ("?fault=missing", "GET /missing answered 404"),
        ("?fault=away", "GET / failed: net::ERR_NAME_NOT_RESOLVED"),
        ("?fault=silent", "not all of data-shown came within 2 s"),
        ("/../nowhere", "GET /nowhere answered 404"),
    ],
)
def test_a_wrong_page_says_what_is_wrong(
    pages_url: str, tmp_path: Path, query: str, error: str
) -> None:
    """It is an error, never a fast load, and what it says holds no secret."""
    (found,) = loads(
        tmp_path,
        page_address(pages_url, query, {"X-Key": "abc123"}),
        timeout_s=2 if "silent" in query else TIMEOUT_S,
    )

    assert found.error.startswith(error)
    assert "abc123" not in found.error
    assert {} == found.times


def test_a_service_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """Nobody listens there."""
    (found,) = loads(tmp_path, page_address("http://127.0.0.1:9", ""))

    assert "ERR_CONNECTION_REFUSED" in found.error or "ERR_UNSAFE_PORT" in found.error

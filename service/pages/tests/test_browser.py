"""The pages in a real browser: both variants of each, what they ask for, and what they show."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect

from service.pages.answers import ASSETS_PATH
from service.pages.graph import draw
from service.pages.tests.support import HOSTILE, create, token_of
from service.stack import OWNER_ID, Endpoints, mint_token

pytestmark = pytest.mark.slow

VARIANTS = ("baseline", "optimized")
# Resolves with the mark's name, or with "failed". Polling from outside would need `eval`, which the
# pages' policy forbids.
AWAIT_MARK = """name => new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const found = list.getEntries().find((one) => [name, "failed"].includes(one.name));
    if (found) resolve(found.name);
  }).observe({ type: "mark", buffered: true });
})"""


@dataclass
class Visit:
    """An open page, its requests and its console messages."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def api_paths(self, base_url: str) -> list[str]:
        """Paths of the requests to the API, in order."""
        urls = [one.url.removeprefix(base_url) for one in self.requests]
        return [url for url in urls if url.startswith("/v1/")]

    def marks(self) -> list[str]:
        """Names of the page's own marks, in order."""
        names: list[str] = self.page.evaluate(
            "performance.getEntriesByType('mark').map((one) => one.name)"
        )
        return names


@contextmanager
def visit(
    browser: Browser,
    base_url: str,
    path: str,
    token: str | None = None,
    *,
    held: dict[str, str] | None = None,
    **options: Any,
) -> Iterator[Visit]:
    """Open a page in a context of its own, signed in as a measurement would be.

    `held` is what the tab's storage holds beside the token; `options` are the context's.
    """
    context = browser.new_context(base_url=base_url, **options)
    if token is not None:
        held = {"versus.token": token} | (held or {})
        cookie = {"name": "versus_session", "value": token, "url": f"{base_url}/workflows"}
        context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict
        stored = json.dumps(held)
        context.add_init_script(
            f"for (const [k, v] of Object.entries({stored})) sessionStorage.setItem(k, v);"
        )
    page = context.new_page()
    made = Visit(page)
    # Playwright marks the functions it is given, and a list's own cannot be marked.
    page.on("request", lambda request: made.requests.append(request))  # noqa: PLW0108
    page.on("console", lambda message: made.complaints.append(message.text))
    page.on("pageerror", lambda error: made.complaints.append(error.message))
    page.goto(path)
    yield made
    context.close()


def await_mark(made: Visit, name: str = "data-shown") -> None:
    """Wait for a mark; if the page fails, report its alert."""
    if made.page.evaluate(AWAIT_MARK, name) != name:
        raise AssertionError(made.page.get_by_role("alert").inner_text())


def test_signing_in_and_out(browser: Browser, base_url: str, token: str, preview_path: str) -> None:
    """The token opens the dashboard and, by the cookie, a preview; signing out closes both."""
    with visit(browser, base_url, "/dashboard") as made:
        page = made.page
        page.get_by_label("Bearer token").fill("nonsense")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("The token is not valid.")
        page.get_by_label("Bearer token").fill(token)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#caller")).to_contain_text("@example.test")
        page.goto(preview_path)
        expect(page.get_by_role("img", name="Nodes and the edges")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Bearer token")).to_be_visible()
        cookies = page.context.cookies()
        page.goto("/dashboard")
        expect(page.get_by_label("Bearer token")).to_be_visible()

    assert [] == cookies


def test_both_loadings_show_the_same(browser: Browser, base_url: str, token: str) -> None:
    """Word for word and image for image, and neither complains of anything."""
    shown = {}
    for variant in VARIANTS:
        with visit(browser, base_url, f"/dashboard?loading={variant}", token) as made:
            await_mark(made, "images-shown")
            images = made.page.locator("#files img")
            shown[variant] = (made.page.locator("main").inner_text(), images.count())
            assert [] == made.complaints
            assert "images-shown" == made.marks()[-1]
            assert ["data-shown", "files-shown", "images-shown"] == sorted(made.marks())
            assert 50 == made.page.locator("#workflows tr").count()

    assert shown["baseline"] == shown["optimized"]
    assert 50 == shown["optimized"][1]


def test_duplicate_requests(browser: Browser, base_url: str, token: str) -> None:
    """The baseline requests some addresses several times, the optimized variant each once."""
    asked = {}
    for variant in VARIANTS:
        with visit(browser, base_url, f"/dashboard?loading={variant}", token) as made:
            await_mark(made, "images-shown")
            asked[variant] = Counter(made.api_paths(base_url))
            every = Counter(one.url for one in made.requests)
            twice = {url for url, times in every.items() if times > 1}
            assert {base_url + path for path, times in asked[variant].items() if times > 1} == twice

    assert set(asked["baseline"]) == set(asked["optimized"])
    assert {1} == set(asked["optimized"].values())
    assert 5 == asked["baseline"].total() - len(asked["baseline"])


@pytest.mark.parametrize(("variant", "loading"), [("baseline", "eager"), ("optimized", "lazy")])
def test_thumbnails_in_the_viewport_are_shown(
    browser: Browser, base_url: str, token: str, variant: str, loading: str
) -> None:
    """When the mark is set, they are loaded from the store at their full size."""
    with visit(browser, base_url, f"/dashboard?loading={variant}", token) as made:
        await_mark(made, "images-shown")
        images = made.page.evaluate(
            "[...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight)"
            ".map((one) => [one.complete, one.naturalWidth, one.naturalHeight, one.loading])"
        )

    assert len(images) >= 10
    assert [[True, 160, 120, loading]] * len(images) == images


def test_a_phone_leaves_the_farthest_thumbnails_for_later(
    browser: Browser, base_url: str, token: str
) -> None:
    """The optimized page does not load thumbnails far from the viewport."""
    loaded = {}
    for variant in VARIANTS:
        path = f"/dashboard?loading={variant}"
        size = {"width": 390, "height": 600}
        with visit(browser, base_url, path, token, viewport=size) as made:
            await_mark(made, "images-shown")
            made.page.wait_for_load_state("networkidle")
            loaded[variant] = sum("/thumbnails/" in one.url for one in made.requests)

    assert 50 == loaded["baseline"] > loaded["optimized"] > 0


def test_more_headers_are_sent_to_the_api_only(browser: Browser, base_url: str, token: str) -> None:
    """A measurement's flags and secret are sent to the service, never to the store."""
    more = json.dumps({"Versus-Flags": "preset=baseline"})
    with visit(browser, base_url, "/dashboard", token, held={"versus.headers": more}) as made:
        await_mark(made, "images-shown")
        ours = [one for one in made.requests if one.url.startswith(f"{base_url}/v1/")]
        others = [one for one in made.requests if not one.url.startswith(base_url)]

        assert ours
        assert others
        assert {"preset=baseline"} == {one.headers.get("versus-flags") for one in ours}
        assert not any({"versus-flags", "authorization"} & set(one.headers) for one in others)


def test_hostile_names_are_text(browser: Browser, base_url: str, newcomer: httpx.Client) -> None:
    """Markup in names stays text in lists, tiles and both kinds of drawings."""
    id_ = create(newcomer, HOSTILE)
    file = (HOSTILE, b"\x89PNG\r\n\x1a\n", "image/png")
    assert newcomer.post("/v1/files", files={"file": file}).status_code == 201
    paths = [f"/dashboard?loading={variant}" for variant in VARIANTS]
    paths += [f"/workflows/{id_}/preview?rendering={one}" for one in ("client", "server")]
    for path in paths:
        with visit(browser, base_url, path, token_of(newcomer)) as made:
            await_mark(made)
            page = made.page

            assert [] == made.complaints
            assert 1 == page.locator("script").count()
            assert 0 == page.locator("img").count()
            assert "<script>alert(1)</script>" in page.locator("main").inner_text()


@pytest.mark.parametrize("rendering", ["client", "server"])
def test_a_preview_marks_once_without_console_messages(
    browser: Browser, base_url: str, token: str, preview_path: str, rendering: str
) -> None:
    """The mark is set once the drawing is shown; the server's page sends no request to the API."""
    path = f"{preview_path}?rendering={rendering}"
    with visit(browser, base_url, path, token) as made:
        await_mark(made)

        assert ["data-shown"] == made.marks()
        assert [] == made.complaints
        assert (1 if rendering == "client" else 0) == len(made.api_paths(base_url))
        assert made.page.locator("svg rect").count() > 5


def test_both_renderings_are_the_same(
    browser: Browser, base_url: str, token: str, newcomer: httpx.Client, preview_path: str
) -> None:
    """All elements are equal, for a workflow of the seed data and for a hostile one."""
    hostile = f"/workflows/{create(newcomer, HOSTILE)}/preview"
    for path, bearer in ((preview_path, token), (hostile, token_of(newcomer))):
        shown = []
        for rendering in ("client", "server"):
            with visit(browser, base_url, f"{path}?rendering={rendering}", bearer) as made:
                await_mark(made)
                shown.append((made.page.title(), made.page.locator("#content").inner_html()))

        assert shown[0] == shown[1]


def test_without_a_script_the_servers_preview_is_complete(
    browser: Browser, base_url: str, token: str, preview_path: str
) -> None:
    """It shows no message about missing scripts either."""
    with visit(browser, base_url, preview_path, token, java_script_enabled=False) as made:
        said = made.page.locator("main").inner_text()
        rects = made.page.locator("svg rect").count()

    assert rects > 5
    assert "script" not in said


def strange_payload(rng: random.Random) -> dict[str, Any]:
    """A payload in which anything may stand anywhere."""
    numbers = [0, -0.5, 0.5, 2.5, 39.5, 40, 1000, 1000.4, 1e5, -1e5, 1e308, 10**30, -7]
    texts = ["", "a", "b", "input.x", "model", "é" * 40, "🜁" * 30, "<b>", "x" * 14, "constructor"]
    anything: list[Any] = [None, True, [], {}, [1], *numbers, *texts]

    def node() -> Any:
        whole = {
            "id": rng.choice(anything),
            "type": rng.choice(anything),
            "position": rng.choice(
                [*anything, {"x": rng.choice(anything), "y": rng.choice(numbers)}]
            ),
            "width": rng.choice(anything),
            "height": rng.choice(numbers),
            "data": rng.choice([*anything, {"label": rng.choice(anything)}]),
        }
        kept = rng.sample(sorted(whole), rng.randint(3, 6))
        return rng.choice([*[{key: whole[key] for key in kept}] * 9, rng.choice(anything)])

    def edge() -> Any:
        ends = {
            "source": rng.choice(["a", "b", 3, None]),
            "target": rng.choice(["a", "b", "__proto__"]),
        }
        return rng.choice([ends, ends, ends, rng.choice(anything)])

    return {
        "nodes": [node() for _ in range(rng.randint(0, 40))],
        "edges": [edge() for _ in range(rng.randint(0, 40))],
    }


def test_server_and_browser_draw_the_same(browser: Browser, base_url: str) -> None:
    """Both programs lay out 300 random payloads alike."""
    rng = random.Random(1)  # noqa: S311 -- no secret
    payloads = [strange_payload(rng) for _ in range(300)]
    with visit(browser, base_url, "/dashboard") as made:
        theirs = made.page.evaluate(
            "async ([path, text]) => { const { draw } = await import(path);"
            " return JSON.stringify(JSON.parse(text).map(draw)); }",
            [f"{ASSETS_PATH}/graph.js", json.dumps(payloads)],
        )

    for payload, drawn in zip(payloads, json.loads(theirs), strict=True):
        ours = json.loads(json.dumps(asdict(draw(payload))))
        assert {
            "nodes": ours["nodes"],
            "edges": ours["edges"],
            "nodesTotal": ours["nodes_total"],
            "edgesTotal": ours["edges_total"],
            "viewBox": ours["view_box"],
            "kinds": ours["kinds"],
        } == drawn


def test_an_expired_token_shows_the_form(
    browser: Browser, base_url: str, stack: Endpoints, preview_path: str
) -> None:
    """Every page shows the error and the sign-in form."""
    expired = mint_token(stack.jwt_secret, OWNER_ID, lifetime_s=-60)
    for path in ("/dashboard?loading=baseline", "/dashboard", f"{preview_path}?rendering=client"):
        with visit(browser, base_url, path, expired) as made:
            expect(made.page.get_by_role("alert")).to_have_text("The token has expired.")
            expect(made.page.get_by_label("Bearer token")).to_be_visible()

            assert ["failed"] == made.marks()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_failure_is_shown(browser: Browser, base_url: str, token: str, variant: str) -> None:
    """If a widget has no data, an alert is shown and no mark of a complete page is set."""
    held = {"versus.headers": "[not json"}
    with visit(browser, base_url, f"/dashboard?loading={variant}", token, held=held) as made:
        expect(made.page.get_by_role("alert")).to_contain_text("is not a JSON object")

        assert ["failed"] == made.marks()


def test_a_missing_workflow_is_shown(browser: Browser, base_url: str, token: str) -> None:
    """Both renderings show the same message."""
    for rendering in ("client", "server"):
        path = f"/workflows/00000000-0000-4000-8000-000000000000/preview?rendering={rendering}"
        with visit(browser, base_url, path, token) as made:
            expect(made.page.get_by_role("alert")).to_have_text("There is no such workflow.")
            made.page.evaluate(AWAIT_MARK, "failed")

            assert ["failed"] == made.marks()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    browser: Browser, base_url: str, token: str, preview_path: str, scheme: str
) -> None:
    """Contrast, names, landmarks, order of headings; on every page, signed in or not."""
    pages = [
        ("/dashboard", None),
        ("/dashboard", token),
        (preview_path, token),
        (preview_path, None),
    ]
    for path, bearer in pages:
        with visit(browser, base_url, path, bearer, color_scheme=scheme) as made:
            if bearer:
                await_mark(made)
            found = Axe().run(made.page)

            assert 0 == found.violations_count, found.generate_report()


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_scrolls_sideways(
    browser: Browser, base_url: str, token: str, preview_path: str, width: int
) -> None:
    """Wide tables and drawings scroll inside themselves."""
    size = {"width": width, "height": 844}
    for path in ("/dashboard", preview_path):
        with visit(browser, base_url, path, token, viewport=size) as made:
            await_mark(made)
            overflow = made.page.evaluate("document.documentElement.scrollWidth - innerWidth")

            assert overflow <= 0

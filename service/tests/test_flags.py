import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import (
    FlagEvaluationDetails,
    FlagResolutionDetails,
    FlagValueType,
    Reason,
)
from openfeature.hook import Hook, HookContext, HookHints
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider

from service.app import create_app
from service.flags import (
    FlagReader,
    Flags,
    Upload,
    UrlCache,
    UrlSigning,
    WorkflowQuery,
    is_trusted,
    parse_overrides,
)
from service.problems import Problem
from service.settings import Settings
from service.tests.support import OVERRIDE_SECRET, assert_problem, connect, cost_of, serve

BASELINE = Flags(WorkflowQuery.FULL_ROWS, UrlSigning.DEFAULT_EXECUTOR, 20, Upload.SEQUENTIAL)
OPTIMIZED = Flags(WorkflowQuery.SUMMARY_COLUMNS, UrlSigning.THREAD_POOL, 20, Upload.PARALLEL)
OLD = {
    "workflow_query": "full_rows",
    "url_signing": "default_executor",
    "upload": "sequential",
    "url_cache": "off",
}
NEW = OLD | {
    "workflow_query": "summary_columns",
    "url_signing": "thread_pool",
    "upload": "parallel",
}
TUNED = NEW | {"workflow_query": "latest_embed", "url_signing": "batch_native"}
ONE_WORKFLOW = "/v1/workflows?limit=1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        (" , ,", {}),
        ("workflow_query=full_rows", {"workflow_query": "full_rows"}),
        (" url_signing = sequential ", {"url_signing": "sequential"}),
        ("signing_workers=64", {"signing_workers": 64}),
        ("upload=parallel", {"upload": "parallel"}),
        ("url_cache=on", {"url_cache": "on"}),
        ("preset=baseline", OLD),
        ("preset=baseline, url_signing=thread_pool", OLD | {"url_signing": "thread_pool"}),
        ("url_signing=sequential,preset=optimized", NEW),
        ("preset=tuned", TUNED),
        ("preset=tuned,url_cache=on", TUNED | {"url_cache": "on"}),
        ("url_cache=on,preset=tuned", TUNED),
    ],
)
def test_overrides_are_read_in_order(text: str, expected: dict[str, str | int]) -> None:
    """A header is a list of name=value, of which later ones win."""
    assert expected == parse_overrides(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("full_rows", "name=value"),
        ("speed=max", "url_signing, signing_workers, upload or url_cache"),
        ("workflow_query=fast", "full_rows or summary_columns or latest_embed"),
        ("upload=fast", "sequential or parallel"),
        ("url_signing=", "sequential or default_executor or thread_pool or batch_native"),
        ("preset=fast", "baseline or optimized or tuned"),
        ("url_cache=maybe", "off or on"),
        ("signing_workers=0", "from 1 to 64"),
        ("signing_workers=65", "from 1 to 64"),
        ("signing_workers=-1", "from 1 to 64"),
        ("signing_workers=1e1", "from 1 to 64"),
        ("signing_workers=" + "9" * 5000, "from 1 to 64"),
        ("signing_workers=\u00b2", "from 1 to 64"),
    ],
)
def test_unknown_flags_and_values_are_refused(text: str, named: str) -> None:
    """An invalid override is a 400 that names the valid flags or values."""
    with pytest.raises(Problem) as caught:
        parse_overrides(text)

    assert caught.value.status == 400
    assert named in caught.value.detail


@pytest.mark.parametrize(
    ("sent", "secret", "expected"),
    [
        (b"a secret", b"a secret", True),
        (b"a secre", b"a secret", False),
        (b"\xff\xfe", b"a secret", False),
        (b"", b"a secret", False),
        (None, b"a secret", False),
        (b"", None, False),
        (None, None, False),
    ],
)
def test_trust_needs_the_exact_secret(
    sent: bytes | None, secret: bytes | None, expected: bool
) -> None:
    """Only the exact secret is trusted, and nothing if none is set."""
    assert expected == is_trusted(sent, secret)


def test_a_trusted_caller_chooses(baseline: httpx.Client, optimized: httpx.Client) -> None:
    """The override decides what the request does."""
    full = cost_of(baseline.get(ONE_WORKFLOW))
    summary = cost_of(optimized.get(ONE_WORKFLOW))

    assert full["db_bytes"] > 5 * summary["db_bytes"]


@pytest.mark.parametrize(
    "secret", [None, b"", b"wrong", OVERRIDE_SECRET.encode() + b"x", b"\xff\xfe"]
)
def test_overrides_of_others_are_ignored(client: httpx.Client, secret: bytes | None) -> None:
    """Without the secret even an invalid override changes nothing."""
    headers = {b"Versus-Flags": b"speed=max"}
    if secret is not None:
        headers[b"Versus-Override-Secret"] = secret

    response = client.get("/v1/me", headers=headers)

    assert response.status_code == 200
    assert "Versus-Cost" not in response.headers


def test_overrides_are_off_without_a_secret(settings: Settings, token: str) -> None:
    """Where no secret is set, nothing that a caller sends is trusted."""
    closed = create_app(settings.model_copy(update={"versus_override_secret": None}))
    with serve(closed) as url, connect(url, token, "preset=nonsense") as caller:
        response = caller.get("/v1/me")

    assert response.status_code == 200
    assert "Versus-Cost" not in response.headers


@pytest.mark.parametrize("path", ["/v1/me", "/v1/workflows", "/v1/templates", "/v1/files"])
def test_a_wrong_trusted_override_is_a_400(base_url: str, token: str, path: str) -> None:
    """The answer to a trusted caller lists the valid values."""
    with connect(base_url, token, "workflow_query=fast") as caller:
        problem = assert_problem(caller.get(path), 400)

    assert "full_rows or summary_columns or latest_embed" in problem["detail"]


def test_other_bytes_in_a_trusted_override_are_a_400(baseline: httpx.Client) -> None:
    """A trusted override that is not ASCII is a 400, not a crash."""
    assert_problem(baseline.get("/v1/me", headers={b"Versus-Flags": b"\xff=\xfe"}), 400)


def read(reader: FlagReader, overrides: Mapping[str, str | int] | None = None) -> Flags:
    """The flags of one request."""
    reader.open()
    try:
        return asyncio.run(reader.read("somebody", overrides or {}))
    finally:
        reader.close()


def test_the_settings_are_the_default_provider() -> None:
    """Without a provider the flags are those of the settings."""
    assert read(FlagReader(BASELINE)) == BASELINE


def team_provider(query: str, workers: int, cache: str = "off") -> InMemoryProvider:
    """A flag provider as a team would bring it."""
    return InMemoryProvider(
        {
            "workflow_query": InMemoryFlag("on", {"on": query}),
            "url_cache": InMemoryFlag("on", {"on": cache}),
            "signing_workers": InMemoryFlag("on", {"on": workers}),
        }
    )


def test_a_team_s_provider_decides() -> None:
    """Flags that the provider does not have keep their defaults."""
    expected = Flags(WorkflowQuery.FULL_ROWS, UrlSigning.THREAD_POOL, 4, url_cache=UrlCache.ON)

    assert expected == read(FlagReader(OPTIMIZED, team_provider("full_rows", 4, "on")))


def test_an_override_wins_over_a_team_s_provider() -> None:
    """The override wraps whichever provider is in use."""
    flags = read(
        FlagReader(OPTIMIZED, team_provider("full_rows", 4)),
        parse_overrides("workflow_query=summary_columns,signing_workers=9"),
    )

    assert Flags(WorkflowQuery.SUMMARY_COLUMNS, UrlSigning.THREAD_POOL, 9) == flags


def test_hooks_see_which_flags_are_overridden() -> None:
    """Every flag is evaluated through OpenFeature, an override as a targeting match."""
    seen: dict[str, tuple[object, object]] = {}

    class Recorder(Hook):
        def after(
            self,
            hook_context: HookContext,
            details: FlagEvaluationDetails[FlagValueType],
            hints: HookHints,  # noqa: ARG002 -- OpenFeature's signature
        ) -> None:
            seen[hook_context.flag_key] = (details.value, details.reason)

    api.add_hooks([Recorder()])
    try:
        read(FlagReader(BASELINE), parse_overrides("preset=tuned"))
    finally:
        api.clear_hooks()

    overridden = {name: (value, Reason.TARGETING_MATCH) for name, value in TUNED.items()}
    assert overridden | {"signing_workers": (20, Reason.STATIC)} == seen


def test_an_invalid_answer_of_a_provider_is_not_used() -> None:
    """An unknown value becomes the default, a number the nearest valid one."""
    expected = Flags(WorkflowQuery.SUMMARY_COLUMNS, UrlSigning.THREAD_POOL, 64)

    assert expected == read(FlagReader(OPTIMIZED, team_provider("quantum", 1000, "quantum")))


def test_two_applications_have_their_own_flags(settings: Settings, token: str) -> None:
    """Two applications in one process serve different flags at the same time."""
    costs = []
    first = create_app(settings, team_provider("full_rows", 20))
    second = create_app(settings, team_provider("summary_columns", 20))
    with serve(first) as one, serve(second) as two:
        for url in (one, two, one, two):
            with connect(url, token, "") as caller:
                costs.append(cost_of(caller.get(ONE_WORKFLOW))["db_bytes"])

    assert costs[:2] == costs[2:]
    assert costs[0] > 5 * costs[1]


class SlowProvider(InMemoryProvider):
    """Lets other requests run before it answers."""

    async def resolve_string_details_async(
        self,
        flag_key: str,
        default_value: str,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[str]:
        """The plain answer, a little later."""
        await asyncio.sleep(0)
        return self.resolve_string_details(flag_key, default_value, evaluation_context)


def test_a_thousand_interleaved_readings_never_mix() -> None:
    """Each of many interleaved requests reads its own flags."""
    texts = ["preset=tuned,url_cache=on", "preset=baseline", "url_signing=sequential", ""]
    reader = FlagReader(OPTIMIZED, SlowProvider({}))
    expected = [read(FlagReader(OPTIMIZED), parse_overrides(text)) for text in texts] * 250

    async def interleaved() -> list[Flags]:
        return await asyncio.gather(
            *(reader.read(f"user {n}", parse_overrides(texts[n % 4])) for n in range(1000))
        )

    reader.open()
    try:
        assert expected == asyncio.run(interleaved())
    finally:
        reader.close()


def test_concurrent_requests_never_mix(base_url: str, token: str) -> None:
    """Requests in flight together each run by their own flags and count their own cost."""
    kinds = ["preset=baseline", "preset=optimized", "preset=tuned"]
    with connect(base_url, token, "") as caller:

        def db_bytes(kind: str) -> float:
            return cost_of(caller.get(ONE_WORKFLOW, headers={"Versus-Flags": kind}))["db_bytes"]

        alone = [db_bytes(kind) for kind in kinds]
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(db_bytes, kinds * 20))

    assert 3 == len(set(alone))
    assert alone * 20 == together


def test_bodies_do_not_depend_on_the_flags(
    baseline: httpx.Client, optimized: httpx.Client, tuned: httpx.Client
) -> None:
    """The answer's body is the same, byte for byte, in every variant."""
    for path in ("/v1/me", "/v1/workflows", "/v1/templates", "/v1/files"):
        expected = baseline.get(path).content
        assert expected == optimized.get(path).content == tuned.get(path).content
        assert json.loads(expected)


def test_each_override_is_logged_once(
    settings: Settings, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log names the flags that a trusted caller chose, at their first use only."""
    with serve(create_app(settings)) as url:
        for flags in ("preset=tuned", "preset=tuned", "signing_workers=3", "preset=tuned"):
            with connect(url, token, flags) as caller:
                caller.get("/v1/files")
        with connect(url, token) as caller:
            caller.get("/v1/files", headers={"Versus-Flags": "preset=baseline"})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert ["flags overridden"] * 2 == [line["event"] for line in lines]
    assert ["batch_native", None] == [line["flags"].get("url_signing") for line in lines]
    assert OVERRIDE_SECRET not in str(lines)

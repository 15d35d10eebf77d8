"""The service keeps what its OpenAPI document says, for generated requests and for kept ones."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.stack import Endpoints, mint_token
from service.tests.support import GRAPH, OVERRIDE_SECRET, assert_problem, connect

HERE = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).with_name("st")
CASES: dict[str, list[tuple[str, Any]]] = json.loads((HERE / "contract_cases.json").read_text())
UPLOAD = {"name": "a.txt", "content_type": "text/plain", "size_bytes": 5}
WORKFLOW = {"name": "w", "description": "", "payload": GRAPH}


@pytest.fixture(scope="module")
def owner(base_url: str, stack: Endpoints) -> Iterator[httpx.Client]:
    """A new owner, whose data no other test counts."""
    with connect(base_url, mint_token(stack.jwt_secret, str(uuid.uuid4()))) as connected:
        yield connected


def posted(client: httpx.Client, path: str, body: Any) -> httpx.Response:
    """The answer to a JSON body, surrogates and infinities included."""
    return client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(("field", "value"), CASES["uploads"], ids=repr)
def test_an_invalid_upload_is_refused(owner: httpx.Client, field: str, value: object) -> None:
    """Nothing is turned into a number or cut to fit."""
    body = {"files": [UPLOAD | {field: value}]}

    assert_problem(posted(owner, "/v1/files/uploads", body), 422)
    body["files"][0]["id"] = str(uuid.uuid4())
    assert_problem(posted(owner, "/v1/files/uploads/complete", body), 422)


@pytest.mark.parametrize(("field", "value"), CASES["workflows"], ids=repr)
def test_an_invalid_workflow_is_refused(owner: httpx.Client, field: str, value: object) -> None:
    """What the database cannot hold or the schema forbids is the client's mistake."""
    assert_problem(posted(owner, "/v1/workflows", WORKFLOW | {field: value}), 422)


def numbers_alike(text: str) -> Any:
    """JSON with all numbers as floats."""
    return json.loads(text, parse_int=float)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
FEW = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FEW
@given(size=JSON_VALUES)
def test_a_size_is_an_integer_in_its_bounds(owner: httpx.Client, size: object) -> None:
    """Any other value is refused, whatever it would convert to."""
    is_valid = type(size) is int and 0 <= size <= 20 * 1024 * 1024

    answer = posted(owner, "/v1/files/uploads", {"files": [UPLOAD | {"size_bytes": size}]})

    assert (200 if is_valid else 422) == answer.status_code


@FEW
@given(extra=st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_a_payload_comes_back_as_it_was_sent(owner: httpx.Client, extra: dict[str, Any]) -> None:
    """A payload is stored as a whole, or refused because no JSON database can hold it."""
    payload = GRAPH | extra
    answer = posted(owner, "/v1/workflows", WORKFLOW | {"payload": payload})

    if answer.status_code == 201:
        stored = owner.get(f"/v1/workflows/{answer.json()['id']}").text
        # Postgres writes the same number in another way, 1e3 as 1000.
        assert (
            numbers_alike(json.dumps(payload)) == numbers_alike(stored)["latest_version"]["payload"]
        )
    else:
        assert_problem(answer, 422)
        sent = json.dumps(payload)
        lists = isinstance(payload["nodes"], list) and isinstance(payload["edges"], list)
        assert not lists or any(mark in sent for mark in ("\\u0000", "\\ud", "NaN", "Infinity"))


@FEW
@given(limit=st.text(max_size=6) | st.integers().map(str), offset=st.integers().map(str))
@example("5.0", "0")
@example(" 5", "0")
@example("+5", "0")
@example("1_0", "0")
@example("\u0665", "0")
@example("100", "1000000")
@example("5", "1e1")
def test_a_page_is_given_by_numbers(owner: httpx.Client, limit: str, offset: str) -> None:
    """Numbers in their bounds have a page; all else is refused, and nothing fails."""
    answer = owner.get("/v1/workflows", params={"limit": limit, "offset": offset})
    is_page = limit.isascii() and limit.isdigit() and 1 <= int(limit) <= 100
    is_place = offset.isascii() and offset.isdigit() and int(offset) <= 1_000_000

    assert (200 if is_page and is_place else 422) == answer.status_code


def run_schemathesis(
    base_url: str, token: str, folder: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run all checks of Schemathesis on every endpoint."""
    return subprocess.run(
        [
            *(SCHEMATHESIS, "--config-file", HERE / "schemathesis.toml"),
            *("run", f"{base_url}/openapi.json", "--checks", "all", "--no-color"),
            *("--header", f"Authorization: Bearer {token}"),
            *("--header", f"Versus-Override-Secret: {OVERRIDE_SECRET}"),
            *options,
        ],
        cwd=folder,
        env=os.environ
        | {
            "PYTHONWARNINGS": "ignore",
            "PYTHONPATH": str(HERE.parents[1]),
            "SCHEMATHESIS_HOOKS": "service.tests.schemathesis_hooks",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def findings(run: subprocess.CompletedProcess[str]) -> str:
    """What was found; all output if Schemathesis itself failed."""
    return run.stdout.partition(" FAILURES ")[2] or run.stdout + run.stderr


@pytest.mark.slow
def test_generated_requests_find_nothing(base_url: str, stack: Endpoints, tmp_path: Path) -> None:
    """All checks pass on every endpoint, without a 5xx; what they cannot know is explained."""
    token = mint_token(stack.jwt_secret, str(uuid.uuid4()))
    options = ("--phases", "coverage,fuzzing", "--max-examples", "5")

    run = run_schemathesis(base_url, token, tmp_path, *options)

    assert 0 == run.returncode, findings(run)
    assert "Tested: 18" in run.stdout


@pytest.mark.slow
@pytest.mark.long
def test_many_generated_requests_find_nothing(
    base_url: str, stack: Endpoints, tmp_path: Path
) -> None:
    """The same with many more requests, and with sequences of them."""
    token = mint_token(stack.jwt_secret, str(uuid.uuid4()))

    run = run_schemathesis(base_url, token, tmp_path, "--max-examples", "100")

    assert 0 == run.returncode, findings(run)

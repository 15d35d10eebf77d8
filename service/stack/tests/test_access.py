"""Row-level security as a client meets it: through PostgREST, with real tokens."""

import uuid

import httpx
import pytest

from service.stack import LIBRARY_OWNER_ID, OTHER_OWNER_ID, OWNER_ID, Endpoints, mint_token
from service.tests.support import NO_TLS

GRAPH = {"nodes": [{"id": "a"}], "edges": []}


def connect(stack: Endpoints, token: str | None) -> httpx.Client:
    headers = {"Prefer": "return=representation"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.Client(
        verify=NO_TLS, trust_env=False, base_url=stack.supabase_url, headers=headers
    )


def owners(client: httpx.Client, table: str) -> set[str]:
    return {row["owner_id"] for row in client.get(f"/{table}?select=owner_id").json()}


def test_owner_sees_own_workflows_and_templates(stack: Endpoints) -> None:
    """A user sees their own workflows and the library's templates, and no others."""
    with connect(stack, mint_token(stack.jwt_secret, OTHER_OWNER_ID)) as other:
        rows = other.get("/workflows?select=owner_id,is_template").json()

    assert {(OTHER_OWNER_ID, False), (LIBRARY_OWNER_ID, True)} == {
        (row["owner_id"], row["is_template"]) for row in rows
    }


def test_versions_follow_their_workflow(stack: Endpoints) -> None:
    """A user sees versions of visible workflows only, for any requested id."""
    with connect(stack, stack.service_key) as trusted:
        mine = trusted.get(f"/workflows?owner_id=eq.{OWNER_ID}&select=id&limit=1").json()[0]["id"]
    query = f"/workflow_versions?workflow_id=eq.{mine}&select=version_number"

    with (
        connect(stack, mint_token(stack.jwt_secret, OWNER_ID)) as owner,
        connect(stack, mint_token(stack.jwt_secret, OTHER_OWNER_ID)) as other,
    ):
        assert [] != owner.get(query).json()
        assert [] == other.get(query).json()


def test_latest_versions_follow_their_workflow(stack: Endpoints) -> None:
    """Every query for the latest version returns it for visible workflows only."""
    with connect(stack, stack.service_key) as trusted:
        mine = trusted.get(f"/workflows?owner_id=eq.{OWNER_ID}&limit=1").json()[0]
    embedded = f"/workflows?id=eq.{mine['id']}&select=id,latest_version(version_number)"
    called = {"workflow": mine}

    with (
        connect(stack, mint_token(stack.jwt_secret, OWNER_ID)) as owner,
        connect(stack, mint_token(stack.jwt_secret, OTHER_OWNER_ID)) as other,
        connect(stack, stack.supabase_key) as anonymous,
    ):
        [row] = owner.get(embedded).json()
        [version] = owner.post("/rpc/latest_version", json=called).json()
        assert row["latest_version"]["version_number"] == version["version_number"] > 0
        assert [] == other.get(embedded).json()
        assert [] == other.post("/rpc/latest_version", json=called).json()
        assert 401 == anonymous.post("/rpc/latest_version", json=called).status_code


def test_files_are_the_owners_only(stack: Endpoints) -> None:
    """A user sees no files of other users."""
    with connect(stack, mint_token(stack.jwt_secret, OWNER_ID)) as owner:
        assert {OWNER_ID} == owners(owner, "files")


@pytest.mark.parametrize("table", ["workflows", "workflow_versions", "files", "schema_migrations"])
def test_anonymous_sees_nothing(stack: Endpoints, table: str) -> None:
    """Without a user, with or without the public key, every table is refused."""
    for token in (None, stack.supabase_key):
        with connect(stack, token) as anonymous:
            assert 401 == anonymous.get(f"/{table}?select=*&limit=1").status_code


def test_service_role_sees_all(stack: Endpoints) -> None:
    """Row-level security does not apply to the service key."""
    with connect(stack, stack.service_key) as trusted:
        assert {OWNER_ID, OTHER_OWNER_ID, LIBRARY_OWNER_ID} <= owners(trusted, "workflows")


def test_inserting_for_another_user_is_refused(stack: Endpoints) -> None:
    """A user can create no workflow, version or file for another user, and no template."""
    with connect(stack, stack.service_key) as trusted:
        mine = trusted.get(f"/workflows?owner_id=eq.{OWNER_ID}&select=id&limit=1").json()[0]["id"]
    key = f"{OWNER_ID}/files/{uuid.uuid4()}.png"
    file = {"owner_id": OWNER_ID, "name": "x", "content_type": "image/png", "size_bytes": 1}

    with connect(stack, mint_token(stack.jwt_secret, OTHER_OWNER_ID)) as other:
        refused = [
            other.post("/workflows", json={"owner_id": OWNER_ID, "name": "x"}),
            other.post(
                "/workflows", json={"owner_id": OTHER_OWNER_ID, "name": "x", "is_template": True}
            ),
            other.post(
                "/workflow_versions",
                json={"workflow_id": mine, "version_number": 99, "payload": GRAPH},
            ),
            other.post("/files", json=file | {"object_key": key}),
        ]

    assert [(403, "42501")] * 4 == [(r.status_code, r.json()["code"]) for r in refused]


def test_template_is_not_editable(stack: Endpoints) -> None:
    """A user can read a template but neither rename it, delete it nor add a version."""
    with connect(stack, mint_token(stack.jwt_secret, OWNER_ID)) as owner:
        template = owner.get("/workflows?is_template=is.true&select=id&limit=1").json()[0]["id"]
        renamed = owner.patch(f"/workflows?id=eq.{template}", json={"name": "mine now"})
        deleted = owner.delete(f"/workflows?id=eq.{template}")
        version = {"workflow_id": template, "version_number": 99, "payload": GRAPH}
        added = owner.post("/workflow_versions", json=version)

    assert ([], [], 403) == (renamed.json(), deleted.json(), added.status_code)


def test_owner_writes_and_deletes_with_counts_by_trigger(stack: Endpoints) -> None:
    """The database counts a new version, and deletes it with its workflow."""
    owner_id = str(uuid.uuid4())
    with connect(stack, mint_token(stack.jwt_secret, owner_id)) as owner:
        made = owner.post("/workflows", json={"owner_id": owner_id, "name": "x"}).json()[0]["id"]
        version = {"workflow_id": made, "version_number": 1, "payload": GRAPH, "node_count": 9}
        added = owner.post("/workflow_versions", json=version)
        owner.delete(f"/workflows?id=eq.{made}")
        left = owner.get(f"/workflow_versions?workflow_id=eq.{made}&select=id").json()

    counts = [(row["node_count"], row["edge_count"]) for row in added.json()]
    assert ([(1, 0)], []) == (counts, left)

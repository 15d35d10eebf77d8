# ruff: noqa: S608 -- statements made from this file's own constants

import uuid

import pytest

from service.stack import StackError
from service.stack.postgres import Psql

OWNER = "11111111-1111-4111-8111-111111111111"
GRAPH = '{"nodes": [{"id": "a"}, {"id": "b"}], "edges": [{"source": "a", "target": "b"}]}'
COUNTS = "returning node_count, edge_count"


@pytest.fixture
def workflow(database: Psql) -> str:
    """The id of a workflow made long ago, without versions."""
    made = database.query(
        "insert into workflows (owner_id, name, created_at, updated_at)"
        f" values ('{OWNER}', 'one', '2020-01-01Z', '2020-01-01Z') returning id"
    )
    return made[0][0]


def add_version(workflow: str, payload: str = GRAPH, columns: str = "", values: str = "") -> str:
    return (
        f"insert into workflow_versions (workflow_id, version_number, payload{columns})"
        f" values ('{workflow}', 1, '{payload}'{values}) "
    )


def test_counts_come_from_the_payload_on_insert(database: Psql, workflow: str) -> None:
    """Counts sent by a client are replaced by those of the payload."""
    sent = add_version(workflow, columns=", node_count, edge_count", values=", 70, 80")

    assert [["2", "1"]] == database.query(sent + COUNTS)


def test_counts_come_from_the_payload_on_update(database: Psql, workflow: str) -> None:
    """A new payload changes the counts; setting the counts alone changes nothing."""
    database.query(add_version(workflow))
    update = "update workflow_versions set {} where workflow_id = '" + workflow + "' " + COUNTS

    alone = database.query(update.format("node_count = 70"))
    with_payload = database.query(
        update.format("""payload = '{"nodes": [{}, {}, {}], "edges": []}', edge_count = 9""")
    )

    assert [["2", "1"]] == alone
    assert [["3", "0"]] == with_payload


def test_latest_versions_are_read_from_their_index(database: Psql) -> None:
    """A page of workflows with latest versions reads two indexes in order, and no other version."""
    plan = database.run(
        "-c",
        # Tables as small as these are read whole otherwise.
        "set enable_seqscan = off; set enable_sort = off; set enable_bitmapscan = off",
        "-c",
        "explain (verbose, costs off) select w.id, v.version_number, v.created_at, v.node_count,"
        " v.edge_count from workflows w left join lateral latest_version(w) v on true"
        f" where w.owner_id = '{OWNER}' order by w.created_at desc, w.id desc limit 51",
    )

    assert "using workflows_newest on public.workflows w" in plan
    assert "Index Only Scan using workflow_versions_latest on public.workflow_versions" in plan
    assert "Sort" not in plan
    assert "payload" not in plan


def test_new_version_touches_its_workflow(database: Psql, workflow: str) -> None:
    """A workflow's updated_at moves to its new version's created_at, and never back."""
    column = f"select updated_at = '2021-06-01Z' from workflows where id = '{workflow}'"
    database.query(add_version(workflow, columns=", created_at", values=", '2021-06-01Z'"))
    after_new = database.query(column)
    database.query(
        "insert into workflow_versions (workflow_id, version_number, payload, created_at)"
        f" values ('{workflow}', 2, '{GRAPH}', '2020-06-01Z')"
    )

    assert [["t"]] == after_new
    assert [["t"]] == database.query(column)


@pytest.mark.parametrize("payload", ["{}", "[]", '{"nodes": []}', '{"nodes": {}, "edges": []}'])
def test_payload_must_be_a_graph(database: Psql, workflow: str, payload: str) -> None:
    """A payload without arrays of nodes and edges is refused by the constraint of that name."""
    with pytest.raises(StackError, match="workflow_versions_payload_is_graph"):
        database.query(add_version(workflow, payload))


def test_version_numbers_are_unique(database: Psql, workflow: str) -> None:
    """A workflow cannot have the same version twice."""
    database.query(add_version(workflow))

    with pytest.raises(StackError, match="workflow_versions_number_unique"):
        database.query(add_version(workflow))


@pytest.mark.parametrize(
    "key",
    [
        f"{uuid.UUID(int=1)}/files/a.png",
        f"{OWNER}/../{OWNER}/a.png",
        f"{OWNER}//a.png",
        f"{OWNER}/files/a b.png",
        OWNER,
    ],
)
def test_object_keys_stay_below_their_owner(database: Psql, key: str) -> None:
    """A key outside the owner's prefix, or with an invalid segment, is refused."""
    with pytest.raises(StackError, match="files_object_key_grammar"):
        database.query(
            "insert into files (owner_id, name, content_type, size_bytes, object_key)"
            f" values ('{OWNER}', 'a', 'image/png', 1, '{key}')"
        )

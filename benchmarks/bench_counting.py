"""Counting the nodes and edges of one version, by the size of its payload.

A row arrives as JSON. One strategy receives the payload, parses it and counts; the other receives
the counts. Counting parsed lists takes constant time, so the first optimization saves parsing,
which is measured here. Counting alone is measured too, to show how little it adds.
"""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from service.flags import WorkflowQuery
from service.schemas import VersionSummary
from service.stack.seed import graph_versions
from service.versions import BATCHES, count_in_payload

PAYLOADS = (10_000, 100_000, 1_000_000)


def make_row(payload: int) -> tuple[dict[str, Any], VersionSummary]:
    """A row as in the seed data, with a payload of about `payload` bytes, and its summary."""
    rng = Random(f"payload/{payload}")  # noqa: S311 -- random test data, no secret
    [version] = graph_versions(rng, 1, payload, datetime(2025, 6, 1, tzinfo=UTC))
    summary = VersionSummary(
        version_number=version.version_number,
        created_at=version.created_at,
        # Counted in the text, by a key that occurs once in each node and once in each edge.
        node_count=version.payload.count('"position":'),
        edge_count=version.payload.count('"sourceHandle":'),
    )
    row = {
        "id": version.id,
        "workflow_id": version.id,
        "payload": json.loads(version.payload),
        **summary.model_dump(mode="json"),
    }
    return row, summary


@pytest.mark.parametrize("workflow_query", BATCHES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_reading_a_row(
    benchmark: BenchmarkFixture, payload: int, workflow_query: WorkflowQuery
) -> None:
    """Both strategies read the same summary from the bytes that they receive."""
    row, expected = make_row(payload)
    payload_bytes = len(json.dumps(row["payload"]))
    if workflow_query is WorkflowQuery.SUMMARY_COLUMNS:
        del row["id"], row["payload"]
    # With a space after commas and colons, as Postgres writes jsonb.
    sent = json.dumps([row]).encode()
    _, summarize = BATCHES[workflow_query]

    def read() -> VersionSummary:
        # As the PostgREST client does.
        [received] = json.loads(sent)
        return summarize(received)

    benchmark.group = f"one row, payload of {payload // 1000} KB"
    benchmark.extra_info |= {
        "scenario": "reading_a_row",
        "variant": workflow_query.value,
        "strategy": workflow_query.value,
        "payload_bytes": payload_bytes,
        "row_bytes": len(sent),
    }

    assert expected == benchmark(read)
    assert expected.node_count > 0


@pytest.mark.parametrize("payload", PAYLOADS)
def test_counting_alone(benchmark: BenchmarkFixture, payload: int) -> None:
    """The nodes and edges of a parsed payload are counted correctly."""
    row, expected = make_row(payload)

    benchmark.group = f"one row, payload of {payload // 1000} KB"
    benchmark.extra_info |= {
        "scenario": "counting_alone",
        "variant": WorkflowQuery.FULL_ROWS.value,
        "strategy": "counting alone",
        "payload_bytes": len(json.dumps(row["payload"])),
    }

    assert expected == benchmark(count_in_payload, row)

"""A run's record and what it delivered, made by hand for the tests of words and tables."""

from contract.run.record import RunRecord, ScenarioRecord
from reports.effects.shapes import Delivery

RECORD = RunRecord(
    tool_version="1.0",
    id="20261123T200000Z-abcdef",
    state="complete",
    command="make bench SEED=1",
    profile="smoke",
    seed=1,
    started_at="2026-11-23T20:00:00+00:00",
    config={},
    variants=("baseline", "optimized"),
    baseline="baseline",
    scenarios=(ScenarioRecord(name="list", request="GET /list", rounds_max=100, budget_s=10.0),),
    stages=(),
    counters=(),
)
DELIVERY = Delivery(
    variant="optimized",
    requests=1200,
    first=600,
    errors=2,
    warmup_requests=10,
    warmup_errors=1,
    unanswered=0,
    kinds=(("HTTP 500", 2),),
)


def texts(rows: tuple[tuple[object, ...], ...]) -> list[list[str]]:
    """The text of each cell."""
    return [[getattr(cell, "text", "") for cell in row] for row in rows]

"""A key that counts for nothing that its file can do is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from contract.config.complaints import complaint
from contract.config.schema import Config

ALONE: dict[str, Any] = {
    "target": {"command": ["server", "{port}"]},
    "scenarios": [{"name": "things", "request": "GET /things"}],
}
TWO = ALONE | {"variants": {"before": {}, "after": {}}}
ADDRESS = TWO | {"target": {"url": "http://127.0.0.1:1"}}
LIMIT = {"revisions": True, "scenario": "*", "metric": "latency_s_p50", "ratio_max": 1.1}

FIRST_EVENT = {
    "scenario": "things",
    "variant": "after",
    "metric": "first_event_s_p50",
    "value_max": 1.0,
}


def profile(**keys: Any) -> dict[str, Any]:
    return {"profiles": {"quick": keys}}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (ALONE | profile(size="small"), "profiles.quick.size: is the seed data of the reference s"),
        (ALONE | profile(pages_s=1), "profiles.quick.pages_s: is for pages, and the file states n"),
        (ALONE | profile(suite_s=1), "profiles.quick.suite_s: is for a suite, and target.suite na"),
        (ALONE | profile(suite_without=["x"]), "profiles.quick.suite_without: is for a suite, and"),
        (ALONE | profile(block_s=1), "profiles.quick.block_s: is for `versus bench`, which compar"),
        (ALONE | profile(rounds_max=9), "profiles.quick.rounds_max: is for `versus bench`, which "),
        (ALONE | profile(capacity_s=9), "profiles.quick.capacity_s: is for `versus load`, which "),
        (ALONE | profile(sub_block_s=9), "profiles.quick.sub_block_s: is for `versus load`, which"),
        (ALONE | profile(burn_in_s=9), "profiles.quick.burn_in_s: is for `versus load`, which com"),
        (ADDRESS | profile(pairs=[14]), "profiles.quick.pairs: is for two revisions, and the file"),
        (ALONE | {"load": {"rate_per_s": 9}}, "load.rate_per_s: is for `versus load`, which comp"),
        (
            ALONE | {"scenarios": [ALONE["scenarios"][0] | {"canary": True}]},
            "scenarios 'things', canary: is for `versus bench`, which compares variants, and t",
        ),
        (
            ALONE | {"scenarios": [ALONE["scenarios"][0] | {"objective_s": 1}]},
            "scenarios 'things', objective_s: is for `versus load`",
        ),
        (
            TWO | {"variants": {"before": {}, "after": {"parameters": {"a": "b"}}}},
            "variants.after.parameters: is for a suite",
        ),
        (
            ALONE | {"target": {"command": ["x"], "suite_python": "python3"}},
            "target.suite_python: is for a suite",
        ),
        (TWO | {"suite_variants": {"old": {}}}, "suite_variants.old: is for a suite"),
        (
            TWO | {"variants": {"before": {}, "after": {"page": {"a": "b"}}}},
            "variants.after.page: is for pages",
        ),
        (ADDRESS | {"revisions": {"variant": "after"}}, "revisions.variant: is for two revisions"),
        (
            TWO | {"budgets": [FIRST_EVENT]},
            "budgets number 1, first_event_s_p50: is of a stream, and scenario 'things' states no",
        ),
        (
            ALONE | {"budgets": [LIMIT | {"metric": "last_byte_s_p95"}]},
            "budgets number 1, last_byte_s_p95: is of a stream, and scenario 'things' states no",
        ),
        (ADDRESS | {"budgets": [LIMIT]}, "budgets number 1, revisions: is for two revisions, and"),
    ],
)
def test_a_key_without_a_meaning_is_refused(content: dict[str, Any], expected: str) -> None:
    """The line names the key and what it is for."""
    with pytest.raises(ValidationError) as refused:
        Config.model_validate(content)

    assert complaint(refused.value, Config, content).startswith(expected)


@pytest.mark.parametrize(
    "content",
    [
        ALONE | profile(measure_s=9, pairs=[14], gap_ms=[0, 1], warmup_rounds=1),
        ALONE | {"budgets": [LIMIT], "revisions": {"build": ["make"]}},
        TWO | profile(block_s=1, rounds_max=9, capacity_s=9) | {"load": {"rate_per_s": 9}},
        ADDRESS | profile(block_s=1),
        TWO | profile(size="small") | {"target": {"start": "service"}},
        TWO | {"variants": {"before": {"command": ["x"]}, "after": {}}} | profile(pairs=[14]),
    ],
)
def test_a_key_that_some_command_reads_is_kept(content: dict[str, Any]) -> None:
    """One command is enough."""
    Config.model_validate(content)

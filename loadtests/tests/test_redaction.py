"""A redacted record tells nothing of whose machine it was, and everything else."""

import socket
from typing import Any

import pytest

from contract.run.record import RunRecord, ScenarioRecord
from loadtests.redaction import redacted

HOST = socket.gethostname()


def record(**changes: Any) -> RunRecord:
    stated: dict[str, Any] = {
        "tool_version": "0.0.0",
        "id": "20260101T000000Z-abc",
        "command": "make bench SEED=1",
        "profile": "default",
        "seed": 1,
        "started_at": "2026-01-01T00:00:00+00:00",
        "config": {},
        "variants": ("baseline", HOST),
        "baseline": "baseline",
        "scenarios": (ScenarioRecord(name="one", request="GET /v1", rounds_max=9, budget_s=1.0),),
        "stages": (),
        "counters": (),
    }
    return RunRecord.model_validate({**stated, **changes})


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("make bench CONFIG=/home/ada/mine.toml SEED=1", "make bench CONFIG=[path] SEED=1"),
        ("make bench CONFIG=~/mine.toml", "make bench CONFIG=[path]"),
        ("make bench CONFIG='../my work/v.toml'", "make bench CONFIG=[path]"),
        ("it exited with 1; see /srv/runs/x/generator.log", "it exited with 1; see [path]"),
        (f"{HOST}: connection refused by {HOST}.", "[host]: connection refused by [host]."),
        (f"{HOST}ly and a-{HOST}-b", f"{HOST}ly and a-{HOST}-b"),
        ("https://shop.example.org:8443/v1", "https://[host]:8443/v1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("nothing answers at unix:/home/ada/app.sock (", "nothing answers at unix:[path] ("),
        ("the name own.example.org", "the name [host]"),
        ("shop.example.org refused", "[host] refused"),
        ("15 of 20 requests failed, 3/4 in x", "15 of 20 requests failed, 3/4 in x"),
        ("GCC 12.2.0, Linux 6.18 x86_64, -O3", "GCC 12.2.0, Linux 6.18 x86_64, -O3"),
    ],
)
def test_hosts_and_paths_are_replaced_and_nothing_else(stated: str, expected: str) -> None:
    """In command, reasons, facts and the target alike."""
    shown = redacted(
        record(
            command=stated,
            reasons=(stated,),
            environment={"target": {"fact": {"deep": [stated, 3]}}},
            config={
                "target": {
                    "url": "https://shop.example.org/",
                    "host": "own.example.org:8443",
                    "suite": stated,
                }
            },
        )
    )

    assert expected == shown.command
    assert (expected,) == shown.reasons
    assert {"fact": {"deep": [expected, 3]}} == shown.environment["target"]
    target = {"url": "https://[host]/", "host": "[host]:8443", "suite": expected}
    assert target == shown.config["target"]


def test_names_that_samples_refer_to_stay_and_the_branch_goes() -> None:
    """A variant may be named like the machine."""
    before = record(environment={"code": {"branch": "ada/faster", "commit": "4dfdf29"}})
    shown = redacted(before)

    assert before.variants == shown.variants
    assert before.scenarios == shown.scenarios
    assert {"commit": "4dfdf29"} == shown.environment["code"]


def test_what_variants_and_scenarios_state_is_cleaned_too() -> None:
    """Addresses of variants name hosts, and so does what is sent; what is asked for stays."""
    sent = {"headers": {"Origin": "https://b.example.org"}, "body": {"host": "a.example.org"}}
    config = {
        "variants": {"x": {"url": "https://a.example.org", "command": ["/srv/x/run", "-v"]}},
        "scenarios": [
            {"name": "a", "request": "GET /v1", **sent},
            {"name": "b", "sequence": [{"request": "GET /v1", **sent}]},
        ],
    }
    shown = redacted(record(config=config, reasons=("a.example.org refused",))).config
    cleaned = {"headers": {"Origin": "https://[host]"}, "body": {"host": "[host]"}}

    assert {"x": {"url": "https://[host]", "command": ["[path]", "-v"]}} == shown["variants"]
    assert [
        {"name": "a", "request": "GET /v1", **cleaned},
        {"name": "b", "sequence": [{"request": "GET /v1", **cleaned}]},
    ] == shown["scenarios"]

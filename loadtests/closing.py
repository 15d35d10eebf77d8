"""Closes a run: what was measured becomes files, whole and described."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from contract.run.files import describe_file
from contract.run.host import HOST_NAME, write_host
from contract.run.memory import MEMORY_NAME, write_memory
from contract.run.micro import MICRO_NAME, MICRO_TIMES_NAME
from contract.run.pages import PAGE_LOADS_NAME, PAGES_NAME
from contract.run.reading import read_run
from contract.run.record import LoadRecord, RunRecord, ScenarioRecord, write_run
from contract.run.stream import SAMPLES_NAME, close_samples
from loadtests.machine.facts import closing_facts, now_utc
from loadtests.run_progress import RunProgress

GENERATOR_LOG = "generator.log"


def close(folder: Path, record: RunRecord, run: RunProgress) -> tuple[int, bool]:
    """Write what there is; where even that fails, say so and leave the stream as it is.

    Returns: the number of samples kept, and whether the record could be closed.
    """
    try:
        table = close_samples(folder, record)
        if run.host and run.host.rows:
            write_host(folder, run.host.rows)
        if run.host and run.host.memory.rows:
            write_memory(folder, run.host.memory.rows)
        write_run(folder, run.publishable(_closed(folder, record, run, table)))
        if run.redact and run.state == "complete":
            # Logs hold the host's name, and after a complete run they are not needed.
            for log in folder.glob("*.log"):
                log.unlink(missing_ok=True)
    except OSError as error:
        run.fail(
            f"{folder}: cannot close the run ({error.strerror or error}); its samples so far stay "
            "readable. Free space, then measure again."
        )
        return int(read_run(folder).samples.num_rows), False
    return int(table.num_rows), True


def _closed(folder: Path, record: RunRecord, run: RunProgress, table: Any) -> RunRecord:
    rounds = _complete_rounds(table, record)
    record = run.with_answers(run.with_requests(record))
    maybe = (
        PAGES_NAME,
        PAGE_LOADS_NAME,
        MICRO_NAME,
        MICRO_TIMES_NAME,
        HOST_NAME,
        MEMORY_NAME,
    )
    others = run.others()
    meanwhile = {"other_measurements": {"commands": list(others)}} if others else {}
    written = [name for name in maybe if (folder / name).exists()]
    return record.model_copy(
        update={
            "state": run.state,
            "reasons": tuple(run.reasons),
            "finished_at": now_utc(),
            "environment": {
                **record.environment,
                "after_measuring": closing_facts(),
                **meanwhile,
            },
            "noise": run.host.total() if run.host else {},
            "scenarios": tuple(_scenario(scenario, run, rounds) for scenario in record.scenarios),
            "load": record.load and _load(record.load, run),
            "restarts": record.restarts
            and record.restarts.model_copy(
                update={"starts": tuple(run.starts), "hash_seeds": tuple(run.hash_seeds)}
            ),
            "files": {name: describe_file(folder / name) for name in (SAMPLES_NAME, *written)},
        }
    )


def _scenario(scenario: ScenarioRecord, run: RunProgress, rounds: dict[str, int]) -> ScenarioRecord:
    return scenario.model_copy(
        update={
            "rounds": rounds.get(scenario.name, 0),
            "rounds_max": run.planned.get(scenario.name, scenario.rounds_max),
            "ended": run.ended.get(scenario.name, "") or "interrupted",
        }
    )


def _load(load: LoadRecord, run: RunProgress) -> LoadRecord:
    users = load.users and load.users.model_copy(
        update={"exceptions": run.exceptions, "last_exception": run.last_exception}
    )
    return load.model_copy(
        update={"rate_per_s": run.rate_per_s, "steps": tuple(run.steps), "users": users}
    )


def _complete_rounds(table: Any, record: RunRecord) -> dict[str, int]:
    """Measured rounds in which every variant gave a right answer, by scenario."""
    right = table.filter(pc.and_(pc.invert(table["warmup"]), pc.equal(table["error"], "")))
    number = ["scenario", "round"]
    n_variants = len(record.variants)
    if record.design == "load":
        half = pc.cast(pc.divide(right["position"], pa.scalar(n_variants, pa.int8())), pa.int8())
        right = right.append_column("half", half)
        number += ["block", "half"]
    sizes = right.group_by(number).aggregate([("latency_s", "count")])
    complete = sizes.filter(pc.equal(sizes["latency_s_count"], n_variants))
    counts = complete.group_by(["scenario"]).aggregate([("round", "count")])
    return dict(zip(counts["scenario"].to_pylist(), counts["round_count"].to_pylist(), strict=True))

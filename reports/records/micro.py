"""Reads what a pytest-benchmark suite left in the run's folder."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from reports.model import MicroRow, ReportError


class _Stats(BaseModel):
    median: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    iqr: float
    rounds: int


class _Benchmark(BaseModel):
    name: str
    group: str | None = None
    extra_info: dict[str, Any] = {}
    stats: _Stats


class _Suite(BaseModel):
    benchmarks: list[_Benchmark]


def parse_micro(suite: Mapping[str, Any] | None) -> tuple[MicroRow, ...]:
    """Each benchmark's median and spread, in the suite's order, groups kept together.

    Raises:
        ReportError: it is not pytest-benchmark's JSON.
    """
    if suite is None:
        return ()
    try:
        benchmarks = _Suite.model_validate(suite).benchmarks
    except ValidationError as invalid:
        error = invalid.errors()[0]
        where = ".".join(str(part) for part in error["loc"])
        raise ReportError(
            f"micro.json: {where}: {error['msg']}; pytest-benchmark's JSON was expected. "
            "Measure again, or remove the file."
        ) from invalid
    rows = [
        MicroRow(
            group=one.group or "",
            strategy=str(one.extra_info.get("strategy", one.name)),
            median_s=one.stats.median,
            iqr_s=one.stats.iqr,
            rounds=one.stats.rounds,
        )
        for one in benchmarks
    ]
    order = {group: index for index, group in enumerate(dict.fromkeys(row.group for row in rows))}
    return tuple(sorted(rows, key=lambda row: order[row.group]))

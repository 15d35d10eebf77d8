"""What is read from a file of another tool, whatever the tool: series of times."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reports.statistics.values import FloatArray

MEDIAN, MEAN, P95, P99 = "latency_s_p50", "latency_s_mean", "latency_s_p95", "latency_s_p99"
MS = 1e-3


class Identity(NamedTuple):
    """What a series is told apart by; a part that its file does not state is empty."""

    name: str
    method: str = ""
    scenario: str = ""
    group: str = ""
    parameters: str = ""


@dataclass(frozen=True)
class Series:
    """The times of one benchmark, command or endpoint.

    Attributes:
        values_s: by metric; 0 is less than the tool can measure.
        times_s: raw times, (n,), in seconds, in any order; empty where the file has none.
        count: how many were measured, failed ones included; None: not stated.
        failed: how many of these failed.
        total: whether it is the sum of other series of the same test.
    """

    identity: Identity
    values_s: Mapping[str, float]
    times_s: FloatArray = field(default_factory=lambda: np.array([]))
    count: int | None = None
    failed: int = 0
    total: bool = False


@dataclass(frozen=True)
class Findings:
    """What a reader found in a file.

    Attributes:
        measured: when and where, as far as the file says; may be empty.
        notes: limits of its numbers, one sentence each.
        failures: failures that belong to no single series, such as those of checks; may be empty.
        left_out: how many values or rows were not used, by reason.
        resolution: the least time that the tool can write, in words.
    """

    series: tuple[Series, ...]
    measured: str = ""
    notes: tuple[str, ...] = ()
    failures: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    resolution: str = "its resolution"


@dataclass(frozen=True)
class Foreign:
    """One file of another tool."""

    tool: str
    path: Path
    found: Findings


class UnusableError(Exception):
    """The file cannot be used; the message says what is wrong and where, without an end mark.

    Attributes:
        remedy: what to do; empty: export the file again.
        data: what could be read of the file.
    """

    def __init__(self, what: str, remedy: str = "", data: bytes = b"") -> None:
        super().__init__(what)
        self.remedy, self.data = remedy, data

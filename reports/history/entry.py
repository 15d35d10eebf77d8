"""What a run leaves to a history: its effects, with machine and commit.

An entry is a small file of its own, so that a folder of entries, without any samples, is a history.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from contract.errors import ReportError
from contract.metrics import TAIL, TYPICAL
from contract.regular import open_regular
from contract.run.record import CommitId, RunRecord
from reports.effects.shapes import Effect, Verdict
from reports.verdicts.findings import Findings

ENTRY_NAME = "entry.json"
ENTRY_SUFFIX = ".json"
ENTRY_VERSION = 2
"""1: first. 2: `base` and `head`; each effect's `confidence` and `doubted`."""
ENTRY_BYTES_MAX = 1_000_000
"""A run of 40 scenarios in 4 variants leaves 60 kB."""

# No latency and no ratio lies outside, and no axis could be drawn.
_LEAST, _MOST = 1e-12, 1e12

# Machines with the same facts are comparable; the kernel's version changes too often.
_MACHINE = ("cpu", "cpus", "cpus_usable", "affinity", "cgroup_cpus", "governor", "hyperthreading")


_Positive = Annotated[float, Field(ge=_LEAST, le=_MOST)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EntryEffect(_Frozen):
    """One effect of a run.

    Attributes:
        low, high: family-wise interval of the ratio; None where it bounds nothing.
        confidence: of that interval; None where there is none, and in older entries.
        doubted: whether a doubt leaves the effect without a verdict.
        before, after: seconds, of baseline and variant.
    """

    scenario: str
    variant: str
    metric: str
    verdict: Verdict
    ratio: _Positive
    low: _Positive | None
    high: _Positive | None
    before: _Positive
    after: _Positive
    confidence: Annotated[float, Field(gt=0, lt=1)] | None = None
    doubted: bool = False


class Entry(_Frozen):
    """One run in a history.

    Attributes:
        machine: the same for machines whose numbers may be compared.
        machine_told: the machine in words.
        plan: the same for runs that measured with the same design, profile and data.
        base, head: the commits that a gate compared; empty for every other run.
    """

    schema_version: int = ENTRY_VERSION
    run: str
    started_at: str
    state: str
    exit_code: int
    design: str
    plan: str
    profile: str
    commit: str
    dirty: bool
    machine: str
    machine_told: str
    base: CommitId | Literal[""] = ""
    head: CommitId | Literal[""] = ""
    effects: tuple[EntryEffect, ...]


def entry_of(record: RunRecord, findings: Findings) -> Entry:
    """What one run leaves to history."""
    machine = dict(record.environment.get("machine", {}))
    code = record.environment.get("code", {})
    facts = {name: machine.get(name) for name in _MACHINE}
    words = (str(machine.get("cpu", "unknown machine")), f"{machine.get('cpus_usable', '?')} cores")
    target = dict(record.environment.get("target", {}))
    commits = record.revisions.commits if record.revisions else {}
    plan = {"design": record.design, "profile": record.profile, "size": target.get("size")}
    return Entry(
        run=record.id,
        started_at=record.started_at,
        state=findings.comparison.state,
        exit_code=findings.judgement.exit_code,
        design=record.design,
        plan=_fingerprint(plan),
        profile=record.profile,
        commit=str(code.get("commit", "")),
        dirty=bool(code.get("dirty", False)),
        machine=_fingerprint(facts),
        machine_told=", ".join(words),
        base=commits.get("base", ""),
        head=commits.get("head", ""),
        effects=tuple(
            _effect(one) for one in findings.comparison.effects() if one.metric in {TYPICAL, TAIL}
        ),
    )


def _effect(one: Effect) -> EntryEffect:
    wide = one.interval_familywise
    bounded = wide.low >= _LEAST and wide.high <= _MOST
    return EntryEffect(
        scenario=one.scenario,
        variant=one.variant,
        metric=one.metric,
        verdict=one.verdict,
        ratio=one.ratio,
        low=wide.low if bounded else None,
        high=wide.high if bounded else None,
        before=one.before.value,
        after=one.after.value,
        confidence=wide.confidence if bounded and wide.confidence < 1 else None,
        doubted=bool(one.warnings),
    )


def _fingerprint(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def entry_json(entry: Entry) -> bytes:
    """The content of entry.json."""
    return entry.model_dump_json(indent=1, ensure_ascii=True).encode() + b"\n"


def read_entry(path: Path) -> Entry:
    """Read an entry's file.

    Raises:
        ReportError: it cannot be read, or another version wrote it.
    """
    try:
        with open_regular(path) as file:
            content = file.read(ENTRY_BYTES_MAX + 1)
    except OSError as error:
        raise _no_entry(str(path), str(error)) from None
    return parse_entry(content, str(path))


def parse_entry(content: bytes, where: str) -> Entry:
    """Check the content of a file that anybody may have written.

    Args:
        content: at most `ENTRY_BYTES_MAX` of it are taken.
        where: its path or key, for messages.

    Raises:
        ReportError: it is no entry, or another version wrote it.
    """
    if len(content) > ENTRY_BYTES_MAX:
        raise _no_entry(where, f"larger than {ENTRY_BYTES_MAX:,} bytes")
    try:
        fields = json.loads(content)
        version = fields.get("schema_version") if isinstance(fields, dict) else None
        if isinstance(version, int) and version > ENTRY_VERSION:
            raise ReportError(
                f"{where}: written by a newer Versus (version {version}, this one knows "
                f"{ENTRY_VERSION}). Update Versus."
            )
        return Entry.model_validate(fields)
    except (ValueError, RecursionError) as error:
        raise _no_entry(where, str(error).splitlines()[0]) from None


def _no_entry(where: str, why: str) -> ReportError:
    return ReportError(
        f"{where}: no entry of a history ({why}). Remove it, or run `versus report --run ...` on "
        "its run to write it again."
    )

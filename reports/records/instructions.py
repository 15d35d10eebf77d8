"""Counted instructions of a suite's pure functions, in the run's folder: instructions.json."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from reports.records.record import (
    RecordError,
    Stored,
    check_version,
    first_complaint,
    read_json,
    replaced_whole,
)

INSTRUCTIONS_NAME = "instructions.json"
INSTRUCTIONS_VERSION = 1


class FunctionInstructions(Stored):
    """What one function takes.

    Attributes:
        name: as in micro.json.
        by_variant: instructions a call, in each variant that has the function.
    """

    name: str
    by_variant: dict[str, Annotated[float, Field(gt=0)]]


class InstructionsRecord(Stored):
    """What was counted.

    Attributes:
        variants: the baseline first.
        reason: why nothing was counted; empty where something was.
    """

    schema_version: Literal[1] = 1
    variants: Annotated[tuple[str, ...], Field(min_length=1)]
    functions: tuple[FunctionInstructions, ...] = ()
    reason: str = ""


def write_instructions(run_folder: Path, record: InstructionsRecord) -> None:
    """Write the file."""
    with replaced_whole(run_folder / INSTRUCTIONS_NAME) as temporary:
        temporary.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read_instructions(run_folder: Path) -> InstructionsRecord | None:
    """Read it; None where nobody counted.

    Raises:
        RecordError: it is damaged, or of a newer schema.
    """
    path = run_folder / INSTRUCTIONS_NAME
    content = read_json(path)
    if content is None:
        return None
    check_version(path, content.get("schema_version"), INSTRUCTIONS_VERSION)
    try:
        return InstructionsRecord.model_validate(content)
    except ValidationError as invalid:
        raise RecordError(
            f"{path}: {first_complaint(invalid)}. Remove the file, or measure again."
        ) from invalid

"""Counted instructions of a suite's pure functions, in the run's folder: instructions.json."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from contract.run.record import Stored, read_json, valid_record, write_record

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
    write_record(run_folder / INSTRUCTIONS_NAME, record)


def read_instructions(run_folder: Path) -> InstructionsRecord | None:
    """Read it; None where nobody counted.

    Raises:
        RecordError: it is damaged, or of a newer schema.
    """
    path = run_folder / INSTRUCTIONS_NAME
    content = read_json(path)
    if content is None:
        return None
    remedy = "Remove the file, or measure again."
    return valid_record(path, content, InstructionsRecord, INSTRUCTIONS_VERSION, remedy)

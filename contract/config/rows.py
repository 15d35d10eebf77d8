"""Rows of data for a scenario's requests, as the configuration states them."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from contract.config.sections import Section, Word

RANGE_COLUMN = "n"
"""The one column of rows that are numbers."""

_NUMBER_MAX = 2**53
"""Beyond it JSON readers of other languages round."""

_Number = Annotated[int, Field(strict=True, ge=-_NUMBER_MAX, le=_NUMBER_MAX)]
_File = Annotated[Word, StringConstraints(min_length=1)]


class RowsConfig(Section):
    """The rows of a scenario; each round draws one, the same for all variants."""

    file: _File | None = None
    """A file in the configuration's folder or below it: CSV with a header, or JSON lines
    (.jsonl, .ndjson). Give either file, or from and to."""
    from_: _Number | None = Field(default=None, alias="from")
    """The first of the numbers that stand for rows; their column is n."""
    to: _Number | None = None
    """The last of these numbers."""
    order: Literal["random", "file", "zipf"] = "random"
    """`random`: by the seed, none again before all were drawn; `file`: as they stand there, again
    and again; `zipf`: by the seed, the n-th row of the file in proportion to 1/n."""

    @model_validator(mode="after")
    def _one_source(self) -> "RowsConfig":
        if self.file is None and (self.from_ is None or self.to is None):
            raise ValueError("give either 'file', or 'from' and 'to'.")
        if self.file is not None and (self.from_ is not None or self.to is not None):
            raise ValueError("give either 'file', or 'from' and 'to', not both.")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"'from' ({self.from_}) is greater than 'to' ({self.to}).")
        return self


def _table(stated: Any) -> Any:
    if isinstance(stated, str):
        return {"file": stated}
    if not isinstance(stated, dict | RowsConfig):
        raise ValueError('a file or a table is expected, such as "ids.csv"')  # noqa: TRY004
    return stated


def _also_text(schema: dict[str, Any]) -> None:
    """Editors know the short form, too."""
    schema["anyOf"].insert(0, {"type": "string", "minLength": 1})


Rows = Annotated[RowsConfig, BeforeValidator(_table)]
"""A file's name stands for a table of it."""

RowsField = Annotated[Rows | None, Field(json_schema_extra=_also_text)]

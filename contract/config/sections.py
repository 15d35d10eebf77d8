"""What all sections of the configuration have in common: known keys alone, values that stay."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contract.config.complaints import expects

RULES = ConfigDict(extra="forbid", use_attribute_docstrings=True)
"""Of every section; the docstrings of its fields are the published schema's descriptions."""


class Section(BaseModel):
    """One table of the file."""

    model_config = RULES | ConfigDict(frozen=True)


Name = Annotated[
    str,
    StringConstraints(
        pattern=expects(
            r"^[A-Za-z][A-Za-z0-9_-]{0,63}$",
            "a name of at most 64 letters, digits, - and _, a letter first,",
        )
    ),
]
NonEmpty = Annotated[str, Field(min_length=1)]

"""What is done before anything is measured: requests and commands whose values scenarios use."""

from pydantic import model_validator

from contract.config.scenarios import ExchangeConfig, RequestLine
from contract.config.sections import Command


class SetupConfig(ExchangeConfig):
    """One step of the set-up: a request, or a command."""

    request: RequestLine | None = None
    """Method and path; `{name}` stands for what an earlier step takes. Give exactly one of request
    and command."""
    command: Command | None = None
    """Instead of request: a list of words, run in this file's folder; `take` reads its output."""

    @model_validator(mode="after")
    def _one_kind(self) -> "SetupConfig":
        if (self.request is None) == (self.command is None):
            raise ValueError("give exactly one of 'request' and 'command'.")
        if self.command is None:
            return self
        stated = self.model_fields_set & (ExchangeConfig.model_fields.keys() - {"take"})
        if stated:
            key = ExchangeConfig.model_fields[min(stated)].alias or min(stated)
            raise ValueError(f"{key!r} belongs to a request, and this is a command. Leave it out.")
        for name, source in self.take.items():
            if source.startswith(("header:", "cookie:")):
                raise ValueError(
                    f"take.{name}: a command's output has no headers. Write a JSON Pointer or "
                    "regex: instead."
                )
        return self

"""What an answer must hold and what a sequence takes from it, as the configuration states it."""

from dataclasses import dataclass
from typing import Any

Pointer = tuple[str, ...]
"""The steps of a JSON Pointer (RFC 6901), unescaped."""


@dataclass(frozen=True)
class Noise:
    """A place of an answer that differs from answer to answer, so that it is not compared.

    Attributes:
        request: number in the sequence, from 1.
        steps: as of a pointer; None stands for every item of an array.
        absent: whether it is missing now and then, so that not even its presence is compared.
    """

    request: int
    steps: tuple[str | None, ...]
    absent: bool = False

    @property
    def shown(self) -> str:
        """The place for people: a JSON Pointer, with `*` for every item."""
        return shown_pointer(tuple("*" if step is None else step for step in self.steps))


@dataclass(frozen=True)
class Take:
    """A value of an answer that later requests send.

    Attributes:
        source: as stated, for complaints.
        header: where it stands, lower case; empty where it stands in the body.
        pointer: where in the body's JSON.
        for_header: whether a later request sends it in a header.
        cookie: the name of the one cookie that is taken of the header; empty otherwise.
        expression: whose group finds it in the body; empty where a pointer does.
        for_target: whether a later request is sent to it.
    """

    name: str
    source: str
    header: str
    pointer: Pointer
    for_header: bool
    cookie: str = ""
    expression: str = ""
    for_target: bool = False

    @property
    def in_json(self) -> bool:
        """Whether it stands in the body's JSON."""
        return not (self.header or self.expression)


@dataclass(frozen=True)
class Expected:
    """A value that must stand in a body's JSON.

    Attributes:
        stated: the pointer as stated, for complaints.
    """

    stated: str
    pointer: Pointer
    value: Any


def shown_pointer(pointer: Pointer) -> str:
    """A JSON Pointer as text."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in pointer)


def parse_pointer(stated: str) -> Pointer:
    """The steps of a JSON Pointer that `config` has checked."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in stated.split("/")[1:])

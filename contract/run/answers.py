"""How the answers of a variant compare with the baseline's: what differs, and where.

Texts that a service wrote are bounded, printable and without secrets when they arrive here.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from contract.run.files import Stored

Kind = Literal["equal", "added", "different"]
"""Of two answers: `added` where the second one has all that the first one says, and fields more."""

_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


@dataclass(frozen=True)
class DifferentPlace:
    """One place at which two bodies differ.

    Attributes:
        where: a JSON Pointer (RFC 6901), `line 3` or `byte 120`.
        before, after: what stands there, for people; empty where it must not be shown.
    """

    where: str
    before: str
    after: str


class AnswerPair(Stored):
    """Two answers of one round that differ, or do so in their bytes alone.

    Attributes:
        variant: whose answer it is beside the baseline's.
        base, head: hashes of both bodies, as the samples' `body_hash`, 16 digits each.
        places: the first few; what was not allowed to differ comes first.
        count: how many there are.
    """

    variant: str
    kind: Kind
    base: _Hash
    head: _Hash
    places: tuple[DifferentPlace, ...] = ()
    count: int = 0
    counted_all: bool = True

    @property
    def hashes(self) -> tuple[int, int]:
        """Both hashes, as the samples have them."""
        return int(self.base, 16), int(self.head, 16)


class AnswersRecord(Stored):
    """How a scenario's answers were compared.

    Attributes:
        not_compared: why bodies are not compared at all; empty where they are.
        noise: JSON Pointers whose values differ from answer to answer, so that they are not
            compared; `*` stands for every item of an array.
        ignore: a regular expression for `ignore` that makes up for that; empty where none can be
            derived safely.
        pairs: every two answers that were looked through.
    """

    not_compared: str = ""
    noise: tuple[str, ...] = ()
    ignore: str = ""
    pairs: tuple[AnswerPair, ...] = ()


def shown_hash(body_hash: int) -> str:
    """A hash of the samples as 16 digits: JSON readers of other languages round large numbers."""
    return f"{body_hash:016x}"

"""Names of a suite's functions: the same in every variant, unique, bounded, safe to print."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

LENGTH_MAX = 80
"""Of the function's own part and of its parameters, each."""
_DIGEST_LENGTH = 8

Groups = Sequence[tuple[Sequence[str], str]]
"""Parameters, and the id that pytest gave to them: several are set together where it has one id."""


@dataclass(frozen=True)
class Function:
    """What a function is called in every variant.

    Attributes:
        file: relative to the suite's folder, with `/`.
        function: with its classes, as pytest joins them: `TestX::test_decode`; empty: all of the
            file.
        case: the parameters that do not choose the variant, as words; empty: it has none.
    """

    file: str
    function: str
    case: str = ""


def case_of(groups: Groups, chosen: Iterable[str]) -> str:
    """The parameters that do not choose the variant, with pytest's ids."""
    chosen = set(chosen)
    words = {",".join(names): text for names, text in groups if not chosen & set(names)}
    return bounded(", ".join(f"{names}={text}" for names, text in sorted(words.items())))


def names_of(functions: Iterable[Function]) -> dict[Function, str]:
    """Short names that differ: where two are the same, with folders, then with the whole path."""
    wanted = list(dict.fromkeys(functions))
    folders = dict.fromkeys(((one.file, one.function) for one in wanted), 0)
    while True:
        bases = {place: _base(*place, count) for place, count in folders.items()}
        counts = Counter(bases.values())
        doubles = [
            place
            for place, base in bases.items()
            if counts[base] > 1 and folders[place] <= _depth(place[0])
        ]
        if not doubles:
            break
        for place in doubles:
            folders[place] += 1
    return {
        one: bounded(bases[one.file, one.function]) + (f"[{one.case}]" if one.case else "")
        for one in wanted
    }


def bounded(text: str) -> str:
    """A printable text of at most `LENGTH_MAX` characters; a digest tells cut ones apart."""
    shown = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )
    if len(shown) <= LENGTH_MAX:
        return shown
    digest = sha256(shown.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{shown[: LENGTH_MAX - _DIGEST_LENGTH - 1]}\N{HORIZONTAL ELLIPSIS}{digest}"


def _depth(file: str) -> int:
    return len(PurePosixPath(file).parts) - 1


def _base(file: str, function: str, folders: int) -> str:
    """Folders, module and function; with more folders than there are, the whole path."""
    path = PurePosixPath(file)
    if folders > _depth(file):
        return f"{file}::{function}" if function else file
    module = path.stem.removeprefix("bench_").removeprefix("test_")
    place = "/".join((*path.parent.parts[_depth(file) - folders :], module))
    own = function.replace("::", ".").removeprefix("test_")
    return f"{place}.{own}" if own else place

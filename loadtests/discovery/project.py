"""The service of a folder: of its own files, or of those one level below."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from loadtests.discovery.compiled import guess_go, guess_rust
from loadtests.discovery.files import Folder
from loadtests.discovery.guess import Guess
from loadtests.discovery.node import guess_node
from loadtests.discovery.processes import guess_docker, with_procfile
from loadtests.discovery.python import guess_python

_MANIFESTS = (
    *("pyproject.toml", "requirements.txt", "setup.py", "manage.py", "uv.lock", "poetry.lock"),
    *("package.json", "go.mod", "Cargo.toml", "Procfile", "Dockerfile"),
)
_LANGUAGES: tuple[Callable[[Folder], Guess | None], ...] = (
    guess_python,
    guess_go,
    guess_rust,
    guess_node,
)


def guess_service(folder: Folder) -> Guess | None:
    """The service that a folder's files describe; None if they describe none.

    Code says more than a container, and the folder itself more than those below it.
    """
    folders = [folder, *_projects_below(folder)]
    guesses = [*_of(folders, _by_code), *_of(folders, guess_docker)]
    if not guesses:
        return None
    others = sorted({guess.cwd or "." for guess in guesses if guess.cwd != guesses[0].cwd})
    if not others:
        return guesses[0]
    place = guesses[0].cwd or "this folder"
    note = f"Other services may be in {', '.join(others)}; the one in {place} was chosen."
    return replace(guesses[0], gaps=(*guesses[0].gaps, note))


def _projects_below(folder: Folder) -> list[Folder]:
    return [child for child in folder.children() if any(map(child.has, _MANIFESTS))]


def _of(folders: list[Folder], guess: Callable[[Folder], Guess | None]) -> Iterator[Guess]:
    for folder in folders:
        guessed = guess(folder)
        if guessed is not None:
            yield replace(guessed, cwd=folder.name)


def _by_code(folder: Folder) -> Guess | None:
    guessed = next((guess for read in _LANGUAGES if (guess := read(folder))), None)
    return with_procfile(folder, guessed)

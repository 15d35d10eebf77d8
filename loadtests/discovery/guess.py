"""What was guessed of a service, and why: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from loadtests.discovery.drafts import Draft

PORT = "{port}"
"""Where Versus writes the port, in a command."""

Language = Literal["python", "uv", "poetry", "node", "go", "rust", "docker", ""]


@dataclass(frozen=True)
class Route:
    """A path that answers GET without parameters.

    Attributes:
        path: with example values, if it has parameters.
        source: the file that says so.
    """

    path: str
    source: str


@dataclass(frozen=True)
class Build:
    """How a fresh copy of the code is prepared.

    Attributes:
        command: program and arguments; empty if there is nothing to prepare.
        source: the file that says so.
        programs: the folder of the programs that it installs, such as `.venv/bin`.
        made: what it makes, which git should ignore.
    """

    command: tuple[str, ...] = ()
    source: str = ""
    programs: str = ""
    made: str = ""

    def program(self, name: str) -> str:
        """A program as the server's command names it."""
        return f"{self.programs}/{name}" if self.programs else name


@dataclass(frozen=True)
class Guess:
    """A service.

    Attributes:
        language: what a CI job must set up.
        title: such as `FastAPI`.
        command: starts it.
        source: why, such as `main.py: app = FastAPI(...)`.
        environment: added for the command.
        routes: in the order of the files.
        start_gaps: what a person must look at in the command, as sentences.
        gaps: what else.
        cwd: the folder where it starts, relative to the first one; empty for that.
    """

    language: Language
    title: str
    command: tuple[str, ...]
    source: str
    build: Build = Build()
    environment: Mapping[str, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    start_gaps: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    cwd: str = ""


@dataclass(frozen=True)
class Start:
    """What is written, and what is said about it.

    Attributes:
        guess: None if nothing says how the service is started.
        ready: the path that says that the service is ready.
        scenarios: what is requested; empty for a guess.
        drafts: whole scenarios, from what exists already; they replace `scenarios`.
    """

    guess: Guess | None
    ready: Route | None
    scenarios: tuple[Route, ...]
    gaps: tuple[str, ...]
    drafts: tuple[Draft, ...] = ()

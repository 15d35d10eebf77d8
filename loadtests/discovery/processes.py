"""What a Procfile or a Dockerfile says about how a service is started."""

import re
from collections.abc import Sequence
from dataclasses import replace

from contract.secrecy import is_secret
from loadtests.discovery.files import Folder
from loadtests.discovery.guess import PORT, Build, Guess

LINE_LENGTH_MAX = 500
PORT_OF_CONTAINER = 8080

_PORT = re.compile(r"\$PORT\b|\$\{PORT(?::?-\d{1,5})?\}")
_SHELL = re.compile(r"[$`|&;<>()*?~\\\"'#]|^\w+=")
_ASSIGNED = re.compile(r"(?:^|\s)(\w+)=(\S+)")
_IMAGE = ".versus-image"


def with_procfile(folder: Folder, guess: Guess | None) -> Guess | None:
    """The guess with the command of the Procfile's line `web:`, which its owner wrote.

    Args:
        folder: of the service.
        guess: what its code says; None if nothing.
    """
    if not folder.has("Procfile"):
        return guess
    where = folder.shown("Procfile")
    matched = re.search(r"^web:[ \t]*(\S.*)$", folder.read("Procfile") or "", re.MULTILINE)
    if matched is None:
        return guess
    line = matched[1].strip()
    gap = _unusable(line)
    if gap:
        note = f"The line `web:` of {where} {gap}; it was not used."
        return guess and replace(guess, gaps=(*guess.gaps, note))
    known = guess or Guess("", "a Procfile", (), "")
    line = _PORT.sub(PORT, line)
    return replace(
        known,
        command=tuple(_words(line, known.build)),
        source=f"{where}: web",
        start_gaps=(),
    )


def guess_docker(folder: Folder) -> Guess | None:
    """A container of the folder's Dockerfile; None without one."""
    if not folder.has("Dockerfile"):
        return None
    where = folder.shown("Dockerfile")
    exposed = re.findall(
        r"^\s*EXPOSE\s+(\d{1,5})\b", folder.read("Dockerfile") or "", re.MULTILINE | re.IGNORECASE
    )
    port = int(exposed[-1]) if exposed and 0 < int(exposed[-1]) < 65536 else PORT_OF_CONTAINER
    gaps = [
        "Docker keeps the image of each commit: `docker image prune` removes them.",
        "Versus stops `docker run`, which stops the container. After a kill, look at `docker ps`.",
    ]
    if not exposed:
        gaps.append(f"{where} has no EXPOSE; the service must listen on port {port}, as PORT says.")
    run = f'exec docker run --rm -e PORT={port} -p 127.0.0.1:{PORT}:{port} "$(cat {_IMAGE})"'
    return Guess(
        "docker",
        "a Dockerfile",
        ("sh", "-c", run),
        where,
        Build(("sh", "-c", f"docker build -q . >{_IMAGE}"), where, made=_IMAGE),
        gaps=tuple(gaps),
    )


def _unusable(line: str) -> str:
    """Why a line cannot be copied; empty if it can."""
    if len(line) > LINE_LENGTH_MAX or not line.isprintable() or "\N{REPLACEMENT CHARACTER}" in line:
        return "is too long or has control characters"
    # What follows would stand in the configuration, which is committed.
    if any(is_secret(name, value) for name, value in _ASSIGNED.findall(line)):
        return "holds what looks like a secret"
    return ""


def _words(line: str, build: Build) -> Sequence[str]:
    if _SHELL.search(line):
        path = f'PATH="$PWD/{build.programs}:$PATH"; ' if build.programs else ""
        return ("sh", "-c", path + line)
    program, *words = line.split()
    return (program if "/" in program else _own(program, build), *words)


def _own(program: str, build: Build) -> str:
    """The environment's program of that name, where a Python project is likely to have it."""
    known = re.fullmatch(
        r"python[\d.]*|gunicorn|uvicorn|hypercorn|daphne|flask|waitress-serve", program
    )
    return build.program(program) if known else program

"""What `versus init` prints: its guesses, what a person must complete, and the next commands."""

import re
import shlex
import shutil
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TextIO

from contract.project import CONFIG_NAME
from loadtests.discovery.drafts import ROWS_FOLDER
from loadtests.discovery.files import Folder
from loadtests.discovery.guess import Guess, Start
from loadtests.discovery.pipelines import PLACES, Ci


def report_start(
    root: Path, folder: Folder, start: Start, paths: Sequence[str], kind: Ci | None, out: TextIO
) -> None:
    """Print what was written, what was guessed and why, what to complete, and what to do next.

    Args:
        root: the folder of the new files.
        folder: the same, as it was read.
        start: what was guessed.
        paths: the new files.
        kind: of the CI job, if one was wanted.
        out: takes the lines.
    """
    out.writelines(f"wrote {name}\n" for name in paths)
    if CONFIG_NAME not in paths:
        out.write(f"kept {CONFIG_NAME}, which exists already\n")
    else:
        out.write("\nguessed, and why:\n")
        out.writelines(
            f"  {what:<9}{value}{f'  ({source})' if source else ''}\n"
            for what, value, source in _guessed(start)
        )
        gaps = [*start.gaps, *_about_folder(root, folder, start.guess), *folder.bounds.notes]
        if gaps:
            out.write("\nto check or to complete:\n")
            out.writelines(f"  - {gap}\n" for gap in dict.fromkeys(gaps))
    out.write("\nnext:\n")
    out.writelines(f"  {line}\n" for line in _next_steps(folder, paths, kind))


def _guessed(start: Start) -> list[tuple[str, str, str]]:
    rows = []
    if start.guess:
        guess = start.guess
        rows.append(("service", guess.title + (f" in {guess.cwd}/" if guess.cwd else ""), ""))
        rows.append(("command", _shown(guess.command), guess.source))
        if guess.build.command:
            rows.append(("build", _shown(guess.build.command), guess.build.source))
    if start.ready:
        rows.append(("ready", start.ready.path, start.ready.source))
    rows += [("request", f"GET {route.path}", route.source) for route in start.scenarios]
    drafts = [draft for draft in start.drafts if not draft.reason]
    for draft in drafts:
        more = len(draft.steps) - 1
        rows.append(
            ("request", draft.request + (f", then {more} more" if more else ""), draft.source)
        )
    if not start.scenarios and not drafts:
        rows.append(("request", "GET /", "a guess"))
    return rows


def _shown(command: Sequence[str]) -> str:
    """A command for a person; a shell takes `{port}` as it is."""
    plain = re.compile(r"[\w@%+=:,./{}-]+")
    return " ".join(word if plain.fullmatch(word) else shlex.quote(word) for word in command)


def _about_folder(root: Path, folder: Folder, guess: Guess | None) -> list[str]:
    """What of the folder itself stands in the way of the next commands."""
    gaps = []
    in_git = any((level / ".git").exists() for level in (root, *root.parents))
    if not in_git:
        gaps.append("This folder is in no git repository, which `versus gate --base` needs.")
    if guess is None:
        return gaps
    program = guess.command[0]
    home = root / guess.cwd
    made = guess.build.made
    missing = made if made and not (home / made).exists() else program if "/" in program else ""
    if missing and not (home / missing).exists():
        where = f" in {guess.cwd}" if guess.cwd else " here"
        gaps.append(
            f"{missing} is missing{where}. `versus bench` measures this folder as it is, so run "
            f"there once: {_shown(guess.build.command)}"
        )
    elif "/" not in program and shutil.which(program) is None:
        gaps.append(f"The program {program!r} is not on PATH.")
    if guess.build.command and shutil.which(guess.build.command[0]) is None:
        gaps.append(f"The program {guess.build.command[0]!r}, which `build` runs, is not on PATH.")
    if in_git and made and not _is_ignored(folder, guess.cwd, made):
        gaps.append(
            f"Add {made} to .gitignore: `versus gate --base` measures commits, and stops where "
            "there are files that are neither committed nor ignored."
        )
    return gaps


def _is_ignored(folder: Folder, cwd: str, made: str) -> bool:
    """Whether a .gitignore has the name, alone or by a pattern such as `.venv*`."""
    files = [".gitignore", *([f"{cwd}/.gitignore"] if cwd else [])]
    patterns = [line.strip() for path in files for line in (folder.read(path) or "").splitlines()]
    names = (made, f"{cwd}/{made}")
    return any(
        fnmatchcase(name, pattern.removeprefix("**/").strip("/"))
        for name in names
        for pattern in patterns
        if not pattern.startswith(("#", "!"))
    )


def _next_steps(folder: Folder, paths: Sequence[str], kind: Ci | None) -> list[str]:
    base = _default_branch(folder)
    steps = [
        "versus check              # does the service start and answer as it says?",
        f"versus bench              # after you have completed the variants in {CONFIG_NAME}",
    ]
    if paths:
        shown = dict.fromkeys(
            ROWS_FOLDER if path.startswith(f"{ROWS_FOLDER}/") else path for path in paths
        )
        steps.append(f"git add {' '.join(shown)} && git commit -m 'Measure with Versus'")
    steps.append(
        f"versus gate --base {base:<7}# this branch against the commit where it left {base}"
    )
    if kind:
        steps.append(f"# and write VERSUS_SOURCE into {PLACES[kind]}, as its first lines say")
    return steps


def _default_branch(folder: Folder) -> str:
    """`main`, or `master` where only that is known."""
    packed = folder.read(".git/packed-refs") or ""
    known = {
        name
        for name in ("main", "master")
        if folder.has(f".git/refs/heads/{name}")
        or re.search(rf"^\w+ refs/(?:heads|remotes/origin)/{name}$", packed, re.MULTILINE)
    }
    return "master" if known == {"master"} else "main"

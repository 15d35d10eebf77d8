"""`versus init`: looks at a folder, writes versus.toml and a CI job, and says what to do next."""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from contract.errors import ConfigError
from contract.project import CONFIG_NAME
from loadtests.discovery.advice import report_start
from loadtests.discovery.configuration import write_configuration
from loadtests.discovery.descriptions import SOURCE, fetch_description
from loadtests.discovery.drafts import Table
from loadtests.discovery.existing import NOTHING, Existing, read_existing
from loadtests.discovery.files import Folder
from loadtests.discovery.guess import Route, Start
from loadtests.discovery.openapi import described_routes
from loadtests.discovery.pipelines import PLACES, Ci, write_pipeline
from loadtests.discovery.project import guess_service
from loadtests.discovery.routes import chosen_routes, ready_route
from loadtests.discovery.toml_text import table_text


def init(
    root: Path,
    ci: str,
    url: str,
    out: TextIO,
    existing: Existing = NOTHING,
    *,
    force: bool,
) -> list[str]:
    """Write versus.toml with its files of rows, and a CI job if wanted; the names of the new files.

    Args:
        root: the folder to look at and to write into.
        ci: `github`, `gitlab`, or empty for none.
        url: of a running server that describes its requests; empty for none.
        out: takes what was guessed, and why.
        existing: where scenarios come from, if not from guesses.
        force: whether existing files are replaced.

    Raises:
        ConfigError: a file exists already or cannot be written, or an option cannot be used.
    """
    kind = _checked(ci)
    paths = _paths(root, kind, force=force)
    if existing != NOTHING and CONFIG_NAME not in paths:
        raise ConfigError(f"{CONFIG_NAME} exists already and is kept. Pass --force to replace it.")
    folder = Folder(root)
    out.writelines(
        f"reading {name}, {size / 1e9:.1f} GB\n" for name, size in existing.large_files()
    )
    start = _look(folder, url, existing)
    tables = {
        draft.rows_file: table_text(draft.rows)
        for draft in start.drafts
        if isinstance(draft.rows, Table) and draft.rows.values
    }
    paths += _free(root, tables, force=force)
    language = start.guess.language if start.guess else ""
    texts = {
        CONFIG_NAME: write_configuration(
            start.guess, start.ready, start.scenarios, url.rstrip("/"), start.drafts
        ),
        **tables,
        **({PLACES[kind]: write_pipeline(kind, language)} if kind else {}),
    }
    for name in paths:
        _write(root / name, texts[name], force=force)
    report_start(root, folder, start, paths, kind, out)
    return paths


def _checked(ci: str) -> Ci | None:
    if not ci:
        return None
    for kind in PLACES:
        if ci == kind:
            return kind
    raise ConfigError(f"--ci: {ci!r} is unknown. Valid: {', '.join(PLACES)}.")


def _paths(root: Path, kind: Ci | None, *, force: bool) -> list[str]:
    """The files to write. With a CI job, an existing versus.toml is kept.

    Raises:
        ConfigError: a file exists, or the job would not be read where it is.
    """
    exists = os.path.lexists(root / CONFIG_NAME)
    if exists and not force and kind is None:
        raise ConfigError(f"{CONFIG_NAME} exists already and is kept. Pass --force to replace it.")
    names = [] if exists and not force else [CONFIG_NAME]
    if kind is not None:
        if not (root / ".git").exists():
            raise ConfigError(
                f"--ci: {PLACES[kind]} counts only in a repository's top folder, and there is no "
                ".git here. Run `versus init` in that folder."
            )
        if not (root / PLACES[kind]).parent.resolve().is_relative_to(root.resolve()):
            raise ConfigError(f"{PLACES[kind]}: a link leads out of this folder. Remove it.")
        if os.path.lexists(root / PLACES[kind]) and not force:
            raise ConfigError(
                f"{PLACES[kind]} exists already and is kept. Pass --force to replace it."
            )
        names.append(PLACES[kind])
    return names


def _free(root: Path, names: Iterable[str], *, force: bool) -> list[str]:
    """The names, if their files can be written.

    Raises:
        ConfigError: one exists, or would lie elsewhere.
    """
    for name in names:
        if not (root / name).parent.resolve().is_relative_to(root.resolve()):
            raise ConfigError(f"{name}: a link leads out of this folder. Remove it.")
        if os.path.lexists(root / name) and not force:
            raise ConfigError(f"{name} exists already and is kept. Pass --force to replace it.")
    return [*names]


def _look(folder: Folder, url: str, existing: Existing) -> Start:
    gaps = []
    drafts, notes = read_existing(existing)
    routes: list[Route] = []
    if url:
        description = fetch_description(url)
        routes = described_routes(description) if description else []
        if not routes:
            gaps.append(f"{SOURCE} there describes no GET request that can be sent as it is.")
    guess = guess_service(folder)
    if guess is None:
        also = "the running service is measured" if url else "the command is an example"
        gaps.append(
            f"No file says how the service is started; {also}. Write `command` into {CONFIG_NAME}."
        )
    read = [*(guess.routes if guess else ())]
    drafted = [Route(one.request[4:], one.source) for one in drafts if one.request[:4] == "GET "]
    scenarios = chosen_routes(routes) or chosen_routes(read)
    if not all(draft.reason for draft in drafts):
        scenarios = []
    elif not scenarios:
        gaps.append(
            "No route without parameters was seen, so `GET /` is a guess. Write a request that "
            "your service answers with 200, or start it and pass --url with its address."
        )
    gaps += [*guess.start_gaps, *guess.gaps] if guess else []
    return Start(
        guess,
        ready_route([*routes, *read, *drafted]) if guess else None,
        tuple(scenarios),
        (*gaps, *notes),
        drafts,
    )


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write a file whole or not at all; without force never over another.

    Raises:
        ConfigError: it cannot be written, or it exists.
    """
    # With force the old file, or a link, is replaced as a whole.
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}") if force else path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = new.open("x", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}).") from None
    try:
        with file:
            file.write(text)
        if force:
            new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise ConfigError(f"{path}: cannot be written ({error.strerror}).") from None

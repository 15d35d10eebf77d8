"""The first command in a repository: a configuration from what its files say."""

from pathlib import Path
from typing import Annotated

import typer

from commands.answer import Answer
from commands.options import JsonOption


def init(
    ci: Annotated[
        str, typer.Option(help="Also write a CI job that runs the gate: github or gitlab.")
    ] = "",
    url: Annotated[
        str, typer.Option(help="A running server whose /openapi.json says what to request.")
    ] = "",
    openapi: Annotated[
        str, typer.Option(help="An OpenAPI document: its file, or its address.")
    ] = "",
    har: Annotated[
        str, typer.Option(help="A HAR file, as a browser's developer tools save it.")
    ] = "",
    access_log: Annotated[
        str, typer.Option(help="An access log in the common or combined format.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a versus.toml for the service in this folder, and print what was guessed and why.

    Reads files of this folder and one level below, runs none of them, and uses the network only
    with --url and an address of --openapi. Existing files stay as they are.
    """
    from loadtests.discovery.existing import Existing
    from loadtests.discovery.init import init as write_start

    answer = Answer("init", as_json)

    def write() -> int:
        existing = Existing(openapi, har, access_log)
        files = write_start(Path.cwd(), ci, url, answer.out, existing, force=force)
        answer.found(files=files)
        return 0

    raise answer.end(write)

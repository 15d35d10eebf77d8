"""Options that several commands have: name, values and help."""

from pathlib import Path
from typing import Annotated

import typer

from contract.errors import ConfigError
from contract.project import find_project

LINK_HELP = "Distance of database and store: lan, region, wan or RTTms,Mbit."
ConfigOption = Annotated[
    Path | None, typer.Option(help="The configuration; default: versus.toml here or above.")
]
ProfileOption = Annotated[
    str, typer.Option(help="How thoroughly: smoke, quick, default, full or your own.")
]
VariantsOption = Annotated[str, typer.Option(help="Only the baseline and these, by comma.")]
ScenariosOption = Annotated[str, typer.Option(help="Only these scenarios and pages, by comma.")]
SeedOption = Annotated[
    int | None, typer.Option(min=0, max=2**31 - 1, help="Repeat the random draws of a run.")
]
RunsOption = Annotated[
    Path | None, typer.Option(help="The folder for runs; default: runs/ beside the configuration.")
]
LinkOption = Annotated[str, typer.Option(help=LINK_HELP)]
RedactOption = Annotated[
    bool, typer.Option("--redact", help="Record no host name, path or branch.")
]
HistoryOption = Annotated[
    str, typer.Option(help="Add the result to this folder or s3://bucket/prefix.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output instead of text.")
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", help="Print no progress; errors and the answer are printed.")
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", help="Print every effect, note and warning of the page.")
]


def runs_folder(stated: Path | None, config: Path | None = None) -> Path:
    """The folder for runs: as stated, else that of the configuration's project."""
    if stated is not None and not stated.name:
        raise ConfigError(
            "--runs is empty or the current folder. Name a folder of its own, or leave it out."
        )
    return (stated or find_project(config).runs).absolute()

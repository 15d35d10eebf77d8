"""Writes calibration.json, gates.parquet and calibration.html, and prints the tables."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import TypeAdapter

import reports
from calibration.findings import Calibration, Gate
from calibration.tables import headline, lede, tables
from contract.run.files import replaced_whole, shown_path
from loadtests.course import MeasureError
from reports.page.runs_words import RunsPage
from reports.surfaces.terminal import print_runs

JSON_NAME = "calibration.json"
PAGE_NAME = "calibration.html"
GATES_NAME = "gates.parquet"

_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = Path(reports.__file__).parent / "surfaces" / "templates" / "report.css"


def publish(calibration: Calibration, gates: Sequence[Gate], folder: Path, out: TextIO) -> None:
    """Write the files and print the tables; the last line is the page's path.

    Raises:
        MeasureError: the files cannot be written.
    """
    content = TypeAdapter(Calibration).dump_json(calibration, indent=1) + b"\n"
    try:
        with replaced_whole(folder / GATES_NAME) as temporary:
            pd.DataFrame([asdict(gate) for gate in gates]).to_parquet(temporary)
        with replaced_whole(folder / JSON_NAME) as temporary:
            temporary.write_bytes(content)
        with replaced_whole(folder / PAGE_NAME) as temporary:
            temporary.write_text(render(calibration), encoding="utf-8")
    except OSError as error:
        raise MeasureError(
            f"{folder}: cannot be written ({error.strerror}). Free space, then calibrate again."
        ) from error
    shown = tuple((table, ()) for table in tables(calibration) if table.id != "machine")
    print_runs(RunsPage((f"{headline(calibration)}.", *lede()), shown), out, "bold")
    out.write(f"\n{shown_path(folder / PAGE_NAME)}\n")


def render(calibration: Calibration) -> str:
    """The page: one file that loads nothing."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = _STYLE.read_text(encoding="utf-8")
    return environment.get_template("calibration.html.j2").render(
        calibration=calibration,
        headline=headline(calibration),
        lede=lede(),
        tables=tables(calibration),
        style=Markup(style),  # noqa: S704 - our own style sheet
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )

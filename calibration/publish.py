"""Writes calibration.json, gates.parquet and calibration.html, and prints the tables."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import pandas as pd
from pydantic import TypeAdapter

from calibration.findings import Calibration, Gate
from calibration.tables import headline, lede, tables
from contract.run.files import replaced_whole, shown_path
from loadtests.errors import MeasureError
from reports.page.runs import RunsPage
from reports.surfaces.render import render
from reports.surfaces.terminal import print_runs

JSON_NAME = "calibration.json"
PAGE_NAME = "calibration.html"
GATES_NAME = "gates.parquet"


def publish(calibration: Calibration, gates: Sequence[Gate], folder: Path, out: TextIO) -> None:
    """Write the files and print the tables; the last line is the page's path.

    Raises:
        MeasureError: the files cannot be written.
    """
    content = TypeAdapter(Calibration).dump_json(calibration, indent=1) + b"\n"
    try:
        with replaced_whole(folder / GATES_NAME) as temporary:
            pd.DataFrame(list(_rows(gates))).to_parquet(temporary)
        with replaced_whole(folder / JSON_NAME) as temporary:
            temporary.write_bytes(content)
        with replaced_whole(folder / PAGE_NAME) as temporary:
            temporary.write_bytes(render_page(calibration))
    except OSError as error:
        raise MeasureError(
            f"{folder}: cannot be written ({error.strerror}). Free space, then calibrate again."
        ) from error
    shown = tuple((table, ()) for table in tables(calibration) if table.id != "machine")
    print_runs(RunsPage((f"{headline(calibration)}.", *lede()), shown), out, "bold")
    out.write(f"\n{shown_path(folder / PAGE_NAME)}\n")


def _rows(gates: Sequence[Gate]) -> Iterator[dict[str, Any]]:
    """A row for each gate and metric; of a gate without any metric, one without its columns."""
    for number, gate in enumerate(gates):
        row: dict[str, Any] = {
            "gate": number,
            "mode": gate.mode,
            "condition": gate.condition,
            "question": gate.question,
            **asdict(gate.slowdown),
            "verdict": gate.verdict,
            "measured_s": gate.measured_s,
            "rounds": gate.rounds,
            "note": gate.note,
        }
        for found in gate.found:
            yield row | {
                "metric": found.metric,
                "decision": found.decision,
                "ratio": found.ratio,
                "low90": found.interval90.low,
                "high90": found.interval90.high,
                "low_familywise": found.interval_familywise.low,
                "high_familywise": found.interval_familywise.high,
                "confidence_familywise": found.interval_familywise.confidence,
                "truth": gate.truths.get(found.metric),
            }
        if not gate.found:
            yield row


def render_page(calibration: Calibration) -> bytes:
    """The page: one file that loads nothing."""
    return render(
        "calibration.html.j2",
        calibration,
        {},
        Path(__file__).parent / "templates",
        headline=headline(calibration),
        lede=lede(),
        tables=tables(calibration),
    )

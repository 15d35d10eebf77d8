import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from calibration.publish import publish, render_page
from calibration.tests.support import make_gate
from calibration.tests.test_tables import make_calibration
from loadtests.errors import MeasureError


def test_files_and_tables_are_written(tmp_path: Path) -> None:
    """Infinite numbers are null, and the last printed line is the page's path."""
    out = io.StringIO()
    gates = [make_gate("PASS"), make_gate("FAIL", 0.1)]
    calibration = make_calibration()
    publish(calibration, gates, tmp_path, out)

    content = json.loads((tmp_path / "calibration.json").read_text(encoding="utf-8"))
    assert None is content["verdicts"][0]["fail_s_max"]
    assert ["PASS", "FAIL"] == pd.read_parquet(tmp_path / "gates.parquet")["decision"].tolist()
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("All ")
    assert lines[-1].endswith("calibration.html")
    assert "Machine and code" not in out.getvalue()


def test_the_page_is_self_contained() -> None:
    """It loads nothing, and the command is text."""
    page = render_page(replace(make_calibration(), command="make calibrate <SEED=5>")).decode()

    assert "make calibrate &lt;SEED=5&gt;" in page
    assert [] == re.findall(r"(?:src|href)=\"(?!#)", page)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The error has the folder, the reason and what to do."""
    with pytest.raises(MeasureError, match=r"missing: cannot be written .*Free space"):
        publish(make_calibration(), [], tmp_path / "missing", io.StringIO())

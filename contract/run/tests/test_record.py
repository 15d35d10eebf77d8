"""run.json: older versions are read, damage is named."""

import json
from pathlib import Path

import pytest

from contract.errors import RecordError
from contract.run.reading import read_run
from contract.run.record import RUN_NAME, SCHEMA_VERSION, write_run
from contract.run.tests.folders import RECORD, edited, folder_with


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (edited({"schema_version": SCHEMA_VERSION + 1}), f"schema version {SCHEMA_VERSION + 1}"),
        (edited({"schema_version": "x"}), "schema version 'x'"),
        (edited({"seed": "many"}), "damaged at seed"),
        (edited({"sede": 1}), "damaged at sede"),
        ("{", "cannot be read as JSON"),
        ("[]", "a JSON object was expected"),
        ("\xff", "cannot be read as JSON"),
    ],
)
def test_damage_is_named_with_its_file(tmp_path: Path, content: str, expected: str) -> None:
    """Neither a newer record nor a broken one is guessed at."""
    (tmp_path / RUN_NAME).write_bytes(content.encode("latin-1"))
    with pytest.raises(RecordError) as caught:
        read_run(tmp_path)

    assert expected in str(caught.value)
    assert str(tmp_path / RUN_NAME) in str(caught.value)


def test_a_run_of_the_first_schema_is_read(tmp_path: Path) -> None:
    """What knew nothing of load was paired."""
    write_run(folder_with(tmp_path, 1), RECORD)
    content = json.loads((tmp_path / RUN_NAME).read_text(encoding="utf-8"))
    del content["design"], content["load"], content["scenarios"][0]["objective_s"]
    content["schema_version"] = 1
    (tmp_path / RUN_NAME).write_text(json.dumps(content), encoding="utf-8")

    record = read_run(tmp_path).record

    assert ("paired", None, None) == (record.design, record.load, record.scenarios[0].objective_s)

"""The gate as a GitHub annotation."""

import pytest

from contract.exit_codes import INCONCLUSIVE, INVALID, PASSED, REGRESSED
from reports.surfaces.annotation import annotation, history_warning


@pytest.mark.parametrize(
    ("code", "expected"),
    [(PASSED, ""), (REGRESSED, "::error"), (INCONCLUSIVE, "::warning"), (INVALID, "::error")],
)
def test_only_what_needs_a_reader_is_annotated(code: int, expected: str) -> None:
    """A pass needs none; of many lines the first five are shown."""
    told = annotation(code, [f"line {number}" for number in range(9)])

    assert expected == told.partition(" ")[0]
    assert told.endswith("and 4 more in report.html" if expected else "")


def test_an_annotation_is_one_command() -> None:
    """No text in it is another one, and its lines stay inside it."""
    command = annotation(REGRESSED, ["a\n::error::b", "##[error]c %0A"])

    assert (
        "::error title=Versus gate::a\ufffd:\u200b:error:\u200b:b%0A#\u200b#[error]c %250A"
        == command
    )


def test_a_history_that_lacks_a_run_is_a_warning() -> None:
    """In one short line."""
    command = history_warning("x\n::y" + "z" * 1_000)

    assert command.startswith("::warning title=Versus history::x\ufffd:\u200b:yz")
    assert len(command) < 350

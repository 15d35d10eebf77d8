"""Every licence of what is installed is known and may be used beside MIT."""

from email.message import Message
from pathlib import Path

import pytest

from tests.licences import PAGE, Licence, elsewhere, expression_of, is_for_here, licences, locked


class Stated:
    """A package with these metadata."""

    def __init__(self, *lines: tuple[str, str]) -> None:
        self.metadata = Message()
        for name, value in lines:
            self.metadata[name] = value


def test_all_licences_are_known_and_compatible() -> None:
    """A new package with another licence, or none, ends here until somebody has looked at it."""
    assert [] == [one for one in licences() if not one.is_compatible]


@pytest.mark.parametrize(
    ("lines", "expected", "compatible"),
    [
        ([("License-Expression", "MIT")], "MIT", True),
        ([("License-Expression", "MIT OR GPL-3.0-only")], "MIT OR GPL-3.0-only", True),
        ([("License-Expression", "MIT AND GPL-3.0-only")], "MIT AND GPL-3.0-only", False),
        ([("License-Expression", "AGPL-3.0-or-later")], "AGPL-3.0-or-later", False),
        ([("License-Expression", "(MIT)")], "(MIT)", False),
        ([("License", "Apache 2")], "Apache-2.0", True),
        ([("License", "GPL")], "GPL", False),
        ([("Classifier", "License :: OSI Approved :: MIT License")], "MIT", True),
        (
            [("Classifier", "License :: OSI Approved :: GNU General Public License (GPL)")],
            "GNU General Public License (GPL)",
            False,
        ),
        ([("License", "A text\nof a licence")], "", False),
        ([("License", "Copyright, a very long line " * 9)], "", False),
        ([], "", False),
    ],
)
def test_what_is_unknown_or_not_compatible_is_refused(
    lines: list[tuple[str, str]], expected: str, compatible: bool
) -> None:
    """One alternative must consist of known licences alone."""
    found = expression_of(Stated(*lines))  # type: ignore[arg-type]

    assert (expected, compatible) == (found, Licence("new", found).is_compatible)


def test_a_lock_is_read_with_its_markers() -> None:
    """Hashes are passed over; what is for another system is not looked for."""
    text = "a==1 \\\n    --hash=sha256:0\nb==2 ; sys_platform == 'win32' \\\n    --hash=sha256:1\n"
    found = locked(text)

    assert ["a", "b"] == list(found)
    assert [True, False] == [is_for_here(one[0]) for one in found.values()]


def test_the_page_lists_them_all() -> None:
    """As they are installed; `make licences` renews it."""
    content = Path(PAGE).read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in content.splitlines() if line.startswith("| ")]
    listed = {name: row[0] for row in rows[1:] for name in row[1].split(", ")}

    assert {one.package: one.expression for one in licences()} == listed
    assert content.endswith(f"On other systems only: {', '.join(elsewhere())}.\n")

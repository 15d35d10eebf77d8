import re
from pathlib import Path

import pytest

from service.stack import StackError, binaries


def test_a_wrong_path_is_for_its_owner_to_correct(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A POSTGREST_BIN that cannot be run is named with the remedy that helps."""
    wrong = tmp_path / "postgrest"
    wrong.touch()
    monkeypatch.setenv("POSTGREST_BIN", str(wrong))
    expected = f"POSTGREST_BIN: {wrong} is not an executable file. Correct or unset POSTGREST_BIN."

    with pytest.raises(StackError, match=f"^{re.escape(expected)}$"):
        binaries.postgrest()

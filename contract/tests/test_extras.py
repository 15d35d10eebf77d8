"""Optional packages: a command that lacks them says how to get them."""

import pytest

from contract import extras
from contract.extras import ExtraError, check_extra, has_extra


def test_an_extra_that_is_installed_is_found() -> None:
    """This repository is set up with all of them."""
    assert all(has_extra(name) for name in ("reference", "pages", "history", "calibration"))


def test_a_missing_extra_is_named_with_what_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, exit code 2."""
    monkeypatch.setitem(extras._MARKS, "history", "no_such_package")

    with pytest.raises(ExtraError, match=r"^A history in a bucket .* extra 'history': ") as caught:
        check_extra("history", "A history in a bucket")
    assert 2 == caught.value.exit_code

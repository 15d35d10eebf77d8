"""Reasons why two revisions cannot be compared."""

import pytest

from loadtests.revisions.states import RevisionError, State


@pytest.mark.parametrize("state", State)
def test_no_reason_is_a_pass(state: State) -> None:
    """Wrong input is 2, a change that cannot be judged 3, a revision that does not work 4."""
    error = RevisionError(state, "Do this.")

    assert error.exit_code in {2, 3, 4}
    assert (state.exit_code, f"{state.words}: Do this.") == (error.exit_code, str(error))

"""The exit codes that every command keeps."""

from contract import exit_codes


def test_exit_codes() -> None:
    """As documented."""
    assert (0, 1, 2, 3, 4) == (
        exit_codes.PASSED,
        exit_codes.REGRESSED,
        exit_codes.USAGE,
        exit_codes.INCONCLUSIVE,
        exit_codes.INVALID,
    )

"""How commands end: the exit codes, and the verdict that each one means."""

PASSED, REGRESSED, USAGE, INCONCLUSIVE, INVALID, INTERRUPTED = 0, 1, 2, 3, 4, 130

_VERDICTS = {
    PASSED: "pass",
    REGRESSED: "regression",
    INCONCLUSIVE: "inconclusive",
    INVALID: "invalid",
    INTERRUPTED: "interrupted",
}


def verdict_name(exit_code: int) -> str:
    """The verdict as one word, as jobs and documents read it; `usage` for every other code."""
    return _VERDICTS.get(exit_code, "usage")

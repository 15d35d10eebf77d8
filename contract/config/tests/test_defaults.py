"""Two revisions have budgets where their file states none."""

from contract.config.defaults import DEFAULT_BUDGET, default_budgets
from contract.config.judging import Budget


def test_each_default_is_a_budget_with_a_reason() -> None:
    """The typical latency must be decided; all else fails where it is shown, and no more."""
    budgets = [Budget(**stated) for stated in default_budgets(["db_rows", "cpu_s"])]

    assert {
        "latency_s_p50": (1.05, "inconclusive"),
        "latency_s_p95": (1.05, "pass"),
        "cpu_outside_s": (1.03, "pass"),
        "memory_peak_bytes": (1.1, "pass"),
        "wire_bytes": (1.0, "pass"),
        "body_bytes": (1.0, "pass"),
        "db_rows": (1.0, "pass"),
        "cpu_s": (1.03, "pass"),
    } == {one.metric: (one.ratio_max, one.undecided) for one in budgets}
    for one in budgets:
        assert one.reason.startswith(f"{DEFAULT_BUDGET}: ")
        # Memory is of all scenarios together.
        scenario = "" if one.metric == "memory_peak_bytes" else "*"
        assert (scenario, "head", "restarts") == (one.scenario, one.variant, one.design)

from calibration.questions import RATIO_MAX, TAIL_ONLY, WHOLE, budgets_of
from contract.metrics import TAIL, TYPICAL


def test_every_budget_has_the_same_limit() -> None:
    """All primary metrics are limited together, or one alone."""
    whole = {one.metric: one.ratio_max for one in budgets_of(WHOLE)}

    assert {TYPICAL, TAIL} <= set(whole)
    assert {RATIO_MAX} == set(whole.values())
    assert [TAIL] == [one.metric for one in budgets_of(TAIL_ONLY)]

"""Whether a step of load was delivered and answered well enough to go on."""

from collections.abc import Mapping

import numpy as np

from contract.run.record import StepRecord
from loadtests.engines.messages import Order, Report
from loadtests.engines.outcome import StepAnswers
from loadtests.planning.plan import Job

ERROR_SHARE_MAX = 0.5
"""A step in which more answers than this are wrong ends the run ..."""

ERRORS_MIN = 10
"""... unless there were as few as these."""


class StoppedError(Exception):
    """There is no use in going on; the message says why and what to do."""


class UndeliveredError(StoppedError):
    """A worker was lost, or cannot keep up."""


class TargetBrokenError(StoppedError):
    """The target answers wrongly."""


def check_all_reported(order: Order, step: StepRecord, reports: Mapping[int, Report]) -> None:
    """Make sure that no worker was lost.

    Raises:
        UndeliveredError: a worker has not reported the step.
    """
    lost = [worker for worker in range(order.workers) if worker not in reports]
    if not lost:
        return
    names = ", ".join(str(worker + 1) for worker in lost)
    raise UndeliveredError(
        f"worker {names} of {order.workers} was lost in block {order.block}: {_shortfall(step)}"
    )


def check_all_sent(order: Order, step: StepRecord) -> None:
    """Make sure that the workers sent the rate that is compared.

    Raises:
        UndeliveredError: a worker sent less than planned.
    """
    if order.phase == "switchback" and step.sent != step.planned:
        raise UndeliveredError(
            f"the generator cannot send {order.rate_per_s:g} requests/s: {_shortfall(step)} in "
            f"block {order.block}. Use more workers or a lower rate"
        )


def check_target(order: Order, answers: StepAnswers, last_error: str) -> None:
    """Make sure that the target answers: no capacity is searched, and none compared, without.

    Args:
        order: of the step.
        answers: in the step.
        last_error: where and why the last answer was wrong.

    Raises:
        TargetBrokenError: in a probe, a scenario has no right answer; in a switchback, most answers
            are wrong.
    """
    wrong = int(answers.wrong.sum())
    if not wrong:
        return
    if order.phase == "probe":
        broken = any(
            answers.wrong[answers.scenario == scenario].all()
            for scenario in set(answers.scenario.tolist())
        )
    else:
        share = wrong / len(answers.error)
        broken = order.phase == "switchback" and wrong >= ERRORS_MIN and share > ERROR_SHARE_MAX
    if broken:
        raise TargetBrokenError(last_error)


def describe_last_error(job: Job, order: Order, answers: StepAnswers) -> str:
    """Where and why the last wrong answer of a step was wrong; empty where all are right."""
    wrong = np.flatnonzero(answers.wrong)
    if not len(wrong):
        return ""
    last = int(wrong[-1])
    scenario = job.scenarios[int(answers.scenario[last])].name
    return f"{scenario}, {job.variants[order.variant]}: {answers.error[last]}"


def _shortfall(step: StepRecord) -> str:
    planned, sent = sum(step.planned), sum(step.sent)
    return (
        f"{sent} of {planned} planned requests delivered, a shortfall of "
        f"{100 * (planned - sent) / max(planned, 1):.0f} %"
    )

"""The dry run: starts what measuring would start, sends each scenario twice, stops everything."""

import asyncio
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from contract.check import Checked, CheckedAnswer
from contract.metrics import OF_STREAMS, find, stage_column
from contract.run.observation import DELAYED_ACKNOWLEDGEMENTS_S as DELAYS_S
from contract.run.observation import Observation
from loadtests.checking.alike import find_alike
from loadtests.checking.differences import find_differences
from loadtests.checking.gated import weighed_answers, weighed_differences
from loadtests.checking.pace import pace_of, time_parts
from loadtests.checking.secrets import secrets_of
from loadtests.checking.sending import Sender, Sent, send_beside
from loadtests.engines.launch import new_job
from loadtests.engines.setting_up import LOG_LINES_MAX, SetupError, set_up
from loadtests.errors import EXIT_INVALID
from loadtests.interrupting import until_interrupted, while_alive
from loadtests.machine.meanwhile import announced
from loadtests.opening import planned_record
from loadtests.planning.disclosure import printable
from loadtests.planning.plan import Plan
from loadtests.planning.rows import shown_row
from loadtests.revisions.states import RevisionError
from loadtests.revisions.target import open_plan
from loadtests.targets.readiness import unreported
from loadtests.targets.servers import TargetError
from loadtests.telling_lines import last_lines

_Answers = Mapping[tuple[int, int], tuple[Sent, ...]]


def check(
    plan: Plan, say: Callable[[str], None], wait: Callable[[str], None] = unreported
) -> Checked:
    """Find out what can be known before measuring; nothing that was started is left.

    Args:
        plan: what would be measured; with a change, both revisions are built and started.
        say: takes a line of progress.
        wait: takes a line each second while a server is waited for.

    Raises:
        KeyboardInterrupt: a signal ended it.
        InputError: it cannot be tried at all, such as two revisions that cannot be compared.
    """
    record = planned_record(plan, "check", "")
    # Looks are taken by `bench` and `gate`, and cost a part of the chance of error.
    record = record.model_copy(update={"looks": plan.workers is None})
    checked = Checked(record, plan.profile.measure_s, time=time_parts(plan))
    with (
        announced("check", say),
        tempfile.TemporaryDirectory(prefix="versus-check-") as name,
    ):
        folder = Path(name)
        try:
            return asyncio.run(until_interrupted(_check(plan, checked, folder, say, wait)))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        except RevisionError as error:
            if error.state.exit_code != EXIT_INVALID:
                raise
            return _failed(plan, checked, folder, str(error))
        except SetupError as error:
            return replace(_failed(plan, checked, folder, str(error)), log=error.log)
        except TargetError as error:
            return _failed(plan, checked, folder, str(error))


async def _check(
    plan: Plan,
    checked: Checked,
    folder: Path,
    say: Callable[[str], None],
    wait: Callable[[str], None],
) -> Checked:
    began_s = time.monotonic()
    async with open_plan(plan, folder, say, wait) as target:
        start_s = time.monotonic() - began_s
        if target.restarted is not None:
            # A build is not repeated with each pair of starts; the servers' start is.
            own = [target.pids[f"service_{side}"] for side in plan.variants]
            start_s = time.time() - min(psutil.Process(pid).create_time() for pid in own)
        job = new_job(plan, folder, target, looks=False)
        job = await while_alive(target, set_up(plan, job, target.environments))
        say(f"sending each scenario twice: {', '.join(plan.variants)}")
        sender = Sender(job)
        answers = await while_alive(target, send_beside(sender))
    found = target.first_answers
    differences = find_differences(plan, answers, job.secrets)
    return replace(
        checked,
        answers=weighed_answers(_checked_answers(plan, answers), found),
        differences=weighed_differences(plan, differences, found),
        alike=find_alike(plan, target.base_urls),
        paces=pace_of(plan, _latencies_s(plan, answers)),
        time=time_parts(plan, start_s),
    )


def _checked_answers(plan: Plan, answers: _Answers) -> Iterator[CheckedAnswer]:
    for index, scenario in enumerate(plan.scenarios):
        for variant, name in enumerate(plan.variants):
            sent = answers[index, variant]
            last = sent[-1].observation
            values = [
                *zip(map(stage_column, plan.target.stages), last.stages, strict=True),
                *zip(plan.target.counters, last.counters, strict=True),
            ]
            streams = any(request.events for request in scenario.sequence)
            if streams:
                values += [(one, getattr(last, find(one).source)) for one in OF_STREAMS]
            yield CheckedAnswer(
                scenario=scenario.name,
                variant=name,
                request=printable(scenario.request),
                status=last.status,
                body_bytes=last.body_bytes,
                ttfb_s=_known(last.ttfb_s),
                latency_s=_known(last.latency_s) if last.status else None,
                error=printable(
                    next((one.observation.error for one in sent if one.observation.error), "")
                ),
                missing=tuple(metric for metric, value in values if math.isnan(value)),
                # A stream may pause between its events as it likes.
                stalls=not streams and _stalls([one.observation for one in sent]),
                row=shown_row(scenario.draws, last.row),
            )


def _stalls(observations: Sequence[Observation]) -> bool:
    """Whether all over a kept connection pause, and none over a new one.

    There, acknowledgements come at once; a service that pauses by itself does so everywhere.
    """
    whole = [one for one in observations if one.status]
    kept = [one.stall_s for one in whole if not one.connections_opened]
    new = [one.stall_s for one in whole if one.connections_opened]
    return bool(kept) and all(map(_is_delay, kept)) and not any(map(_is_delay, new))


def _is_delay(stall_s: float) -> bool:
    return any(shortest_s <= stall_s <= longest_s for shortest_s, longest_s in DELAYS_S)


def _known(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None


def _latencies_s(plan: Plan, answers: _Answers) -> dict[str, float]:
    """Of each scenario that all variants answered, the sum of their second latencies.

    With what is sent around them, which takes the same time of each round.
    """
    latencies_s = {}
    for index, scenario in enumerate(plan.scenarios):
        last = [answers[index, variant][-1] for variant in range(len(plan.variants))]
        if all(sent.observation.status for sent in last):
            latencies_s[scenario.name] = sum(
                sent.observation.latency_s + sent.around_s for sent in last
            )
    return latencies_s


def _failed(plan: Plan, checked: Checked, folder: Path, failure: str) -> Checked:
    """What is known where nothing could be sent; logs end with the folder, so no path of one."""
    logs = sorted(folder.glob("*.log"), key=lambda log: log.stat().st_mtime)
    named = [log for log in logs if str(log) in failure]
    for log in logs:
        failure = failure.replace(f"; see {log}", "")
    lines = last_lines(named[0], LOG_LINES_MAX, secrets_of(plan)) if named else []
    return replace(checked, failure=printable(failure), log=tuple(lines))

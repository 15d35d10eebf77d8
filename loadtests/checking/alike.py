"""Which variants get the same requests from the same server, so that nothing tells them apart."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from contract.check import Alike
from loadtests.planning.plan import Plan, Scenario


def find_alike(plan: Plan, base_urls: Sequence[str]) -> tuple[Alike, ...]:
    """Every variant that cannot differ from the baseline, and of two revisions the same commit.

    Args:
        plan: what is sent.
        base_urls: where each variant answers.
    """
    if plan.change:
        first, second = plan.variants
        return (Alike(first, second, "commit"),) if plan.change.unchanged else ()
    return tuple(
        Alike(plan.baseline, name, server)
        for variant, name in enumerate(plan.variants[1:], start=1)
        if all(_same_requests(scenario, variant) for scenario in plan.scenarios)
        and (server := _same_server(plan, base_urls, variant))
    )


def _same_requests(scenario: Scenario, variant: int) -> bool:
    return all(
        request.paths[0] == request.paths[variant]
        and request.headers[0] == request.headers[variant]
        for request in scenario.sequence
    )


def _same_server(
    plan: Plan, base_urls: Sequence[str], variant: int
) -> Literal["", "one", "command"]:
    if base_urls[0] == base_urls[variant]:
        return "one"
    if len(plan.servers) > 1:
        first, second = (replace(plan.servers[index], variant="") for index in (0, variant))
        return "command" if first == second else ""
    return ""

"""Values that were sent, or given to servers, and that nothing may show again."""

import json
import os
from collections.abc import Iterable

from loadtests.planning.plan import Plan
from loadtests.planning.templates import PLACEHOLDER

SHORTEST_HEADER = 8
"""Shorter words of headers, such as `gzip`, are no secrets."""


def secrets_of(plan: Plan, headers: Iterable[str] = ()) -> tuple[str, ...]:
    """Values that were sent or given to servers and that nothing may show again.

    Args:
        plan: of what is sent.
        headers: values that the target adds.
    """
    values = [*headers, *plan.headers.values()]
    for scenario in plan.scenarios:
        for table in (headers for request in scenario.sequence for headers in request.headers):
            values += [part for parts in table.values() for part in parts]
    values += [value for server in plan.servers for value in server.hidden]
    # A scheme such as `Bearer` stands before a token.
    words = [word for value in values for word in (value, *value.split())]
    # Bodies and paths, too, may hold values of the environment.
    named = PLACEHOLDER.findall(json.dumps(plan.config, default=str))
    environment = [os.environ.get(name, "") for name in named]
    return tuple(
        dict.fromkeys([*environment, *(word for word in words if len(word) >= SHORTEST_HEADER)])
    )

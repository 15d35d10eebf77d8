"""Which values must not be shown of what a service answers."""

import base64
import html
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote, quote_plus

from loadtests.planning.plan import Job, Plan
from loadtests.planning.setups import Given
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
    words += [part for word in words for part in _decoded(word)]
    # Bodies and paths, too, may hold values of the environment.
    named = PLACEHOLDER.findall(json.dumps(plan.config, default=str))
    environment = [os.environ.get(name, "") for name in named]
    found = [*environment, *(word for word in words if len(word) >= SHORTEST_HEADER)]
    return tuple(dict.fromkeys(form for value in found for form in forms_of(value)))


def with_given(job: Job, given: tuple[Given, ...]) -> Job:
    """The job with what its set-up gives, of which nothing may be shown."""
    values = [value for one in given for value in one.values.values()]
    values += [cookie.value for one in given for cookie in one.cookies]
    hidden = [form for value in values for form in forms_of(value)]
    return replace(job, given=given, secrets=(*job.secrets, *dict.fromkeys(hidden)))


def _decoded(word: str) -> Iterator[str]:
    """Name and password of a word for `Basic`."""
    try:
        name, _, password = base64.b64decode(word, validate=True).decode().partition(":")
    except ValueError:
        return
    yield from (name, password)


def forms_of(value: str) -> Iterator[str]:
    """A value as it is, and as it stands in an address, a page, or a text of JSON."""
    yield value
    yield from (quote(value, safe=""), quote(value), quote_plus(value))
    yield html.escape(value)
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])

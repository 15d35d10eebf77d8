"""Names of scenarios that state none: made from the request, always the same from the same one.

A name stands in `--scenarios`, in budgets and in the history, so it must not depend on where in the
file a scenario stands: names that come out alike are refused, not numbered.
"""

import hashlib
import re
from typing import Any

from contract.secrecy import public_request

NAME_MAX = 64
"""Characters of a name; a longer one ends with a digest of the whole."""

_DIGEST = 8


def name_of(request: str) -> str:
    """The name of a request: `GET /products?limit=50` is get_products_limit_50.

    Values that look secret are no part of it.
    """
    method, _, target = public_request(request).partition(" ")
    words = re.findall(r"[A-Za-z0-9]+", target)
    name = "_".join([method.lower(), *words])
    if len(name) <= NAME_MAX:
        return name
    digest = hashlib.sha256(public_request(request).encode()).hexdigest()[:_DIGEST]
    return f"{name[: NAME_MAX - _DIGEST - 1].rstrip('_')}_{digest}"


def named(content: Any) -> Any:
    """The content of a file in which every scenario with a request has a name.

    What is not as the schema wants it stays as it is, for the schema to refuse.

    Raises:
        ValueError: two scenarios have the same name, and one of them did not state it.
    """
    scenarios = content.get("scenarios") if isinstance(content, dict) else None
    if not isinstance(scenarios, list):
        return content
    complete = [_named(scenario) for scenario in scenarios]
    _check_alike(scenarios, complete)
    return {**content, "scenarios": complete}


def _named(scenario: Any) -> Any:
    request = _first_request(scenario)
    if request is None or "name" in scenario:
        return scenario
    return {"name": name_of(request), **scenario}


def _first_request(scenario: Any) -> str | None:
    """The request, or the first of a sequence."""
    if not isinstance(scenario, dict):
        return None
    sequence = scenario.get("sequence")
    if isinstance(sequence, list) and sequence and isinstance(sequence[0], dict):
        scenario = sequence[0]
    request = scenario.get("request")
    return request if isinstance(request, str) else None


def _check_alike(stated: list[Any], complete: list[Any]) -> None:
    numbers: dict[str, int] = {}
    for number, (before, scenario) in enumerate(zip(stated, complete, strict=True), 1):
        name = scenario.get("name") if isinstance(scenario, dict) else None
        if not isinstance(name, str):
            continue
        first = numbers.setdefault(name, number)
        if first != number and not ("name" in before and "name" in stated[first - 1]):
            raise ValueError(
                f"scenarios number {first} and {number}: both are named {name!r} by their "
                "requests; give each a 'name' of its own."
            )

"""What of a configuration may be recorded and shown: secrets are removed, ${NAMES} stay."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from contract.config.scenarios import RequestConfig, ScenarioConfig
from contract.config.schema import Config
from contract.lines import printable as printable  # noqa: PLC0414 - what is shown of a text
from contract.secrecy import REMOVED, is_secret, public_request

_OPTION_PAIR = re.compile(r"(-*[^=]+)=(.*)", re.DOTALL)
SHORTEST_SECRET = 4
"""Shorter values of the environment, such as 1 or yes, would only garble what is shown."""


def blanked(text: str, secrets: Iterable[str]) -> str:
    """A text without these values, but for the shortest."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, REMOVED)
    return text


def without_secrets(config: Config) -> dict[str, Any]:
    """The configuration as stated, for the record."""
    stated: dict[str, Any] = to_jsonable_python(config.stated)
    sections = (
        stated["target"],
        *stated.get("variants", {}).values(),
        *stated.get("suite_variants", {}).values(),
        stated.get("revisions", {}),
    )
    for section in sections:
        for name in ("headers", "query", "environment", "parameters", "page"):
            if name in section:
                section[name] = _shown(section[name])
        for name in {"command", "build", "prepare"} & section.keys():
            section[name] = shown_command(section[name])
    for page in stated.get("pages", ()):
        page["path"] = public_request(page["path"])
    _without_secrets_of_scenarios(stated.get("scenarios", ()))
    for step in stated.get("setup", ()):
        _clean(step)
        if "command" in step:
            step["command"] = shown_command(step["command"])
    return stated


def _without_secrets_of_scenarios(scenarios: Sequence[dict[str, Any]]) -> None:
    for scenario in scenarios:
        parts = (scenario.get(part, ()) for part in ("sequence", "before", "after"))
        for request in (scenario, *(one for part in parts for one in part)):
            _clean(request)


def _clean(request: dict[str, Any]) -> None:
    if "request" in request:
        request["request"] = public_request(request["request"])
    for name in ("headers", "body", "json"):
        if name in request:
            request[name] = _shown(request[name])
    for part in request.get("form", ()):
        if "text" in part:
            part["text"] = _shown(part["text"], part["name"])


def public_requests(scenario: ScenarioConfig) -> str:
    """Method and path of a scenario's requests, for people."""
    requests: Sequence[RequestConfig | ScenarioConfig] = scenario.sequence or (scenario,)
    return ", then ".join(public_request(str(request.request)) for request in requests)


def shown_command(command: Sequence[str]) -> list[str]:
    """A command without the values of secret-looking options."""
    shown: list[str] = []
    for word in command:
        pair = _OPTION_PAIR.fullmatch(word)
        after_option = bool(shown) and shown[-1].startswith("-") and "=" not in shown[-1]
        if pair and is_secret(pair[1], pair[2]):
            shown.append(f"{pair[1]}={REMOVED}")
        elif after_option and not word.startswith("-") and is_secret(shown[-1], word):
            shown.append(REMOVED)
        else:
            shown.append(REMOVED if is_secret("", word) else word)
    return shown


def _shown(stated: Any, name: str = "") -> Any:
    """A value without the secrets in it; a text without a name may be a whole body."""
    if isinstance(stated, dict):
        return {key: _shown(value, f"{name}.{key}") for key, value in stated.items()}
    if isinstance(stated, list):
        return [_shown(value, name) for value in stated]
    if isinstance(stated, bool):
        return stated
    text = str(stated)
    return REMOVED if is_secret(name or text, text) else stated

"""What of a configuration may be recorded and shown: secrets are removed, ${NAMES} stay.

A value is secret when its name sounds like one, unless all of it comes from the environment or
from an earlier answer. That is a guess, so the documentation asks for ${NAME}.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from contract.config.scenarios import RequestConfig, ScenarioConfig
from contract.config.schema import Config

_SECRET_NAME = re.compile(
    r"auth|cookie|secret|token|key|passw|pwd|session|credential", re.IGNORECASE
)
# A scheme such as `Bearer` may stand before it; anything else could be the secret.
_GIVEN = re.compile(r"(?:[A-Za-z]+ )?\$?\{[A-Za-z_][A-Za-z0-9_]*\}")
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
_QUERY_PAIR = re.compile(r"(?<=[?&])([^=&]+)=([^&]*)")
_OPTION_PAIR = re.compile(r"(-*[^=]+)=(.*)", re.DOTALL)
REMOVED = "[removed]"
SHORTEST_SECRET = 4
"""Shorter values of the environment, such as 1 or yes, would only garble what is shown."""


def blanked(text: str, secrets: Iterable[str]) -> str:
    """A text without these values, but for the shortest."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, REMOVED)
    return text


def printable(text: str) -> str:
    """A foreign text without characters that control a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def without_secrets(config: Config) -> dict[str, Any]:
    """The configuration as stated, for the record."""
    stated: dict[str, Any] = to_jsonable_python(config.stated)
    sections = (
        stated["target"],
        *stated["variants"].values(),
        *stated.get("suite_variants", {}).values(),
        stated.get("revisions", {}),
    )
    for section in sections:
        for name in ("headers", "query", "environment", "parameters", "page"):
            if name in section:
                section[name] = _shown(section[name])
        for name in {"command", "build"} & section.keys():
            section[name] = shown_command(section[name])
    for page in stated.get("pages", ()):
        page["path"] = public_request(page["path"])
    _without_secrets_of_scenarios(stated["scenarios"])
    return stated


def _without_secrets_of_scenarios(scenarios: Sequence[dict[str, Any]]) -> None:
    for scenario in scenarios:
        for request in (scenario, *scenario.get("sequence", ())):
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


def public_request(request: str) -> str:
    """A request's method and path without the values of secret-looking query parameters."""

    def shown(pair: re.Match[str]) -> str:
        return f"{pair[1]}={REMOVED if is_secret(pair[1], pair[2]) else pair[2]}"

    return _QUERY_PAIR.sub(shown, request)


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


def is_secret(name: str, value: str) -> bool:
    """Whether a value must not be shown."""
    if _PASSWORD_IN_ADDRESS.search(value):
        return True
    return bool(_SECRET_NAME.search(name)) and not _GIVEN.fullmatch(value)


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

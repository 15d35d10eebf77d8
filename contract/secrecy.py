"""Which texts of a configuration are secret, by the names that they stand under.

A value is secret when its name sounds like one, unless all of it comes from the environment, a row
or an earlier answer. That is a guess, so the documentation asks for ${NAME}.
"""

import re

_SECRET_NAME = re.compile(
    r"auth|cookie|secret|token|key|passw|pwd|session|credential", re.IGNORECASE
)
# As a part of a longer name they are innocent: passenger, pinned.
_SECRET_WORD = re.compile(r"(?:^|\.)(?:pass|pin)$", re.IGNORECASE)
# A scheme such as `Bearer` may stand before it; anything else could be the secret.
_GIVEN = re.compile(r"(?:[A-Za-z]+ )?\$?\{[A-Za-z_][A-Za-z0-9_.-]*\}")
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
# In the output of a program: name=value, name: value, JSON's "name": "value", Bearer and Basic; the
# name of an exception, such as KeyError, is none.
_NAMED_VALUE = re.compile(
    r"(?![\w.]{0,80}(?:Error|Exception)\b)"
    rf"(?P<name>[\w.-]{{0,40}}(?:{_SECRET_NAME.pattern})[\w.-]{{0,40}})"
    r"""(?P<mark>["']?\s{0,3}[=:]\s{0,3})"""
    r"""(?P<value>"[^"]{0,999}"|'[^']{0,999}'|[^\s,;&}\])]{1,999})""",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{4,}", re.IGNORECASE)
_QUERY_PAIR = re.compile(r"(?<=[?&])([^=&]+)=([^&]*)")
_PATH_PAIR = re.compile(r"(?<=;)([^=;/?&]+)=([^;/?&]*)")
REMOVED = "[removed]"


def is_secret(name: str, value: str) -> bool:
    """Whether a value must not be shown."""
    if _PASSWORD_IN_ADDRESS.search(value):
        return True
    sounds_secret = _SECRET_NAME.search(name) or _SECRET_WORD.search(name)
    return bool(sounds_secret) and not _GIVEN.fullmatch(value)


def public_request(request: str) -> str:
    """A request's method and path without the values of parameters that sound secret."""

    def shown(pair: re.Match[str]) -> str:
        return f"{pair[1]}={REMOVED if is_secret(pair[1], pair[2]) else pair[2]}"

    return _QUERY_PAIR.sub(shown, _PATH_PAIR.sub(shown, request))


def without_credentials(text: str) -> str:
    """A program's output without credentials, in addresses or behind names that sound secret."""

    def shown(pair: re.Match[str]) -> str:
        if not is_secret(pair["name"], pair["value"]):
            return pair[0]
        return f"{pair['name']}{pair['mark']}{REMOVED}"

    text = _PASSWORD_IN_ADDRESS.sub(f"://{REMOVED}@", text)
    return _NAMED_VALUE.sub(shown, _CREDENTIAL.sub(rf"\1 {REMOVED}", text))

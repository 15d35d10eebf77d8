"""Secrets of recorded requests: each is replaced by `${NAME}`, and its name is kept."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from contract.secrecy import is_secret
from loadtests.discovery.drafts import variable_name
from loadtests.discovery.endpoints import is_secret_pair

SHORTEST = 8
"""A shorter secret is replaced where its name stands, but not searched for elsewhere."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,20}) (\S.*)", re.DOTALL)
_COOKIE = "cookie"


class Vault:
    """Which secret has which name.

    Attributes:
        names: of the variables to set, in the order in which they were needed.
    """

    def __init__(self) -> None:
        """Know no secret yet."""
        self.names: list[str] = []
        self._by_value: dict[str, str] = {}

    def header(self, name: str, value: str) -> str:
        """A header's value without secrets; a scheme such as Bearer stays."""
        if name.lower() == _COOKIE:
            # Cookies change from request to request, and one variable is enough.
            return self._hidden("COOKIE", value, "COOKIE")
        if not is_secret(name, value):
            return self.text(name, value)
        match = _SCHEME.fullmatch(value) if "auth" in name.lower() else None
        if match is None:
            return self._hidden(name, value)
        return f"{match[1]} {self._hidden(name, match[2])}"

    def text(self, name: str, value: str) -> str:
        """A value of a query, a form or a JSON body without secrets."""
        if value and is_secret_pair(name, value):
            return self._hidden(name, value)
        for secret, variable in self._by_value.items():
            if len(secret) >= SHORTEST:
                value = value.replace(secret, f"${{{variable}}}")
        return value

    def json(self, value: Any, name: str = "") -> Any:
        """A JSON value without secrets; a number that looks secret becomes a text."""
        if isinstance(value, Mapping):
            return {key: self.json(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self.json(one, name) for one in value]
        if isinstance(value, str):
            return self.text(name, value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.text(name, str(value)) if is_number and is_secret(name, str(value)) else value

    def quoted(self, text: str) -> str:
        """A text of a query or form, percent-encoded but for the names of secrets."""
        names = "|".join(map(re.escape, self.names)) or "(?!)"
        parts = re.split(rf"(\$\{{(?:{names})\}})", text)
        return "".join(
            part if place % 2 else quote(part, safe="") for place, part in enumerate(parts)
        )

    def _hidden(self, name: str, value: str, fixed: str = "") -> str:
        variable = fixed or self._by_value.get(value) or self._new_name(name)
        self._by_value.setdefault(value, variable)
        if variable not in self.names:
            self.names.append(variable)
        return f"${{{variable}}}"

    def _new_name(self, name: str) -> str:
        plain = variable_name(name)
        number, free = 1, plain
        while free in self.names:
            number += 1
            free = f"{plain}_{number}"
        return free

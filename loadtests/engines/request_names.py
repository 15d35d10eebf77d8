"""Names of a Locust file's requests as names of scenarios: few, short, valid, without secrets."""

import hashlib
import re

from contract.config.naming import NAME_MAX, name_of
from contract.secrecy import public_request
from loadtests.engines.delivery import StoppedError
from loadtests.planning.disclosure import printable

NAMES_MAX = 64
"""More names are those of single things, such as /items/17, which nobody compares."""

REQUEST_MAX = 200
"""Characters of a request for people; a name may be as long as its sender likes."""

_DIGEST = 8
_NAMED = 3


class RequestNames:
    """The scenarios of the requests that were seen, in the order of their first appearance.

    Attributes:
        names: of scenarios.
        requests: for people, by the name of the scenario.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.requests: dict[str, str] = {}
        self._found: dict[tuple[str, str], int] = {}

    def index(self, method: str, name: str) -> int:
        """Which scenario a request belongs to.

        Args:
            method: as Locust calls the request's type; any text.
            name: the `name=` of the request, or its path; any text.

        Raises:
            StoppedError: there are more names than can be compared.
        """
        found = self._found.get((method, name))
        return self._add(method, name) if found is None else found

    def _add(self, method: str, name: str) -> int:
        kind = re.sub("[^A-Za-z]", "", method)[:16] or "request"
        request = printable(public_request(f"{kind} {name}"))
        scenario = name_of(request)
        if scenario in self.requests:
            digest = hashlib.sha256(f"{method} {name}".encode(errors="replace")).hexdigest()
            scenario = f"{scenario[: NAME_MAX - _DIGEST - 1]}_{digest[:_DIGEST]}"
        if len(self.names) == NAMES_MAX:
            shown = ", ".join(self.requests[one][:60] for one in self.names[-_NAMED:])
            raise StoppedError(
                f"the Locust file sends requests of more than {NAMES_MAX} names, such as {shown}. "
                'Group them: self.client.get(path, name="/things/[id]")'
            )
        self._found[method, name] = len(self.names)
        self.names.append(scenario)
        self.requests[scenario] = request[:REQUEST_MAX]
        return self._found[method, name]

"""Which of a service's paths to measure, and which one says that it is ready."""

import re
from collections.abc import Sequence

from contract.config.sections import PATH
from contract.secrecy import public_request
from loadtests.discovery.guess import Route

SCENARIOS_MAX = 5
PATH_LENGTH_MAX = 200

# In the order in which they are preferred.
_READY = ("readyz", "ready", "healthz", "health", "livez", "up", "ping", "heartbeat")
# Neither is the service's own work, or a GET of it may end or change something.
_LEFT_OUT = re.compile(
    r"(?:^|/)(?:docs|redoc|openapi|swagger|metrics|favicon|admin|static|assets|debug)(?:[./]|$)"
    r"|log-?out|log-?in|sign-?(?:in|out)|shut-?down|delete|remove|reset|restart|kill|stop",
    re.IGNORECASE,
)
# What stands for a value: {id}, <int:id>, :id, *.
_GAP = re.compile(r"[{}<>*:$()\[\]]")


def sendable(path: str) -> bool:
    """Whether a path can be written into a request as it is."""
    short = len(path) <= PATH_LENGTH_MAX
    plain = re.fullmatch(PATH, path) is not None and not _GAP.search(path)
    # A secret in a route of the code must not be copied.
    return short and plain and public_request(path) == path


def is_left_out(path: str) -> bool:
    """Whether a path is a health check, or no work of the service's own, or may end something."""
    last = path.rstrip("/").rsplit("/", 1)[-1]
    return last in _READY or _LEFT_OUT.search(path) is not None


def ready_route(routes: Sequence[Route]) -> Route | None:
    """The path that says whether the service is ready."""
    for name in _READY:
        for route in routes:
            if sendable(route.path) and route.path.rstrip("/").rsplit("/", 1)[-1] == name:
                return route
    return None


def chosen_routes(routes: Sequence[Route]) -> list[Route]:
    """At most five paths to measure, in the order given; a path that says ready comes last."""
    usable = {
        route.path: route
        for route in reversed(routes)
        if sendable(route.path) and not _LEFT_OUT.search(route.path)
    }
    own = [route for route in reversed(usable.values()) if ready_route([route]) is None]
    return own[:SCENARIOS_MAX] or list(reversed(usable.values()))[:1]

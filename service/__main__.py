"""`python -m service`: the reference service, standing on the embedded stack, until told to stop.

For people it prints how to call the service. For programs (`--ready-fd`) it writes one line of
JSON to a descriptor instead, with the secrets that they need; such a program can have the stack
alone (`--stack-only`) and put services of its own choice on it. Exit codes: 0 stopped as asked,
2 bad input, 4 the stack or the service did not start or died, 130 interrupted while starting.
"""

import argparse
import json
import os
import secrets
import signal
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from service.stack import OWNER_ID, Stack, StackError, mint_token, parse_link
from service.stack.app_server import (
    READY_WITHIN_S,
    STOP_WITHIN_S,
    AppServer,
    PortTakenError,
    app_command,
    listen,
    past_proxy,
)
from service.stack.folders import Instance, claim
from service.stack.ports import LOOPBACK
from service.stack.process import interrupts_deferred
from service.stack.relay import LAN, Link
from service.stack.seed import SIZES

ROOT = Path(".versus")
PORT_FOR_PEOPLE = 8000
WATCH_S = 0.2
TOKEN_LIFETIME_S = 86_400

# All of these set: the service is pointed at the user's own project and nothing embedded starts.
_EXTERNAL = (
    *("SUPABASE_URL", "SUPABASE_KEY", "SUPABASE_JWT_SECRET"),
    *("S3_ENDPOINT", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_BUCKET"),
)
_EXTERNAL_OPTIONAL = ("SUPABASE_BARE_POSTGREST", "S3_REGION")


class ServeError(Exception):
    """The environment or the command line cannot be used; says which variable to set."""


@dataclass(frozen=True)
class Options:
    """The command line, parsed.

    Attributes:
        size: small, medium or large.
        seed: of the seed data.
        port: 0 takes a free one.
        ready_fd: where the JSON line goes; None prints for people.
        link: between the service and what it stands on; None for loopback as it is.
        stack_only: start no service; who reads the JSON line will.
    """

    size: str
    seed: int
    port: int
    ready_fd: int | None
    link: Link | None
    stack_only: bool


@dataclass(frozen=True)
class Site:
    """What runs, and how to call it.

    Attributes:
        server: None when only the stack was asked for.
        stack: None when the service stands on the user's own project.
        environment: the variables that name the database and the object store.
        override_secret: lets a caller choose flags per request; None in people's mode.
    """

    server: AppServer | None
    stack: Stack | None
    environment: Mapping[str, str]
    token: str
    override_secret: str | None

    def dead(self) -> str | None:
        """What to say about a process that died; None while all run."""
        if self.stack and (below := self.stack.dead()):
            return below
        if self.server is None or self.server.process.alive():
            return None
        return self.server.process.explain_exit()

    def await_ready(self) -> None:
        """Wait until the service is ready; StackError when it, or what it stands on, dies first."""
        if self.server is not None:
            self.server.process.await_ready(self._ready, READY_WITHIN_S)

    def _ready(self) -> bool:
        assert self.server is not None
        if self.stack and (below := self.stack.dead()):
            raise StackError(below)
        return self.server.is_ready()


def main(argv: Sequence[str]) -> int:
    """Run until told to stop and return the exit code."""
    options = _parse(argv)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Under nohup a hang-up is ignored, and stays so.
        if signal.getsignal(number) is not signal.SIG_IGN or number != signal.SIGHUP:
            signal.signal(number, _interrupt)
    try:
        return _serve(options)
    except (ServeError, PortTakenError) as error:
        _progress(str(error))
        return 2
    except (StackError, OSError) as error:
        _progress(str(error))
        return 4
    except KeyboardInterrupt:
        return 130


def external_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of the user's own project; empty when none is set; ServeError when half set."""
    missing = [name for name in _EXTERNAL if not environ.get(name)]
    if len(missing) == len(_EXTERNAL):
        return {}
    if missing:
        given = [name for name in _EXTERNAL if name not in missing]
        raise ServeError(
            f"environment: {', '.join(given)} set, but {', '.join(missing)} missing. Set all to "
            "use your own project, or none to use the embedded stack."
        )
    names = (*_EXTERNAL, *_EXTERNAL_OPTIONAL)
    return {name: environ[name] for name in names if environ.get(name)}


def _serve(options: Options) -> int:
    parent = os.getppid()
    external = external_environment(os.environ)
    if external and options.link:
        raise ServeError(
            f"--link {options.link.name}: only the embedded stack can be put at a distance, and "
            f"the environment names a project of your own. Unset {', '.join(_EXTERNAL)}, or leave "
            "--link out."
        )
    with ExitStack() as stopping:
        # First of all: whoever chose a taken port need not wait for the stack to hear of it.
        listener = None if options.stack_only else stopping.enter_context(listen(options.port))
        stack = None
        environment = external
        if not external:
            stack = Stack(options.size, options.seed, ROOT, say=_stack_progress, link=options.link)
            stopping.callback(stack.stop)
            environment = stack.start().environment()
        token = _token(environment, external=bool(external))
        override_secret = secrets.token_hex(24) if options.ready_fd is not None else None
        overrides = {"VERSUS_OVERRIDE_SECRET": override_secret} if override_secret else {}
        server = None
        if listener is not None:
            with interrupts_deferred():
                logs = claim(ROOT)
                log = logs.logs / "service.log"
                server = AppServer(listener, {**environment, **overrides}, log)
                stopping.callback(_stop, server, logs)
        site = Site(server, stack, environment, token, override_secret)
        site.await_ready()
        if options.ready_fd is None:
            _tell_people(site)
        else:
            _tell_program(site, options)
        return _watch(site, parent if options.ready_fd is not None else None)


def _stop(server: AppServer, instance: Instance) -> None:
    with interrupts_deferred():
        died = not server.process.alive()
        server.process.stop(STOP_WITHIN_S)
        instance.release(keep_logs=died)


def _watch(site: Site, parent: int | None) -> int:
    """Until a signal, or the parent's end (0), or a component's death (4)."""
    try:
        while parent in (None, os.getppid()):
            explanation = site.dead()
            if explanation:
                _progress(explanation)
                return 4
            time.sleep(WATCH_S)
    except KeyboardInterrupt:
        pass
    return 0


def _token(environment: Mapping[str, str], *, external: bool) -> str:
    """Whom to measure as: in one's own project whoever was named, else the seed data's owner."""
    named = os.environ.get("VERSUS_TOKEN") if external else None
    jwt_secret = environment["SUPABASE_JWT_SECRET"]
    return named or mint_token(jwt_secret, OWNER_ID, lifetime_s=TOKEN_LIFETIME_S)


def _newcomer_token(site: Site) -> str:
    jwt_secret = site.environment["SUPABASE_JWT_SECRET"]
    return mint_token(jwt_secret, str(uuid.uuid4()), lifetime_s=TOKEN_LIFETIME_S)


def _tell_people(site: Site) -> None:
    assert site.server is not None
    url, authorization = site.server.url, f"-H 'Authorization: Bearer {site.token}'"
    lines = [
        f"The service answers at {url} (API: {url}/openapi.json)",
        "",
        f"Dashboard, where the token signs in: {url}/dashboard",
        "",
        f"Bearer token, valid for 24 hours:\n{site.token}",
        "",
        f"curl -s {authorization} '{url}/v1/workflows'",
        "",
        f"curl -s {authorization} '{url}/v1/files?include_urls=true&limit=50'",
        "",
        f"curl -s '{url}/metrics'",
        "",
        "Ctrl-C stops everything.",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _tell_program(site: Site, options: Options) -> None:
    assert options.ready_fd is not None
    assert site.override_secret is not None
    server, stack = site.server, site.stack
    ready = {
        **({"base_url": server.url} if server else {"app": _describe_app(site)}),
        "headers": {
            "Authorization": f"Bearer {site.token}",
            "Versus-Override-Secret": site.override_secret,
        },
        # Who owns nothing yet: the one to write as, so that no list of the others' grows.
        "callers": {"newcomer": {"Authorization": f"Bearer {_newcomer_token(site)}"}},
        "pids": {
            **({"service": server.process.pid} if server else {}),
            **(stack.endpoints.pids if stack else {}),
        },
        "versions": stack.endpoints.versions if stack else {},
        "data": _describe_data(stack) if stack else {},
        "link": _describe_link(stack) if stack else {},
        "environment": dict(site.environment),
    }
    with os.fdopen(options.ready_fd, "w") as reader:
        reader.write(json.dumps(ready) + "\n")


def _describe_app(site: Site) -> dict[str, list[str] | dict[str, str]]:
    """How to start a service on this stack, gaps for Python, folder and port left open."""
    assert site.override_secret is not None
    # Unlike the socket that is handed to our own, one that uvicorn makes it knows for TCP, and
    # answers at once.
    listening = ("--host", LOOPBACK, "--port", "{port}")
    return {
        "command": app_command("{python}", "{folder}", *listening),
        "environment": {
            **past_proxy(os.environ),
            **site.environment,
            "VERSUS_OVERRIDE_SECRET": site.override_secret,
        },
    }


def _describe_data(stack: Stack) -> dict[str, str | int | dict[str, str]]:
    return {
        "size": stack.size,
        "seed": stack.seed,
        "template_key": stack.template_key,
        "postgres_settings": stack.postgres_settings(),
    }


def _describe_link(stack: Stack) -> dict[str, str | float]:
    link, measured = stack.link, stack.endpoints.link
    if link is None or measured is None:
        return {"link": LAN}
    return {
        "link": link.name,
        "link_rtt_s": link.rtt_s,
        "link_rtt_measured_s": measured.rtt_s,
        "link_megabits": link.bits_per_s / 1e6,
        "link_megabits_measured": measured.bits_per_s / 1e6,
    }


def _progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _stack_progress(line: str) -> None:
    _progress(f"stack: {line}")


def _interrupt(_number: int, _frame: object) -> NoReturn:
    # Stopping is bounded in time; a second signal must not leave it half done.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _parse(argv: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m service",
        description="Start the reference service on the embedded stack, until Ctrl-C.",
    )
    parser.add_argument("--size", choices=list(SIZES), default="medium", help="of the seed data")
    parser.add_argument("--seed", type=int, default=1, help="of the seed data (default 1)")
    parser.add_argument("--port", type=_port, help=f"default {PORT_FOR_PEOPLE}; 0 takes a free one")
    parser.add_argument(
        "--link", type=_link, help="lan (default), region, wan, or RTTms,Mbit such as 35,100"
    )
    parser.add_argument(
        "--ready-fd", type=_descriptor, help="write one JSON line there instead of text (port 0)"
    )
    parser.add_argument(
        "--stack-only",
        action="store_true",
        help="start no service; the JSON line tells how to start one",
    )
    given = parser.parse_args(argv)
    if given.stack_only and given.ready_fd is None:
        parser.error("argument --stack-only: is for programs; give --ready-fd too")
    free_by_default = 0 if given.ready_fd is not None else PORT_FOR_PEOPLE
    port = free_by_default if given.port is None else given.port
    return Options(given.size, given.seed, port, given.ready_fd, given.link, given.stack_only)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 65_536:
        raise argparse.ArgumentTypeError(f"{number} is no port; expected 0 to 65535")
    return number


def _link(text: str) -> Link | None:
    try:
        return parse_link(text)
    except StackError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _descriptor(text: str) -> int:
    try:
        os.fstat(int(text))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text} is no open descriptor") from error
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

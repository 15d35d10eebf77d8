"""`python -m service`: runs the reference service on the embedded stack until it is stopped.

It prints how to call the service. With `--ready-fd`, for programs, it writes one line of JSON with
addresses and secrets to a descriptor instead. With `--stack-only` it starts only the stack, and the
JSON line holds the command that starts a service on it. Exit codes: 0 stopped on request, 2 bad
input, 4 the stack or the service did not start or died, 130 interrupted while starting.
"""

import argparse
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from service.limits import CONNECTIONS_MAX
from service.own_project import REQUIRED, ServeError, external_environment, tokens
from service.stack import Stack, StackError, parse_link
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
PORT_DEFAULT = 8000
WATCH_S = 0.2
# A measurement is one caller, sends as much as it can, and may let requests pile up.
_UNLIMITED = {"RATE_PER_S": "0", "REQUESTS_MAX": str(CONNECTIONS_MAX)}


class _OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage of all options before it."""

    def error(self, message: str) -> NoReturn:
        """Print it and exit with 2."""
        self.exit(
            2,
            f"versus: {message.removeprefix('argument ').rstrip('.')}. See `{self.prog} --help`.\n",
        )


@dataclass(frozen=True)
class Options:
    """The command line, parsed.

    Attributes:
        size: small, medium or large.
        seed: of the seed data.
        port: 0 takes a free one.
        ready_fd: descriptor for the JSON line; None prints text for people.
        link: simulated distance between the service and its stack; None for plain loopback.
        stack_only: start no service; the reader of the JSON line starts it.
    """

    size: str
    seed: int
    port: int
    ready_fd: int | None
    link: Link | None
    stack_only: bool


@dataclass(frozen=True)
class Site:
    """The running parts, and how to call them.

    Attributes:
        server: None if only the stack runs.
        stack: None if the service uses the user's own project.
        environment: the variables that name the database and the object store.
        newcomer_token: of a new user, or the same where no token can be made.
        override_secret: lets a caller choose flags per request, and read metrics.
    """

    server: AppServer | None
    stack: Stack | None
    environment: Mapping[str, str]
    token: str
    newcomer_token: str
    override_secret: str

    def dead(self) -> str | None:
        """Why a process died; None while all run."""
        if self.stack and (reason := self.stack.dead()):
            return reason
        if self.server is None or self.server.process.is_alive():
            return None
        return self.server.process.explain_exit()

    def await_ready(self) -> None:
        """Wait until the service is ready.

        Raises:
            StackError: the service or its stack died first.
        """
        if self.server is not None:
            self.server.process.await_ready(self._ready, READY_WITHIN_S)

    def _ready(self) -> bool:
        assert self.server is not None
        if self.stack and (reason := self.stack.dead()):
            raise StackError(reason)
        return self.server.is_ready()


def main(argv: Sequence[str]) -> int:
    """Run until stopped and return the exit code."""
    options = _parse(argv)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup ignores hang-ups; keep it so.
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


def _serve(options: Options) -> int:
    parent = os.getppid()
    external = external_environment(os.environ)
    if external and options.link:
        raise ServeError(
            f"--link {options.link.name} works only with the embedded stack, but the environment "
            f"names your own project. Unset {', '.join(REQUIRED)}, or omit --link."
        )
    with ExitStack() as stopping:
        # First, so that a port in use is reported before the stack starts.
        listener = None if options.stack_only else stopping.enter_context(listen(options.port))
        stack = None
        environment = external
        if not external:
            stack = Stack(options.size, options.seed, ROOT, say=_stack_progress, link=options.link)
            stopping.callback(stack.stop)
            environment = stack.start().environment()
        given = os.environ.get("VERSUS_TOKEN", "") if external else ""
        override_secret = secrets.token_hex(24)
        variables = {"VERSUS_OVERRIDE_SECRET": override_secret}
        if options.ready_fd is not None:
            variables |= _UNLIMITED
        server = None
        if listener is not None:
            with interrupts_deferred():
                instance = claim(ROOT)
                log = instance.logs / "service.log"
                server = AppServer(listener, {**environment, **variables}, log)
                stopping.callback(_stop, server, instance)
            # The server has its own; with ours, connections after its end would wait in vain.
            listener.close()
        site = Site(server, stack, environment, *tokens(environment, given), override_secret)
        site.await_ready()
        if options.ready_fd is None:
            _print_instructions(site)
        else:
            _write_json(site, options.ready_fd)
        return _watch(site, parent if options.ready_fd is not None else None)


def _stop(server: AppServer, instance: Instance) -> None:
    with interrupts_deferred():
        died = not server.process.is_alive()
        server.process.stop(STOP_WITHIN_S)
        instance.release(keep_logs=died)


def _watch(site: Site, parent: int | None) -> int:
    """Wait for a signal or the parent's end (exit code 0), or for the death of a component (4)."""
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


def _print_instructions(site: Site) -> None:
    assert site.server is not None
    url, authorization = site.server.url, f"-H 'Authorization: Bearer {site.token}'"
    lines = [
        f"The service runs at {url} (API: {url}/openapi.json)",
        "",
        f"Dashboard (sign in with the token): {url}/dashboard",
        "",
        f"Bearer token, valid for 24 hours:\n{site.token}",
        "",
        f"curl -s {authorization} '{url}/v1/workflows'",
        "",
        f"curl -s {authorization} '{url}/v1/files?include_urls=true&limit=50'",
        "",
        f"curl -s -H 'Versus-Override-Secret: {site.override_secret}' '{url}/metrics'",
        "",
        "Ctrl-C stops everything.",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _write_json(site: Site, ready_fd: int) -> None:
    server, stack = site.server, site.stack
    ready = {
        **({"base_url": server.url} if server else {"app": _describe_app(site)}),
        "headers": {
            "Authorization": f"Bearer {site.token}",
            "Versus-Override-Secret": site.override_secret,
        },
        # A new user for requests that write, so that the lists of the other users do not grow.
        "callers": {"newcomer": {"Authorization": f"Bearer {site.newcomer_token}"}},
        "pids": {
            **({"service": server.process.pid} if server else {}),
            **(stack.endpoints.pids if stack else {}),
        },
        "versions": stack.endpoints.versions if stack else {},
        "data": _describe_data(stack) if stack else {},
        "link": _describe_link(stack) if stack else {},
        "environment": dict(site.environment),
    }
    with os.fdopen(ready_fd, "w") as output:
        output.write(json.dumps(ready) + "\n")


def _describe_app(site: Site) -> dict[str, list[str] | dict[str, str]]:
    """The command that starts a service on this stack, with {python}, {folder} and {port} open."""
    listening = ("--host", LOOPBACK, "--port", "{port}")
    return {
        "command": app_command("{python}", "{folder}", *listening),
        "environment": {
            **past_proxy(os.environ),
            **site.environment,
            "VERSUS_OVERRIDE_SECRET": site.override_secret,
            **_UNLIMITED,
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
    # Stopping takes limited time; a second signal must not interrupt it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _parse(argv: Sequence[str]) -> Options:
    parser = _OneLineParser(
        prog="versus serve",
        description="Start the reference service on the embedded stack, until Ctrl-C.",
    )
    parser.add_argument("--size", choices=list(SIZES), default="medium", help="of the seed data")
    parser.add_argument("--seed", type=int, default=1, help="of the seed data (default 1)")
    parser.add_argument("--port", type=_port, help=f"default {PORT_DEFAULT}; 0 takes a free one")
    parser.add_argument(
        "--link", type=_link, help="lan (default), region, wan, or RTTms,Mbit such as 35,100"
    )
    parser.add_argument(
        "--ready-fd",
        type=_descriptor,
        help="write one JSON line to this descriptor instead of text (port 0)",
    )
    parser.add_argument(
        "--stack-only",
        action="store_true",
        help="start no service; the JSON line holds the command that starts one",
    )
    parsed = parser.parse_args(argv)
    if parsed.stack_only and parsed.ready_fd is None:
        parser.error("argument --stack-only: is for programs and needs --ready-fd")
    port_default = 0 if parsed.ready_fd is not None else PORT_DEFAULT
    port = port_default if parsed.port is None else parsed.port
    return Options(parsed.size, parsed.seed, port, parsed.ready_fd, parsed.link, parsed.stack_only)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 65_536:
        raise argparse.ArgumentTypeError(f"{number} is not a port; expected 0 to 65535")
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
        raise argparse.ArgumentTypeError(f"{text} is not an open descriptor") from error
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

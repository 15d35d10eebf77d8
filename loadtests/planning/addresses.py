"""Where each variant answers: at an address that is given, or from a server that is started.

One address serves all variants, which differ by headers and query; or each has its own, so that two
builds or two settings of the same build can be compared.
"""

import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.config.schema import Config
from contract.config.target import LINK, TargetConfig, VariantConfig
from contract.errors import ConfigError
from contract.extras import check_extra
from contract.secrecy import is_secret
from loadtests.planning.disclosure import shown_command
from loadtests.planning.templates import PLACEHOLDER, filled_in
from loadtests.planning.urls import UNIX, check_host, check_url, full_url

_OF_A_SERVER = ("command", "cwd", "environment")
"""What a variant that has one of these has for itself is a server."""

SOCKET_GAP = "{socket}"


@dataclass(frozen=True)
class Server:
    """A process to start, and how to know that it answers.

    Attributes:
        variant: the only one that it serves; empty where it serves all.
        command: `{port}` stands for the port that it shall listen on, and `{socket}` for the path
            of a socket instead, as in `environment`.
        environment: added to our own; holds secrets.
        hidden: values of the environment that must not be shown.
        ready: the path to ask; None where it is enough that a connection is accepted.
        ready_s: the longest wait for that.
        advice: what to do where it does not answer.
        host: for the Host header; empty: the address.
    """

    variant: str
    command: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str]
    hidden: tuple[str, ...]
    ready: str | None
    ready_s: float
    advice: str = (
        "It must listen on 127.0.0.1 at the port that stands for {port} in its command, and in "
        "PORT; if it needs longer, raise target.ready_s."
    )
    host: str = ""

    @property
    def name(self) -> str:
        """Of its log and its counters."""
        return f"service_{self.variant}" if self.variant else "service"

    @property
    def has_socket(self) -> bool:
        """Whether it listens on a socket in the file system instead of a port."""
        return any(SOCKET_GAP in text for text in (*self.command, *self.environment.values()))

    @property
    def title(self) -> str:
        """For people."""
        return f"the service of {self.variant}" if self.variant else "the service"


def check_target(path: Path, config: Config) -> None:
    """Make sure that it is clear, and possible, where each variant answers.

    Raises:
        ConfigError: saying which key is wrong.
    """
    target = config.target
    given = [key for key in ("start", "command", "url") if getattr(target, key) is not None]
    if len(given) > 1 or not (given or _own(config, "url") or _own(config, "command")):
        raise ConfigError(f"{path}: target: give exactly one of 'start', 'command' and 'url'.")
    if _own(config, "url"):
        _check_own_urls(path, config)
    elif _own_servers(config):
        _check_own_servers(path, config)
    started = target.command is not None or _own(config, "command")
    if not started:
        for key in sorted({"cwd", "environment", "ready", "ready_s"} & target.model_fields_set):
            raise ConfigError(f"{path}: target.{key}: is for a server that 'command' starts.")
    _check_pids(path, config)
    if config.revisions.build is not None and not started:
        raise ConfigError(
            f"{path}: revisions.build: is for a server that a command starts; the reference "
            "service's packages are installed as its lock says. Leave it out."
        )
    _check_start(path, target)
    if target.suite is not None and not (path.parent / target.suite).exists():
        raise ConfigError(f"{path}: target.suite: {target.suite!r} does not exist.")
    if config.pages:
        _check_pages(path, config)
    check_host(path, target.host)
    check_url(path, "target.url", target.url)
    for name, variant in config.variants.items():
        check_url(path, f"variants.{name}.url", variant.url)


def urls_of(path: Path, config: Config, variants: Mapping[str, VariantConfig]) -> tuple[str, ...]:
    """The variants' addresses without a trailing slash; empty where something is started."""
    urls = [variant.url or config.target.url for variant in variants.values()]
    return tuple(full_url(path, url) for url in urls if url is not None)


def pids_of(
    path: Path, config: Config, variants: Mapping[str, VariantConfig]
) -> tuple[int | str, ...]:
    """The variants' processes, or the files that hold their ids; empty where one is not given."""
    pids = [variant.pid or config.target.pid for variant in variants.values()]
    return tuple(
        str(path.parent.absolute() / pid) if isinstance(pid, str) else pid
        for pid in pids
        if pid is not None and None not in pids
    )


def servers_of(
    path: Path,
    config: Config,
    variants: Mapping[str, VariantConfig],
    environment: Mapping[str, str],
    *,
    of_revisions: bool = False,
) -> tuple[Server, ...]:
    """The servers to start: one for all variants, or one for each, or none.

    `of_revisions`: what `build` makes need not be here, because it is made in each revision.

    Raises:
        ConfigError: one cannot be started.
    """
    if _own_servers(config):
        return tuple(
            _server(path, config, environment, name, variant, of_revisions=of_revisions)
            for name, variant in variants.items()
        )
    if config.target.command is not None:
        return (_server(path, config, environment, of_revisions=of_revisions),)
    return ()


def _own(config: Config, key: str) -> list[str]:
    """The variants that have a key of their own."""
    return [name for name, variant in config.variants.items() if getattr(variant, key)]


def _own_servers(config: Config) -> bool:
    return any(_own(config, key) for key in _OF_A_SERVER)


def _check_own_urls(path: Path, config: Config) -> None:
    target = config.target
    name = _own(config, "url")[0]
    for key in ("start", "command"):
        if getattr(target, key) is not None:
            raise ConfigError(
                f"{path}: variants.{name}.url: cannot stand beside target.{key}, which starts a "
                "server. Leave one of them out."
            )
    for key in _OF_A_SERVER:
        for other in _own(config, key):
            raise ConfigError(
                f"{path}: variants.{other}.{key}: cannot stand beside variants.{name}.url; either "
                "every server is started or none. Leave one of them out."
            )
    for other, variant in config.variants.items():
        if variant.url is None and target.url is None:
            raise ConfigError(
                f"{path}: variants.{other}: has no 'url', and target.url does not stand in for it."
            )


def _check_pages(path: Path, config: Config) -> None:
    """A browser connects by itself, so it goes where the address says, as the address says."""
    sections = {"target": config.target} | {f"variants.{n}": v for n, v in config.variants.items()}
    remedy = "Leave [[pages]] out, or give the service a port."
    for where, section in sections.items():
        if (section.url or "").lower().startswith(UNIX):
            raise ConfigError(f"{path}: {where}.url: a browser reaches no unix socket. {remedy}")
        words = (*(section.command or ()), *section.environment.values())
        if any(SOCKET_GAP in word for word in words):
            raise ConfigError(
                f"{path}: {where}: a browser reaches no unix socket, which {{socket}} stands for. "
                f"{remedy}"
            )
    if config.target.host is not None:
        raise ConfigError(
            f"{path}: target.host: a browser sends the host of its address. Write the name in the "
            "url, or leave [[pages]] out."
        )


def _check_pids(path: Path, config: Config) -> None:
    target = config.target
    stated = {f"variants.{name}": (one.pid, one.url) for name, one in config.variants.items()}
    for where, (pid, url) in {"target": (target.pid, target.url), **stated}.items():
        if pid is not None and url is None:
            raise ConfigError(
                f"{path}: {where}.pid: is for the service at a 'url' beside it; the processes of "
                "what Versus starts are known. Leave it out."
            )


def _check_own_servers(path: Path, config: Config) -> None:
    target = config.target
    for key in _OF_A_SERVER:
        for name in _own(config, key):
            if target.start is not None:
                raise ConfigError(
                    f"{path}: variants.{name}.{key}: is for a server that target.command starts; "
                    "variants of the service that target.start starts differ by 'flags'."
                )
            if target.url is not None:
                raise ConfigError(
                    f"{path}: variants.{name}.{key}: what answers at target.url runs already. Give "
                    "target.command instead, or each variant its own 'url'."
                )
    for name, variant in config.variants.items():
        if variant.command is None and target.command is None:
            raise ConfigError(
                f"{path}: variants.{name}: has no 'command', and target.command does not stand in "
                "for it."
            )


def _check_start(path: Path, target: TargetConfig) -> None:
    if target.start is not None:
        check_extra("reference", f"{path}: target.start: the reference service")
    if target.link is not None:
        _check_link(path, target)


def _check_link(path: Path, target: TargetConfig) -> None:
    link = str(target.link)
    if re.fullmatch(LINK, link) is None:
        raise ConfigError(
            f"{path}: target.link: {link!r} is unknown. Valid: lan, region, wan, or a round trip "
            "below 1000 ms and whole Mbit/s, such as 35,100."
        )
    if target.start is None and link != "lan":
        raise ConfigError(
            f"{path}: target.link: {link!r} puts the stack of 'start' at a distance; what stands "
            "behind another service stays where it is. Leave the link out."
        )


def _server(
    path: Path,
    config: Config,
    environment: Mapping[str, str],
    name: str = "",
    variant: VariantConfig | None = None,
    *,
    of_revisions: bool,
) -> Server:
    target, build = config.target, config.revisions.build
    own = variant or VariantConfig()
    where = f"{path}: variants.{name}" if own.command else f"{path}: target"
    command = own.command or target.command
    assert command is not None
    cwd = (path.parent / (own.cwd or target.cwd or ".")).resolve()
    if not cwd.is_dir():
        section = f"variants.{name}" if own.cwd else "target"
        raise ConfigError(f"{path}: {section}.cwd: {str(cwd)!r} is no folder.")
    stated = {
        **{key: (f"{path}: target", value) for key, value in target.environment.items()},
        **{key: (f"{path}: variants.{name}", value) for key, value in own.environment.items()},
    }
    filled = {
        key: filled_in(f"{place}.environment.{key}", value, environment)
        for key, (place, value) in stated.items()
    }
    search = filled.get("PATH", environment.get("PATH"))
    relative = "/" in command[0]
    program = str(cwd / command[0]) if relative else command[0]
    may_be_made = relative and build is not None
    if not (may_be_made and of_revisions) and shutil.which(program, path=search) is None:
        remedy = (
            f" If [revisions] makes it, run once in {cwd}: {shlex.join(shown_command(build or ()))}"
        )
        raise ConfigError(
            f"{where}.command: {command[0]!r} is no program that can be run."
            f"{remedy if may_be_made else ''}"
        )
    return Server(
        variant=name,
        command=command,
        cwd=str(cwd),
        environment=filled,
        hidden=tuple(
            filled[key]
            for key, (_, value) in stated.items()
            if PLACEHOLDER.search(value) or is_secret(key, value)
        ),
        ready=target.ready,
        ready_s=target.ready_s,
        host=target.host or "",
    )

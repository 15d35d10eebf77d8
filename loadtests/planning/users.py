"""The users of a person's own Locust file, who send instead of scenarios."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contract.config.measuring import ProfileConfig
from contract.config.schema import Config
from contract.config.target import VariantConfig
from contract.errors import ConfigError
from contract.run.record import UsersRecord
from loadtests.planning.addresses import SOCKET_GAP
from loadtests.planning.sequences import variant_headers
from loadtests.planning.urls import UNIX


@dataclass(frozen=True)
class LocustUsers:
    """Who sends.

    Attributes:
        file: the Locust file, an absolute path.
        cwd: where it runs, so that it finds its own files as under Locust.
        count: of users at a time.
        tags: only tasks with one of these; empty: all.
        classes: only users of these classes; empty: all of the file.
        hosts_ignored: classes that state a host.
        sha256: of the file.
    """

    file: str
    cwd: str
    count: int
    tags: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    hosts_ignored: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def name(self) -> str:
        """The file without its folders."""
        return Path(self.file).name

    def record(self) -> UsersRecord:
        """What a run's record says of them before anything is sent."""
        return UsersRecord(
            count=self.count,
            file=self.name,
            sha256=self.sha256,
            classes=self.classes,
            tags=self.tags,
            hosts_ignored=self.hosts_ignored,
        )


@dataclass(frozen=True)
class UsersJob:
    """What the process that runs a Locust file does; sent over a pipe, as a `Job` is.

    Attributes:
        base_urls: where each variant answers, without a trailing slash.
        headers: sent with each variant's requests; they hold secrets.
        timeout_s: the longest that a user may take to end its task, and with it its request.
        body_mib_max: the largest body of an answer, before and after decoding.
    """

    run_folder: str
    base_urls: tuple[str, ...]
    headers: tuple[Mapping[str, str], ...]
    seed: int
    variants: tuple[str, ...]
    profile: ProfileConfig
    users: LocustUsers
    timeout_s: float
    body_mib_max: int
    secrets: tuple[str, ...] = field(default=(), repr=False)


def headers_for_users(
    path: Path,
    config: Config,
    chosen: Mapping[str, VariantConfig],
    environment: Mapping[str, str],
) -> tuple[dict[str, str], ...]:
    """The headers that make a user's requests those of a variant, for each variant.

    Raises:
        ConfigError: a variant has what a Locust file cannot be made to send.
    """
    _check_addresses(path, config, chosen)
    for name, variant in chosen.items():
        if variant.query:
            raise ConfigError(
                f"{path}: variants.{name}.query: a Locust file makes its own paths, so nothing is "
                "added to them. Use 'headers', 'url' or 'command' for what makes the variant "
                "differ."
            )
    return tuple(
        variant_headers(str(path), name, variant, config.target.flags_header, environment)
        for name, variant in chosen.items()
    )


def _check_addresses(path: Path, config: Config, chosen: Mapping[str, VariantConfig]) -> None:
    """Users of Locust connect by themselves, so they go where an address of a host says."""
    sections = {"target": config.target} | {f"variants.{n}": one for n, one in chosen.items()}
    for where, section in sections.items():
        words = (*(section.command or ()), *section.environment.values())
        if (section.url or "").lower().startswith(UNIX) or any(SOCKET_GAP in one for one in words):
            raise ConfigError(
                f"{path}: {where}: users of a Locust file reach no unix socket. Give the service a "
                "port."
            )
    if config.target.host is not None:
        raise ConfigError(
            f"{path}: target.host: users of a Locust file send the host of the address. Write the "
            "name in the url, or a Host header in the Locust file."
        )

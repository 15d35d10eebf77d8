"""What is done once in each variant before anything is measured, and what it gives to scenarios."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from contract.config.scenarios import RequestConfig
from contract.config.schema import Config
from contract.errors import ConfigError
from contract.secrecy import public_request
from loadtests.planning.disclosure import shown_command
from loadtests.planning.pointers import Take
from loadtests.planning.sequences import Request, Sequencer
from loadtests.planning.takes import takes_of


@dataclass(frozen=True)
class Cookie:
    """A cookie that an answer has set.

    Attributes:
        domain: as the answer states it; empty where it states none.
        path: below which it is sent.
        secure: whether it is sent over TLS, and on this machine, alone.
        expires_s: seconds since 1970; None where it lives as long as the session.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    path: str
    secure: bool
    expires_s: float | None


@dataclass(frozen=True)
class Given:
    """What the set-up gives to one variant; all of it is secret.

    Attributes:
        values: by the names that the configuration takes.
        cookies: that its answers have set, where a session is kept.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: tuple[Cookie, ...] = ()


@dataclass(frozen=True)
class SetupStep:
    """One step of the set-up.

    Attributes:
        title: for people, secrets removed.
        request: what is sent; None where a command runs.
        command: what runs instead.
        takes: what the command's output gives.
    """

    title: str
    request: Request | None = None
    command: tuple[str, ...] = ()
    takes: tuple[Take, ...] = ()

    def sent_as(self, variant: int, times: int) -> "SetupStep":
        """The step with one variant's request, as that of so many variants."""
        return replace(self, request=self.request and self.request.sent_as(variant, times))


def given_names(path: Path, config: Config) -> tuple[str, ...]:
    """What the set-up takes.

    Raises:
        ConfigError: a name twice.
    """
    numbers: dict[str, int] = {}
    for number, step in enumerate(config.setup, 1):
        for name in step.take:
            if name in numbers:
                raise ConfigError(
                    f"{path}: setup number {number}, take.{name}: setup number {numbers[name]} "
                    "takes this name already. Choose another."
                )
            numbers[name] = number
    return tuple(numbers)


def setup_of(path: Path, config: Config, sequencer: Sequencer) -> tuple[SetupStep, ...]:
    """The steps of the set-up, ready to be done.

    Raises:
        ConfigError: one cannot be done; the message names the key.
    """
    requests = [
        None
        if step.request is None
        else RequestConfig.model_validate(
            step.model_dump(include=step.model_fields_set, by_alias=True)
        )
        for step in config.setup
    ]
    measured = [
        one
        for scenario in config.scenarios
        for one in (*scenario.before, *scenario.requests, *scenario.after)
    ]
    ready = []
    names: set[str] = set()
    for index, (step, request) in enumerate(zip(config.setup, requests, strict=True)):
        where = f"{path}: setup number {index + 1}"
        later = [*filter(None, requests[index + 1 :]), *measured]
        if request is None:
            command = step.command or ()
            shown = " ".join(shown_command(command))
            takes = takes_of(where, step.take, later)
            ready.append(SetupStep(f"number {index + 1} ({shown:.80})", None, command, takes))
        else:
            shown = public_request(request.request)
            sent = sequencer.request(where, request, sorted(names), later)
            ready.append(SetupStep(f"number {index + 1} ({shown:.80})", sent))
        names.update(step.take)
    return tuple(ready)

"""versus.toml -> Plan: what to send, in which variants, for how long."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from contract.config.defaults import default_budgets
from contract.config.judging import BASE, HEAD
from contract.config.measuring import LoadConfig, ProfileConfig, profiles_of
from contract.config.scenarios import ScenarioConfig, ScenarioFacts
from contract.config.schema import Config, read_config
from contract.config.target import TargetConfig
from contract.errors import ConfigError
from contract.metrics import BODIES
from loadtests.planning.addresses import Server, check_target, pids_of, servers_of, urls_of
from loadtests.planning.authorities import NO_FILES, TlsFiles, tls_files_of
from loadtests.planning.choices import check_names, scenarios_of, variants_of
from loadtests.planning.disclosure import public_requests, without_secrets
from loadtests.planning.pages import Page, pages_of
from loadtests.planning.pointers import Noise
from loadtests.planning.rows import Draws, check_reach, check_shared, draws_of
from loadtests.planning.sequences import Request, Sequencer
from loadtests.planning.setups import Given, SetupStep, given_names, setup_of
from loadtests.planning.suite import Suite, suite_of
from loadtests.planning.templates import filled_headers
from loadtests.planning.urls import check_reachable
from loadtests.planning.users import LocustUsers, headers_for_users

if TYPE_CHECKING:
    from loadtests.revisions.resolving import Change


class Scenario(ScenarioFacts):
    """One workload, ready to send.

    Attributes:
        request: for people and the record, secrets removed.
        objective_s: the latency to keep under load; always set.
        caller: who sends it, by the target's name; empty for whom all headers stand for.
        sequence: the requests that make one sample, most often one.
        noise: places of answers that are not compared, because they differ anyway.
        new: of two revisions, whether the base may answer that it does not know the request.
        compared: whether answers of different variants are.
        draws: what fills the gaps of each round; None where all requests are alike.
        budget_s: this scenario's share of the measuring time, one scenario after the other.
        share: of the arrivals under load, all scenarios at once.
        before, after: sent around each sample, and not measured.
    """

    request: str
    sequence: tuple[Request, ...]
    ignore: str | None
    budget_s: float
    share: float
    objective_s: float
    caller: str = ""
    noise: tuple[Noise, ...] = ()
    new: bool = False
    compared: bool = True
    draws: Draws | None = None
    before: tuple[Request, ...] = ()
    after: tuple[Request, ...] = ()

    def sent_as(self, variant: int, times: int) -> "Scenario":
        """The scenario with one variant's requests, as those of so many variants."""
        parts = ("before", "sequence", "after")
        sent = {
            part: tuple(request.sent_as(variant, times) for request in getattr(self, part))
            for part in parts
        }
        return self.model_copy(update=sent)


@dataclass(frozen=True)
class Job:
    """What the generator process does; sent over a pipe, so that no secret touches the disk.

    Attributes:
        base_urls: where each variant answers, without a trailing slash.
        pids: the first process of each variant's service; empty where CPU times are not read.
        headers: sent with every request; they hold secrets.
        looks: whether to ask, on the control pipe, which scenarios may stop.
        restarts: whether to ask there, after a block of each scenario, for servers started anew.
        workers: how many processes send the load.
        callers: headers of callers whom scenarios name, over `headers`; they hold secrets.
        tls: certificates to trust, and the client's own with its key, which is secret.
        secrets: values that must not be shown where answers differ.
        given: what the set-up gives to each variant; empty without one.
    """

    run_folder: str
    base_urls: tuple[str, ...]
    headers: Mapping[str, str]
    seed: int
    variants: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    profile: ProfileConfig
    load: LoadConfig
    target: TargetConfig
    looks: bool = False
    restarts: bool = False
    workers: int = 1
    callers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tls: TlsFiles = NO_FILES
    secrets: tuple[str, ...] = ()
    pids: tuple[int, ...] = ()
    given: tuple[Given, ...] = ()


@dataclass(frozen=True)
class LoadWorkers:
    """Who sends the load.

    Attributes:
        processes: on this machine.
        remote: workers on other machines instead, which connect to this one.
        bind_host, port: where this machine listens for workers; port 0 takes any free one.
        users: of a Locust file, who send instead.
    """

    processes: int = 1
    remote: int = 0
    bind_host: str = "127.0.0.1"
    port: int = 0
    users: LocustUsers | None = None

    @property
    def count(self) -> int:
        """How many processes send."""
        return self.remote or self.processes

    @property
    def distributed(self) -> bool:
        """Whether a master leads them, which itself sends nothing."""
        return self.remote > 0 or self.processes > 1

    @property
    def local_workers(self) -> int:
        """How many workers are started here, beside a master."""
        return self.processes if self.distributed and not self.remote else 0


@dataclass(frozen=True)
class Plan:
    """What to measure: everything that an engine needs.

    Attributes:
        urls: where each variant answers; empty where something is started.
        servers: to be started, by their own command: one for all variants, or one for each.
        headers: sent with every request, environment variables filled in: may hold secrets.
        config: the effective configuration, as stated, secrets removed.
        pages, suite: to be loaded by a browser, and of functions, in its variants.
        workers: the processes that send the load; None where requests are sent one by one.
        restarts: after how many pairs of starts to look, ascending; empty without restarts.
        change: the two revisions that are compared, instead of variants.
        build, prepare: make a revision of the server's code ready, and run before it is first
            started; empty: nothing to do.
        link: what both copies of the code take from the working tree, relative to `folder`.
        revisions_as: the variant whose requests both revisions get.
        tls: certificates to trust, and the client's own with its key, which is secret.
        pids: of the services at `urls`: their ids, or files that hold them; empty where not given.
        setup: done once in each variant and start, before anything is measured.
        users_headers: of each variant, beside `headers`, where users of a Locust file send.
    """

    path: str
    profile_name: str
    profile: ProfileConfig
    seed: int
    load: LoadConfig
    target: TargetConfig
    urls: tuple[str, ...]
    servers: tuple[Server, ...]
    variants: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    headers: Mapping[str, str]
    config: dict[str, Any]
    pages: tuple[Page, ...] = ()
    suite: Suite | None = None
    workers: LoadWorkers | None = None
    restarts: tuple[int, ...] = ()
    change: "Change | None" = None
    build: tuple[str, ...] = ()
    prepare: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    revisions_as: str = ""
    tls: TlsFiles = NO_FILES
    pids: tuple[int | str, ...] = ()
    setup: tuple[SetupStep, ...] = ()
    users_headers: tuple[Mapping[str, str], ...] = ()

    def under_load(self, workers: LoadWorkers) -> Self:
        """The same plan, to be measured under load.

        Raises:
            ConfigError: nothing says at which rate, or workers could not reach the service.
        """
        if workers.remote:
            check_reachable(self.path, self.urls)
        if workers.remote and workers.processes > 1:
            raise ConfigError(
                "--workers on other machines send instead of --processes of this one. Give one of "
                "them."
            )
        if workers.remote:
            check_reach(self.path, {one.name: one.draws for one in self.scenarios})
        if not workers.users and self.load.rate_per_s is None and self.profile.capacity_s == 0:
            raise ConfigError(
                f"{self.path}: neither load.rate_per_s nor capacity_s of the profile "
                f"{self.profile_name!r} is set, so the rate to send at is unknown. Set either."
            )
        if self.profile.burn_in_s >= self.profile.sub_block_s:
            raise ConfigError(
                f"{self.path}: profile {self.profile_name!r}: burn_in_s must be shorter than "
                "sub_block_s, or nothing is left to compare."
            )
        if around := [one.name for one in self.scenarios if one.before or one.after]:
            raise ConfigError(
                f"{self.path}: scenarios {around[0]!r}: `before` and `after` are not possible "
                "under load, where requests overlap. Leave it out with --scenarios, or put the "
                "requests into its sequence."
            )
        # A page would wait for a service that others keep busy.
        return replace(self, workers=workers, pages=())

    def between(self, change: "Change") -> Self:
        """The same plan, to compare two revisions of the code.

        Both get the requests of one variant.

        Raises:
            ConfigError: that variant is extra, and was not named.
        """
        names = (BASE, HEAD)
        if self.revisions_as not in self.variants:
            raise ConfigError(
                f"{self.path}: revisions.variant: {self.revisions_as!r} is extra. Name one of "
                f"{', '.join(self.variants)}."
            )
        sent = self.variants.index(self.revisions_as)
        stated = {**self.config, "variants": {name: {} for name in names}}
        stated |= {"claims": [], "interactions": []}
        budgets = [one for one in self.config.get("budgets", ()) if one.get("revisions")]
        stated["budgets"] = budgets or default_budgets(self.target.counters)
        accepted = self.config.get("accepted", ())
        stated["accepted"] = [
            entry
            for entry in accepted
            if entry.get("variant") == HEAD or entry.get("metric") == BODIES
        ]
        return replace(
            self,
            variants=names,
            # Of variants with servers of their own, one has two revisions.
            servers=tuple(one for one in self.servers if one.variant in {"", self.revisions_as}),
            # What all variants of one revision have in common may differ between two.
            scenarios=tuple(
                scenario.sent_as(sent, len(names)).model_copy(update={"canary": False})
                for scenario in self.scenarios
            ),
            setup=tuple(step.sent_as(sent, len(names)) for step in self.setup),
            config=stated,
            pages=(),
            restarts=self.profile.pairs,
            change=change,
        )

    @property
    def folder(self) -> Path:
        """That of the configuration."""
        return Path(self.path).absolute().parent

    @property
    def service_folder(self) -> Path:
        """Where the service's code is: its working folder, else that of the configuration."""
        stated = {Path(server.cwd) for server in self.servers}
        return stated.pop() if len(stated) == 1 else self.folder

    @property
    def baseline(self) -> str:
        """The variant that every other one is compared with."""
        return self.variants[0]


def load_plan(  # noqa: PLR0913 - what narrows a configuration
    path: Path,
    *,
    profile: str | None = None,
    variants: Sequence[str] = (),
    scenarios: Sequence[str] = (),
    seed: int,
    link: str | None = None,
    of_revisions: bool = False,
    compared: bool = True,
    with_scenarios: bool = True,
    environment: Mapping[str, str] = os.environ,
) -> Plan:
    """Read and check a configuration, narrowed to the named variants and scenarios.

    A `link` that is given stands instead of the configuration's own. `of_revisions`: the plan is to
    be one `between` two revisions, which are built before they are started and need no variants.
    `compared`: whether variants are, so that at least two are needed. `with_scenarios`: whether
    the file's scenarios are sent, so that at least one is needed.

    Raises:
        ConfigError: the file cannot be read, or states what cannot be measured.
    """
    config = read_config(path, link=link)
    check_target(path, config)
    profile_name = profile or "default"
    profiles = profiles_of(config.profiles)
    check_names(path, "profile", [profile_name], profiles)
    chosen = variants_of(path, config, variants, compared=compared and not of_revisions)
    kept, kept_pages = scenarios_of(path, config, scenarios) if with_scenarios else ((), ())
    check_shared(f"{path}: target.headers", config.target.headers)
    for name, variant in chosen.items():
        check_shared(f"{path}: variants.{name}.headers", variant.headers)
        check_shared(f"{path}: variants.{name}.query", variant.query)
    weight_sum = sum(scenario.weight for scenario in kept)
    sequencer = Sequencer(
        str(path), chosen, config.target.flags_header, environment, given_names(path, config)
    )
    kept_profile = profiles[profile_name]
    return Plan(
        path=str(path),
        profile_name=profile_name,
        profile=kept_profile,
        seed=seed,
        load=config.load,
        target=config.target,
        urls=urls_of(path, config, chosen),
        servers=servers_of(path, config, chosen, environment, of_revisions=of_revisions),
        variants=tuple(chosen),
        scenarios=tuple(
            _scenario(path, scenario, sequencer, config, kept_profile, scenario.weight / weight_sum)
            for scenario in kept
        ),
        headers=filled_headers(f"{path}: target.headers", config.target.headers, environment),
        config={
            **without_secrets(config),
            "profiles": {profile_name: kept_profile.model_dump(mode="json")},
        },
        pages=pages_of(str(path), kept_pages, chosen, config.target.flags_header, environment),
        suite=suite_of(path, config, chosen, kept_profile.suite_without, environment),
        build=config.revisions.build or (),
        prepare=config.revisions.prepare or (),
        link=config.revisions.link,
        # The baseline is the service as it is; the others are what may become of it.
        revisions_as=config.revisions.variant or next(iter(chosen)),
        tls=tls_files_of(path, config),
        pids=pids_of(path, config, chosen),
        setup=setup_of(path, config, sequencer),
        users_headers=()
        if with_scenarios
        else headers_for_users(path, config, chosen, environment),
    )


def _scenario(
    path: Path,
    scenario: ScenarioConfig,
    sequencer: Sequencer,
    config: Config,
    profile: ProfileConfig,
    share: float,
) -> Scenario:
    if scenario.caller is not None and config.target.start is None:
        raise ConfigError(
            f"{path}: scenarios {scenario.name!r}, caller: {scenario.caller!r} is known to the "
            "service of 'start' alone. Give the scenario its own 'headers' instead."
        )
    draws = draws_of(str(path), scenario)
    drawn = draws.names if draws else ()
    sequence = sequencer.requests(scenario, "sequence", drawn)
    return Scenario(
        **{
            **scenario.facts,
            "objective_s": scenario.objective_s or config.load.objective_s,
        },
        request="; ".join(
            [
                public_requests(scenario),
                *(request.form.summary for request in sequence if request.form),
            ]
        ),
        sequence=sequence,
        before=sequencer.requests(scenario, "before", drawn),
        after=sequencer.requests(scenario, "after", drawn),
        ignore=scenario.ignore,
        budget_s=profile.measure_s * share,
        share=share,
        caller=scenario.caller or "",
        draws=draws,
    )

"""The service to measure, and what makes its variants differ."""

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from contract.config.sections import (
    Command,
    Environment,
    HeaderName,
    Headers,
    HeaderValue,
    MetricName,
    Name,
    Parameters,
    Path,
    Section,
    Word,
    check_once,
)
from contract.metrics import METRICS

LINK = r"lan|region|wan|\d{1,3}(?:\.\d{1,3})?,[1-9]\d{0,3}"
"""The distances that the reference service knows."""

_TAKEN = {metric.name for metric in METRICS if metric.kind == "request"}


def _not_metrics(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in check_once(names):
        if name in _TAKEN or name.startswith(("latency_s_", "stage_")):
            raise ValueError(f"{name!r} is the name of a metric already")
    return names


_NewMetrics = Annotated[tuple[MetricName, ...], AfterValidator(_not_metrics)]


def _process(value: Any) -> Any:
    is_id = type(value) is int and 0 < value < 2**31
    if not is_id and not (isinstance(value, str) and value.strip()):
        raise ValueError("a process id, or a file that holds one, is needed")
    return value


ProcessId = Annotated[int | Word, BeforeValidator(_process)]
"""A process by its id, or the file that holds the id."""


class TargetConfig(Section):
    """The service to measure: started by Versus, or running at an address."""

    start: Literal["service"] | None = None
    """`service`: Versus starts the reference service and its stack. Give exactly one of start,
    command and url."""
    link: str | None = None
    """With start: how far away database and store are: lan, region, wan, or RTTms,Mbit."""
    command: Command | None = None
    """Starts the server, as a list of words; `{port}` is where it must listen, or `{socket}` the
    path of a unix socket."""
    cwd: Word | None = None
    """With command: the server's working folder, relative to this file."""
    environment: Environment = Field(default_factory=dict)
    """With command: variables added to those of Versus."""
    ready: Path | None = None
    """With command: a path that is requested until its status is 200 to 399; without it, a
    connection that is accepted is enough."""
    ready_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """With command: the longest wait for that."""
    url: str | None = None
    """The address of a running service, such as http://127.0.0.1:8080, http://[::1]:8080, or
    unix:/run/app.sock, whose path is relative to this file."""
    host: Word | None = None
    """The name in the Host header, and with https also the one that the service must prove; by
    default that of the address, and localhost for a unix socket."""
    pid: ProcessId | None = None
    """With an address on this machine: the service's process, by its id or by a file that holds it,
    relative to this file; its CPU time and memory are then read, also of what it has started."""
    ca: Word | None = None
    """With an https address: a file of certificates (PEM), relative to this file, that are trusted
    beside those of the machine."""
    cert: Word | None = None
    """With an https address: a file with the client's certificate (PEM) and what links it to its
    authority, relative to this file."""
    key: Word | None = None
    """With cert: the file of its private key (PEM, not encrypted); by default that of cert."""
    headers: Headers = Field(default_factory=dict)
    """Sent with every request; `${NAME}` stands for a variable of the environment."""
    flags_header: HeaderName = "Versus-Flags"
    """The header that carries a variant's flags."""
    cost_header: HeaderName = "Versus-Cost"
    """The header in which the service reports a request's cost as `name=number, ...`."""
    stages: _NewMetrics = ()
    """Stages of Server-Timing to record."""
    counters: _NewMetrics = ()
    """Counters of the cost header to record."""
    suite: str | None = None
    """A pytest-benchmark suite, measured after the scenarios; relative to this file."""
    suite_python: Word | None = None
    """The Python that has the suite's packages, by default that of VIRTUAL_ENV or of `.venv`."""
    session: bool = False
    """Whether cookies that answers set are kept, for each variant, and sent again."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """The longest wait for a whole answer."""
    body_mib_max: Annotated[int, Field(ge=1, le=1024)] = 64
    """The largest body of an answer, before and after decoding."""


class VariantConfig(Section):
    """A named setting of the service; the first one is the baseline."""

    description: str = ""
    """Shown in the report."""
    extra: bool = False
    """Whether it is measured only when --variants names it."""
    url: str | None = None
    """The variant's own address, instead of the target's."""
    pid: ProcessId | None = None
    """With its own address: the process behind it, as of the target."""
    command: Command | None = None
    """The variant's own server, instead of the target's."""
    cwd: Word | None = None
    """The working folder of the variant's own server."""
    environment: Environment = Field(default_factory=dict)
    """Variables of the variant's own server, added to the target's."""
    flags: dict[Name, HeaderValue] = Field(default_factory=dict)
    """Sent in the flags header as `name=value, ...`."""
    headers: Headers = Field(default_factory=dict)
    """Sent with this variant's requests."""
    query: dict[str, str] = Field(default_factory=dict)
    """Added to the path of this variant's requests."""
    parameters: Parameters = Field(default_factory=dict)
    """Which tests of the suite belong to this variant: `{ strategy = "fast" }`."""
    page: Parameters = Field(default_factory=dict)
    """Fills the gaps in the paths of pages."""


class SuiteVariantConfig(Section):
    """A variant that is measured in the suite alone."""

    parameters: Parameters = Field(default_factory=dict)
    """Which tests of the suite belong to this variant."""
    environment: Environment = Field(default_factory=dict)
    """Variables of this variant's processes."""


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or parts == (".",):
        raise ValueError("a path below this file's folder is needed, such as node_modules")
    return path


_Inside = Annotated[Word, AfterValidator(_inside)]


class RevisionsConfig(Section):
    """How two revisions of the code are compared."""

    build: Command | None = None
    """With the target's command: prepares a fresh copy of the code, such as ["make", "setup"]."""
    prepare: Command | None = None
    """With the target's command: runs after `build` before a revision is first started, such as
    what makes its database; each time, also where the build comes from the cache."""
    link: tuple[_Inside, ...] = ()
    """Files and folders of the working tree that both copies of the code use, such as
    node_modules; relative to this file."""
    variant: Name | None = None
    """The variant whose requests both revisions get; without it, the first."""
    added_fields: Literal["allow", "fail"] = "allow"
    """What becomes of a JSON answer that has fields which the base's has not."""

"""What is measured: scenarios, which send requests, and pages, which a browser loads."""

import json
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from contract.config.answers import Status, TakeSource, check_pointer, count_groups
from contract.config.complaints import expects, nearest
from contract.config.rows import RowsField
from contract.config.sections import (
    PATH,
    Headers,
    HeaderValue,
    Name,
    Path,
    Section,
    VariableName,
    Word,
    check_once,
    path_fault,
    shown_path,
)
from contract.metrics import PAGE_TIMES, mark

FAILED_MARK = "failed"
"""The mark that a page sets when it could not show what it is for."""

_GAP = r"\{[A-Za-z_][A-Za-z0-9_]{0,63}\}"
EventKind = Literal["sse", "lines"]
"""How the events of a stream are written: server-sent events, or one on each line."""

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def _request(request: str) -> str:
    method, space, path = request.partition(" ")
    shown = shown_path(path)
    if not space or not path:
        if method in METHODS:
            raise ValueError(f"the path is missing: {method} /")
        raise ValueError(
            f"the method is missing: GET {shown_path(method)}"
            if method.startswith("/")
            else "a method and a path are expected, such as GET /v1/things?limit=5"
        )
    if method not in METHODS:
        if method.upper() in METHODS:
            raise ValueError(f"a method is written in capitals: {method.upper()} {shown}")
        if method.startswith("/"):
            raise ValueError("the method is missing, and a space in the path is written %20")
        raise ValueError(f"unknown method {method!r:.80}; {nearest(method, METHODS).rstrip('.')}")
    if path.startswith(" "):
        raise ValueError(f"one space stands between method and path: {method} {shown.strip()}")
    if not re.fullmatch(_GAP, path) and (fault := path_fault(path)):
        if path.startswith(("http://", "https://")):
            fault += f", and only the path stands here: {method} {urlsplit(shown).path or '/'}"
        raise ValueError(fault.replace(": /", f": {method} /"))
    return request


RequestLine = Annotated[
    str,
    AfterValidator(_request),
    Field(json_schema_extra={"pattern": rf"^({'|'.join(METHODS)}) ({_GAP}$|{PATH})"}),
]
# Where it stands, a quote or a line break would end it.
_PartName = Annotated[
    str,
    StringConstraints(
        pattern=expects(
            r'^[^"\\\x00-\x1f\x7f]{1,255}$',
            "a name of 1 to 255 characters without quotes, backslashes and line breaks",
        )
    ),
]
_GapName = Annotated[
    str,
    StringConstraints(
        pattern=expects(
            r"^[A-Za-z_][A-Za-z0-9_.-]{0,199}$",
            "a name as it stands in braces, without them, such as login,",
        )
    ),
]
_Mark = Annotated[
    str,
    StringConstraints(
        pattern=expects(
            r"^[a-z][a-z0-9-]{0,40}$",
            "a mark of at most 41 small letters, digits and -, a letter first,",
        )
    ),
]


def _body(body: Any) -> Any:
    if not isinstance(body, str | dict | list):
        raise ValueError("a text, a table or an array is expected")  # noqa: TRY004 - pydantic's
    return body if isinstance(body, str) else _as_json(body)


def _as_json(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise ValueError("holds what JSON does not know, such as a date or nan") from None
    return value


def _expression(pattern: str) -> str:
    # What it is searched for in are bytes.
    count_groups(pattern.encode())
    return pattern


def _until(until: str) -> str:
    if not until or until != until.strip() or "\n" in until or len(until.encode()) > 1024:
        raise ValueError(
            "the whole data of the last event is expected, such as [DONE]: one line of at most "
            "1024 bytes, without space around it"
        )
    return until


def _marks(marks: tuple[str, ...]) -> tuple[str, ...]:
    for name in check_once(marks):
        if name == FAILED_MARK or mark(name).name in PAGE_TIMES:
            raise ValueError(f"{name!r} has a meaning already")
    return marks


_Weight = Annotated[float, Field(gt=0, le=1000)]


class ScenarioFacts(Section):
    """What the file, the plan, a run's record and its report all know of a scenario.

    A field that is sent and shown is stated here once: whoever builds one of the four passes all
    `facts` on.
    """

    name: Name
    """Unique, also among pages."""
    description: str = ""
    """Shown in the report."""
    canary: bool = False
    """Whether every variant runs the same code here; an effect makes the run invalid."""
    objective_s: Annotated[float, Field(gt=0, le=600)] | None = None
    """The latency to keep under load, instead of that of `[load]`."""

    @property
    def facts(self) -> dict[str, Any]:
        """These fields by name, without those that a subclass adds."""
        return {name: getattr(self, name) for name in ScenarioFacts.model_fields}


class PartConfig(Section):
    """A part of a form: a text, or a file."""

    name: _PartName
    """The field's name."""
    filename: _PartName | None = None
    """The name that is sent; by default the file's own, and none for a text."""
    type: Annotated[HeaderValue, StringConstraints(min_length=1)] | None = None
    """The content type; by default application/octet-stream, and none for a text."""
    text: str | None = None
    """The field's value. Give exactly one of text and file."""
    file: Word | None = None
    """A file in the configuration's folder or below it."""
    times: Annotated[int, Field(ge=1, le=1000)] = 1
    """How often the part is sent."""

    @model_validator(mode="after")
    def _content(self) -> "PartConfig":
        if (self.text is None) == (self.file is None):
            raise ValueError("give exactly one of 'text' and 'file'.")
        return self


class ExchangeConfig(Section):
    """What is sent besides method and path, and what a right answer is."""

    headers: Headers = Field(default_factory=dict)
    """Sent with this request."""
    body: Annotated[
        Any,
        AfterValidator(_body),
        Field(json_schema_extra={"type": ["string", "object", "array"]}),
    ] = None
    """A text, sent as it is; or a table or array, sent as JSON."""
    form: Annotated[tuple[PartConfig, ...], Field(min_length=1, max_length=1000)] | None = None
    """Instead of body: the parts of a form."""
    status: Status = 200
    """The status of a right answer: a number, a class such as "2xx", or a list of them."""
    contains: Annotated[str, StringConstraints(min_length=1)] | None = None
    """A text that the decoded body must contain."""
    # Not `json`, which pydantic's models have already.
    json_: dict[
        Annotated[str, AfterValidator(check_pointer)], Annotated[Any, AfterValidator(_as_json)]
    ] = Field(default_factory=dict, alias="json")
    """What the JSON body must hold: `{ "/items/0/id" = 7 }`, by JSON Pointer (RFC 6901)."""
    take: dict[VariableName, TakeSource] = Field(default_factory=dict)
    """Names for values of this answer, which later requests write as `{name}`: by JSON Pointer,
    `header:Location`, `cookie:name`, or `regex:` with an expression of one group."""
    events: EventKind | None = None
    """The answer is a stream, whose events are timed while they come: `sse` for server-sent
    events, `lines` for one on each line, as JSON lines are."""
    until: Annotated[str, AfterValidator(_until)] | None = None
    """With events: the data of the event that ends the stream, such as `[DONE]`. By default the
    end of the answer does."""

    literal: Annotated[tuple[_GapName, ...], Field(max_length=100), AfterValidator(check_once)] = ()
    """Names in braces that are sent as they stand: `["login"]` for a body with `{login}`. Any other
    that nothing fills is an error."""

    @model_validator(mode="after")
    def _one_content(self) -> Any:
        if self.body is not None and self.form is not None:
            raise ValueError("give at most one of 'body' and 'form'.")
        if self.until is not None and self.events is None:
            raise ValueError("'until' ends a stream of events. Give 'events' with it.")
        return self


class RequestConfig(ExchangeConfig):
    """One request of a sequence."""

    request: RequestLine
    """Method and path; `{name}` stands for what an earlier request takes. `GET {name}` alone sends
    to a path, or to an address of the same service, that was taken."""
    pause_ms: Annotated[float, Field(ge=0, le=60_000)] = 0.0
    """A pause before it is sent, which counts for no latency."""


_Steps = Annotated[tuple[RequestConfig, ...], Field(max_length=100)]


def _without_default(schema: dict[str, Any]) -> None:
    """What stands in for a name follows from the request, so no text is the default."""
    del schema["default"]


class ScenarioConfig(ExchangeConfig, ScenarioFacts):
    """One workload, identical for all variants: a request, or a sequence of them."""

    name: Annotated[Name, Field(json_schema_extra=_without_default)] = ""
    """Unique, also among pages. By default made from the first request: `GET /things?limit=5` is
    get_things_limit_5."""
    extra: bool = False
    """Whether it is measured only when --scenarios names it."""
    caller: Literal["newcomer"] | None = None
    """With start = "service": `newcomer` sends the requests as a user who owns nothing yet."""
    request: RequestLine | None = None
    """Method and path, such as GET /v1/things?limit=50. Give exactly one of request and
    sequence."""
    sequence: Annotated[tuple[RequestConfig, ...], Field(min_length=1, max_length=100)] | None = (
        None
    )
    """Several requests that count as one observation."""
    rows: RowsField = None
    """Data for its requests, in which `{row.column}` stands for a value: a file's name, or a
    table."""
    before: _Steps = ()
    """Requests sent before each observation, and not measured; it may use what they `take`."""
    after: _Steps = ()
    """Requests sent after each observation, and not measured, such as one that undoes a write."""
    weight: _Weight = 1.0
    """Share of the measuring time; under load, of the arrivals."""
    ignore: Annotated[str, AfterValidator(_expression)] | None = None
    """What this regular expression matches in a body may differ between variants."""

    @model_validator(mode="after")
    def _requests(self) -> "ScenarioConfig":
        if (self.request is None) == (self.sequence is None):
            raise ValueError("give exactly one of 'request' and 'sequence'.")
        stated = self.model_fields_set & set(ExchangeConfig.model_fields)
        if self.sequence is not None and stated:
            key = ExchangeConfig.model_fields[min(stated)].alias or min(stated)
            raise ValueError(
                f"{key!r} belongs to a request. Put it into the requests of 'sequence'."
            )
        if self.take and not self.after:
            raise ValueError("'take' gives values to 'after', which is missing. Leave it out.")
        if sum(one.events is not None for one in self.sequence or ()) > 1:
            raise ValueError("only one request of a sequence may have 'events'.")
        return self

    @property
    def has_events(self) -> bool:
        """Whether one of its answers is a stream."""
        return any(one.events is not None for one in self.sequence or (self,))

    @property
    def requests(self) -> tuple[RequestConfig, ...]:
        """The requests that make one observation, most often one."""
        if self.sequence is not None:
            return self.sequence
        own = self.model_dump(
            include=self.model_fields_set & set(RequestConfig.model_fields), by_alias=True
        )
        return (RequestConfig.model_validate(own),)


class PageConfig(Section):
    """One page, loaded by a browser in every variant."""

    name: Name
    """Unique, also among scenarios."""
    description: str = ""
    """Shown in the report."""
    path: Path
    """Below the variant's address; `{name}` stands for a value of the variant's page."""
    marks: Annotated[tuple[_Mark, ...], Field(max_length=8), AfterValidator(_marks)] = ()
    """Names that the page passes to performance.mark; the first one is the primary metric."""
    ignore: Annotated[str, AfterValidator(_expression)] | None = None
    """What this regular expression matches in an address does not make requests different when
    duplicates are counted."""
    weight: _Weight = 1.0
    """Share of the time for pages."""

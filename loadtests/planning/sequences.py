"""The requests of a scenario, made ready to send: in each variant, with secrets filled in."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlencode

from contract.config.answers import statuses
from contract.config.scenarios import EventKind, RequestConfig, ScenarioConfig
from contract.config.target import VariantConfig
from contract.errors import ConfigError
from loadtests.planning.expressions import check_expression
from loadtests.planning.forms import Form, encoded
from loadtests.planning.pointers import Expected, Take, parse_pointer
from loadtests.planning.takes import takes_of
from loadtests.planning.templates import (
    DRAWN,
    RANDOM,
    ROUND,
    ROW,
    UNIQUE,
    Escape,
    Template,
    as_it_is,
    check_gaps,
    drawn_in,
    filled_header,
    filled_headers,
    filled_in,
    in_json,
    in_path,
    rows_in,
    template,
)

_ValueT = TypeVar("_ValueT")


@dataclass(frozen=True)
class Request:
    """One request of a scenario, ready but for what is drawn, and earlier answers give.

    Attributes:
        paths: with query, by variant.
        headers: by variant; what all requests of a run have in common is not among them.
        body: None where none is sent.
        body_is_json: whether values are escaped for it.
        form: sent instead of a body.
        events, until: how the answer's events are written, and which one ends it, if it is a
            stream.
        status: the right ones.
        contains: what the decoded body must hold.
        expected: what the body's JSON must hold.
        to_taken: whether it is sent to a path or an address that was taken.
        pause_s: before it is sent.
    """

    method: str
    paths: tuple[Template, ...]
    headers: tuple[Mapping[str, Template], ...]
    body: Template | None
    body_is_json: bool
    status: frozenset[int]
    contains: str | None
    expected: tuple[Expected, ...]
    takes: tuple[Take, ...]
    form: Form | None = None
    to_taken: bool = False
    pause_s: float = 0.0
    events: EventKind | None = None
    until: str | None = None

    def sent_as(self, variant: int, times: int) -> "Request":
        """One variant's request, as that of so many variants."""
        paths, headers = (self.paths[variant],) * times, (self.headers[variant],) * times
        return replace(self, paths=paths, headers=headers)


def merged_headers(*tables: Mapping[str, _ValueT]) -> dict[str, _ValueT]:
    """Tables of headers in one, in which a later one wins, however its name is spelled."""
    last = {name.lower(): (name, value) for table in tables for name, value in table.items()}
    return dict(last.values())


def with_query(target: str, query: Mapping[str, str]) -> str:
    """A path with more in its query; what is stated stays byte for byte as it is."""
    if not query:
        return target
    joint = "" if target.endswith(("?", "&")) else "&" if "?" in target else "?"
    return f"{target}{joint}{urlencode(query)}"


def variant_headers(
    path: str, name: str, variant: VariantConfig, flags_header: str, environment: Mapping[str, str]
) -> dict[str, str]:
    """The headers that make a request one of a variant's, ready to be sent."""
    where = f"{path}: variants.{name}.headers"
    filled = filled_headers(where, variant.headers, environment)
    if not variant.flags:
        return filled
    flags = ", ".join(f"{flag}={value}" for flag, value in variant.flags.items())
    return merged_headers(filled, {flags_header: flags})


def variant_query(
    path: str, name: str, variant: VariantConfig, environment: Mapping[str, str]
) -> dict[str, str]:
    """What makes a path one of a variant's."""
    where = f"{path}: variants.{name}.query"
    return {
        parameter: filled_in(f"{where}.{parameter}", value, environment)
        for parameter, value in variant.query.items()
    }


class Sequencer:
    """Makes the scenarios of one configuration ready."""

    def __init__(
        self,
        path: str,
        variants: Mapping[str, VariantConfig],
        flags_header: str,
        environment: Mapping[str, str],
        given: Collection[str] = (),
    ) -> None:
        """Take what all scenarios share; `given` names the values of the set-up."""
        self._path = path
        self._environment = environment
        self._given = given
        self._headers: list[dict[str, Template]] = [
            {
                header: (value,)
                for header, value in variant_headers(
                    path, name, variant, flags_header, environment
                ).items()
            }
            for name, variant in variants.items()
        ]
        self._queries = [
            variant_query(path, name, variant, environment) for name, variant in variants.items()
        ]

    def requests(
        self,
        scenario: ScenarioConfig,
        part: Literal["before", "sequence", "after"] = "sequence",
        drawn: Collection[str] = (),
    ) -> tuple[Request, ...]:
        """The requests that are one observation, or those around it, in the order of sending.

        `drawn` are names that draws give.

        Raises:
            ConfigError: they cannot be sent; the message names the key.
        """
        where = f"{self._path}: scenarios {scenario.name!r}"
        parts = {
            "before": scenario.before,
            "sequence": scenario.requests,
            "after": scenario.after,
        }
        _without_draws(where, "ignore", scenario.ignore or "")
        if scenario.ignore:
            check_expression(f"{where}, ignore", scenario.ignore)
        ready = []
        names = {*self._given, *drawn}
        chain = [(key, number, one) for key in parts for number, one in enumerate(parts[key], 1)]
        for index, (key, number, request) in enumerate(chain):
            single = key == "sequence" and scenario.sequence is None
            place = where if single else f"{where}, {key} number {number}"
            if twice := sorted(request.take.keys() & self._given):
                raise ConfigError(
                    f"{place}, take.{twice[0]}: [[setup]] takes this name already. Choose another."
                )
            if key == part:
                later = [one for _, _, one in chain[index + 1 :]]
                ready.append(self.request(place, request, sorted(names), later))
            names.update(request.take)
        return tuple(ready)

    def request(
        self,
        where: str,
        request: RequestConfig,
        names: Sequence[str],
        later: Sequence[RequestConfig],
    ) -> Request:
        """One request.

        Args:
            where: it stands, for complaints.
            request: as stated.
            names: of values that are known when it is sent.
            later: requests that may use what it takes.

        Raises:
            ConfigError: it cannot be sent.
        """
        method, target = request.request.split(" ", 1)
        check_gaps(f"{where}, request", target, names)
        self._check_texts(where, request, names)
        headers = {
            name: template(value, names, self._header(f"{where}, headers.{name}"))
            for name, value in request.headers.items()
        }
        body_is_json = request.body is not None and not isinstance(request.body, str)
        if body_is_json:
            headers = merged_headers({"Content-Type": ("application/json",)}, headers)
        form = self._form(f"{where}, form", request)
        if form is not None:
            headers = merged_headers(headers, {"Content-Type": (form.content_type,)})
        in_target = self._filler(f"{where}, request", in_path)
        return Request(
            method=method,
            paths=tuple(
                template(with_query(target, query), names, in_target) for query in self._queries
            ),
            headers=tuple(merged_headers(headers, own) for own in self._headers),
            body=self._body(f"{where}, body", request, names),
            body_is_json=body_is_json,
            status=statuses(request.status),
            contains=request.contains,
            expected=tuple(
                Expected(pointer, parse_pointer(_without_draws(where, "json", pointer)), value)
                for pointer, value in request.json_.items()
            ),
            takes=takes_of(where, request.take, later),
            form=form,
            to_taken=re.fullmatch(r"\{\w+\}", target) is not None,
            pause_s=request.pause_ms / 1000,
            events=request.events,
            until=request.until,
        )

    @staticmethod
    def _check_texts(where: str, request: RequestConfig, names: Sequence[str]) -> None:
        """Make sure that all that looks like a gap is one, or is stated to be none."""
        drawn = [name for name in names if DRAWN.fullmatch(f"{{{name}}}")]
        for name in request.literal:
            if name in names or DRAWN.fullmatch(f"{{{name}}}"):
                raise ConfigError(
                    f"{where}, literal: {{{name}}} is filled in. Give a taken value another name; "
                    f"{ROUND}, {RANDOM}, {UNIQUE} and {ROW}... cannot be sent as text."
                )
        for name, value in request.headers.items():
            check_gaps(f"{where}, headers.{name}", value, names, request.literal)
        body = request.body if isinstance(request.body, str) else json.dumps(request.body)
        check_gaps(f"{where}, body", body, names, request.literal)
        wanted = json.dumps(list(request.json_.values()))
        others = {"contains": [request.contains or ""], "json": [wanted]}
        others["form"] = [part.text or "" for part in request.form or ()]
        for key, texts in others.items():
            for text in texts:
                check_gaps(f"{where}, {key}", text, drawn, request.literal, drawn_only=True)

    def _form(self, where: str, request: RequestConfig) -> Form | None:
        if request.form is None:
            return None
        return encoded(where, request.form, Path(self._path).parent, self._environment)

    def _body(self, where: str, request: RequestConfig, names: Sequence[str]) -> Template | None:
        if request.body is None:
            return None
        if isinstance(request.body, str):
            return template(request.body, names, self._filler(where, as_it_is))
        # Braces of JSON itself are never followed by a name without quotes, so what looks like a
        # gap in the encoded text stands within a string.
        return template(json.dumps(request.body), names, self._filler(where, in_json))

    def _filler(self, where: str, escape: Escape) -> Escape:
        return lambda text: filled_in(where, text, self._environment, escape)

    def _header(self, where: str) -> Escape:
        return lambda text: filled_header(where, text, self._environment)


def _without_draws(where: str, key: str, text: str) -> str:
    """A text in which nothing is filled in.

    Raises:
        ConfigError: it has a gap of a row or of a draw, which would be taken literally.
    """
    for gap in (*rows_in(text), *drawn_in(text)):
        raise ConfigError(
            f"{where}, {key}: {text!r:.80}: a gap such as {gap!r:.40} is filled in values, not "
            "here. Write what all rows have in common."
        )
    return text

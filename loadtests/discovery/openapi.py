"""The requests that an OpenAPI document describes: versions 3.1, 3.0 and 2 (Swagger)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from contract.config.scenarios import METHODS
from contract.secrecy import is_secret
from loadtests.discovery.drafts import (
    SAME_BODY,
    Draft,
    Range,
    Step,
    Table,
    column_names,
    variable_name,
)
from loadtests.discovery.guess import Route
from loadtests.discovery.routes import PATH_LENGTH_MAX, is_left_out, sendable
from loadtests.discovery.toml_text import is_copyable
from loadtests.planning.disclosure import printable

SOURCE = "/openapi.json"
OPERATIONS_MAX = 1_000
REFERENCES_MAX = 8
VALUE_LENGTH_MAX = 100
ROWS = 100
_STREAM = (
    "It answers with a stream of events: where that does not end by itself, add the last event's "
    'data, such as until = "[DONE]".'
)
"""Numbers that stand for an id without an example."""

_Object = Mapping[str, Any]


@dataclass(frozen=True)
class _Operation:
    """One method of one path.

    Attributes:
        parameters: those that a request must have, resolved.
    """

    method: str
    path: str
    stated: _Object
    parameters: Sequence[_Object]


def described_routes(description: _Object) -> list[Route]:
    """Operations that a GET without a login answers: those without required parameters first."""
    prefix = _prefix(description)
    plain: list[Route] = []
    filled: list[Route] = []
    for operation in _operations(description, ("GET",)):
        # A scenario expects 200.
        if _obstacle(operation, description) or _status(operation.stated) != 200:
            continue
        target, missing = _filled(operation, description)
        if not missing and "{" not in target:
            (filled if operation.parameters else plain).append(Route(prefix + target, SOURCE))
    return [*plain, *filled]


def described_drafts(description: _Object, source: str) -> tuple[list[Draft], list[str]]:
    """A scenario for each operation, and sentences about what was left out.

    Those come first that can be sent as they are; what changes data, needs a login or values that
    the document does not state has a reason.
    """
    prefix = _prefix(description)
    methods = [one for one in METHODS if one != "OPTIONS"]
    operations = list(_operations(description, methods))
    drafts = [
        draft
        for operation in operations
        if (draft := _draft(operation, description, prefix, source)) is not None
    ]
    drafts.sort(key=lambda one: (one.rows is not None, "?" in one.request))
    notes = []
    if len(operations) > len(drafts):
        odd = len(operations) - len(drafts)
        notes.append(f"{source}: {odd} operations have a path that cannot be sent.")
    paths = description["paths"]
    if len(paths) > OPERATIONS_MAX:
        notes.append(f"{source}: only the first {OPERATIONS_MAX:,} of {len(paths):,} paths count.")
    absolute = _server(description)
    if "://" in absolute and urlsplit(absolute).path.strip("/"):
        notes.append(
            f"{source}: its server is {printable(absolute)[:100]}; if yours answers below that "
            "path too, write it before the paths."
        )
    return drafts, notes


def _draft(operation: _Operation, description: _Object, prefix: str, source: str) -> Draft | None:
    if not sendable(prefix + re.sub(r"\{[^{}/]+\}", "0", operation.path)):
        return None
    target, missing = _filled(operation, description)
    secret = [one for one in missing if is_secret(_name(one), "x")]
    for parameter in secret:
        target = _with_value(target, parameter, f"${{{variable_name(_name(parameter))}}}")
    missing = [one for one in missing if one not in secret]
    rows: Table | Range | None = None
    schemas = [_schema(one, description) for one in missing]
    if len(missing) == 1 and _type(schemas[0]) == "integer":
        rows = _range(schemas[0])
        columns: Sequence[str] = ("n",)
    elif missing:
        columns = column_names([_name(one) for one in missing])
        rows = Table(tuple(columns))
    else:
        columns = ()
    for parameter, column in zip(missing, columns, strict=True):
        target = _with_value(target, parameter, f"{{row.{column}}}")
    step = Step(
        f"{operation.method} {prefix}{target}",
        body=_body(operation.stated, description),
        status=_status(operation.stated) or 200,
        events="sse" if _is_stream(operation.stated, description) else "",
    )
    reason = _reason(operation, step, rows, _obstacle(operation, description))
    hint = SAME_BODY if step.body is not None else ""
    return Draft((step,), source, rows=rows, reason=reason, hint=hint)


def _reason(operation: _Operation, step: Step, rows: Table | Range | None, obstacle: str) -> str:
    """Why a person must look at the scenario first; empty where nobody need."""
    reason = obstacle
    if operation.method not in {"GET", "HEAD"}:
        has_body = "requestBody" in operation.stated or any(
            _place(one) in {"body", "formData"} for one in operation.parameters
        )
        own = "write its body, and " if has_body and not step.body else ""
        reason = f"{operation.method} may change data: {own}see that it works many times."
    elif not reason and is_left_out(step.request.partition(" ")[2]):
        reason = "By its path, it is no work of the service's own, or may end or change something."
    elif not reason and isinstance(rows, Table):
        reason = "It needs values: write its file of rows."
    if step.events and not reason.endswith(_STREAM):
        reason = f"{reason} {_STREAM}"
    if isinstance(rows, Table):
        reason += f" The first line of the file of rows is {','.join(rows.columns)}."
    return reason


def _with_value(target: str, parameter: _Object, value: str) -> str:
    name = _name(parameter)
    if _place(parameter) == "path":
        return target.replace(f"{{{name}}}", value)
    return f"{target}{'&' if '?' in target else '?'}{quote(name, safe='')}={value}"


def _body(operation: _Object, description: _Object) -> Any:
    """An example of a JSON body, if it holds nothing secret."""
    stated = operation.get("requestBody")
    content = _resolved(stated, description).get("content") if isinstance(stated, dict) else None
    media = content.get("application/json") if isinstance(content, dict) else None
    body = media.get("example") if isinstance(media, dict) else None
    return body if isinstance(body, dict | list) and is_copyable(body) else None


def _operations(description: _Object, methods: Sequence[str]) -> Iterator[_Operation]:
    paths = description.get("paths")
    items = list(paths.items())[:OPERATIONS_MAX] if isinstance(paths, dict) else []
    for path, stated in items:
        if len(str(path)) > PATH_LENGTH_MAX:
            continue
        item = _resolved(stated, description) if isinstance(stated, dict) else {}
        for method in methods:
            operation = item.get(method.lower())
            if isinstance(operation, dict):
                yield _Operation(
                    method, str(path), operation, _required(item, operation, description)
                )


def _required(item: _Object, operation: _Object, description: _Object) -> list[_Object]:
    """The parameters that a request must have; those of the operation replace the path's."""
    stated = [*_parameters(item, description), *_parameters(operation, description)]
    last = {(_place(one), _name(one)): one for one in stated}
    # Where a reference leads nowhere, all are kept.
    every = list(last.values()) if all(_name(one) for one in stated) else stated
    return [one for one in every if one.get("required") is True or _place(one) == "path"]


def _server(description: _Object) -> str:
    servers = description.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(url, str):
        return ""
    variables = first.get("variables")
    for name, variable in variables.items() if isinstance(variables, dict) else ():
        value = variable.get("default") if isinstance(variable, dict) else None
        url = url.replace(f"{{{name}}}", str(value)[:VALUE_LENGTH_MAX])[:1000]
    return url


def _prefix(description: _Object) -> str:
    """What stands before each path, as the first server's address says."""
    url = _server(description) or description.get("basePath")
    # An absolute address is somebody else's, such as the one in production.
    return url.rstrip("/") if isinstance(url, str) and url.startswith("/") else ""


def _obstacle(operation: _Operation, description: _Object) -> str:
    """Why an operation cannot be measured as it is described; empty if it can."""
    stated = operation.stated
    security = stated.get("security", description.get("security"))
    # An empty requirement among them: without a login, too.
    if security and not (isinstance(security, list) and {} in security):
        return 'It needs a login, such as headers = { Authorization = "Bearer ${TOKEN}" }.'
    hindered = (_parameter_obstacle(one, description) for one in operation.parameters)
    if reason := next(filter(None, hindered), ""):
        return reason
    if _status(stated) is None:
        return "No status of success is described."
    if _is_stream(stated, description):
        return _STREAM
    return ""


def _parameter_obstacle(parameter: _Object, description: _Object) -> str:
    name, place = (
        printable(one)[:VALUE_LENGTH_MAX] for one in (_name(parameter), _place(parameter))
    )
    if not name:
        return "A parameter is described elsewhere, in a file that is not read."
    if place not in {"path", "query"}:
        return f"It needs {name!r} in its {place}."
    if is_secret(name, _example(parameter, description) or "x"):
        return f"It needs {name!r}, which looks secret: set the variable of its value."
    return ""


def _responses(operation: _Object) -> dict[str, Any]:
    """The answers by status; in YAML it may be a number."""
    responses = operation.get("responses")
    return {str(key): one for key, one in responses.items()} if isinstance(responses, dict) else {}


def _status(operation: _Object) -> int | None:
    """The status of success: 200 if it is described."""
    stated = _responses(operation)
    exact = sorted(one for one in stated if re.fullmatch(r"2\d\d", one))
    if exact:
        return 200 if "200" in exact else int(exact[0])
    return 200 if {"2XX", "default"} & stated.keys() else None


def _is_stream(operation: _Object, description: _Object) -> bool:
    success = _responses(operation).get(str(_status(operation)))
    content = _resolved(success, description).get("content") if isinstance(success, dict) else None
    produced = operation.get("produces")
    kinds = [*(content if isinstance(content, dict) else ())]
    kinds += produced if isinstance(produced, list) else []
    return any(str(one).startswith("text/event-stream") for one in kinds)


def _parameters(holder: _Object, description: _Object) -> Iterator[_Object]:
    stated = holder.get("parameters")
    for parameter in stated if isinstance(stated, list) else []:
        if isinstance(parameter, dict):
            yield _resolved(parameter, description)


def _resolved(stated: _Object, description: _Object) -> _Object:
    """What a reference leads to; a required parameter without a name if it is nothing.

    References that lead to each other end after a few; files elsewhere are not read.
    """
    content: Any = stated
    for _ in range(REFERENCES_MAX):
        if not isinstance(content, dict):
            break
        if "$ref" not in content:
            known: _Object = content
            return known
        reference, content = str(content["$ref"]), description
        for step in reference.removeprefix("#/").split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            content = content.get(key) if isinstance(content, dict) else None
    return {"required": True}


def _name(parameter: _Object) -> str:
    name = parameter.get("name")
    return name if isinstance(name, str) else ""


def _place(parameter: _Object) -> str:
    """`path`, `query`, `header`, `cookie`, and in version 2 also `body` and `formData`."""
    place = parameter.get("in")
    return place if isinstance(place, str) else ""


def _schema(parameter: _Object, description: _Object) -> _Object:
    """What values a parameter has; in version 2 it says so itself. Of an array: its items."""
    content: Any = parameter.get("schema", parameter)
    for _ in range(REFERENCES_MAX):
        if not isinstance(content, dict):
            break
        content = known = _resolved(content, description)
        parts = next((content[key] for key in ("allOf", "anyOf", "oneOf") if key in content), None)
        if isinstance(parts, list) and parts and "type" not in content and not _values(content):
            content = parts[0]
        elif content.get("type") == "array" and not _values(content):
            content = content.get("items")
        else:
            return known
    return {}


def _type(schema: _Object) -> str:
    """The type of a value; in version 3.1 it may be a list."""
    stated = schema.get("type")
    kinds = stated if isinstance(stated, list) else [stated]
    return next((str(one) for one in kinds if one != "null"), "")


def _range(schema: _Object) -> Range:
    least, most = schema.get("minimum"), schema.get("maximum")
    first = least if isinstance(least, int) and 0 <= least < 2**31 else 1
    last = first + ROWS - 1
    return Range(first, min(last, most) if isinstance(most, int) and most >= first else last)


def _filled(operation: _Operation, description: _Object) -> tuple[str, list[_Object]]:
    """Path and query with an example of each required parameter, and those without one."""
    path, query = operation.path, {}
    missing: list[_Object] = []
    for parameter in operation.parameters:
        name, place = _name(parameter), _place(parameter)
        if place not in {"path", "query"}:
            continue
        value = _example(parameter, description)
        if value is None or is_secret(name, value):
            missing.append(parameter)
        elif place == "query":
            query[name] = value
        else:
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
    known = {_name(one) for one in missing}
    missing += [
        {"name": name, "in": "path"}
        for name in dict.fromkeys(re.findall(r"\{([^{}/]+)\}", path))
        if name not in known
    ]
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path, missing


def _values(schema: _Object) -> list[Any]:
    """Examples that a schema states."""
    found = [schema.get("example"), schema.get("default")]
    for key in ("examples", "enum"):
        listed = schema.get(key)
        found += listed[:1] if isinstance(listed, list) else []
    return [one for one in found if one is not None]


def _example(parameter: _Object, description: _Object) -> str | None:
    """An example or a default value of a parameter, as it is written into a path."""
    schema = _schema(parameter, description)
    named = parameter.get("examples")
    candidates = [parameter.get("example"), parameter.get("x-example")]
    if isinstance(named, dict):
        candidates += [one.get("value") for one in named.values() if isinstance(one, dict)]
    for value in [*candidates, *_values(schema)]:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float) and 0 < len(str(value)) <= VALUE_LENGTH_MAX:
            return str(value)
    return None

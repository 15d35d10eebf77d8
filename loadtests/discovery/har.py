"""Scenarios from a HAR file, as browsers save the requests of a page."""

import json
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from contract.config.naming import name_of
from contract.config.scenarios import METHODS
from contract.config.sections import HEADER_VALUE
from contract.errors import ConfigError
from loadtests.discovery.drafts import SAME_BODY, Draft, Step
from loadtests.discovery.endpoints import (
    STATIC,
    Observed,
    Shape,
    Shapes,
    Target,
    literal,
    parsed_target,
    row_of,
    secret_segment,
    written,
)
from loadtests.discovery.routes import is_left_out
from loadtests.discovery.toml_text import is_filled, toml_value
from loadtests.discovery.vault import Vault
from loadtests.planning.disclosure import printable
from loadtests.strict_json import STRICTLY, RepeatedKeyError

BYTES_MAX = 64 * 2**20
STEPS_MAX = 100
PAGES_MAX = 3
BODY_LENGTH_MAX = 20_000

_API = frozenset({"xhr", "fetch", "empty"})
_DOCUMENT = frozenset({"document", "iframe", "frame"})
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
# What the browser adds of its own.
_BROWSER = re.compile(
    r":.*|host|connection|content-length|transfer-encoding|user-agent|referer|origin|te|dnt|priority"
    r"|accept-encoding|accept-language|pragma|cache-control|upgrade.*|sec-.*|if-.*|keep-alive"
    r"|expect|via|forwarded|x-forwarded.*",
    re.IGNORECASE,
)
_ENDS = re.compile(r"log-?out|sign-?out|shut-?down", re.IGNORECASE)

OTHER_ORIGIN = "other servers"
FILE = "scripts, styles, images and other files"
BROWSER = "sent by the browser itself (preflights, pings, sockets) or streams of events"
FAILED = "no answer, or a status from 400 on"
ODD = "a method, path or query that cannot be sent again"
SECRET = "a token in the path"  # noqa: S105 - a reason


@dataclass(frozen=True)
class _Call:
    """A recorded request.

    Attributes:
        origin: scheme and host.
        kind: `xhr`, `document`, ... as the browser says; else guessed from the answer.
        mime: of the body.
        page: the one that sent it.
    """

    origin: str
    method: str
    target: Target
    kind: str
    status: int
    headers: Sequence[tuple[str, str]]
    mime: str
    body: str
    page: str

    @property
    def path(self) -> str:
        """Decoded, without the query."""
        return f"/{'/'.join(self.target.segments)}"

    @property
    def is_api(self) -> bool:
        """Whether a script sent it."""
        return self.kind in _API


def recorded_drafts(path: Path) -> tuple[list[Draft], list[str]]:
    """A sequence for each page's calls, a scenario for each endpoint, and sentences about the rest.

    Raises:
        ConfigError: it is no HAR file, or too large.
    """
    left_out: Counter[str] = Counter()
    calls = list(_calls(_entries(path), left_out))
    origins = Counter(call.origin for call in calls if call.is_api) or Counter(
        call.origin for call in calls
    )
    origin = next(iter(dict(origins.most_common(1))), "")
    left_out[OTHER_ORIGIN] += sum(call.origin != origin for call in calls)
    own = [call for call in calls if call.origin == origin]
    vault = Vault()
    # A secret may stand under another name in an earlier request.
    for call in own:
        _step(call, "/", vault)
    pages, notes = _pages(own, path.name, vault)
    drafts = [*pages, *_endpoints(own, path.name, vault)]
    notes = [*_sentences(origin, len(own), left_out), *notes]
    if vault.names:
        notes.append(
            "secrets are not copied. Set these variables before you measure: "
            f"{', '.join(vault.names)}."
        )
    return drafts, [f"{printable(path.name)}: {note}" for note in notes]


def _entries(path: Path) -> list[Mapping[str, Any]]:
    where = f"--har {path}"
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise ConfigError(f"{where}: is no regular file.")
        if facts.st_size > BYTES_MAX:
            raise ConfigError(
                f"{where}: has {facts.st_size / 2**20:,.0f} MiB; at most {BYTES_MAX // 2**20} are "
                "read. Record fewer pages, or remove the answers: jq "
                "'del(.log.entries[].response.content.text)' page.har >small.har"
            )
        with path.open("rb") as file:
            content = json.loads(file.read(BYTES_MAX + 1).decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        reason = printable(str(error))[:100] or "too deep"
        raise ConfigError(f"{where}: is no JSON ({reason}). Was it saved whole?") from None
    entries = _of(_of(content, "log", dict), "entries", list)
    if not entries:
        raise ConfigError(
            f"{where}: holds no `log.entries`. Save it in the network panel of a browser's "
            "developer tools, with `Save all as HAR`."
        )
    usable = [one for one in entries if isinstance(one, dict)]
    return sorted(usable, key=lambda one: _of(one, "startedDateTime", str))


def _of(holder: Any, key: str, kind: type) -> Any:
    """A value of this type; an empty one if there is none."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(value, str):
        # Half of a surrogate pair cannot be sent.
        value = value.encode(errors="replace").decode()
    return value if isinstance(value, kind) else kind()


def _calls(entries: Sequence[Mapping[str, Any]], left_out: Counter[str]) -> Iterator[_Call]:
    for entry in entries:
        request, response = _of(entry, "request", dict), _of(entry, "response", dict)
        headers = [
            (_of(one, "name", str), _of(one, "value", str)) for one in _of(request, "headers", list)
        ]
        url, method = _of(request, "url", str), _of(request, "method", str)
        kind, status = _kind(entry, headers, response), _of(response, "status", int)
        target = parsed_target(url.partition("#")[0]) if url.startswith("http") else None
        reasons = (
            (kind == "file" or STATIC.search(url.partition("?")[0]), FILE),
            (kind == "browser" or method == "OPTIONS", BROWSER),
            (not 200 <= status < 400, FAILED),
            (target is None or method not in METHODS, ODD),
            (target and secret_segment(target.segments) is not None, SECRET),
        )
        reason = next((reason for is_wrong, reason in reasons if is_wrong), "")
        if reason:
            left_out[reason] += 1
            continue
        assert target is not None, "it was checked"
        post = _of(request, "postData", dict)
        parts = urlsplit(url)
        yield _Call(
            origin=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
            method=method,
            target=target,
            kind=kind,
            status=200 if status == 304 else status,
            headers=headers,
            mime=_of(post, "mimeType", str) or _lower(headers).get("content-type", ""),
            body=_of(post, "text", str),
            page=_of(entry, "pageref", str),
        )


def _lower(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Headers by their names in small letters."""
    return {name.lower(): value for name, value in headers}


def _kind(
    entry: Mapping[str, Any], headers: Sequence[tuple[str, str]], response: Mapping[str, Any]
) -> str:
    """What the request is for: `xhr`, `document`, `file` or `browser`."""
    stated = _of(entry, "_resourceType", str).lower()
    # The standard's header says it where the browser's own key is missing.
    kind = stated or _lower(headers).get("sec-fetch-dest", "")
    mime = _of(_of(response, "content", dict), "mimeType", str).partition(";")[0].strip()
    if mime == "text/event-stream" or kind in {"preflight", "ping", "websocket", "eventsource"}:
        return "browser"
    if kind in _API:
        return "xhr"
    if kind in _DOCUMENT or (kind in {"", "other"} and mime == "text/html"):
        return "document"
    is_data = "json" in mime or mime in {"text/plain", "application/xml", "text/xml", ""}
    return "xhr" if kind in {"", "other"} and is_data else "file"


def _pages(calls: Sequence[_Call], source: str, vault: Vault) -> tuple[list[Draft], list[str]]:
    """For each of the first pages its calls, in their order, and sentences about what is cut."""
    drafts, notes = [], []
    sent = Counter(call.page for call in calls if call.is_api)
    pages = [page for page, number in sent.items() if number > 1]
    if len(pages) > PAGES_MAX:
        notes.append(f"{len(pages) - PAGES_MAX:,} more pages have no sequence of their calls.")
    for page in pages[:PAGES_MAX]:
        own = [call for call in calls if call.page == page]
        document = next((call.path for call in own if not call.is_api), "")
        name = "_".join(["page", *re.findall(r"[A-Za-z0-9]+", document)])[:50]
        if sent[page] > STEPS_MAX:
            notes.append(f"{name} has the first {STEPS_MAX} of {sent[page]:,} calls.")
        made = [
            _step(call, literal(_public(call.target, vault)), vault)
            for call in [one for one in own if one.is_api][:STEPS_MAX]
        ]
        reason = next((f"{step.request}: {reason}" for step, reason in made if reason), "")
        steps = tuple(step for step, _ in made)
        drafts.append(Draft(steps, source, name=name, reason=reason, hint=_hint(steps)))
    return drafts, notes


def _endpoints(calls: Sequence[_Call], source: str, vault: Vault) -> Iterator[Draft]:
    shapes = Shapes()
    first: dict[tuple[Shape, str], _Call] = {}
    observed: dict[tuple[Shape, str], Observed] = {}
    for call in calls:
        target = _public(call.target, vault)
        shape = shapes.of(call.method, target)
        if shape is None:
            continue
        key = (shape, _operation_name(call))
        first.setdefault(key, call)
        values = observed.setdefault(key, Observed())
        # A body belongs to the values that it was sent with.
        if call.method in {"GET", "HEAD"} or not values.rows:
            values.add(row_of(shape, target))
    for key, call in first.items():
        request, rows = written(key[0], observed[key])
        step, reason = _step(call, request.partition(" ")[2], vault)
        name = name_of(f"{request} {key[1]}") if key[1] else ""
        yield Draft((step,), source, name=name, rows=rows, reason=reason, hint=_hint((step,)))


def _hint(steps: Sequence[Step]) -> str:
    """What to know of requests that write; a query of GraphQL only reads."""
    for step in steps:
        query = step.body.get("query") if isinstance(step.body, dict) else None
        reads = isinstance(query, str) and not query.lstrip().startswith("mutation")
        if step.body is not None and not reads:
            return SAME_BODY
    return ""


def _operation_name(call: _Call) -> str:
    """Of GraphQL, where all operations have the same path."""
    if "json" not in call.mime:
        return ""
    try:
        return str(_of(json.loads(call.body), "operationName", str))
    except (ValueError, RecursionError):
        return ""


def _public(target: Target, vault: Vault) -> Target:
    """A target without the parameters that hold secrets."""
    pairs = tuple(pair for pair in target.pairs if vault.text(*pair) == pair[1])
    return Target(target.segments, pairs)


def _step(call: _Call, target: str, vault: Vault) -> tuple[Step, str]:
    """A call as a request to this target, and why it cannot be measured as it is.

    Args:
        call: as recorded.
        target: path and query without the secret parameters.
        vault: takes the secrets.
    """
    for name, value in call.target.pairs:
        shown = vault.text(name, value)
        if shown != value:
            joint = "&" if "?" in target else "?"
            target = f"{target}{joint}{quote(name, safe='')}={vault.quoted(shown)}"
    headers = _headers(call, vault)
    body, reason = _body(call, headers, vault)
    if call.method == "DELETE":
        reason = reason or "DELETE works once for each id: see that it works many times."
    elif _ENDS.search(call.path) or (call.method in {"GET", "HEAD"} and is_left_out(call.path)):
        reason = reason or "By its path, it may end or change something."
    return Step(f"{call.method} {target}", headers, body, call.status), reason


def _headers(call: _Call, vault: Vault) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in call.headers:
        is_usual = name.lower() == "accept" and value.startswith(("*/*", "text/html"))
        known = name.lower() in {one.lower() for one in headers}
        usable = _HEADER_NAME.fullmatch(name) and HEADER_VALUE.fullmatch(value)
        # What looks like a gap would be filled.
        is_plain = usable and not re.search(r"\{[A-Za-z_]", value)
        if is_plain and value and not (is_usual or known or _BROWSER.fullmatch(name)):
            headers[name] = vault.header(name, value)
    return headers


def _body(call: _Call, headers: dict[str, str], vault: Vault) -> tuple[Any, str]:
    """What is sent, and why it is not copied; sets the header of its type."""
    kind = call.mime.partition(";")[0].strip().lower()
    type_name = next((name for name in headers if name.lower() == "content-type"), "Content-Type")
    if kind == "multipart/form-data":
        # Its boundary follows from the form.
        headers.pop(type_name, None)
        return None, "Its form is not copied: write `form`."
    if not call.body:
        length = _lower(call.headers).get("content-length")
        sent = length not in {None, "", "0"} and call.method not in {"GET", "HEAD"}
        return None, "Its body was not recorded: write `body`." if sent else ""
    if len(call.body) > BODY_LENGTH_MAX or is_filled(call.body):
        return None, f"Its body, of {len(call.body):,} characters, is not copied: write `body`."
    if kind.endswith("json"):
        return _json_body(call, headers, vault, kind, type_name)
    if kind == "application/x-www-form-urlencoded":
        headers.setdefault(type_name, kind)
        pairs = parse_qsl(call.body, keep_blank_values=True)
        texts = (
            f"{quote(name, safe='')}={vault.quoted(vault.text(name, value))}"
            for name, value in pairs
        )
        return "&".join(texts), ""
    return None, f"Its body of type {printable(kind)[:60]!r} is not copied: write `body` or `form`."


def _json_body(
    call: _Call, headers: dict[str, str], vault: Vault, kind: str, type_name: str
) -> tuple[Any, str]:
    try:
        body = vault.json(json.loads(call.body, **STRICTLY))
    except RepeatedKeyError as error:
        return None, f"Its body is not copied, because {error}: write `body`."
    except (ValueError, RecursionError):
        return None, "Its body is no JSON, although its type says so: write `body`."
    if _is_table(body):
        if kind == "application/json":
            headers.pop(type_name, None)
        return body, ""
    # TOML has no null, so the text of JSON is sent.
    headers.setdefault(type_name, kind)
    return json.dumps(body), ""


def _is_table(body: Any) -> bool:
    try:
        return bool(toml_value(body)) and isinstance(body, dict | list)
    except ValueError:
        return False


def _sentences(origin: str, number: int, left_out: Mapping[str, int]) -> Iterator[str]:
    yield f"{number:,} requests to {printable(origin) or 'no server'} were used."
    for reason, count in left_out.items():
        if count:
            yield f"{count:,} left out: {reason}."

"""The only list of other tools' files, and the reader of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.errors import ReportError
from contract.run.record import RUN_NAME
from reports.clean import harmless, short
from reports.foreign import (
    autocannon,
    hyperfine,
    k6_points,
    k6_summary,
    locust,
    pytest_benchmark,
)
from reports.foreign.shapes import Findings, Foreign, UnusableError
from reports.foreign.texts import Content, load

_MESSAGE_MAX = 400


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        read: None where the file is of another kind.
        marks: pieces of text of which a file of this kind has at least one near its beginning.
        export: how the tool writes such a file.
    """

    tool: str
    read: Callable[[Content], Findings | None]
    marks: tuple[bytes, ...]
    export: str


FORMATS = (
    # Lines of JSON are no JSON document, so this one stands before those that parse one.
    Format("k6", k6_points.read_lines, (b'"type":"Point"', b'"type":"Metric"'), "--out json"),
    Format(
        "pytest-benchmark",
        pytest_benchmark.read_benchmarks,
        (b'"machine_info"', b'"benchmarks"', b'"commit_info"'),
        "--benchmark-json",
    ),
    Format("hyperfine", hyperfine.read_results, (b'"command"', b'"exit_codes"'), "--export-json"),
    Format("autocannon", autocannon.read_result, (b'"throughput"', b'"non2xx"'), "--json"),
    Format(
        "k6",
        k6_summary.read_summary,
        (b'"http_req_', b'"root_group"', b'"iteration_duration"', b'"k6_version"'),
        "--summary-export",
    ),
    Format("k6", k6_points.read_csv, (b"metric_name",), "--out csv"),
    Format("Locust", locust.read_csv, (b"# requests", b"Request Count", b"Failure Count"), "--csv"),
    Format("Locust", locust.read_json, (b'"num_requests"', b'"response_times"'), "--json"),
)

_TABLES_WITHOUT_TIMES = (
    ({"Method", "Name", "Error", "Occurrences"}, "Locust", "use its _stats.csv"),
    ({"Count", "Message", "Traceback"}, "Locust", "use its _stats.csv"),
    ({"command", "mean", "median", "user"}, "hyperfine", "export with --export-json"),
    ({"name", "median", "mean", "rounds"}, "pytest-benchmark", "export with --benchmark-json"),
)
"""Columns of tables that the same tools write, and what can be read instead."""


def read_foreign(path: Path) -> Foreign:
    """Read a file of any of these tools.

    Raises:
        ReportError: none of these tools wrote it, it is damaged, or it holds no time.
    """
    data = b""
    try:
        content = load(path)
        data = content.data
        for one in FORMATS:
            found = one.read(content)
            if found is not None:
                return _with_times(Foreign(one.tool, path, found))
    except UnusableError as error:
        likely = _likely(data or error.data)
        what = f"looks like {likely.tool}'s, but {error}" if likely else str(error)
        again = f"Export it again{f' with {likely.export}' if likely else ''}."
        raise _refused(path, what, error.remedy or again) from None
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        missing = isinstance(error, KeyError)
        reason = f"lacks {error}" if missing else "a value in it is of another type than the tool's"
        raise _refused(
            path, f"looks like {one.tool}'s, but {reason}", f"Export it again with {one.export}."
        ) from None
    raise _unknown(path, content)


_LISTED = "docs/compare.md lists what can be read."


def _with_times(file: Foreign) -> Foreign:
    if any(one.values_s or one.failed for one in file.found.series):
        return file
    left_out = "".join(
        f"; left out {what}: {count:,}" for what, count in file.found.left_out.items()
    )
    raise _refused(
        file.path,
        f"{file.tool} wrote it, but it holds no time{left_out}",
        "Measure again.",
    )


def _likely(data: bytes) -> Format | None:
    """The kind of file that a damaged file is of."""
    head = data[: 1 << 20]
    return next((one for one in FORMATS if any(mark in head for mark in one.marks)), None)


def _unknown(path: Path, content: Content) -> ReportError:
    for columns, tool, remedy in _TABLES_WITHOUT_TIMES:
        if columns <= set(content.columns):
            return _refused(
                path, f"is a table of {tool}'s that cannot be compared", f"Please {remedy}."
            )
    # A spreadsheet of some countries separates cells otherwise.
    header = content.data[: 1 << 16].split(b"\n", 1)[0]
    for separator, name in ((b";", "semicolons"), (b"\t", "tabs")):
        again = Content(header.replace(separator, b",") + b"\n")
        if len(content.columns) < len(again.columns) and (tool := _named(again)):
            return _refused(
                path,
                f"looks like {tool}'s, but separates cells with {name}",
                "Save it with commas.",
            )
    if (path.parent / RUN_NAME).is_file():
        return _refused(path, "is a file of a run", "Name the run's folder.")
    tools = ", ".join(dict.fromkeys(one.tool for one in FORMATS))
    return _refused(path, f"not a run's folder, nor a file of {tools}", _LISTED)


def _named(header: Content) -> str:
    """Whose table has these columns."""
    for one in FORMATS:
        try:
            if not header.is_json and one.read(header) is not None:
                return one.tool
        except UnusableError:
            return one.tool
    return ""


def _refused(path: Path, what: str, remedy: str) -> ReportError:
    name = short(harmless(str(path)), _MESSAGE_MAX)
    return ReportError(f"{name}: {short(harmless(what), _MESSAGE_MAX)}. {remedy}")

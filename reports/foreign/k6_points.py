"""Reads k6's raw points: `--out csv` and `--out json`."""

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from reports.clean import short
from reports.foreign.k6_summary import DURATIONS, PAUSES, WHOLE_ITERATIONS, chosen, no_duration
from reports.foreign.numbers import A_SHARE, is_number, of_groups, share, unreadable
from reports.foreign.shapes import MS, Findings, Identity, UnusableError
from reports.foreign.tables import read_table, texts
from reports.foreign.texts import Content, parsed, text_of

_METRIC, _VALUE = "metric_name", "metric_value"
_TAGS = (
    "name",
    "url",
    "method",
    "scenario",
    "group",
    "expected_response",
    "error",
    "error_code",
    "status",
)
_HTTP, _FAILED, _CHECKS = "http_req_duration", "http_req_failed", "checks"
_READ = (*DURATIONS, WHOLE_ITERATIONS, _FAILED, _CHECKS)
_RATES = (_FAILED, _CHECKS)
_KEYS = [_METRIC, "method", "name", "scenario", "group"]
_BROKEN = "lines that are no whole JSON object"


def read_csv(content: Content) -> Findings | None:
    """A series for each method, name, scenario and group."""
    if not {_METRIC, _VALUE} <= set(content.columns):
        return None
    left_out: Counter[str] = Counter()
    wanted = {_METRIC, _VALUE, *_TAGS}
    return _findings(read_table(content, wanted, left_out, (_METRIC, _READ)), left_out)


def read_lines(content: Content) -> Findings | None:
    """The same from lines of JSON."""
    try:
        first = json.loads(content.data[: 1 << 16].split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return None
    if not isinstance(first, dict) or first.get("type") not in ("Metric", "Point"):
        return None
    left_out: Counter[str] = Counter()
    return _findings(_points(content.data, left_out), left_out)


def _points(data: bytes, left_out: Counter[str]) -> pd.DataFrame:
    """The points of the metrics that are read; most lines are about others and not parsed."""
    is_read = re.compile(f'"(?:{"|".join(_READ)})"'.encode()).search
    rows: list[tuple[Any, ...]] = []
    lines = data.rstrip().split(b"\n")
    for number, line in enumerate(lines, start=1):
        whole = line.strip()
        if not whole:
            continue
        try:
            if not whole.endswith(b"}"):
                raise ValueError  # noqa: TRY301 - as where it cannot be parsed
            if not is_read(whole):
                continue
            one = parsed(whole)
            if one["type"] == "Point" and one["metric"] in _READ:
                tags = one["data"].get("tags") or {}
                value = one["data"]["value"]
                if one["metric"] in _RATES:
                    share(value, f"a point of {one['metric']!r}")
                texts_of_tags = (text_of(tags.get(tag)) for tag in _TAGS)
                rows.append((one["metric"], value if is_number(value) else None, *texts_of_tags))
        except UnusableError as error:
            raise UnusableError(f"in its line {number:,}, {error}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            if number == len(lines):
                raise UnusableError(f"its last line, {number:,}, is cut off") from None
            left_out[_BROKEN] += 1
    frame = pd.DataFrame(rows, columns=[_METRIC, _VALUE, *_TAGS])
    return frame.astype(dict.fromkeys((_METRIC, *_TAGS), "str"))


def _findings(points: pd.DataFrame, left_out: Counter[str]) -> Findings:
    kinds = points[_METRIC]
    names = chosen(kinds.unique())
    if not names:
        raise no_duration()
    values = pd.to_numeric(points[_VALUE], errors="coerce")
    rows = _keyed(points.assign(**{tag: texts(points, tag) for tag in _TAGS}))
    for rate in _RATES:
        unknown = (kinds == rate) & ~values.between(0, 1)
        _refuse_first(rows[unknown], _VALUE, f"a point of {rate!r}", A_SHARE)
    durations = rows[kinds.isin(names)]
    codes = durations.groupby(_KEYS, sort=False, observed=True).ngroup()
    series = of_groups(
        _identities(durations[~codes.duplicated()]),
        np.asarray(codes, dtype=np.int64),
        values[durations.index].to_numpy(dtype="float64") * MS,
        _failures(durations).to_numpy(dtype=bool),
        left_out,
    )
    # The tags that mark a failed request may be turned off.
    failed = Counter(_identities(rows[(kinds == _FAILED) & (values > 0)]))
    checks = values[kinds == _CHECKS]
    wrong = int((checks != 1).sum())
    return Findings(
        tuple(
            replace(one, failed=min(max(one.failed, failed[one.identity]), one.count or 0))
            for one in series
        ),
        notes=(PAUSES,) if WHOLE_ITERATIONS in names else (),
        failures=f"{wrong:,} of {len(checks):,} checks failed" if wrong else "",
        left_out=left_out,
    )


def _keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows; what a series is told apart by stands in the columns of the keys."""
    # Whether a request failed is a point of its own, with the tags of its duration.
    metric = rows[_METRIC].replace(_FAILED, _HTTP)
    name = rows["name"]
    name = name.where(name != "", rows["url"]).where(lambda one: one != "", metric)
    other = (metric != _HTTP) & (metric != name)
    return rows.assign(
        name=name.where(~other, metric + " " + name),
        scenario=rows["scenario"].replace("default", ""),
        **{_METRIC: metric},
    )


def _identities(rows: pd.DataFrame) -> list[Identity]:
    columns = (rows[one] for one in ("name", "method", "scenario", "group"))
    return [Identity(*one) for one in zip(*columns, strict=True)]


def _refuse_first(rows: pd.DataFrame, column: str, what: str, wanted: str) -> None:
    """Refuse the file for the first of these rows, if there is one.

    Raises:
        UnusableError: there is; whether something failed is not guessed.
    """
    if len(rows):
        row = rows.iloc[0]
        of = short(f"{row['method']} {row['name']}".strip(), 60)
        raise unreadable(row[column], f"{what} of {of!r}", wanted)


def _failures(rows: pd.DataFrame) -> pd.Series:
    """Which requests failed: k6 says so, or, where it does not, error and status.

    Raises:
        UnusableError: it is stated otherwise than k6 does.
    """
    expected = rows["expected_response"].str.lower()
    unknown = ~expected.isin(["", "true", "false"])
    _refuse_first(rows[unknown], "expected_response", "the 'expected_response'", "true or false")
    status = rows["status"]
    code = pd.to_numeric(status, errors="coerce")
    metric = rows[_METRIC]
    stated = (expected == "") & (status != "")
    _refuse_first(rows[stated & ~(code >= 0)], "status", "the 'status'", "number of a status")
    # 0 is success for gRPC, and no answer for HTTP.
    wrong = ((code == 0) | (code >= 400)) & ~metric.str.startswith(("grpc", "ws"))
    wrong |= ~status.isin(["", "0"]) & metric.str.startswith("grpc")
    coded = ~rows["error_code"].isin(["", "0"]) | (rows["error"] != "")
    return (expected == "false") | ((expected != "true") & (wrong | coded))

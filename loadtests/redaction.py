"""Removes from a record what identifies the machine: names of hosts, and paths."""

import re
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from contract.run.record import RunRecord

_URL_HOST = re.compile(r"(?<=://)(?!127\.0\.0\.1|localhost\b)(\[[^\]]*\]|[^\s/:?#]+)")
_STARTS = r"(?:~[\w.-]*|\.{1,2})?/"
_PATH = re.compile(rf"'{_STARTS}[^']*'|(?:(?<=\bunix:)|(?<![\w/:.~\]])){_STARTS}[^\s'\",;:)]+")
"""Absolute, of a home, or upwards; in single quotes it may hold blanks. Those below here stay."""


def redacted(record: RunRecord) -> RunRecord:
    """The record without host names, paths and the branch's name; every number stays.

    Names that the configuration gives to variants and scenarios stay too: samples refer to them.
    """
    names = _host_names(record)
    environment = {name: dict(facts) for name, facts in record.environment.items()}
    environment.get("code", {}).pop("branch", None)
    config = {
        name: _cleaned(part, names) if name in {"target", "variants", "setup"} else part
        for name, part in record.config.items()
    }
    if "scenarios" in config:
        config["scenarios"] = [
            _cleaned_scenario(scenario, names) for scenario in config["scenarios"]
        ]
    return record.model_copy(
        update={
            "environment": _cleaned(environment, names),
            "config": config,
            "command": _cleaned(record.command, names),
            "reasons": _cleaned(record.reasons, names),
        }
    )


def _host_names(record: RunRecord) -> re.Pattern[str]:
    """This machine's name and those of the targets, as words of their own."""
    sections = (record.config.get("target", {}), *record.config.get("variants", {}).values())
    targets = {urlsplit(str(section.get("url", ""))).hostname or "" for section in sections}
    own_host = str(sections[0].get("host") or "").partition(":")[0]
    names = {socket.gethostname(), own_host, *targets} - {"", "localhost", "127.0.0.1", "::1"}
    listed = "|".join(re.escape(name) for name in sorted(names)) or "(?!)"
    return re.compile(rf"(?<![\w.-])(?:{listed})(?![\w-])", re.IGNORECASE)


def _cleaned_scenario(stated: Mapping[str, Any], names: re.Pattern[str]) -> dict[str, Any]:
    """A scenario, or a request of its sequence, with cleaned headers and bodies."""
    cleaned = {
        name: _cleaned(part, names) if name in {"headers", "body"} else part
        for name, part in stated.items()
    }
    for part in {"sequence", "before", "after"} & cleaned.keys():
        cleaned[part] = [_cleaned_scenario(request, names) for request in cleaned[part]]
    return cleaned


def _cleaned(stated: Any, names: re.Pattern[str]) -> Any:
    if isinstance(stated, str):
        text = names.sub("[host]", _URL_HOST.sub("[host]", stated))
        return _PATH.sub("[path]", text)
    if isinstance(stated, Mapping):
        return {name: _cleaned(part, names) for name, part in stated.items()}
    if isinstance(stated, list | tuple):
        return type(stated)(_cleaned(part, names) for part in stated)
    return stated

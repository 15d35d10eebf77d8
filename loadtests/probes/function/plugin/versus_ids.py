"""A pytest plugin that knows a test by its classes, its function and pytest's ids of parameters.

It is loaded with `versus_pairs`, which uses it. As it has no `assert`: PYTEST_DONT_REWRITE
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import pytest

# Which parameters each call of `parametrize` sets, by test: pytest has one id for each call.
_calls: dict[str, list[tuple[str, ...]]] = {}


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_generate_tests(metafunc: Any) -> Iterator[None]:
    """Record the names that `parametrize` is called with."""
    calls = _calls[metafunc.definition.nodeid] = []
    parametrize = metafunc.parametrize

    def recording(argnames: str | Sequence[str], *args: Any, **kwargs: Any) -> None:
        names = argnames.split(",") if isinstance(argnames, str) else argnames
        calls.append(tuple(name.strip() for name in names if name.strip()))
        parametrize(argnames, *args, **kwargs)

    metafunc.parametrize = recording
    yield


_Groups = list[tuple[tuple[str, ...], str]]


def parameters(item: Any) -> dict[str, str]:
    """A test's parameters, each with the id that chooses it."""
    return {name: text for names, text in _groups(item) for name in names}


def identity(item: Any) -> dict[str, Any]:
    """What a test is called, and where its file is."""
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return {
        "file": str(getattr(item, "path", None) or item.fspath),
        "function": "::".join((*classes, _function(item))),
        "parameters": _groups(item),
    }


def escaped(text: str) -> str:
    """A text as pytest writes it in an id."""
    return text.encode("unicode_escape").decode()


def _groups(item: Any) -> _Groups:
    """A test's parameters with pytest's ids; several together where they have one id."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or not callspec.params:
        return []
    ids = tuple(getattr(callspec, "_idlist", ()))
    calls = _calls.get(f"{item.parent.nodeid}::{_function(item)}", [])
    if len(calls) != len(ids):
        # Some have no id of their own.
        return [(tuple(callspec.params), callspec.id)] if callspec.id else []
    return [
        group
        for names, whole in zip(calls, ids, strict=True)
        for group in _divided(names, str(whole), callspec.params)
    ]


def _divided(names: tuple[str, ...], whole: str, values: Mapping[str, Any]) -> _Groups:
    """One id for each name, where pytest made the whole from the values."""
    if len(names) > 1 and len(whole) <= 1000:
        parts = "-".join(f"({_id_pattern(name, values.get(name))})" for name in names)
        found = re.fullmatch(parts, whole)
        if found:
            return [((name,), part) for name, part in zip(names, found.groups(), strict=True)]
    return [(names, whole)]


def _id_pattern(name: str, value: Any) -> str:
    """What pytest makes of a value that was given no id."""
    if isinstance(value, str):
        return f"{re.escape(value)}|{re.escape(escaped(value))}"
    if value is None or isinstance(value, bool | int | float | complex | Enum):
        return re.escape(str(value))
    own = getattr(value, "__name__", None)
    return re.escape(own) if isinstance(own, str) else rf"{re.escape(name)}\d+"


def _function(item: Any) -> str:
    return getattr(item, "originalname", None) or str(item.name)

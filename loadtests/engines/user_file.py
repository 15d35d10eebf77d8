"""Loads a person's Locust file, in a process of its own: its code may do anything.

Run as a program it does so before a run, and says what is in the file, so that what cannot work
ends the command before anything is measured.
"""

import json
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from locust import User
from locust.user.task import filter_tasks_by_tags
from locust.util.load_locustfile import load_locustfile

from contract.config.complaints import nearest
from contract.secrecy import without_credentials
from loadtests.planning.disclosure import printable

_TEXT_MAX = 200


class UserFileError(Exception):
    """The file cannot be used; the message says why and what to do, without the file's name."""


@dataclass(frozen=True)
class Found:
    """What the file holds.

    Attributes:
        hosts_ignored: classes that state a host.
        refused: why the file cannot be used; empty where it can.
    """

    hosts_ignored: tuple[str, ...] = ()
    refused: str = ""


def load_users(file: str, classes: Sequence[str], tags: Sequence[str]) -> dict[str, type[User]]:
    """The user classes that are to run, by name.

    Args:
        file: an absolute path.
        classes: names; empty: all.
        tags: of tasks; empty: all.

    Raises:
        UserFileError: it cannot be loaded, or has nothing that can run.
    """
    users, shapes = _load(file)
    if shapes:
        raise UserFileError(
            f"{type(shapes[0]).__name__} is a LoadTestShape, and all variants get the same number "
            "of users at every time. Leave it out, or import the user classes into another file"
        )
    if not users:
        raise UserFileError("there is no user class in it, such as one of HttpUser")
    for name in classes:
        if name not in users:
            raise UserFileError(f"unknown user class {name!r}; {nearest(name, users)}")
    chosen = {name: user for name, user in users.items() if name in classes or not classes}
    for name, user in chosen.items():
        # Locust does the same at each start of users.
        filter_tasks_by_tags(user, set(tags) or None)
        if not user.tasks:
            tagged = f" with one of the tags {', '.join(tags)}" if tags else ""
            raise UserFileError(f"{name} has no task{tagged}, so its users would send nothing")
    return chosen


def _load(file: str) -> tuple[dict[str, type[User]], list[Any]]:
    try:
        return load_locustfile(file)
    except SyntaxError as error:
        raise UserFileError(f"line {error.lineno}: {error.msg}") from None
    except ModuleNotFoundError as error:
        raise UserFileError(
            f"{_line(file, error)}imports {error.name!r}, which Versus's Python does not have: "
            f"install its package for {sys.executable}"
        ) from None
    except SystemExit:
        raise UserFileError("it ends the process while it is loaded, by sys.exit") from None
    except Exception as error:  # noqa: BLE001 - a person's code may raise anything
        raise UserFileError(f"{_line(file, error)}{described(error)}") from None


def _line(file: str, error: BaseException) -> str:
    lines = [
        one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == file
    ]
    return f"line {lines[-1]}: " if lines else ""


def described(error: BaseException) -> str:
    """An exception of a person's code in one line, bounded and without credentials."""
    text = " ".join(printable(without_credentials(str(error)[: 4 * _TEXT_MAX])).split())
    name = type(error).__name__
    return f"{name}: {text[:_TEXT_MAX]}" if text else name


def look_into(file: str, classes: Sequence[str], tags: Sequence[str]) -> Found:
    """What the file holds, or why it cannot be used."""
    try:
        users = load_users(file, classes, tags)
    except UserFileError as error:
        return Found(refused=str(error))
    return Found(hosts_ignored=tuple(name for name, user in users.items() if user.host))


if __name__ == "__main__":
    place, stated = sys.argv[1:]
    found = look_into(**json.loads(stated))
    Path(place).write_text(json.dumps(asdict(found)), encoding="utf-8")
    # Whatever threads the file has started.
    os._exit(0)

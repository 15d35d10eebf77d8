"""A Locust file that cannot be used is refused before a run, in one line."""

import time
from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.engines.users_launch import checked_users
from loadtests.planning.users import LocustUsers

GOOD = """
from locust import HttpUser, tag, task
import beside

class One(HttpUser):
    host = "http://example.com"

    @tag("reading")
    @task
    def read(self):
        self.client.get(beside.PATH)

class Two(HttpUser):
    @task
    def write(self):
        self.client.post("/")
"""

SHAPE = """
from locust import LoadTestShape

class Steps(LoadTestShape):
    def tick(self):
        return None
"""


def checked(tmp_path: Path, content: str, *names: str, tags: tuple[str, ...] = ()) -> LocustUsers:
    """The users of a file with this content, beside a module of its own."""
    file = tmp_path / "locustfile.py"
    file.write_text(content, encoding="utf-8")
    (tmp_path / "beside.py").write_text("PATH = '/'\n", encoding="utf-8")
    return checked_users(file, 3, tags, names, within_s=20)


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    """Modules beside it are found, and hosts that it states are named."""
    users = checked(tmp_path, GOOD)

    assert ("locustfile.py", 3, ("One",)) == (users.name, users.count, users.hosts_ignored)
    assert 64 == len(users.record().sha256)
    assert () == checked(tmp_path, GOOD, "Two").hosts_ignored


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "refused"),
    [
        ("from locust import HttpUser\n", "there is no user class in it, such as one of HttpUser."),
        ("x = (\n", "line 1: '(' was never closed."),
        ("x = 1\nimport no_such_thing\n", "line 2: imports 'no_such_thing', which Versus's Python"),
        ("raise KeyError('token=abcdef')", "line 1: KeyError: 'token=[removed]."),
        ("import sys; sys.exit(0)", "it ends the process while it is loaded, by sys.exit."),
        ("import os; print('so sad'); os._exit(7)", "its process exited with 7 while the file was"),
        (
            f"{GOOD}{SHAPE}",
            "Steps is a LoadTestShape, and all variants get the same number of users at every",
        ),
        (
            "from locust import HttpUser\nclass Idle(HttpUser):\n    pass",
            "Idle has no task, so its users would send nothing.",
        ),
    ],
)
def test_what_cannot_run_is_one_line(tmp_path: Path, content: str, refused: str) -> None:
    """It says where and what to do, and nothing has been measured."""
    with pytest.raises(ConfigError) as error:
        checked(tmp_path, content)

    assert f"{tmp_path}/locustfile.py: {refused}" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_names_and_tags_must_exist(tmp_path: Path) -> None:
    """A wrong one would leave out everything."""
    with pytest.raises(ConfigError, match="unknown user class 'Tow'; did you mean 'Two'"):
        checked(tmp_path, GOOD, "Tow")
    with pytest.raises(ConfigError, match="Two has no task with one of the tags reading"):
        checked(tmp_path, GOOD, tags=("reading",))


@pytest.mark.slow
def test_a_file_that_is_never_loaded_is_given_up(tmp_path: Path) -> None:
    """Its process ends too."""
    file = tmp_path / "locustfile.py"
    file.write_text("while True: pass", encoding="utf-8")
    began_s = time.monotonic()
    with pytest.raises(ConfigError, match="was not loaded within 1 s"):
        checked_users(file, 1, within_s=1)

    assert time.monotonic() - began_s < 10

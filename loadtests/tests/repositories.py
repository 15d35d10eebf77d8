"""Real git repositories for tests."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtests.planning.plan import Plan, load_plan
from loadtests.revisions.resolving import Change, resolve

_IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.test")
_OWN_CONFIGURATION_ONLY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

CONFIG = """
[target]
{target}

[variants.before]
[variants.after]

[[scenarios]]
name = "one"
request = "GET /echo"
"""


@dataclass(frozen=True)
class Repository:
    """A repository's working tree."""

    folder: Path

    def git(self, *arguments: str) -> str:
        """What git says."""
        return subprocess.run(
            ["git", "-C", str(self.folder), *_IDENTITY, *arguments],
            env={**os.environ, **_OWN_CONFIGURATION_ONLY},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.strip()

    def write(self, files: Mapping[str, str]) -> None:
        """Put files into the working tree."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, subject: str, files: Mapping[str, str] | None = None) -> str:
        """Commit all there is, these files too; the commit's id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def clone(self, folder: Path, *options: str) -> "Repository":
        """A clone by way of a protocol, which can be shallow."""
        self.git("clone", "--quiet", *options, f"file://{self.folder}", str(folder))
        return Repository(folder)

    def worktrees(self) -> list[str]:
        """The folders of all worktrees, the repository's own first."""
        lines = self.git("worktree", "list", "--porcelain").splitlines()
        return [line.split(" ", 1)[1] for line in lines if line.startswith("worktree ")]

    def change(self, base: str = "HEAD~1") -> Change:
        """From a base to HEAD."""
        return resolve(self.folder, base, lambda _: None)

    def plan(self, target: str, more: str = "") -> Plan:
        """What a configuration in the working tree plans, which is not committed."""
        config = self.folder / "versus.toml"
        config.write_text(CONFIG.format(target=target) + more, encoding="utf-8")
        return load_plan(config, seed=1)


def new_repository(folder: Path) -> Repository:
    """A repository without a commit, on the branch main."""
    folder.mkdir(parents=True)
    repository = Repository(folder)
    repository.git("init", "--quiet", "--initial-branch", "main")
    return repository


def new_change(folder: Path) -> Repository:
    """A repository with two commits of one file on main."""
    made = new_repository(folder)
    made.commit("one", {"code.py": "1"})
    made.commit("two", {"code.py": "2"})
    return made


def new_pull_request(folder: Path) -> tuple[Repository, str, str]:
    """A repository from which a job fetches a pull request: it, the base's commit, and the head's.

    Since the change was begun, somebody else has added to the base.
    """
    origin = new_repository(folder)
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    origin.commit("left from here")
    origin.git("checkout", "--quiet", "-b", "change")
    head = origin.commit("the change")
    origin.git("checkout", "--quiet", "main")
    return origin, origin.commit("by others"), head

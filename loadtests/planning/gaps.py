"""Gaps in commands and variables that each revision fills with its own: `{side}` and the like."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from loadtests.planning.addresses import Server

GAPS = ("{side}", "{commit}", "{worktree}")


def own_gaps(side: str, commit_id: str, worktree: str) -> dict[str, str]:
    """What the gaps stand for in one revision.

    Args:
        side: `base` or `head`; without revisions, `head`.
        commit_id: of its commit, in full.
        worktree: the top folder of its files.
    """
    return dict(zip(GAPS, (side, commit_id, worktree), strict=True))


def fill(word: str, gaps: Mapping[str, str]) -> str:
    """A word without gaps; braces that name none stay as they are."""
    for gap, value in gaps.items():
        word = word.replace(gap, value)
    return word


def have_gaps(words: Iterable[str]) -> bool:
    """Whether any of these words has one."""
    return any(gap in word for word in words for gap in GAPS)


def fill_server(server: Server, gaps: Mapping[str, str]) -> Server:
    """A server whose command and variables have no gaps but the port's."""
    return replace(
        server,
        command=tuple(fill(word, gaps) for word in server.command),
        environment={name: fill(value, gaps) for name, value in server.environment.items()},
    )

"""Scenarios from what exists: an API's description, a recording, a log of requests."""

from dataclasses import dataclass
from pathlib import Path

from loadtests.discovery.access_log import logged_drafts
from loadtests.discovery.descriptions import read_description
from loadtests.discovery.drafts import ACTIVE_MAX, Draft, arranged
from loadtests.discovery.har import recorded_drafts
from loadtests.discovery.openapi import described_drafts
from loadtests.planning.disclosure import printable

LARGE_BYTES = 100_000_000
WRITTEN_MAX = 100
"""Scenarios, comments among them."""


@dataclass(frozen=True)
class Existing:
    """Where scenarios come from; each may be empty.

    Attributes:
        openapi: a file or an address.
        har, access_log: files.
    """

    openapi: str = ""
    har: str = ""
    access_log: str = ""

    def large_files(self) -> list[tuple[str, int]]:
        """Names and bytes of the files that take a while."""
        log = Path(self.access_log)
        size = log.stat().st_size if log.is_file() else 0
        return [(printable(log.name), size)] if size > LARGE_BYTES else []


NOTHING = Existing()


def read_existing(existing: Existing) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """The scenarios, those first that are no comments, and sentences about what was left out.

    Raises:
        ConfigError: a source cannot be used.
    """
    drafts: list[Draft] = []
    notes: list[str] = []
    found = []
    if existing.openapi:
        found.append(described_drafts(*read_description(existing.openapi)))
    if existing.har:
        found.append(recorded_drafts(Path(existing.har)))
    if existing.access_log:
        found.append(logged_drafts(Path(existing.access_log)))
    for some, sentences in found:
        drafts += some
        notes += sentences
    ready = arranged(drafts)
    if len(ready) > WRITTEN_MAX:
        more = len(ready) - WRITTEN_MAX
        notes.append(f"{more:,} more scenarios are left out; {WRITTEN_MAX} are written at most.")
        ready = ready[:WRITTEN_MAX]
    commented = sum(bool(draft.reason) for draft in ready)
    if commented:
        notes.append(
            f"{commented:,} of {len(ready):,} scenarios are comments, each with its reason; "
            f"{ACTIVE_MAX} are measured at most."
        )
    return ready, tuple(notes)

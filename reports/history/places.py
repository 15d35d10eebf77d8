"""Where a history is kept: in a folder, or as objects below one S3 prefix."""

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, TypeAlias

from contract.errors import ReportError
from contract.extras import check_extra
from reports.history.entry import ENTRY_NAME, ENTRY_SUFFIX, Entry, read_entry
from reports.writing import write_whole

if TYPE_CHECKING:
    from reports.history.bucket import Prefix

_PREFIX = re.compile(r"s3://([A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])(?:/([^\x00-\x1f\x7f]*))?")


@dataclass(frozen=True)
class Folder:
    """A folder of entries (`*.json`), or of runs, each with its entry."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def check_writable(self) -> None:
        """Make the folder, and write to it; nothing stays.

        Raises:
            ReportError: entries cannot be written there.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self.path):
                pass
        except OSError as error:
            raise ReportError(
                f"{self}: cannot keep the history there ({error.strerror}). Name another --history."
            ) from None

    def add(self, name: str, entry: bytes) -> None:
        """Write an entry, in place of an older one of this name.

        Raises:
            ReportError: it cannot be written.
        """
        self.check_writable()
        write_whole(self.path / f"{name}{ENTRY_SUFFIX}", entry)

    def read(self) -> tuple[list[Entry], list[str]]:
        """All entries, and a sentence about what is missing.

        Raises:
            ReportError: there is no such folder, or an entry cannot be used.
        """
        if not self.path.is_dir():
            raise ReportError(
                f"{self}: no such folder. Name one with runs in it: `--history runs`."
            )
        # `latest` is a link to a run that is also found by its name.
        paths = {
            path.resolve()
            for pattern in (f"*/{ENTRY_NAME}", f"*{ENTRY_SUFFIX}")
            for path in self.path.glob(pattern)
        }
        runs = {path.parent.resolve() for path in self.path.glob("*/run.json")}
        missing = sum(not (run / ENTRY_NAME).exists() for run in runs)
        notes = (
            f"{missing} of the runs here have no entry yet: `versus report --run ...` writes it."
        )
        return [read_entry(path) for path in sorted(paths)], [notes] if missing else []


Place: TypeAlias = "Folder | Prefix"


def parse_place(text: str) -> Place:
    """The place that `s3://bucket/prefix` or a folder's path names.

    Raises:
        ReportError: an address of another kind, which is not shown: it may hold a password.
    """
    if "://" not in text:
        return Folder(Path(text))
    found = _PREFIX.fullmatch(text)
    if not found:
        raise ReportError(
            "--history: neither a folder nor s3://BUCKET/PREFIX. Name one of the two."
        )
    check_extra("history", "A history in a bucket")
    from reports.history.bucket import Prefix  # noqa: PLC0415 - as the line above says

    path = (found[2] or "").strip("/")
    return Prefix(found[1], f"{path}/" if path else "")

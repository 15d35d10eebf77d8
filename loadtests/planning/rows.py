"""What a scenario's requests draw in each round: a row, its number, chance, and a value of its own.

`{row.column}`, `{round}` and `{random}` are the same for all variants of a round; `{unique}` is
another one each time.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from contract.config.complaints import nearest
from contract.config.rows import RANGE_COLUMN, RowsConfig
from contract.config.scenarios import RequestConfig, ScenarioConfig
from contract.errors import ConfigError
from contract.secrecy import REMOVED, is_secret
from loadtests.planning.disclosure import printable
from loadtests.planning.drawing import Order, row_of
from loadtests.planning.row_files import RowFile, UsedColumns, as_text
from loadtests.planning.templates import DRAWN, ROW, drawn_in, gaps_of, rows_in

_SHOWN_MAX = 40
"""So much of a value is shown."""


@dataclass(frozen=True)
class Rows:
    """Where the rows of a scenario are, and how they are drawn.

    Attributes:
        file: an absolute path; empty where rows are numbers.
        version: of the file, as it was checked.
        first: the first of the numbers.
        count: how many rows there are.
        columns: those that are used.
    """

    order: Order
    count: int
    file: str = ""
    version: tuple[int, int] = (0, 0)
    first: int = 0
    columns: tuple[str, ...] = ()

    def values(self, index: int) -> dict[str, str]:
        """The used values of one row, by the names of their gaps.

        Raises:
            ConfigError: the file has changed.
        """
        if not self.file:
            return {ROW + RANGE_COLUMN: str(self.first + index)}
        row = _opened(self).row(index)
        if not all(name in row for name in self.columns):
            raise ConfigError(f"{self.file}: changed while it was used. Leave it as it is.")
        return {ROW + name: as_text(row[name]) for name in self.columns}

    def line_of(self, index: int) -> int:
        """The line of the file at which a row begins; 0 where rows are numbers."""
        return _opened(self).line_of(index) if self.file else 0


@dataclass(frozen=True)
class Draws:
    """What a scenario's requests draw.

    Attributes:
        names: of all its gaps that a draw fills.
        rows: None where it has none.
    """

    names: frozenset[str]
    rows: Rows | None = None

    def row(self, seed: int, scenario: int, draw: int) -> int:
        """The index of the row of a draw; -1 without rows."""
        rows = self.rows
        return row_of(seed, scenario, draw, rows.count, rows.order) if rows else -1


@cache
def _opened(rows: Rows) -> RowFile:
    """The file, opened and indexed once in each process; whoever planned has checked it.

    Raises:
        ConfigError: it has changed since.
    """
    file = RowFile(rows.file, Path(rows.file))
    if (*file.version, file.count) != (*rows.version, rows.count):
        raise ConfigError(f"{rows.file}: changed after it was checked. Leave it as it is.")
    return file


def open_rows(draws: Draws | None) -> None:
    """Do before the first request what takes time.

    Raises:
        ConfigError: a file has changed since it was checked.
    """
    if draws and draws.rows and draws.rows.file:
        _opened(draws.rows)


def shown_row(draws: Draws | None, index: int) -> str:
    """A row for people: where it stands, and its used values that are no secrets."""
    if draws is None or draws.rows is None or index < 0:
        return ""
    rows = draws.rows
    line = rows.line_of(index)
    place = f"row {index + 1:,} of {rows.count:,}{f', line {line:,}' if line else ''}"
    values = ", ".join(
        f"{name} = {REMOVED if is_secret(name, value) else printable(value[:_SHOWN_MAX])}"
        for gap, value in sorted(rows.values(index).items())
        if (name := gap.removeprefix(ROW))
    )
    return f"{place}: {values}"


def draws_of(path: str, scenario: ScenarioConfig) -> Draws | None:
    """What a scenario draws; None where each of its requests is always the same.

    Raises:
        ConfigError: gaps and rows do not fit each other, or a file holds no such rows.
    """
    where = f"{path}: scenarios {scenario.name!r}"
    requests = (*scenario.before, *scenario.requests, *scenario.after)
    names = frozenset(name for text in _texts(requests) for name in drawn_in(text))
    _check_taken(where, requests)
    columns = _columns(where, requests)
    if scenario.rows is None:
        if columns:
            raise ConfigError(
                f"{where}: {{{ROW}{min(columns)}}} needs rows, and the scenario has none. Give it "
                'rows = "file.csv".'
            )
        return Draws(names) if names else None
    if not columns:
        raise ConfigError(
            f"{where}, rows: no request uses one. Write {{{ROW}column}} where a value shall stand."
        )
    headers = [value for one in requests for value in one.headers.values()]
    used = UsedColumns(columns, frozenset(name for text in headers for name in rows_in(text)))
    return Draws(names, _rows(f"{where}, rows", Path(path).parent, scenario.rows, used))


def check_shared(where: str, texts: Mapping[str, str]) -> None:
    """Make sure that headers and queries which all scenarios share hold no gap.

    Raises:
        ConfigError: naming the first gap.
    """
    for key, text in texts.items():
        for gap in (*(ROW + column for column in rows_in(text)), *gaps_of(text)):
            raise ConfigError(
                f"{where}.{key}: {{{gap:.80}}} belongs to a scenario. Put it into the scenario's "
                "own request or headers."
            )


def check_reach(path: str, draws: dict[str, Draws | None]) -> None:
    """Make sure that workers on other machines need no file of this one.

    Raises:
        ConfigError: naming the first scenario whose rows stand in a file.
    """
    for name, one in draws.items():
        if one and one.rows and one.rows.file:
            raise ConfigError(
                f"{path}: scenarios {name!r}, rows: workers on other machines cannot read a file "
                "of this one. Send from this machine with --processes, or use rows = { from = 1, "
                "to = 1000 }."
            )


def _texts(requests: Sequence[RequestConfig]) -> Iterator[str]:
    """Every text in which a gap may stand."""
    for request in requests:
        yield request.request
        yield from request.headers.values()
        yield request.contains or ""
        yield from (part.text or "" for part in request.form or ())
        yield json.dumps(list(request.json_.values()))
        yield request.body if isinstance(request.body, str) else json.dumps(request.body)


def _check_taken(where: str, requests: Sequence[RequestConfig]) -> None:
    for request in requests:
        for name in request.take:
            if DRAWN.fullmatch(f"{{{name}}}"):
                raise ConfigError(f"{where}, take: {{{name}}} has a meaning already. Rename it.")


def _columns(where: str, requests: Sequence[RequestConfig]) -> frozenset[str]:
    columns: set[str] = set()
    for text in _texts(requests):
        for name in rows_in(text):
            if not DRAWN.fullmatch(f"{{{ROW}{name}}}"):
                raise ConfigError(
                    f"{where}: {{{ROW}{name:.80}}} names no column. In a gap, a column's name has "
                    "at most 64 letters, digits, _, - and dots."
                )
            columns.add(name)
    return frozenset(columns)


def _rows(where: str, folder: Path, stated: RowsConfig, used: UsedColumns) -> Rows:
    if stated.from_ is not None and stated.to is not None:
        for name in sorted(used.names - {RANGE_COLUMN}):
            raise ConfigError(
                f"{where}: numbers from {stated.from_} to {stated.to} have no column {name!r}; "
                f"{nearest(name, [RANGE_COLUMN])} Write {{{ROW}{RANGE_COLUMN}}}."
            )
        return Rows(
            stated.order,
            stated.to - stated.from_ + 1,
            first=stated.from_,
            columns=(RANGE_COLUMN,),
        )
    name = stated.file or ""
    path = _path(where, folder, name)
    file = RowFile(f"{where}: {name!r:.200}", path, used)
    columns = tuple(sorted(used.names))
    return Rows(stated.order, file.count, str(path), file.version, columns=columns)


def _path(where: str, folder: Path, name: str) -> Path:
    """Of a file beside the configuration, which may be somebody else's."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise ConfigError(f"{where}: {name!r} is not in the folder of the configuration.")
        # A pipe or a device would be waited for, or have no end.
        if not path.is_file():
            raise ConfigError(f"{where}: {name!r} is not a file. Name one from {folder}.")
    except (OSError, RuntimeError) as error:  # the latter where links lead in a circle
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{where}: {name!r:.80} cannot be read: {reason}.") from None
    return path

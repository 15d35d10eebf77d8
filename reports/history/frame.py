"""A history as two tables, for everything that is shown of it."""

import string
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from reports.history.entry import Entry, EntryEffect

_RUN_COLUMNS = [name for name in Entry.model_fields if name != "effects"]
_EFFECT_COLUMNS = list(EntryEffect.model_fields)


@dataclass(frozen=True)
class History:
    """All runs of a history.

    Attributes:
        runs: one row for each run, oldest first: the fields of `Entry` but its effects, the run's
            `number` from 1, and the machine's `letter`.
        effects: one row for each effect of each run: the fields of `EntryEffect`, and all columns
            of its run; `low`, `high` and `confidence` are NaN where the interval is unbounded.
    """

    runs: pd.DataFrame
    effects: pd.DataFrame


def history_of(entries: Iterable[Entry]) -> History:
    """Order entries by time, each run once."""
    by_run = {entry.run: entry for entry in entries}
    ordered = sorted(by_run.values(), key=lambda entry: (entry.started_at, entry.run))
    runs = pd.DataFrame(
        [entry.model_dump(mode="json", exclude={"effects"}) for entry in ordered],
        columns=_RUN_COLUMNS,
    )
    runs.insert(0, "number", range(1, len(runs) + 1))
    runs["letter"] = [_letter(int(code)) for code in pd.factorize(runs["machine"])[0]]
    effects = pd.DataFrame(
        [
            {"run": entry.run, **effect.model_dump(mode="json")}
            for entry in ordered
            for effect in entry.effects
        ],
        columns=["run", *_EFFECT_COLUMNS],
    ).astype({"low": float, "high": float, "confidence": float})
    return History(runs, effects.merge(runs, on="run", how="left", validate="many_to_one"))


def _letter(machine_index: int) -> str:
    """A short name for each machine, in order of appearance: A, B, ... Z, then M27, M28, ..."""
    letters = string.ascii_uppercase
    return letters[machine_index] if machine_index < len(letters) else f"M{machine_index + 1}"

"""How a run is judged, from the configuration that its record carries."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from contract.config.complaints import complaint
from contract.config.defaults import DEFAULT_BUDGET
from contract.config.judging import Budget, Settings
from contract.config.names import Names
from contract.errors import ConfigError
from contract.metrics import CALL_TIME, CPU, OF_PROCESSES, find
from contract.run.record import RunRecord
from reports.effects.cpu import measures_cpu
from reports.effects.memory import measures_memory


def settings_of(record: RunRecord) -> Settings:
    """The settings a run carries in its configuration.

    A run may have measured a part of what its configuration names, and a run of two revisions has
    variants of its own; the names of both are known.

    Raises:
        ConfigError: a key, name or number cannot be used; one line.
    """
    config = record.config
    stated = {key: config[key] for key in Settings.model_fields if key in config}
    try:
        settings = Settings.model_validate(stated)
        variants = (*_entries(config, "variants"), *_entries(config, "suite_variants"))
        pages = _entries(config, "pages")
        Names(
            baseline=record.baseline,
            variants=(*variants, *record.variants),
            scenarios=(
                *_entries(config, "scenarios"),
                *(scenario.name for scenario in record.scenarios),
                # Which requests a Locust file sends, only a run knows.
                *(budget.scenario for budget in settings.budgets if record.load_users),
            ),
            pages={
                name: [str(mark) for mark in page.get("marks", ())] for name, page in pages.items()
            },
            stages=record.stages,
            counters=record.counters,
        ).check(settings)
    except ValidationError as error:
        raise ConfigError(f"run {record.id}: {complaint(error, Settings, stated)}") from None
    except ValueError as error:
        raise ConfigError(f"run {record.id}: {error}") from None
    kept = tuple(one for one in settings.budgets if not _is_pointless(one, record))
    return settings.model_copy(update={"budgets": kept})


def _is_pointless(budget: Budget, record: RunRecord) -> bool:
    """Whether nobody stated it, and the run cannot have what it limits."""
    stated = not budget.reason.startswith(DEFAULT_BUDGET)
    return not stated and not _can_be_read(record, budget.metric)


def joint_metrics(record: RunRecord, settings: Settings) -> frozenset[str]:
    """Times that budgets of two revisions limit: their intervals hold jointly with the primaries'.

    Functions have a family of their own.
    """
    if record.design != "restarts":
        return frozenset()
    return frozenset(
        budget.metric
        for budget in settings.budgets
        if budget.design == record.design
        and budget.metric != CALL_TIME
        and find(budget.metric).is_estimated
        and _can_be_read(record, budget.metric)
    )


def _can_be_read(record: RunRecord, metric: str) -> bool:
    """Whether a run can have it at all; else no interval needs to hold for it."""
    if metric == CPU:
        return measures_cpu(record)
    return metric not in OF_PROCESSES or measures_memory(record)


def _entries(config: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    """Names and content of what stands in a table of tables, or in a list of them."""
    stated = config.get(key, {})
    if isinstance(stated, Mapping):
        return dict(stated)
    if not isinstance(stated, list | tuple):
        raise ValueError(  # noqa: TRY004 - as all other faults of the file
            f"its configuration's {key!r} is {stated!r}, tables were expected. Measure again."
        )
    tables = [entry if isinstance(entry, Mapping) else {"name": entry} for entry in stated]
    return {str(table.get("name")): table for table in tables}
